//! Models of every sharing, gate, kind of weights and activation, each with its formula.

use super::fixtures::{mlp, model_options};
use super::reference::{self, Rows, Values};
use crate::{
    ActivationKind, Alpha, CodesOptions, DenseBlock, GateMap, HardOptions, HeadOptions, HeadStart,
    LatentOptions, Mlp, ModelOptions, TaskSpec, VectorNorm,
};

pub(super) fn random_heads() -> HeadOptions {
    HeadOptions {
        start: HeadStart::Random,
        ..HeadOptions::default()
    }
}

/// The predictions of a task from parameters and inputs.
type Predict = Box<dyn Fn(&Values, &Rows, &TaskSpec) -> Rows>;

/// A model, its formula from inputs to the predictions of each task, and what the penalty is.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) options: ModelOptions,
    pub(super) predict: Predict,
    pub(super) penalty: Box<dyn Fn(&Values) -> f64>,
}

fn no_penalty() -> Box<dyn Fn(&Values) -> f64> {
    Box::new(|_| 0.0)
}

pub(super) fn activation(kind: ActivationKind, x: f64) -> f64 {
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
    reference::each(&reference::linear(values, "encoder.layers.0", x), |x| {
        activation(kind, x)
    })
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
pub(super) fn deep() -> Case {
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

pub(super) fn latent() -> Case {
    let kind = ActivationKind::Tanh;
    Case {
        name: "latent".to_owned(),
        options: model_options(
            mlp(&[4], kind),
            LatentOptions { dimension: 2 },
            random_heads(),
        ),
        predict: Box::new(move |values, x, task| {
            let z = reference::linear(values, "sharing.projection", &encode(values, x, kind));
            let scores = reference::linear_without_bias(values, &task.name, &z);
            reference::offset(values, &task.name, &scores)
        }),
        penalty: no_penalty(),
    }
}

pub(super) fn codes(alpha: Alpha, gate: GateMap) -> Case {
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
        group_lasso: 0.0,
        groups: crate::Groups::Code,
        proximal: false,
        annealing: crate::Annealing::AT_ONCE,
        information: 0.0,
        spread: 0.0,
        unit_norm: false,
        turn: true,
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

pub(super) fn cases() -> Vec<Case> {
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
        for gate in [
            GateMap::Free,
            GateMap::Softmax,
            GateMap::Sparsemax,
            GateMap::Entmax15,
        ] {
            cases.push(codes(alpha, gate));
        }
    }
    cases
}
