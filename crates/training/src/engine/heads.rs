//! The heads first: from the representation to the losses, and back to it.
//!
//! Heads of which each is one matrix and an offset are one product forward and one back, whatever their number: with the
//! scores' cotangents δ_t = ∂l_t/∂(z W_t) the representation's are δ_t W_tᵀ, and neither their inner products nor their
//! weighted sum needs them multiplied out. Any other head reads a leaf of its own.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::contribution::{self, outer};
use super::plain::task_losses;
use super::present::Present;
use crate::gradients;
use crate::plan::Plan;

/// What the heads make of a batch.
pub(super) struct HeadsPass {
    /// The loss of each present task, `[1]`, without autodiff.
    pub(super) losses: Vec<Tensor<1>>,
    /// ∂l_t/∂z.
    pub(super) cotangents: Cotangents,
    /// Of the heads' parameters, each of its own loss alone.
    pub(super) gradients: GradientsParams,
}

/// ∂l_t/∂z for each present task, without autodiff.
#[expect(clippy::large_enum_variant, reason = "there is one a step")]
pub(super) enum Cotangents {
    /// `[present tasks, rows, width]`.
    Outright(Tensor<3>),
    /// δ_t `[rows, scores]` and W_t `[width, scores]` of each task, side by side: theirs is δ_t W_tᵀ.
    Product {
        scores: Tensor<2>,
        matrix: Tensor<2>,
        widths: Vec<usize>,
    },
}

/// Forward and backward of the heads of the present tasks over z, `[rows, width]`, which has no autodiff.
pub(super) fn pass(
    plan: &Plan,
    model: &MultiTaskModel,
    z: &Tensor<2>,
    batch: &Batch,
    present: &Present,
) -> Option<HeadsPass> {
    match model.head_matrices(&present.tasks) {
        Some(matrices) => linear(plan, model, z, batch, present, &matrices),
        None => outright(plan, model, z, batch, present),
    }
}

/// Each head reads a leaf of its own, so that one backward pass of Σ l_t gives every ∂l_t/∂z by itself.
pub(super) fn outright(
    plan: &Plan,
    model: &MultiTaskModel,
    z: &Tensor<2>,
    batch: &Batch,
    present: &Present,
) -> Option<HeadsPass> {
    let mut leaves = Vec::with_capacity(present.tasks.len());
    let losses = task_losses(plan, batch, present, |task| {
        let leaf = Tensor::from_inner(z.clone()).require_grad();
        leaves.push(leaf.clone());
        model.head_forward(task, leaf)
    });
    let total = losses.iter().cloned().reduce(|left, right| left + right)?;
    let mut tape = total.backward();
    let cotangents = leaves
        .iter()
        .map(|leaf| {
            leaf.grad_remove(&mut tape)
                .unwrap_or_else(|| z.zeros_like())
        })
        .collect();
    Some(HeadsPass {
        losses: losses.into_iter().map(Tensor::inner).collect(),
        cotangents: Cotangents::Outright(Tensor::stack(cotangents, 0)),
        gradients: GradientsParams::from_grads(tape, model),
    })
}

/// The tape holds what lies between scores and losses; the matrices are differentiated here.
fn linear(
    plan: &Plan,
    model: &MultiTaskModel,
    z: &Tensor<2>,
    batch: &Batch,
    present: &Present,
    matrices: &[Tensor<2>],
) -> Option<HeadsPass> {
    let widths: Vec<usize> = matrices.iter().map(|matrix| matrix.dims()[1]).collect();
    let matrix = Tensor::cat(matrices.iter().map(|one| one.clone().inner()).collect(), 1);
    let mut scores = side_by_side(z.clone().matmul(matrix.clone()), &widths).into_iter();
    let mut leaves = Vec::with_capacity(widths.len());
    let losses = task_losses(plan, batch, present, |task| {
        let leaf = Tensor::from_inner(scores.next()?).require_grad();
        leaves.push(leaf.clone());
        model.offset(task, leaf)
    });
    let total = losses.iter().cloned().reduce(|left, right| left + right)?;
    let mut tape = total.backward();
    let cotangents: Vec<Tensor<2>> = leaves
        .iter()
        .map(|leaf| {
            leaf.grad_remove(&mut tape)
                .unwrap_or_else(|| leaf.clone().inner().zeros_like())
        })
        .collect();
    let offsets = GradientsParams::from_grads(tape, model);
    let scores = Tensor::cat(cotangents, 1);
    // ∂l_t/∂W_t = zᵀ δ_t, which a surrogate hands to whatever the matrix is made of.
    let slopes = side_by_side(z.clone().transpose().matmul(scores.clone()), &widths);
    let surrogate = matrices
        .iter()
        .zip(slopes)
        .map(|(matrix, slope)| (matrix.clone() * Tensor::from_inner(slope)).sum())
        .reduce(|left, right| left + right)?;
    let own = GradientsParams::from_grads(surrogate.backward(), model);
    Some(HeadsPass {
        losses: losses.into_iter().map(Tensor::inner).collect(),
        cotangents: Cotangents::Product {
            scores,
            matrix,
            widths,
        },
        gradients: gradients::add(model, Some(offsets), own),
    })
}

