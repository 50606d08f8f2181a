//! Every loss: its value and gradient against the formula in f64, its behaviour at the edges, its probabilities.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::fixtures::{
    all_kinds, close, flex, labels, ndarray, normals, rows, scalar, task, tensor,
    vector, with_loss,
};
use super::reference::{self, Rows, softplus};
use crate::{
    Absolute, Bce, ClassWeights, CrossEntropy, Focal, Gaussian, Huber, LossError, LossOptions,
    PositiveWeight, TaskLoss, TaskSpec, decode,
};

/// A loss, and the formula that it stands for.
type Formula = fn(&[f64], &[f64]) -> f64;

fn log_softmax(x: &[f64]) -> Vec<f64> {
    let sum = x.iter().map(|x| x.exp()).sum::<f64>().ln();
    x.iter().map(|x| x - sum).collect()
}

fn ordered(c: &[f64], level: usize) -> f64 {
    let above = c.get(level).map_or(1.0, |&c| reference::sigmoid(c));
    let below = if level == 0 { 0.0 } else { reference::sigmoid(c[level - 1]) };
    -(above - below).ln()
}

/// Every loss with every option.
fn cases() -> Vec<(TaskSpec, Formula)> {
    let multiclass = TaskKind::Multiclass { classes: 3 };
    let multilabel = TaskKind::Multilabel { labels: 2 };
    let regression = TaskKind::Regression { outputs: 2 };
    let smooth = CrossEntropy {
        class_weights: ClassWeights::Given(vec![1.0, 2.0, 0.5]),
        label_smoothing: 0.1,
    };
    let balanced = CrossEntropy {
        class_weights: ClassWeights::Balanced,
        label_smoothing: 0.0,
    };
    let weighted = Bce {
        pos_weight: PositiveWeight::Given(vec![3.0, 0.5]),
        label_smoothing: 0.2,
    };
    vec![
        (task("a", multiclass.clone()), |x, y| -log_softmax(x)[y[0] as usize]),
        (with_loss("b", multiclass.clone(), "cross_entropy", smooth), |x, y| {
            let share = |k: usize| 0.1 / 3.0 + if k == y[0] as usize { 0.9 } else { 0.0 };
            let weights = [1.0, 2.0, 0.5];
            let terms = log_softmax(x).into_iter().enumerate();
            -terms.map(|(k, log)| share(k) * weights[k] * log).sum::<f64>()
        }),
        (with_loss("c", multiclass.clone(), "cross_entropy", balanced), |x, y| {
            // 18 rows of three classes: 5, 6 and 7.
            let class = y[0] as usize;
            -log_softmax(x)[class] * 18.0 / (3.0 * (5.0 + y[0]))
        }),
        (task("d", TaskKind::Binary), |x, y| {
            y[0] * softplus(-x[0]) + (1.0 - y[0]) * softplus(x[0])
        }),
        (with_loss("e", multilabel.clone(), "bce", weighted), |x, y| {
            let term = |l: usize, weight: f64| {
                let yes = 0.8 * y[l] + 0.1;
                weight * yes * softplus(-x[l]) + (1.0 - yes) * softplus(x[l])
            };
            term(0, 3.0) + term(1, 0.5)
        }),
        (with_loss("f", TaskKind::Binary, "focal", Focal { gamma: 2.0 }), |x, y| {
            let p = reference::sigmoid(if y[0] > 0.5 { x[0] } else { -x[0] });
            -(1.0 - p).powi(2) * p.ln()
        }),
        (with_loss("g", multiclass, "focal", Focal { gamma: 1.5 }), |x, y| {
            let log_p = log_softmax(x)[y[0] as usize];
            -(1.0 - log_p.exp()).powf(1.5) * log_p
        }),
        (task("h", regression.clone()), |x, y| {
            ((x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2)) / 2.0
        }),
        (with_loss("i", regression.clone(), "huber", Huber { delta: 0.7 }), |x, y| {
            let one = |r: f64| {
                if r <= 0.7 { r * r / 2.0 } else { 0.7 * (r - 0.35) }
            };
            f64::midpoint(one((x[0] - y[0]).abs()), one((x[1] - y[1]).abs()))
        }),
        (with_loss("j", regression.clone(), "l1", Absolute), |x, y| {
            f64::midpoint((x[0] - y[0]).abs(), (x[1] - y[1]).abs())
        }),
        (with_loss("k", regression, "gaussian_nll", Gaussian::default()), |x, y| {
            let one = |mean: f64, raw: f64, y: f64| {
                let s = 14.0 * (raw / 14.0).tanh();
                0.5 * (std::f64::consts::TAU.ln() + s + (y - mean).powi(2) * (-s).exp())
            };
            one(x[0], x[2], y[0]) + one(x[1], x[3], y[1])
        }),
        (task("l", TaskKind::Ordinal { levels: 4 }), |x, y| ordered(x, y[0] as usize)),
        (task("m", TaskKind::Ordinal { levels: 2 }), |x, y| ordered(x, y[0] as usize)),
    ]
}

/// Predictions that a head can make: those of an ordinal task rise.
fn predictions(task: &TaskSpec, count: usize) -> Rows {
    let mut rows = normals(&format!("predictions of {}", task.name), count, task.width());
    if matches!(task.kind, TaskKind::Ordinal { .. }) {
        for row in &mut rows {
            row.sort_by(f64::total_cmp);
        }
    }
    rows
}

