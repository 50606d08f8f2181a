//! Relations against their formulas: sums of squared distances, and the identities of the trace norm.

use std::sync::Arc;

use burn::tensor::Device;
use polytask_config::{Document, Layers, read};
use polytask_data::TaskKind;

use super::batch::gradients;
use super::cases::{codes, latent, random_heads};
use super::fixtures::{
    built, close, columns, flex, mlp, model_options, normals, scalar, shaken, task,
};
use super::reference::Values;
use crate::matrix::Matrix;
use crate::{
    ActivationKind, Alpha, Asks, GateMap, HardOptions, HeadOptions, MultiTaskModel, Relation,
    TaskSpec, names, relation,
};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn tasks() -> Vec<TaskSpec> {
    let kinds = [
        TaskKind::Binary,
        TaskKind::Regression { outputs: 1 },
        TaskKind::Binary,
        TaskKind::Ordinal { levels: 3 },
    ];
    let tasks = NAMES.into_iter().zip(kinds);
    tasks.map(|(name, kind)| task(name, kind)).collect()
}

fn chosen(text: &str) -> Arc<dyn Relation> {
    let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
    let reading = read(&document, |fields| relation(fields, &NAMES));
    assert!(reading.problems.0.is_empty(), "{:?}", reading.problems);
    reading.value.unwrap()
}

fn model(text: &str, device: &Device) -> MultiTaskModel {
    let mut options = latent().options;
    options.relation = Some(chosen(text));
    shaken(built(&options, &columns(3), &tasks(), device))
}

/// Weights of the tasks' heads.
fn weights(values: &Values) -> Vec<Vec<f64>> {
    let weight = |name: &str| values.vector(&format!("heads.{name}.weight"));
    NAMES.map(weight).into()
}

fn apart(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum()
}

fn mean(of: &[&Vec<f64>]) -> Vec<f64> {
    let width = of[0].len();
    let at = |place: usize| of.iter().map(|one| one[place]).sum::<f64>() / of.len() as f64;
    (0..width).map(at).collect()
}

