//! What a joint head is worth in bits: of all coupled labels together, and of each pair once one of the two is known.
//!
//! Per row log₂ p(y known | x) - Σ_t log₂ p(y_t | x), and for a pair log₂ p(y_s, y_t | x) - log₂ p(y_s | x) - log₂ p(y_t | x), which
//! is what knowing y_s gives about y_t, and the other way round. All are exact laws of the one joint head: the gain over heads that
//! say the same of each label and take them for independent, paired row by row.

use polytask_data::Encoded;
use polytask_information::{InformationError, Measure};
use polytask_model::{CoupledLabel, Known};
use serde::Serialize;

use crate::covariance::Crosswise;
use crate::evaluate::{Predictor, joint_estimator, robust};
use crate::{joint, tensors};

/// Labels beyond which pairs are left out: there is a pass over the rows for each. Of classes, or of both kinds.
pub const MOST_LABELS: usize = 16;

/// The same where all are numbers, which are cheaper.
pub const MOST_NUMBERS: usize = 40;

/// What the coupling of labels gives.
#[derive(Clone, Debug, Serialize)]
pub struct Coupling {
    /// Bits per row with two known labels or more.
    pub joint: Measure,
    /// Every pair; empty of more than [`MOST_LABELS`] labels, or [`MOST_NUMBERS`] if all are numbers.
    pub pairs: Vec<CoupledPair>,
}

/// Two labels.
#[derive(Clone, Debug, Serialize)]
pub struct CoupledPair {
    /// The name of one.
    pub left: String,
    /// The name of the other.
    pub right: String,
    /// Bits per row with both that either one, known, gives about the other.
    pub given: Measure,
}

/// Of the rows with the labels; none without a joint head, or without rows enough. Where nothing else calibrates, the covariance of
/// numbers is of these rows, `is_crosswise`.
///
/// # Errors
/// Costs that are not finite.
pub fn coupling(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
    is_crosswise: bool,
) -> Result<Option<Coupling>, InformationError> {
    let labels = predictor.model.coupled();
    let count = labels.len();
    if count < 2 {
        return Ok(None);
    }
    let places = (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right)));
    // Classes and numbers are independent of each other.
    let is_number = |place: usize| labels.get(place).is_some_and(CoupledLabel::is_number);
    let most = match (0..count).all(is_number) {
        true => MOST_NUMBERS,
        false => MOST_LABELS,
    };
    let mut pairs: Vec<Gains> = places
        .filter(|(left, right)| count <= most && is_number(*left) == is_number(*right))
        .map(|(left, right)| Gains::of(vec![left, right]))
        .collect();
    let mut all = Gains::of((0..count).collect());
    let each = pairs.iter_mut().chain([&mut all]).collect();
    let crosswise = match is_crosswise {
        true => Crosswise::of(predictor, encoded, rows, batch_size),
        false => None,
    };
    take_all(
        predictor,
        encoded,
        rows,
        batch_size,
        crosswise.as_ref(),
        each,
    );
    let name = |place: Option<&usize>| {
        let label = place.and_then(|&place| labels.get(place));
        label.map_or(String::new(), |label| label.name.clone())
    };
    let found = pairs.iter().filter(|gains| gains.nats.len() > 1);
    let found = found.map(|gains| {
        Ok(CoupledPair {
            left: name(gains.labels.first()),
            right: name(gains.labels.last()),
            given: gains.measure(
                "joint law of the pair less the product of its marginals",
                encoded,
            )?,
        })
    });
    let pairs = found.collect::<Result<_, InformationError>>()?;
    if all.nats.len() < 2 {
        return Ok(None);
    }
    let estimator = joint_estimator(crosswise.is_some());
    let joint = all.measure(estimator, encoded)?;
    Ok(Some(Coupling { joint, pairs }))
}

/// What the joint law gains over the product of its marginals in each row with two known coupled labels or more, nats, in the
/// order of the rows.
#[must_use]
pub fn joint_gains(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
) -> Vec<f64> {
    let mut all = Gains::of((0..predictor.model.coupled().len()).collect());
    take_all(predictor, encoded, rows, batch_size, None, vec![&mut all]);
    all.nats
}

