//! Residual label information of a source task s about a target task t, both frozen: which kind of sharing is missing.
//!
//! - **V1, missed signal**: the held-out gain of logits_t += M p_s(x). Head s found something in x that head t missed; sharing more, or
//!   a cascade on predictions, can use it.
//! - **V2, label coupling**: the further gain of logits_t += M' (onehot(y_s) - p_s(x)), or of the source's residual if it is real; an
//!   estimate of I(Y_s;Y_t|X) (conditional V-information; Hewitt et al. 2021). No predictor of y_t from x alone can use it; a joint
//!   head can, where y_s is known or the joint law is scored.
//!   A head that underfits shows V2 that a wider trunk would turn into V1: repeat with one.
//!
//! Adapters are ridge ones, fitted on validation, on calibrated logits and centred hints, so that neither calibration nor a constant
//! counts as a gain. The null shuffles the hint among test rows of nearly the same prediction of t.

use polytask_random::Stream;
use serde::Serialize;

use super::base::Base;
use super::hint::scaled;
use super::{Head, Hint};
use crate::Measure;
use crate::error::{InformationError, at_least};

/// Both gains, in bits per row, each with p against its null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Residual {
    /// What the source's prediction adds.
    pub missed: Measure,
    /// What the source's label adds beyond.
    pub coupled: Measure,
}

/// V1 and V2 of a source about a target: `validation` and `test` each hold the target's head and the source's hint, on rows where
/// both labels are there.
///
/// # Errors
/// If heads and hints are not of one kind and size, or there are fewer than 20 rows on either side.
pub fn residual(
    validation: (Head<'_>, Hint<'_>),
    test: (Head<'_>, Hint<'_>),
    permutations: usize,
    stream: &mut Stream,
) -> Result<Residual, InformationError> {
    for (head, hint) in [validation, test] {
        head.check()?;
        at_least("rows with both labels", head.rows(), 20)?;
        hint.check(head.rows())?;
    }
    at_least("permutations", permutations, 1)?;
    let base = Base::of(validation.0, test.0)?;
    let (fitted, tested, columns) = validation.1.predicted(&test.1)?;
    let hints = scaled(&fitted, &tested, columns);
    let (base, missed) = base.with(
        &hints,
        permutations,
        stream,
        "adapter on the source's prediction",
    )?;
    let innovation = |label: Vec<f64>, prediction: &[f64]| -> Vec<f64> {
        label
            .iter()
            .zip(prediction)
            .map(|(label, prediction)| label - prediction)
            .collect()
    };
    let hints = scaled(
        &innovation(validation.1.known(), &fitted),
        &innovation(test.1.known(), &tested),
        columns,
    );
    let (_, coupled) = base.with(
        &hints,
        permutations,
        stream,
        "adapter on the source's label",
    )?;
    Ok(Residual { missed, coupled })
}
