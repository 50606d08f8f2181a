//! How well a representation suits a label, without training: expert figures.
//!
//! On realistic pools of models, ranking by size alone beat LogME (Singh et al. 2026); read them as ranks, never across runs.

mod evidence;
mod hard;
mod scatter;

pub use evidence::{Evidence, evidence, log_me};
pub use hard::{leep, nce};
pub use scatter::{h_score, trans_rate};
