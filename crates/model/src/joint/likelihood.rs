//! The covariance of most likelihood of residuals, some of which may be missing, by expectation and maximisation.
//!
//! Of most likelihood is, where every row has every number, the mean of e eᵀ: the means are the predictions, so nothing is
//! subtracted, and a head that is off in its mean pays for it. Else it is found by expectation and maximisation (Dempster, Laird
//! and Rubin 1977; of a Gaussian, Little and Rubin 2019, section 11.2): with B = Σ_·o Σ_oo⁻¹ for the known numbers o of a
//! row, what is expected of e eᵀ is B e_o e_oᵀ Bᵀ + Σ - B Σ_o·, and Σ becomes the mean of that. Rows with the same numbers
//! known add up, so that the cost grows with how many such patterns there are, not with the rows.

use std::collections::BTreeMap;

use super::conditional::{Conditional, Given};
use super::square::{at, diagonal};

/// Rounds after which the covariance is taken as it is.
const ROUNDS: usize = 50;

/// What counts as no change: the Kullback-Leibler divergence of a round's law from the one before, nats.
const SETTLED: f64 = 1e-6;

/// Rows by which numbers are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(pub(super) BTreeMap<Vec<bool>, Sums>);

/// Of rows with the same numbers known.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) rows: f64,
    /// Of e eᵀ, 0 where a number is not known.
    pub(super) squares: Vec<Vec<f64>>,
}

impl Seen {
    /// With so many patterns at most: those of most rows, and of the others evenly many.
    pub(super) fn thinned(self, most: usize) -> Self {
        if self.0.len() <= most {
            return self;
        }
        let (mut often, once): (Vec<_>, Vec<_>) =
            self.0.into_iter().partition(|(_, sums)| sums.rows > 1.0);
        often.sort_by(|(_, one), (_, other)| other.rows.total_cmp(&one.rows));
        often.truncate(most);
        let every = once.len().div_ceil((most - often.len()).max(1)).max(1);
        let room = most - often.len();
        let once = once.into_iter().step_by(every).take(room);
        Self(often.into_iter().chain(once).collect())
    }

    /// How many rows have both numbers of each pair.
    pub(super) fn rows_of_pairs(&self, numbers: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![vec![0.0; numbers]; numbers];
        for (known, sums) in &self.0 {
            for (row, _) in rows.iter_mut().zip(known).filter(|(_, known)| **known) {
                for (value, _) in row.iter_mut().zip(known).filter(|(_, known)| **known) {
                    *value += sums.rows;
                }
            }
        }
        rows
    }

    /// How many residuals of a number are known, and the sum of their squares.
    pub(super) fn sums_of(&self, place: usize) -> (f64, f64) {
        let of_known = self
            .0
            .iter()
            .filter(|(known, _)| known.get(place) == Some(&true));
        of_known.fold((0.0, 0.0), |(rows, squares), (_, sums)| {
            (rows + sums.rows, squares + at(&sums.squares, place))
        })
    }

    /// The mean square of each number's residuals; that of `start` where there are none.
    pub(super) fn variances(&self, start: &[f64]) -> Vec<f64> {
        let mean = |(place, start): (usize, &f64)| match self.sums_of(place) {
            (rows, squares) if rows > 0.0 => squares / rows,
            _ => *start,
        };
        start.iter().enumerate().map(mean).collect()
    }

    /// Σ of most likelihood, found from `near` on; numbers that are never known stay as they are there.
    pub(super) fn most_likely(&self, near: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut covariance = near.to_vec();
        for _ in 0..ROUNDS {
            let mut law = Conditional::with(covariance.clone());
            let mut next = diagonal(near.iter().map(|_| 0.0));
            let mut rows = 0.0;
            for (known, sums) in &self.0 {
                sums.add_expected(law.given(known), known, &mut next);
                rows += sums.rows;
            }
            if rows == 0.0 {
                break;
            }
            next.iter_mut().flatten().for_each(|value| *value /= rows);
            let is_settled = is_settled(&covariance, &next);
            covariance = next;
            if is_settled {
                break;
            }
        }
        covariance
    }

    /// -ln p of these rows.
    pub(super) fn cost(&self, covariance: Vec<Vec<f64>>) -> f64 {
        let mut law = Conditional::with(covariance);
        let each = self.0.iter();
        each.map(|(known, sums)| law.given(known).cost_of_sums(sums.rows, &sums.squares))
            .sum()
    }
}

impl Sums {
    pub(super) fn add(&mut self, rows: f64, squares: &[Vec<f64>]) {
        self.rows += rows;
        let numbers = squares.len();
        self.squares.resize_with(numbers, || vec![0.0; numbers]);
        for (row, more) in self.squares.iter_mut().zip(squares) {
            for (value, more) in row.iter_mut().zip(more) {
                *value += more;
            }
        }
    }

    /// Adds what is expected of e eᵀ, B e_o e_oᵀ Bᵀ + rows (Σ - B Σ_o·).
    fn add_expected(&self, given: &Given, known: &[bool], sum: &mut [Vec<f64>]) {
        let places = || known.iter().enumerate().filter(|(_, known)| **known);
        // Columns of B: what a residual of 1 of one known number makes of all.
        let columns: Vec<(usize, Vec<f64>)> = places()
            .map(|(place, _)| {
                let unit = |at: usize| f64::from(u8::from(at == place));
                let unit: Vec<f64> = (0..known.len()).map(unit).collect();
                (place, given.shifts(&unit))
            })
            .collect();
        // B e eᵀ, then times Bᵀ.
        for (left, row) in &columns {
            let own = self.squares.get(*left).map_or(&[][..], Vec::as_slice);
            let mut across = vec![0.0; known.len()];
            for (right, column) in &columns {
                let square = own.get(*right).copied().unwrap_or(0.0);
                for (value, column) in across.iter_mut().zip(column) {
                    *value += square * column;
                }
            }
            for (sum, share) in sum.iter_mut().zip(row) {
                for (value, across) in sum.iter_mut().zip(&across) {
                    *value += share * across;
                }
            }
        }
        for (sum, left) in sum.iter_mut().zip(&given.covariance) {
            for (value, left) in sum.iter_mut().zip(left) {
                *value += self.rows * left;
            }
        }
    }
}

/// Whether the law is all but the one before.
fn is_settled(before: &[Vec<f64>], after: &[Vec<f64>]) -> bool {
    let cost = |covariance: &[Vec<f64>]| {
        let mut law = Conditional::with(covariance.to_vec());
        let all = vec![true; covariance.len()];
        law.given(&all).cost_of_sums(1.0, after)
    };
    cost(before) - cost(after) < SETTLED
}
