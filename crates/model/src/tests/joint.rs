//! The joint head against sums over every assignment of labels, written out in f64.

use burn::tensor::{Device, Tensor};
use polytask_data::TaskKind;

use super::batch::{Labelled, assert_gradients};
use super::cases::latent;
use super::fixtures::{
    built, close, columns, flex, ndarray, normals, numeric, rows, shaken, task, tensor, vector,
    with_loss,
};
use super::law::{Law, known};
use super::reference::{self, Rows, Values};
use crate::{Bce, Edge, Known, MultiTaskModel, TaskLoss, TaskSpec, decode, names};

const ROWS: usize = 6;

fn edges(pairs: &[(&str, &str)]) -> Vec<Edge> {
    let pairs = pairs.iter();
    pairs.map(|&(a, b)| [a.to_owned(), b.to_owned()]).collect()
}

/// A task of every kind that can be coupled, and one that cannot.
fn tasks() -> Vec<TaskSpec> {
    let mut tags = task("tags", TaskKind::Multilabel { labels: 3 });
    tags.fit.classes = ["a", "b", "c"].map(str::to_owned).into();
    vec![
        task("passed", TaskKind::Binary),
        task("grade", TaskKind::Regression { outputs: 2 }),
        task("digit", TaskKind::Multiclass { classes: 4 }),
        task("stars", TaskKind::Ordinal { levels: 3 }),
        tags,
    ]
}

/// A chain, a star whose edges are written either way, a forest, a tree within a task.
fn trees() -> Vec<Vec<Edge>> {
    vec![
        edges(&[("passed", "digit"), ("digit", "stars")]),
        edges(&[("digit", "passed"), ("stars", "digit"), ("tags/b", "digit")]),
        edges(&[("tags/a", "passed"), ("stars", "digit")]),
        edges(&[
            ("tags/c", "tags/a"),
            ("tags/a", "tags/b"),
            ("tags/b", "stars"),
        ]),
    ]
}

fn model(coupled: &[Edge], tasks: &[TaskSpec], device: &Device) -> MultiTaskModel {
    let mut options = latent().options;
    options.coupled = coupled.to_vec();
    built(&options, &columns(3), tasks, device)
}

fn heads(model: &MultiTaskModel, device: &Device) -> Vec<Tensor<2>> {
    let x = normals("inputs", ROWS, 3);
    model.heads_forward(model.representation(&numeric(&x, device)))
}

fn check(coupled: &[Edge], device: &Device) {
    let tasks = tasks();
    let model = shaken(model(coupled, &tasks, device));
    let labels = model.coupled();
    let heads = heads(&model, device);
    let predictions: Vec<Rows> = heads.iter().cloned().map(rows).collect();
    let law = Law::of(labels, coupled, &tasks, &Values::of(&model), &predictions);
    let (known, plain) = known(labels, &Labelled::of(&tasks, ROWS));
    assert!(plain.iter().flatten().any(Option::is_none));

    let costs: Vec<Option<Vec<f64>>> = model
        .joint_costs(&heads, &known)
        .into_iter()
        .map(|cost| Some(vector(cost?)))
        .collect();
    for (row, plain) in plain.iter().enumerate() {
        let mut wanted = vec![0.0; tasks.len()];
        for (label, cost) in labels.iter().zip(law.costs(row, plain)) {
            wanted[label.task] += cost;
        }
        for (index, wanted) in wanted.iter().enumerate() {
            let is_coupled = labels.iter().any(|label| label.task == index);
            assert_eq!(costs[index].is_some(), is_coupled);
            let found = costs[index].as_ref().map_or(0.0, |cost| cost[row]);
            assert!(
                close(found, *wanted, 2e-6),
                "{}: {found} for {wanted}",
                tasks[index].name
            );
        }
        let whole = law.log_mass(row, &vec![None; labels.len()]) - law.log_mass(row, plain);
        let sum: f64 = costs.iter().flatten().map(|cost| cost[row]).sum();
        assert!(close(sum, whole, 2e-6), "{sum} for {whole}");
    }

    let nothing = vec![vec![None; labels.len()]; ROWS];
    for (known, plain) in [(None, &nothing), (Some(&known), &plain)] {
        let found = model.marginals(heads.clone(), known);
        for label in labels {
            let spec = &tasks[label.task];
            let numbers: Vec<f32> = rows(found[label.task].clone())
                .concat()
                .into_iter()
                .map(|value| value as f32)
                .collect();
            let decoded = decode(&spec.kind, &spec.loss, &numbers);
            let width = decoded.len() / ROWS;
            for row in 0..ROWS {
                for class in 0..label.classes {
                    let own = &decoded[row * width..(row + 1) * width];
                    let found = match spec.kind {
                        TaskKind::Multilabel { .. } if class == 0 => 1.0 - own[label.place],
                        TaskKind::Multilabel { .. } => own[label.place],
                        _ => own[class],
                    };
                    let place = labels.iter().position(|own| own == label).unwrap();
                    let mut with = plain[row].clone();
                    let wanted = match with[place] {
                        Some(known) => f64::from(u8::from(known == class)),
                        None => {
                            with[place] = Some(class);
                            (law.log_mass(row, &with) - law.log_mass(row, &plain[row])).exp()
                        }
                    };
                    assert!(
                        (found - wanted).abs() < 2e-6,
                        "{}: {found} for {wanted}",
                        label.name
                    );
                }
            }
        }
        // What is not coupled is left alone.
        assert_eq!(rows(found[1].clone()), predictions[1]);
    }
}

