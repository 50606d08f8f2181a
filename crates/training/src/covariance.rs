//! The covariance of coupled numbers: after every epoch that of the residuals of rows that were not trained on; and what it says of
//! those very rows, which it must not know.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Tensor;
use polytask_data::Encoded;
use polytask_model::{Known, MultiTaskModel, NumberCost, Residuals};

use crate::evaluate::Predictor;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::{joint, tensors};

/// Takes the covariance from the residuals of the validation rows, or of the training rows if there are none: those are
/// smaller than others' where a model remembers them. A pure function of the weights, so that whoever goes on from the state
/// before finds the same. Gives what it says of those rows crosswise, if numbers are coupled.
///
/// # Errors
/// A signal came; the state is then as it was.
pub(crate) fn refit(
    plan: &Plan,
    state: &mut TrainState,
    interrupt: &AtomicBool,
) -> Result<Option<Crosswise>, Interrupted> {
    if !state.model.couples_numbers() {
        return Ok(None);
    }
    let model = state.evaluated();
    let predictor = Predictor::of(plan, &model);
    let (splits, size) = (&plan.splits, plan.train.batch_size);
    let rows = match splits.val.as_slice() {
        [] => &splits.train,
        rows => rows,
    };
    let is_interrupted = || interrupt.load(Ordering::Relaxed);
    let parts = parts(&plan.encoded, rows);
    let residuals = residuals(
        &predictor,
        &plan.encoded,
        rows,
        &parts,
        size,
        is_interrupted,
    )?;
    let Some(fitted) = model.fit(&residuals) else {
        return Ok(None);
    };
    state.model = state.model.clone().with_covariance(&fitted);
    if let Some(average) = state.average.take() {
        state.average = Some(average.with_covariance(&fitted));
    }
    let models = model.crosswise(&fitted);
    Ok(Some(Crosswise { models, parts }))
}

/// A signal came.
pub(crate) struct Interrupted;

/// The part of each row among those that are left out by turns: what the split keeps together stays together.
fn parts(encoded: &Encoded, rows: &[u32]) -> Vec<usize> {
    let Some(groups) = encoded.groups(rows) else {
        return (0..rows.len()).map(|row| row % Residuals::PARTS).collect();
    };
    // Groups in the order of their first rows, dealt out in turn.
    let mut seen = BTreeMap::new();
    let part = |group| {
        let next = seen.len();
        *seen.entry(group).or_insert(next) % Residuals::PARTS
    };
    groups.into_iter().map(part).collect()
}

/// What the heads leave of the coupled numbers of these rows.
fn residuals(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    parts: &[usize],
    batch_size: usize,
    is_interrupted: impl Fn() -> bool,
) -> Result<Residuals, Interrupted> {
    let (model, mut residuals) = (predictor.model, Residuals::default());
    let size = batch_size.max(1);
    for (rows, parts) in rows.chunks(size).zip(parts.chunks(size)) {
        if is_interrupted() {
            return Err(Interrupted);
        }
        let batch = encoded.batch(rows);
        let inputs = tensors::inputs(&batch, predictor.shape, predictor.device);
        let heads = model.heads_forward(model.representation(&inputs));
        model.leave(&heads, &joint::known(model, &batch), parts, &mut residuals);
    }
    Ok(residuals)
}

/// Laws of coupled numbers for rows that have no others to take a covariance from, as calibration is crosswise there: each row by a
/// covariance that is of a part of the others.
pub(crate) struct Crosswise {
    /// One a part.
    models: Vec<MultiTaskModel>,
    /// The part of each row.
    parts: Vec<usize>,
}

impl Crosswise {
    /// Of these rows, in their order; none where no numbers are coupled.
    pub(crate) fn of(
        predictor: &Predictor<'_>,
        encoded: &Encoded,
        rows: &[u32],
        batch_size: usize,
    ) -> Option<Self> {
        if !predictor.model.couples_numbers() {
            return None;
        }
        let parts = parts(encoded, rows);
        let residuals = residuals(predictor, encoded, rows, &parts, batch_size, || false).ok()?;
        let fitted = predictor.model.fit(&residuals)?;
        Some(Self {
            models: predictor.model.crosswise(&fitted),
            parts,
        })
    }

    /// As [`MultiTaskModel::number_costs`], of the rows from `first` on.
    pub(crate) fn number_costs(
        &self,
        first: usize,
        heads: &[Tensor<2>],
        known: &Known,
    ) -> Vec<NumberCost> {
        let by_part: Vec<Vec<NumberCost>> = self
            .models
            .iter()
            .map(|model| model.number_costs(heads, known))
            .collect();
        let rows = by_part.first().map_or(0, Vec::len);
        let of_row = |row: usize| {
            let part = self.parts.get(first + row)?;
            by_part.get(*part)?.get(row).copied()
        };
        (0..rows).filter_map(of_row).collect()
    }
}
