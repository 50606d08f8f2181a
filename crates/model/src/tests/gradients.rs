//! Forward and gradients of whole models against the formulas in f64 and their central differences: every sharing,
//! every gate and kind of weights, every kind of head, every layer of an MLP.

use burn::tensor::{Device, Tensor};
use polytask_data::InputShape;

use super::fixtures::{
    Labelled, all_kinds, built, categories, category, close, columns, flex, gradients, mlp,
    model_options, ndarray, normals, numeric, rows, scalar, task, total_loss,
};
use super::reference::{self, Rows, Values};
use crate::{
    ActivationKind, Alpha, CategoricalOptions, CodesOptions, Coding, DenseBlock, GateMap,
    HeadOptions, HardOptions, HeadStart, Inputs, LatentOptions, Mlp, ModelOptions, MultiTaskModel,
    TaskLoss, TaskSpec, VectorNorm,
};
use polytask_data::TaskKind;

const ROWS: usize = 7;

fn random_heads() -> HeadOptions {
    HeadOptions {
        start: HeadStart::Random,
        ..HeadOptions::default()
    }
}

/// A model, its formula from inputs to the predictions of each task, and what the penalty is.
struct Case {
    name: String,
    options: ModelOptions,
    predict: Box<dyn Fn(&Values, &Rows, &TaskSpec) -> Rows>,
    penalty: Box<dyn Fn(&Values) -> f64>,
}

fn no_penalty() -> Box<dyn Fn(&Values) -> f64> {
    Box::new(|_| 0.0)
}

fn activation(kind: ActivationKind, x: f64) -> f64 {
    match kind {
        ActivationKind::Relu => x.max(0.0),
        ActivationKind::LeakyRelu => x.max(0.01 * x),
        ActivationKind::Gelu => x * normal_distribution(x),
        ActivationKind::Silu => x * reference::sigmoid(x),
        ActivationKind::Elu => {
            if x > 0.0 {
                x
            } else {
                x.exp_m1()
            }
        }
        ActivationKind::Tanh => x.tanh(),
        ActivationKind::Sigmoid => reference::sigmoid(x),
        ActivationKind::Identity => x,
    }
}

/// Φ(x), by Simpson's rule on the density.
fn normal_distribution(x: f64) -> f64 {
    let steps = 2000;
    let width = x / f64::from(steps);
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let inner: f64 = (1..steps)
        .map(|at| density(width * f64::from(at)) * if at % 2 == 1 { 4.0 } else { 2.0 })
        .sum();
    0.5 + width / 3.0 * (density(0.0) + inner + density(x))
}

/// z of an MLP with one hidden layer of this activation.
fn encode(values: &Values, x: &Rows, kind: ActivationKind) -> Rows {
    reference::each(&reference::linear(values, "encoder.layers.0", x), |x| activation(kind, x))
}

fn hard(kind: ActivationKind) -> Case {
    Case {
        name: format!("hard {kind:?}"),
        options: model_options(mlp(&[4], kind), HardOptions, random_heads()),
        predict: Box::new(move |values, x, task| {
            let z = encode(values, x, kind);
            let scores = reference::linear_without_bias(values, &task.name, &z);
            reference::offset(values, &task.name, &scores)
        }),
        penalty: no_penalty(),
    }
}

/// Two residual blocks with layer normalization below, a tower in every head above.
fn deep() -> Case {
    let kind = ActivationKind::Tanh;
    let block = DenseBlock {
        activation: kind,
        norm: VectorNorm::Layer,
        residual: true,
        ..DenseBlock::default()
    };
    let tower = DenseBlock {
        activation: ActivationKind::Silu,
        bias: false,
        ..DenseBlock::default()
    };
    let heads = HeadOptions {
        hidden: vec![3],
        block: tower,
        start: HeadStart::Random,
    };
    let encoder = Mlp {
        hidden: vec![4, 4],
        block,
    };
    Case {
        name: "deep".to_owned(),
        options: model_options(encoder, HardOptions, heads),
        predict: Box::new(move |values, x, task| {
            let block = |path: &str, x: &Rows| {
                let y = reference::linear(values, &format!("{path}.0"), x);
                let y = reference::layer_norm(values, &format!("{path}.1"), &y);
                reference::each(&y, f64::tanh)
            };
            let first = block("encoder.layers", x);
            let second = block("encoder.layers.4.layers", &first);
            let z: Rows = first
                .iter()
                .zip(&second)
                .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect())
                .collect();
            let tower = reference::linear(values, &format!("heads.{}.tower.0", task.name), &z);
            let tower = reference::each(&tower, |x| x * reference::sigmoid(x));
            let scores = reference::linear_without_bias(values, &task.name, &tower);
            reference::offset(values, &task.name, &scores)
        }),
        penalty: no_penalty(),
    }
}

