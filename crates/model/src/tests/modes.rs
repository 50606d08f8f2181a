//! Training and evaluation: dropout in expectation, running moments, and what a clone shares.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use polytask_data::TaskKind;

use super::cases::random_heads;
use super::fixtures::{
    all_kinds, assert_rows, built, close, columns, flex, model_options, ndarray, normals, numeric,
    rows, task,
};
use super::reference::Values;
use crate::{ActivationKind, DenseBlock, HardOptions, Mlp, MultiTaskModel, VectorNorm, names};

fn model(block: DenseBlock, width: usize, device: &Device) -> MultiTaskModel {
    let encoder = Mlp {
        hidden: vec![width],
        block,
    };
    let options = model_options(encoder, HardOptions, random_heads());
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    built(&options, &columns(3), &tasks, device)
}

fn batch_norm(device: &Device) -> MultiTaskModel {
    let block = DenseBlock {
        norm: VectorNorm::Batch,
        activation: ActivationKind::Identity,
        ..DenseBlock::default()
    };
    model(block, 4, device)
}

#[test]
fn dropout_keeps_the_expectation_and_stops_in_evaluation() {
    let block = DenseBlock {
        dropout: 0.25,
        activation: ActivationKind::Identity,
        ..DenseBlock::default()
    };
    for device in [flex(), ndarray()] {
        let model = model(block, 200, &device);
        let x = vec![vec![0.5, -1.0, 2.0]; 100];
        device.seed(3);
        let noisy = rows(model.representation(&numeric(&x, &device)));
        let plain = rows(
            model
                .valid()
                .representation(&numeric(&x, &device.clone().without_autodiff())),
        );
        let (mut zeros, mut ratios) = (0, 0.0);
        for (noisy, plain) in noisy.iter().flatten().zip(plain.iter().flatten()) {
            if *noisy == 0.0 {
                zeros += 1;
            } else {
                assert!(close(noisy / plain, 1.0 / 0.75, 1e-5));
            }
            ratios += noisy / plain;
        }
        // 20,000 draws: the share of zeros has a deviation of 0.0031, the mean ratio of 0.0041.
        assert!(
            (f64::from(zeros) / 20_000.0 - 0.25).abs() < 0.0124,
            "{zeros}"
        );
        assert!((ratios / 20_000.0 - 1.0).abs() < 0.0164, "{ratios}");
        device.seed(3);
        assert_eq!(
            rows(model.representation(&numeric(&x, &device))),
            noisy,
            "the seed decides"
        );
        assert_ne!(rows(model.representation(&numeric(&x, &device))), noisy);
    }
}

#[test]
fn running_moments_follow_the_batches_and_serve_evaluation() {
    for device in [flex(), ndarray()] {
        let model = batch_norm(&device);
        let values = Values::of(&model);
        let (mut mean, mut variance) = (vec![0.0; 4], vec![1.0; 4]);
        for batch in ["first", "second", "third"] {
            let x = normals(batch, 7, 3);
            let _ = model.representation(&numeric(&x, &device));
            let y = super::reference::matmul(&x, &values.matrix("encoder.layers.0.weight"));
            for channel in 0..4 {
                let seen: Vec<f64> = y.iter().map(|row| row[channel]).collect();
                let average = seen.iter().sum::<f64>() / 7.0;
                let unbiased = seen.iter().map(|y| (y - average).powi(2)).sum::<f64>() / 6.0;
                mean[channel] = 0.9 * mean[channel] + 0.1 * average;
                variance[channel] = 0.9 * variance[channel] + 0.1 * unbiased;
            }
        }
        let found = Values::of(&model);
        assert_rows(
            &vec![found.vector("encoder.layers.1.running_mean")],
            &vec![mean.clone()],
            1e-6,
        );
        assert_rows(
            &vec![found.vector("encoder.layers.1.running_variance")],
            &vec![variance.clone()],
            1e-6,
        );
        // Evaluation uses them, whatever the batch, and leaves them alone.
        let x = normals("evaluation", 2, 3);
        let evaluated = rows(
            model
                .valid()
                .representation(&numeric(&x, &device.clone().without_autodiff())),
        );
        let y = super::reference::matmul(&x, &values.matrix("encoder.layers.0.weight"));
        let normal = |row: &Vec<f64>| {
            let normal = |c: usize| (row[c] - mean[c]) / (variance[c] + 1e-5).sqrt();
            (0..4).map(normal).collect()
        };
        assert_rows(&evaluated, &y.iter().map(normal).collect(), 1e-5);
        assert_eq!(Values::of(&model).0, found.0);
    }
}

#[test]
fn a_batch_of_one_row_or_none_leaves_finite_moments() {
    let device = flex();
    let model = batch_norm(&device);
    let _ = model.representation(&numeric(&normals("one", 1, 3), &device));
    let none = crate::Inputs {
        numeric: Some(Tensor::zeros([0, 3], &device)),
        ..crate::Inputs::default()
    };
    assert_eq!(model.representation(&none).dims(), [0, 4]);
    for (name, _, values) in names::export(&model) {
        assert!(values.iter().all(|value| value.is_finite()), "{name}");
    }
}

#[test]
fn a_clone_stands_alone() {
    let device = flex();
    let model = batch_norm(&device);
    let copy = model.clone();
    let _ = model.representation(&numeric(&normals("batch", 7, 3), &device));
    assert_ne!(names::export(&model), names::export(&copy));
    let fresh = batch_norm(&device);
    assert_eq!(names::export(&copy), names::export(&fresh));
}

#[test]
fn evaluation_of_every_kind_is_the_forward_pass() {
    let device = flex();
    let options = model_options(
        Mlp {
            hidden: vec![5],
            block: DenseBlock::default(),
        },
        HardOptions,
        random_heads(),
    );
    let model = built(&options, &columns(3), &all_kinds(), &device);
    let x = normals("inputs", 5, 3);
    let inner = device.clone().without_autodiff();
    let evaluated = model.valid().forward(&numeric(&x, &inner));
    for (trained, evaluated) in model
        .forward(&numeric(&x, &device))
        .into_iter()
        .zip(evaluated)
    {
        assert_eq!(rows(trained), rows(evaluated));
    }
}
