//! The canonical form of a code dictionary: what of it can be named at all.
//!
//! A code may be scaled and turned if its weights are turned back, and codes may be reordered. The canonical form has
//! codes of norm 1, the largest weight of each code positive, and the most used code first (usage: the sum of |A| over
//! tasks and outputs). Where a private map U follows free weights, the two share a scale as well: for `per_task` each
//! row of U gets norm 1 and the weights are not negative, for `block` U gets norm 1 and its largest entry is positive.
//! A rotation inside the span is fixed by sparse weights alone: with free weights of outputs and an `l1` penalty the codes
//! stand where Σ ‖A‖₁ is lowest. With dense weights it is *not* fixed: compare spans and do not name codes.

use burn::tensor::{Int, Tensor, TensorData};

use polytask_random::Seed;

use super::turn::Effort;
use super::{Codes, Mixing, Wiring};
use crate::head::Head;
use crate::initial::{data, replace};
use crate::matrix::Matrix;

/// The search for the sparsest weights.
const EFFORT: Effort = Effort {
    starts: 20,
    sweeps: 200,
    least_gain: 1e-9,
};

/// What it fixes, in words.
pub(super) fn form(codes: &Codes) -> &'static str {
    if codes.l1 > 0.0 {
        "codes of norm 1, turned to the sparsest weights, the largest weight of each positive, the most used first"
    } else {
        "codes of norm 1 where weights can take their scale, the largest weight of each positive, the most used first; dense weights \
         leave the rotation within the span of the codes open, so compare spans and do not name codes"
    }
}

pub(super) fn canonicalise(codes: &mut Codes, heads: &mut [Head]) {
    // Where nothing can take a scale or a sign, changing it would change the predictions: only the order is free.
    if heads.iter().all(takes_scale) {
        codes.normalise(heads);
        heads.iter_mut().for_each(settle);
        sparsen(codes, heads);
        turn(codes, heads);
    }
    order(codes, heads);
}

/// Turns the codes to the sparsest weights, if sparse weights are what was asked for.
fn sparsen(codes: &mut Codes, heads: &mut [Head]) {
    if codes.l1 == 0.0 {
        return;
    }
    let Some(weights) = super::stacked(heads) else {
        return;
    };
    let now: f64 = weights.values().iter().map(|weight| weight.abs()).sum();
    let found = super::turn::sparsest(&weights, &codes.gram(), EFFORT, Seed(0));
    // The same codes again, but for rounding, would be no change for the better.
    if let Some(found) = found.filter(|found| found.penalty < now * (1.0 - 1e-5)) {
        codes.turn(heads, &found);
    }
}

/// Whether a head can take the scale of a code.
fn takes_scale(head: &Head) -> bool {
    match &head.mixing {
        Mixing::PerTask(_) | Mixing::Dense(_) => true,
        Mixing::PerOutput(_) | Mixing::Block(_) => {
            matches!(head.mixing.gate(), Some(super::Gate::Free(_)))
        }
    }
}

/// Moves scale and sign of a private map into the free weights before it.
fn settle(head: &mut Head) {
    let (gate, map, per_code) = match &mut head.mixing {
        Mixing::PerTask(mixing) => (&mut mixing.gate, &mut mixing.weight, true),
        Mixing::Block(mixing) => (&mut mixing.gate, &mut mixing.weight, false),
        Mixing::PerOutput(_) | Mixing::Dense(_) => return,
    };
    let super::Gate::Free(free) = gate else {
        return;
    };
    let (alpha, weight) = (Matrix::of(free.alpha.val()), Matrix::of(map.val()));
    let device = map.device();
    let norms = if per_code {
        let signs = alpha.values().iter().map(|&alpha| sign(alpha));
        let norms = weight.row_norms().into_iter().map(some_or_one);
        norms.zip(signs).map(|(norm, sign)| norm * sign).collect()
    } else {
        let largest = Matrix::signs_of_largest(1, &[Matrix::row(weight.values())]);
        let norm = Matrix::row(weight.values()).row_norms();
        let factor: f64 =
            largest.iter().product::<f64>() * norm.into_iter().map(some_or_one).product::<f64>();
        vec![factor; alpha.values().len()]
    };
    let inverse: Vec<f64> = norms.iter().map(|norm| 1.0 / norm).collect();
    let weight = if per_code {
        weight.scale_rows(&inverse)
    } else {
        weight.scaled(inverse.first().copied().unwrap_or(1.0))
    };
    replace(map, weight.into_tensor(&device));
    replace(
        &mut free.alpha,
        alpha.scale_columns(&norms).into_tensor(&device),
    );
}

