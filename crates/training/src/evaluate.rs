//! Evaluation: metrics per task over rows, streamed batch by batch.

use std::collections::BTreeMap;

use polytask_data::{Batch, Encoded, InputShape, Labels, TaskKind};
use polytask_metrics::{ConfusionMatrix, Metric, MetricError, Predictions, Shape, metric};
use polytask_model::{MultiTaskModel, decode};

use burn::tensor::Device;

use crate::plan::PlannedTask;
use crate::tensors;

/// Metrics of one split.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// `SPLIT/TASK/METRIC` and `SPLIT/loss`; undefined metrics are left out.
    pub metrics: BTreeMap<String, f64>,
    /// Labelled rows per task.
    pub rows: BTreeMap<String, usize>,
    /// Metrics that this data leaves undefined, by key.
    pub undefined: Vec<String>,
    /// Counts `[truth, predicted]` per task with classes.
    pub confusion: BTreeMap<String, ConfusionMatrix>,
}

/// What turns inputs into predictions: a model without autodiff, its tasks, and the shape of its inputs.
pub struct Predictor<'a> {
    /// Without autodiff.
    pub model: &'a MultiTaskModel,
    /// In the model's order.
    pub tasks: &'a [PlannedTask],
    /// What the model takes.
    pub shape: &'a InputShape,
    /// Where it is, without autodiff.
    pub device: &'a Device,
}

/// How a task's predictions look to a metric.
#[must_use]
pub fn shape_of(kind: &TaskKind) -> Shape {
    match kind {
        TaskKind::Binary => Shape::Binary,
        TaskKind::Multiclass { .. } => Shape::Classes,
        TaskKind::Ordinal { .. } => Shape::Ordinal,
        TaskKind::Multilabel { .. } => Shape::Flags,
        TaskKind::Regression { .. } => Shape::Values,
    }
}

impl Predictor<'_> {
    /// Raw predictions of every task, row-major, and the losses per row where there are labels.
    fn forward(&self, batch: &Batch) -> Vec<Raw> {
        let predictions = self
            .model
            .forward(&tensors::inputs(batch, self.shape, self.device));
        predictions
            .into_iter()
            .zip(self.tasks)
            .enumerate()
            .map(|(index, (prediction, task))| {
                let losses = batch
                    .targets
                    .get(index)
                    .filter(|labels| labels.labelled > 0)
                    .map(|labels| {
                        let (values, mask) = tensors::labels(labels, self.device);
                        tensors::read(task.loss.per_row(prediction.clone(), values, mask))
                    });
                Raw {
                    prediction: tensors::read(prediction),
                    losses,
                }
            })
            .collect()
    }

    /// Probabilities (class kinds) or values in the original unit (regression) of every task, row-major, per batch.
    #[must_use]
    pub fn predict(&self, batch: &Batch) -> Vec<Vec<f64>> {
        self.forward(batch)
            .iter()
            .zip(self.tasks)
            .map(|(raw, task)| {
                task.in_original_unit(decode(&task.kind, &task.options, &raw.prediction))
            })
            .collect()
    }

    /// Metrics over `rows` of `encoded`, under `split`; `weights` are those of `SPLIT/loss`.
    ///
    /// # Errors
    /// A metric that the task's kind does not have.
    pub fn evaluate(
        &self,
        encoded: &Encoded,
        rows: &[u32],
        split: &str,
        batch_size: usize,
        weights: &[f64],
    ) -> Result<Evaluation, MetricError> {
        let mut tallies = self.tallies()?;
        for rows in rows.chunks(batch_size.max(1)) {
            self.tally(&encoded.batch(rows), &mut tallies);
        }
        Ok(self.report(tallies, split, weights))
    }

    /// Empty counters, one per task.
    ///
    /// # Errors
    /// A metric that the task's kind does not have.
    pub fn tallies(&self) -> Result<Vec<Tally>, MetricError> {
        self.tasks.iter().map(Tally::new).collect()
    }

    /// Counts one batch.
    pub fn tally(&self, batch: &Batch, tallies: &mut [Tally]) {
        for (((raw, task), labels), tally) in self
            .forward(batch)
            .into_iter()
            .zip(self.tasks)
            .zip(&batch.targets)
            .zip(tallies)
        {
            tally.count(task, &raw, labels);
        }
    }

    /// The metrics of what was counted.
    #[must_use]
    pub fn report(&self, tallies: Vec<Tally>, split: &str, weights: &[f64]) -> Evaluation {
        let mut evaluation = Evaluation::default();
        let mut total = 0.0;
        for ((task, tally), &weight) in self.tasks.iter().zip(tallies).zip(weights) {
            let name = &task.name;
            evaluation.rows.insert(name.clone(), tally.rows);
            if tally.rows > 0 {
                let loss = tally.loss / tally.rows as f64;
                evaluation
                    .metrics
                    .insert(format!("{split}/{name}/loss"), loss);
                evaluation
                    .metrics
                    .insert(format!("{split}/{name}/weight"), weight);
                evaluation
                    .metrics
                    .insert(format!("{split}/{name}/weighted_loss"), weight * loss);
                total += weight * loss;
            }
            for (metric_name, metric) in tally.metrics {
                let key = format!("{split}/{name}/{metric_name}");
                match metric.value().filter(|value| value.is_finite()) {
                    Some(value) => drop(evaluation.metrics.insert(key, value)),
                    None => evaluation.undefined.push(key),
                }
            }
            if let Some(confusion) = tally.confusion {
                evaluation.confusion.insert(name.clone(), confusion);
            }
        }
        if let Some(penalty) = self.model.penalty() {
            let penalty = tensors::read_scalars(vec![penalty])
                .first()
                .copied()
                .unwrap_or(0.0);
            evaluation
                .metrics
                .insert(format!("{split}/penalty"), penalty);
            total += penalty;
        }
        evaluation.metrics.insert(format!("{split}/loss"), total);
        evaluation
    }
}

struct Raw {
    prediction: Vec<f32>,
    losses: Option<Vec<f32>>,
}

/// The counters of one task.
pub struct Tally {
    metrics: Vec<(String, Box<dyn Metric>)>,
    confusion: Option<ConfusionMatrix>,
    loss: f64,
    rows: usize,
}

impl Tally {
    fn new(task: &PlannedTask) -> Result<Self, MetricError> {
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
            rows: 0,
        })
    }

    fn count(&mut self, task: &PlannedTask, raw: &Raw, labels: &Labels) {
        let Some(losses) = &raw.losses else { return };
        let labelled: Vec<usize> = labels
            .mask
            .iter()
            .enumerate()
            .filter(|(_, mask)| **mask > 0.0)
            .map(|(row, _)| row)
            .collect();
        self.loss += labelled
            .iter()
            .filter_map(|&row| losses.get(row))
            .map(|&loss| f64::from(loss))
            .sum::<f64>();
        self.rows += labelled.len();
        let rows = labels.mask.len().max(1);
        let prediction = select(&raw.prediction, &labelled, raw.prediction.len() / rows);
        let truth = select(&labels.values, &labelled, labels.values.len() / rows);
        let decoded = task.in_original_unit(decode(&task.kind, &task.options, &prediction));
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
                let truth = task.in_original_unit(truth.into_iter().map(f64::from).collect());
                self.update(&Predictions::Values {
                    predicted: &decoded,
                    outputs,
                    truth: &truth,
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
