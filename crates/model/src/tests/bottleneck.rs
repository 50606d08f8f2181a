//! A model with a bottleneck against its formula: the draw in training, the mean otherwise, and all gradients with the rate's.

use burn::module::Module;
use burn::tensor::{Distribution, Tensor};
use polytask_random::Seed;

use super::batch::{Labelled, assert_gradients, total_loss};
use super::cases::random_heads;
use super::fixtures::{
    all_kinds, built, close, columns, flex, mlp, model_options, normals, numeric, rows, shaken,
};
use super::reference::{self, Rows, Values};
use crate::{ActivationKind, BottleneckOptions, HardOptions, MultiTaskModel, RatePrior};

const ROWS: usize = 6;
const WIDTH: usize = 4;
const PRICE: f64 = 0.3;
/// How many times the price each half of z pays.
const BLOCKS: [f64; 2] = [0.5, 3.0];

fn model(prior: RatePrior) -> MultiTaskModel {
    let mut options = model_options(
        mlp(&[WIDTH], ActivationKind::Tanh),
        HardOptions,
        random_heads(),
    );
    options.encoder.bottleneck = Some(BottleneckOptions {
        beta: PRICE,
        warmup: 0.0,
        rate_budget: None,
        pace: 0.01,
        prior,
        blocks: BLOCKS.to_vec(),
    });
    shaken(built(&options, &columns(3), &all_kinds(), &flex())).with_rate_price(PRICE)
}

/// The layer's name, whatever stands below it.
fn layer(values: &Values) -> String {
    let mut names = values.0.keys();
    let name = names.find(|name| name.ends_with(".mean.weight")).unwrap();
    name.trim_end_matches(".mean.weight").to_owned()
}

/// mu and ln sigma^2 of every row.
fn laws(values: &Values, x: &Rows) -> (Rows, Rows) {
    let features = reference::each(&reference::linear(values, "encoder.layers.0", x), f64::tanh);
    let layer = layer(values);
    let linear = |part: &str| reference::linear(values, &format!("{layer}.{part}"), &features);
    let held = reference::each(&linear("log_variance"), |s| s.clamp(-10.0, 4.0));
    (linear("mean"), held)
}

/// The rate of each row and half, against the prior that the values have.
fn rates(values: &Values, x: &Rows) -> Vec<[f64; 2]> {
    let (mean, log_variance) = laws(values, x);
    let layer = layer(values);
    let prior = |part: &str| match values.0.get(&format!("{layer}.prior_{part}")) {
        Some((_, values)) => values.clone(),
        None => vec![0.0; WIDTH],
    };
    let (m, log_v) = (prior("mean"), prior("log_variance"));
    let term = |row: usize, i: usize| {
        let (mu, s, v) = (mean[row][i], log_variance[row][i], log_v[i].exp());
        0.5 * ((mu - m[i]).powi(2) / v + s.exp() / v - 1.0 - (s - log_v[i]))
    };
    let half = |row, half| {
        (0..WIDTH / 2)
            .map(|i| term(row, half * WIDTH / 2 + i))
            .sum()
    };
    (0..x.len())
        .map(|row| [half(row, 0), half(row, 1)])
        .collect()
}

/// What the mean rate costs at a price of 1.
fn cost(values: &Values, x: &Rows) -> f64 {
    let rates = rates(values, x);
    let rows = rates.iter();
    rows.map(|[a, b]| BLOCKS[0] * a + BLOCKS[1] * b)
        .sum::<f64>()
        / ROWS as f64
}

fn z(values: &Values, x: &Rows, noise: &Rows) -> Rows {
    let (mean, log_variance) = laws(values, x);
    let row = |((mean, s), noise): ((&Vec<f64>, &Vec<f64>), &Vec<f64>)| {
        let terms = mean.iter().zip(s).zip(noise);
        terms.map(|((m, s), e)| m + (s / 2.0).exp() * e).collect()
    };
    mean.iter().zip(&log_variance).zip(noise).map(row).collect()
}

