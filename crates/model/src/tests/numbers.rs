//! The Gaussian law of numbers against densities written out in f64, by inverse and determinant.

use burn::tensor::{Device, Tensor};
use polytask_data::TaskKind;

use super::batch::{Labelled, assert_gradients, gradients};
use super::cases::latent;
use super::density::{Density, known, of_pattern};
use super::fixtures::{
    built, close, columns, flex, ndarray, normals, numeric, rows, scalar, shaken, task, vector,
    with_loss,
};
use super::reference::{Rows, Values};
use crate::{Huber, Known, MultiTaskModel, TaskSpec, names};

const ROWS: usize = 6;

/// Numbers of one output and of two, and a task that is not coupled.
fn tasks() -> Vec<TaskSpec> {
    let mut pair = task("pair", TaskKind::Regression { outputs: 2 });
    pair.fit.classes = ["up", "down"].map(str::to_owned).into();
    vec![
        task("height", TaskKind::Regression { outputs: 1 }),
        task("digit", TaskKind::Multiclass { classes: 3 }),
        pair,
        task("weight", TaskKind::Regression { outputs: 1 }),
    ]
}

fn model(numbers: &[&str], tasks: &[TaskSpec], device: &Device) -> MultiTaskModel {
    let mut options = latent().options;
    options.numbers = numbers.iter().map(|&name| name.to_owned()).collect();
    built(&options, &columns(3), tasks, device)
}

fn heads(model: &MultiTaskModel, device: &Device) -> Vec<Tensor<2>> {
    let x = normals("inputs", ROWS, 3);
    model.heads_forward(model.representation(&numeric(&x, device)))
}

/// Every subset of up to four numbers, as the only one known in a row.
#[test]
fn costs_are_those_of_the_density_whatever_is_missing() {
    let tasks = tasks();
    for numbers in [
        &["height", "weight"][..],
        &["weight", "pair"],
        &["pair"],
        &["height", "pair", "weight"],
    ] {
        for device in [flex(), ndarray()] {
            let model = shaken(model(numbers, &tasks, &device));
            let count = model.coupled().len();
            let heads = heads(&model, &device);
            let predictions: Vec<Rows> = heads.iter().cloned().map(rows).collect();
            let density = Density::of(&model, &predictions);
            // Row 0 has this pattern, the others every other one in turn: all in one batch.
            for start in 0..1_u32 << count {
                let pattern = |row: usize| (start + row as u32) % (1 << count);
                let (known, plain) = of_pattern(count, ROWS, pattern);
                let costs = model.joint_costs(&heads, &known);
                let alone = model.numbers_alone(&heads, &known);
                let read = |costs: &[Option<Tensor<1>>]| -> Vec<Vec<f64>> {
                    let each = costs.iter().cloned();
                    each.map(|cost| cost.map_or(vec![0.0; ROWS], vector))
                        .collect()
                };
                let (costs, alone) = (read(&costs), read(&alone));
                for (row, plain) in plain.iter().enumerate() {
                    let (mut wanted, mut by_itself) = (vec![0.0; 4], vec![0.0; 4]);
                    for (place, label) in model.coupled().iter().enumerate() {
                        wanted[label.task] += density.cost(row, plain, place);
                        let mut only = vec![None; count];
                        only[place] = plain[place];
                        by_itself[label.task] += density.of_known(row, &only);
                    }
                    for task in 0..4 {
                        let is = |found: f64, wanted: f64| {
                            assert!(
                                close(found, wanted, 5e-6),
                                "{plain:?}: {found} for {wanted}"
                            );
                            assert!(wanted != 0.0 || found == 0.0);
                        };
                        is(costs[task][row], wanted[task]);
                        is(alone[task][row], by_itself[task]);
                    }
                    let sum: f64 = costs.iter().map(|cost| cost[row]).sum();
                    assert!(close(sum, density.of_known(row, plain), 5e-6));
                }
            }
        }
    }
}

