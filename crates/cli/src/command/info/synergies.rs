//! `info RUN`: triples of labels that no pair of them tells of.

use polytask_information::InformationError;
use polytask_information::Measure;
use polytask_information::report::{Cell, Column, Page, ReportOptions, label_synergies};
use serde::Serialize;

use super::pairs::level;
use super::shown::{bits, with_error};
use crate::table::{Side, Table};

/// Two labels that together tell more about a third than one by one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LabelSynergy {
    sources: [String; 2],
    target: String,
    /// What both tell about it, bits.
    both: Measure,
    /// What that is more than one by one, bits.
    excess: Measure,
}

const READING: &str = "synergy: each of the two says less of the third than both, so that V2 of pairs and a tree of labels cannot see it; one \
                       task over the product of the three labels' classes can";

/// Of the labels of training.
///
/// # Errors
/// Labels that cannot be measured.
pub(super) fn synergies(
    columns: &[Column],
    options: &ReportOptions,
) -> Result<Vec<LabelSynergy>, InformationError> {
    let found = label_synergies(columns, options)?;
    let name = |place: usize| {
        columns
            .get(place)
            .map_or(String::new(), |one| one.name.clone())
    };
    let named = found.into_iter().map(|one| LabelSynergy {
        sources: one.sources.map(name),
        target: name(one.target),
        both: one.both,
        excess: one.excess,
    });
    Ok(named.collect())
}

/// Nothing where there is none.
pub(super) fn text(found: &[LabelSynergy], color: bool) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("from both", Side::Left),
        ("about", Side::Left),
        ("bits", Side::Right),
        ("more than one by one", Side::Right),
        ("q", Side::Right),
    ]);
    for one in found {
        table.row([
            one.sources.join(", "),
            one.target.clone(),
            bits(&one.both),
            with_error(&one.excess),
            level(one.excess.q),
        ]);
    }
    format!(
        "\nWhat two labels together say about a third, bits (training rows, exploratory)\n{}{READING}\n",
        table.text(color)
    )
}

pub(super) fn page(found: &[LabelSynergy], page: &mut Page) {
    if found.is_empty() {
        return;
    }
    page.heading("What two labels together say about a third, bits");
    page.paragraph(&format!("Of the training rows, exploratory. {READING}."));
    let rows = found.iter().map(|one| {
        vec![
            Cell::Text(one.sources.join(", ")),
            Cell::Text(one.target.clone()),
            Cell::Told(&one.both),
            Cell::Told(&one.excess),
        ]
    });
    let heads = ["from both", "about", "bits", "more than one by one"];
    page.table(&heads, rows.collect());
}
