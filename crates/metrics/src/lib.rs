//! Metrics on plain slices, streamed in f64, and the numbers that compare whole runs.
//!
//! - [`METRICS`]: every metric, by name; [`metric`] makes one, [`defaults`] says which a task gets unasked.
//! - [`Metric`]: what one is; [`Predictions`]: what it is shown; [`Fault`]: why it may have no value.
//! - [`ConfusionMatrix`]: which class was taken for which.
//! - [`summary`]: delta_m, delta_p and mean rank, over all tasks of a run.
//!
//! ```
//! use polytask_metrics::{Predictions, Shape, defaults, metric};
//!
//! // Two batches of a task with three classes.
//! let batches: [(&[f64], &[u32]); 2] = [(&[0.7, 0.2, 0.1, 0.1, 0.6, 0.3], &[0, 2]), (&[0.2, 0.2, 0.6], &[2])];
//! for &name in defaults(Shape::Classes) {
//!     let mut metric = metric(name, Shape::Classes)?;
//!     for (probabilities, truth) in batches {
//!         metric.update(&Predictions::Classes { probabilities, classes: 3, truth });
//!     }
//!     let value = metric.value().unwrap();
//!     match name {
//!         "accuracy" => assert_eq!(value, 2.0 / 3.0),
//!         "log_loss" => assert!((value - (0.7_f64 * 0.3 * 0.6).ln() / -3.0).abs() < 1e-15),
//!         _ => {}
//!     }
//! }
//! # Ok::<(), polytask_metrics::MetricError>(())
//! ```

mod checked;
mod choose;
mod confusion;
mod counts;
mod errors;
mod fault;
mod mean;
mod metric;
mod predictions;
mod ranked;
mod sum;
pub mod summary;

pub use choose::{MetricError, defaults, entry, metric};
pub use confusion::ConfusionMatrix;
pub use fault::Fault;
pub use metric::{Better, Facts, METRICS, Metric};
pub use predictions::{Predictions, Shape};
