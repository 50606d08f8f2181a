//! Canonical forms: the predictions stay, the form is what the documentation says, and a second time changes nothing.

use burn::tensor::Device;

use super::cases::random_heads;
use super::fixtures::{
    all_kinds, assert_rows, built, columns, flex, mlp, model_options, normals, numeric, rows,
    shaken,
};
use super::reference::{Rows, Values, matmul, transpose};
use crate::{
    ActivationKind, HeadOptions, Inputs, LatentOptions, MultiTaskModel, TaskSpec, sharing,
};

pub(super) fn model(
    sharing: impl sharing::Plan + 'static,
    tasks: &[TaskSpec],
    device: &Device,
) -> MultiTaskModel {
    let options = model_options(mlp(&[6], ActivationKind::Tanh), sharing, random_heads());
    shaken(built(&options, &columns(3), tasks, device))
}

pub(super) fn predictions(model: &MultiTaskModel, inputs: &Inputs) -> Vec<Rows> {
    model.forward(inputs).into_iter().map(rows).collect()
}

/// Checks the predictions and the second time, and gives the canonical model.
#[track_caller]
pub(super) fn canonical(model: MultiTaskModel, sample: &Inputs, inputs: &Inputs) -> MultiTaskModel {
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

/// The entry that is largest without its sign.
pub(super) fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
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
