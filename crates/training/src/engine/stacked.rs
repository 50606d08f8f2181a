//! The gradients of all shared parameters, exactly: the cotangents of all tasks go through the trunk together.
//!
//! Each layer's inner products are added up as the cotangents pass it, and the tasks' gradients are never held all at
//! once. With few tasks the contributions are kept, and weighting them needs no further backward pass; with many they
//! are let go, and the one weighted cotangent is pulled down once more, which costs a task's share. With several batches
//! a step the inner products are those of the sums, so that the rows are kept and added up.

use std::ops::ControlFlow;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::Sight;
use polytask_model::{Contribution, Recorded};

use super::heads::Cotangents;
use super::judge::{Decide, Decision};
use super::plain::{Backward, seed};
use super::rows::indices;
use super::{
    Apart, Shared, Work, add_losses, assemble, contribution, heads, row, rows, seen_of, weighted,
};
use crate::{gradients, tensors};

/// Contributions are kept for so many tasks: their memory is that of the activations, once a task.
const KEPT: usize = 8;

pub(super) fn backward(
    work: &Work<'_>,
    shared: &Shared,
    sight: Sight,
    decide: &mut Decide<'_>,
) -> Option<Backward> {
    if let [_] = work.batches {
        let (recorded, pass) = forward(work, 0)?;
        let below = Below::new(&recorded, pass.cotangents, sight);
        let decision = decide(seen_of(&pass.losses, below.grams.clone(), sight));
        let trunk = below.combine(&decision);
        return Some(assemble(
            work,
            shared,
            &decision.heads,
            pass.gradients,
            (trunk, None),
            pass.losses,
        ));
    }
    Some(weighted(work, shared, apart(work, None)?, sight, decide))
}

/// The inner products alone.
pub(super) fn grams(work: &Work<'_>, sight: Sight) -> Option<Vec<Tensor<2>>> {
    if let [_] = work.batches {
        let (recorded, pass) = forward(work, 0)?;
        return Some(inner_products(&recorded, &pass.cotangents, sight, false).0);
    }
    Some(rows::grams(&apart(work, None)?.layers))
}

/// The gradients themselves, added up over the batches.
pub(super) fn apart(work: &Work<'_>, positions: Option<&[usize]>) -> Option<Apart> {
    let mut sums = rows::Layers::new();
    let mut losses = Vec::new();
    let mut own = None;
    for index in 0..work.batches.len() {
        let (recorded, pass) = forward(work, index)?;
        let mut layers = rows::Layers::new();
        let mut cotangents = pass.cotangents.outright();
        if let Some(positions) = positions {
            let kept = indices(positions, &cotangents.device());
            cotangents = cotangents.select(0, kept);
        }
        recorded.pull(cotangents, &mut |given| {
            layers.push(contribution::rows(&given));
            ControlFlow::Continue(())
        });
        rows::add(&mut sums, layers);
        add_losses(&mut losses, pass.losses);
        own = Some(gradients::add(work.model, own.take(), pass.gradients));
    }
    Some(Apart {
        layers: sums,
        losses,
        heads: own?,
    })
}

fn forward(work: &Work<'_>, index: usize) -> Option<(Recorded, heads::HeadsPass)> {
    let plan = work.plan;
    let batch = work.batches.get(index)?;
    seed(plan, work.draw(index));
    let inputs = tensors::inputs(batch, &plan.input_shape, &plan.place.device);
    let recorded = work.model.record(&inputs);
    let z = recorded.representation();
    let pass = heads::pass(plan, work.model, &z, batch, work.present)?;
    Some((recorded, pass))
}

/// The trunk of one batch with the cotangents of all tasks pulled down.
struct Below<'a> {
    recorded: &'a Recorded,
    cotangents: Cotangents,
    /// From the top down.
    grams: Vec<Tensor<2>>,
    kept: Vec<Contribution>,
    /// Whether all contributions were kept.
    is_kept: bool,
}

impl<'a> Below<'a> {
    fn new(recorded: &'a Recorded, cotangents: Cotangents, sight: Sight) -> Self {
        let tasks = cotangents.tasks();
        let wants_last = sight == Sight::LastShared;
        // Each layer with weights of its own needs the tasks' cotangents apart.
        let is_kept = !wants_last && (tasks <= KEPT || sight == Sight::Layers);
        let (grams, kept) = inner_products(recorded, &cotangents, sight, is_kept);
        Self {
            recorded,
            cotangents,
            grams,
            kept,
            is_kept,
        }
    }

    fn combine(self, decision: &Decision) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        let device = self.recorded.representation().device();
        if self.is_kept {
            for (index, given) in self.kept.iter().enumerate() {
                let alpha = row(decision.of_layer(index), &device);
                contribution::combine(given, &alpha, &mut gradients);
            }
            return gradients;
        }
        let d = self
            .cotangents
            .weighted(decision.of_layer(0))
            .unsqueeze::<3>();
        let one = row(&[1.0], &device);
        self.recorded.pull(d, &mut |given| {
            contribution::combine(&given, &one, &mut gradients);
            ControlFlow::Continue(())
        });
        gradients
    }
}

/// Pulls the cotangents down; the inner products of each layer, or their sum, and what was kept of the layers.
fn inner_products(
    recorded: &Recorded,
    cotangents: &Cotangents,
    sight: Sight,
    is_kept: bool,
) -> (Vec<Tensor<2>>, Vec<Contribution>) {
    let (mut grams, mut kept) = (Vec::new(), Vec::new());
    recorded.pull(cotangents.outright(), &mut |given| {
        let given = contribution::settle(given, is_kept);
        grams.extend(contribution::gram(&given));
        if is_kept {
            kept.push(given);
        }
        if sight == Sight::LastShared {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if sight != Sight::Layers {
        // One sum instead of a matrix a layer.
        let sum = grams.into_iter().reduce(|sum, gram| sum + gram);
        grams = sum.into_iter().collect();
    }
    (grams, kept)
}
