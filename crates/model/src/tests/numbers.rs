//! The Gaussian law of numbers against densities written out in f64, by inverse and determinant.

use burn::tensor::{Device, Tensor};
use polytask_data::TaskKind;

use super::batch::Labelled;
use super::cases::latent;
use super::density::{Density, known, of_pattern};
use super::fixtures::{
    built, close, columns, flex, ndarray, normals, numeric, rows, shaken, task, vector, with_loss,
};
use super::reference::{Rows, Values};
use crate::{Gaussian, Huber, Known, MultiTaskModel, NumberCost, Residuals, TaskSpec, names};

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
                let costs = model.number_costs(&heads, &known);
                assert_eq!(costs.len(), ROWS);
                for ((row, plain), found) in plain.iter().enumerate().zip(costs) {
                    let alone = (0..count).map(|place| {
                        let mut only = vec![None; count];
                        only[place] = plain[place];
                        density.of_known(row, &only)
                    });
                    let wanted = [density.of_known(row, plain), alone.sum()];
                    for (found, wanted) in [found.together, found.alone].into_iter().zip(wanted) {
                        assert!(
                            close(found, wanted, 1e-9),
                            "{plain:?}: {found} for {wanted}"
                        );
                        assert!(wanted != 0.0 || found == 0.0);
                    }
                }
            }
        }
    }
}

