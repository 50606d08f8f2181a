//! The canonical form of a code dictionary: what of it can be named at all.
//!
//! A code may be scaled and turned if its weights are turned back, and codes may be reordered. The canonical form has
//! codes of norm 1, the largest weight of each code positive, and the most used code first (usage: the sum of |A| over
//! tasks and outputs). A rotation inside the span is *not* fixed: only sparse or simplex weights do that, so with dense
//! weights compare spans and do not name codes.

use burn::tensor::{Int, Tensor, TensorData};

use super::{Codes, Mixing};
use crate::head::Head;
use crate::initial::{data, replace};
use crate::matrix::Matrix;

pub(super) fn canonicalise(codes: &mut Codes, heads: &mut [Head]) {
    // Where nothing can take a scale or a sign, changing it would change the predictions: only the order is free.
    if heads.iter().all(takes_scale) {
        codes.normalise(heads);
        turn(codes, heads);
    }
    order(codes, heads);
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

/// What a head makes of each code, `[codes, …]`: its weights, or the private map behind simplex weights.
fn strengths(head: &Head) -> Option<Matrix> {
    let gate = head.mixing.gate()?;
    let signed = match (gate, &head.mixing) {
        (super::Gate::Simplex(_), Mixing::PerTask(mixing)) => mixing.weight.val(),
        _ => gate.weights().transpose(),
    };
    Some(Matrix::of(signed))
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
    codes.give_scale(heads, factors);
}

fn order(codes: &mut Codes, heads: &mut [Head]) {
    let mut usage = vec![0.0; codes.count];
    for gate in heads.iter().filter_map(|head| head.mixing.gate()) {
        let weights = Matrix::of(gate.weights().abs());
        for (at, weight) in weights.values().iter().enumerate() {
            usage[at % codes.count] += weight;
        }
    }
    let mut order: Vec<usize> = (0..codes.count).collect();
    order.sort_by(|&a, &b| usage[b].total_cmp(&usage[a]));

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
