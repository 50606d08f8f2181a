//! How tasks relate in a trained model: cosines of their gradients of the shared parameters, and the lookahead of TAG, over batches.
//!
//! Both depend on the step, the learning rate and the width of the model: they rank pairs of one run, and say nothing across runs.
//! The gradients are exact (every shared parameter, every task) and those of training: dropout draws, normalisation sees the batch.

use polytask_balance::{Sight, View};
use polytask_data::Encoded;
use polytask_information::{Measure, Unit};
use polytask_model::{MultiTaskModel, names};
use serde::Serialize;

use crate::engine::relations::Related;
use crate::engine::{Engine, Shared};
use crate::load::{LoadError, Loaded};
use crate::plan::Plan;
use crate::state::RestoreError;

/// Of the rows with a label of the rarer task, the share that must have both labels for a cosine to speak of the tasks: below, it
/// speaks of the difference between their rows (Zhang, Cheng 2026).
pub const OVERLAP: f64 = 0.3;

/// What a lookahead's step takes off the best served task's loss, to first order: far above rounding, still a small step.
const STEP: f64 = 0.01;

/// What is asked of a run.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose rows: `train` or `val`.
    pub split: &'a str,
    /// Batches of the run's batch size, at most.
    pub batches: usize,
    /// Whether TAG's affinities are wanted: a forward pass a task.
    pub affinities: bool,
}

/// How a model's tasks relate.
#[derive(Clone, Debug, Serialize)]
pub struct Relations {
    /// In the model's order.
    pub tasks: Vec<String>,
    /// Whose rows.
    pub split: String,
    /// Batches that were looked at.
    pub batches: usize,
    /// Which parameters, and how their gradients were told apart.
    pub engine: String,
    /// Every pair, (0, 1), (0, 2), …
    pub pairs: Vec<PairRelation>,
    /// Cosines `[batches][tasks, tasks]`; none where a batch has no labels of a task.
    #[serde(skip)]
    pub cosines: Vec<Vec<Option<f64>>>,
    /// TAG's affinities, row i what a step on task i takes off each loss, `[batches][tasks, tasks]`; empty unless asked for.
    #[serde(skip)]
    pub affinities: Vec<Vec<Option<f64>>>,
    /// The learning rate of the lookahead.
    pub rate: Option<f64>,
}

/// Two tasks.
#[derive(Clone, Debug, Serialize)]
pub struct PairRelation {
    /// The smaller place.
    pub left: usize,
    /// The larger place.
    pub right: usize,
    /// Rows with both labels over rows with a label of the rarer task.
    pub overlap: Measure,
    /// Whether the overlap is so small that the cosine is about rows, not tasks.
    pub is_shift: bool,
    /// Mean over batches with both labels.
    pub cosine: Option<Measure>,
    /// The share of those batches where it is below 0.
    pub negative: Option<Measure>,
}

/// Looks at batches of a run's own rows.
///
/// # Errors
/// Data that is gone or has changed, a split without rows.
pub fn relations(loaded: &Loaded, asked: &Asked<'_>) -> Result<Relations, LoadError> {
    let plan = loaded.plan()?;
    let model = plan.build(&plan.device).map_err(LoadError::Config)?;
    let model = names::import(model, names::export(&loaded.model)).map_err(RestoreError::from)?;
    let mut rows = match asked.split {
        "val" => plan.splits.val.clone(),
        _ => plan.splits.train.clone(),
    };
    if rows.is_empty() {
        return Err(LoadError::Split {
            split: asked.split.to_owned(),
            available: vec!["train".to_owned()],
        });
    }
    let overlaps = overlaps(&plan.encoded, &rows, plan.tasks.len());
    plan.seed
        .stream("information/relations", 0)
        .shuffle(&mut rows);
    let mut found = Found::new(&plan, &model);
    for rows in rows.chunks(plan.train.batch_size).take(asked.batches) {
        found.look(rows, asked.affinities);
    }
    let tasks: Vec<String> = plan.tasks.iter().map(|task| task.name.clone()).collect();
    let pairs = pairs(&found.cosines, &overlaps, tasks.len());
    Ok(Relations {
        tasks,
        split: asked.split.to_owned(),
        batches: found.cosines.len(),
        engine: found.engine.describe(Sight::Whole),
        pairs,
        cosines: found.cosines,
        affinities: found.affinities,
        rate: found.rate,
    })
}