#[test]
fn costs_and_marginals_are_sums_over_all_assignments() {
    for coupled in trees() {
        for device in [flex(), ndarray()] {
            check(&coupled, &device);
        }
    }
}

/// Anchor 7.6 of the project's information page: a chain of three bits.
#[test]
fn the_anchor_is_met() {
    let device = flex();
    let tasks = ["one", "two", "three"].map(|name| task(name, TaskKind::Binary));
    let coupled = edges(&[("one", "two"), ("two", "three")]);
    let model = model(&coupled, &tasks, &device);
    let mut values = names::export(&model);
    for (name, _, values) in &mut values {
        match name.as_str() {
            "joint.one-two.table" => *values = vec![0.5, 0.0, 0.0, 0.5],
            "joint.two-three.table" => *values = vec![1.0, 0.0, 0.0, -1.0],
            _ => {}
        }
    }
    let model = names::import(model, values).unwrap();
    let heads: Vec<Tensor<2>> = [1.0, -0.5, 0.3]
        .map(|logit| tensor(&vec![vec![logit]], &device))
        .into();
    let yes = |known: Option<&Known>| -> Vec<f64> {
        let found = model.marginals(heads.clone(), known);
        found
            .into_iter()
            .map(|logit| reference::sigmoid(rows(logit)[0][0]))
            .collect()
    };
    let is =
        |found: f64, wanted: f64| assert!((found - wanted).abs() < 3e-7, "{found} for {wanted}");
    for (found, wanted) in
        yes(None)
            .into_iter()
            .zip([0.665_150_839_2, 0.218_801_610_5, 0.331_812_227_8])
    {
        is(found, wanted);
    }
    let told = |classes: [f32; 3], mask: [f32; 3]| Known {
        labels: 3,
        values: classes.into(),
        mask: mask.into(),
    };
    let cost = |known: &Known| -> f64 {
        let costs = model.joint_costs(&heads, known);
        costs
            .into_iter()
            .flatten()
            .map(|cost| vector(cost)[0])
            .sum()
    };
    let first_and_last = told([1.0, 0.0, 0.0], [1.0, 0.0, 1.0]);
    is(-cost(&first_and_last), -0.810_927_487_1);
    is(yes(Some(&first_and_last))[1], 0.268_941_421_4);
    // Of a whole assignment ln p is its score less ln Z: here 1 + 0.3 + ln p(1, 0, 1) with no table at work.
    let all = told([1.0, 0.0, 1.0], [1.0; 3]);
    let log_z = 1.0 + 0.3 + cost(&all);
    assert!((log_z - 3.124_189_174_6).abs() < 6e-7, "{log_z}");
}

