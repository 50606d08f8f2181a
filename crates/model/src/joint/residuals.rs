//! The covariance of residuals, labels less predictions, in f64: between what is most likely of them and what few rows can bear.
//!
//! Few rows make correlations out of nothing: of T numbers T (T - 1) / 2 are fitted. So the [most likely](super::likelihood) covariance is drawn
//! towards that of independent numbers, which is best where couplings are many and weak, or towards that of a
//! [forest](super::forest), which has the couplings that pay, T - 1 at most. Which, and how far, is what makes rows that are
//! left out likeliest, in five parts by turns; rows that belong together are in one part.

use super::forest::of_forest;
use super::likelihood::Seen;
use super::square::{at, between, cholesky, diagonal};

/// Parts that are left out by turns.
const PARTS: usize = 5;

/// Residuals of a number below which it stays apart.
const FEWEST: f64 = 2.0 * PARTS as f64;

/// How far the most likely covariance may be drawn, the whole way first: the first of the best is taken.
const WAYS: [f64; 10] = [1.0, 0.85, 0.7, 0.5, 0.35, 0.2, 0.1, 0.03, 0.01, 0.0];

/// Multiplications that the patterns of one round may take; of more patterns some are left out, evenly.
const WORK: usize = 30_000_000;

/// Sums over the residuals of rows.
#[derive(Clone, Debug, Default)]
pub struct Residuals {
    parts: [Seen; PARTS],
    /// Whether one was not finite.
    is_lost: bool,
}

/// Covariances of residuals, each by its L, rows up to the diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariances {
    pub(super) of_all: Vec<Vec<f64>>,
    /// Of all rows but those of part 0, 1, …; drawn as far as that of all.
    pub(crate) without: Vec<Vec<Vec<f64>>>,
}

impl Residuals {
    /// How many parts of the rows are left out by turns.
    pub const PARTS: usize = PARTS;

    /// Adds a row to a part: its residuals, 0 where a number is not known, and which are.
    pub(super) fn add(&mut self, part: usize, errors: &[f64], known: Vec<bool>) {
        if !known.contains(&true) {
            return;
        }
        self.is_lost |= errors.iter().any(|error| !error.is_finite());
        let Some(Seen(part)) = self.parts.get_mut(part % PARTS) else {
            return;
        };
        let sums = part.entry(known).or_default();
        let squares = |left: &f64| errors.iter().map(|right| left * right).collect();
        sums.add(1.0, &errors.iter().map(squares).collect::<Vec<_>>());
    }

    /// The numbers' covariance, by its L. A number with too few residuals stays apart, with its variance in `start`; no variance
    /// is below its own in `least`. `None` if there is nothing to learn from.
    pub(super) fn fit(&self, start: &[f64], least: &[f64]) -> Option<Covariances> {
        let enough = self.enough(least);
        if self.is_lost || !enough.contains(&true) {
            return None;
        }
        let all = self.seen(&enough, |_| true);
        let most_likely = all.most_likely(&diagonal(all.variances(start).into_iter()));
        let mut costs = vec![0.0; 2 * WAYS.len()];
        let mut candidates_without = Vec::with_capacity(PARTS);
        for left_out in 0..PARTS {
            let others = self.seen(&enough, |part| part != left_out);
            let tested = self.seen(&enough, |part| part == left_out);
            let candidates = candidates(&others, &others.most_likely(&most_likely));
            for (cost, candidate) in costs.iter_mut().zip(&candidates) {
                *cost += tested.cost(candidate.clone());
            }
            candidates_without.push(candidates);
        }
        let each = costs.into_iter().enumerate();
        let (best, _) = each.reduce(|best, one| if one.1 < best.1 { one } else { best })?;
        let factor = |candidates: Vec<Vec<Vec<f64>>>| {
            let mut covariance = candidates.into_iter().nth(best)?;
            for (place, (row, least)) in covariance.iter_mut().zip(least).enumerate() {
                if let Some(variance) = row.get_mut(place) {
                    *variance = variance.max(*least);
                }
            }
            Some(cholesky(&covariance))
        };
        Some(Covariances {
            of_all: factor(candidates(&all, &most_likely))?,
            without: candidates_without.into_iter().filter_map(factor).collect(),
        })
    }

    /// Which numbers have residuals enough, and any that are not 0: those of a constant are.
    fn enough(&self, least: &[f64]) -> Vec<bool> {
        let is_enough = |(place, least): (usize, &f64)| {
            let parts = self.parts.iter().map(|part| part.sums_of(place));
            let (rows, squares) = parts.fold((0.0, 0.0), |(rows, squares), (more, of_more)| {
                (rows + more, squares + of_more)
            });
            rows >= FEWEST && squares > least * rows
        };
        least.iter().enumerate().map(is_enough).collect()
    }

    /// The rows of some parts, as if only these numbers were known.
    fn seen(&self, enough: &[bool], is_part: impl Fn(usize) -> bool) -> Seen {
        let mut seen = Seen::default();
        let parts = self.parts.iter().enumerate();
        for (_, Seen(part)) in parts.filter(|(index, _)| is_part(*index)) {
            for (known, sums) in part {
                let each = known.iter().zip(enough);
                let known: Vec<bool> = each.map(|(known, enough)| *known && *enough).collect();
                if known.contains(&true) {
                    let own = seen.0.entry(known).or_default();
                    own.add(sums.rows, &sums.squares);
                }
            }
        }
        seen.thinned(WORK / enough.len().pow(3).max(1))
    }
}

/// What the covariance may be: from that of independent numbers, and from that of the forest, to what is most likely.
fn candidates(seen: &Seen, most_likely: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
    let numbers = most_likely.len();
    let apart = diagonal((0..numbers).map(|place| at(most_likely, place)));
    let forest = of_forest(most_likely, &seen.rows_of_pairs(numbers));
    [apart, forest]
        .iter()
        .flat_map(|end| WAYS.map(|way| between(most_likely, end, way)))
        .collect()
}

#[cfg(test)]
mod tests;
