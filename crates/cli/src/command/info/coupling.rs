//! `info RUN`: what its joint head is worth in bits.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};
use polytask_training::information::{Coupling, MOST_LABELS, MOST_NUMBERS};

use crate::command::transfer::{interval, signed};
use crate::number::count;
use crate::table::{Side, Table};

/// Rows of a long table that are printed; JSON and the page have all.
const PAIRS: usize = 40;

/// All labels first, then the pairs with the most to gain.
fn rows(coupling: &Coupling) -> Vec<(String, &Measure)> {
    let mut pairs: Vec<(String, &Measure)> = coupling
        .pairs
        .iter()
        .map(|pair| (format!("{} - {}", pair.left, pair.right), &pair.given))
        .collect();
    let value = |bits: &Measure| bits.value.unwrap_or(f64::MIN);
    pairs.sort_by(|(_, left), (_, right)| value(right).total_cmp(&value(left)));
    let mut rows = vec![("all together".to_owned(), &coupling.joint)];
    rows.extend(pairs);
    rows
}

const TOLD: &str = "of a pair what either label, known, gives about the other (predict --given); over heads that say the same of each label and take them for independent";

pub(super) fn text(coupling: &Coupling, color: bool) -> String {
    let rows = rows(coupling);
    let mut table = Table::new([
        ("labels", Side::Left),
        ("bits gained", Side::Right),
        ("95 % interval", Side::Right),
        ("rows", Side::Right),
    ]);
    for (name, bits) in rows.iter().take(PAIRS) {
        table.row([name.clone(), signed(bits), interval(bits), count(bits.n)]);
    }
    let left_out = if coupling.pairs.is_empty() {
        format!(
            "(pairs are measured of up to {MOST_LABELS} labels, {MOST_NUMBERS} if all are numbers)\n"
        )
    } else {
        String::new()
    };
    let shown = if rows.len() > PAIRS {
        format!(", {PAIRS} of {} shown", rows.len())
    } else {
        String::new()
    };
    format!(
        "\nWhat the joint head is worth, bits per row{shown}\n({TOLD})\n{left_out}{}",
        table.text(color)
    )
}

pub(super) fn page(coupling: &Coupling, page: &mut Page) {
    page.heading("What the joint head is worth, bits per row");
    page.paragraph(&format!("{TOLD}."));
    let rows = rows(coupling);
    let cells = rows.iter().map(|(name, bits)| {
        vec![
            Cell::Text(name.clone()),
            Cell::Told(bits),
            Cell::Text(interval(bits)),
            Cell::Text(count(bits.n)),
        ]
    });
    page.table(
        &["labels", "bits gained", "95 % interval", "rows"],
        cells.collect(),
    );
}
