//! Residual label information of every ordered pair of labels, with the reading of each.
//!
//! For a multilabel task each label is one of the pair, for a regression each output. Only rows with both labels count.

use std::collections::HashMap;

use polytask_information::report::{Column, Report, ReportOptions, Values};
use polytask_information::usable::{Head, Hint, Residual, Verdict, residual, verdict};
use polytask_information::{Flag, InformationError, Measure, Unit, benjamini_hochberg};
use polytask_model::LossOptions;
use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::observed::{Observed, ObservedPart};
use crate::plan::PlannedTask;

/// Rows with both labels that each side needs.
const ROWS: usize = 50;
/// Rows of each side that are used at most.
const MOST_ROWS: usize = 5000;
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
    /// What the two labels share on the training rows.
    pub label: Option<Measure>,
    /// V1 and V2; none with too few rows.
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
    let aligned: Vec<Option<Aligned>> = ordered
        .iter()
        .map(|&(source, target)| {
            let (&source, &target) = (parts.get(source)?, parts.get(target)?);
            Aligned::of(held, measured, source, target)
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
            let pair = pair.as_ref()?;
            // What cannot be fitted says nothing of the pair.
            residual(
                (pair.target.0.head(), hint(&pair.source.0)),
                (pair.target.1.head(), hint(&pair.source.1)),
                permutations,
                &mut stream,
            )
            .ok()
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
            let read = verdict(shared, residual.as_ref(), options.rate, LEAST);
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
                rows: aligned.as_ref().map_or(0, |pair| pair.rows as u64),
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
        pairs,
    })
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

/// Two labels on the rows that have both: (held, measured) of each.
struct Aligned {
    source: (ObservedPart, ObservedPart),
    target: (ObservedPart, ObservedPart),
    /// Measured rows, used or not.
    rows: usize,
}

impl Aligned {
    fn of(
        held: &[Observed],
        measured: &[Observed],
        source: (usize, usize),
        target: (usize, usize),
    ) -> Option<Self> {
        let (source_held, target_held, held) = together(held, source, target)?;
        let (source_measured, target_measured, rows) = together(measured, source, target)?;
        (held >= ROWS && rows >= ROWS).then_some(Self {
            source: (source_held, source_measured),
            target: (target_held, target_measured),
            rows,
        })
    }

    fn work(&self) -> usize {
        let rows = self.target.1.head().rows();
        2 * rows * (self.target.1.classes() + self.source.1.classes())
    }
}

/// Both labels on the rows that have both, and how many these are.
fn together(
    seen: &[Observed],
    source: (usize, usize),
    target: (usize, usize),
) -> Option<(ObservedPart, ObservedPart, usize)> {
    let (from, to) = (seen.get(source.0)?, seen.get(target.0)?);
    let places: HashMap<u32, usize> = from.rows.iter().copied().zip(0..).collect();
    let both: Vec<(usize, usize)> = to
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((*places.get(row)?, place)))
        .collect();
    let used = both.len().min(MOST_ROWS);
    let (sources, targets): (Vec<usize>, Vec<usize>) = (0..used)
        .filter_map(|place| both.get(place * both.len() / used.max(1)).copied())
        .unzip();
    Some((
        from.parts.get(source.1)?.select(&sources),
        to.parts.get(target.1)?.select(&targets),
        both.len(),
    ))
}

fn hint(part: &ObservedPart) -> Hint<'_> {
    match part.head() {
        Head::Classes {
            logits,
            classes,
            truth,
        } => Hint::Classes {
            logits,
            classes,
            label: truth,
        },
        Head::Real { prediction, truth } => Hint::Real {
            prediction,
            label: truth,
        },
    }
}
