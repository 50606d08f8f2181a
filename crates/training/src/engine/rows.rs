//! Gradients that are kept task by task: what accumulation adds up, and what the reference engine makes.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_model::Rows;

use super::contribution::{outer, register};
use super::judge::Decision;
use super::row;

/// The tasks' gradients of each layer's parameters, from the top down.
pub(super) type Layers = Vec<Vec<Rows>>;

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
pub(super) fn grams(layers: &Layers) -> Vec<Tensor<2>> {
    let gram = |layer: &Vec<Rows>| {
        let each = layer.iter().map(|one| outer(one.rows.clone()));
        each.reduce(|sum, gram| sum + gram)
    };
    layers.iter().filter_map(gram).collect()
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
