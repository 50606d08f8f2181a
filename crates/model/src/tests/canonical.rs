//! Canonical forms: the predictions stay, the form is what the documentation says, and a second time changes nothing.

use burn::tensor::Device;

use super::cases::random_heads;
use super::fixtures::{
    all_kinds, assert_rows, built, columns, flex, mlp, model_options, normals, numeric, rows,
    shaken,
};
use super::reference::{Rows, Values, matmul, transpose};
use crate::{
    ActivationKind, Alpha, CodesOptions, GateMap, HeadOptions, Inputs, LatentOptions,
    MultiTaskModel, TaskSpec, sharing,
};

const GATES: [GateMap; 4] = [
    GateMap::Free,
    GateMap::Softmax,
    GateMap::Sparsemax,
    GateMap::Entmax15,
];
const ALPHAS: [Alpha; 3] = [Alpha::PerOutput, Alpha::PerTask, Alpha::Block];

fn model(
    sharing: impl sharing::Plan + 'static,
    tasks: &[TaskSpec],
    device: &Device,
) -> MultiTaskModel {
    let options = model_options(mlp(&[6], ActivationKind::Tanh), sharing, random_heads());
    shaken(built(&options, &columns(3), tasks, device))
}

fn codes(alpha: Alpha, gate: GateMap) -> CodesOptions {
    CodesOptions {
        count: 4,
        alpha,
        gate,
        l1: 0.0,
        frobenius: 0.0,
        unit_norm: false,
        block: 2,
    }
}

fn predictions(model: &MultiTaskModel, inputs: &Inputs) -> Vec<Rows> {
    model.forward(inputs).into_iter().map(rows).collect()
}

/// Checks the predictions and the second time, and gives the canonical model.
#[track_caller]
fn canonical(model: MultiTaskModel, sample: &Inputs, inputs: &Inputs) -> MultiTaskModel {
    let before = predictions(&model, inputs);
    let once = model.canonicalise(sample);
    for (found, wanted) in predictions(&once, inputs).iter().zip(&before) {
        assert_rows(found, wanted, 1e-5);
    }
    let twice = Values::of(&once.clone().canonicalise(sample));
    for (name, (_, wanted)) in &Values::of(&once).0 {
        let found = &twice.0[name].1;
        assert_rows(&vec![found.clone()], &vec![wanted.clone()], 2e-5);
    }
    once
}

fn column(rows: &Rows, column: usize) -> Vec<f64> {
    rows.iter().map(|row| row[column]).collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// The entry that is largest without its sign.
fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
    values.into_iter().fold(0.0, larger)
}

#[test]
fn a_latent_space_becomes_white_ordered_and_upright() {
    let device = flex();
    let tasks = all_kinds();
    let model = model(LatentOptions { dimension: 4 }, &tasks, &device);
    let sample = numeric(&normals("sample", 50, 3), &device);
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let model = canonical(model, &sample, &inputs);

    let z = rows(model.representation(&sample));
    let products = matmul(&transpose(&z), &z);
    let values = Values::of(&model);
    let weights: Vec<Rows> = tasks
        .iter()
        .map(|task| values.matrix(&format!("heads.{}.weight", task.name)))
        .collect();
    let gram = |i: usize, j: usize| -> f64 {
        let of =
            |weight: &Rows| -> f64 { weight[i].iter().zip(&weight[j]).map(|(a, b)| a * b).sum() };
        weights.iter().map(of).sum()
    };
    for i in 0..4 {
        let mean = column(&z, i).iter().sum::<f64>() / 50.0;
        assert!(mean.abs() < 1e-5, "mean {mean}");
        for (j, product) in products[i].iter().enumerate() {
            let wanted = f64::from(u8::from(i == j));
            let found = product / 50.0;
            assert!((found - wanted).abs() < 1e-4, "covariance {i} {j}: {found}");
            if i != j {
                assert!(gram(i, j).abs() < 1e-4 * gram(0, 0), "gram {i} {j}");
            }
        }
        if i > 0 {
            assert!(gram(i, i) <= gram(i - 1, i - 1));
        }
        assert!(largest(weights.iter().flat_map(|weight| weight[i].clone())) > 0.0);
    }
}

#[test]
fn two_coordinates_of_one_latent_model_become_one() {
    // The model with z M and M⁻¹ W is the same model.
    let device = flex();
    let tasks = all_kinds();
    let model = model(LatentOptions { dimension: 2 }, &tasks, &device);
    let sample = numeric(&normals("sample", 40, 3), &device);
    let mut values = crate::names::export(&model);
    let (m, inverse) = ([[2.0, 1.0], [0.5, -1.0]], [[0.4, 0.4], [0.2, -0.8]]);
    for (name, shape, values) in &mut values {
        let old = values.clone();
        let (rows, columns) = (shape[0], shape.get(1).copied().unwrap_or(1));
        let product = |at: usize| -> f32 {
            match name.as_str() {
                "sharing.projection.weight" | "sharing.projection.bias" => {
                    let (row, column) = (at / 2, at % 2);
                    old[row * 2] * m[0][column] + old[row * 2 + 1] * m[1][column]
                }
                name if name.ends_with(".weight") && name.starts_with("heads.") => {
                    let (row, column) = (at / columns, at % columns);
                    inverse[row][0] * old[column] + inverse[row][1] * old[columns + column]
                }
                _ => old[at],
            }
        };
        *values = (0..rows * columns).map(product).collect();
    }
    let other = crate::names::import(model.clone(), values).unwrap();
    let [one, other] = [model, other].map(|model| Values::of(&model.canonicalise(&sample)));
    for (name, (_, wanted)) in &one.0 {
        assert_rows(&vec![other.0[name].1.clone()], &vec![wanted.clone()], 1e-4);
    }
}

#[test]
fn directions_that_no_task_reads_have_a_canonical_form_too() {
    let device = flex();
    // One score in a space of four, and no score at all before training.
    let tasks = &all_kinds()[..1];
    let sample = numeric(&normals("sample", 50, 3), &device);
    canonical(
        model(LatentOptions { dimension: 4 }, tasks, &device),
        &sample,
        &sample,
    );
    let encoder = mlp(&[6], ActivationKind::Tanh);
    let options = model_options(
        encoder,
        LatentOptions { dimension: 4 },
        HeadOptions::default(),
    );
    canonical(
        built(&options, &columns(3), tasks, &device),
        &sample,
        &sample,
    );
}

#[test]
fn a_space_wider_than_what_reaches_it_keeps_its_predictions() {
    let device = flex();
    let tasks = all_kinds();
    let encoder = mlp(&[], ActivationKind::Identity);
    let options = model_options(encoder, LatentOptions { dimension: 5 }, random_heads());
    let model = shaken(built(&options, &columns(3), &tasks, &device));
    let sample = numeric(&normals("sample", 50, 3), &device);
    let inputs = numeric(&normals("inputs", 9, 3), &device);
    let before = predictions(&model, &inputs);
    let after = predictions(&model.canonicalise(&sample), &inputs);
    for (found, wanted) in after.iter().zip(&before) {
        assert_rows(found, wanted, 1e-5);
    }
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
            let model = model.project();
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
    assert_eq!(Values::of(&model.project()).vector("sharing.codes"), before);
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
