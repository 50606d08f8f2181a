//! The tree of labels over the pairs that are significant, each edge with the record of its pair.

use serde::Serialize;

use super::pair::Pair;
use crate::many::{Edge, TaskTree};
use crate::{Flag, Measure, Unit};

/// Two labels and what they share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Branch {
    /// The smaller place.
    pub left: usize,
    /// The larger place.
    pub right: usize,
    /// The pair's corrected information, bits.
    pub weight: Measure,
}

/// A forest of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelTree {
    /// The edges, heaviest first.
    pub edges: Vec<Branch>,
    /// The tree each task is in, named by its smallest task.
    pub trees: Vec<usize>,
    /// Bare, for what walks it.
    #[serde(skip)]
    pub(super) shape: TaskTree,
}

impl LabelTree {
    /// Over the pairs that are significant at `rate`.
    pub(super) fn of(tasks: usize, pairs: &[Pair], rate: f64) -> Self {
        let significant = |pair: &&Pair| pair.information.is_significant(rate);
        let edges: Vec<Edge> = pairs
            .iter()
            .filter(significant)
            .filter_map(|pair| {
                Some(Edge {
                    left: pair.left,
                    right: pair.right,
                    weight: pair.information.value?,
                })
            })
            .collect();
        let shape = TaskTree::of(tasks, &edges);
        let branches = shape.edges.iter().filter_map(|edge| {
            let is_its = |pair: &&Pair| (pair.left, pair.right) == (edge.left, edge.right);
            Some(Branch {
                left: edge.left,
                right: edge.right,
                weight: pairs.iter().find(is_its)?.information.clone(),
            })
        });
        Self {
            edges: branches.collect(),
            trees: shape.trees.clone(),
            shape,
        }
    }

    /// The sum of the edges, bits: in population a lower bound of the total correlation.
    pub(super) fn weight(&self, pairs: &[Pair]) -> Measure {
        let seen = pairs.iter().map(|pair| pair.co_observed);
        let rows = seen.filter(|rows| *rows > 0).min().unwrap_or(0) as usize;
        let estimator = "Chow-Liu, significant edges";
        // That no pair was seen together is no weight of 0.
        if rows == 0 {
            return Measure::absent(Unit::Bits, estimator, 0, Flag::NotCoObserved);
        }
        // A sum of no edges is -0.
        let weight = Measure::of(self.shape.weight + 0.0, Unit::Bits, estimator, rows)
            .with_null(0.0, None)
            .flagged(Flag::LowerBound);
        let is_biased = |edge: &Branch| edge.weight.flags.contains(&Flag::NotMissingAtRandom);
        if self.edges.iter().any(is_biased) {
            weight.flagged(Flag::NotMissingAtRandom)
        } else {
            weight
        }
    }
}
