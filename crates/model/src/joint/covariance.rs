//! The joint law of numbers: y | x ~ N(f(x), Σ), with the heads' predictions f and one covariance Σ for all rows.
//!
//! Σ = L Lᵀ with L = diag(exp s) (I + A), A strictly lower: any s and A give a covariance. It starts at the variances of
//! the training labels with A = 0: the numbers are then independent given x, exactly, and a first loss is the entropy
//! ½ ln 2πeσ² of a label that nothing is known of. s is bounded as in the Gaussian loss.
//!
//! The law of some of the numbers is N of their part of f and Σ, so that labels that are not known are integrated out
//! exactly by leaving them out. The numbers of a row come one after the other (Gaussian elimination): with the part of Σ
//! that those before leave, number j has the variance v_j = Σ_jj and the error e_j, costs ½ (ln 2π + ln v_j + e_j² / v_j)
//! = -ln p(y_j | x, the known numbers before it), and takes Σ_kj / v_j e_j off each later error and its part off Σ.
//! With all numbers known, v_j = L_jj² and Σ_kj / v_j = L_kj / L_jj, and nothing is eliminated.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::tensor::{Bool, Int, Tensor, TensorData};

use crate::initial::{Initial, data};

/// Bound of s: deviations are between e^-7 and e^7.
const BOUND: f64 = 7.0;

/// The least part of a number's variance that the numbers before it leave, where it is found by subtraction in f32.
const LEAST: f64 = 1e-6;

/// The covariance of what the heads leave over.
#[derive(Module, Debug)]
pub(crate) struct Covariance {
    /// s before its bound, `[numbers]`.
    pub(crate) log_scale: Param<Tensor<1>>,
    /// A row by row, `[numbers (numbers - 1) / 2]`.
    pub(crate) lower: Param<Tensor<1>>,
}

/// One number of every row, after those before it.
struct Turn {
    /// Its variance given them, `[patterns, 1]`.
    variance: Tensor<2>,
    /// What of its error each later number shares, `[patterns, later]`, 0 where it is not known; none for the last.
    shares: Option<Tensor<2>>,
}

impl Covariance {
    /// Independent numbers of these variances.
    pub(crate) fn new(initial: &Initial<'_>, variances: &[f64]) -> Self {
        let numbers = variances.len();
        let scale = |variance: &f64| {
            // The inverse of the bound; a constant label has variance 0 and starts at the smallest.
            let share = (variance.max(1e-5).ln() / 2.0 / BOUND).clamp(-0.99, 0.99);
            BOUND * share.atanh()
        };
        Self {
            log_scale: initial.given([numbers], variances.iter().map(scale).collect()),
            lower: initial.constant([numbers * numbers.saturating_sub(1) / 2], 0.0),
        }
    }

    /// How many numbers.
    pub(crate) fn numbers(&self) -> usize {
        let [numbers] = self.log_scale.val().dims();
        numbers
    }

    /// L, `[numbers, numbers]`.
    fn factor(&self) -> Tensor<2> {
        let (scale, lower) = (self.log_scale.val(), self.lower.val());
        let (numbers, device) = (self.numbers(), lower.device());
        let scale = ((scale / BOUND).tanh() * BOUND).exp();
        let edge = Tensor::<1>::from_data(data([2], vec![0.0, 1.0]), &device);
        let places = TensorData::new(places(numbers), [numbers * numbers]);
        let unit = Tensor::cat(vec![edge, lower], 0).select(0, Tensor::from_data(places, &device));
        unit.reshape([numbers, numbers]) * scale.reshape([numbers, 1])
    }

    /// -ln p(number | x, the known numbers before it) `[rows, numbers]`, exactly 0 where it is not known; errors
    /// `[rows, numbers]` are labels less predictions, `mask` is 1 where a number is known, row by row.
    pub(crate) fn costs(&self, errors: Tensor<2>, mask: &[f32]) -> Tensor<2> {
        let [rows, numbers] = errors.dims();
        let device = errors.device();
        let patterns = Patterns::of(mask, numbers);
        let index = TensorData::new(patterns.of_rows.clone(), [rows]);
        let index = Tensor::<1, Int>::from_data(index, &device);
        let missing = missing(&errors, mask);
        // Whatever was predicted where nothing is known: not even an overflow gets through.
        let mut later = errors.mask_fill(missing.clone(), 0.0);
        let mut costs = Vec::with_capacity(numbers);
        for turn in self.turns(&patterns) {
            let error = later.clone().narrow(1, 0, 1);
            let variance = turn.variance.select(0, index.clone());
            costs.push(cost(error.clone(), variance));
            if let Some(shares) = turn.shares {
                let left = later.dims()[1] - 1;
                later = later.narrow(1, 1, left) - shares.select(0, index.clone()) * error;
            }
        }
        Tensor::cat(costs, 1).mask_fill(missing, 0.0)
    }

    /// -ln p(number | x) of each number by itself, as [`costs`](Self::costs).
    pub(crate) fn costs_alone(&self, errors: Tensor<2>, mask: &[f32]) -> Tensor<2> {
        let missing = missing(&errors, mask);
        let [_, numbers] = errors.dims();
        let variances = self.factor().square().sum_dim(1).reshape([1, numbers]);
        cost(errors.mask_fill(missing.clone(), 0.0), variances).mask_fill(missing, 0.0)
    }

