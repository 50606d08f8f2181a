//! Small tasks, inputs and models that the tests share.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use polytask_data::{CategoricalShape, InputShape, TaskFit, TaskKind};
use polytask_random::Seed;

use super::reference::Rows;
use crate::{
    CategoricalOptions, Coding, EncoderOptions, HeadOptions, Inputs, Loss, LossOptions, Mlp,
    ModelOptions, MultiTaskModel, TaskSpec, build, names, sharing,
};

pub(super) fn flex() -> Device {
    Device::flex().autodiff()
}

#[allow(deprecated, reason = "the second backend that the tests compare with")]
pub(super) fn ndarray() -> Device {
    Device::ndarray().autodiff()
}

/// Rows of standard normal numbers.
pub(super) fn normals(name: &str, rows: usize, columns: usize) -> Rows {
    let mut stream = Seed(7).stream(name, 0);
    let mut row = || {
        (0..columns)
            .map(|_| f64::from(stream.normal() as f32))
            .collect()
    };
    (0..rows).map(|_| row()).collect()
}

pub(super) fn tensor(rows: &Rows, device: &Device) -> Tensor<2> {
    let shape = [rows.len(), rows.first().map_or(0, Vec::len)];
    Tensor::from_data(crate::initial::data(shape, rows.concat()), device)
}

pub(super) fn rows(tensor: Tensor<2>) -> Rows {
    let [_, width] = tensor.dims();
    let values: Vec<f64> = tensor.into_data().iter::<f64>().collect();
    values.chunks(width).map(<[f64]>::to_vec).collect()
}

pub(super) fn vector(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

pub(super) fn scalar(tensor: Tensor<1>) -> f64 {
    vector(tensor)[0]
}

pub(super) fn numeric(rows: &Rows, device: &Device) -> Inputs {
    Inputs {
        numeric: Some(tensor(rows, device)),
        ..Inputs::default()
    }
}

pub(super) fn columns(numeric: usize) -> InputShape {
    InputShape {
        numeric,
        categorical: Vec::new(),
        image: None,
    }
}

pub(super) fn category(name: &str, categories: usize) -> CategoricalShape {
    CategoricalShape {
        name: name.to_owned(),
        categories,
        counts: vec![1; categories],
    }
}

pub(super) fn categories(values: &[i64], columns: usize, device: &Device) -> Tensor<2, Int> {
    let shape = [values.len() / columns, columns];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// A task of some kind with the usual loss and made-up labels; targets are standardized, but for their variance of 1.5.
pub(super) fn task(name: &str, kind: TaskKind) -> TaskSpec {
    let counts: Vec<u64> = match kind {
        TaskKind::Binary => vec![30, 10],
        TaskKind::Multiclass { classes } | TaskKind::Ordinal { levels: classes } => {
            (5..).take(classes).collect()
        }
        TaskKind::Multilabel { labels } => (4..).take(labels).collect(),
        TaskKind::Regression { .. } => Vec::new(),
    };
    let labelled = match kind {
        TaskKind::Multilabel { .. } | TaskKind::Regression { .. } => 40,
        _ => counts.iter().sum(),
    };
    let (outputs, variance) = match kind {
        TaskKind::Regression { outputs } => (outputs, 1.5),
        _ => (0, 0.0),
    };
    TaskSpec {
        name: name.to_owned(),
        kind: kind.clone(),
        loss: LossOptions::default(),
        fit: TaskFit {
            name: name.to_owned(),
            kind,
            classes: Vec::new(),
            counts,
            labelled,
            mean: vec![0.0; outputs],
            std: vec![1.0; outputs],
            center: vec![0.0; outputs],
            variance,
            entropy: 0.0,
        },
        after: Vec::new(),
    }
}

pub(super) fn with_loss(
    name: &str,
    kind: TaskKind,
    loss_name: &'static str,
    loss: impl Loss + 'static,
) -> TaskSpec {
    TaskSpec {
        loss: LossOptions::given(loss_name, Arc::new(loss)),
        ..task(name, kind)
    }
}

/// One task of every kind, gaussian regression included.
pub(super) fn all_kinds() -> Vec<TaskSpec> {
    vec![
        task("passed", TaskKind::Binary),
        task("digit", TaskKind::Multiclass { classes: 4 }),
        task("tags", TaskKind::Multilabel { labels: 3 }),
        task("grade", TaskKind::Regression { outputs: 2 }),
        with_loss(
            "noise",
            TaskKind::Regression { outputs: 1 },
            "gaussian_nll",
            crate::Gaussian::default(),
        ),
        task("stars", TaskKind::Ordinal { levels: 4 }),
    ]
}

/// Labels of a task for so many rows: class numbers, flags or values.
pub(super) fn labels(task: &TaskSpec, count: usize) -> Rows {
    let mut stream = Seed(11).stream(&task.name, 0);
    let mut row = || match task.kind {
        TaskKind::Binary => vec![stream.below(2) as f64],
        TaskKind::Multiclass { classes } | TaskKind::Ordinal { levels: classes } => {
            vec![stream.below(classes) as f64]
        }
        TaskKind::Multilabel { labels } => (0..labels).map(|_| stream.below(2) as f64).collect(),
        TaskKind::Regression { outputs } => (0..outputs)
            .map(|_| f64::from(stream.normal() as f32))
            .collect(),
    };
    (0..count).map(|_| row()).collect()
}

pub(super) fn model_options(
    encoder: impl crate::encoder::Plan + 'static,
    sharing: impl sharing::Plan + 'static,
    heads: HeadOptions,
) -> ModelOptions {
    ModelOptions {
        encoder: EncoderOptions {
            plan: Box::new(encoder),
            categorical: CategoricalOptions {
                coding: Coding::Embedding,
                width: None,
            },
            bottleneck: None,
        },
        sharing: Box::new(sharing),
        heads,
        coupled: Vec::new(),
        numbers: Vec::new(),
        relation: None,
        related: Vec::new(),
    }
}

pub(super) fn mlp(hidden: &[usize], activation: crate::ActivationKind) -> Mlp {
    Mlp {
        hidden: hidden.to_vec(),
        block: crate::DenseBlock {
            activation,
            ..crate::DenseBlock::default()
        },
    }
}

pub(super) fn built(
    options: &ModelOptions,
    inputs: &InputShape,
    tasks: &[TaskSpec],
    device: &Device,
) -> MultiTaskModel {
    build(options, inputs, tasks, Seed(1), device).unwrap()
}

pub(super) fn close(found: f64, wanted: f64, tolerance: f64) -> bool {
    (found - wanted).abs() <= tolerance * (1.0 + wanted.abs())
}

#[track_caller]
pub(super) fn assert_rows(found: &Rows, wanted: &Rows, tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(close(*found, *wanted, tolerance), "{found} for {wanted}");
        }
    }
}

/// The same model with every parameter moved by random numbers: no zero, no one and no symmetry is left in it.
pub(super) fn shaken(model: MultiTaskModel) -> MultiTaskModel {
    let mut values = names::export(&model);
    for (name, _, values) in &mut values {
        if name.contains(".running_") {
            continue;
        }
        let mut stream = Seed(5).stream(name, 0);
        for value in values {
            *value += 0.3 * stream.normal() as f32;
        }
    }
    names::import(model, values).unwrap()
}
