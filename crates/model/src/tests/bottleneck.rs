//! A model with a bottleneck against its formula: the draw in training, the mean otherwise, and all gradients with the rate's.

use burn::module::Module;
use burn::tensor::{Distribution, Tensor};

use super::batch::{Labelled, assert_gradients, total_loss};
use super::cases::random_heads;
use super::fixtures::{
    all_kinds, built, close, columns, flex, mlp, model_options, normals, numeric, rows, shaken,
    vector,
};
use super::reference::{self, Rows, Values};
use crate::{ActivationKind, BottleneckOptions, HardOptions, MultiTaskModel};

const ROWS: usize = 6;
const WIDTH: usize = 4;
const PRICE: f64 = 0.3;

fn model() -> MultiTaskModel {
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

fn rate(values: &Values, x: &Rows) -> f64 {
    let (mean, log_variance) = laws(values, x);
    let terms = mean.concat().into_iter().zip(log_variance.concat());
    terms
        .map(|(m, s)| 0.5 * (m * m + s.exp() - 1.0 - s))
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
    let model = model();
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
        (drawn, z(&values, &x, &noise)),
        (mean, z(&values, &x, &silent)),
    ] {
        for (found, wanted) in found.concat().into_iter().zip(wanted.concat()) {
            assert!(close(found, wanted, 5e-6), "{found} for {wanted}");
        }
    }
    let rates = vector(model.rates(&numeric(&x, &device)).unwrap());
    let found = rates.iter().sum::<f64>() / ROWS as f64;
    assert!(close(found, rate(&values, &x), 5e-6), "{found}");
}

#[test]
fn gradients_through_the_draw_and_of_the_rate_are_their_differences() {
    let model = model();
    let tasks = all_kinds();
    let x = normals("inputs", ROWS, 3);
    let device = flex();
    device.seed(5);
    let noise = rows(
        Tensor::<2>::zeros([ROWS, WIDTH], &device).random_like(Distribution::Normal(0.0, 1.0)),
    );
    // Squares of what the heads read stand for any loss of theirs, whose gradients have a test of their own.
    device.seed(5);
    let inputs = numeric(&x, &device);
    let read = model.representation(&inputs);
    let labelled = Labelled::of(&tasks, ROWS);
    let silent = total_loss(&model, &tasks, &inputs, &labelled, &device) * 0.0;
    let rates = model.rates(&inputs).unwrap().sum() * (PRICE / ROWS as f64);
    let total = (read.clone() * read).sum() + rates + silent;
    let loss = |values: &Values| {
        let squares = z(values, &x, &noise).concat().into_iter().map(|z| z * z);
        squares.sum::<f64>() + PRICE * rate(values, &x)
    };
    assert_gradients("bottleneck", &model, &total, loss, 3e-5);
}