/// The columns of each task.
fn side_by_side(all: Tensor<2>, widths: &[usize]) -> Vec<Tensor<2>> {
    if widths.len() == 1 {
        return vec![all];
    }
    all.split_with_sizes(widths.to_vec(), 1)
}

impl Cotangents {
    /// How many tasks.
    pub(super) fn tasks(&self) -> usize {
        match self {
            Self::Outright(all) => all.dims()[0],
            Self::Product { widths, .. } => widths.len(),
        }
    }

    /// Their inner products over the batch, `[tasks, tasks]`.
    pub(super) fn gram(&self) -> Tensor<2> {
        match self {
            Self::Outright(all) => {
                let [tasks, rows, width] = all.dims();
                outer(all.clone().reshape([tasks, rows * width]))
            }
            // ⟨δ_s W_sᵀ, δ_t W_tᵀ⟩ is the sum over the tasks' columns of δᵀδ ∘ WᵀW.
            Self::Product {
                scores,
                matrix,
                widths,
            } => {
                let square = |of: &Tensor<2>| of.clone().transpose().matmul(of.clone());
                let pairs = square(scores) * square(matrix);
                if widths.iter().all(|&width| width == 1) {
                    return pairs;
                }
                let of_task = belongs(widths, &pairs.device());
                of_task.clone().matmul(pairs).matmul(of_task.transpose())
            }
        }
    }

    /// Σ_t weights_t ∂l_t/∂z, `[rows, width]`.
    pub(super) fn weighted(&self, weights: &[f64]) -> Tensor<2> {
        match self {
            Self::Outright(all) => contribution::weighted(all, &super::row(weights, &all.device())),
            Self::Product {
                scores,
                matrix,
                widths,
            } => {
                let wide: Vec<f64> = widths
                    .iter()
                    .zip(weights)
                    .flat_map(|(&width, &weight)| std::iter::repeat_n(weight, width))
                    .collect();
                let weighted = scores.clone() * super::row(&wide, &scores.device());
                weighted.matmul(matrix.clone().transpose())
            }
        }
    }

    /// All of them, `[tasks, rows, width]`.
    pub(super) fn outright(&self) -> Tensor<3> {
        match self {
            Self::Outright(all) => all.clone(),
            Self::Product {
                scores,
                matrix,
                widths,
            } => {
                let [rows, columns] = scores.dims();
                let width = matrix.dims()[0];
                if columns == widths.len() {
                    let scores = scores.clone().transpose().reshape([columns, rows, 1]);
                    return scores * matrix.clone().transpose().reshape([columns, 1, width]);
                }
                let scores = side_by_side(scores.clone(), widths).into_iter();
                let matrices = side_by_side(matrix.clone(), widths);
                let each = scores.zip(matrices);
                let each = each.map(|(delta, matrix)| delta.matmul(matrix.transpose()));
                Tensor::stack(each.collect(), 0)
            }
        }
    }
}

/// 1 where a column belongs to a task, `[tasks, columns]`.
fn belongs(widths: &[usize], device: &burn::tensor::Device) -> Tensor<2> {
    let columns: usize = widths.iter().sum();
    let mut values = Vec::with_capacity(widths.len() * columns);
    let mut begin = 0;
    for &width in widths {
        let own = begin..begin + width;
        values.extend((0..columns).map(|column| if own.contains(&column) { 1.0_f32 } else { 0.0 }));
        begin += width;
    }
    let data = burn::tensor::TensorData::new(values, [widths.len(), columns]);
    Tensor::from_data(data, device)
}