/// The penalty of a text, and its formula.
type Case = (&'static str, fn(&[Vec<f64>]) -> f64);

fn cases() -> Vec<Case> {
    vec![
        ("relation = { type = \"mean\", weight = 0.3 }", |w| {
            let middle = mean(&w.iter().collect::<Vec<_>>());
            0.3 * w.iter().map(|w| apart(w, &middle)).sum::<f64>()
        }),
        (
            "relation = { type = \"mean\", weight = 2.0, tasks = [\"d\", \"b\"] }",
            |w| {
                let middle = mean(&[&w[1], &w[3]]);
                2.0 * (apart(&w[1], &middle) + apart(&w[3], &middle))
            },
        ),
        (
            "relation = { type = \"clusters\", weight = 0.5, groups = [[\"a\", \"d\"], [\"b\"]], between = 0.2, mean = 0.1 }",
            |w| {
                // Task c is a cluster of its own.
                let middle = mean(&w.iter().collect::<Vec<_>>());
                let nothing = vec![0.0; middle.len()];
                let pair = mean(&[&w[0], &w[3]]);
                let between =
                    2.0 * apart(&pair, &middle) + apart(&w[1], &middle) + apart(&w[2], &middle);
                let within = apart(&w[0], &pair) + apart(&w[3], &pair);
                0.5 * (0.1 * 4.0 * apart(&middle, &nothing) + 0.2 * between + within)
            },
        ),
        (
            "relation = { type = \"graph\", weight = 0.5, edges = [[\"a\", \"c\"], [\"d\", \"c\"]], strengths = [1.0, 3.0] }",
            |w| 0.5 * (apart(&w[0], &w[2]) + 3.0 * apart(&w[3], &w[2])),
        ),
        (
            // Root b, below it a and c, below c d: each adds to its parent's weights.
            "relation = { type = \"tree\", weight = 0.1, growth = 2.0, edges = [[\"b\", \"a\"], [\"c\", \"b\"], [\"c\", \"d\"]] }",
            |w| {
                let nothing = vec![0.0; w[0].len()];
                0.1 * apart(&w[1], &nothing)
                    + 0.2 * (apart(&w[0], &w[1]) + apart(&w[2], &w[1]))
                    + 0.4 * apart(&w[3], &w[2])
            },
        ),
        (
            // Task c is not tied: it takes the weights that cost least, between b and d.
            "relation = { type = \"tree\", weight = 0.1, growth = 2.0, edges = [[\"b\", \"c\"], [\"c\", \"d\"]], tasks = [\"b\", \"d\"] }",
            |w| {
                let nothing = vec![0.0; w[0].len()];
                let both = 0.2 * 0.4 / (0.2 + 0.4);
                0.1 * apart(&w[1], &nothing) + both * apart(&w[1], &w[3])
            },
        ),
    ]
}

#[test]
fn penalties_are_their_formulas_and_gradients_their_differences() {
    let device = flex();
    for (text, formula) in cases() {
        let model = model(text, &device);
        let values = Values::of(&model);
        let penalty = model.penalty().unwrap();
        let (found, wanted) = (scalar(penalty.clone()), formula(&weights(&values)));
        assert!(
            close(found, wanted, 2e-6) && wanted > 0.01,
            "{text}: {found} for {wanted}"
        );
        assert_eq!(model.proximal(), None);
        for (name, gradient) in gradients(&model, &penalty.backward()) {
            for (at, found) in gradient.unwrap_or_default().into_iter().enumerate() {
                let moved = |by: f64| {
                    let mut moved = values.clone();
                    moved.0.get_mut(&name).unwrap().1[at] += by;
                    formula(&weights(&moved))
                };
                let wanted = (moved(1e-4) - moved(-1e-4)) / 2e-4;
                assert!(
                    close(found, wanted, 1e-5),
                    "{text} {name}: {found} for {wanted}"
                );
            }
        }
    }
}

fn random(name: &str, rows: usize, columns: usize) -> Matrix {
    Matrix::from_rows(&normals(name, rows, columns))
}

fn squares(matrix: &Matrix) -> f64 {
    matrix.values().iter().map(|value| value * value).sum()
}

#[test]
fn the_trace_norm_is_the_least_that_two_factors_cost() {
    for (tasks, width) in [(4, 6), (5, 2)] {
        let w = random("weights", tasks, width);
        let norm = crate::relation::trace_norm::norm(&w);
        let (values, vectors) = w.times(&w.transposed()).eigen();
        // A = U √S and V = √S⁻¹ Uᵀ W, without directions of no length.
        let root = |value: &f64| {
            if *value > 1e-12 {
                value.powf(0.25)
            } else {
                0.0
            }
        };
        let roots: Vec<f64> = values.iter().map(root).collect();
        let inverse: Vec<f64> = roots
            .iter()
            .map(|&root| if root > 0.0 { 1.0 / root } else { 0.0 })
            .collect();
        let left = vectors.scale_columns(&roots);
        let right = vectors.scale_columns(&inverse).transposed().times(&w);
        let product = left.times(&right);
        for (found, wanted) in product.values().iter().zip(w.values()) {
            assert!((found - wanted).abs() < 1e-9);
        }
        let least = 0.5 * (squares(&left) + squares(&right));
        assert!((least - norm).abs() < 1e-9 * norm, "{least} {norm}");
        // Any other factors of it, A M and M⁻¹ V, cost at least as much.
        for number in 0..20 {
            let m = random(&format!("basis {number}"), tasks, tasks);
            let m = m
                .times(&m.transposed())
                .plus(&Matrix::identity(tasks).scaled(0.1));
            let other = left.times(&m);
            let back = m.inverse_of_positive().times(&right);
            assert!(0.5 * (squares(&other) + squares(&back)) >= norm - 1e-9);
        }
        // Argyriou et al. 2007: with D = (W Wᵀ)^½ / tr, Σ_j w_jᵀ D⁺ w_j is the squared trace norm.
        let lengths: Vec<f64> = values.iter().map(|value| value.max(0.0).sqrt()).collect();
        let cost: f64 = vectors
            .transposed()
            .times(&w)
            .to_rows()
            .iter()
            .zip(&lengths)
            .filter(|(_, length)| **length > 1e-6)
            .map(|(row, length)| norm / length * row.iter().map(|x| x * x).sum::<f64>())
            .sum();
        assert!((cost - norm * norm).abs() < 1e-8 * cost, "{cost} {norm}");
    }
}

#[test]
fn the_proximal_map_lowers_singular_values() {
    let device = flex();
    let text = "relation = { type = \"trace_norm\", weight = 0.5 }";
    let before = model(text, &device);
    assert!(before.penalty().is_none());
    let stacked = |model: &MultiTaskModel| Matrix::from_rows(&weights(&Values::of(model)));
    let lengths = |w: &Matrix| -> Vec<f64> {
        let (values, _) = w.times(&w.transposed()).eigen();
        values.iter().map(|value| value.max(0.0).sqrt()).collect()
    };
    let w = stacked(&before);
    let sum: f64 = lengths(&w).iter().sum();
    assert!(close(before.proximal().unwrap(), 0.5 * sum, 1e-7));
    let after = before.clone().project(0.4);
    let p = stacked(&after);
    for (found, wanted) in lengths(&p).iter().zip(lengths(&w)) {
        let lower = (wanted - 0.2).max(0.0);
        assert!(
            (found - lower).abs() < 1e-3 * (1.0 + lower),
            "{found} for {lower}"
        );
    }
    // (W - P)/τ is a subgradient of the norm at P: no longer than 1, and ⟨·, P⟩ is the norm of P.
    let off = w.plus(&p.scaled(-1.0)).scaled(1.0 / 0.2);
    assert!(lengths(&off)[0] <= 1.0 + 1e-5);
    let inner: f64 = off
        .values()
        .iter()
        .zip(p.values())
        .map(|(a, b)| a * b)
        .sum();
    assert!(close(inner, lengths(&p).iter().sum(), 1e-5));
    // Far enough, nothing is left; other parameters never move.
    let gone = before.clone().project(1e3);
    assert!(stacked(&gone).values().iter().all(|value| *value == 0.0));
    let others = |model: &MultiTaskModel| -> Vec<names::NamedValues> {
        let values = names::export(model).into_iter();
        values
            .filter(|(name, ..)| !name.ends_with(".weight") || !name.starts_with("heads."))
            .collect()
    };
    assert_eq!(others(&before), others(&gone));
}

#[test]
fn only_weights_of_one_shape_can_be_tied() {
    let device = flex();
    let refused = |mut options: crate::ModelOptions, tasks: &[TaskSpec]| {
        options.relation = Some(chosen("relation = \"mean\""));
        let seed = polytask_random::Seed(1);
        let errors = crate::build(&options, &columns(3), tasks, seed, &device).unwrap_err();
        format!(
            "{}: {}: {}",
            errors.0[0].key, errors.0[0].layer, errors.0[0].message
        )
    };
    let mut wide = tasks();
    wide[2] = task("c", TaskKind::Multiclass { classes: 5 });
    let message = refused(latent().options, &wide);
    assert!(
        message.starts_with(
            "multitask.relation: head of `c`: it has 5 scores and the head of `a` has 1"
        ),
        "{message}"
    );
    let tower = HeadOptions {
        hidden: vec![3],
        ..random_heads()
    };
    let hard = model_options(mlp(&[4], ActivationKind::Relu), HardOptions, tower);
    assert!(refused(hard, &tasks()).contains("only linear heads"));
    let codes = codes(Alpha::PerOutput, GateMap::Free).options;
    assert!(refused(codes, &tasks()).contains("only linear heads"));
}

/// ½ Σ_s Σ_t A_st ‖p_s - p_t‖² on the shares of the codes, and its gradient.
#[test]
fn shares_of_codes_are_drawn_to_each_other() {
    let device = flex();
    let text = "relation = { type = \"code_use\", weight = 0.5, edges = [[\"a\", \"b\"], [\"b\", \"d\"]], strengths = [2.0, 1.0] }";
    let mut options = codes(Alpha::PerOutput, GateMap::Free).options;
    options.relation = Some(chosen(text));
    let mut plain = codes(Alpha::PerOutput, GateMap::Free).options;
    plain.relation = None;
    let of = |options| shaken(built(&options, &columns(3), &tasks(), &device));
    let (with, without) = (of(options), of(plain));
    let formula = |values: &Values| {
        let shares = NAMES.map(|name| {
            let used: Vec<f64> = values
                .vector(&format!("heads.{name}.alpha"))
                .iter()
                .map(|a| a.abs())
                .collect();
            let sum: f64 = used.iter().sum();
            used.iter().map(|used| used / sum).collect::<Vec<f64>>()
        });
        0.5 * (2.0 * apart(&shares[0], &shares[1]) + apart(&shares[1], &shares[3]))
    };
    let values = Values::of(&with);
    let tied = with.penalty().unwrap() - without.penalty().unwrap();
    let (found, wanted) = (scalar(tied), formula(&values));
    assert!(
        close(found, wanted, 2e-6) && wanted > 0.01,
        "{found} for {wanted}"
    );
    let by_name = |model: &MultiTaskModel| gradients(model, &model.penalty().unwrap().backward());
    for ((name, with), (_, without)) in by_name(&with).into_iter().zip(by_name(&without)) {
        let nothing = vec![0.0; with.as_ref().map_or(0, Vec::len)];
        let pairs = with.into_iter().flatten().zip(without.unwrap_or(nothing));
        for (at, (with, without)) in pairs.enumerate() {
            let moved = |by: f64| {
                let mut moved = values.clone();
                moved.0.get_mut(&name).unwrap().1[at] += by;
                formula(&moved)
            };
            let wanted = (moved(1e-4) - moved(-1e-4)) / 2e-4;
            assert!(
                close(with - without, wanted, 1e-5),
                "{name}: {} for {wanted}",
                with - without
            );
        }
    }
    let mut latent = latent().options;
    latent.relation = Some(chosen(text));
    let errors = crate::build(
        &latent,
        &columns(3),
        &tasks(),
        polytask_random::Seed(1),
        &device,
    )
    .unwrap_err();
    assert!(errors.0[0].message.contains("it uses no codes"));
}

#[test]
fn a_task_alone_is_tied_to_nobody() {
    let mut options = latent().options;
    options.relation = Some(chosen(
        "relation = { type = \"mean\", tasks = [\"a\", \"d\"] }",
    ));
    let model = built(&options, &columns(3), &tasks()[..2], &flex());
    assert!(model.penalty().is_none());
}

#[test]
fn wrong_names_are_problems_at_their_keys() {
    let problems = |text: &str| -> Vec<String> {
        let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
        let reading = read(&document, |fields| {
            relation(fields, &NAMES);
        });
        let found = reading.problems.0.iter();
        found
            .map(|problem| format!("{} {}", problem.key, problem.message))
            .collect()
    };
    assert_eq!(
        problems("relation = { type = \"mean\", tasks = [\"a\", \"x\"] }"),
        ["relation.tasks[1] there is no task `x`"]
    );
    assert_eq!(
        problems("relation = { type = \"tree\", edges = [[\"a\", \"b\"], [\"b\", \"a\"]] }"),
        ["relation.edges[1] the edges close a circle: a - b - a"]
    );
    assert_eq!(
        problems("relation = { type = \"clusters\", groups = [[\"a\", \"b\"], [\"b\"]] }"),
        ["relation.groups `b` is in two clusters"]
    );
    assert_eq!(
        problems(
            "relation = { type = \"graph\", edges = [[\"a\", \"b\"]], strengths = [1.0, 2.0] }"
        ),
        ["relation.strengths 2 strengths for 1 edges"]
    );
}

/// Relations without edges ask for them, and told them are those with edges.
#[test]
fn what_is_asked_of_labels_is_what_could_have_been_given() {
    let device = flex();
    let edge = |one: &str, other: &str| [one.to_owned(), other.to_owned()];
    let related = vec![(edge("a", "c"), 2.0), (edge("c", "d"), 0.5)];
    for (asking, asks, given) in [
        (
            "type = \"graph\"",
            Asks::Pairs,
            "type = \"graph\", edges = [[\"a\", \"c\"], [\"c\", \"d\"]], strengths = [2.0, 0.5]",
        ),
        (
            "type = \"tree\"",
            Asks::Tree,
            "type = \"tree\", edges = [[\"a\", \"c\"], [\"c\", \"d\"]]",
        ),
        (
            "type = \"clusters\"",
            Asks::Tree,
            "type = \"clusters\", groups = [[\"d\", \"c\", \"a\"]]",
        ),
    ] {
        let [asking, given] =
            [asking, given].map(|options| chosen(&format!("relation = {{ {options} }}")));
        assert_eq!((asking.asks(), given.asks()), (Some(asks), None));
        let penalty = |relation: Arc<dyn Relation>, related: &[crate::Related]| {
            let mut options = latent().options;
            options.relation = Some(relation);
            options.related = related.to_vec();
            let model = shaken(built(&options, &columns(3), &tasks(), &device));
            scalar(model.penalty().unwrap())
        };
        let (told, wanted) = (penalty(asking, &related), penalty(given, &[]));
        assert!(
            close(told, wanted, 1e-6) && wanted > 0.0,
            "{told} for {wanted}"
        );
    }
}
