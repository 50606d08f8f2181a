//! What is left of a Gaussian law once some of its numbers are known, in f64.
//!
//! Of N(μ, Σ) with y_o known the others have mean μ + Σ_·o Σ_oo⁻¹ (y_o - μ_o) and covariance Σ - Σ_·o Σ_oo⁻¹ Σ_o·: a known
//! number after the other takes its part off both.

use std::collections::BTreeMap;

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
    /// Of each known number in turn its place, and what of its error (after those before) each number shares.
    turns: Vec<(usize, Vec<f64>)>,
    /// Variances that are left, exactly 0 where a number is known.
    pub(super) variances: Vec<f64>,
}

impl Conditional {
    /// Of Σ = L Lᵀ.
    pub(super) fn of(factor: &[Vec<f64>]) -> Self {
        let dot =
            |left: &Vec<f64>, right: &Vec<f64>| left.iter().zip(right).map(|(a, b)| a * b).sum();
        let row = |left| factor.iter().map(|right| dot(left, right)).collect();
        Self {
            covariance: factor.iter().map(row).collect(),
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
        for (own, _) in known.iter().enumerate().filter(|(_, known)| **known) {
            let column: Vec<f64> = left
                .iter()
                .map(|row| row.get(own).copied().unwrap_or(0.0))
                .collect();
            let variance = column.get(own).copied().unwrap_or(0.0);
            // Rounding leaves nothing of a number that others determine.
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
            turns.push((own, shares));
        }
        let variances = left.iter().zip(known).enumerate();
        let variances = variances.map(|(place, (row, known))| match known {
            true => 0.0,
            false => row.get(place).copied().unwrap_or(0.0).max(0.0),
        });
        Self {
            turns,
            variances: variances.collect(),
        }
    }

    /// The means given these errors, labels less predictions (any number where nothing is known): what is added to the
    /// predictions.
    pub(super) fn shifts(&self, errors: &[f64]) -> Vec<f64> {
        let mut shifts = vec![0.0; errors.len()];
        for (own, shares) in &self.turns {
            let [error, shift] =
                [errors, &shifts].map(|values| values.get(*own).copied().unwrap_or(0.0));
            let left = error - shift;
            for (shift, share) in shifts.iter_mut().zip(shares) {
                *shift += share * left;
            }
        }
        shifts
    }
}
