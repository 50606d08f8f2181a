//! The counters of all tasks while rows go by.

use polytask_data::{Batch, Labels, TaskKind};
use polytask_metrics::{ConfusionMatrix, Metric, MetricError, Predictions, metric};
use polytask_model::{MultiTaskModel, decode};

use super::{RowMean, shape_of};
use crate::covariance::Crosswise;
use crate::information::Observed;
use crate::joint;
use crate::plan::PlannedTask;

/// What a model says of one task's rows.
pub(super) struct Raw {
    pub(super) prediction: Vec<f32>,
    pub(super) losses: Option<Vec<f32>>,
    /// The losses of the same rows where a bottleneck drew; none without one.
    pub(super) drawn: Option<Vec<f32>>,
}

/// The counters of all tasks while rows go by.
pub struct Tallies {
    pub(super) tasks: Vec<Tally>,
    /// What rows with two known coupled labels or more gain by their joint law, nats.
    pub(super) gains: Vec<(u32, f64)>,
    /// Rows seen.
    pub(super) rows: usize,
    /// The laws of coupled numbers, if the rows are those that the model's own is of.
    pub(crate) crosswise: Option<Crosswise>,
    /// What a bottleneck let through of each block.
    pub(super) rates: Vec<RowMean>,
    /// And of all of them together.
    pub(super) rate: RowMean,
}

impl Tallies {
    /// Adds the gains of the rows with two known coupled labels or more; with fewer there is nothing to gain.
    pub(super) fn count_gain(&mut self, model: &MultiTaskModel, batch: &Batch, gains: &[f64]) {
        let labels = model.coupled().len();
        if labels == 0 {
            return;
        }
        let known = joint::known(model, batch);
        let rows = batch.rows.iter().zip(gains);
        for ((row, gain), mask) in rows.zip(known.mask.chunks_exact(labels)) {
            if mask.iter().filter(|known| **known > 0.0).count() >= 2 {
                self.gains.push((*row, *gain));
            }
        }
    }

    /// Their mean.
    pub(super) fn gain(&self) -> RowMean {
        let mut mean = RowMean::default();
        self.gains.iter().for_each(|(_, nats)| mean.push(*nats));
        mean
    }

    /// Adds the rates of some rows, each with so many blocks.
    pub(super) fn count_rates(&mut self, rates: &[f32], blocks: usize) {
        self.rates.resize(blocks, RowMean::default());
        for row in rates.chunks_exact(blocks.max(1)) {
            for (block, &rate) in self.rates.iter_mut().zip(row) {
                block.push(f64::from(rate));
            }
            self.rate.push(row.iter().copied().map(f64::from).sum());
        }
    }

    pub(super) fn take_observed(&mut self) -> Vec<Observed> {
        self.tasks.iter_mut().map(Tally::take_observed).collect()
    }
}

/// The counters of one task.
pub struct Tally {
    pub(super) metrics: Vec<(String, Box<dyn Metric>)>,
    pub(super) confusion: Option<ConfusionMatrix>,
    pub(super) loss: f64,
    /// With a bottleneck that drew; none without one.
    pub(super) drawn: Option<f64>,
    pub(super) rows: usize,
    /// Every row, if it is asked for.
    observed: Option<Observed>,
}

impl Tally {
    pub(super) fn new(task: &PlannedTask) -> Result<Self, MetricError> {
        let shape = shape_of(&task.kind);
        let metrics = task
            .metrics
            .iter()
            .map(|name| Ok((name.clone(), metric(name, shape)?)))
            .collect::<Result<_, MetricError>>()?;
        Ok(Self {
            metrics,
            confusion: classes(&task.kind).map(ConfusionMatrix::new),
            loss: 0.0,
            drawn: None,
            rows: 0,
            observed: None,
        })
    }

    /// Keeps every row from now on.
    pub(super) fn keep(&mut self, task: &PlannedTask) {
        self.observed = Some(Observed::new(&task.kind));
    }

    pub(super) fn forget_metrics(&mut self) {
        self.metrics.clear();
    }

    pub(super) fn take_observed(&mut self) -> Observed {
        self.observed.take().unwrap_or_default()
    }

    pub(super) fn count(
        &mut self,
        task: &PlannedTask,
        raw: &Raw,
        labels: &Labels,
        numbers: &[u32],
    ) {
        let Some(losses) = &raw.losses else { return };
        let labelled: Vec<usize> = labels
            .mask
            .iter()
            .enumerate()
            .filter(|(_, mask)| **mask > 0.0)
            .map(|(row, _)| row)
            .collect();
        let sum = |losses: &[f32]| -> f64 {
            let each = labelled.iter().filter_map(|&row| losses.get(row));
            each.map(|&loss| f64::from(loss)).sum()
        };
        self.loss += sum(losses);
        if let Some(drawn) = &raw.drawn {
            *self.drawn.get_or_insert(0.0) += sum(drawn);
        }
        self.rows += labelled.len();
        let rows = labels.mask.len().max(1);
        let prediction = select(&raw.prediction, &labelled, raw.prediction.len() / rows);
        let truth = select(&labels.values, &labelled, labels.values.len() / rows);
        let decoded = task.in_original_unit(decode(&task.kind, &task.options, &prediction));
        let exact = task.in_original_unit(truth.iter().map(|&value| f64::from(value)).collect());
        if let Some(observed) = &mut self.observed {
            let numbers: Vec<u32> = labelled
                .iter()
                .filter_map(|&row| numbers.get(row).copied())
                .collect();
            observed.push(&numbers, &decoded, &exact);
        }
        match task.kind {
            TaskKind::Multilabel { labels } => {
                let truth: Vec<bool> = truth.iter().map(|&flag| flag > 0.5).collect();
                self.update(&Predictions::Flags {
                    probabilities: &decoded,
                    labels,
                    truth: &truth,
                });
            }
            TaskKind::Regression { outputs } => {
                self.update(&Predictions::Values {
                    predicted: &decoded,
                    outputs,
                    truth: &exact,
                });
            }
            _ => {
                let classes = classes(&task.kind).unwrap_or(2);
                let truth: Vec<u32> = truth.iter().map(|&class| class as u32).collect();
                self.update(&Predictions::Classes {
                    probabilities: &decoded,
                    classes,
                    truth: &truth,
                });
            }
        }
    }

    fn update(&mut self, seen: &Predictions<'_>) {
        for (_, metric) in &mut self.metrics {
            metric.update(seen);
        }
        if let Some(confusion) = &mut self.confusion {
            confusion.update(seen);
        }
    }
}

fn classes(kind: &TaskKind) -> Option<usize> {
    match *kind {
        TaskKind::Binary => Some(2),
        TaskKind::Multiclass { classes } => Some(classes),
        TaskKind::Ordinal { levels } => Some(levels),
        TaskKind::Multilabel { .. } | TaskKind::Regression { .. } => None,
    }
}

fn select(values: &[f32], rows: &[usize], width: usize) -> Vec<f32> {
    rows.iter()
        .filter_map(|&row| values.get(row * width..(row + 1) * width))
        .flatten()
        .copied()
        .collect()
}