#[test]
fn training_draws_once_and_prediction_takes_the_mean() {
    let model = model(RatePrior::Learned);
    let x = normals("inputs", ROWS, 3);
    let values = Values::of(&model);
    let device = flex();
    device.seed(5);
    let noise = rows(
        Tensor::<2>::zeros([ROWS, WIDTH], &device).random_like(Distribution::Normal(0.0, 1.0)),
    );
    device.seed(5);
    let drawn = rows(model.representation(&numeric(&x, &device)));
    let silent = vec![vec![0.0; WIDTH]; ROWS];
    let inner = device.clone().inner();
    let mean = rows(model.valid().representation(&numeric(&x, &inner)));
    for (found, wanted) in [
        (drawn.clone(), z(&values, &x, &noise)),
        (mean, z(&values, &x, &silent)),
    ] {
        for (found, wanted) in found.concat().into_iter().zip(wanted.concat()) {
            assert!(close(found, wanted, 5e-6), "{found} for {wanted}");
        }
    }
    // The rates of the same pass, and the draw that evaluation asks for.
    device.seed(5);
    let pass = model.pass(&numeric(&x, &device));
    assert_eq!(rows(pass.representation.clone()), drawn);
    let found = rows(pass.rates.clone().unwrap()).concat();
    for (found, wanted) in found.into_iter().zip(rates(&values, &x).concat()) {
        assert!(close(found, wanted, 5e-6), "{found} for {wanted}");
    }
    let numbers: Vec<u32> = (10..10 + ROWS as u32).collect();
    let given = |row: u32| -> Vec<f64> {
        let mut stream = Seed(0).stream("bottleneck", u64::from(row));
        (0..WIDTH).map(|_| stream.normal()).collect()
    };
    let wanted = z(
        &values,
        &x,
        &numbers.iter().map(|&row| given(row)).collect(),
    );
    let found = rows(model.drawn(&pass, &numbers).unwrap());
    for (found, wanted) in found.concat().into_iter().zip(wanted.concat()) {
        assert!(close(found, wanted, 5e-6), "{found} for {wanted}");
    }
}

#[test]
fn gradients_through_the_draw_and_of_the_rate_are_their_differences() {
    for prior in [RatePrior::Standard, RatePrior::Learned] {
        let model = model(prior);
        let tasks = all_kinds();
        let x = normals("inputs", ROWS, 3);
        let device = flex();
        device.seed(5);
        let noise = rows(
            Tensor::<2>::zeros([ROWS, WIDTH], &device).random_like(Distribution::Normal(0.0, 1.0)),
        );
        let inputs = numeric(&x, &device);
        let labelled = Labelled::of(&tasks, ROWS);
        let silent = total_loss(&model, &tasks, &inputs, &labelled, &device) * 0.0;
        // Squares of what the heads read stand for any loss of theirs, whose gradients have a test of their own.
        device.seed(5);
        let pass = model.pass(&inputs);
        let read = pass.representation;
        let factors = Tensor::<2>::from_floats([BLOCKS], &device) * (PRICE / ROWS as f64);
        let cost_of = (pass.rates.unwrap() * factors).sum();
        let total = (read.clone() * read).sum() + cost_of + silent;
        let loss = |values: &Values| {
            let squares = z(values, &x, &noise).concat().into_iter().map(|z| z * z);
            squares.sum::<f64>() + PRICE * cost(values, &x)
        };
        assert_gradients("bottleneck", &model, &total, loss, 3e-5);
    }
}

#[test]
fn blocks_must_be_equal() {
    let mut options = model_options(mlp(&[5], ActivationKind::Tanh), HardOptions, random_heads());
    options.encoder.bottleneck = Some(BottleneckOptions {
        beta: PRICE,
        warmup: 0.0,
        rate_budget: None,
        pace: 0.01,
        prior: RatePrior::Standard,
        blocks: BLOCKS.to_vec(),
    });
    let built = crate::build(&options, &columns(3), &all_kinds(), Seed(1), &flex());
    let problems = built.err().unwrap().to_string();
    assert!(
        problems.contains("5 numbers do not make 2 equal blocks"),
        "{problems}"
    );
}
