//! Tasks among each other: a silent task moves nothing, and their order means nothing.

use burn::tensor::Tensor;

use super::batch::{Labelled, gradients, total_loss};
use super::fixtures::{
    all_kinds, built, columns, flex, mlp, model_options, normals, numeric, rows,
};
use crate::{
    ActivationKind, Alpha, CodesOptions, GateMap, HardOptions, HeadOptions, HeadStart,
    LatentOptions, ModelOptions, names, sharing,
};

fn with(sharing: impl sharing::Plan + 'static) -> ModelOptions {
    let heads = HeadOptions {
        start: HeadStart::Random,
        ..HeadOptions::default()
    };
    model_options(mlp(&[5], ActivationKind::Relu), sharing, heads)
}

fn codes(gate: GateMap) -> CodesOptions {
    CodesOptions {
        count: 3,
        alpha: Alpha::PerTask,
        gate,
        l1: 0.0,
        frobenius: 0.0,
        group_lasso: 0.0,
        groups: crate::Groups::Code,
        proximal: false,
        annealing: crate::Annealing::AT_ONCE,
        information: 0.0,
        spread: 0.0,
        unit_norm: true,
        turn: true,
        block: 2,
    }
}

fn sharings() -> Vec<ModelOptions> {
    vec![
        with(HardOptions),
        with(LatentOptions { dimension: 3 }),
        with(codes(GateMap::Free)),
        with(codes(GateMap::Sparsemax)),
    ]
}

#[test]
fn a_task_without_labels_moves_nothing() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 6, 3), &device);
    for options in sharings() {
        let model = built(&options, &columns(3), &tasks, &device);
        let mut labelled = Labelled::of(&tasks, 6);
        for mask in &mut labelled.masks {
            mask.fill(0.0);
        }
        let total = total_loss(&model, &tasks, &inputs, &labelled, &device);
        assert_eq!(total.clone().into_scalar::<f32>(), 0.0);
        for (name, gradient) in gradients(&model, &total.backward()) {
            let silent = gradient.is_none_or(|slopes| slopes.iter().all(|&slope| slope == 0.0));
            assert!(silent, "{name}");
        }
        // And beside a task that has labels, its own head stays untouched.
        let mut labelled = Labelled::of(&tasks, 6);
        labelled.masks[1].fill(0.0);
        let total = total_loss(&model, &tasks, &inputs, &labelled, &device);
        for (name, gradient) in gradients(&model, &total.backward()) {
            if name.starts_with("heads.digit.") {
                let silent = gradient.is_none_or(|slopes| slopes.iter().all(|&slope| slope == 0.0));
                assert!(silent, "{name}");
            }
        }
    }
}

#[test]
fn the_order_of_tasks_means_nothing() {
    let device = flex();
    let tasks = all_kinds();
    let order = [3, 0, 5, 1, 4, 2];
    let permuted: Vec<_> = order.iter().map(|&at| tasks[at].clone()).collect();
    let inputs = numeric(&normals("inputs", 6, 3), &device);
    for options in sharings() {
        let model = built(&options, &columns(3), &tasks, &device);
        let other = built(&options, &columns(3), &permuted, &device);
        let mut values = names::export(&model);
        let mut others = names::export(&other);
        values.sort_by(|a, b| a.0.cmp(&b.0));
        others.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(values, others);
        let predictions: Vec<_> = model.forward(&inputs).into_iter().map(rows).collect();
        let permuted: Vec<_> = other.forward(&inputs).into_iter().map(rows).collect();
        for (at, found) in order.iter().zip(&permuted) {
            assert_eq!(*found, predictions[*at]);
        }
    }
}

#[test]
fn a_new_task_changes_no_other_first_weight() {
    let device = flex();
    let tasks = all_kinds();
    for options in sharings() {
        let many = names::export(&built(&options, &columns(3), &tasks, &device));
        let few = names::export(&built(&options, &columns(3), &tasks[..2], &device));
        for value in few {
            assert!(many.contains(&value), "{}", value.0);
        }
    }
}

#[test]
fn heads_on_the_representation_are_the_forward_pass() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 6, 3), &device);
    for options in sharings() {
        let model = built(&options, &columns(3), &tasks, &device);
        let representation = model.representation(&inputs);
        assert_eq!(representation.dims()[1], model.representation_width());
        let pairs = model
            .forward(&inputs)
            .into_iter()
            .zip(model.heads_forward(representation));
        for ((left, right), task) in pairs.zip(&tasks) {
            assert_eq!(left.dims()[1], task.width());
            assert_eq!(rows(left), rows(right));
        }
    }
}

#[test]
fn a_batch_without_rows_passes() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = crate::Inputs {
        numeric: Some(Tensor::zeros([0, 3], &device)),
        ..crate::Inputs::default()
    };
    for options in sharings() {
        let model = built(&options, &columns(3), &tasks, &device);
        for (task, prediction) in tasks.iter().zip(model.forward(&inputs)) {
            assert_eq!(prediction.dims(), [0, task.width()]);
        }
    }
}