#[test]
fn known_numbers_give_the_conditional_law() {
    let tasks = tasks();
    let device = flex();
    let model = shaken(model(&["height", "pair", "weight"], &tasks, &device));
    let heads = heads(&model, &device);
    let predictions: Vec<Rows> = heads.iter().cloned().map(rows).collect();
    let density = Density::of(&model, &predictions);
    for start in 0..16_u32 {
        let (known, plain) = of_pattern(4, ROWS, |row| (start + row as u32) % 16);
        let found = model.marginals(heads.clone(), Some(&known));
        let deviations = model.deviations(&known);
        for (row, plain) in plain.iter().enumerate() {
            for (place, label) in model.coupled().iter().enumerate() {
                let (mean, variance) = density.given(row, plain, place);
                let found = rows(found[label.task].clone())[row][label.place];
                assert!(close(found, mean, 2e-6), "{plain:?}: {found} for {mean}");
                let deviation = deviations[row * 4 + place];
                assert!((deviation - variance.sqrt()).abs() < 1e-9, "{deviation}");
            }
        }
        assert_eq!(rows(found[1].clone()), predictions[1]);
    }
    // Nothing known changes nothing, bit for bit.
    let alone = model.marginals(heads.clone(), None);
    for (found, wanted) in alone.into_iter().zip(predictions) {
        assert_eq!(rows(found), wanted);
    }
}

#[test]
fn gradients_are_central_differences() {
    let tasks = tasks();
    let case = latent();
    let x = normals("inputs", ROWS, 3);
    let weights = [0.5, 0.0, 2.0, 0.7];
    let device = flex();
    for numbers in [&["height", "weight"][..], &["weight", "pair", "height"]] {
        let model = shaken(model(numbers, &tasks, &device));
        let (known, plain) = known(model.coupled(), &Labelled::of(&tasks, ROWS));
        assert!(plain.iter().any(|row| row.iter().all(Option::is_some)));
        assert!(plain.iter().flatten().any(Option::is_none));
        let heads = heads(&model, &device);
        let mut total = Tensor::<1>::zeros([1], &device);
        for (cost, weight) in model.joint_costs(&heads, &known).into_iter().zip(weights) {
            if let Some(cost) = cost {
                total = total + cost.sum() * weight;
            }
        }
        let is_coupled = |index: usize| model.coupled().iter().any(|label| label.task == index);
        // The heads that no cost reaches have no gradient: they are held by a term of their own.
        for (index, head) in heads.iter().enumerate() {
            if !is_coupled(index) {
                total = total + head.clone().sum();
            }
        }
        let loss = |values: &Values| {
            let predictions: Vec<Rows> = tasks
                .iter()
                .map(|task| (case.predict)(values, &x, task))
                .collect();
            let density = Density::with(model.coupled(), values, &predictions);
            let mut total = 0.0;
            for (row, plain) in plain.iter().enumerate() {
                for (place, label) in model.coupled().iter().enumerate() {
                    total += weights[label.task] * density.cost(row, plain, place);
                }
            }
            for (index, predictions) in predictions.iter().enumerate() {
                if !is_coupled(index) {
                    total += predictions.concat().iter().sum::<f64>();
                }
            }
            total
        };
        assert_gradients("numbers", &model, &total, loss, 5e-5);
    }
}

/// A task without a label in a batch has cost and gradient 0, whatever its head says.
#[test]
fn a_task_that_is_not_seen_is_left_alone() {
    let device = flex();
    let tasks = tasks();
    let model = shaken(model(&["height", "pair", "weight"], &tasks, &device));
    let mut heads = heads(&model, &device);
    heads[3] = heads[3].clone() + f32::NAN;
    let (known, _) = of_pattern(4, ROWS, |_| 0b0111);
    let costs = model.joint_costs(&heads, &known);
    assert_eq!(vector(costs[3].clone().unwrap()), [0.0; ROWS]);
    let total = costs
        .into_iter()
        .flatten()
        .reduce(|a, b| a + b)
        .unwrap()
        .sum();
    assert!(scalar(total.clone()).is_finite());
    for (name, gradient) in gradients(&model, &total.backward()) {
        if name.starts_with("heads.weight") {
            let gradient = gradient.unwrap_or_default();
            assert!(gradient.iter().all(|value| *value == 0.0), "{name}");
        }
    }
}

