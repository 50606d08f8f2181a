//! Gates: weights and Jacobians against the formulas of their papers.

use burn::tensor::{Device, Tensor};

use super::fixtures::{close, flex, ndarray, normals, rows, tensor};
use super::reference::{self, Rows};
use crate::GateMap;

const SIMPLEX: [GateMap; 3] = [GateMap::Softmax, GateMap::Sparsemax, GateMap::Entmax15];

/// ∂p_i/∂a_j by the backward pass, one row at a time.
fn jacobian(map: GateMap, a: &[f64], device: &Device) -> Rows {
    (0..a.len())
        .map(|row| {
            let gate = tensor(&vec![a.to_vec()], device).require_grad();
            let weight = map.apply(gate.clone()).narrow(1, row, 1).sum();
            let gradients = weight.backward();
            rows(gate.grad(&gradients).unwrap()).concat()
        })
        .collect()
}

/// Diag(s) - s sᵀ / Σs: s = p for softmax, the support's indicator for sparsemax, √p for entmax-1.5.
fn formula(map: GateMap, p: &[f64]) -> Rows {
    let s: Vec<f64> = p
        .iter()
        .map(|&p| match map {
            GateMap::Softmax | GateMap::Free => p,
            GateMap::Sparsemax => f64::from(u8::from(p > 0.0)),
            GateMap::Entmax15 => p.sqrt(),
        })
        .collect();
    let sum: f64 = s.iter().sum();
    (0..s.len())
        .map(|i| {
            let entry = |j: usize| f64::from(u8::from(i == j)) * s[i] - s[i] * s[j] / sum;
            (0..s.len()).map(entry).collect()
        })
        .collect()
}

fn gates() -> Rows {
    let mut gates = normals("gates", 6, 5);
    // Far apart, equal, and a single code.
    gates.extend([vec![3.0, -2.0, 0.5, 2.75, -9.0], vec![0.25; 5], vec![1.5]]);
    gates
}

#[test]
fn weights_and_jacobians_are_those_of_the_papers() {
    for device in [flex(), ndarray()] {
        for map in SIMPLEX {
            for a in gates() {
                let found = rows(map.apply(tensor(&vec![a.clone()], &device))).concat();
                let wanted = reference::gate(map, &a);
                assert!(close(found.iter().sum(), 1.0, 1e-6), "{map:?} {a:?}");
                for (found, wanted) in found.iter().zip(&wanted) {
                    assert!(
                        close(*found, *wanted, 1e-6),
                        "{map:?} {a:?}: {found} for {wanted}"
                    );
                }
                let slopes = jacobian(map, &a, &device).concat();
                for (found, wanted) in slopes.iter().zip(formula(map, &found).concat()) {
                    assert!(
                        close(*found, wanted, 2e-5),
                        "{map:?} {a:?}: {found} for {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn published_values() {
    let device = flex();
    // Martins and Astudillo 2016: sparsemax([t, 0]) = [(t + 1) / 2, (1 - t) / 2] for |t| ≤ 1.
    let p = rows(GateMap::Sparsemax.apply(Tensor::from_floats([[0.5, 0.0]], &device)));
    assert_eq!(p, [[0.75, 0.25]]);
    // Peters et al. 2019: with two numbers entmax-1.5 leaves the simplex's inside at a distance of 2.
    let edge = Tensor::from_floats([[2.0, 0.0], [1.9, 0.0]], &device);
    let p = rows(GateMap::Entmax15.apply(edge));
    assert!(close(p[0][0], 1.0, 1e-6) && p[0][1] < 1e-6);
    assert!(p[1][1] > 1e-4);
}

#[test]
fn sparse_gates_have_exact_zeros_and_softmax_has_none() {
    let device = flex();
    let a = Tensor::<2>::from_floats([[4.0, 0.0, -4.0, 3.9]], &device);
    let zeros = |map: GateMap| {
        let weights = rows(map.apply(a.clone())).concat();
        weights.iter().filter(|&&weight| weight == 0.0).count()
    };
    assert_eq!(zeros(GateMap::Softmax), 0);
    assert_eq!(zeros(GateMap::Sparsemax), 2);
    assert_eq!(zeros(GateMap::Entmax15), 2);
    assert_eq!(rows(GateMap::Free.apply(a.clone())), rows(a));
}
