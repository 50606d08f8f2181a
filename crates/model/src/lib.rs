//! Models of several tasks on Burn: encoders, sharing, heads and losses.
//!
//! ```text
//! Inputs ─► Encoder ─► Sharing ─► Heads ─► predictions [rows, width], one per task ─► TaskLoss ─► [rows]
//!           layers     hard, latent, codes
//! ```
//!
//! Modules are plain structs on whatever device they were built for; nothing here knows optimizers or files. First
//! weights are drawn by name ([`names`]) in plain Rust, so a seed means the same model on every backend.

mod bottleneck;
mod canonical;
mod cascade;
mod dense;
mod encoder;
mod error;
mod features;
mod head;
mod initial;
mod joint;
mod layer;
mod loss;
mod matrix;
mod multitask;
pub mod names;
mod pass;
mod relation;
mod sharing;
mod stack;
mod stacked;
mod summary;
#[cfg(test)]
mod tests;

pub use bottleneck::{BOTTLENECKS, BottleneckOptions, RatePrior};
pub use cascade::ring;
pub use dense::{DenseBlock, VectorNorm};
pub use encoder::{
    CategoricalOptions, Cnn, Coding, Collapse, ENCODERS, EncoderOptions, MapNorm, Mlp, Padding,
};
pub use error::{ImportError, ImportErrors, LossError, ShapeError, ShapeErrors};
pub use features::{FeatureShape, Inputs};
pub use head::{HeadOptions, HeadStart};
pub use joint::{CoupledLabel, Covariances, Edge, Known, NumberCost, Residuals, circle};
pub use layer::{ActivationKind, PoolKind};
pub use loss::{
    Absolute, Bce, ClassWeights, CrossEntropy, Focal, Gaussian, Huber, LOSSES, Loss, LossFacts,
    LossOptions, Ordinal, Outputs, PositiveWeight, Squared, TaskLoss, TaskSpec, decode, kind_name,
};
pub use multitask::{ModelOptions, MultiTaskModel, build};
pub use pass::Pass;
pub use relation::{Asks, RELATIONS, Related, Relation, Tie, Tied, relation};
pub use sharing::{
    Alpha, Annealing, CodesOptions, GateMap, Groups, HardOptions, LatentOptions, SHARINGS, Turn,
};
pub use stacked::{Contribution, Layout, Lookup, Product, Recorded, Rows, Take};
pub use summary::{ModuleSummary, PartSummary, Summary, summary};
