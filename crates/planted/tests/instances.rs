//! What every family must hold: its configs name its data, its files hold them, and the statistics reach their marks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use polytask_config::{Document, Fields, Layers, read};
use polytask_data::{Reading, SOURCES, Source};
use polytask_planted::families::{channels, groups, low_rank, relatedness, synergy};
use polytask_planted::{Check, Family, Instance, csv};
use polytask_random::Seed;

/// The source that the instance's config names.
fn of_config(instance: &Instance) -> Box<dyn Source> {
    let (kind, options) = instance.written.split_once(", ").unwrap();
    let kind = kind.split('"').nth(1).unwrap();
    let entry = SOURCES.iter().find(|entry| entry.name == kind).unwrap();
    let text = options.trim_end_matches(" }");
    // A comma inside brackets is not between options.
    let mut lines = String::new();
    let mut depth = 0;
    for character in text.chars() {
        depth += i32::from(character == '[') - i32::from(character == ']');
        lines.push(if character == ',' && depth == 0 {
            '\n'
        } else {
            character
        });
    }
    let document = Document::load(Layers::text("test.toml", lines, "/")).unwrap();
    let reading = read(&document, |fields: &mut Fields<'_>| (entry.new)(fields));
    assert!(
        reading.problems.0.is_empty(),
        "{}: {:?}",
        instance.name,
        reading.problems
    );
    reading.value
}

#[test]
fn a_config_makes_the_same_rows_as_the_family() {
    for family in Family::ALL {
        for instance in family.instances(3) {
            let named = of_config(&instance).load(&Reading::new(Seed(0))).unwrap();
            let text = csv(&instance.table().unwrap());
            assert_eq!(csv(&named), text, "{}", instance.name);
            let rows = named.rows();
            assert_eq!(text.lines().count(), rows + 1);
            let columns = text.lines().next().unwrap().split(',').count();
            assert_eq!(columns, named.columns().len() + 1);
            assert!(instance.truth.is_object());
            // Another seed, other rows.
            let other = family
                .instances(4)
                .into_iter()
                .find(|one| one.name == instance.name);
            assert_ne!(csv(&other.unwrap().table().unwrap()), text);
        }
    }
}

fn assert_passed(checks: &[Check]) {
    let missed: Vec<&Check> = checks
        .iter()
        .filter(|check| check.passed() == Some(false))
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(checks.iter().any(|check| check.passed() == Some(true)));
}

#[test]
fn what_needs_no_training_is_found() {
    assert_passed(&channels::score(1).unwrap());
    assert_passed(&relatedness::of_labels(1).unwrap());
    assert_passed(&groups::score(1, true).unwrap());
    assert_passed(&synergy::score(1).unwrap());
    assert_passed(&low_rank::of_closed_forms(1, true).unwrap());
}
