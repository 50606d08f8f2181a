//! Sparse weights of codes: the proximal map against the conditions of its optimum, and what annealing leaves of the penalties.

use super::canonical::model;
use super::fixtures::{all_kinds, flex, scalar};
use super::reference::{Rows, Values};
use crate::{Alpha, Annealing, CodesOptions, GateMap, Groups, MultiTaskModel, TaskSpec};

const COUNT: usize = 4;
const RATE: f64 = 0.5;

fn options(groups: Groups, l1: f64, group_lasso: f64) -> CodesOptions {
    CodesOptions {
        count: COUNT,
        alpha: Alpha::PerOutput,
        gate: GateMap::Free,
        l1,
        frobenius: 0.0,
        group_lasso,
        groups,
        proximal: true,
        annealing: Annealing::AT_ONCE,
        information: 0.0,
        spread: 0.0,
        unit_norm: false,
        turn: false,
        block: 2,
    }
}

/// The weights of each group, and which they are in the order of tasks, outputs and codes.
fn groups_of(model: &MultiTaskModel, tasks: &[TaskSpec], groups: Groups) -> Vec<Vec<f64>> {
    let values = Values::of(model);
    let each: Vec<Rows> = tasks
        .iter()
        .map(|task| values.matrix(&format!("heads.{}.alpha", task.name)))
        .collect();
    let column = |rows: &Rows, code: usize| -> Vec<f64> { rows.iter().map(|r| r[code]).collect() };
    let codes = 0..COUNT;
    match groups {
        Groups::Code => codes
            .map(|code| each.iter().flat_map(|rows| column(rows, code)).collect())
            .collect(),
        Groups::Task => each
            .iter()
            .flat_map(|rows| codes.clone().map(|code| column(rows, code)))
            .collect(),
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[test]
fn a_step_is_followed_by_the_proximal_map_of_a_sparse_group_lasso() {
    let device = flex();
    let tasks = all_kinds();
    for groups in [Groups::Code, Groups::Task] {
        for (l1, lasso) in [(0.3, 0.0), (0.0, 0.9), (0.2, 0.8), (0.4, 2.2)] {
            let model = model(options(groups, l1, lasso), &tasks, &device);
            let before = groups_of(&model, &tasks, groups);
            let (mut absolute, mut norms) = (0.0, 0.0);
            for group in &before {
                absolute += group.iter().map(|weight| weight.abs()).sum::<f64>();
                norms += norm(group);
            }
            let cost = model.proximal().unwrap();
            assert!((cost - l1 * absolute - lasso * norms).abs() < 1e-9 * cost);
            assert!(model.penalty().is_none());

            let after = groups_of(&model.project(RATE), &tasks, groups);
            let (mu, lambda) = (RATE * l1, RATE * lasso);
            let mut zeros = 0;
            for (a, x) in before.iter().zip(&after) {
                let size = norm(x);
                if size == 0.0 {
                    // 0 is a subgradient exactly if what the first map leaves is within the ball.
                    let left: Vec<f64> = a.iter().map(|a| (a.abs() - mu).max(0.0)).collect();
                    assert!(norm(&left) <= lambda + 1e-6, "{a:?}");
                }
                for (a, x) in a.iter().zip(x) {
                    if *x == 0.0 {
                        zeros += 1;
                        assert!(size == 0.0 || a.abs() <= mu + 1e-6, "{a} of {size}");
                    } else {
                        let slope = mu * x.signum() + lambda * x / size;
                        assert!((a - x - slope).abs() < 1e-6, "{a} to {x}");
                    }
                }
            }
            assert!(zeros > 0 || l1 == 0.0, "nothing became 0");
        }
        // So strong a map leaves nothing.
        let none = model(options(groups, 0.0, 100.0), &tasks, &device).project(RATE);
        let left = groups_of(&none, &tasks, groups);
        assert!(left.iter().flatten().all(|&weight| weight == 0.0));
    }
}

#[test]
fn annealing_scales_what_acts_on_the_weights_and_nothing_else() {
    let device = flex();
    let tasks = all_kinds();
    let slopes = CodesOptions {
        proximal: false,
        information: 0.7,
        spread: -0.2,
        ..options(Groups::Task, 0.3, 0.5)
    };
    let whole = model(slopes, &tasks, &device);
    let part = whole.clone().with_code_strength(0.25);
    let penalty = |model: &MultiTaskModel| scalar(model.penalty().unwrap());
    assert!((penalty(&part) - 0.25 * penalty(&whole)).abs() < 1e-5 * penalty(&whole).abs());
    let norms = |model: &MultiTaskModel| model.proximal().unwrap();
    assert!((norms(&part) - 0.25 * norms(&whole)).abs() < 1e-9 * norms(&whole));
    // A step of four times the length at a quarter of the strength.
    let [left, right] = [part.project(4.0 * RATE), whole.clone().project(RATE)];
    assert_eq!(Values::of(&left).0, Values::of(&right).0);

    let none = whole.clone().with_code_strength(0.0);
    assert!(none.penalty().is_none());
    assert_eq!(none.proximal(), Some(0.0));
    assert_eq!(
        Values::of(&none.clone().project(RATE)).0,
        Values::of(&none).0
    );
    // The size of the codes is no penalty on the weights.
    let with_codes = CodesOptions {
        frobenius: 0.1,
        ..options(Groups::Code, 0.0, 0.0)
    };
    let with_codes = model(with_codes, &tasks, &device);
    let before = penalty(&with_codes);
    assert_eq!(penalty(&with_codes.with_code_strength(0.0)), before);
}
