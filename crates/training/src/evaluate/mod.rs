//! Evaluation: metrics per task over rows, streamed batch by batch.

mod gain;
mod tally;

use std::collections::BTreeMap;

use polytask_data::{Batch, Encoded, InputShape, Splits, TaskKind};
use polytask_information::Measure;
use polytask_information::usable::Baseline;
use polytask_metrics::{ConfusionMatrix, MetricError, Shape};
use polytask_model::{Known, MultiTaskModel, NumberCost, decode};

use burn::tensor::{Device, Tensor};

use crate::covariance::Crosswise;
use crate::information::{Information, Observed, baselines};
use crate::joint;
use crate::plan::{Plan, PlannedTask};
use crate::tensors;

pub use gain::RowMean;
pub(crate) use gain::{joint_estimator, robust};
use tally::Raw;
pub use tally::{Tallies, Tally};

/// The name of usable information among the metrics: calibrated, in bits a row; higher is better.
pub const USABLE: &str = "usable_bits";

/// The name of the bits a row that a joint law gains over the product of its marginals; higher is better.
pub const JOINT: &str = "joint_bits";

/// The name of the loss with a bottleneck that draws its codes, as in training, beside `loss`, which is that of the mean codes.
pub const SAMPLED: &str = "sampled_loss";

/// How the rate of a bottleneck is known.
const RATE: &str = "variational upper bound on I(X;Z)";

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
    /// What the model knows of each task, in bits; empty unless it was asked for.
    pub information: Information,
    /// What coupled labels gain by their joint law, bits a row; none without a joint head.
    pub joint: Option<Measure>,
    /// What a bottleneck lets through, bits a row; none without one.
    pub rate: Option<Measure>,
}

/// Rows of one data set that are measured, and those that a measurement needs beside them.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The rows, once.
    pub encoded: &'a Encoded,
    /// Those that the metrics are of.
    pub rows: &'a [u32],
    /// What the metrics are named after.
    pub split: &'a str,
    /// Rows that go through the model at once.
    pub batch_size: usize,
    /// Those of `SPLIT/loss`.
    pub weights: &'a [f64],
}

/// What usable information needs beside the measured rows: the model's own data.
#[derive(Clone, Copy, Debug)]
pub struct Yardstick<'a> {
    encoded: &'a Encoded,
    /// The rows that the calibration is fitted on.
    held: &'a [u32],
    train: &'a [u32],
}

impl<'a> Yardstick<'a> {
    /// For measuring the rows of `split`: they calibrate nothing, so validation rows are calibrated crosswise.
    #[must_use]
    pub fn new(encoded: &'a Encoded, splits: &'a Splits, split: &str) -> Self {
        let held: &[u32] = if split == "val" { &[] } else { &splits.val };
        Self {
            encoded,
            held,
            train: &splits.train,
        }
    }

    /// Whether nothing but the measured rows can calibrate.
    #[must_use]
    pub fn is_crosswise(&self) -> bool {
        self.held.is_empty()
    }

    /// What the model says of the rows that calibrate; `None` if there are none.
    ///
    /// # Errors
    /// As [`Predictor::observe`].
    pub fn held(
        &self,
        predictor: &Predictor<'_>,
        batch_size: usize,
    ) -> Result<Option<Vec<Observed>>, MetricError> {
        if self.is_crosswise() {
            return Ok(None);
        }
        predictor
            .observe(self.encoded, self.held, batch_size)
            .map(Some)
    }

    /// All that it says of this model.
    ///
    /// # Errors
    /// As [`Predictor::observe`].
    pub fn gauge(
        &self,
        predictor: &Predictor<'_>,
        batch_size: usize,
    ) -> Result<Gauge, MetricError> {
        Ok(Gauge {
            held: self.held(predictor, batch_size)?,
            baselines: self.baselines(predictor.tasks),
        })
    }

