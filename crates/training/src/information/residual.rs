//! Residual label information of every ordered pair of labels, with the reading of each.
//!
//! For a multilabel task each label is one of the pair, for a regression each output. Only rows with both labels count.

use polytask_information::report::{Column, Report, ReportOptions, Values};
use polytask_information::usable::{Reading, Residual, Verdict, residual, verdict};
use polytask_information::{Flag, InformationError, Measure, Unit, benjamini_hochberg};
use polytask_model::LossOptions;
use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::aligned::{Aligned, Missing, NEEDED, rows_of};
use super::observed::Observed;
use crate::plan::PlannedTask;

/// Numbers that all permutations together may touch: some seconds.
const WORK: usize = 4_000_000_000;
/// Fewest permutations: below, nothing can be significant among several pairs.
const PERMUTATIONS: usize = 99;

/// Gains below this many bits are no reason to change a model, however significant.
const LEAST: f64 = 0.01;

/// What a source says about a target beyond what the target's own head says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairResidual {
    /// The label that may help.
    pub source: String,
    /// The label that is told.
    pub target: String,
    /// Measured rows with both labels.
    pub rows: u64,
    /// Rows with both labels that the gains are fitted on.
    pub held: u64,
    /// What the two labels share on the training rows.
    pub label: Option<Measure>,
    /// V1 and V2; none where the verdict is of what is missing.
    pub residual: Option<Residual>,
    /// What to do about it; where both gains are sure, about the larger.
    pub verdict: Verdict,
    /// The same in words.
    pub advice: &'static str,
    /// What to do about the smaller.
    pub also: Option<Verdict>,
    /// Where a joint head is read: what the config must say first for the two labels to have one.
    pub first: Vec<String>,
}

impl PairResidual {
    /// Its readings, the main one first.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        [self.verdict].into_iter().chain(self.also)
    }
}

/// All pairs, and how they were tested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Residuals {
    /// Random pairings per test.
    pub permutations: usize,
    /// False discovery rate.
    pub rate: f64,
    /// A gain that is smaller is not read as one, bits.
    pub least: f64,
    /// Rows with both labels that are needed, fitted on and measured each.
    pub needed: u64,
    /// Every ordered pair.
    pub pairs: Vec<PairResidual>,
}

