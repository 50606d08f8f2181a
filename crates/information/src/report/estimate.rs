//! The neighbour estimate of a pair with a real label, chosen by its kinds and ties.

use polytask_random::Stream;

use super::prepared::Prepared;
use super::tested::Tested;
use crate::InformationError;
use crate::continuous::{Kraskov, Points, kraskov_terms, mixed_terms, ross_terms};
use crate::error::same_length;
use crate::special::{chi_squared_tail, mean, mean_and_variance, psi, skewness};

/// Ties above this share need the mixed estimator.
const TIES: f64 = 0.01;
/// Random pairings, and rows of each, that the null of a neighbour estimate is taken from at most.
const NULL: (usize, usize) = (99, 2000);
/// Skewness that the tail of a null has at least: 99 pairings tell none that is nearer to 0, and a heavier tail errs on the safe side.
const LEAST_SKEWNESS: f64 = 0.5;

/// A value nearer than this to the ceiling of its estimator is the ceiling's, not the labels': one bit, in nats.
const NEAR: f64 = std::f64::consts::LN_2;

/// A neighbour estimate that can be made again on permuted rows.
pub(super) struct Estimate {
    x: Points,
    y: Points,
    /// The classes of x, if it has classes.
    classes: Option<Vec<u32>>,
    pub(super) is_tied: bool,
    neighbours: usize,
    swapped: bool,
}

impl Estimate {
    pub(super) fn of(
        a: &Prepared,
        b: &Prepared,
        rows: &[usize],
        neighbours: usize,
    ) -> Result<Self, InformationError> {
        // The side with classes, if there is one, comes first.
        let swapped = a.real.is_some() && b.real.is_none();
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        let numbers = |side: &Prepared| -> Result<Points, InformationError> {
            let values: Vec<f64> = match &side.real {
                Some(values) => rows
                    .iter()
                    .filter_map(|&row| values.get(row).copied().flatten())
                    .collect(),
                None => rows
                    .iter()
                    .filter_map(|&row| side.labels.get(row).copied().flatten().map(f64::from))
                    .collect(),
            };
            same_length("rows of a pair", rows.len(), values.len())?;
            Ok(Points::line(&values)?.standardised())
        };
        let (x, y) = (numbers(a)?, numbers(b)?);
        let classes = a.real.is_none().then(|| {
            rows.iter()
                .filter_map(|&row| a.labels.get(row).copied().flatten())
                .collect()
        });
        // A class ties by nature; a number that does needs the mixed estimator.
        let is_tied = y.tie_share() > TIES || (classes.is_none() && x.tie_share() > TIES);
        Ok(Self {
            x,
            y,
            classes,
            is_tied,
            neighbours,
            swapped,
        })
    }

    pub(super) fn name(&self) -> String {
        let kind = match (&self.classes, self.is_tied) {
            (_, true) => "mixed (Gao)",
            (Some(_), false) => "Ross",
            (None, false) => "KSG-I",
        };
        format!("{kind}, k = {}", self.neighbours)
    }

    /// One per row that was used, nats; their mean is the estimate.
    pub(super) fn terms(&self) -> Result<Vec<f64>, InformationError> {
        self.on(&self.x, self.classes.as_deref(), &self.y)
    }

    fn on(
        &self,
        x: &Points,
        classes: Option<&[u32]>,
        y: &Points,
    ) -> Result<Vec<f64>, InformationError> {
        match (classes, self.is_tied) {
            (Some(classes), false) => ross_terms(classes, y, self.neighbours),
            (None, false) => kraskov_terms(x, y, self.neighbours, Kraskov::First),
            // Classes are points that only meet themselves: far apart in the maximum norm.
            (Some(_), true) => {
                let apart = Points::line(
                    &x.values()
                        .iter()
                        .map(|value| 1e6 * value)
                        .collect::<Vec<_>>(),
                )?;
                mixed_terms(&apart, y, self.neighbours)
            }
            (None, true) => mixed_terms(x, y, self.neighbours),
        }
    }

    /// The same estimate of random pairings; `strata`, one of each row of the pair, are kept.
    pub(super) fn null(
        &self,
        strata: Option<&[u32]>,
        permutations: usize,
        stream: &mut Stream,
    ) -> Result<Null, InformationError> {
        let mut rows: Vec<usize> = (0..self.x.len()).collect();
        stream.shuffle(&mut rows);
        rows.truncate(NULL.1);
        let stratum = |row: &usize| strata.and_then(|strata| strata.get(*row));
        rows.sort_by_key(stratum);
        let x = self.x.at(&rows);
        let classes = self.classes.as_ref().map(|classes| {
            rows.iter()
                .filter_map(|&row| classes.get(row).copied())
                .collect::<Vec<u32>>()
        });
        let on = |rows: &[usize]| Ok(mean(&self.on(&x, classes.as_deref(), &self.y.at(rows))?));
        let observed = on(&rows)?;
        let values = (0..NULL.0.min(permutations)).map(|_| {
            rows.chunk_by_mut(|left, right| stratum(left) == stratum(right))
                .for_each(|own| stream.shuffle(own));
            on(&rows)
        });
        let values = values.collect::<Result<Vec<f64>, InformationError>>()?;
        Ok(Null {
            observed,
            mean: mean(&values),
            values,
            rows: x.len(),
        })
    }

    /// Whether `value`, nats, not corrected, is what the estimator gives however much more the two numbers share. The k nearest of
    /// both together are then the k nearest of each side, and no term exceeds psi(n) - psi(k) (Gao et al.: ln n - psi(k)), which
    /// grows with the rows alone. Classes bound the information by their entropy instead.
    pub(super) fn is_saturated(&self, value: f64) -> bool {
        let rows = self.x.len() as f64;
        let most = if self.is_tied { rows.ln() } else { psi(rows) };
        self.classes.is_none() && value > most - psi(self.neighbours as f64) - NEAR
    }

    /// What the information cannot exceed, if a side has classes.
    pub(super) fn entropy(&self, tested: &Tested) -> Option<f64> {
        self.classes.as_ref()?;
        Some(if self.swapped {
            tested.information.y_entropy
        } else {
            tested.information.x_entropy
        })
    }
}

/// What an estimate is of labels that chance pairs, nats.
pub(super) struct Null {
    /// The estimate of the true pairing, on the rows of the random ones.
    observed: f64,
    pub(super) mean: f64,
    /// One per random pairing.
    pub(super) values: Vec<f64>,
    pub(super) rows: usize,
}

impl Null {
    /// The probability of a value as large as the observed one: counted, and where no pairing reaches it by the gamma law of the
    /// pairings' first three moments (Winkler, Ridgway, Douaud, Nichols, Smith 2016), as hundreds of pairs need a p far below 1/(R+1).
    pub(super) fn p(&self) -> f64 {
        let reached = self.values.iter().filter(|value| **value >= self.observed);
        let reached = reached.count() as f64;
        let counted = (1.0 + reached) / (1.0 + self.values.len() as f64);
        let (mean, variance) = mean_and_variance(&self.values);
        if reached > 0.0 || variance <= 0.0 {
            return counted;
        }
        let far = (self.observed - mean) / variance.sqrt();
        let shape = 4.0 / skewness(&self.values).max(LEAST_SKEWNESS).powi(2);
        let tail = chi_squared_tail(2.0 * (shape + far * shape.sqrt()), 2.0 * shape);
        tail.min(counted)
    }
}
