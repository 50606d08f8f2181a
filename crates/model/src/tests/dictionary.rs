//! Code dictionaries: canonical form, unit norm, and what they have in common with a latent space.

use super::canonical::{canonical, largest, model, predictions};
use polytask_random::Seed;

use super::fixtures::{all_kinds, assert_rows, flex, normals, numeric, scalar};
use super::reference::{Rows, Values, matmul, transpose};
use crate::{Alpha, CodesOptions, GateMap, LatentOptions, TaskSpec};

const GATES: [GateMap; 4] = [
    GateMap::Free,
    GateMap::Softmax,
    GateMap::Sparsemax,
    GateMap::Entmax15,
];
const ALPHAS: [Alpha; 3] = [Alpha::PerOutput, Alpha::PerTask, Alpha::Block];

fn codes(alpha: Alpha, gate: GateMap) -> CodesOptions {
    CodesOptions {
        count: 4,
        alpha,
        gate,
        l1: 0.0,
        frobenius: 0.0,
        group_lasso: 0.0,
        groups: crate::Groups::Code,
        proximal: false,
        annealing: crate::Annealing::AT_ONCE,
        information: 0.0,
        spread: 0.0,
        unit_norm: false,
        turn: true,
        block: 2,
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[test]
fn codes_become_units_upright_and_ordered_by_use() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    for alpha in ALPHAS {
        for gate in GATES {
            let model = canonical(model(codes(alpha, gate), &tasks, &device), &inputs, &inputs);
            let block = if alpha == Alpha::Block { 2 } else { 1 };
            let values = Values::of(&model);
            let weights: Vec<Rows> = tasks
                .iter()
                .map(|task| gate_rows(&values, task, gate))
                .collect();
            let usage: Vec<f64> = (0..4)
                .map(|code| weights.iter().flatten().map(|row| row[code].abs()).sum())
                .collect();
            let falls = usage.windows(2).all(|pair| pair[0] >= pair[1] - 1e-6);
            assert!(falls, "{alpha:?} {gate:?}: {usage:?}");
            if gate != GateMap::Free && alpha != Alpha::PerTask {
                // Nothing there can take a scale or a sign.
                continue;
            }
            for (code, rows) in values.matrix("sharing.codes").chunks(block).enumerate() {
                let size = norm(&rows.concat());
                let wanted = (block as f64).sqrt();
                assert!(
                    (size - wanted).abs() < 1e-5,
                    "{alpha:?} {gate:?} {code}: {size}"
                );
            }
        }
    }
}

#[test]
fn how_much_a_task_uses_a_code_does_not_depend_on_its_scale() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let shares = |strengths: &[f64]| {
        let total: f64 = strengths.iter().sum();
        let mut shares: Vec<f64> = strengths.iter().map(|one| one / total).collect();
        shares.sort_by(f64::total_cmp);
        shares
    };
    for alpha in ALPHAS {
        let before = model(codes(alpha, GateMap::Free), &tasks, &device);
        let found = before.code_strengths().unwrap();
        assert_eq!((found.len(), found[0].len()), (tasks.len(), 4));
        // The canonical form moves scales between codes and weights, and reorders the codes.
        let after = canonical(before, &inputs, &inputs)
            .code_strengths()
            .unwrap();
        for (found, after) in found.iter().zip(&after) {
            for (one, other) in shares(found).iter().zip(shares(after)) {
                assert!(
                    (one - other).abs() < 1e-5,
                    "{alpha:?}: {found:?}, {after:?}"
                );
            }
        }
    }
    let hard = model(LatentOptions { dimension: 4 }, &tasks, &device);
    assert_eq!(hard.code_strengths(), None);
}

/// Weights of the codes, a row per score or one row.
fn gate_rows(values: &Values, task: &TaskSpec, gate: GateMap) -> Rows {
    let leaf = if gate == GateMap::Free {
        "alpha"
    } else {
        "gate"
    };
    let stored = values.matrix(&format!("heads.{}.{leaf}", task.name));
    let weights = stored.iter().map(|row| super::reference::gate(gate, row));
    weights.collect()
}

#[test]
fn scale_and_sign_of_private_maps_stand_in_the_weights() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let per_task = model(codes(Alpha::PerTask, GateMap::Free), &tasks, &device);
    let values = Values::of(&per_task.canonicalise(&inputs));
    for task in &tasks {
        let alpha = values
            .matrix(&format!("heads.{}.alpha", task.name))
            .concat();
        assert!(alpha.iter().all(|&alpha| alpha >= 0.0), "{}", task.name);
        for row in values.matrix(&format!("heads.{}.weight", task.name)) {
            assert!((norm(&row) - 1.0).abs() < 1e-5, "{}", task.name);
        }
    }
    for code in 0..4 {
        let strengths = tasks.iter().flat_map(|task| {
            let alpha = values.matrix(&format!("heads.{}.alpha", task.name))[0][code];
            let row = values.matrix(&format!("heads.{}.weight", task.name))[code].clone();
            row.into_iter().map(move |weight| alpha * weight)
        });
        assert!(largest(strengths) > 0.0, "code {code}");
    }
    let block = model(codes(Alpha::Block, GateMap::Free), &tasks, &device);
    let values = Values::of(&block.canonicalise(&inputs));
    for task in &tasks {
        let weight = values
            .matrix(&format!("heads.{}.weight", task.name))
            .concat();
        assert!((norm(&weight) - 1.0).abs() < 1e-5, "{}", task.name);
        assert!(largest(weight) > 0.0, "{}", task.name);
    }
}