    /// The turns of the numbers, whole patterns first.
    fn turns(&self, patterns: &Patterns) -> Vec<Turn> {
        let factor = self.factor();
        let partial = if patterns.partial.is_empty() {
            Vec::new()
        } else {
            eliminate(&factor, &patterns.partial)
        };
        if !patterns.has_whole {
            return partial;
        }
        let whole = whole(&factor);
        if partial.is_empty() {
            return whole;
        }
        let both = whole.into_iter().zip(partial);
        both.map(|(whole, partial)| Turn {
            variance: Tensor::cat(vec![whole.variance, partial.variance], 0),
            shares: (whole.shares.zip(partial.shares))
                .map(|(whole, partial)| Tensor::cat(vec![whole, partial], 0)),
        })
        .collect()
    }

    /// L in f64, row by row.
    pub(super) fn factor_in_f64(&self) -> Vec<Vec<f64>> {
        let read = |values: Tensor<1>| -> Vec<f64> { values.into_data().iter::<f64>().collect() };
        let (scales, lower) = (read(self.log_scale.val()), read(self.lower.val()));
        let unit = [0.0, 1.0].into_iter().chain(lower).collect::<Vec<f64>>();
        let numbers = scales.len();
        let places = places(numbers);
        let rows = scales.iter().zip(places.chunks(numbers.max(1)));
        rows.map(|(scale, places)| {
            let scale = ((scale / BOUND).tanh() * BOUND).exp();
            let of_row = places.iter().map(|&place| {
                let unit = usize::try_from(place).ok().and_then(|at| unit.get(at));
                scale * unit.copied().unwrap_or(0.0)
            });
            of_row.collect()
        })
        .collect()
    }
}

/// ½ (ln 2π + ln v + e² / v).
fn cost(error: Tensor<2>, variance: Tensor<2>) -> Tensor<2> {
    (variance.clone().log() + error.square() / variance + std::f64::consts::TAU.ln()) / 2.0
}

/// Where nothing is known, as a mask like `errors`.
fn missing(errors: &Tensor<2>, mask: &[f32]) -> Tensor<2, Bool> {
    let known = TensorData::new(mask.to_vec(), errors.dims());
    Tensor::<2>::from_data(known, &errors.device()).lower_equal_elem(0.0)
}

/// Where each entry of I + A stands among 0, 1 and A's.
fn places(numbers: usize) -> Vec<i32> {
    let mut next = 1;
    let mut places = Vec::with_capacity(numbers * numbers);
    for row in 0..numbers {
        for column in 0..numbers {
            places.push(match column.cmp(&row) {
                std::cmp::Ordering::Less => {
                    next += 1;
                    next
                }
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 0,
            });
        }
    }
    places
}

/// The turns where every number is known: one pattern, read off L.
fn whole(factor: &Tensor<2>) -> Vec<Turn> {
    let [numbers, _] = factor.dims();
    let turn = |own: usize| {
        let scale = factor.clone().narrow(0, own, 1).narrow(1, own, 1);
        let later = numbers - own - 1;
        let shares = (later > 0).then(|| {
            let below = factor.clone().narrow(0, own + 1, later).narrow(1, own, 1);
            below.transpose() / scale.clone()
        });
        Turn {
            variance: scale.square(),
            shares,
        }
    };
    (0..numbers).map(turn).collect()
}

/// The turns of patterns, 1 where a number is known, by elimination.
fn eliminate(factor: &Tensor<2>, patterns: &[Vec<f32>]) -> Vec<Turn> {
    let [numbers, _] = factor.dims();
    let (count, device) = (patterns.len(), factor.device());
    let covariance = factor.clone().matmul(factor.clone().transpose());
    let mut left: Tensor<3> = covariance
        .clone()
        .reshape([1, numbers, numbers])
        .repeat_dim(0, count);
    let mut turns = Vec::with_capacity(numbers);
    for own in 0..numbers {
        let least = covariance.clone().narrow(0, own, 1).narrow(1, own, 1) * LEAST;
        let variance = left.clone().narrow(1, 0, 1).narrow(2, 0, 1);
        let variance = variance
            .reshape([count, 1])
            .max_pair(least.expand([count, 1]));
        let later = numbers - own - 1;
        if later == 0 {
            turns.push(Turn {
                variance,
                shares: None,
            });
            break;
        }
        let known = patterns.iter().filter_map(|pattern| pattern.get(own));
        let known = data([count, 1], known.map(|&known| f64::from(known)).collect());
        let column = left.clone().narrow(1, 1, later).narrow(2, 0, 1);
        let column = column.reshape([count, later]);
        let shares = column.clone() / variance.clone() * Tensor::from_data(known, &device);
        let taken = shares.clone().reshape([count, later, 1]) * column.reshape([count, 1, later]);
        left = left.narrow(1, 1, later).narrow(2, 1, later) - taken;
        turns.push(Turn {
            variance,
            shares: Some(shares),
        });
    }
    turns
}

/// Which numbers are known together.
struct Patterns {
    /// Whether some row knows all; that pattern comes first.
    has_whole: bool,
    /// The others that occur.
    partial: Vec<Vec<f32>>,
    /// The pattern of each row.
    of_rows: Vec<i32>,
}

impl Patterns {
    /// Of a mask, row by row.
    fn of(mask: &[f32], numbers: usize) -> Self {
        let is_whole = |row: &[f32]| row.iter().all(|known| *known > 0.0);
        let rows = || mask.chunks_exact(numbers.max(1));
        let has_whole = rows().any(is_whole);
        let mut partial: Vec<Vec<f32>> = Vec::new();
        let mut seen: BTreeMap<Vec<bool>, i32> = BTreeMap::new();
        let of_rows = rows()
            .map(|row| {
                if is_whole(row) {
                    return 0;
                }
                let key = row.iter().map(|known| *known > 0.0).collect();
                *seen.entry(key).or_insert_with(|| {
                    partial.push(row.to_vec());
                    partial.len() as i32 - i32::from(!has_whole)
                })
            })
            .collect();
        Self {
            has_whole,
            partial,
            of_rows,
        }
    }
}
