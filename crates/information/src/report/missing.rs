//! Whether it tells something that a label is missing.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::ceilings::Ceiling;
use super::input::ReportOptions;
use super::many::Many;
use super::pair::Pair;
use super::prepared::Prepared;
use super::squared::SquaredFloor;
use super::synergy::Synergy;
use super::tested::Tested;
use crate::{Flag, InformationError, Measure, benjamini_hochberg};

/// What the missingness of a task goes with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Missing {
    /// The place of the task that is or is not labelled.
    pub task: usize,
    /// The place of the other task.
    pub other: usize,
    /// Whether it goes with the other's missingness, or else with its label.
    pub with_mask: bool,
    /// Information of the two, bits.
    pub information: Measure,
}

/// Every test of a task that is labelled on some rows only; significant ones are flagged.
pub(super) fn missingness(
    masks: &[Prepared],
    tasks: &[Prepared],
    options: &ReportOptions,
) -> Result<Vec<Missing>, InformationError> {
    let is_partial =
        |mask: &Prepared| mask.labels.contains(&Some(0)) && mask.labels.contains(&Some(1));
    let mut tests = Vec::new();
    for (task, mask) in masks
        .iter()
        .enumerate()
        .filter(|(_, mask)| is_partial(mask))
    {
        for (other, label) in tasks.iter().enumerate().filter(|(other, _)| *other != task) {
            tests.push((task, other, false, mask, label));
        }
        for (other, label) in masks
            .iter()
            .enumerate()
            .skip(task + 1)
            // Labels that are only ever there together select no rows from each other.
            .filter(|(_, other)| is_partial(other) && other.labels != mask.labels)
        {
            tests.push((task, other, true, mask, label));
        }
    }
    let mut found = tests
        .par_iter()
        .enumerate()
        .map(|(place, &(task, other, with_mask, mask, label))| {
            let mut stream = Seed(options.seed).stream("information/missing", place as u64);
            let tested = Tested::of(
                (&mask.labels, 2),
                (&label.labels, label.classes),
                options,
                0,
                &mut stream,
            )?;
            Ok(Missing {
                task,
                other,
                with_mask,
                information: tested.measure,
            })
        })
        .collect::<Result<Vec<_>, InformationError>>()?;
    let p: Vec<Option<f64>> = found.iter().map(|one| one.information.p).collect();
    for (one, q) in found.iter_mut().zip(benjamini_hochberg(&p)) {
        one.information.q = q;
        if one.information.is_significant(options.rate) {
            one.information.flag(Flag::NotMissingAtRandom);
        }
    }
    Ok(found)
}

/// Whether the labels of two of `tasks` are missing depending on each other: their common rows are no random sample.
fn is_biased(missing: &[Missing], tasks: &[usize]) -> bool {
    missing.iter().any(|one| {
        one.information.flags.contains(&Flag::NotMissingAtRandom)
            && [one.task, one.other]
                .iter()
                .all(|task| tasks.contains(task))
    })
}

/// Marks what is a number; without one there is nothing that the absence could bias.
fn mark<'a>(
    missing: &[Missing],
    tasks: &[usize],
    measures: impl IntoIterator<Item = &'a mut Measure>,
) {
    if is_biased(missing, tasks) {
        let known = measures.into_iter().filter(|one| one.value.is_some());
        known.for_each(|one| one.flag(Flag::NotMissingAtRandom));
    }
}

pub(super) fn mark_pairs(pairs: &mut [Pair], missing: &[Missing]) {
    for pair in pairs {
        let tasks = [pair.left, pair.right];
        let others = [
            &mut pair.plug_in,
            &mut pair.right_from_left,
            &mut pair.left_from_right,
            &mut pair.adjusted,
            &mut pair.companion,
        ];
        let measures = others.into_iter().flatten().chain([&mut pair.information]);
        mark(missing, &tasks, measures);
    }
}

pub(super) fn mark_synergies(synergies: &mut [Synergy], missing: &[Missing]) {
    for one in synergies {
        let [first, second] = one.sources;
        let measures = [
            &mut one.both,
            &mut one.excess,
            &mut one.specific,
            &mut one.smaller,
        ];
        mark(missing, &[first, second, one.target], measures);
    }
}

pub(super) fn mark_ceilings(ceilings: &mut [Ceiling], missing: &[Missing]) {
    for one in ceilings {
        let measures = [
            &mut one.entropy,
            &mut one.floor,
            &mut one.best,
            &mut one.ceiling,
        ];
        mark(missing, &[one.task, one.from], measures);
    }
}

pub(super) fn mark_floors(floors: &mut [SquaredFloor], missing: &[Missing]) {
    for one in floors {
        let measures = [&mut one.entropy, &mut one.attained, &mut one.floor];
        mark(missing, &[one.task, one.from], measures);
    }
}

pub(super) fn mark_many(many: &mut Many, missing: &[Missing]) {
    let Many::Measured(facts) = many else {
        return;
    };
    let measures = [&mut facts.total, &mut facts.dual, &mut facts.o_information];
    mark(missing, &facts.tasks, measures);
    for triple in &mut facts.triples {
        mark(missing, &triple.tasks, [&mut triple.information]);
    }
}