#[test]
fn projecting_gives_unit_codes_and_free_weights_take_their_scale() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    for alpha in ALPHAS {
        for gate in GATES {
            let options = CodesOptions {
                unit_norm: true,
                ..codes(alpha, gate)
            };
            let model = model(options, &tasks, &device);
            let before = predictions(&model, &inputs);
            let model = model.project(0.0);
            let block = if alpha == Alpha::Block { 2 } else { 1 };
            for rows in Values::of(&model).matrix("sharing.codes").chunks(block) {
                let size = norm(&rows.concat()) / (block as f64).sqrt();
                assert!((size - 1.0).abs() < 1e-6, "{alpha:?} {gate:?}: {size}");
            }
            if gate == GateMap::Free || alpha == Alpha::PerTask {
                for (found, wanted) in predictions(&model, &inputs).iter().zip(&before) {
                    assert_rows(found, wanted, 1e-5);
                }
            }
        }
    }
    // Without the option nothing is projected.
    let model = model(codes(Alpha::PerOutput, GateMap::Free), &tasks, &device);
    let before = Values::of(&model).vector("sharing.codes");
    assert_eq!(
        Values::of(&model.project(0.0)).vector("sharing.codes"),
        before
    );
}

#[test]
fn turning_lowers_the_penalty_and_changes_no_prediction() {
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let options = CodesOptions {
        l1: 0.1,
        unit_norm: true,
        ..codes(Alpha::PerOutput, GateMap::Free)
    };
    let dense = model(options, &tasks, &device).project(0.0);
    let turn = dense.sparser(Seed(3)).unwrap();
    let turned = dense.clone().turned(&turn);
    let found = predictions(&turned, &inputs);
    for (found, wanted) in found.iter().zip(&predictions(&dense, &inputs)) {
        assert_rows(found, wanted, 1e-5);
    }
    for row in Values::of(&turned).matrix("sharing.codes") {
        assert!((norm(&row) - 1.0).abs() < 1e-5);
    }
    let penalty = |model: &crate::MultiTaskModel| scalar(model.penalty().unwrap());
    assert!(penalty(&turned) < 0.99 * penalty(&dense));
    // Who asks for no sparse weights gets none, nor who says no.
    for other in [
        CodesOptions {
            turn: false,
            ..options
        },
        CodesOptions { l1: 0.0, ..options },
        CodesOptions {
            unit_norm: false,
            ..options
        },
        CodesOptions {
            alpha: Alpha::PerTask,
            ..options
        },
    ] {
        assert!(model(other, &tasks, &device).sparser(Seed(3)).is_none());
    }
    // The canonical form stands where the search ends.
    canonical(dense, &inputs, &inputs);
}

#[test]
fn free_codes_are_the_latent_space_of_their_products() {
    // W_t = A_t V: the latent model with the identity as projection and W as weights predicts the same.
    let device = flex();
    let tasks = all_kinds();
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let coded = model(codes(Alpha::PerOutput, GateMap::Free), &tasks, &device);
    let latent = model(LatentOptions { dimension: 6 }, &tasks, &device);
    let values = Values::of(&coded);
    let codes = values.matrix("sharing.codes");
    let mut target = crate::names::export(&latent);
    for (name, _, numbers) in &mut target {
        let wide: Vec<f64> = match name
            .strip_prefix("heads.")
            .and_then(|name| name.strip_suffix(".weight"))
        {
            Some(task) => {
                let product = matmul(&values.matrix(&format!("heads.{task}.alpha")), &codes);
                transpose(&product).concat()
            }
            None if name == "sharing.projection.weight" => (0..36)
                .map(|at| f64::from(u8::from(at / 6 == at % 6)))
                .collect(),
            None if name == "sharing.projection.bias" => vec![0.0; 6],
            None => values.vector(name),
        };
        *numbers = wide.into_iter().map(|value| value as f32).collect();
    }
    let latent = crate::names::import(latent, target).unwrap();
    for (found, wanted) in predictions(&latent, &inputs)
        .iter()
        .zip(&predictions(&coded, &inputs))
    {
        assert_rows(found, wanted, 1e-5);
    }
}

/// Free weights whose shares are the rows of the project's golden number for I(C;T), and the penalties on them.
#[test]
fn penalties_on_shares_are_their_information() {
    let device = flex();
    let tasks =
        ["a", "b", "c"].map(|name| super::fixtures::task(name, polytask_data::TaskKind::Binary));
    let rows = [[1.4, -0.6, 0.0], [-0.3, 0.2, 0.0], [0.0, 0.1, 0.9]];
    let penalty = |information: f64, spread: f64| {
        let options = CodesOptions {
            count: 3,
            information,
            spread,
            ..codes(Alpha::PerOutput, GateMap::Free)
        };
        let model = model(options, &tasks, &device);
        let mut values = crate::names::export(&model);
        for (name, _, values) in &mut values {
            for (task, row) in tasks.iter().zip(rows) {
                if *name == format!("heads.{}.alpha", task.name) {
                    *values = row.map(|value| value as f32).into();
                }
            }
        }
        let penalty = crate::names::import(model, values).unwrap().penalty();
        penalty.map(scalar)
    };
    assert_eq!(penalty(0.0, 0.0), None);
    let is = |found: Option<f64>, wanted: f64| {
        let found = found.unwrap();
        assert!((found - wanted).abs() < 1e-6, "{found} for {wanted}");
    };
    is(penalty(1.0, 0.0), 0.539_714_561_6);
    is(penalty(-0.5, 0.0), -0.269_857_280_8);
    // Effective codes 1.84202, 1.96013, 1.38415: e to the entropy of each.
    let entropies = [1.842_02f64, 1.960_13, 1.384_15].map(f64::ln);
    let off = 3f64.ln() - entropies.iter().sum::<f64>() / 3.0;
    let found = penalty(0.0, 2.0).unwrap();
    assert!(
        (found - 2.0 * off).abs() < 1e-5,
        "{found} for {}",
        2.0 * off
    );
}