fn latent() -> Case {
    let kind = ActivationKind::Tanh;
    Case {
        name: "latent".to_owned(),
        options: model_options(mlp(&[4], kind), LatentOptions { dimension: 2 }, random_heads()),
        predict: Box::new(move |values, x, task| {
            let z = reference::linear(values, "sharing.projection", &encode(values, x, kind));
            let scores = reference::linear_without_bias(values, &task.name, &z);
            reference::offset(values, &task.name, &scores)
        }),
        penalty: no_penalty(),
    }
}

fn codes(alpha: Alpha, gate: GateMap) -> Case {
    let kind = ActivationKind::Tanh;
    let name = match alpha {
        Alpha::PerOutput => "per_output",
        Alpha::PerTask => "per_task",
        Alpha::Block => "block",
    };
    let l1 = if gate == GateMap::Free { 0.01 } else { 0.0 };
    let options = CodesOptions {
        count: 3,
        alpha,
        gate,
        l1,
        frobenius: 0.02,
        unit_norm: false,
        block: 2,
    };
    Case {
        name: format!("codes {name} {gate:?}"),
        options: model_options(mlp(&[4], kind), options, random_heads()),
        predict: Box::new(move |values, x, task| {
            let z = encode(values, x, kind);
            let h = reference::matmul(&z, &reference::transpose(&values.matrix("sharing.codes")));
            let scores = reference::codes_head(values, &task.name, gate, name, &h);
            reference::offset(values, &task.name, &scores)
        }),
        penalty: Box::new(move |values| {
            let squares: f64 = values.vector("sharing.codes").iter().map(|v| v * v).sum();
            let absolute: f64 = values
                .0
                .iter()
                .filter(|(name, _)| name.ends_with(".alpha"))
                .flat_map(|(_, (_, values))| values.iter().map(|alpha| alpha.abs()))
                .sum();
            0.02 * squares + l1 * absolute
        }),
    }
}

fn cases() -> Vec<Case> {
    let kinds = [
        ActivationKind::Relu,
        ActivationKind::LeakyRelu,
        ActivationKind::Gelu,
        ActivationKind::Silu,
        ActivationKind::Elu,
        ActivationKind::Tanh,
        ActivationKind::Sigmoid,
        ActivationKind::Identity,
    ];
    let mut cases: Vec<Case> = kinds.into_iter().map(hard).collect();
    cases.push(deep());
    cases.push(latent());
    for alpha in [Alpha::PerOutput, Alpha::PerTask, Alpha::Block] {
        for gate in [GateMap::Free, GateMap::Softmax, GateMap::Sparsemax, GateMap::Entmax15] {
            cases.push(codes(alpha, gate));
        }
    }
    cases
}

/// The total loss of a case as a function of its parameters alone.
fn reference_loss(
    case: &Case,
    values: &Values,
    x: &Rows,
    tasks: &[TaskSpec],
    labelled: &Labelled,
) -> f64 {
    let mut total = (case.penalty)(values);
    for (at, task) in tasks.iter().enumerate() {
        let predictions = (case.predict)(values, x, task);
        let rows = predictions.iter().zip(&labelled.targets[at]).zip(&labelled.masks[at]);
        let sum: f64 = rows
            .map(|((x, y), mask)| if *mask > 0.0 { loss(task, x, y) } else { 0.0 })
            .sum();
        total += sum / labelled.masks[at].iter().sum::<f64>();
    }
    total
}

/// The usual loss of each kind.
fn loss(task: &TaskSpec, x: &[f64], y: &[f64]) -> f64 {
    let bce = |x: f64, y: f64| y * reference::softplus(-x) + (1.0 - y) * reference::softplus(x);
    match task.kind {
        TaskKind::Binary | TaskKind::Multilabel { .. } => {
            x.iter().zip(y).map(|(x, y)| bce(*x, *y)).sum()
        }
        TaskKind::Multiclass { .. } => {
            x.iter().map(|x| x.exp()).sum::<f64>().ln() - x[y[0] as usize]
        }
        TaskKind::Ordinal { .. } => {
            let at = |j: usize| x.get(j).map_or(1.0, |&c| reference::sigmoid(c));
            let level = y[0] as usize;
            -(at(level) - if level == 0 { 0.0 } else { at(level - 1) }).ln()
        }
        TaskKind::Regression { .. } if x.len() == 2 * y.len() => {
            let s = 14.0 * (x[1] / 14.0).tanh();
            0.5 * (std::f64::consts::TAU.ln() + s + (y[0] - x[0]).powi(2) * (-s).exp())
        }
        TaskKind::Regression { outputs } => {
            let squares = x.iter().zip(y).map(|(x, y)| (x - y).powi(2));
            squares.sum::<f64>() / outputs as f64
        }
    }
}

