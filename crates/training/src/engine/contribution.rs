//! What becomes of a layer's contribution: inner products, rows, a weighted sum.
//!
//! For a linear map with inputs X `[rows, in]` and cotangents D_t `[rows, out]` the inner products of the gradients XᵀD_t are
//! ⟨XᵀD_s, XᵀD_t⟩ = ⟨D_s, K D_t⟩ with K = XXᵀ, and with K + 1 those of weight and bias together. This *kernel form* costs
//! rows/in of multiplying the gradients out; below, the cheaper one is taken.

use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_model::{Contribution, Layout, Lookup, Product, Rows};

/// The contribution as it is cheapest to work with: a linear map's gradients are multiplied out if that costs less than
/// their inner products in kernel form and, if the contribution is `kept`, than their weighted sum afterwards.
pub(super) fn settle(given: Contribution, kept: bool) -> Contribution {
    match given {
        Contribution::Product(product) if !prefers_kernel(&product, kept) => {
            Contribution::Rows(product_rows(&product))
        }
        given => given,
    }
}

fn prefers_kernel(product: &Product, kept: bool) -> bool {
    let [tasks, rows, outputs] = product.cotangents.dims();
    let inputs = product.inputs.dims()[1];
    let sum = if kept { rows * inputs * outputs } else { 0 };
    let kernel = rows * rows * inputs + tasks * rows * outputs * (rows + tasks) + sum;
    let outright = tasks * inputs * outputs * (rows + tasks);
    kernel <= outright
}

/// The inner products of the tasks' gradients of this layer, `[tasks, tasks]`.
pub(super) fn gram(contribution: &Contribution) -> Option<Tensor<2>> {
    match contribution {
        Contribution::Product(product) => Some(product_gram(product)),
        Contribution::Rows(all) => rows_gram(all),
        Contribution::Lookup(lookup) => Some(lookup_gram(lookup)),
    }
}

/// The same of gradients that are there, a parameter at a time; `None` without a parameter.
pub(super) fn rows_gram(all: &[Rows]) -> Option<Tensor<2>> {
    let each = all.iter().map(|one| outer(one.rows.clone()));
    each.reduce(|sum, gram| sum + gram)
}

/// The gradients themselves, a parameter at a time.
pub(super) fn rows(contribution: &Contribution) -> Vec<Rows> {
    match contribution {
        Contribution::Product(product) => product_rows(product),
        Contribution::Rows(all) => all.clone(),
        Contribution::Lookup(lookup) => {
            let [tasks, rows, width] = lookup.cotangents.dims();
            let [categories, _] = lookup.shape;
            // [tasks, categories, width], a task at a time in one product over all their columns.
            let wide = lookup
                .cotangents
                .clone()
                .swap_dims(0, 1)
                .reshape([rows, tasks * width]);
            let table = lookup
                .one_hot()
                .transpose()
                .matmul(wide)
                .reshape([categories, tasks, width])
                .swap_dims(0, 1)
                .reshape([tasks, categories * width]);
            vec![Rows {
                parameter: lookup.table,
                shape: lookup.shape.to_vec(),
                rows: table,
            }]
        }
    }
}

/// Adds Σ_t alpha_t g_t to `gradients`; `alpha` is `[1, tasks]`.
pub(super) fn combine(
    contribution: &Contribution,
    alpha: &Tensor<2>,
    gradients: &mut GradientsParams,
) {
    match contribution {
        Contribution::Product(product) => {
            let d = weighted(&product.cotangents, alpha);
            let inputs = product.inputs.clone();
            let weight = match product.layout {
                Layout::InputsFirst => inputs.transpose().matmul(d.clone()),
                Layout::OutputsFirst => d.clone().transpose().matmul(inputs),
            };
            gradients.register(product.weight, weight);
            if let Some(bias) = product.bias {
                let outputs = d.dims()[1];
                gradients.register(bias, d.sum_dim(0).reshape([outputs]));
            }
        }
        Contribution::Rows(all) => {
            for one in all {
                let sum = alpha.clone().matmul(one.rows.clone());
                register(gradients, one.parameter, &one.shape, sum);
            }
        }
        Contribution::Lookup(lookup) => {
            let d = weighted(&lookup.cotangents, alpha);
            gradients.register(lookup.table, lookup.one_hot().transpose().matmul(d));
        }
    }
}

