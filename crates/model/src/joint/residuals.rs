//! The covariance of residuals, labels less predictions, some of which may be missing, in f64.
//!
//! Of most likelihood is, where every row has every number, the mean of e eᵀ: the means are the predictions, so nothing is
//! subtracted, and a head that is off in its mean pays for it. Else it is found by expectation and maximisation (Dempster, Laird
//! and Rubin 1977; of a Gaussian, Little and Rubin 2019, section 11.2): with B = Σ_·o Σ_oo⁻¹ for the known numbers o of a
//! row, what is expected of e eᵀ is B e_o e_oᵀ Bᵀ + Σ - B Σ_o·, and Σ becomes the mean of that. Rows with the same numbers
//! known add up, so that the cost grows with how many such patterns there are, not with the rows.
//!
//! Few rows make correlations out of nothing: of T numbers T (T - 1) / 2 are fitted. So the most likely covariance is drawn
//! towards that of independent numbers, which is best where couplings are many and weak, or towards that of a
//! [forest](super::forest), which has the couplings that pay, T - 1 at most. Which, and how far, is what makes rows that are
//! left out likeliest, in five parts by turns; rows that belong together are in one part.

use std::collections::BTreeMap;

use super::conditional::{Conditional, Given, LEAST};
use super::forest::of_forest;

/// Rounds after which the covariance is taken as it is.
const ROUNDS: usize = 50;

/// What counts as no change: the Kullback-Leibler divergence of a round's law from the one before, nats.
const SETTLED: f64 = 1e-6;

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

/// Rows by which numbers are known.
#[derive(Clone, Debug, Default)]
struct Seen(BTreeMap<Vec<bool>, Sums>);

