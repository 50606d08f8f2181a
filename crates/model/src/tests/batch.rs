//! Batches with labels, their loss, and its gradient by name, against central differences.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor};

use super::fixtures::{close, labels, tensor};
use super::reference::{Rows, Values};
use crate::{Inputs, MultiTaskModel, TaskLoss, TaskSpec, names};

/// Targets and masks of a batch.
pub(super) struct Labelled {
    pub(super) targets: Vec<Rows>,
    pub(super) masks: Vec<Vec<f64>>,
}

impl Labelled {
    /// Every third row lacks the label of a task, another row for each task.
    pub(super) fn of(tasks: &[TaskSpec], count: usize) -> Self {
        let mask = |task: usize| {
            (0..count)
                .map(|row| f64::from(u8::from(!(row + task).is_multiple_of(3))))
                .collect()
        };
        Self {
            targets: tasks.iter().map(|task| labels(task, count)).collect(),
            masks: (0..tasks.len()).map(mask).collect(),
        }
    }
}

/// The sum of the tasks' mean losses, and the penalty.
pub(super) fn total_loss(
    model: &MultiTaskModel,
    tasks: &[TaskSpec],
    inputs: &Inputs,
    labelled: &Labelled,
    device: &Device,
) -> Tensor<1> {
    let predictions = model.forward(inputs);
    let mut total = Tensor::zeros([1], device);
    for (at, (task, prediction)) in tasks.iter().zip(predictions).enumerate() {
        let mask = &labelled.masks[at];
        let count = mask.iter().sum::<f64>() as usize;
        let loss = TaskLoss::new(task).unwrap().mean(
            prediction,
            tensor(&labelled.targets[at], device),
            tensor(&vec![mask.clone()], device).flatten(0, 1),
            count,
        );
        total = total + loss;
    }
    match model.penalty() {
        Some(penalty) => total + penalty,
        None => total,
    }
}

/// The gradient of every parameter by canonical name; a parameter that the loss does not reach has none.
pub(super) fn gradients(
    model: &MultiTaskModel,
    gradients: &Gradients,
) -> Vec<(String, Option<Vec<f64>>)> {
    struct Collect<'a>(&'a Gradients, Vec<(ParamId, Option<Vec<f64>>)>);
    impl ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.0);
            let values = gradient.map(|gradient| gradient.into_data().iter::<f64>().collect());
            self.1.push((param.id, values));
        }
    }
    let mut collect = Collect(gradients, Vec::new());
    model.visit(&mut collect);
    names::parameters(model)
        .into_iter()
        .filter(|parameter| parameter.trainable)
        .map(|parameter| {
            let found = collect.1.iter().find(|(id, _)| *id == parameter.id);
            (parameter.name, found.unwrap().1.clone())
        })
        .collect()
}

/// Compares every gradient of `total` with the central difference of `reference`, relative to 1 + |gradient|.
#[track_caller]
pub(super) fn assert_gradients(
    name: &str,
    model: &MultiTaskModel,
    total: &Tensor<1>,
    reference: impl Fn(&Values) -> f64,
    tolerance: f64,
) {
    let values = Values::of(model);
    for (parameter, gradient) in gradients(model, &total.backward()) {
        let gradient = gradient.unwrap_or_else(|| panic!("{name}: {parameter} has no gradient"));
        for (at, found) in gradient.into_iter().enumerate() {
            let loss_at = |step: f64| {
                let mut moved = values.clone();
                moved.0.get_mut(&parameter).unwrap().1[at] += step;
                reference(&moved)
            };
            let wanted = (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6;
            assert!(
                close(found, wanted, tolerance),
                "{name} {parameter}[{at}]: {found} for {wanted}"
            );
        }
    }
}
