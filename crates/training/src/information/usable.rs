//! Usable information of every task on some rows, calibrated on rows that no part of the model was fitted on.

use std::collections::BTreeMap;

use polytask_data::{Encoded, TaskFit, TaskKind};
use polytask_information::usable::{
    Baseline, Head, Part, RowCosts, UsableInformation, label_shift,
};

use super::observed::{Observed, ObservedPart};
use super::varying::varying;
use crate::plan::PlannedTask;

/// Rows with a label that calibration and measurement each need.
const ROWS: usize = 20;
/// Classes beyond which a calibration with a constant per class costs too much.
const CLASSES: usize = 1024;
/// What a calibration may cost: rows times classes squared of one step.
const WORK: usize = 300_000_000;

/// Which rows a calibration is fitted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calibration {
    /// Rows of another split.
    Held,
    /// Every second of the measured rows, for the others: where there are no rows of another split.
    Crosswise,
}

/// What a task's labels say without inputs, per part, from the training rows.
#[must_use]
pub fn baselines(task: usize, fit: &TaskFit, encoded: &Encoded, train: &[u32]) -> Vec<Baseline> {
    match fit.kind {
        TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
            vec![Baseline::of_counts(&fit.counts)]
        }
        TaskKind::Multilabel { .. } => fit
            .counts
            .iter()
            .map(|&count| Baseline::of_counts(&[fit.labelled.saturating_sub(count), count]))
            .collect(),
        TaskKind::Regression { outputs } => (0..outputs)
            .map(|output| {
                let values: Vec<f64> = train
                    .iter()
                    .filter_map(|&row| encoded.value(task, row as usize, output))
                    .collect();
                Baseline::of_values(&values)
            })
            .collect(),
    }
}

/// What is known of a task after training.
#[derive(Clone, Debug)]
pub struct TaskInformation {
    /// The costs of the measured rows under each law.
    pub costs: RowCosts,
    /// The rows that they belong to, in the same order.
    pub rows: Vec<u32>,
    /// The groups of the rows that the split keeps together, in the same order; none if there are no two.
    pub groups: Option<Vec<u32>>,
    /// A digest of rows and classes: equal if the same rows of the same data were measured, whatever the model.
    pub digest: u64,
    /// The figures.
    pub usable: UsableInformation,
    /// Where the calibration comes from.
    pub calibration: Calibration,
}

/// The usable information of a task on `measured`, rows of `encoded`, calibrated on `held` or, where that has too few rows, crosswise.
/// Where the split keeps groups of rows together the errors allow for that.
///
/// # Errors
/// Why there is none, in words.
pub fn usable_information(
    held: Option<&Observed>,
    measured: &Observed,
    baselines: &[Baseline],
    encoded: &Encoded,
) -> Result<TaskInformation, String> {
    if measured.is_too_large || held.is_some_and(|held| held.is_too_large) {
        return Err("there are too many rows".to_owned());
    }
    if measured.rows.len() < 2 * ROWS {
        return Err(format!(
            "{} labelled rows, {} needed",
            measured.rows.len(),
            2 * ROWS
        ));
    }
    if let Some(classes) = too_many_classes(measured) {
        return Err(format!(
            "{classes} classes, at most {CLASSES} are calibrated"
        ));
    }
    let (baselines, varying) = varying(baselines);
    let baselines = baselines.as_slice();
    if baselines.is_empty() {
        return Err("constant in training: there is nothing to learn".to_owned());
    }
    let digest = measured.digest();
    let measured = &*varying.of(measured);
    let held = held
        .filter(|held| held.rows.len() >= ROWS)
        .map(|held| varying.of(held));
    let (costs, rows, calibration) = match held.as_deref() {
        Some(held) => {
            let costs = costs(held, measured, baselines)?;
            (costs, measured.rows.clone(), Calibration::Held)
        }
        None => {
            let (first, second) = measured.halves();
            let costs =
                costs(&second, &first, baselines)?.joined(costs(&first, &second, baselines)?);
            let rows = [first.rows, second.rows].concat();
            (costs, rows, Calibration::Crosswise)
        }
    };
    let heads: Vec<(Head<'_>, &Baseline)> = measured
        .parts
        .iter()
        .map(ObservedPart::head)
        .zip(baselines)
        .collect();
    let told = |error: polytask_information::InformationError| error.to_string();
    let shift = label_shift(&heads).map_err(told)?;
    let groups = encoded
        .groups(&rows)
        .filter(|groups| groups.iter().any(|group| Some(group) != groups.first()));
    Ok(TaskInformation {
        usable: UsableInformation::of(&costs, shift, groups.as_deref()).map_err(told)?,
        groups,
        digest,
        costs,
        rows,
        calibration,
    })
}

/// Whether a number of these rows is always the same: no variance can be fitted on them.
fn is_constant(held: &Observed) -> bool {
    let mut parts = held.parts.iter();
    parts.any(|part| matches!(part, ObservedPart::Real { .. }) && part.is_constant())
}

fn costs(held: &Observed, measured: &Observed, baselines: &[Baseline]) -> Result<RowCosts, String> {
    if is_constant(held) {
        return Err("constant in the rows that would calibrate it".to_owned());
    }
    let held = affordable(held);
    let parts: Vec<Part<'_>> = held
        .parts
        .iter()
        .zip(&measured.parts)
        .zip(baselines)
        .map(|((held, measured), baseline)| Part {
            validation: held.head(),
            test: measured.head(),
            baseline,
        })
        .collect();
    RowCosts::of(&parts).map_err(|error| error.to_string())
}

fn most_classes(observed: &Observed) -> usize {
    let classes = observed.parts.iter().map(ObservedPart::classes);
    classes.max().unwrap_or(1)
}

fn too_many_classes(observed: &Observed) -> Option<usize> {
    Some(most_classes(observed)).filter(|&classes| classes > CLASSES)
}

/// As many of the rows, evenly spread, as a calibration can be fitted on in a few seconds.
fn affordable(held: &Observed) -> Observed {
    let most = (WORK / most_classes(held).pow(2)).max(ROWS);
    if held.rows.len() <= most {
        return held.clone();
    }
    let places: Vec<usize> = (0..most)
        .map(|place| place * held.rows.len() / most)
        .collect();
    held.select(&places)
}

/// The figures of every task, and of the others why there are none.
#[derive(Clone, Debug, Default)]
pub struct Information {
    /// By name of the task.
    pub measured: BTreeMap<String, TaskInformation>,
    /// Why there are no figures, by name of the task.
    pub unmeasured: BTreeMap<String, String>,
}

impl Calibration {
    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Crosswise => "crosswise",
        }
    }
}

impl Information {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.measured.is_empty() && self.unmeasured.is_empty()
    }

    /// Of every task; `measured` are rows of `encoded`.
    #[must_use]
    pub fn of(
        tasks: &[PlannedTask],
        held: Option<&[Observed]>,
        measured: &[Observed],
        baselines: &[Vec<Baseline>],
        encoded: &Encoded,
    ) -> Self {
        let mut information = Self::default();
        for (place, (task, (measured, baselines))) in
            tasks.iter().zip(measured.iter().zip(baselines)).enumerate()
        {
            let held = held.and_then(|held| held.get(place));
            match usable_information(held, measured, baselines, encoded) {
                Ok(found) => drop(information.measured.insert(task.name.clone(), found)),
                Err(why) => drop(information.unmeasured.insert(task.name.clone(), why)),
            }
        }
        information
    }
}
