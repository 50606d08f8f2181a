//! Losses at the edges: missing labels, huge logits, and a logit of exactly zero.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::fixtures::{close, flex, labels, rows, scalar, task, tensor, vector, with_loss};
use super::losses::{cases, predictions};
use super::reference::Rows;
use crate::{Bce, PositiveWeight, TaskLoss};

#[test]
fn a_row_without_a_label_counts_exactly_nothing() {
    let device = flex();
    for (task, _) in cases() {
        let garbage = [f32::MAX, f32::MIN, 1e30, f32::NAN, f32::INFINITY];
        let width = task.width();
        let values: Rows = (0..5)
            .map(|row| vec![f64::from(garbage[row]); width])
            .collect();
        let prediction = tensor(&values, &device).require_grad();
        let target: Rows = (0..5)
            .map(|row| vec![f64::from(garbage[4 - row]); labels(&task, 1)[0].len()])
            .collect();
        let loss = TaskLoss::new(&task).unwrap();
        let mask = Tensor::zeros([5], &device);
        let per_row = loss.per_row(prediction.clone(), tensor(&target, &device), mask.clone());
        assert!(
            vector(per_row).iter().all(|&loss| loss == 0.0),
            "{}",
            task.name
        );
        let mean = loss.mean(prediction.clone(), tensor(&target, &device), mask, 0);
        assert_eq!(scalar(mean.clone()), 0.0);
        let gradients = mean.backward();
        let gradient = rows(prediction.grad(&gradients).unwrap()).concat();
        assert!(gradient.iter().all(|&slope| slope == 0.0), "{}", task.name);
    }
}

#[test]
fn the_mean_is_over_labelled_rows() {
    let device = flex();
    let task = task("digit", TaskKind::Multiclass { classes: 3 });
    let (x, y) = (predictions(&task, 6), labels(&task, 6));
    let loss = TaskLoss::new(&task).unwrap();
    let mask = Tensor::from_floats([1.0, 0.0, 1.0, 1.0, 0.0, 0.0], &device);
    let [x, y] = [tensor(&x, &device), tensor(&y, &device)];
    let per_row = vector(loss.per_row(x.clone(), y.clone(), mask.clone()));
    let mean = scalar(loss.mean(x.clone(), y.clone(), mask, 3));
    assert!(close(mean, per_row.iter().sum::<f64>() / 3.0, 1e-6));
    // With every label there the short way gives the same.
    let all = Tensor::ones([6], &device);
    let short = scalar(loss.mean(x.clone(), y.clone(), all.clone(), 6));
    let long = scalar(loss.per_row(x, y, all).mean());
    assert!(close(short, long, 1e-7));
}

#[test]
fn huge_logits_have_finite_losses_and_gradients() {
    let device = flex();
    for (task, _) in cases() {
        for size in [80.0, 1e4] {
            let width = task.width();
            let row: Vec<f64> = (0..width).map(|at| size * (at as f64 - 0.5)).collect();
            let opposite: Vec<f64> = if matches!(task.kind, TaskKind::Ordinal { .. }) {
                row.iter().map(|x| x - size).collect()
            } else {
                row.iter().map(|x| -x).collect()
            };
            let x = vec![row, opposite];
            for y in [vec![0.0; 3], vec![1.0; 3]] {
                let y: Rows = vec![y[..labels(&task, 1)[0].len()].to_vec(); 2];
                let prediction = tensor(&x, &device).require_grad();
                let loss = TaskLoss::new(&task).unwrap();
                let mean = loss.mean(
                    prediction.clone(),
                    tensor(&y, &device),
                    Tensor::ones([2], &device),
                    2,
                );
                assert!(scalar(mean.clone()).is_finite(), "{} at {size}", task.name);
                let gradients = mean.backward();
                let gradient = rows(prediction.grad(&gradients).unwrap()).concat();
                assert!(
                    gradient.iter().all(|slope| slope.is_finite()),
                    "{} at {size}",
                    task.name
                );
            }
        }
    }
}

#[test]
fn a_logit_of_exactly_zero_has_a_gradient() {
    // The usual stable formula max(x, 0) - x y + ln(1 + exp(-|x|)) has slope -y at 0 under autodiff, not ½ - y.
    let device = flex();
    for y in [0.0, 1.0] {
        let prediction = Tensor::<2>::zeros([1, 1], &device).require_grad();
        let loss = TaskLoss::new(&task("passed", TaskKind::Binary)).unwrap();
        let mean = loss.mean(
            prediction.clone(),
            tensor(&vec![vec![y]], &device),
            Tensor::ones([1], &device),
            1,
        );
        let gradients = mean.backward();
        let slope = rows(prediction.grad(&gradients).unwrap())[0][0];
        assert!(close(slope, 0.5 - y, 1e-7), "{slope}");
    }
}

#[test]
fn balanced_weights_of_one_sided_labels_hide_no_row() {
    for counts in [vec![0, 10], vec![10, 0]] {
        let balanced = Bce {
            pos_weight: PositiveWeight::Balanced,
            label_smoothing: 0.0,
        };
        let mut task = with_loss("passed", TaskKind::Binary, "bce", balanced);
        task.fit.counts = counts;
        let prior = task.loss().prior(&task);
        assert!(prior[0].is_finite(), "{prior:?}");
        let loss = TaskLoss::new(&task).unwrap();
        let device = flex();
        let [x, y] = [vec![vec![0.0]; 2], vec![vec![0.0], vec![1.0]]];
        let ones = Tensor::ones([2], &device);
        for found in vector(loss.per_row(tensor(&x, &device), tensor(&y, &device), ones)) {
            assert!(close(found, std::f64::consts::LN_2, 1e-6));
        }
    }
}

#[test]
fn balanced_yeses_weigh_as_much_as_noes() {
    let balanced = Bce {
        pos_weight: PositiveWeight::Balanced,
        label_smoothing: 0.0,
    };
    // 30 noes and 10 yeses: a yes counts three times, and the best constant is even odds.
    let task = with_loss("passed", TaskKind::Binary, "bce", balanced);
    let device = flex();
    let ones = Tensor::ones([1], &device);
    let [zero, yes] = [0.0, 1.0].map(|value| tensor(&vec![vec![value]], &device));
    let loss = TaskLoss::new(&task).unwrap().per_row(zero, yes, ones);
    assert!(close(scalar(loss), 3.0 * std::f64::consts::LN_2, 1e-6));
    assert!(task.loss().prior(&task)[0].abs() < 1e-12);
}