fn sign(value: f64) -> f64 {
    if value < 0.0 { -1.0 } else { 1.0 }
}

/// A map of zeros keeps its scale.
fn some_or_one(norm: f64) -> f64 {
    if norm > 0.0 { norm } else { 1.0 }
}

/// What a head makes of each code, `[codes, …]`: its weights, times the private map that has a row for each.
pub(crate) fn strengths(head: &Head) -> Option<Matrix> {
    let weights = head.mixing.gate()?.weights().transpose();
    let strengths = match &head.mixing {
        Mixing::PerTask(mixing) => mixing.weight.val() * weights,
        _ => weights,
    };
    Some(Matrix::of(strengths))
}

fn turn(codes: &mut Codes, heads: &mut [Head]) {
    let stacked: Vec<Matrix> = heads.iter().filter_map(strengths).collect();
    let signs = Matrix::signs_of_largest(codes.count, &stacked);
    let device = codes.codes.device();
    let [rows, width] = codes.codes.lazy_shape().dims();
    let factors = Tensor::<2>::from_data(data([codes.count, 1], signs), &device);
    let turned = codes
        .codes
        .val()
        .detach()
        .reshape([codes.count, codes.block() * width])
        * factors.clone();
    replace(&mut codes.codes, turned.reshape([rows, width]));
    for head in heads {
        match &mut head.mixing {
            // Its weights stay above zero.
            Mixing::PerTask(mixing) => {
                let turned = mixing.weight.val().detach() * factors.clone();
                replace(&mut mixing.weight, turned);
            }
            mixing => {
                if let Some(gate) = mixing.gate_mut() {
                    gate.scale(factors.clone().transpose());
                }
            }
        }
    }
}

fn order(codes: &mut Codes, heads: &mut [Head]) {
    let mut usage = vec![0.0; codes.count];
    for gate in heads.iter().filter_map(|head| head.mixing.gate()) {
        let weights = Matrix::of(gate.weights().abs());
        for row in weights.values().chunks(codes.count.max(1)) {
            for (usage, weight) in usage.iter_mut().zip(row) {
                *usage += weight;
            }
        }
    }
    let mut ranked: Vec<(usize, f64)> = usage.into_iter().enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let order: Vec<usize> = ranked.into_iter().map(|(code, _)| code).collect();

    let block = codes.block();
    let rows = order
        .iter()
        .flat_map(|&code| (0..block).map(move |row| code * block + row))
        .collect::<Vec<_>>();
    let device = codes.codes.device();
    let rows = indices(&rows, &device);
    let sorted = codes.codes.val().detach().select(0, rows);
    replace(&mut codes.codes, sorted);
    for head in heads {
        let order = indices(&order, &device);
        if let Some(gate) = head.mixing.gate_mut() {
            let parameter = gate.parameter_mut();
            let sorted = parameter.val().detach().select(1, order.clone());
            replace(parameter, sorted);
        }
        if let Mixing::PerTask(mixing) = &mut head.mixing {
            let sorted = mixing.weight.val().detach().select(0, order);
            replace(&mut mixing.weight, sorted);
        }
    }
}

fn indices(values: &[usize], device: &burn::tensor::Device) -> Tensor<1, Int> {
    let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}