fn check(case: &Case, device: &Device) {
    let tasks = all_kinds();
    let x = normals("inputs", ROWS, 3);
    let model: MultiTaskModel = built(&case.options, &columns(3), &tasks, device);
    let inputs = numeric(&x, device);
    let values = Values::of(&model);
    for (task, found) in tasks.iter().zip(model.forward(&inputs)) {
        let wanted = (case.predict)(&values, &x, task);
        for (found, wanted) in rows(found).concat().into_iter().zip(wanted.concat()) {
            assert!(close(found, wanted, 5e-6), "{} {}: {found} for {wanted}", case.name, task.name);
        }
    }
    let labelled = Labelled::of(&tasks, ROWS);
    let total = total_loss(&model, &tasks, &inputs, &labelled, device);
    let wanted = reference_loss(case, &values, &x, &tasks, &labelled);
    let found = scalar(total.clone());
    assert!(close(found, wanted, 5e-6), "{}: {found} for {wanted}", case.name);
    for (name, gradient) in gradients(&model, &total.backward()) {
        let gradient = gradient.unwrap_or_else(|| panic!("{}: {name} has no gradient", case.name));
        for (at, found) in gradient.into_iter().enumerate() {
            let loss_at = |step: f64| {
                let mut moved = values.clone();
                moved.0.get_mut(&name).unwrap().1[at] += step;
                reference_loss(case, &moved, &x, &tasks, &labelled)
            };
            let wanted = (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6;
            assert!(
                close(found, wanted, 2e-5),
                "{} {name}[{at}]: {found} for {wanted}",
                case.name
            );
        }
    }
}

#[test]
fn models_are_their_formulas_and_gradients_their_differences() {
    for case in cases() {
        check(&case, &flex());
    }
}

#[test]
fn the_other_backend_agrees() {
    for case in [deep(), latent(), codes(Alpha::Block, GateMap::Entmax15)] {
        check(&case, &ndarray());
    }
}

#[test]
fn embeddings_learn_from_the_rows_that_show_them() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let shape = InputShape {
        numeric: 1,
        categorical: vec![category("school", 3), category("job", 5)],
        image: None,
    };
    let options = model_options(mlp(&[], ActivationKind::Identity), HardOptions, random_heads());
    let model = built(&options, &shape, &tasks, &device);
    let chosen = [0, 4, 2, 4, 2, 1];
    let inputs = Inputs {
        numeric: Some(Tensor::from_floats([[0.5], [1.0], [-1.0]], &device)),
        categorical: Some(categories(&chosen, 2, &device)),
        image: None,
    };
    let values = Values::of(&model);
    let [school, job] = ["school", "job"].map(|name| values.matrix(&format!("encoder.embeddings.{name}.weight")));
    assert_eq!([school[0].len(), job[0].len()], [2, 3]);
    let weight = values.matrix("heads.grade.weight").concat();
    let bias = values.vector("heads.grade.bias")[0];
    let x = [0.5, 1.0, -1.0];
    let wanted: Vec<f64> = (0..3)
        .map(|row| {
            let mut z = vec![x[row]];
            z.extend(&school[chosen[2 * row] as usize]);
            z.extend(&job[chosen[2 * row + 1] as usize]);
            bias + z.iter().zip(&weight).map(|(z, w)| z * w).sum::<f64>()
        })
        .collect();
    let predictions = model.forward(&inputs).remove(0);
    for (found, wanted) in rows(predictions.clone()).concat().iter().zip(&wanted) {
        assert!(close(*found, *wanted, 1e-6));
    }
    let gradients = gradients(&model, &predictions.sum().backward());
    let of = |name: &str| {
        let found = gradients.iter().find(|(found, _)| found == name).unwrap();
        found.1.clone().unwrap()
    };
    let slopes = of("encoder.embeddings.job.weight");
    for category in 0..5 {
        let seen = [0, 1, 2].iter().filter(|&&row| chosen[2 * row + 1] == category).count() as f64;
        for column in 0..3 {
            let wanted = seen * weight[3 + column];
            assert!(close(slopes[category as usize * 3 + column], wanted, 1e-6));
        }
    }
}

#[test]
fn one_hot_columns_stand_for_themselves() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let shape = InputShape {
        numeric: 0,
        categorical: vec![category("school", 3)],
        image: None,
    };
    let mut options = model_options(mlp(&[], ActivationKind::Identity), HardOptions, random_heads());
    options.encoder.categorical = CategoricalOptions {
        coding: Coding::OneHot,
        width: None,
    };
    let model = built(&options, &shape, &tasks, &device);
    let inputs = Inputs {
        categorical: Some(categories(&[2, 0], 1, &device)),
        ..Inputs::default()
    };
    let representation = rows(model.representation(&inputs));
    assert_eq!(representation, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
}

#[test]
fn the_losses_of_all_kinds_are_checked_here() {
    // `loss` above must know every kind: it is what the reference adds up.
    for task in all_kinds() {
        assert!(TaskLoss::new(&task).is_ok(), "{}", task.name);
    }
}
