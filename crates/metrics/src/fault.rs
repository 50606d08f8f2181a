//! Why a metric has no value although rows were seen.

use polytask_config::State;

/// What made predictions unmeasurable. It sticks: one such row anywhere in the stream leaves the metric without a value,
/// so that a model that diverged on a few rows cannot look like a good one on the others.
///
/// ```
/// use polytask_metrics::{Fault, Predictions, Shape, metric};
///
/// let mut accuracy = metric("accuracy", Shape::Binary)?;
/// accuracy.update(&Predictions::Classes { probabilities: &[0.2, 1.8], classes: 2, truth: &[1] });
/// let fault = accuracy.fault().unwrap();
/// assert_eq!(fault, Fault::NotAProbability);
/// assert_eq!(fault.to_string(), "a probability is outside 0 to 1");
/// # Ok::<(), polytask_metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// A prediction or a target is NaN or infinite.
    #[error("a prediction or a target is not a finite number")]
    NotFinite,
    /// A probability is outside [0, 1] by more than rounding.
    #[error("a probability is outside 0 to 1")]
    NotAProbability,
    /// A true class is not below the number of classes.
    #[error("a true class is not one of the predicted classes")]
    TruthOutOfRange,
    /// The slices are not of the same number of rows, or end in the middle of one.
    #[error("predictions and truth differ in their number of rows")]
    Lengths,
    /// The number of classes, labels or outputs changed between two batches.
    #[error("the number of classes, labels or outputs changed")]
    WidthChanged,
    /// The metric is not for predictions of this shape, or not for two shapes at once.
    #[error("the metric is not for predictions of this shape")]
    Shape,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::NotFinite,
        Self::NotAProbability,
        Self::TruthOutOfRange,
        Self::Lengths,
        Self::WidthChanged,
        Self::Shape,
    ];

    /// How it is saved.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotFinite => "not_finite",
            Self::NotAProbability => "not_a_probability",
            Self::TruthOutOfRange => "truth_out_of_range",
            Self::Lengths => "lengths",
            Self::WidthChanged => "width_changed",
            Self::Shape => "shape",
        }
    }

    /// Lists the fault that there may be.
    pub(crate) fn state(fault: &mut Option<Self>, state: &mut State) {
        let mut name = fault.map_or("", Self::name).to_owned();
        state.text("fault", &mut name);
        if state.is_loading() {
            *fault = Self::ALL.into_iter().find(|fault| fault.name() == name);
        }
    }
}
