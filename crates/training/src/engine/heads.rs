//! The heads first: from the representation to the losses, and back to it.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::plain::task_losses;
use super::present::Present;
use crate::plan::Plan;

/// What the heads make of a batch.
pub(super) struct HeadsPass {
    /// The loss of each present task, `[1]`, without autodiff.
    pub(super) losses: Vec<Tensor<1>>,
    /// ∂l_t/∂z, `[present tasks, rows, width]`, without autodiff.
    pub(super) cotangents: Tensor<3>,
    /// Of the heads' parameters, each of its own loss alone.
    pub(super) gradients: GradientsParams,
}

/// Forward and backward of the heads of the present tasks over z, `[rows, width]`, which has no autodiff. Each head
/// reads a leaf of its own, so that one backward pass of Σ l_t gives every ∂l_t/∂z by itself.
pub(super) fn pass(
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
    let mut gradients = total.backward();
    let cotangents = leaves
        .iter()
        .map(|leaf| {
            leaf.grad_remove(&mut gradients)
                .unwrap_or_else(|| z.zeros_like())
        })
        .collect();
    Some(HeadsPass {
        losses: losses.into_iter().map(Tensor::inner).collect(),
        cotangents: Tensor::stack(cotangents, 0),
        gradients: GradientsParams::from_grads(gradients, model),
    })
}
