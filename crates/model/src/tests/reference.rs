//! The formulas of the module documentation in plain f64, written for clarity.

use std::collections::BTreeMap;

use crate::{GateMap, MultiTaskModel, names};

pub(super) type Rows = Vec<Vec<f64>>;

/// Parameters by canonical name.
#[derive(Clone)]
pub(super) struct Values(pub(super) BTreeMap<String, (Vec<usize>, Vec<f64>)>);

impl Values {
    pub(super) fn of(model: &MultiTaskModel) -> Self {
        let export = names::export(model).into_iter();
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        Self(
            export
                .map(|(name, shape, values)| (name, (shape, wide(values))))
                .collect(),
        )
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn vector(&self, name: &str) -> Vec<f64> {
        self.0[name].1.clone()
    }

    pub(super) fn matrix(&self, name: &str) -> Rows {
        let (shape, values) = &self.0[name];
        values.chunks(shape[1]).map(<[f64]>::to_vec).collect()
    }
}

pub(super) fn matmul(left: &Rows, right: &Rows) -> Rows {
    let cell =
        |row: &Vec<f64>, column: usize| row.iter().zip(right).map(|(a, r)| a * r[column]).sum();
    let width = right.first().map_or(0, Vec::len);
    left.iter()
        .map(|row| (0..width).map(|column| cell(row, column)).collect())
        .collect()
}

pub(super) fn transpose(rows: &Rows) -> Rows {
    (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column]).collect())
        .collect()
}

pub(super) fn add(rows: &Rows, bias: &[f64]) -> Rows {
    rows.iter()
        .map(|row| row.iter().zip(bias).map(|(a, b)| a + b).collect())
        .collect()
}

pub(super) fn each(rows: &Rows, f: impl Fn(f64) -> f64) -> Rows {
    rows.iter()
        .map(|row| row.iter().map(|&x| f(x)).collect())
        .collect()
}

pub(super) fn linear(values: &Values, name: &str, x: &Rows) -> Rows {
    let y = matmul(x, &values.matrix(&format!("{name}.weight")));
    let bias = format!("{name}.bias");
    if values.has(&bias) {
        add(&y, &values.vector(&bias))
    } else {
        y
    }
}

/// Row by row to mean 0 and variance 1, then scaled and shifted.
pub(super) fn layer_norm(values: &Values, name: &str, x: &Rows) -> Rows {
    let [scale, shift] = ["scale", "shift"].map(|leaf| values.vector(&format!("{name}.{leaf}")));
    x.iter()
        .map(|row| {
            let n = row.len() as f64;
            let mean = row.iter().sum::<f64>() / n;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            let normal = row.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
            let scaled = normal.zip(scale.iter().zip(&shift));
            scaled
                .map(|(x, (scale, shift))| x * scale + shift)
                .collect()
        })
        .collect()
}

pub(super) fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The weights of a gate, found by bisection on their sum: nothing in common with the closed forms.
pub(super) fn gate(map: GateMap, a: &[f64]) -> Vec<f64> {
    let on_simplex = |weight: &dyn Fn(f64, f64) -> f64, low: f64, high: f64| {
        let (mut low, mut high) = (low, high);
        for _ in 0..200 {
            let tau = (low + high) / 2.0;
            let sum: f64 = a.iter().map(|&a| weight(a, tau)).sum();
            if sum > 1.0 { low = tau } else { high = tau }
        }
        a.iter().map(|&a| weight(a, low)).collect()
    };
    let largest = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match map {
        GateMap::Free => a.to_vec(),
        GateMap::Softmax => {
            let powers: Vec<f64> = a.iter().map(|a| (a - largest).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.iter().map(|power| power / sum).collect()
        }
        GateMap::Sparsemax => on_simplex(&|a, tau| (a - tau).max(0.0), largest - 1.0, largest),
        GateMap::Entmax15 => on_simplex(
            &|a, tau| (a / 2.0 - tau).max(0.0).powi(2),
            largest / 2.0 - 1.0,
            largest / 2.0,
        ),
    }
}

/// The offset of a head: a bias added to scores, or scores taken from rising thresholds.
pub(super) fn offset(values: &Values, task: &str, scores: &Rows) -> Rows {
    let thresholds = format!("heads.{task}.thresholds");
    if !values.has(&thresholds) {
        return add(scores, &values.vector(&format!("heads.{task}.bias")));
    }
    let mut rising = values.vector(&thresholds);
    for at in 1..rising.len() {
        rising[at] = rising[at - 1] + softplus(rising[at]) + 1e-4;
    }
    scores
        .iter()
        .map(|score| {
            rising
                .iter()
                .map(|threshold| threshold - score[0])
                .collect()
        })
        .collect()
}

/// Scores of a code dictionary's head from the responses h.
pub(super) fn codes_head(values: &Values, task: &str, map: GateMap, alpha: &str, h: &Rows) -> Rows {
    let leaf = if map == GateMap::Free {
        "alpha"
    } else {
        "gate"
    };
    let gates: Rows = values
        .matrix(&format!("heads.{task}.{leaf}"))
        .iter()
        .map(|row| gate(map, row))
        .collect();
    match alpha {
        "per_output" => matmul(h, &transpose(&gates)),
        "per_task" => {
            let gated: Rows = h
                .iter()
                .map(|row| row.iter().zip(&gates[0]).map(|(h, a)| h * a).collect())
                .collect();
            linear_without_bias(values, task, &gated)
        }
        _ => {
            let block = h[0].len() / gates[0].len();
            let mixed: Rows = h
                .iter()
                .map(|row| {
                    (0..block)
                        .map(|at| {
                            (0..gates[0].len())
                                .map(|c| gates[0][c] * row[c * block + at])
                                .sum()
                        })
                        .collect()
                })
                .collect();
            linear_without_bias(values, task, &mixed)
        }
    }
}

pub(super) fn linear_without_bias(values: &Values, task: &str, x: &Rows) -> Rows {
    matmul(x, &values.matrix(&format!("heads.{task}.weight")))
}
