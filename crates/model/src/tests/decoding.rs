//! From predictions to what a user reads, and losses that are refused.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::fixtures::{all_kinds, close, flex, labels, tensor, vector, with_loss};
use super::losses::predictions;
use crate::{ClassWeights, CrossEntropy, Gaussian, LossError, LossOptions, TaskLoss, decode};

#[test]
fn probabilities_sum_to_one_and_minus_their_logarithm_is_the_loss() {
    let device = flex();
    for task in all_kinds() {
        let (x, y) = (predictions(&task, 8), labels(&task, 8));
        let flat: Vec<f32> = x.concat().into_iter().map(|x| x as f32).collect();
        let decoded = decode(&task.kind, &task.loss, &flat);
        let classes = match task.kind {
            TaskKind::Binary => 2,
            TaskKind::Multiclass { classes } | TaskKind::Ordinal { levels: classes } => classes,
            _ => continue,
        };
        let loss = TaskLoss::new(&task).unwrap();
        let per_row = loss.per_row(
            tensor(&x, &device),
            tensor(&y, &device),
            Tensor::ones([8], &device),
        );
        for ((row, loss), y) in decoded.chunks(classes).zip(vector(per_row)).zip(&y) {
            assert!(close(row.iter().sum(), 1.0, 1e-12));
            assert!(close(-row[y[0] as usize].ln(), loss, 1e-6), "{}", task.name);
        }
    }
}

#[test]
fn values_are_decoded_as_they_are() {
    let loss = LossOptions::default();
    let kind = TaskKind::Regression { outputs: 2 };
    assert_eq!(
        decode(&kind, &loss, &[1.0, -2.0, 3.0, 4.0]),
        [1.0, -2.0, 3.0, 4.0]
    );
    let gaussian = with_loss("g", kind.clone(), "gaussian_nll", Gaussian::default());
    assert_eq!(
        decode(&kind, &gaussian.loss, &[1.0, -2.0, 3.0, 4.0]),
        [1.0, -2.0]
    );
    let labels = decode(&TaskKind::Multilabel { labels: 2 }, &loss, &[0.0, 1000.0]);
    assert_eq!(labels, [0.5, 1.0]);
    let rare = decode(&TaskKind::Binary, &loss, &[80.0]);
    assert!(
        close(rare[0] / (-80.0f64).exp(), 1.0, 1e-12),
        "small probabilities keep their digits"
    );
}

#[test]
fn a_loss_for_another_kind_is_refused() {
    let wrong = with_loss(
        "digit",
        TaskKind::Multiclass { classes: 3 },
        "mse",
        crate::Squared,
    );
    let error = TaskLoss::new(&wrong).unwrap_err();
    assert_eq!(
        error,
        LossError::Kind {
            task: "digit".to_owned(),
            loss: "mse",
            kind: "multiclass",
            allowed: vec!["cross_entropy", "focal"],
        }
    );
    let short = CrossEntropy {
        class_weights: ClassWeights::Given(vec![1.0]),
        label_smoothing: 0.0,
    };
    let wrong = with_loss(
        "digit",
        TaskKind::Multiclass { classes: 3 },
        "cross_entropy",
        short,
    );
    assert!(matches!(
        TaskLoss::new(&wrong),
        Err(LossError::Length {
            given: 1,
            wanted: 3,
            ..
        })
    ));
}
