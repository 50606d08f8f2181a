//! The representation's gradients: one forward pass, the heads, and one backward pass of the trunk.
//!
//! The backward pass is that of the surrogate ⟨z, Σ_t α_t ∂l_t/∂z⟩, whose gradient is that of Σ_t α_t l_t. With several
//! batches a step, their inner products add up and each trunk is run forward a second time, with the same masks.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::Sight;
use polytask_data::Batch;
use polytask_model::Pass;

use super::heads::Cotangents;
use super::judge::Decide;
use super::plain::{Backward, seed};
use super::rate::{self, Rate};
use super::{Shared, Work, add_losses, assemble, heads, seen_of};
use crate::{gradients, tensors};

pub(super) fn backward(
    work: &Work<'_>,
    shared: &Shared,
    sight: Sight,
    decide: &mut Decide<'_>,
) -> Option<Backward> {
    let mut cotangents: Vec<Cotangents> = Vec::new();
    let mut losses: Vec<Tensor<1>> = Vec::new();
    let mut own: Option<GradientsParams> = None;
    let mut gram: Option<Tensor<2>> = None;
    let mut tape: Option<Pass> = None;
    // The passes that follow move the running statistics; those before them move a clone's.
    let looking = (work.batches.len() > 1).then(|| work.model.clone());
    for (index, batch) in work.batches.iter().enumerate() {
        seed(work.plan, work.draw(index));
        let model = looking.as_ref().unwrap_or(work.model);
        let below = model.pass(&inputs(work, batch));
        let z = below.representation.clone().inner();
        let pass = heads::pass(work.plan, model, &z, batch, work.present)?;
        if sight != Sight::Nothing {
            let more = pass.cotangents.gram();
            gram = Some(match gram.take() {
                Some(sum) => sum + more,
                None => more,
            });
        }
        cotangents.push(pass.cotangents);
        add_losses(&mut losses, pass.losses);
        own = Some(gradients::add(work.model, own.take(), pass.gradients));
        tape = Some(below);
    }
    let decision = decide(seen_of(&losses, gram.into_iter().collect(), sight));
    let mut trunk: Option<GradientsParams> = None;
    let mut rate = Rate::default();
    for (index, (batch, cotangents)) in work.batches.iter().zip(cotangents).enumerate() {
        let below = match (&looking, tape.take()) {
            (None, Some(below)) => below,
            _ => {
                seed(work.plan, work.draw(index));
                work.model.pass(&inputs(work, batch))
            }
        };
        let z = below.representation;
        // A trunk without parameters has no tape.
        if !z.is_tracked() {
            continue;
        }
        let d = cotangents.weighted(decision.of_layer(0));
        let mut surrogate = (z * Tensor::from_inner(d)).sum();
        // Where the tasks' part is bounded, the rate takes a pass of its own.
        let rates = below.rates.filter(|_| work.clip.is_none());
        if let Some(cost) =
            rates.and_then(|rates| rate.add(work.model, rates, rate::rows(work.batches)))
        {
            surrogate = surrogate + cost;
        }
        let more = GradientsParams::from_grads(surrogate.backward(), work.model);
        trunk = Some(gradients::add(work.model, trunk.take(), more));
    }
    let trunk = trunk.unwrap_or_default();
    let rate = work.clip.is_none().then_some(rate);
    Some(assemble(
        work,
        shared,
        &decision.heads,
        own?,
        (trunk, rate),
        losses,
    ))
}

/// The inner products alone.
pub(super) fn gram(work: &Work<'_>) -> Option<Tensor<2>> {
    let each = work.batches.iter().enumerate().map(|(index, batch)| {
        seed(work.plan, work.draw(index));
        let z = work.model.representation(&inputs(work, batch)).inner();
        let pass = heads::pass(work.plan, work.model, &z, batch, work.present)?;
        Some(pass.cotangents.gram())
    });
    let each: Option<Vec<Tensor<2>>> = each.collect();
    each?.into_iter().reduce(|sum, more| sum + more)
}

fn inputs(work: &Work<'_>, batch: &Batch) -> polytask_model::Inputs {
    tensors::inputs(batch, &work.plan.input_shape, &work.plan.device)
}
