//! How the losses of many tasks become one step: methods in f64, without tensors.
//!
//! - [`WEIGHTINGS`]: every weighting, by name. A [`Weighting`] turns [`Losses`] into [`Weights`].
//! - [`TaskFacts`]: what it knows of each task beforehand; [`PerTask`]: where it remembers what it learns of each.
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
pub mod contract;
mod losses;
mod per_task;
mod weighting;
mod weights;

pub use losses::{Family, Losses, Observation, Seen, TaskFacts};
pub use per_task::PerTask;
pub use weighting::{Facts, Needs, WEIGHTINGS, Weighting, WeightingEntry};
pub use weights::{Note, Weights};
