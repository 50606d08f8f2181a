//! Training: an experiment becomes a plan, a plan becomes steps, and what changes is one state that *is* the checkpoint.
//!
//! Start reading at [`mod@step`], then [`mod@run`] around it.

pub mod aggregation;
pub mod annealing;
pub mod bottleneck;
pub mod canonical;
mod covariance;
pub mod device;
mod ema;
pub mod engine;
pub mod evaluate;
pub mod events;
pub mod experiment;
mod gradients;
pub mod information;
pub(crate) mod joint;
pub mod load;
pub mod optimizer;
pub mod plan;
pub mod predict;
pub mod run;
pub mod save;
pub mod schedule;
pub mod score;
pub mod session;
pub mod state;
pub mod step;
pub mod tensors;
