//! How many points of one side are near a point: a sorted line where there is one axis, a tree where there are more.

use super::Points;
use super::neighbours::Tree;

pub(crate) enum Side<'a> {
    Line {
        points: &'a Points,
        sorted: Vec<f64>,
    },
    Space {
        points: &'a Points,
        tree: Tree<'a>,
    },
}

impl<'a> Side<'a> {
    pub(crate) fn new(points: &'a Points) -> Self {
        if points.dimensions() == 1 {
            let mut sorted = points.values().to_vec();
            sorted.sort_by(f64::total_cmp);
            return Self::Line { points, sorted };
        }
        Self::Space {
            points,
            tree: Tree::new(points),
        }
    }

    /// How many points, the point itself included, are nearer than `radius` to it (or, `inclusive`, as near).
    pub(crate) fn count(&self, index: usize, radius: f64, inclusive: bool) -> usize {
        match self {
            Self::Line { points, sorted } => {
                let at = points.values().get(index).copied().unwrap_or(f64::NAN);
                // The differences are those the distances were computed by, so ties stay ties.
                let (low, high) = if inclusive {
                    (
                        sorted.partition_point(|value| at - value > radius),
                        sorted.partition_point(|value| value - at <= radius),
                    )
                } else {
                    (
                        sorted.partition_point(|value| at - value >= radius),
                        sorted.partition_point(|value| value - at < radius),
                    )
                };
                high.saturating_sub(low)
            }
            Self::Space { points, tree } => tree.count(points.point(index), radius, inclusive),
        }
    }
}