/// What is trained, and what is predicted where nothing is known, are those of the model without it, bit for bit.
#[test]
fn a_covariance_changes_no_loss_and_no_mean() {
    let device = flex();
    let tasks = tasks();
    let with = shaken(model(&["height", "pair", "weight"], &tasks, &device));
    let (known, _) = of_pattern(4, ROWS, |_| 0b1111);
    let own = heads(&with, &device);
    assert!(with.joint_costs(&own, &known).iter().all(Option::is_none));
    assert!(!with.couples_classes() && with.couples_numbers());
    let x = numeric(&normals("inputs", ROWS, 3), &device);
    for (found, wanted) in with.forward(&x).into_iter().zip(own) {
        assert_eq!(rows(found), rows(wanted));
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

/// Whatever a head says of a number that is not known, even nothing finite.
#[test]
fn a_number_that_is_not_known_costs_nothing() {
    let device = flex();
    let tasks = tasks();
    let model = shaken(model(&["height", "pair", "weight"], &tasks, &device));
    let mut heads = heads(&model, &device);
    let (known, _) = of_pattern(4, ROWS, |_| 0b0111);
    let wanted = model.number_costs(&heads, &known);
    heads[3] = heads[3].clone() + f32::NAN;
    assert_eq!(model.number_costs(&heads, &known), wanted);
    let (nothing, _) = of_pattern(4, ROWS, |_| 0);
    let costs = model.number_costs(&heads, &nothing);
    assert_eq!(costs, [NumberCost::default(); ROWS]);
}

/// Before anything is learnt a label costs the entropy of a Gaussian of its variance, and knowing another says nothing.
#[test]
fn at_first_numbers_are_independent() {
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
    for cost in model.number_costs(&heads, &known) {
        assert!(close(cost.together, 4.0 * entropy, 1e-6), "{cost:?}");
        assert!(close(cost.alone, 4.0 * entropy, 1e-6), "{cost:?}");
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

/// The covariance is that of labels less predictions, and goes into no other part of the model.
#[test]
fn residuals_make_the_covariance() {
    let device = flex();
    let tasks = tasks();
    let before = model(&["height", "weight"], &tasks, &device);
    let rows_each = 400;
    let noise = normals("noise", rows_each, 2);
    // Residuals of deviation 0.5 and 0.2 that correlate by 0.8.
    let wanted = [[0.25, 0.08], [0.08, 0.04]];
    let residual = |row: usize| {
        let [a, b] = [noise[row][0], noise[row][1]];
        [0.5 * a, 0.2 * (0.8 * a + 0.6 * b)]
    };
    let heads: Vec<Tensor<2>> = [1, 3, 2, 1]
        .map(|width| Tensor::ones([rows_each, width], &device))
        .into();
    let known = Known {
        labels: 2,
        values: (0..rows_each)
            .flat_map(|row| residual(row).map(|error| 1.0 + error as f32))
            .collect(),
        mask: vec![1.0; 2 * rows_each],
    };
    let mut residuals = Residuals::default();
    let parts: Vec<usize> = (0..rows_each).collect();
    before.leave(&heads, &known, &parts, &mut residuals);
    let fitted = before.fit(&residuals).unwrap();
    let after = before.clone().with_covariance(&fitted);
    let (changed, same): (Vec<_>, Vec<_>) = names::export(&after)
        .into_iter()
        .zip(names::export(&before))
        .partition(|(after, before)| after != before);
    assert_eq!(changed.len(), 1);
    assert!(same.len() > 3);
    let factor = Values::of(&after).vector("joint.numbers.factor");
    let found = [
        factor[0] * factor[0],
        factor[0] * factor[1],
        factor[1] * factor[1] + factor[2] * factor[2],
    ];
    for (found, wanted) in found
        .into_iter()
        .zip([wanted[0][0], wanted[0][1], wanted[1][1]])
    {
        assert!((found / wanted - 1.0).abs() < 0.15, "{found} for {wanted}");
    }
    assert_eq!(before.fit(&Residuals::default()), None);
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
    let costs = |model: &MultiTaskModel| model.number_costs(&heads(model, &device), &known);
    assert_eq!(costs(&one), costs(&other));
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
    let costs = model.number_costs(&heads, &known);
    for ((row, plain), cost) in plain.iter().enumerate().zip(costs) {
        let wanted = density.of_known(row, plain);
        assert!(close(cost.together, wanted, 1e-6), "{cost:?} for {wanted}");
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
        let heads = heads(model, &device);
        let of_classes = model.joint_costs(&heads, &known).into_iter();
        let of_classes: Vec<_> = of_classes.map(|cost| cost.map(vector)).collect();
        (of_classes, model.number_costs(&heads, &known))
    };
    let [both, tree, numbers] = [&both, &tree, &numbers].map(costs);
    assert_eq!(both, (tree.0, numbers.1));
    assert!(tree.1.is_empty() && numbers.0.iter().all(Option::is_none));
}

#[test]
fn the_covariance_is_named() {
    let model = model(&["height", "pair"], &tasks(), &flex());
    let own: Vec<(String, Vec<usize>, bool)> = names::parameters(&model)
        .into_iter()
        .filter(|parameter| parameter.part == names::Part::Joint)
        .map(|parameter| (parameter.name, parameter.shape, parameter.trainable))
        .collect();
    assert_eq!(own, [("joint.numbers.factor".to_owned(), vec![6], false)]);
    let summary = crate::summary(&model);
    let part = summary.parts.last().unwrap();
    assert_eq!(part.description, "one Gaussian law over 3 numbers");
    assert_eq!([part.parameters, part.modules[0].parameters], [0, 0]);
}

#[test]
fn what_has_no_gaussian_law_is_refused() {
    let mut tasks = tasks();
    let regression = TaskKind::Regression { outputs: 1 };
    tasks.push(with_loss(
        "wide",
        regression.clone(),
        "gaussian_nll",
        Gaussian { beta: 0.0 },
    ));
    tasks.push(with_loss(
        "tough",
        regression,
        "huber",
        Huber { delta: 1.0 },
    ));
    let mut options = latent().options;
    options.numbers = ["height", "digit", "wide", "nobody", "height", "tough"]
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
                "{key}[2] the loss of `wide` gives every row a variance of its own: one covariance for all rows has no place beside it"
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

/// Numbers that are all but copies of each other, with and without a missing label.
#[test]
fn copies_stay_finite() {
    let device = flex();
    let tasks = tasks();
    let with = model(&["height", "weight"], &tasks, &device);
    let mut values = names::export(&with);
    for (name, _, values) in &mut values {
        if name == "joint.numbers.factor" {
            *values = vec![1.0, 0.5, 1e-5];
        }
    }
    let with = names::import(with, values).unwrap();
    for pattern in [0b01, 0b10, 0b11] {
        let (known, _) = of_pattern(2, ROWS, |row| if row == 0 { pattern } else { 0b11 });
        for cost in with.number_costs(&heads(&with, &device), &known) {
            assert!(cost.together.is_finite() && cost.alone.is_finite());
        }
    }
    let deviations = with.deviations(&of_pattern(2, 1, |_| 0b01).0);
    assert!(
        deviations[0] == 0.0 && (0.0..1e-2).contains(&deviations[1]),
        "{deviations:?}"
    );
}
