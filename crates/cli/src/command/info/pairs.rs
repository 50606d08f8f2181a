//! `info RUN`: what one label still says about another, and how that is read.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};
use polytask_information::usable::Verdict;
use polytask_training::information::{PairResidual, Residuals};

use super::shown::{bits, with_error};
use crate::number::count;
use crate::table::{Side, Table};

/// Rows of a long table that are printed; JSON and the page have all.
const PAIRS: usize = 40;

/// Those with the most to gain first.
fn by_gain(residuals: &Residuals) -> Vec<&PairResidual> {
    let mut pairs: Vec<&PairResidual> = residuals.pairs.iter().collect();
    let gain = |pair: &PairResidual| {
        pair.residual.as_ref().map_or(f64::MIN, |found| {
            let bits = |measure: &Measure| measure.value.unwrap_or(f64::MIN);
            bits(&found.missed).max(bits(&found.coupled))
        })
    };
    pairs.sort_by(|left, right| gain(right).total_cmp(&gain(left)));
    pairs
}

/// The readings that occur, each with its advice.
fn advice(residuals: &Residuals) -> Vec<(Verdict, String)> {
    let mut found: Vec<Verdict> = Vec::new();
    let mut first: Vec<String> = Vec::new();
    for pair in by_gain(residuals) {
        found.extend(pair.verdicts());
        first.extend(pair.first.iter().map(|setting| format!("`{setting}`")));
    }
    let mut seen: Vec<Verdict> = Vec::new();
    found.retain(|verdict| {
        let is_new = !seen.contains(verdict);
        seen.push(*verdict);
        is_new
    });
    first.sort();
    first.dedup();
    let told = |verdict: Verdict| {
        let mut advice = verdict.advice().to_owned();
        if verdict == Verdict::JointHead && !first.is_empty() {
            advice.push_str("; other losses have none: first ");
            advice.push_str(&first.join(", "));
        }
        if verdict == Verdict::FewRows {
            advice.push_str(&format!(
                "; {needed} to fit on and {needed} to measure are needed",
                needed = residuals.needed
            ));
        }
        (verdict, advice)
    };
    found.into_iter().map(told).collect()
}

fn tested(residuals: &Residuals) -> String {
    format!(
        "{} permutations within bins of the prediction; q over all pairs; gains below {} bits are not read",
        residuals.permutations, residuals.least
    )
}

pub(super) fn text(residuals: &Residuals, color: bool) -> String {
    let pairs = by_gain(residuals);
    if pairs.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("from", Side::Left),
        ("about", Side::Left),
        ("V1: prediction", Side::Right),
        ("q", Side::Right),
        ("V2: label", Side::Right),
        ("q", Side::Right),
        ("labels share", Side::Right),
        ("rows", Side::Right),
        ("reading", Side::Left),
    ]);
    for pair in pairs.iter().take(PAIRS) {
        let [missed, missed_q, coupled, coupled_q] = match &pair.residual {
            Some(found) => [
                with_error(&found.missed),
                level(found.missed.q),
                with_error(&found.coupled),
                level(found.coupled.q),
            ],
            None => ["-"; 4].map(str::to_owned),
        };
        table.row([
            pair.source.clone(),
            pair.target.clone(),
            missed,
            missed_q,
            coupled,
            coupled_q,
            pair.label.as_ref().map_or("-".to_owned(), bits),
            count(pair.rows),
            readings(pair, residuals.needed),
        ]);
    }
    let shown = if pairs.len() > PAIRS {
        format!(", {PAIRS} of {} shown", pairs.len())
    } else {
        String::new()
    };
    let mut text = format!(
        "\nWhat a task's prediction (V1), and beyond it its label (V2), still says about another, bits{shown}\n({})\n",
        tested(residuals)
    );
    text.push_str(&table.text(color));
    for (verdict, advice) in advice(residuals) {
        text.push_str(&format!("{}: {advice}\n", reading(verdict)));
    }
    text
}

pub(super) fn page(residuals: &Residuals, page: &mut Page) {
    page.heading("What one task still says about another");
    page.paragraph(&format!(
        "V1: gain from the source's prediction, which the target's head missed. V2: further gain from the source's label, which no \
         predictor from the input alone can have. {}.",
        tested(residuals)
    ));
    let rows = by_gain(residuals).into_iter().map(|pair| {
        let residual = pair.residual.as_ref();
        vec![
            Cell::Text(format!("{} → {}", pair.source, pair.target)),
            Cell::told(residual.map(|found| &found.missed)),
            Cell::Text(level(residual.and_then(|found| found.missed.q))),
            Cell::told(residual.map(|found| &found.coupled)),
            Cell::Text(level(residual.and_then(|found| found.coupled.q))),
            Cell::told(pair.label.as_ref()),
            Cell::Text(count(pair.rows)),
            Cell::Text(readings(pair, residuals.needed)),
        ]
    });
    let heads = [
        "from → about",
        "V1",
        "q",
        "V2",
        "q",
        "labels share",
        "rows",
        "reading",
    ];
    page.table(&heads, rows.collect());
    for (verdict, advice) in advice(residuals) {
        page.paragraph(&format!("{}: {advice}.", reading(verdict)));
    }
}

pub(super) fn level(q: Option<f64>) -> String {
    q.map_or("-".to_owned(), |q| format!("{q:.3}"))
}

/// The main one first; of too few rows, how many there are.
fn readings(pair: &PairResidual, needed: u64) -> String {
    if pair.verdict == Verdict::FewRows {
        let [held, rows] = [pair.held, pair.rows].map(count);
        return match pair.rows < needed {
            true => format!("too few rows: {rows} of {needed}"),
            false => format!("too few rows to fit on: {held} of {needed}"),
        };
    }
    let each: Vec<&str> = pair.verdicts().map(reading).collect();
    each.join(", ")
}

fn reading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Trunk => "shared trunk",
        Verdict::ShareMore => "share more",
        Verdict::JointHead => "joint head",
        Verdict::KnownLabel => "known label",
        Verdict::Silent => "silent",
        Verdict::Constant => "constant",
        Verdict::FewRows => "too few rows",
        Verdict::Apart => "no common rows",
        Verdict::Unknown => "unknown",
    }
}
