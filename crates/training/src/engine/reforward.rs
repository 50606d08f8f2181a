//! The reference: one forward and backward pass a task, with the same dropout masks.
//!
//! It holds for any model, as it knows nothing of its inside but which parameters are shared. Running statistics move
//! once, with the first task's pass.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_model::{MultiTaskModel, Rows};

use super::plain::forward;
use super::{Apart, Shared, Work, add_losses, rows};
use crate::gradients;

pub(super) fn apart(
    work: &Work<'_>,
    shared: &Shared,
    positions: Option<&[usize]>,
) -> Option<Apart> {
    let later = work.model.clone();
    let mut losses: Vec<Tensor<1>> = Vec::new();
    let mut each: Vec<GradientsParams> = Vec::new();
    for position in 0..work.present.tasks.len() {
        let model = if position == 0 { work.model } else { &later };
        let mut sum: Option<GradientsParams> = None;
        let mut own: Vec<Tensor<1>> = Vec::new();
        for (index, batch) in work.batches.iter().enumerate() {
            let all = forward(work.plan, model, batch, work.present, work.draw(index));
            let loss = all.into_iter().nth(position)?;
            add_losses(&mut own, vec![loss.clone().inner()]);
            let more = GradientsParams::from_grads(loss.backward(), model);
            sum = Some(gradients::add(work.model, sum.take(), more));
        }
        losses.extend(own);
        each.push(sum?);
    }
    let mut layers = layers(work.model, shared, &mut each);
    if let Some(positions) = positions {
        rows::select(&mut layers, positions);
    }
    let heads = each
        .into_iter()
        .reduce(|sum, more| gradients::add(work.model, Some(sum), more))?;
    Some(Apart {
        layers,
        losses,
        heads,
    })
}

/// Takes the gradients of the shared parameters out of each task's.
fn layers(model: &MultiTaskModel, shared: &Shared, each: &mut [GradientsParams]) -> rows::Layers {
    let mut take = TakeRows {
        shared,
        each,
        found: Vec::new(),
    };
    model.visit(&mut take);
    let mut layers = rows::Layers::new();
    for (layer, rows) in take.found {
        if layers.len() <= layer {
            layers.resize_with(layer + 1, Vec::new);
        }
        if let Some(slot) = layers.get_mut(layer) {
            slot.push(rows);
        }
    }
    layers
}

struct TakeRows<'a> {
    shared: &'a Shared,
    each: &'a mut [GradientsParams],
    found: Vec<(usize, Rows)>,
}

impl ModuleVisitor for TakeRows<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(layer) = self.shared.layer_of(parameter.id) else {
            return;
        };
        let shape = parameter.lazy_shape().to_vec();
        let numbers: usize = shape.iter().product();
        let device = parameter.val().inner().device();
        let rows = self
            .each
            .iter_mut()
            .map(|own| match own.remove::<D>(parameter.id) {
                Some(gradient) => gradient.reshape([numbers]),
                None => Tensor::zeros([numbers], &device),
            })
            .collect();
        self.found.push((
            layer,
            Rows {
                parameter: parameter.id,
                shape,
                rows: Tensor::stack(rows, 0),
            },
        ));
    }
}
