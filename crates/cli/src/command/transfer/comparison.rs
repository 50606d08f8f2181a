//! A proposal of `group`, trained: each task in its group and with all tasks.

use std::collections::BTreeMap;

use polytask_information::Measure;
use serde::Serialize;

use super::compared::{Compared, seeds_of};
use super::runs::MeasuredRun;
use crate::exit::Failure;

/// A task in its group and with all tasks, each over alone: bits per example.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) in_group: Option<Measure>,
    pub(crate) all_together: Option<Measure>,
}

impl Comparison {
    /// Of every task; one that is a group by itself has exactly 0 bits there.
    ///
    /// # Errors
    /// Runs that cannot be compared.
    pub(super) fn of(
        tasks: &[String],
        serving: &BTreeMap<String, Vec<String>>,
        measured: &[MeasuredRun],
        seed: u64,
    ) -> Result<BTreeMap<String, Self>, Failure> {
        let compared = Compared {
            measured,
            seeds: &seeds_of(measured),
            seed,
        };
        let mut found = BTreeMap::new();
        for task in tasks {
            let alone = vec![task.clone()];
            let group = serving.get(task).unwrap_or(&alone);
            let bits = |more: &[String]| {
                let bits = compared.bits(task, more, &alone)?;
                Ok::<_, Failure>(bits.calibrated())
            };
            found.insert(
                task.clone(),
                Self {
                    in_group: bits(group)?,
                    all_together: bits(tasks)?,
                },
            );
        }
        Ok(found)
    }
}
