//! What a report holds of its features at its peak, counted by the allocator: nothing is timed, so nothing depends on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it measured"
)]

use std::borrow::Cow;

use peak_alloc::PeakAlloc;
use polytask_information::report::{Column, Features, Report, ReportOptions, Values};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROWS: usize = 60_000;
/// Of the features' numbers in 32 bits, what more features may make a report hold more: the few rows of each that nearest
/// neighbours are looked for among. A single copy would be seen.
const MOST: f64 = 0.5;

/// Features that are made when they are read.
struct Drawn(usize);

impl Features for Drawn {
    fn count(&self) -> usize {
        self.0
    }

    fn feature(&self, place: usize) -> Option<Cow<'_, Column>> {
        let value = |row: usize| ((row * 31 + place * 17 + row * place % 101) % 9973) as f64;
        Some(Cow::Owned(Column {
            name: format!("x_{place}"),
            values: Values::Real((0..ROWS).map(|row| Some(value(row))).collect()),
        }))
    }
}

#[test]
fn features_are_let_go_one_by_one() {
    let tasks = [Column {
        name: "y".to_owned(),
        values: Values::Classes {
            labels: (0..ROWS as u32).map(|row| Some(row / 7 % 2)).collect(),
            names: vec!["no".to_owned(), "yes".to_owned()],
        },
    }];
    let peak = |features: usize| {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let report = Report::with(&tasks, &Drawn(features), &ReportOptions::default()).unwrap();
        assert_eq!(report.features[0].tested, features);
        ALLOCATOR.peak_usage().saturating_sub(before) as f64
    };
    let (few, many) = (8, 40);
    let more = (peak(many) - peak(few)) / ((many - few) * ROWS * 4) as f64;
    println!("{more:.2} times the numbers of {} features", many - few);
    assert!(more < MOST, "{more:.2}");
}
