//! More than two labels at once: total correlation and its kin, decomposition, and the tree of tasks.

mod joint;
mod partial;
mod total;
mod tree;

pub use joint::Joint;
pub use partial::{Partial, Redundancy};
pub use total::{Totals, TotalsTested, co_information, totals_tested};
pub use tree::{Edge, TaskTree};