#[test]
fn values_and_gradients_are_those_of_the_formulas() {
    for device in [flex(), ndarray()] {
        for (task, formula) in cases() {
            let (x, y) = (predictions(&task, 9), labels(&task, 9));
            let mask: Rows = vec![(0..9).map(|row| f64::from(u8::from(row % 4 != 1))).collect()];
            let prediction = tensor(&x, &device).require_grad();
            let loss = TaskLoss::new(&task).unwrap();
            let mask_tensor = tensor(&mask, &device).flatten(0, 1);
            let per_row = loss.per_row(prediction.clone(), tensor(&y, &device), mask_tensor);
            for (row, found) in vector(per_row.clone()).into_iter().enumerate() {
                let wanted = mask[0][row] * formula(&x[row], &y[row]);
                assert!(close(found, wanted, 2e-6), "{}: {found} for {wanted}", task.name);
            }
            let gradients = per_row.sum().backward();
            let gradient = rows(prediction.grad(&gradients).unwrap());
            for row in 0..9 {
                for column in 0..x[row].len() {
                    let at = |step: f64| {
                        let mut moved = x[row].clone();
                        moved[column] += step;
                        formula(&moved, &y[row])
                    };
                    let wanted = mask[0][row] * (at(1e-6) - at(-1e-6)) / 2e-6;
                    let found = gradient[row][column];
                    assert!(close(found, wanted, 1e-5), "{}: {found} for {wanted}", task.name);
                }
            }
        }
    }
}

#[test]
fn a_row_without_a_label_counts_exactly_nothing() {
    let device = flex();
    for (task, _) in cases() {
        let garbage = [f32::MAX, f32::MIN, 1e30, f32::NAN, f32::INFINITY];
        let width = task.width();
        let values: Rows = (0..5).map(|row| vec![f64::from(garbage[row]); width]).collect();
        let prediction = tensor(&values, &device).require_grad();
        let target: Rows = (0..5)
            .map(|row| vec![f64::from(garbage[4 - row]); labels(&task, 1)[0].len()])
            .collect();
        let loss = TaskLoss::new(&task).unwrap();
        let mask = Tensor::zeros([5], &device);
        let per_row = loss.per_row(prediction.clone(), tensor(&target, &device), mask.clone());
        assert!(vector(per_row).iter().all(|&loss| loss == 0.0), "{}", task.name);
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
                let mean = loss.mean(prediction.clone(), tensor(&y, &device), Tensor::ones([2], &device), 2);
                assert!(scalar(mean.clone()).is_finite(), "{} at {size}", task.name);
                let gradients = mean.backward();
                let gradient = rows(prediction.grad(&gradients).unwrap()).concat();
                assert!(gradient.iter().all(|slope| slope.is_finite()), "{} at {size}", task.name);
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
        let per_row = loss.per_row(tensor(&x, &device), tensor(&y, &device), Tensor::ones([8], &device));
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
    assert_eq!(decode(&kind, &loss, &[1.0, -2.0, 3.0, 4.0]), [1.0, -2.0, 3.0, 4.0]);
    let gaussian = with_loss("g", kind.clone(), "gaussian_nll", Gaussian::default());
    assert_eq!(decode(&kind, &gaussian.loss, &[1.0, -2.0, 3.0, 4.0]), [1.0, -2.0]);
    let labels = decode(&TaskKind::Multilabel { labels: 2 }, &loss, &[0.0, 1000.0]);
    assert_eq!(labels, [0.5, 1.0]);
    let rare = decode(&TaskKind::Binary, &loss, &[80.0]);
    assert!(close(rare[0] / (-80.0f64).exp(), 1.0, 1e-12), "small probabilities keep their digits");
}

#[test]
fn a_loss_for_another_kind_is_refused() {
    let wrong = with_loss("digit", TaskKind::Multiclass { classes: 3 }, "mse", crate::Squared);
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
    let wrong = with_loss("digit", TaskKind::Multiclass { classes: 3 }, "cross_entropy", short);
    assert!(matches!(
        TaskLoss::new(&wrong),
        Err(LossError::Length { given: 1, wanted: 3, .. })
    ));
}

#[test]
fn the_prior_is_the_best_constant() {
    let device = flex();
    for (task, formula) in cases() {
        let loss = TaskLoss::new(&task).unwrap();
        // The median and the focal loss have no closed form: their priors only start near.
        if ["f", "g", "i", "j", "k"].contains(&task.name.as_str()) {
            continue;
        }
        let prior = task.loss().prior(&task);
        let y = all_labels(&task);
        let mean = |x: &[f64]| y.iter().map(|y| formula(x, y)).sum::<f64>() / y.len() as f64;
        let best = mean(&prior);
        for at in 0..prior.len() {
            for step in [-1e-3, 1e-3] {
                let mut moved = prior.clone();
                moved[at] += step;
                assert!(mean(&moved) > best - 1e-12, "{}", task.name);
            }
        }
        let x: Rows = vec![prior; y.len()];
        let ones = Tensor::ones([y.len()], &device);
        let found = scalar(loss.mean(tensor(&x, &device), tensor(&y, &device), ones, y.len()));
        assert!(close(found, best, 1e-6), "{}", task.name);
    }
}

/// Labels whose counts and means are those of the task's prior.
fn all_labels(task: &TaskSpec) -> Rows {
    let counts = task.prior.counts.iter().enumerate();
    match task.kind {
        TaskKind::Multilabel { labels } => (0..40)
            .map(|row| {
                (0..labels)
                    .map(|label| f64::from(u8::from(f64::from(row) < task.prior.counts[label])))
                    .collect()
            })
            .collect(),
        TaskKind::Regression { .. } => vec![vec![1.25, 0.5], vec![-0.75, -1.5]],
        _ => counts
            .flat_map(|(class, &count)| vec![vec![class as f64]; count as usize])
            .collect(),
    }
}
