//! What is left of a Gaussian law once some of its numbers are known, and what those cost, in f64.
//!
//! Of N(μ, Σ) with y_o known the others have mean μ + Σ_·o Σ_oo⁻¹ (y_o - μ_o) and covariance Σ - Σ_·o Σ_oo⁻¹ Σ_o·: a known
//! number after the other takes its part off both, and costs ½ (ln 2π + ln v + e² / v) = -ln p(y_j | the known numbers before it)
//! with the variance v and the error e that those before it left.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// A covariance, and what knowing some numbers makes of it.
#[derive(Debug)]
pub(super) struct Conditional {
    covariance: Vec<Vec<f64>>,
    /// By which numbers are known.
    found: BTreeMap<Vec<bool>, Given>,
}

/// The law of all numbers given some.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Known numbers, one after the other.
    turns: Vec<Turn>,
    /// Covariances that are left, exactly 0 where a number is known.
    pub(super) covariance: Vec<Vec<f64>>,
}

/// A known number after those before it.
#[derive(Clone, Debug)]
struct Turn {
    /// Its place.
    own: usize,
    /// Its variance.
    variance: f64,
    /// What of its error each number shares.
    shares: Vec<f64>,
}

impl Turn {
    /// The sum of ½ (ln 2π + ln v + e² / v) over so many rows, whose squares add up to this.
    fn cost(&self, rows: f64, squares: f64) -> f64 {
        0.5 * (rows * (TAU * self.variance).ln() + squares / self.variance)
    }
}

/// The least part of a number's variance that the numbers before it leave.
pub(super) const LEAST: f64 = 1e-6;

impl Conditional {
    /// Of Σ = L Lᵀ.
    pub(super) fn of(factor: &[Vec<f64>]) -> Self {
        // Rows end at the diagonal, and so does what two of them share.
        let dot =
            |left: &Vec<f64>, right: &Vec<f64>| left.iter().zip(right).map(|(a, b)| a * b).sum();
        let row = |left| factor.iter().map(|right| dot(left, right)).collect();
        Self::with(factor.iter().map(row).collect())
    }

    /// Of Σ itself.
    pub(super) fn with(covariance: Vec<Vec<f64>>) -> Self {
        Self {
            covariance,
            found: BTreeMap::new(),
        }
    }

    /// The law given the numbers that are known.
    pub(super) fn given(&mut self, known: &[bool]) -> &Given {
        let covariance = &self.covariance;
        self.found
            .entry(known.to_vec())
            .or_insert_with(|| Given::of(covariance, known))
    }
}

impl Given {
    fn of(covariance: &[Vec<f64>], known: &[bool]) -> Self {
        let mut left = covariance.to_vec();
        let mut turns = Vec::new();
        for (own, whole) in covariance.iter().enumerate() {
            if known.get(own) != Some(&true) {
                continue;
            }
            let column: Vec<f64> = left
                .iter()
                .map(|row| row.get(own).copied().unwrap_or(0.0))
                .collect();
            // Rounding may leave nothing of a number that others determine.
            let [variance, whole] =
                [&column, whole].map(|values| values.get(own).copied().unwrap_or(0.0));
            let variance = variance.max(LEAST * whole);
            let share = |value: &f64| {
                if variance > 0.0 {
                    value / variance
                } else {
                    0.0
                }
            };
            let shares: Vec<f64> = column.iter().map(share).collect();
            for (row, share) in left.iter_mut().zip(&shares) {
                for (value, column) in row.iter_mut().zip(&column) {
                    *value -= share * column;
                }
            }
            turns.push(Turn {
                own,
                variance,
                shares,
            });
        }
        for (row, is_known) in left.iter_mut().zip(known) {
            for (value, is_also) in row.iter_mut().zip(known) {
                if *is_known || *is_also {
                    *value = 0.0;
                }
            }
        }
        Self {
            turns,
            covariance: left,
        }
    }

    /// Variances that are left, exactly 0 where a number is known.
    pub(super) fn variances(&self) -> impl Iterator<Item = f64> {
        let rows = self.covariance.iter().enumerate();
        rows.map(|(place, row)| row.get(place).copied().unwrap_or(0.0).max(0.0))
    }

    /// The means given these errors, labels less predictions (any number where nothing is known): what is added to the
    /// predictions.
    pub(super) fn shifts(&self, errors: &[f64]) -> Vec<f64> {
        self.pass(errors).0
    }

    /// -ln p of the known numbers, of these errors.
    pub(super) fn cost(&self, errors: &[f64]) -> f64 {
        let (_, left) = self.pass(errors);
        let each = self.turns.iter().zip(left);
        each.map(|(turn, left)| turn.cost(1.0, left * left)).sum()
    }

    /// The sum of [`cost`](Self::cost) over so many rows, of whose errors e eᵀ adds up to `squares`.
    pub(super) fn cost_of_sums(&self, rows: f64, squares: &[Vec<f64>]) -> f64 {
        // What is left of an error at each turn is linear in the errors.
        let unit = |own: usize| -> Vec<f64> {
            let unit = (0..squares.len()).map(|place| f64::from(u8::from(place == own)));
            self.pass(&unit.collect::<Vec<f64>>()).1
        };
        let parts: Vec<Vec<f64>> = self.turns.iter().map(|turn| unit(turn.own)).collect();
        let square = |one: usize, other: usize| {
            let row = squares.get(one)?;
            row.get(other).copied()
        };
        let part = |of: &Vec<f64>, at: usize| of.get(at).copied().unwrap_or(0.0);
        let each = self.turns.iter().enumerate().map(|(at, turn)| {
            let mut left = 0.0;
            for (one, of_one) in self.turns.iter().zip(&parts) {
                for (other, of_other) in self.turns.iter().zip(&parts) {
                    let square = square(one.own, other.own).unwrap_or(0.0);
                    left += part(of_one, at) * square * part(of_other, at);
                }
            }
            turn.cost(rows, left)
        });
        each.sum()
    }

    /// The shifts, and what is left of the error of each turn.
    fn pass(&self, errors: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut shifts = vec![0.0; errors.len()];
        let mut left = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            let [error, shift] =
                [errors, &shifts].map(|values| values.get(turn.own).copied().unwrap_or(0.0));
            let own = error - shift;
            left.push(own);
            for (shift, share) in shifts.iter_mut().zip(&turn.shares) {
                *shift += share * own;
            }
        }
        (shifts, left)
    }
}
