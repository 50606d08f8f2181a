//! How the losses of many tasks become one step: methods in f64, without tensors.
//!
//! - [`WEIGHTINGS`]: every weighting, by name, with its wrappers. A [`Weighting`] turns [`Losses`] into [`Weights`].
//! - [`GRAM_AGGREGATORS`]: every aggregator that needs the gradients' inner products alone. A [`GramAggregator`] turns a [`Gram`]
//!   into [`Weights`].
//! - [`ROW_AGGREGATORS`]: those that need the gradients entry by entry. A [`RowAggregator`] turns [`Rows`] into a
//!   [`SharedGradient`].
//! - [`CROSS_AGGREGATORS`]: those that learn from two batches for a third. A [`CrossAggregator`] turns a [`Cross`] into
//!   [`Weights`].
//! - [`AGGREGATORS`]: all three kinds under one key, each with the options of the [`Wrapping`] around it.
//! - [`TaskFacts`]: what they know of each task beforehand; [`PerTask`]: where they remember what they learn of each.
//! - [`answer`]: any method on numbers that are given, for study.
//! - [`contract`]: what every method must hold, as tests that a method of your own can run too.
//!
//! ```
//! use polytask_balance::{Family, Losses, TaskFacts, WEIGHTINGS};
//! use polytask_config::{Document, Layers, read};
//!
//! // What a configuration says becomes a weighting.
//! let text = "weighting = { type = \"nats\", decay = 0.9 }";
//! let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
//! let reading = read(&document, |fields| fields.entry("weighting", "how losses become weights", WEIGHTINGS).required());
//! let mut weighting = reading.value.value;
//!
//! let task = |name: &str, family| TaskFacts { name: name.into(), family, weight: 1.0, entropy: 0.69, variance: 1.0 };
//! weighting.start(&[task("passed", Family::Classification), task("grade", Family::SquaredError)]);
//!
//! // A log-loss is in nats already. A squared error of 0.25 counts as ½ ln 0.25, whose slope is 1/(2 · 0.25).
//! let losses = Losses { present: vec![0, 1], values: vec![0.6, 0.25], rows: vec![32, 32] };
//! assert_eq!(weighting.weights(&losses).alpha, [1.0, 2.0]);
//! ```

mod adam;
mod aggregation;
mod aggregator;
mod answer;
pub mod contract;
mod cross;
mod crosswise;
mod diagnosis;
mod dual_cone;
mod epoch_mean;
mod gram;
mod log_scale;
mod losses;
mod moment;
mod normalize;
mod per_task;
mod products;
mod rows;
mod rowwise;
mod shared_gradient;
mod softmax;
mod solve;
mod view;
mod weighting;
mod weights;
mod wrap;

pub use aggregation::{
    GRAM_AGGREGATORS, GramAggregator, GramAggregatorEntry, GramFacts, Heads, Scale, Sight,
};
pub use aggregator::{AGGREGATORS, Aggregator, AggregatorEntry, AggregatorKind, AggregatorOptions};
pub use answer::{Answer, Numbers, Request, RequestError, Step, Table, answer};
pub use cross::Cross;
pub use crosswise::{CROSS_AGGREGATORS, CrossAggregator, CrossAggregatorEntry, CrossFacts};
pub use diagnosis::Diagnosis;
pub use gram::Gram;
pub use losses::{Family, Losses, Observation, Seen, TaskFacts};
pub use moment::Moment;
pub use normalize::Normalize;
pub use per_task::PerTask;
pub use polytask_random::Seed;
pub use products::GramError;
pub use rows::{Block, Rows, RowsError, SINGLE_ROUNDING};
pub use rowwise::{ROW_AGGREGATORS, RowAggregator, RowAggregatorEntry, RowFacts};
pub use shared_gradient::SharedGradient;
pub use view::{GradientEngine, Level, View};
pub use weighting::{BARE_WEIGHTINGS, Facts, Needs, WEIGHTINGS, Weighting, WeightingEntry};
pub use weights::{Note, Weights};
pub use wrap::{Gain, Wrapper, Wrapping};

/// The problem of an option that has no effect beside the others.
const NO_EFFECT: &str = "P0701";