/// The residuals of all pairs of labels. `columns` are the labels of the training rows, a column per part of a task, in order;
/// `tasks` those of the model.
///
/// # Errors
/// Labels that cannot be measured.
pub fn residuals(
    tasks: &[PlannedTask],
    columns: &[Column],
    held: &[Observed],
    measured: &[Observed],
    options: &ReportOptions,
) -> Result<Residuals, InformationError> {
    let report = Report::of(columns, &[], options)?;
    let parts: Vec<(usize, usize)> = measured
        .iter()
        .enumerate()
        .flat_map(|(task, seen)| (0..seen.parts.len()).map(move |part| (task, part)))
        .collect();
    let ordered: Vec<(usize, usize)> = (0..parts.len())
        .flat_map(|source| (0..parts.len()).map(move |target| (source, target)))
        .filter(|(source, target)| source != target)
        .collect();
    let constant: Vec<bool> = columns.iter().map(is_constant).collect();
    let aligned: Vec<Result<Aligned, Missing>> = ordered
        .iter()
        .map(|&(source, target)| {
            let pair = [source, target];
            let places = pair.map(|place| parts.get(place).copied().unwrap_or_default());
            let found = Aligned::of(held, measured, places);
            // More rows would not help.
            match pair.iter().any(|&place| constant.get(place) == Some(&true)) {
                true => Err(Missing {
                    verdict: Verdict::Constant,
                    rows: rows_of(&found),
                }),
                false => found,
            }
        })
        .collect();
    let work: usize = aligned.iter().flatten().map(Aligned::work).sum();
    let permutations =
        (WORK / work.max(1)).clamp(PERMUTATIONS, options.permutations.max(PERMUTATIONS));
    let found: Vec<Option<Residual>> = aligned
        .par_iter()
        .enumerate()
        .map(|(place, pair)| {
            let mut stream = Seed(options.seed).stream("information/residual", place as u64);
            let [fitted, tested] = pair.as_ref().ok()?.heads_and_hints();
            // What cannot be fitted says nothing of the pair.
            residual(fitted, tested, permutations, &mut stream).ok()
        })
        .collect();
    let found = corrected(found);
    let name = |place: usize| {
        columns
            .get(place)
            .map_or(String::new(), |column| column.name.clone())
    };
    let pairs = ordered
        .into_iter()
        .zip(found)
        .zip(&aligned)
        .map(|(((source, target), residual), aligned)| {
            let label = report
                .pair(source, target)
                .map(|pair| pair.information.clone());
            let unknown = Measure::absent(Unit::Bits, "none", 0, Flag::NotCoObserved);
            let shared = label.as_ref().unwrap_or(&unknown);
            let read = match aligned {
                Ok(_) => verdict(shared, residual.as_ref(), options.rate, LEAST),
                Err(missing) => Reading::of(missing.verdict),
            };
            let [held, rows] = rows_of(aligned);
            let is_number = |place: usize| {
                let column = columns.get(place);
                column.is_some_and(|column| matches!(column.values, Values::Real(_)))
            };
            let read = if is_number(source) != is_number(target) {
                read.across_kinds()
            } else {
                read
            };
            let mut first: Vec<String> = Vec::new();
            if [Some(read.main), read.also].contains(&Some(Verdict::JointHead)) {
                let own = [source, target].map(|place| tasks.get(parts.get(place)?.0));
                first.extend(own.into_iter().flatten().filter_map(loss_of_a_joint_head));
                first.dedup();
            }
            PairResidual {
                source: name(source),
                target: name(target),
                rows: rows as u64,
                held: held as u64,
                label,
                residual,
                verdict: read.main,
                advice: read.main.advice(),
                also: read.also,
                first,
            }
        })
        .collect();
    Ok(Residuals {
        permutations,
        rate: options.rate,
        least: LEAST,
        needed: NEEDED as u64,
        pairs,
    })
}

/// Whether a label has one value on all rows that have it.
fn is_constant(column: &Column) -> bool {
    fn has_one<T: PartialEq>(values: &[Option<T>]) -> bool {
        let mut known = values.iter().flatten();
        let first = known.next();
        first.is_some() && known.all(|value| Some(value) == first)
    }
    match &column.values {
        Values::Classes { labels, .. } => has_one(labels),
        Values::Real(values) => has_one(values),
    }
}

/// What a config must say of a task's loss before a joint head can couple its labels, if it says something else.
fn loss_of_a_joint_head(task: &PlannedTask) -> Option<String> {
    let loss = task.options.loss(&task.kind);
    if loss.is_law() || loss.is_of_residuals() {
        return None;
    }
    let usual = LossOptions::default();
    Some(format!(
        "tasks.{}.loss = \"{}\"",
        task.name,
        usual.name(&task.kind)
    ))
}

/// With q over all pairs, V1 and V2 each among their own.
fn corrected(mut found: Vec<Option<Residual>>) -> Vec<Option<Residual>> {
    let p = |measure: fn(&Residual) -> &Measure| -> Vec<Option<f64>> {
        let levels = found.iter().map(|one| measure(one.as_ref()?).p);
        levels.collect()
    };
    let missed = benjamini_hochberg(&p(|one| &one.missed));
    let coupled = benjamini_hochberg(&p(|one| &one.coupled));
    for (one, (missed, coupled)) in found.iter_mut().zip(missed.into_iter().zip(coupled)) {
        if let Some(one) = one {
            one.missed.q = missed;
            one.coupled.q = coupled;
        }
    }
    found
}
