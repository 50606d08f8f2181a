//! The metrics: one file each, one line each in [`METRICS`].
//!
//! A metric is streamed: it sees batches of rows that have a label and keeps counts and compensated sums, so that a
//! million rows cost no memory and lose no digits, and the cut into batches changes nothing. Three cannot do that and keep
//! their scores: `auroc`, `average_precision`, `spearman`.
//!
//! **Undefined is `None`**, never NaN: no rows, one class only, a constant target. **A bad row is `None` too**: one NaN,
//! infinite or impossible prediction anywhere leaves the metric without a value and with a [`Fault`](crate::Fault) that
//! says why. A model that diverged can then not look good on the rows that it survived; who picks the best epoch treats
//! `None` as the worst.

mod accuracy;
mod auroc;
mod average_precision;
mod balanced_accuracy;
mod bits;
mod brier;
mod ece;
mod f1;
mod f1_macro;
mod f1_micro;
mod hamming;
mod log_loss;
mod mae;
mod mse;
mod nmse;
mod precision;
mod precision_macro;
mod quadratic_kappa;
mod r2;
mod recall;
mod recall_macro;
mod rmse;
mod spearman;
mod top_k;

use polytask_config::{Entry, State};

use crate::{Fault, Predictions, Shape};

/// Every metric, in the order of the listing.
///
/// ```
/// use polytask_metrics::{METRICS, Shape};
///
/// let for_ordinal: Vec<_> = METRICS.iter().filter(|entry| entry.facts.shapes.contains(&Shape::Ordinal)).collect();
/// assert!(for_ordinal.iter().any(|entry| entry.name == "quadratic_kappa"));
/// ```
pub static METRICS: &[Entry<Box<dyn Metric>, Facts>] = &[
    accuracy::ENTRY,
    balanced_accuracy::ENTRY,
    top_k::ENTRY,
    f1::ENTRY,
    f1_macro::ENTRY,
    f1_micro::ENTRY,
    precision::ENTRY,
    precision_macro::ENTRY,
    recall::ENTRY,
    recall_macro::ENTRY,
    auroc::ENTRY,
    average_precision::ENTRY,
    log_loss::ENTRY,
    bits::ENTRY,
    brier::ENTRY,
    ece::ENTRY,
    hamming::ENTRY,
    mae::ENTRY,
    rmse::ENTRY,
    mse::ENTRY,
    r2::ENTRY,
    nmse::ENTRY,
    spearman::ENTRY,
    quadratic_kappa::ENTRY,
];

/// What is known of a metric before it is made.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it is for.
    pub shapes: &'static [Shape],
}

/// Which of two values is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Better {
    /// A score.
    Higher,
    /// An error or a loss.
    Lower,
}

impl Better {
    /// Is `new` better than `old`? A tie is not.
    ///
    /// ```
    /// use polytask_metrics::Better;
    ///
    /// assert!(Better::Lower.improves(0.1, 0.2));
    /// assert!(!Better::Higher.improves(0.2, 0.2));
    /// ```
    #[must_use]
    pub fn improves(self, new: f64, old: f64) -> bool {
        match self {
            Self::Higher => new > old,
            Self::Lower => new < old,
        }
    }
}

/// One number about all predictions of a split, streamed batch by batch.
///
/// ```
/// use polytask_metrics::{Fault, Predictions, Shape, metric};
///
/// let mut mae = metric("mae", Shape::Values)?;
/// assert_eq!(mae.value(), None); // nothing seen yet
/// mae.update(&Predictions::Values { predicted: &[1.0, 2.0], outputs: 1, truth: &[1.5, 2.0] });
/// mae.update(&Predictions::Values { predicted: &[4.0], outputs: 1, truth: &[3.0] });
/// assert_eq!(mae.value(), Some(0.5));
///
/// // A model that diverged has no score, whatever it did before and after.
/// mae.update(&Predictions::Values { predicted: &[f64::NAN], outputs: 1, truth: &[3.0] });
/// mae.update(&Predictions::Values { predicted: &[3.0], outputs: 1, truth: &[3.0] });
/// assert_eq!((mae.value(), mae.fault()), (None, Some(Fault::NotFinite)));
/// # Ok::<(), polytask_metrics::MetricError>(())
/// ```
pub trait Metric: Send {
    /// Takes in one batch. Total: what cannot be measured becomes a [`Fault`].
    fn update(&mut self, seen: &Predictions<'_>);

    /// The metric of all rows so far, a finite number; `None` if it is undefined on them or one of them was at fault.
    fn value(&self) -> Option<f64>;

    /// Which direction is good.
    fn better(&self) -> Better;

    /// Why there is no value although rows were seen, if a row was at fault.
    fn fault(&self) -> Option<Fault> {
        None
    }

    /// Lists everything that [`update`](Metric::update) changes.
    fn state(&mut self, _: &mut State) {}
}
