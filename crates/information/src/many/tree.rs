//! The tree of tasks that explains most of what pairs share (Chow, Liu 1968): a maximum spanning tree on their information.
//!
//! Its weight is a lower bound of the total correlation (of the law; a sample's pairs need not be consistent), needs only the
//! pairs' counts, and works for hundreds of tasks.

use serde::Serialize;

/// Two tasks and what they share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// The smaller task.
    pub left: usize,
    /// The larger task.
    pub right: usize,
    /// Their information; any unit.
    pub weight: f64,
}

/// A forest of tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskTree {
    /// The edges, heaviest first.
    pub edges: Vec<Edge>,
    /// The sum of their weights.
    pub weight: f64,
    /// The tree each task is in, named by its smallest task.
    pub trees: Vec<usize>,
}

impl TaskTree {
    /// From the edges that may be used (significant ones); the rest stays unconnected. Among equal weights the smaller tasks
    /// come first. Edges of no positive or of NaN weight are never used.
    ///
    /// ```
    /// use polytask_information::many::{Edge, TaskTree};
    ///
    /// let edge = |left, right, weight| Edge { left, right, weight };
    /// let tree = TaskTree::of(4, &[edge(0, 1, 0.3), edge(1, 2, 0.2), edge(0, 2, 0.1)]);
    /// assert_eq!(tree.edges, [edge(0, 1, 0.3), edge(1, 2, 0.2)]);
    /// // Nothing is known of task 3.
    /// assert_eq!(tree.trees, [0, 0, 0, 3]);
    /// ```
    #[must_use]
    pub fn of(tasks: usize, edges: &[Edge]) -> Self {
        let mut sorted: Vec<Edge> = edges
            .iter()
            .copied()
            .filter(|edge| edge.weight > 0.0)
            .collect();
        sorted.sort_by(|a, b| {
            b.weight
                .total_cmp(&a.weight)
                .then((a.left, a.right).cmp(&(b.left, b.right)))
        });
        let mut trees: Vec<usize> = (0..tasks).collect();
        let mut kept = Vec::new();
        for edge in sorted {
            let (Some(&left), Some(&right)) = (trees.get(edge.left), trees.get(edge.right)) else {
                continue;
            };
            if left != right {
                let (stays, goes) = (left.min(right), left.max(right));
                trees
                    .iter_mut()
                    .filter(|tree| **tree == goes)
                    .for_each(|tree| *tree = stays);
                kept.push(edge);
            }
        }
        Self {
            weight: kept.iter().map(|edge| edge.weight).sum(),
            edges: kept,
            trees,
        }
    }

    /// Every task with its parent, parents before children; each tree starts at its smallest task.
    #[must_use]
    pub fn rooted(&self) -> Vec<(usize, Option<usize>)> {
        let mut order: Vec<(usize, Option<usize>)> = Vec::with_capacity(self.trees.len());
        for (root, _) in self
            .trees
            .iter()
            .enumerate()
            .filter(|(task, tree)| task == *tree)
        {
            let mut waiting = vec![(root, None)];
            while let Some((task, parent)) = waiting.pop() {
                order.push((task, parent));
                let mut children: Vec<usize> = self
                    .edges
                    .iter()
                    .filter_map(|edge| match (edge.left == task, edge.right == task) {
                        (true, _) => Some(edge.right),
                        (_, true) => Some(edge.left),
                        _ => None,
                    })
                    .filter(|&child| Some(child) != parent)
                    .collect();
                children.sort_unstable_by(|left, right| right.cmp(left));
                waiting.extend(children.into_iter().map(|child| (child, Some(task))));
            }
        }
        order
    }
}
