//! Gradients that are kept task by task: what accumulation adds up, and what the reference engine makes.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use polytask_model::Rows;

use super::contribution::{register, rows_gram};
use super::judge::Decision;
use super::row;

/// The tasks' gradients of each layer's parameters, from the top down.
pub(crate) type Layers = Vec<Vec<Rows>>;

/// Adds `more` to `sums`, which is empty at first.
pub(super) fn add(sums: &mut Layers, more: Layers) {
    if sums.is_empty() {
        *sums = more;
        return;
    }
    for (sum, own) in sums.iter_mut().flatten().zip(more.into_iter().flatten()) {
        sum.rows = sum.rows.clone() + own.rows;
    }
}

/// The inner products of each layer.
pub(crate) fn grams(layers: &Layers) -> Vec<Tensor<2>> {
    layers.iter().filter_map(|layer| rows_gram(layer)).collect()
}

/// The weighted sum of the rows.
pub(super) fn combine(layers: &Layers, decision: &Decision) -> GradientsParams {
    let mut gradients = GradientsParams::new();
    for (index, layer) in layers.iter().enumerate() {
        for one in layer {
            let alpha = row(decision.of_layer(index), &one.rows.device());
            let sum = alpha.matmul(one.rows.clone());
            register(&mut gradients, one.parameter, &one.shape, sum);
        }
    }
    gradients
}

/// Keeps the tasks at these positions.
pub(super) fn select(layers: &mut Layers, positions: &[usize]) {
    for one in layers.iter_mut().flatten() {
        let kept = indices(positions, &one.rows.device());
        one.rows = one.rows.clone().select(0, kept);
    }
}

/// The inner products over all layers.
pub(crate) fn gram(layers: &Layers) -> Option<Tensor<2>> {
    grams(layers).into_iter().reduce(|sum, more| sum + more)
}

/// ⟨g_s, h_t⟩ for the tasks s of `left` and t of `right`.
pub(crate) fn cross(left: &Layers, right: &Layers) -> Option<Tensor<2>> {
    let pairs = left.iter().flatten().zip(right.iter().flatten());
    pairs
        .map(|(left, right)| left.rows.clone().matmul(right.rows.clone().transpose()))
        .reduce(|sum, more| sum + more)
}

pub(super) fn indices(positions: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = positions
        .iter()
        .filter_map(|&position| i32::try_from(position).ok())
        .collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}