    /// What is known of each task without a model, from the training rows.
    #[must_use]
    pub fn baselines(&self, tasks: &[PlannedTask]) -> Vec<Vec<Baseline>> {
        tasks
            .iter()
            .enumerate()
            .map(|(place, task)| baselines(place, &task.fit, self.encoded, self.train))
            .collect()
    }
}

/// What a [`Yardstick`] says of a model: all that usable information needs of the model's own data, which may then be let
/// go.
pub struct Gauge {
    held: Option<Vec<Observed>>,
    baselines: Vec<Vec<Baseline>>,
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

impl<'a> Predictor<'a> {
    /// Of a model of this plan.
    #[must_use]
    pub fn of(plan: &'a Plan, model: &'a MultiTaskModel) -> Self {
        Self {
            model,
            tasks: &plan.tasks,
            shape: &plan.input_shape,
            device: &plan.place.device,
        }
    }
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
    /// Raw predictions of every task, row-major, and the losses per row where there are labels; the nats a row that coupled
    /// labels gain; and the rates of a bottleneck.
    fn forward(
        &self,
        batch: &Batch,
        number_costs: impl FnOnce(&[Tensor<2>], &Known) -> Vec<NumberCost>,
    ) -> (Vec<Raw>, Vec<f64>, Option<Tensor<2>>) {
        let model = self.model;
        let inputs = tensors::inputs(batch, self.shape, self.device);
        let pass = model.pass(&inputs);
        let drawn = model.drawn(&pass, &batch.rows);
        let (mut raws, gains) = self.raws(batch, pass.representation, number_costs);
        if let Some(drawn) = drawn {
            let (drawn, _) = self.raws(batch, drawn, |_, _| Vec::new());
            for (raw, drawn) in raws.iter_mut().zip(drawn) {
                raw.drawn = drawn.losses;
            }
        }
        (raws, gains, pass.rates)
    }

    /// What every task's head makes of the representation, and what the joint law of coupled labels gains over their own.
    fn raws(
        &self,
        batch: &Batch,
        representation: Tensor<2>,
        number_costs: impl FnOnce(&[Tensor<2>], &Known) -> Vec<NumberCost>,
    ) -> (Vec<Raw>, Vec<f64>) {
        let model = self.model;
        let heads = model.heads_forward(representation);
        let known = joint::known(model, batch);
        let costs = model.joint_costs(&heads, &known);
        let numbers = number_costs(&heads, &known).into_iter();
        let mut gains: Vec<f64> = numbers.map(|cost| cost.alone - cost.together).collect();
        gains.resize(batch.rows.len(), 0.0);
        let each = model.marginals(heads, None).into_iter().zip(self.tasks);
        let each = each
            .zip(costs)
            .enumerate()
            .map(|(index, ((prediction, task), cost))| {
                let labels = batch.targets.get(index);
                let alone = labels.filter(|labels| labels.labelled > 0).map(|labels| {
                    let (values, mask) = tensors::labels(labels, self.device);
                    tensors::read(task.loss.per_row(prediction.clone(), values, mask))
                });
                let coupled = alone.is_some().then_some(cost).flatten().map(tensors::read);
                if let (Some(coupled), Some(alone)) = (&coupled, &alone) {
                    let each = alone.iter().zip(coupled);
                    for (gain, (alone, coupled)) in gains.iter_mut().zip(each) {
                        *gain += f64::from(alone - coupled);
                    }
                }
                Raw {
                    prediction: tensors::read(prediction),
                    losses: coupled.or(alone),
                    drawn: None,
                }
            });
        (each.collect(), gains)
    }

    /// Probabilities (class kinds) or values in the original unit (regression) of every task, row-major, per batch; given
    /// what is known of coupled labels.
    #[must_use]
    pub fn predict(&self, batch: &Batch, known: Option<&Known>) -> Vec<Vec<f64>> {
        let inputs = tensors::inputs(batch, self.shape, self.device);
        let heads = self.model.heads_forward(self.model.representation(&inputs));
        self.model
            .marginals(heads, known)
            .into_iter()
            .zip(self.tasks)
            .map(|(prediction, task)| {
                let prediction = tensors::read(prediction);
                task.in_original_unit(decode(&task.kind, &task.options, &prediction))
            })
            .collect()
    }

