//! Whether it tells something that a label is missing.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
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