/// Before the first step a label costs the entropy of a Gaussian of its variance, and knowing another says nothing.
#[test]
fn the_first_loss_is_the_entropy_of_the_labels() {
    let device = flex();
    let tasks = tasks();
    let model = model(&["height", "pair", "weight"], &tasks, &device);
    let (known, _) = of_pattern(4, 2, |_| 0b1111);
    // Labels one deviation off their mean, which the heads say: the mean cost of labels of this variance.
    let off = 1.5_f32.sqrt();
    let known = Known {
        values: vec![off; 8],
        ..known
    };
    let heads: Vec<Tensor<2>> = [1, 3, 2, 1]
        .map(|width| Tensor::zeros([2, width], &device))
        .into();
    let entropy = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * 1.5).ln();
    let costs = model.joint_costs(&heads, &known);
    for (task, outputs) in [(0, 1.0), (2, 2.0), (3, 1.0)] {
        for cost in vector(costs[task].clone().unwrap()) {
            assert!(close(cost, outputs * entropy, 1e-6), "{cost}");
        }
    }
    let (one, _) = of_pattern(4, 2, |_| 0b0001);
    for (given, alone) in model
        .marginals(heads.clone(), Some(&one))
        .into_iter()
        .zip(heads)
        .skip(1)
    {
        assert_eq!(rows(given), rows(alone));
    }
}

#[test]
fn the_order_of_tasks_means_nothing() {
    let device = flex();
    let tasks = tasks();
    let mut turned = tasks.clone();
    turned.rotate_left(1);
    let numbers = ["weight", "height", "pair"];
    let one = shaken(model(&numbers, &tasks, &device));
    let other = names::import(model(&numbers, &turned, &device), names::export(&one)).unwrap();
    let (known, _) = of_pattern(4, ROWS, |row| row as u32 + 7);
    let costs = |model: &MultiTaskModel| model.joint_costs(&heads(model, &device), &known);
    let (wanted, found) = (costs(&one), costs(&other));
    for (index, wanted) in wanted.into_iter().enumerate() {
        let at = turned
            .iter()
            .position(|task| task.name == tasks[index].name);
        assert_eq!(found[at.unwrap()].clone().map(vector), wanted.map(vector));
    }
}

/// Forty numbers, with rows that lack some: as the density says.
#[test]
fn forty_numbers_are_not_too_many() {
    let device = flex();
    let names: Vec<String> = (0..40).map(|index| format!("y_{index}")).collect();
    let tasks: Vec<TaskSpec> = names
        .iter()
        .map(|name| task(name, TaskKind::Regression { outputs: 1 }))
        .collect();
    let numbers: Vec<&str> = names.iter().map(String::as_str).collect();
    let model = shaken(model(&numbers, &tasks, &device));
    let heads = heads(&model, &device);
    let predictions: Vec<Rows> = heads.iter().cloned().map(rows).collect();
    let density = Density::of(&model, &predictions);
    let (known, plain) = known(model.coupled(), &Labelled::of(&tasks, ROWS));
    let costs: Vec<Vec<f64>> = model
        .joint_costs(&heads, &known)
        .into_iter()
        .map(|cost| vector(cost.unwrap()))
        .collect();
    for (row, plain) in plain.iter().enumerate() {
        let sum: f64 = costs.iter().map(|cost| cost[row]).sum();
        let wanted = density.of_known(row, plain);
        assert!(close(sum, wanted, 2e-5), "{sum} for {wanted}");
    }
}

/// With a tree beside them: each has its own part of what is known.
#[test]
fn classes_and_numbers_are_told_apart() {
    let device = flex();
    let mut tasks = tasks();
    tasks.push(task("passed", TaskKind::Binary));
    let mut options = latent().options;
    options.coupled = vec![["digit", "passed"].map(str::to_owned)];
    let tree = shaken(built(&options, &columns(3), &tasks, &device));
    options.numbers = ["pair", "height"].map(str::to_owned).into();
    let both = shaken(built(&options, &columns(3), &tasks, &device));
    options.coupled.clear();
    let numbers = shaken(built(&options, &columns(3), &tasks, &device));
    let names: Vec<&str> = both
        .coupled()
        .iter()
        .map(|label| label.name.as_str())
        .collect();
    assert_eq!(names, ["digit", "passed", "pair/up", "pair/down", "height"]);
    let costs = |model: &MultiTaskModel| {
        let (known, _) = known(model.coupled(), &Labelled::of(&tasks, ROWS));
        model.joint_costs(&heads(model, &device), &known)
    };
    let [both, tree, numbers] = [&both, &tree, &numbers].map(costs);
    for ((both, tree), numbers) in both.into_iter().zip(tree).zip(numbers) {
        assert!(tree.is_none() || numbers.is_none());
        assert_eq!(both.map(vector), tree.or(numbers).map(vector));
    }
}