struct Found<'a> {
    plan: &'a Plan,
    model: &'a MultiTaskModel,
    engine: Engine,
    cosines: Vec<Vec<Option<f64>>>,
    affinities: Vec<Vec<Option<f64>>>,
    rate: Option<f64>,
}

impl<'a> Found<'a> {
    fn new(plan: &'a Plan, model: &'a MultiTaskModel) -> Self {
        let shared = Shared::of(model, &plan.input_shape, &plan.device);
        Self {
            plan,
            model,
            engine: Engine::new(View::default(), shared),
            cosines: Vec::new(),
            affinities: Vec::new(),
            rate: None,
        }
    }

    fn look(&mut self, rows: &[u32], affinities: bool) {
        let batch = self.plan.encoded.batch(rows);
        let draw = self.cosines.len() as u64;
        let related = Related::of(&self.engine, self.plan, self.model, &batch, draw);
        let tasks = self.plan.tasks.len();
        let mut cosines = vec![None; tasks * tasks];
        let mut gains = vec![None; tasks * tasks];
        if let Some(related) = related {
            let present = related.present.len();
            // One rate for all batches: affinities of different steps cannot be averaged.
            self.rate = self.rate.or_else(|| related.rate(STEP));
            let ahead = match self.rate.filter(|_| affinities) {
                Some(rate) => related.affinities(self.plan, self.model, &batch, draw, rate),
                None => Vec::new(),
            };
            for (left, &one) in related.present.iter().enumerate() {
                for (right, &other) in related.present.iter().enumerate() {
                    if left == right {
                        continue;
                    }
                    if let Some(slot) = cosines.get_mut(one * tasks + other) {
                        *slot = related.cosine(left, right);
                    }
                    if let Some(slot) = gains.get_mut(one * tasks + other) {
                        *slot = ahead.get(left * present + right).copied().flatten();
                    }
                }
            }
        }
        self.cosines.push(cosines);
        if affinities {
            self.affinities.push(gains);
        }
    }
}

/// Rows with both labels, and rows with a label of the rarer task, `[tasks, tasks]`.
fn overlaps(encoded: &Encoded, rows: &[u32], tasks: usize) -> Vec<[usize; 2]> {
    let counts: Vec<usize> = (0..tasks)
        .map(|task| encoded.label_count(task, rows))
        .collect();
    let both = |left: usize, right: usize| {
        let has = |row: &&u32| {
            let row = **row as usize;
            encoded.has_label(left, row) && encoded.has_label(right, row)
        };
        rows.iter().filter(has).count()
    };
    let count = |task: usize| counts.get(task).copied().unwrap_or(0);
    (0..tasks * tasks)
        .map(|cell| {
            let (left, right) = (cell / tasks, cell % tasks);
            [both(left, right), count(left).min(count(right))]
        })
        .collect()
}

fn pairs(cosines: &[Vec<Option<f64>>], overlaps: &[[usize; 2]], tasks: usize) -> Vec<PairRelation> {
    let mut pairs = Vec::new();
    for left in 0..tasks {
        for right in left + 1..tasks {
            let cell = left * tasks + right;
            let values: Vec<f64> = cosines
                .iter()
                .filter_map(|batch| batch.get(cell).copied().flatten())
                .collect();
            let [both, rarer] = overlaps.get(cell).copied().unwrap_or_default();
            let overlap = both as f64 / rarer.max(1) as f64;
            let below = values.iter().filter(|value| **value < 0.0).count();
            let negative = share(below, values.len(), "share of batches below 0");
            pairs.push(PairRelation {
                left,
                right,
                overlap: Measure::of(
                    overlap,
                    Unit::One,
                    "rows with both labels over those of the rarer",
                    rarer,
                ),
                is_shift: overlap < OVERLAP,
                negative: (!values.is_empty()).then_some(negative),
                cosine: mean(&values),
            });
        }
    }
    pairs
}

/// `count` of `all`, with the binomial standard error.
fn share(count: usize, all: usize, estimator: &'static str) -> Measure {
    let share = count as f64 / all as f64;
    let se = (share * (1.0 - share) / all as f64).sqrt();
    Measure::of(share, Unit::One, estimator, all).with_se(se)
}

/// With the standard error over batches, if there are several.
fn mean(values: &[f64]) -> Option<Measure> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let measure = Measure::of(mean, Unit::One, "mean cosine over batches", values.len());
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(if values.len() > 1 {
        measure.with_se((squares / (count - 1.0) / count).sqrt())
    } else {
        measure
    })
}