    /// Metrics over some rows.
    ///
    /// # Errors
    /// A metric that the task's kind does not have.
    pub fn evaluate(&self, measured: &Measured<'_>) -> Result<Evaluation, MetricError> {
        let mut tallies = self.tallies()?;
        self.tally_all(
            measured.encoded,
            measured.rows,
            measured.batch_size,
            &mut tallies,
        );
        Ok(self.report(tallies, measured.split, measured.weights))
    }

    /// As [`Self::evaluate`], with the usable information of every task.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn evaluate_in_bits(
        &self,
        measured: &Measured<'_>,
        yardstick: &Yardstick<'_>,
    ) -> Result<Evaluation, MetricError> {
        self.evaluate_with(measured, &yardstick.gauge(self, measured.batch_size)?)
    }

    /// As [`Self::evaluate_in_bits`], after the model's own data.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn evaluate_with(
        &self,
        measured: &Measured<'_>,
        gauge: &Gauge,
    ) -> Result<Evaluation, MetricError> {
        let mut tallies = self.keeping_tallies()?;
        if gauge.held.is_none() {
            let (rows, size) = (measured.rows, measured.batch_size);
            tallies.crosswise = Crosswise::of(self, measured.encoded, rows, size);
        }
        self.tally_all(
            measured.encoded,
            measured.rows,
            measured.batch_size,
            &mut tallies,
        );
        let seen = tallies.take_observed();
        let estimator = joint_estimator(tallies.crosswise.is_some());
        let (rows, nats): (Vec<u32>, Vec<f64>) = tallies.gains.iter().copied().unzip();
        let mut evaluation = self.report(tallies, measured.split, measured.weights);
        // Of fewer rows than two nothing is known of the error.
        if let Ok(joint) = robust(&rows, &nats, measured.encoded, estimator) {
            evaluation.joint = Some(joint);
        }
        evaluation.information = Information::of(
            self.tasks,
            gauge.held.as_deref(),
            &seen,
            &gauge.baselines,
            measured.encoded,
        );
        for (task, found) in &evaluation.information.measured {
            let key = format!("{}/{task}/{USABLE}", measured.split);
            if let Some(bits) = found.usable.calibrated.value {
                evaluation.metrics.insert(key, bits);
            }
        }
        Ok(evaluation)
    }

    /// Predictions and labels of every task, row by row.
    ///
    /// # Errors
    /// A metric that the task's kind does not have.
    pub fn observe(
        &self,
        encoded: &Encoded,
        rows: &[u32],
        batch_size: usize,
    ) -> Result<Vec<Observed>, MetricError> {
        let mut tallies = self.keeping_tallies()?;
        for tally in &mut tallies.tasks {
            tally.forget_metrics();
        }
        self.tally_all(encoded, rows, batch_size, &mut tallies);
        Ok(tallies.take_observed())
    }

    fn tally_all(&self, encoded: &Encoded, rows: &[u32], batch_size: usize, tallies: &mut Tallies) {
        for rows in rows.chunks(batch_size.max(1)) {
            self.tally(&encoded.batch(rows), tallies);
        }
    }

    /// Empty counters that keep every row.
    fn keeping_tallies(&self) -> Result<Tallies, MetricError> {
        let mut tallies = self.tallies()?;
        for (tally, task) in tallies.tasks.iter_mut().zip(self.tasks) {
            tally.keep(task);
        }
        Ok(tallies)
    }

    /// Empty counters.
    ///
    /// # Errors
    /// A metric that the task's kind does not have.
    pub fn tallies(&self) -> Result<Tallies, MetricError> {
        Ok(Tallies {
            tasks: self
                .tasks
                .iter()
                .map(Tally::new)
                .collect::<Result<_, _>>()?,
            gains: Vec::new(),
            rows: 0,
            crosswise: None,
            rates: Vec::new(),
            rate: RowMean::default(),
        })
    }

    /// Counts one batch.
    pub fn tally(&self, batch: &Batch, tallies: &mut Tallies) {
        let (raws, gains, rates) = self.forward(batch, |heads, known| match &tallies.crosswise {
            Some(crosswise) => crosswise.number_costs(tallies.rows, heads, known),
            None => self.model.number_costs(heads, known),
        });
        tallies.rows += batch.rows.len();
        if let Some(rates) = rates {
            let [_, blocks] = rates.dims();
            tallies.count_rates(&tensors::read(rates), blocks);
        }
        tallies.count_gain(self.model, batch, &gains);
        for (((raw, task), labels), tally) in raws
            .into_iter()
            .zip(self.tasks)
            .zip(&batch.targets)
            .zip(&mut tallies.tasks)
        {
            tally.count(task, &raw, labels, &batch.rows);
        }
    }

    /// The metrics of what was counted.
    #[must_use]
    pub fn report(&self, tallies: Tallies, split: &str, weights: &[f64]) -> Evaluation {
        let mut evaluation = Evaluation {
            joint: tallies
                .gain()
                .measure(joint_estimator(tallies.crosswise.is_some())),
            rate: tallies.rate.measure(RATE),
            ..Evaluation::default()
        };
        if let Some(bits) = evaluation.joint.as_ref().and_then(|gain| gain.value) {
            evaluation.metrics.insert(format!("{split}/{JOINT}"), bits);
        }
        let rate_cost = self.rate_cost(&tallies, split, &mut evaluation);
        let mut total = 0.0;
        for ((task, tally), &weight) in self.tasks.iter().zip(tallies.tasks).zip(weights) {
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
                if let Some(drawn) = tally.drawn {
                    let drawn = drawn / tally.rows as f64;
                    evaluation
                        .metrics
                        .insert(format!("{split}/{name}/{SAMPLED}"), drawn);
                }
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
        let differentiated = self.model.penalty().map(|penalty| {
            let penalty = tensors::read_scalars(vec![penalty]);
            penalty.first().copied().unwrap_or(0.0)
        });
        let proximal = self.model.proximal();
        let penalties = [differentiated, proximal, rate_cost];
        if penalties.iter().any(Option::is_some) {
            let penalty = penalties.into_iter().flatten().sum::<f64>();
            evaluation
                .metrics
                .insert(format!("{split}/penalty"), penalty);
            total += penalty;
        }
        evaluation.metrics.insert(format!("{split}/loss"), total);
        evaluation
    }

    /// The mean rates as `SPLIT/rate` (nats), `SPLIT/rate_bits` and, of several blocks, `SPLIT/rate_block_1` and so on (nats); and what
    /// they cost, which is part of penalty and loss. None without a bottleneck.
    fn rate_cost(
        &self,
        tallies: &Tallies,
        split: &str,
        evaluation: &mut Evaluation,
    ) -> Option<f64> {
        let (price, factors) = (self.model.rate_price()?, self.model.rate_blocks()?);
        let rate = tallies.rate.nats()?;
        let mut add = |name: String, value: f64| {
            evaluation.metrics.insert(format!("{split}/{name}"), value);
        };
        add("rate".to_owned(), rate);
        add("rate_bits".to_owned(), rate / std::f64::consts::LN_2);
        let each: Vec<f64> = tallies.rates.iter().filter_map(RowMean::nats).collect();
        if each.len() > 1 {
            for (block, &rate) in each.iter().enumerate() {
                add(format!("rate_block_{}", block + 1), rate);
            }
        }
        let costs = each.iter().zip(factors).map(|(rate, factor)| rate * factor);
        Some(price * costs.sum::<f64>())
    }
}