#[test]
fn tables_of_zeros_are_independent_heads() {
    let device = flex();
    let tasks = tasks();
    for coupled in trees() {
        let with = shaken(model(&coupled, &tasks, &device));
        let mut values = names::export(&with);
        for (name, _, values) in &mut values {
            if name.starts_with("joint.") {
                values.fill(0.0);
            }
        }
        let with = names::import(with, values).unwrap();
        let heads = heads(&with, &device);
        for (own, alone) in with.marginals(heads.clone(), None).into_iter().zip(&heads) {
            let (own, alone) = (rows(own), rows(alone.clone()));
            if own[0].len() == 2 {
                // Cumulative logits go through a law and back; those of the regression do not.
                super::fixtures::assert_rows(&own, &alone, 2e-6);
            } else {
                assert_eq!(own, alone);
            }
        }
        let labelled = Labelled::of(&tasks, ROWS);
        let (known, _) = known(with.coupled(), &labelled);
        for (index, cost) in with.joint_costs(&heads, &known).into_iter().enumerate() {
            let Some(cost) = cost else { continue };
            let alone = TaskLoss::new(&tasks[index]).unwrap().per_row(
                heads[index].clone(),
                tensor(&labelled.targets[index], &device),
                tensor(&vec![labelled.masks[index].clone()], &device).flatten(0, 1),
            );
            for (found, wanted) in vector(cost).into_iter().zip(vector(alone)) {
                assert!(close(found, wanted, 1e-6), "{found} for {wanted}");
            }
        }
    }
}

#[test]
fn gradients_are_central_differences() {
    let tasks = tasks();
    let case = latent();
    let x = normals("inputs", ROWS, 3);
    // Weights are part of what is differentiated.
    let weights = [0.5, 0.0, 2.0, 1.0, 0.7];
    for coupled in trees() {
        let device = flex();
        let model = shaken(model(&coupled, &tasks, &device));
        let labels = model.coupled();
        let (known, plain) = known(labels, &Labelled::of(&tasks, ROWS));
        let heads = model.heads_forward(model.representation(&numeric(&x, &device)));
        let mut total = Tensor::<1>::zeros([1], &device);
        for (cost, weight) in model.joint_costs(&heads, &known).into_iter().zip(weights) {
            if let Some(cost) = cost {
                total = total + cost.sum() * weight;
            }
        }
        // The heads that no table reaches have no gradient: they are held by a term of their own.
        for (index, head) in heads.iter().enumerate() {
            if labels.iter().all(|label| label.task != index) {
                total = total + head.clone().sum();
            }
        }
        let loss = |values: &Values| {
            let predictions: Vec<Rows> = tasks
                .iter()
                .map(|task| (case.predict)(values, &x, task))
                .collect();
            let law = Law::of(labels, &coupled, &tasks, values, &predictions);
            let mut total = 0.0;
            for (row, plain) in plain.iter().enumerate() {
                for (label, cost) in labels.iter().zip(law.costs(row, plain)) {
                    total += weights[label.task] * cost;
                }
            }
            for (index, predictions) in predictions.iter().enumerate() {
                if labels.iter().all(|label| label.task != index) {
                    total += predictions.concat().iter().sum::<f64>();
                }
            }
            total
        };
        assert_gradients("joint", &model, &total, loss, 5e-5);
    }
}

#[test]
fn the_order_of_tasks_means_nothing() {
    let device = flex();
    let tasks = tasks();
    let mut turned = tasks.clone();
    turned.rotate_left(2);
    for coupled in trees() {
        let one = shaken(model(&coupled, &tasks, &device));
        let other = names::import(model(&coupled, &turned, &device), names::export(&one)).unwrap();
        let at = |index: usize| {
            turned
                .iter()
                .position(|task| task.name == tasks[index].name)
                .unwrap()
        };
        let x = numeric(&normals("inputs", ROWS, 3), &device);
        let (found, wanted) = (other.forward(&x), one.forward(&x));
        for (index, wanted) in wanted.into_iter().enumerate() {
            assert_eq!(rows(found[at(index)].clone()), rows(wanted));
        }
        let costs = |model: &MultiTaskModel, tasks: &[TaskSpec]| {
            let (known, _) = known(model.coupled(), &labelled(tasks));
            model.joint_costs(&heads(model, &device), &known)
        };
        let (found, wanted) = (costs(&other, &turned), costs(&one, &tasks));
        for (index, wanted) in wanted.into_iter().enumerate() {
            assert_eq!(found[at(index)].clone().map(vector), wanted.map(vector));
        }
    }
}