/// Predictions of every task, row-major in the unit of the file, as if of each row's coupled labels those of `task` were known and
/// no other.
#[must_use]
pub fn predictions_given(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
    task: usize,
) -> Vec<Vec<f64>> {
    let labels = predictor.model.coupled();
    let own: Vec<usize> = (0..labels.len())
        .filter(|&place| labels.get(place).is_some_and(|label| label.task == task))
        .collect();
    let mut predictions = vec![Vec::new(); predictor.tasks.len()];
    for rows in rows.chunks(batch_size.max(1)) {
        let batch = encoded.batch(rows);
        let known = only(&joint::known(predictor.model, &batch), &own, labels.len());
        let found = predictor.predict(&batch, Some(&known));
        for (all, found) in predictions.iter_mut().zip(found) {
            all.extend(found);
        }
    }
    predictions
}

/// Takes in all rows, batch by batch.
fn take_all(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
    crosswise: Option<&Crosswise>,
    mut each: Vec<&mut Gains>,
) {
    let (count, size) = (predictor.model.coupled().len(), batch_size.max(1));
    for (chunk, rows) in rows.chunks(size).enumerate() {
        let batch = encoded.batch(rows);
        let inputs = tensors::inputs(&batch, predictor.shape, predictor.device);
        let model = predictor.model;
        let heads = model.heads_forward(model.representation(&inputs));
        let known = joint::known(model, &batch);
        let cost = |labels: &[usize]| {
            let known = only(&known, labels, count);
            let costs = model.joint_costs(&heads, &known);
            let numbers = match crosswise {
                Some(crosswise) => crosswise.number_costs(chunk * size, &heads, &known),
                None => model.number_costs(&heads, &known),
            };
            let mut sums: Vec<f64> = numbers.into_iter().map(|cost| cost.together).collect();
            sums.resize(rows.len(), 0.0);
            for cost in costs.into_iter().flatten() {
                let cost = tensors::read(cost);
                let both = sums.iter_mut().zip(cost);
                both.for_each(|(sum, cost)| *sum += f64::from(cost));
            }
            sums
        };
        let alone: Vec<Vec<f64>> = (0..count).map(|label| cost(&[label])).collect();
        for gains in &mut each {
            gains.take(rows, &known, &alone, &cost(&gains.labels));
        }
    }
}

/// Of these labels alone, `[rows, count]`.
fn only(known: &Known, labels: &[usize], count: usize) -> Known {
    let mask = known.mask.iter().enumerate();
    let mask = mask.map(|(cell, mask)| {
        let is_wanted = labels.contains(&(cell % count));
        if is_wanted { *mask } else { 0.0 }
    });
    Known {
        labels: count,
        values: known.values.clone(),
        mask: mask.collect(),
    }
}

/// The gains of some labels, row by row.
struct Gains {
    labels: Vec<usize>,
    rows: Vec<u32>,
    nats: Vec<f64>,
}

impl Gains {
    fn of(labels: Vec<usize>) -> Self {
        Self {
            labels,
            rows: Vec::new(),
            nats: Vec::new(),
        }
    }

    /// Rows with two of the labels or more: `alone` is -ln of each label `[labels][rows]`, `together` -ln of all of these.
    fn take(&mut self, rows: &[u32], known: &Known, alone: &[Vec<f64>], together: &[f64]) {
        for (place, (row, together)) in rows.iter().zip(together).enumerate() {
            let of_row = |label: &&usize| {
                let mask = known.mask.get(place * alone.len() + **label);
                mask.is_some_and(|mask| *mask > 0.0)
            };
            if self.labels.iter().filter(of_row).count() < 2 {
                continue;
            }
            let costs = self
                .labels
                .iter()
                .filter_map(|&label| alone.get(label)?.get(place));
            self.rows.push(*row);
            self.nats.push(costs.sum::<f64>() - together);
        }
    }

    fn measure(
        &self,
        estimator: &'static str,
        encoded: &Encoded,
    ) -> Result<Measure, InformationError> {
        robust(&self.rows, &self.nats, encoded, estimator)
    }
}
