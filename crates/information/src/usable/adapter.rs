//! A ridge adapter on frozen predictions: logits += M f for classes, prediction += m f for real labels.
//!
//! Classes: minimises Σ CE + λ/2 ||M||² by Böhning's bound (1992): the Hessian of a row's CE is at most 1/2 f f' for every class, so
//! that steps with the one matrix 1/2 F'F + λ never raise the loss. It is factorised once. Nesterov's momentum makes it fast, and is
//! dropped whenever the loss rises.

use nalgebra::{DMatrix, DVector};

use super::cross_entropies;
use crate::InformationError;
use crate::special::ln_sum_exp;

/// How much a unit of squared weight costs, in nats over all rows.
const RIDGE: f64 = 1.0;
const STEPS: usize = 500;

/// Features `[rows, features]`, made of mean 0 on the rows they are fitted on: an adapter must not win by a constant.
#[derive(Clone, Debug)]
pub(super) struct Features {
    pub(super) values: DMatrix<f64>,
}

impl Features {
    /// Of both sets of rows, the means taken from the first.
    pub(super) fn centred(fitted: &[f64], tested: &[f64], width: usize) -> (Self, Self) {
        let width = width.max(1);
        let mut first = DMatrix::from_row_slice(fitted.len() / width, width, fitted);
        let mut second = DMatrix::from_row_slice(tested.len() / width, width, tested);
        let mean = first.row_mean();
        first.row_iter_mut().for_each(|mut row| row -= &mean);
        second.row_iter_mut().for_each(|mut row| row -= &mean);
        (Self { values: first }, Self { values: second })
    }
}

/// M, `[features, classes]`.
pub(super) fn fit_classes(
    features: &Features,
    logits: &[f64],
    classes: usize,
    truth: &[u32],
) -> Result<DMatrix<f64>, InformationError> {
    let f = &features.values;
    let width = f.ncols();
    let bound = f.tr_mul(f) * 0.5 + DMatrix::identity(width, width) * RIDGE;
    let factor = bound.cholesky().ok_or(InformationError::Singular {
        what: "features of an adapter",
    })?;
    let offset = DMatrix::from_row_slice(truth.len(), classes, logits);
    let loss = |weights: &DMatrix<f64>| -> f64 {
        cross_entropies(&added(&offset, f, weights), classes, truth)
            .iter()
            .sum::<f64>()
            + RIDGE / 2.0 * weights.norm_squared()
    };
    let mut weights = DMatrix::zeros(width, classes);
    let mut ahead = weights.clone();
    let (mut best, mut momentum) = (loss(&weights), 1.0f64);
    for _ in 0..STEPS {
        let errors = softmax_errors(&added(&offset, f, &ahead), classes, truth);
        let gradient = f.tr_mul(&errors) + &ahead * RIDGE;
        let next = &ahead - factor.solve(&gradient);
        let value = loss(&next);
        if value > best {
            if ahead == weights {
                break;
            }
            ahead.copy_from(&weights);
            momentum = 1.0;
            continue;
        }
        let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
        ahead = &next + (&next - &weights) * ((momentum - 1.0) / grown);
        weights = next;
        momentum = grown;
        // A nat over all rows is far below any reported digit at this fraction.
        if best - value < 1e-9 * best.abs().max(1.0) && momentum > 2.0 {
            break;
        }
        best = value;
    }
    Ok(weights)
}

/// m, `[features, 1]`, by least squares on the residuals with the same ridge in units of their variance.
pub(super) fn fit_real(
    features: &Features,
    residuals: &[f64],
) -> Result<DMatrix<f64>, InformationError> {
    let f = &features.values;
    let width = f.ncols();
    let residuals = DVector::from_column_slice(residuals);
    let gram = f.tr_mul(f) + DMatrix::identity(width, width) * RIDGE;
    let factor = gram.cholesky().ok_or(InformationError::Singular {
        what: "features of an adapter",
    })?;
    let solved = factor.solve(&f.tr_mul(&residuals));
    Ok(DMatrix::from_column_slice(width, 1, solved.as_slice()))
}

/// offset + F M, row by row.
pub(super) fn added(
    offset: &DMatrix<f64>,
    features: &DMatrix<f64>,
    weights: &DMatrix<f64>,
) -> Vec<f64> {
    let sum = offset + features * weights;
    sum.transpose().as_slice().to_vec()
}

fn softmax_errors(logits: &[f64], classes: usize, truth: &[u32]) -> DMatrix<f64> {
    let mut values = Vec::with_capacity(logits.len());
    for (row, &class) in logits.chunks_exact(classes.max(1)).zip(truth) {
        let total = ln_sum_exp(row.iter().copied());
        values.extend(
            row.iter()
                .zip(0u32..)
                .map(|(logit, other)| (logit - total).exp() - f64::from(u8::from(other == class))),
        );
    }
    DMatrix::from_row_slice(truth.len(), classes, &values)
}