/// Labels whose masks follow the tasks' names and not their order.
fn labelled(tasks: &[TaskSpec]) -> Labelled {
    let mut labelled = Labelled::of(tasks, ROWS);
    for (task, mask) in tasks.iter().zip(&mut labelled.masks) {
        let lacks = |row: usize| (row + task.name.len()).is_multiple_of(3);
        *mask = (0..ROWS)
            .map(|row| f64::from(u8::from(!lacks(row))))
            .collect();
    }
    labelled
}

#[test]
fn labels_far_from_likely_stay_finite() {
    let device = flex();
    let tasks = tasks();
    let model = shaken(model(&trees()[1], &tasks, &device));
    for size in [1e4, -1e4] {
        let heads: Vec<Tensor<2>> = heads(&model, &device)
            .into_iter()
            .map(|head| head * size)
            .collect();
        let (known, _) = known(model.coupled(), &Labelled::of(&tasks, ROWS));
        let costs = model.joint_costs(&heads, &known).into_iter().flatten();
        let total = costs.map(Tensor::sum).reduce(|a, b| a + b).unwrap();
        assert!(vector(total.clone())[0].is_finite());
        for (name, gradient) in super::batch::gradients(&model, &total.backward()) {
            let gradient = gradient.unwrap_or_default();
            assert!(gradient.iter().all(|value| value.is_finite()), "{name}");
        }
    }
}

#[test]
fn tables_are_named_after_their_labels() {
    let device = flex();
    let model = model(
        &edges(&[("stars", "digit"), ("tags/b", "passed")]),
        &tasks(),
        &device,
    );
    let own: Vec<(String, Vec<usize>, bool)> = names::parameters(&model)
        .into_iter()
        .filter(|parameter| parameter.part == names::Part::Joint)
        .map(|parameter| (parameter.name, parameter.shape, parameter.decays))
        .collect();
    assert_eq!(
        own,
        [
            ("joint.stars-digit.table".to_owned(), vec![3, 4], false),
            ("joint.tags/b-passed.table".to_owned(), vec![2, 2], false),
        ]
    );
    assert_eq!(crate::summary(&model).parts.last().unwrap().parameters, 16);
    let names: Vec<&str> = model
        .coupled()
        .iter()
        .map(|label| label.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["stars", "digit", "tags/b", "passed", "tags/a", "tags/c"]
    );
}

#[test]
fn what_cannot_be_coupled_is_refused_with_its_edge() {
    let device = flex();
    let mut tasks = tasks();
    let smooth = Bce {
        label_smoothing: 0.1,
        ..Bce::default()
    };
    tasks.push(with_loss("soft", TaskKind::Binary, "bce", smooth));
    let refused = |pairs: &[(&str, &str)]| {
        let mut options = latent().options;
        options.coupled = edges(pairs);
        let seed = polytask_random::Seed(1);
        let errors = crate::build(&options, &columns(3), &tasks, seed, &device).unwrap_err();
        let lines: Vec<String> = errors
            .0
            .iter()
            .map(|error| format!("{} {}", error.key, error.message))
            .collect();
        lines.join("\n")
    };
    let edge = "multitask.joint.edges";
    assert_eq!(
        refused(&[("passed", "digit"), ("digit", "stars"), ("stars", "passed")]),
        format!("{edge}[2] the edges close a circle: passed - digit - stars - passed")
    );
    assert_eq!(
        refused(&[("passed", "grade"), ("nobody", "digit")]),
        format!(
            "{edge}[0] `grade` is a regression: edges are between classes, and numbers are coupled by `numbers`\n{edge}[1] there is no task `nobody`"
        )
    );
    assert_eq!(
        refused(&[
            ("tags", "passed"),
            ("tags/z", "digit"),
            ("digit/1", "stars")
        ]),
        format!(
            "{edge}[0] `tags` has several labels: name one, such as `tags/a`\n{edge}[1] task `tags` has no label `z`\n\
             {edge}[2] `digit` is multiclass: it has one label, `digit`"
        )
    );
    assert!(refused(&[("soft", "passed")]).contains("not the likelihood of its labels"));
}