/// Registers a gradient that lies flat under its parameter's shape.
pub(crate) fn register<const D: usize>(
    gradients: &mut GradientsParams,
    parameter: ParamId,
    shape: &[usize],
    flat: Tensor<D>,
) {
    match *shape {
        [a] => gradients.register(parameter, flat.reshape([a])),
        [a, b] => gradients.register(parameter, flat.reshape([a, b])),
        [a, b, c] => gradients.register(parameter, flat.reshape([a, b, c])),
        [a, b, c, d] => gradients.register(parameter, flat.reshape([a, b, c, d])),
        // No layer has parameters of another rank.
        _ => {}
    }
}

/// Σ_t alpha_t D_t, `[rows, numbers]`.
pub(super) fn weighted(cotangents: &Tensor<3>, alpha: &Tensor<2>) -> Tensor<2> {
    let [tasks, rows, numbers] = cotangents.dims();
    let flat = cotangents.clone().reshape([tasks, rows * numbers]);
    alpha.clone().matmul(flat).reshape([rows, numbers])
}

/// R Rᵀ.
pub(super) fn outer(rows: Tensor<2>) -> Tensor<2> {
    rows.clone().matmul(rows.transpose())
}

fn product_gram(product: &Product) -> Tensor<2> {
    let mut k = outer(product.inputs.clone());
    if product.bias.is_some() {
        k = k + 1.0;
    }
    under_kernel(k, &product.cotangents)
}

/// ⟨D_s, K D_t⟩ for all pairs.
fn under_kernel(k: Tensor<2>, cotangents: &Tensor<3>) -> Tensor<2> {
    let [tasks, rows, outputs] = cotangents.dims();
    let moved = k
        .reshape([1, rows, rows])
        .expand([tasks, rows, rows])
        .matmul(cotangents.clone());
    let flat = |all: Tensor<3>| all.reshape([tasks, rows * outputs]);
    flat(cotangents.clone()).matmul(flat(moved).transpose())
}

fn product_rows(product: &Product) -> Vec<Rows> {
    let [tasks, rows, outputs] = product.cotangents.dims();
    let inputs = product.inputs.dims()[1];
    // [tasks * outputs, inputs]
    let stacked = product
        .cotangents
        .clone()
        .swap_dims(1, 2)
        .reshape([tasks * outputs, rows])
        .matmul(product.inputs.clone())
        .reshape([tasks, outputs, inputs]);
    let (shape, stacked) = match product.layout {
        Layout::InputsFirst => (vec![inputs, outputs], stacked.swap_dims(1, 2)),
        Layout::OutputsFirst => (vec![outputs, inputs], stacked),
    };
    let mut all = vec![Rows {
        parameter: product.weight,
        shape,
        rows: stacked.reshape([tasks, inputs * outputs]),
    }];
    if let Some(parameter) = product.bias {
        all.push(Rows {
            parameter,
            shape: vec![outputs],
            rows: product
                .cotangents
                .clone()
                .sum_dim(1)
                .reshape([tasks, outputs]),
        });
    }
    all
}

/// Rows of the batch that read one category share its gradient: K is 1 where they did.
fn lookup_gram(lookup: &Lookup) -> Tensor<2> {
    let rows = lookup.chosen.dims()[0];
    let across = lookup.chosen.clone().reshape([1, rows]);
    let down = lookup.chosen.clone().reshape([rows, 1]);
    let same = down.expand([rows, rows]).equal(across.expand([rows, rows]));
    under_kernel(same.float(), &lookup.cotangents)
}
