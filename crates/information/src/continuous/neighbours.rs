//! Nearest neighbours in the maximum norm: a k-d tree, exact.

use super::Points;

/// Leaves hold at most this many points.
const LEAF: usize = 12;

/// A tree over some points.
pub(crate) struct Tree<'a> {
    points: &'a Points,
    /// The points' indices, reordered so that every node is a range of it.
    order: Vec<usize>,
    nodes: Vec<Node>,
}

struct Node {
    first: usize,
    last: usize,
    /// Smallest and largest coordinate per axis.
    low: Vec<f64>,
    high: Vec<f64>,
    /// Index of the two halves; none for a leaf.
    halves: Option<(usize, usize)>,
}

/// The k-th neighbour of a point and all that are as near.
#[derive(Clone, Debug, Default)]
pub(crate) struct Near {
    /// (distance, index), nearest first, at most k.
    pub(crate) found: Vec<(f64, usize)>,
}

impl Near {
    /// The distance to the last one; infinite if there is none.
    pub(crate) fn radius(&self) -> f64 {
        self.found
            .last()
            .map_or(f64::INFINITY, |(distance, _)| *distance)
    }
}

/// max_i |a_i - b_i|.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .fold(0.0, |far, (a, b)| far.max((a - b).abs()))
}

impl<'a> Tree<'a> {
    pub(crate) fn new(points: &'a Points) -> Self {
        let mut tree = Self {
            points,
            order: (0..points.len()).collect(),
            nodes: Vec::new(),
        };
        tree.grow(0, points.len());
        tree
    }

    fn grow(&mut self, first: usize, last: usize) -> usize {
        let points = self.points;
        let dimensions = points.dimensions();
        let (mut low, mut high) = (
            vec![f64::INFINITY; dimensions],
            vec![f64::NEG_INFINITY; dimensions],
        );
        let range = self.order.get_mut(first..last).unwrap_or_default();
        for &index in range.iter() {
            for ((value, low), high) in points.point(index).iter().zip(&mut low).zip(&mut high) {
                *low = low.min(*value);
                *high = high.max(*value);
            }
        }
        let widest = (0..dimensions)
            .filter_map(|axis| Some((axis, high.get(axis)? - low.get(axis)?)))
            .max_by(|left, right| left.1.total_cmp(&right.1));
        let middle = (last - first) / 2;
        let is_split = last - first > LEAF && widest.is_some_and(|(_, width)| width > 0.0);
        if let Some((axis, _)) = widest.filter(|_| is_split) {
            let coordinate = |index: usize| points.point(index).get(axis).copied().unwrap_or(0.0);
            range.select_nth_unstable_by(middle, |&left, &right| {
                coordinate(left)
                    .total_cmp(&coordinate(right))
                    .then(left.cmp(&right))
            });
        }
        let place = self.nodes.len();
        self.nodes.push(Node {
            first,
            last,
            low,
            high,
            halves: None,
        });
        if is_split {
            let left = self.grow(first, first + middle);
            let right = self.grow(first + middle, last);
            if let Some(node) = self.nodes.get_mut(place) {
                node.halves = Some((left, right));
            }
        }
        place
    }

    fn leaf(&self, node: &Node) -> &[usize] {
        self.order.get(node.first..node.last).unwrap_or_default()
    }

    /// The `k` nearest other points of the point `index`; among equally far ones those of the smallest index.
    pub(crate) fn nearest(&self, index: usize, k: usize) -> Near {
        let mut near = Near {
            found: Vec::with_capacity(k + 1),
        };
        if k > 0 {
            self.search(0, self.points.point(index), index, k, &mut near);
        }
        near
    }

    fn search(&self, place: usize, at: &[f64], skip: usize, k: usize, near: &mut Near) {
        let Some(node) = self.nodes.get(place) else {
            return;
        };
        if near.found.len() == k && node.gap(at) > near.radius() {
            return;
        }
        if let Some((left, right)) = node.halves {
            let gap = |place: usize| {
                self.nodes
                    .get(place)
                    .map_or(f64::INFINITY, |node| node.gap(at))
            };
            let (first, second) = if gap(left) <= gap(right) {
                (left, right)
            } else {
                (right, left)
            };
            self.search(first, at, skip, k, near);
            self.search(second, at, skip, k, near);
            return;
        }
        for &index in self.leaf(node) {
            if index == skip {
                continue;
            }
            let found = (distance(at, self.points.point(index)), index);
            if near.found.len() == k
                && (found.0, found.1) >= near.found.last().copied().unwrap_or(found)
            {
                continue;
            }
            let place = near.found.partition_point(|&other| other < found);
            near.found.insert(place, found);
            near.found.truncate(k);
        }
    }

    /// How many points, this one included, are nearer to the point `at` than `radius` (or, `inclusive`, as near).
    pub(crate) fn count(&self, at: &[f64], radius: f64, inclusive: bool) -> usize {
        self.count_in(0, at, radius, inclusive)
    }

    fn count_in(&self, place: usize, at: &[f64], radius: f64, inclusive: bool) -> usize {
        let is_near = |far: f64| far < radius || (inclusive && far <= radius);
        let Some(node) = self.nodes.get(place) else {
            return 0;
        };
        if !is_near(node.gap(at)) {
            return 0;
        }
        if is_near(node.reach(at)) {
            return node.last - node.first;
        }
        if let Some((left, right)) = node.halves {
            return self.count_in(left, at, radius, inclusive)
                + self.count_in(right, at, radius, inclusive);
        }
        self.leaf(node)
            .iter()
            .filter(|&&index| is_near(distance(at, self.points.point(index))))
            .count()
    }
}

impl Node {
    /// Distance from the point to the node's box.
    fn gap(&self, at: &[f64]) -> f64 {
        at.iter()
            .zip(self.low.iter().zip(&self.high))
            .fold(0.0, |far, (at, (low, high))| {
                far.max(low - at).max(at - high)
            })
    }

    /// Distance from the point to the farthest place of the box.
    fn reach(&self, at: &[f64]) -> f64 {
        at.iter()
            .zip(self.low.iter().zip(&self.high))
            .fold(0.0, |far, (at, (low, high))| {
                far.max(at - low).max(high - at)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::SplitMix64;

    #[test]
    fn the_tree_finds_what_looking_at_all_points_finds() {
        let mut generator = SplitMix64::new(4);
        for dimensions in 1..=3 {
            // Rounded: many ties in distance.
            let values = (0..300 * dimensions).map(|_| (generator.normal() * 4.0).round() / 4.0);
            let points = Points::new(values.collect(), dimensions).unwrap();
            let tree = Tree::new(&points);
            for index in 0..300 {
                let at = points.point(index);
                let mut all: Vec<(f64, usize)> = (0..300)
                    .filter(|&other| other != index)
                    .map(|other| (distance(at, points.point(other)), other))
                    .collect();
                all.sort_by(|left, right| left.partial_cmp(right).unwrap());
                all.truncate(7);
                assert_eq!(tree.nearest(index, 7).found, all);
                let radius = all[6].0;
                for inclusive in [false, true] {
                    let wanted = (0..300)
                        .map(|other| distance(at, points.point(other)))
                        .filter(|&far| far < radius || (inclusive && far == radius))
                        .count();
                    assert_eq!(tree.count(at, radius, inclusive), wanted);
                }
            }
        }
    }
}
