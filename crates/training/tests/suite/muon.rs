//! Muon against its definition (Jordan et al. 2024) in f64: weights here are `[inputs, outputs]`, there
//! `[outputs, inputs]`, which decides how far a step goes.

use polytask_data::Batch;
use polytask_model::names::export;
use polytask_training::step::step;

use crate::world::{World, world};

type Matrix = Vec<Vec<f64>>;

const RATE: f64 = 0.02;
const DECAY: f64 = 0.1;

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len())
        .map(|column| a.iter().map(|row| row[column]).collect())
        .collect()
}

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    let b = transposed(b);
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum();
    a.iter()
        .map(|row| b.iter().map(|column| dot(row, column)).collect())
        .collect()
}

fn combined(a: &Matrix, b: &Matrix, [of_a, of_b]: [f64; 2]) -> Matrix {
    a.iter()
        .zip(b)
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| of_a * a + of_b * b).collect())
        .collect()
}

/// Five quintic iterations of Newton and Schulz, on the side that is wide.
fn orthogonalised(gradient: &Matrix) -> Matrix {
    if gradient.len() > gradient[0].len() {
        return transposed(&orthogonalised(&transposed(gradient)));
    }
    let norm = gradient.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
    let mut x = combined(gradient, gradient, [1.0 / norm, 0.0]);
    for _ in 0..5 {
        let a = times(&x, &transposed(&x));
        let b = combined(&a, &times(&a, &a), [-4.775, 2.0315]);
        x = combined(&x, &times(&b, &x), [3.4445, 1.0]);
    }
    x
}

/// A named tensor of the model, row by row.
fn tensor(world: &World, name: &str) -> Matrix {
    let values = export(&world.state.model);
    let (_, shape, values) = values.iter().find(|value| value.0 == name).unwrap();
    let wide: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    wide.chunks(*shape.last().unwrap())
        .map(<[f64]>::to_vec)
        .collect()
}

/// The gradient of the mean squared error of (x W + c) u + b by W, `[inputs, outputs]`.
fn gradient(world: &World, batch: &Batch) -> Matrix {
    let weight = tensor(world, "encoder.layers.0.weight");
    let bias = tensor(world, "encoder.layers.0.bias").concat();
    let head = tensor(world, "heads.y_0.weight").concat();
    let offset = tensor(world, "heads.y_0.bias").concat()[0];
    let inputs: Matrix = batch
        .numeric
        .chunks(weight.len())
        .map(|row| row.iter().map(|&value| f64::from(value)).collect())
        .collect();
    let hidden = times(&inputs, &weight);
    let rows = inputs.len() as f64;
    let mut sum = vec![vec![0.0; bias.len()]; weight.len()];
    for ((x, hidden), &y) in inputs.iter().zip(&hidden).zip(&batch.targets[0].values) {
        let score: f64 = hidden
            .iter()
            .zip(&bias)
            .zip(&head)
            .map(|((h, c), u)| (h + c) * u)
            .sum();
        let error = 2.0 * (score + offset - f64::from(y)) / rows;
        for (sum, x) in sum.iter_mut().zip(x) {
            for (sum, u) in sum.iter_mut().zip(&head) {
                *sum += error * x * u;
            }
        }
    }
    sum
}

#[test]
fn the_step_of_a_matrix_is_orthogonal_and_as_long_as_its_outputs_ask() {
    // More outputs than inputs, and fewer.
    for (hidden, factor) in [(9, 1.5), (3, 1.0)] {
        let mut world = world(&format!(
            "[data]\nsource = {{ type = \"planted_codes\", tasks = 1, codes = 2, features = 4, train = 30, val = 4, \
             test = 4 }}\n[inputs.x]\n[encoder]\ntype = \"mlp\"\nhidden = [{hidden}]\nactivation = \"identity\"\n\
             [heads]\ninit = \"random\"\n[tasks]\ny_0.type = \"regression\"\n[train]\nbatch_size = 30\n\
             optimizer = {{ type = \"muon\", lr = {RATE}, weight_decay = {DECAY} }}\n"
        ));
        let batch = world.plan.encoded.batch(&world.plan.splits.train[..20]);
        let mut velocity: Option<Matrix> = None;
        for number in 1..=4 {
            let slope = gradient(&world, &batch);
            let next = match velocity {
                Some(velocity) => combined(&velocity, &slope, [0.95, 1.0]),
                None => slope.clone(),
            };
            let update = orthogonalised(&transposed(&combined(&slope, &next, [1.0, 0.95])));
            let before = tensor(&world, "encoder.layers.0.weight");
            let step_size = [1.0 - RATE * DECAY, -RATE * factor];
            let wanted = combined(&before, &transposed(&update), step_size);
            step(&world.plan, &mut world.state, std::slice::from_ref(&batch)).unwrap();
            let found = tensor(&world, "encoder.layers.0.weight");
            for (found, wanted) in found.iter().flatten().zip(wanted.iter().flatten()) {
                // Small singular values grow 500-fold on the way, and their rounding with them.
                assert!(
                    (found - wanted).abs() < 1e-4 * RATE * 10.0,
                    "{hidden} outputs, step {number}: {found} {wanted}"
                );
            }
            velocity = Some(next);
        }
    }
}
