//! Rows of real numbers, and standard scales for them.

use crate::InformationError;
use crate::error::{all_finite, same_length};
use crate::special::{mean_and_variance, normal_quantile};

/// n points of d coordinates, point by point.
///
/// ```
/// use polytask_information::continuous::Points;
///
/// let points = Points::new(vec![0.0, 1.0, 2.0, 3.0], 2)?;
/// assert_eq!((points.len(), points.point(1)), (2, &[2.0, 3.0][..]));
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    values: Vec<f64>,
    dimensions: usize,
}

impl Points {
    /// From `[points, dimensions]` values, all finite.
    ///
    /// # Errors
    /// If the values do not fill whole points or one is not finite.
    pub fn new(values: Vec<f64>, dimensions: usize) -> Result<Self, InformationError> {
        let count = values.len().checked_div(dimensions).unwrap_or(0);
        same_length("values of points", count * dimensions, values.len())?;
        all_finite("value of a point", &values)?;
        Ok(Self { values, dimensions })
    }

    /// One coordinate per point.
    ///
    /// # Errors
    /// If a value is not finite.
    pub fn line(values: &[f64]) -> Result<Self, InformationError> {
        Self::new(values.to_vec(), 1)
    }

    /// How many points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.dimensions).unwrap_or(0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many coordinates each has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// One point; empty if there is no such point.
    #[must_use]
    pub fn point(&self, index: usize) -> &[f64] {
        self.values
            .get(index * self.dimensions..(index + 1) * self.dimensions)
            .unwrap_or(&[])
    }

    /// All values, point by point.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One coordinate of every point.
    pub fn axis(&self, axis: usize) -> impl Iterator<Item = f64> + Clone {
        self.values
            .iter()
            .skip(axis)
            .step_by(self.dimensions.max(1))
            .copied()
    }

    /// Both sets of coordinates side by side.
    ///
    /// # Errors
    /// If the sets differ in number of points.
    pub fn beside(&self, other: &Self) -> Result<Self, InformationError> {
        same_length("points", self.len(), other.len())?;
        let values = (0..self.len())
            .flat_map(|index| self.point(index).iter().chain(other.point(index)).copied())
            .collect();
        Self::new(values, self.dimensions + other.dimensions)
    }

    /// The points at these places, in this order.
    #[must_use]
    pub fn at(&self, places: &[usize]) -> Self {
        Self {
            values: places
                .iter()
                .flat_map(|&place| self.point(place))
                .copied()
                .collect(),
            dimensions: self.dimensions,
        }
    }

    /// Every axis to mean 0 and standard deviation 1; a constant axis to 0.
    #[must_use]
    pub fn standardised(&self) -> Self {
        self.each_axis(|axis| {
            let (mean, variance) = mean_and_variance(axis);
            let scale = if variance > 0.0 {
                variance.sqrt().recip()
            } else {
                0.0
            };
            axis.iter().map(|value| (value - mean) * scale).collect()
        })
    }

    /// Every axis to normal scores: the normal quantile of (rank - 1/2)/n, tied values sharing their mean rank.
    #[must_use]
    pub fn normal_scores(&self) -> Self {
        self.each_axis(|axis| {
            let n = axis.len() as f64;
            mean_ranks(axis)
                .into_iter()
                .map(|rank| normal_quantile((rank - 0.5) / n))
                .collect()
        })
    }

    fn each_axis(&self, change: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let axes: Vec<Vec<f64>> = (0..self.dimensions)
            .map(|axis| change(&self.axis(axis).collect::<Vec<f64>>()))
            .collect();
        let values = (0..self.len())
            .flat_map(|index| axes.iter().filter_map(move |axis| axis.get(index)).copied())
            .collect();
        Self {
            values,
            dimensions: self.dimensions,
        }
    }

    /// The share of points that coincide with another point.
    #[must_use]
    pub fn tie_share(&self) -> f64 {
        let mut order: Vec<&[f64]> = (0..self.len()).map(|index| self.point(index)).collect();
        order.sort_by(|left, right| {
            left.iter()
                .zip(*right)
                .map(|(left, right)| left.total_cmp(right))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let tied: usize = order
            .chunk_by(|left, right| left == right)
            .filter(|run| run.len() > 1)
            .map(<[&[f64]]>::len)
            .sum();
        tied as f64 / self.len().max(1) as f64
    }
}

/// Ranks from 1; ties share their mean rank.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|left, right| left.1.total_cmp(&right.1));
    let mut ranks = vec![0.0; values.len()];
    let mut passed = 0;
    for run in order.chunk_by(|left, right| left.1 == right.1) {
        let rank = passed as f64 + (run.len() as f64 + 1.0) / 2.0;
        for (place, _) in run {
            if let Some(place) = ranks.get_mut(*place) {
                *place = rank;
            }
        }
        passed += run.len();
    }
    ranks
}
