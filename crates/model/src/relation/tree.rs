//! Tasks on a tree: w_t is a sum of what each task on the way from the root to t adds, w_t = Σ_g U_g, with the penalty
//! Σ_g λ_g ‖U_g‖², λ_g = λ growth^depth: what stands near a leaf is dearer.
//!
//! For given w the cheapest U cost Σ_st (K⁻¹)_st ⟨w_s, w_t⟩ with K_st = Σ 1/λ_g over the common ancestors g of s and t, each
//! task being an ancestor of itself: that is what is added to the loss, and nothing is reparametrised. Training on w is
//! training on U with the best U for each w. Source: Salakhutdinov et al. 2011, whose priors along a tree of classes these are.

use std::sync::Arc;

use polytask_config::Entry;

use super::graph::mentions;
use super::{Asks, Related, Relation, Tie, Tied};
use crate::joint::{Edge, Tree, circle};
use crate::matrix::Matrix;

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "tree",
    summary: "each task's weights its parent's and an addition that costs more the deeper it stands",
    source: "Salakhutdinov, Torralba and Tenenbaum 2011, Learning to Share Visual Appearance, CVPR",
    new: |fields| {
        Arc::new(TaskTree {
            edges: fields
                .pairs(
                    "edges",
                    "pairs of tasks; read from the first task of the first pair on; if empty the Chow-Liu tree of the training labels",
                )
                .or(Vec::new()),
            growth: fields
                .number(
                    "growth",
                    "by which the price of an addition rises a step from the root",
                )
                .at_least(1.0)
                .or(10.0),
            tied: Tied::options(fields),
        })
    },
    facts: (),
};

#[derive(Debug)]
struct TaskTree {
    edges: Vec<Edge>,
    growth: f64,
    tied: Tied,
}

impl Relation for TaskTree {
    fn tied(&self) -> &Tied {
        &self.tied
    }

    fn tie(&self, tasks: &[&str]) -> Tie {
        let count = tasks.len();
        if self.tied.weight == 0.0 {
            return Tie::Quadratic(vec![0.0; count * count]);
        }
        let alone: Vec<String> = tasks.iter().map(|task| (*task).to_owned()).collect();
        // Tasks that are not tied stand for themselves in the tree: what they add goes down to those below.
        let tree = Tree::of(&self.edges, &alone);
        let ancestors: Vec<Vec<usize>> = tasks.iter().map(|task| tree.ancestors(task)).collect();
        let price = |depth: usize| self.tied.weight * self.growth.powf(depth as f64);
        let shared = |s: &[usize], t: &[usize]| -> f64 {
            // From the root down: what they have in common is a beginning.
            let common = s.iter().zip(t).take_while(|(s, t)| s == t);
            (0..common.count()).map(|depth| 1.0 / price(depth)).sum()
        };
        let cells = ancestors
            .iter()
            .flat_map(|s| ancestors.iter().map(|t| shared(s, t)));
        Tie::Quadratic(
            Matrix::square(cells.collect())
                .inverse_of_positive()
                .values()
                .to_vec(),
        )
    }

    fn asks(&self) -> Option<Asks> {
        self.edges.is_empty().then_some(Asks::Tree)
    }

    fn told(&self, related: &[Related]) -> Option<Arc<dyn Relation>> {
        Some(Arc::new(Self {
            edges: related.iter().map(|(edge, _)| edge.clone()).collect(),
            growth: self.growth,
            tied: self.tied.clone(),
        }))
    }

    fn mentions(&self) -> Vec<(String, String)> {
        mentions(&self.edges, &self.tied)
    }

    fn problem(&self) -> Option<(String, String)> {
        let (index, around) = circle(&self.edges)?;
        Some((
            format!("edges[{index}]"),
            format!("the edges close a circle: {}", around.join(" - ")),
        ))
    }
}