#[test]
fn the_covariance_is_named() {
    let model = model(&["height", "pair"], &tasks(), &flex());
    let own: Vec<(String, Vec<usize>, bool)> = names::parameters(&model)
        .into_iter()
        .filter(|parameter| parameter.part == names::Part::Joint)
        .map(|parameter| (parameter.name, parameter.shape, parameter.decays))
        .collect();
    assert_eq!(
        own,
        [
            ("joint.numbers.log_scale".to_owned(), vec![3], false),
            ("joint.numbers.lower".to_owned(), vec![3], false),
        ]
    );
    let summary = crate::summary(&model);
    let part = summary.parts.last().unwrap();
    assert_eq!(part.description, "one Gaussian law over 3 numbers");
    assert_eq!([part.parameters, part.modules[0].parameters], [6, 6]);
}

#[test]
fn what_has_no_gaussian_law_is_refused() {
    let mut tasks = tasks();
    let regression = TaskKind::Regression { outputs: 1 };
    tasks.push(with_loss(
        "tough",
        regression,
        "huber",
        Huber { delta: 1.0 },
    ));
    let mut options = latent().options;
    options.numbers = ["height", "digit", "tough", "nobody", "height"]
        .map(str::to_owned)
        .into();
    let seed = polytask_random::Seed(1);
    let errors = crate::build(&options, &columns(3), &tasks, seed, &flex()).unwrap_err();
    let lines: Vec<String> = errors
        .0
        .iter()
        .map(|error| format!("{} {}", error.key, error.message))
        .collect();
    let key = "multitask.joint.numbers";
    assert_eq!(
        lines,
        [
            format!("{key}[1] `digit` is multiclass: classes are coupled by `edges`"),
            format!(
                "{key}[2] the loss of `tough` is not `mse`, which a Gaussian law with one covariance for all rows replaces"
            ),
            format!("{key}[3] there is no task `nobody`"),
            format!("{key}[4] `height` is named twice"),
        ]
    );
    // One number has nothing to be coupled with.
    options.numbers = vec!["height".to_owned()];
    let alone = built(&options, &columns(3), &tasks, &flex());
    assert!(alone.coupled().is_empty());
}

/// Numbers that are all but copies of each other, with and without a missing label: finite costs and gradients.
#[test]
fn copies_stay_finite() {
    let device = flex();
    let tasks = tasks();
    let with = model(&["height", "weight"], &tasks, &device);
    let mut values = names::export(&with);
    for (name, _, values) in &mut values {
        match name.as_str() {
            "joint.numbers.log_scale" => *values = vec![0.0, -12.0],
            "joint.numbers.lower" => *values = vec![800.0],
            _ => {}
        }
    }
    let with = names::import(with, values).unwrap();
    for pattern in [0b01, 0b10, 0b11] {
        let (known, _) = of_pattern(2, ROWS, |row| if row == 0 { pattern } else { 0b11 });
        let heads = heads(&with, &device);
        let costs = with.joint_costs(&heads, &known).into_iter().flatten();
        let total = costs.map(Tensor::sum).reduce(|a, b| a + b).unwrap();
        assert!(scalar(total.clone()).is_finite());
        for (name, gradient) in gradients(&with, &total.backward()) {
            let gradient = gradient.unwrap_or_default();
            assert!(gradient.iter().all(|value| value.is_finite()), "{name}");
        }
    }
    let deviations = with.deviations(&of_pattern(2, 1, |_| 0b01).0);
    assert!(
        deviations[0] == 0.0 && (0.0..1e-2).contains(&deviations[1]),
        "{deviations:?}"
    );
}