/// Of rows with the same numbers known.
#[derive(Clone, Debug, Default)]
struct Sums {
    rows: f64,
    /// Of e eᵀ, 0 where a number is not known.
    squares: Vec<Vec<f64>>,
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
        let candidates_without: Vec<_> = (0..PARTS)
            .map(|left_out| {
                let others = self.seen(&enough, |part| part != left_out);
                others.candidates(&others.most_likely(&most_likely))
            })
            .collect();
        let costs = (0..candidates_without.first().map_or(0, Vec::len)).map(|candidate| {
            let parts = candidates_without.iter().enumerate();
            let costs = parts.filter_map(|(left_out, candidates)| {
                let tested = self.seen(&enough, |part| part == left_out);
                Some(tested.cost(candidates.get(candidate)?.clone()))
            });
            costs.sum::<f64>()
        });
        let best = costs
            .enumerate()
            .reduce(|best, one| if one.1 < best.1 { one } else { best });
        let (best, _) = best?;
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
            of_all: factor(all.candidates(&most_likely))?,
            without: candidates_without.into_iter().filter_map(factor).collect(),
        })
    }

    /// Which numbers have residuals enough, and any that are not 0: those of a constant are.
    fn enough(&self, least: &[f64]) -> Vec<bool> {
        let all = || self.parts.iter().flat_map(|Seen(part)| part);
        let is_enough = |(place, least): (usize, &f64)| {
            let of_known = all().filter(|(known, _)| known.get(place) == Some(&true));
            let (mut rows, mut squares) = (0.0, 0.0);
            for (_, sums) in of_known {
                rows += sums.rows;
                squares += at(&sums.squares, place);
            }
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

impl Seen {
    /// With so many patterns at most: those of most rows, and of the others evenly many.
    fn thinned(self, most: usize) -> Self {
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

    /// What the covariance may be: from that of independent numbers, and from that of the forest, to what is most likely.
    fn candidates(&self, most_likely: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
        let numbers = most_likely.len();
        let apart = diagonal((0..numbers).map(|place| at(most_likely, place)));
        let forest = of_forest(most_likely, &self.rows_of_pairs(numbers));
        [apart, forest]
            .iter()
            .flat_map(|end| WAYS.map(|way| between(most_likely, end, way)))
            .collect()
    }

    /// How many rows have both numbers of each pair.
    fn rows_of_pairs(&self, numbers: usize) -> Vec<Vec<f64>> {
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

    /// The mean square of each number's residuals; that of `start` where there are none.
    fn variances(&self, start: &[f64]) -> Vec<f64> {
        let mean = |(place, start): (usize, &f64)| {
            let (mut rows, mut squares) = (0.0, 0.0);
            for (_, sums) in self
                .0
                .iter()
                .filter(|(known, _)| known.get(place) == Some(&true))
            {
                rows += sums.rows;
                squares += at(&sums.squares, place);
            }
            if rows > 0.0 { squares / rows } else { *start }
        };
        start.iter().enumerate().map(mean).collect()
    }

    /// Σ of most likelihood, found from `near` on; numbers that are never known stay as they are there.
    fn most_likely(&self, near: &[Vec<f64>]) -> Vec<Vec<f64>> {
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
    fn cost(&self, covariance: Vec<Vec<f64>>) -> f64 {
        let mut law = Conditional::with(covariance);
        let each = self.0.iter();
        each.map(|(known, sums)| law.given(known).cost_of_sums(sums.rows, &sums.squares))
            .sum()
    }
}

impl Sums {
    fn add(&mut self, rows: f64, squares: &[Vec<f64>]) {
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

fn diagonal(values: impl Iterator<Item = f64>) -> Vec<Vec<f64>> {
    let values: Vec<f64> = values.collect();
    let row = |(place, value): (usize, &f64)| {
        let mut row = vec![0.0; values.len()];
        if let Some(slot) = row.get_mut(place) {
            *slot = *value;
        }
        row
    };
    values.iter().enumerate().map(row).collect()
}

/// This part of the way from one matrix to another.
fn between(from: &[Vec<f64>], to: &[Vec<f64>], way: f64) -> Vec<Vec<f64>> {
    let rows = from.iter().zip(to);
    rows.map(|(from, to)| {
        let each = from.iter().zip(to);
        each.map(|(from, to)| (1.0 - way) * from + way * to)
            .collect()
    })
    .collect()
}

/// An entry of the diagonal.
pub(super) fn at(matrix: &[Vec<f64>], place: usize) -> f64 {
    let row = matrix.get(place);
    row.and_then(|row| row.get(place)).copied().unwrap_or(0.0)
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

/// L with L Lᵀ = Σ, where the numbers before it leave each number at least a small part of its variance.
fn cholesky(covariance: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(covariance.len());
    for (own, row) in covariance.iter().enumerate() {
        let mut entries: Vec<f64> = Vec::with_capacity(row.len());
        for (above, value) in factor.iter().zip(row) {
            let dot: f64 = above.iter().zip(&entries).map(|(a, b)| a * b).sum();
            let pivot = above.get(entries.len()).copied().unwrap_or(0.0);
            entries.push((value - dot) / pivot);
        }
        let variance = row.get(own).copied().unwrap_or(0.0);
        let left = variance - entries.iter().map(|entry| entry * entry).sum::<f64>();
        entries.push(left.max(LEAST * variance).sqrt());
        factor.push(entries);
    }
    factor
}

#[cfg(test)]
mod tests {
    use polytask_random::Seed;

    use super::*;

    /// Residuals with this factor, of which some are known.
    fn residuals(
        factor: &[&[f64]],
        rows: usize,
        is_known: impl Fn(usize, usize) -> bool,
    ) -> (Residuals, Vec<Vec<f64>>) {
        let mut stream = Seed(7).stream("residuals", 0);
        let (mut residuals, mut all) = (Residuals::default(), Vec::new());
        for row in 0..rows {
            let noise: Vec<f64> = factor.iter().map(|_| stream.normal()).collect();
            let known: Vec<bool> = (0..factor.len()).map(|at| is_known(row, at)).collect();
            let error = |(place, own): (usize, &&[f64])| match known[place] {
                true => own.iter().zip(&noise).map(|(own, noise)| own * noise).sum(),
                false => 0.0,
            };
            let errors: Vec<f64> = factor.iter().enumerate().map(error).collect();
            residuals.add(row, &errors, known);
            all.push(errors);
        }
        (residuals, all)
    }

    fn covariance(residuals: &Residuals, numbers: usize) -> Vec<Vec<f64>> {
        let fitted = residuals.fit(&vec![1.0; numbers], &vec![1e-6; numbers]);
        let factor = fitted.unwrap().of_all;
        let dot = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum();
        let row = |a| factor.iter().map(|b| dot(a, b)).collect();
        factor.iter().map(row).collect()
    }

    #[track_caller]
    fn near(found: f64, wanted: f64, tolerance: f64) {
        assert!((found - wanted).abs() < tolerance, "{found} for {wanted}");
    }

    #[test]
    fn of_whole_rows_it_is_the_mean_of_squares() {
        let (residuals, all) = residuals(&[&[0.5], &[0.9, 0.1]], 300, |_, _| true);
        let found = covariance(&residuals, 2);
        for a in 0..2 {
            for b in 0..2 {
                let mean = all.iter().map(|errors| errors[a] * errors[b]).sum::<f64>() / 300.0;
                near(found[a][b], mean, 1e-9);
            }
        }
    }

    /// Where the second number is known only with the first, the most likely law is the first's variance, from all rows, and the
    /// regression of the second on it, from those with both (Little and Rubin 2019, section 7.2).
    #[test]
    fn of_a_monotone_pattern_it_is_the_regression() {
        let is_known = |row: usize, place: usize| place == 0 || row.is_multiple_of(3);
        let (residuals, all) = residuals(&[&[0.5], &[0.9, 0.1]], 600, is_known);
        let found = covariance(&residuals, 2);
        let mean = |every: usize, of: &dyn Fn(&[f64]) -> f64| {
            let rows: Vec<f64> = all.iter().step_by(every).map(|errors| of(errors)).collect();
            rows.iter().sum::<f64>() / rows.len() as f64
        };
        let variance = mean(1, &|errors| errors[0] * errors[0]);
        let slope = mean(3, &|errors| errors[0] * errors[1]) / mean(3, &|errors| errors[0].powi(2));
        let left = mean(3, &|errors| (errors[1] - slope * errors[0]).powi(2));
        near(found[0][0], variance, 1e-3);
        near(found[0][1], slope * variance, 1e-3);
        near(found[1][1], slope * slope * variance + left, 1e-3);
    }

    /// With holes anywhere no small change of Σ makes the rows likelier, where nothing is taken off.
    #[test]
    fn with_holes_it_is_most_likely() {
        let is_known =
            |row: usize, place: usize| !(row + place).is_multiple_of(4) || row.is_multiple_of(5);
        let factor: [&[f64]; 3] = [&[1.0], &[0.9, 0.3], &[-0.8, 0.2, 0.3]];
        let (residuals, _) = residuals(&factor, 800, is_known);
        let found = covariance(&residuals, 3);
        let seen = residuals.seen(&[true; 3], |_| true);
        let best = seen.cost(found.clone());
        for a in 0..3 {
            for b in 0..=a {
                for step in [-0.004, 0.004] {
                    let mut moved = found.clone();
                    moved[a][b] += step;
                    moved[b][a] = moved[a][b];
                    let cost = seen.cost(moved);
                    assert!(cost > best, "{a} {b} {step}: {cost} for {best}");
                }
            }
        }
    }

    /// The sums say of rows what the rows cost one by one.
    #[test]
    fn sums_cost_what_their_rows_do() {
        let is_known = |row: usize, place: usize| row % 3 != place;
        let factor: [&[f64]; 3] = [&[1.0], &[0.9, 0.3], &[-0.8, 0.2, 0.3]];
        let (residuals, all) = residuals(&factor, 60, is_known);
        let law = vec![
            vec![1.0, 0.3, 0.1],
            vec![0.3, 2.0, -0.4],
            vec![0.1, -0.4, 0.5],
        ];
        let mut each = Conditional::with(law.clone());
        let one_by_one = all.iter().enumerate().map(|(row, errors)| {
            let known: Vec<bool> = (0..3).map(|place| is_known(row, place)).collect();
            each.given(&known).cost(errors)
        });
        let sums = residuals.seen(&[true; 3], |_| true).cost(law);
        near(sums, one_by_one.sum::<f64>(), 1e-9);
    }

    /// A few rows of many numbers that have nothing to do with each other: nothing is made of it. Near copies stay near copies.
    #[test]
    fn correlations_of_few_rows_are_taken_off() {
        let own: Vec<Vec<f64>> = (0..12)
            .map(|place| {
                (0..=place)
                    .map(|at| f64::from(u8::from(at == place)))
                    .collect()
            })
            .collect();
        let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        let (apart, _) = residuals(&own, 60, |_, _| true);
        let found = covariance(&apart, 12);
        let cost = |found: &[Vec<f64>]| {
            let (others, _) = residuals(&own, 5000, |_, _| true);
            others.seen(&[true; 12], |_| true).cost(found.to_vec()) / 5000.0
        };
        let truth = cost(&diagonal((0..12).map(|_| 1.0)));
        let most_likely = apart.seen(&[true; 12], |_| true);
        let most_likely = most_likely.most_likely(&diagonal((0..12).map(|_| 1.0)));
        let (shrunk, whole) = (cost(&found) - truth, cost(&most_likely) - truth);
        assert!(shrunk < 0.3 * whole, "{shrunk} of {whole}");
        let (copies, _) = residuals(&[&[1.0], &[1.0, 0.01]], 60, |_, _| true);
        let found = covariance(&copies, 2);
        let left = found[1][1] - found[0][1].powi(2) / found[0][0];
        assert!((0.5e-4..2e-4).contains(&left), "{left}");
    }

    /// Of two near copies among eighteen others that have nothing to do with them the coupling stays.
    #[test]
    fn a_coupling_among_many_others_stays() {
        let mut own: Vec<Vec<f64>> = (0..20)
            .map(|place| {
                (0..=place)
                    .map(|at| f64::from(u8::from(at == place)))
                    .collect()
            })
            .collect();
        own[1] = vec![1.0, 0.01];
        let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        let (residuals, _) = residuals(&own, 60, |_, _| true);
        let found = covariance(&residuals, 20);
        let left = found[1][1] - found[0][1].powi(2) / found[0][0];
        assert!((0.5e-4..2e-4).contains(&left), "{left}");
    }

    /// What is said of a row crosswise is said without it, but for the choice of the candidate, which is the same here.
    #[test]
    fn parts_are_told_apart() {
        let (one, _) = residuals(&[&[0.5], &[0.9, 0.1]], 100, |_, _| true);
        let mut other = Residuals::default();
        let (_, all) = residuals(&[&[0.5], &[0.9, 0.1]], 100, |_, _| true);
        for (row, errors) in all.iter().enumerate() {
            // Rows 2, 7, 12, … are others here.
            let scale = if row % 5 == 2 { 1.05 } else { 1.0 };
            let errors: Vec<f64> = errors.iter().map(|error| scale * error).collect();
            other.add(row, &errors, vec![true; 2]);
        }
        let fit = |residuals: &Residuals| residuals.fit(&[1.0; 2], &[1e-6; 2]).unwrap();
        let (one, other) = (fit(&one), fit(&other));
        for part in 0..PARTS {
            let each = one.without[part].concat().into_iter();
            let off = each.zip(other.without[part].concat());
            let most = off
                .map(|(one, other)| (one - other).abs())
                .fold(0.0, f64::max);
            assert_eq!(most < 1e-6, part == 2, "{part}: {most}");
        }
    }

    /// Effects of a group are no coupling: groups are left out whole.
    #[test]
    fn what_a_group_has_in_common_is_not_learnt() {
        let (numbers, groups, rows) = (10, 60, 40);
        let mut stream = Seed(9).stream("groups", 0);
        let (mut whole, mut torn) = (Residuals::default(), Residuals::default());
        for group in 0..groups {
            let effects: Vec<f64> = (0..numbers).map(|_| stream.normal()).collect();
            for row in 0..rows {
                let noisy = |effect: &f64| effect + 0.3 * stream.normal();
                let errors: Vec<f64> = effects.iter().map(noisy).collect();
                whole.add(group, &errors, vec![true; numbers]);
                torn.add(row, &errors, vec![true; numbers]);
            }
        }
        let largest = |residuals: &Residuals| {
            let found = covariance(residuals, numbers);
            let off = |a: usize, b: usize| (found[a][b] / (found[a][a] * found[b][b]).sqrt()).abs();
            let pairs = (0..numbers).flat_map(|a| (0..a).map(move |b| (a, b)));
            pairs.map(|(a, b)| off(a, b)).fold(0.0, f64::max)
        };
        assert!(largest(&torn) > 0.2 && largest(&whole) < 0.1);
    }

    /// However many patterns there are, the one of most rows stays.
    #[test]
    fn patterns_of_many_rows_stay() {
        let mut seen = Seen::default();
        let mut add = |known: Vec<bool>, rows: f64| {
            seen.0.insert(
                known,
                Sums {
                    rows,
                    squares: Vec::new(),
                },
            );
        };
        add(vec![true; 12], 100.0);
        for pattern in 1..1000_u32 {
            add(
                (0..12).map(|place| pattern >> place & 1 == 1).collect(),
                1.0,
            );
        }
        let thinned = seen.thinned(50);
        assert!((40..=50).contains(&thinned.0.len()));
        assert_eq!(thinned.0[&vec![true; 12]].rows, 100.0);
        // The others are from one end to the other.
        let last = |known: &&Vec<bool>| known[0];
        assert!(thinned.0.keys().filter(last).count() > 10);
        assert!(thinned.0.keys().filter(|known| !known[0]).count() > 10);
    }

    /// A constant beside two near copies: it stays apart, and they do not.
    #[test]
    fn a_constant_changes_nothing_for_others() {
        let (copies, _) = residuals(&[&[1.0], &[1.0, 0.01], &[0.0, 0.0, 0.0]], 60, |_, _| true);
        let found = covariance(&copies, 3);
        assert!(found[0][1] / (found[0][0] * found[1][1]).sqrt() > 0.999);
        assert_eq!([found[0][2], found[1][2]], [0.0, 0.0]);
    }

    /// A number with few residuals stays apart; one that is not finite leaves nothing to learn from.
    #[test]
    fn what_cannot_be_learnt_is_left() {
        let is_known = |row: usize, place: usize| place == 0 || row < 9;
        let (few, _) = residuals(&[&[0.5], &[0.9, 0.1]], 100, is_known);
        let found = covariance(&few, 2);
        assert_eq!([found[0][1], found[1][1]], [0.0, 1.0]);
        assert!(found[0][0] < 0.5);
        let mut lost = few;
        lost.add(0, &[f64::NAN, 0.0], vec![true, false]);
        assert_eq!(lost.fit(&[1.0; 2], &[1e-6; 2]), None);
        assert_eq!(Residuals::default().fit(&[1.0; 2], &[1e-6; 2]), None);
    }
}
