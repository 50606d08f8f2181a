//! Forward and gradients of whole models against the formulas in f64 and their central differences: every sharing,
//! every gate and kind of weights, every kind of head, every layer of an MLP.

use burn::tensor::Device;
use polytask_data::TaskKind;

use super::batch::{Labelled, assert_gradients, total_loss};
use super::cases::{Case, cases};
use super::fixtures::{
    all_kinds, built, close, columns, flex, ndarray, normals, numeric, rows, scalar, shaken,
};
use super::reference::{self, Rows, Values};
use crate::TaskSpec;

const ROWS: usize = 7;

/// The total loss of a case as a function of its parameters alone.
fn reference_loss(
    case: &Case,
    values: &Values,
    x: &Rows,
    tasks: &[TaskSpec],
    labelled: &Labelled,
) -> f64 {
    let mut total = (case.penalty)(values);
    for (at, task) in tasks.iter().enumerate() {
        let predictions = (case.predict)(values, x, task);
        let rows = predictions
            .iter()
            .zip(&labelled.targets[at])
            .zip(&labelled.masks[at]);
        let sum: f64 = rows
            .map(|((x, y), mask)| if *mask > 0.0 { loss(task, x, y) } else { 0.0 })
            .sum();
        total += sum / labelled.masks[at].iter().sum::<f64>();
    }
    total
}

/// The usual loss of each kind.
fn loss(task: &TaskSpec, x: &[f64], y: &[f64]) -> f64 {
    let bce = |x: f64, y: f64| y * reference::softplus(-x) + (1.0 - y) * reference::softplus(x);
    match task.kind {
        TaskKind::Binary | TaskKind::Multilabel { .. } => {
            x.iter().zip(y).map(|(x, y)| bce(*x, *y)).sum()
        }
        TaskKind::Multiclass { .. } => {
            x.iter().map(|x| x.exp()).sum::<f64>().ln() - x[y[0] as usize]
        }
        TaskKind::Ordinal { .. } => {
            let at = |j: usize| x.get(j).map_or(1.0, |&c| reference::sigmoid(c));
            let level = y[0] as usize;
            -(at(level) - if level == 0 { 0.0 } else { at(level - 1) }).ln()
        }
        TaskKind::Regression { .. } if x.len() == 2 * y.len() => {
            let s = 14.0 * (x[1] / 14.0).tanh();
            0.5 * (std::f64::consts::TAU.ln() + s + (y[0] - x[0]).powi(2) * (-s).exp())
        }
        TaskKind::Regression { outputs } => {
            let squares = x.iter().zip(y).map(|(x, y)| (x - y).powi(2));
            squares.sum::<f64>() / outputs as f64
        }
    }
}

fn check(case: &Case, device: &Device) {
    let tasks = all_kinds();
    let x = normals("inputs", ROWS, 3);
    let model = shaken(built(&case.options, &columns(3), &tasks, device));
    let inputs = numeric(&x, device);
    let values = Values::of(&model);
    for (task, found) in tasks.iter().zip(model.forward(&inputs)) {
        let wanted = (case.predict)(&values, &x, task);
        for (found, wanted) in rows(found).concat().into_iter().zip(wanted.concat()) {
            assert!(
                close(found, wanted, 5e-6),
                "{} {}: {found} for {wanted}",
                case.name,
                task.name
            );
        }
    }
    let labelled = Labelled::of(&tasks, ROWS);
    let total = total_loss(&model, &tasks, &inputs, &labelled, device);
    let loss = |values: &Values| reference_loss(case, values, &x, &tasks, &labelled);
    let (found, wanted) = (scalar(total.clone()), loss(&values));
    assert!(
        close(found, wanted, 5e-6),
        "{}: {found} for {wanted}",
        case.name
    );
    assert_gradients(&case.name, &model, &total, loss, 3e-5);
}

#[test]
fn models_are_their_formulas_and_gradients_their_differences() {
    for case in cases() {
        check(&case, &flex());
    }
}

#[test]
fn they_are_on_the_other_backend_too() {
    for case in cases() {
        check(&case, &ndarray());
    }
}
