//! Cascades against their formula: what is read, in which order, and where no gradient goes.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::batch::gradients;
use super::cases::latent;
use super::fixtures::{
    all_kinds, assert_rows, built, columns, flex, normals, numeric, rows, shaken, task,
};
use super::reference::{self, Rows, Values};
use crate::{MultiTaskModel, TaskSpec, names};

const ROWS: usize = 5;

/// `digit` reads every other kind, of which `grade` reads `passed`; whoever is read comes later in the list, too.
fn tasks() -> Vec<TaskSpec> {
    let mut tasks = all_kinds();
    for task in &mut tasks {
        task.after = match task.name.as_str() {
            "digit" => ["stars", "tags", "grade", "noise", "passed"]
                .map(str::to_owned)
                .into(),
            "grade" => vec!["passed".to_owned()],
            _ => Vec::new(),
        };
    }
    tasks
}

fn model(tasks: &[TaskSpec]) -> MultiTaskModel {
    built(&latent().options, &columns(3), tasks, &flex())
}

/// What a task is read as.
fn told(task: &TaskSpec, predictions: &Rows) -> Rows {
    let read = |x: &Vec<f64>| -> Vec<f64> {
        match task.kind {
            TaskKind::Binary | TaskKind::Multilabel { .. } => {
                x.iter().map(|&x| reference::sigmoid(x)).collect()
            }
            TaskKind::Multiclass { .. } => {
                let sum: f64 = x.iter().map(|x| x.exp()).sum();
                x.iter().map(|x| x.exp() / sum).collect()
            }
            TaskKind::Ordinal { levels } => {
                let below = |j: usize| x.get(j).map_or(1.0, |&c| reference::sigmoid(c));
                let level = |j: usize| below(j) - if j == 0 { 0.0 } else { below(j - 1) };
                (0..levels).map(level).collect()
            }
            TaskKind::Regression { outputs } => x[..outputs].to_vec(),
        }
    };
    predictions.iter().map(read).collect()
}

#[test]
fn a_head_reads_the_predictions_of_those_it_comes_after() {
    let tasks = tasks();
    let model = shaken(model(&tasks));
    let values = Values::of(&model);
    let x = normals("inputs", ROWS, 3);
    let inputs = numeric(&x, &flex());
    let found = model.forward(&inputs);
    let alone = latent();
    for (index, task) in tasks.iter().enumerate() {
        // The formula of a latent space, with what is read added to the scores.
        let mut wanted = (alone.predict)(&values, &x, task);
        let sign = if matches!(task.kind, TaskKind::Ordinal { .. }) {
            -1.0
        } else {
            1.0
        };
        let mut row = 0;
        for name in &task.after {
            let place = tasks.iter().position(|other| other.name == *name).unwrap();
            let told = told(&tasks[place], &rows(found[place].clone()));
            let matrix = values.matrix(&format!("heads.{}.cascade", task.name));
            let own = matrix[row..row + told[0].len()].to_vec();
            row += told[0].len();
            for (wanted, more) in wanted.iter_mut().zip(reference::matmul(&told, &own)) {
                for (wanted, more) in wanted.iter_mut().zip(more) {
                    *wanted += sign * more;
                }
            }
        }
        assert_rows(&rows(found[index].clone()), &wanted, 5e-6);
        let z = model.representation(&inputs);
        let by_itself = model.head_forward(index, z).unwrap();
        assert_eq!(rows(by_itself), rows(found[index].clone()));
    }
    assert!(model.head_matrices(&[0, 1]).is_none());
    assert!(model.head_matrices(&[0]).is_some());
}

#[test]
fn no_gradient_goes_back_to_whom_is_read() {
    let tasks = tasks();
    let model = shaken(model(&tasks));
    let inputs = numeric(&normals("inputs", ROWS, 3), &flex());
    let prediction = model.forward(&inputs).swap_remove(1);
    for (name, gradient) in gradients(&model, &prediction.square().sum().backward()) {
        let is_own = !name.starts_with("heads.") || name.starts_with("heads.digit.");
        let moves = gradient.is_some_and(|gradient| gradient.iter().any(|value| *value != 0.0));
        assert_eq!(moves, is_own, "{name}");
    }
}

#[test]
fn a_cascade_starts_as_heads_by_themselves() {
    let tasks = tasks();
    let with = model(&tasks);
    let without = model(&all_kinds());
    let inputs = numeric(&normals("inputs", ROWS, 3), &flex());
    let pairs = with
        .forward(&inputs)
        .into_iter()
        .zip(without.forward(&inputs));
    for (with, without) in pairs {
        assert_eq!(rows(with), rows(without));
    }
    let cascade = names::parameters(&with)
        .into_iter()
        .find(|parameter| parameter.name == "heads.digit.cascade")
        .unwrap();
    // Four levels, three flags, two values, one mean and one probability.
    assert_eq!((cascade.shape, cascade.decays), (vec![11, 4], true));
    let matrix: Vec<Tensor<2>> = with.head_matrices(&[0]).unwrap();
    assert_eq!(matrix.len(), 1);
}

#[test]
fn a_circle_is_refused_with_the_way_round() {
    let after = |name: &str, after: &[&str]| TaskSpec {
        after: after.iter().map(|&name| name.to_owned()).collect(),
        ..task(name, TaskKind::Binary)
    };
    let refused = |tasks: &[TaskSpec]| {
        let seed = polytask_random::Seed(1);
        let errors =
            crate::build(&latent().options, &columns(3), tasks, seed, &flex()).unwrap_err();
        let lines: Vec<String> = errors
            .0
            .iter()
            .map(|error| format!("{} {}", error.key, error.message))
            .collect();
        lines.join("\n")
    };
    assert_eq!(
        refused(&[
            after("z", &["a"]),
            after("a", &["b"]),
            after("b", &["c", "a"]),
            after("c", &[])
        ]),
        "tasks.a.after a circle: a after b after a"
    );
    assert_eq!(
        refused(&[after("a", &["a"])]),
        "tasks.a.after a circle: a after a"
    );
    assert_eq!(
        refused(&[after("a", &["q"])]),
        "tasks.a.after there is no task `q`"
    );
}
