//! Weights near their mean: λ Σ_t ‖w_t - w̄‖², the mean w̄ being free.
//!
//! Source: Evgeniou and Pontil 2004, Regularized Multi-Task Learning.

use std::sync::Arc;

use polytask_config::Entry;

use super::{Relation, Tie, Tied, form};

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "mean",
    summary: "each task's weights near the mean of all",
    source: "Evgeniou and Pontil 2004, Regularized Multi-Task Learning, KDD",
    new: |fields| Arc::new(Mean(Tied::options(fields))),
    facts: (),
};

#[derive(Debug)]
struct Mean(Tied);

impl Relation for Mean {
    fn tied(&self) -> &Tied {
        &self.0
    }

    /// I - 11ᵀ/T.
    fn tie(&self, tasks: &[&str]) -> Tie {
        let share = 1.0 / tasks.len() as f64;
        let weight = self.0.weight;
        Tie::Quadratic(form(tasks.len(), |s, t| {
            weight * (f64::from(u8::from(s == t)) - share)
        }))
    }
}
