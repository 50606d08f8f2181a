//! Each optimizer against its formula in f64, on the quadratic of one linear regression.

use polytask_data::Batch;
use polytask_model::names::export;
use polytask_training::step::step;

use crate::world::world;

const RATE: f64 = 0.05;
const DECAY: f64 = 0.1;
const STEPS: usize = 6;

/// Value, gradient and what is remembered of one number; the number of the step from 1; its decay.
type Formula = fn(&mut f64, f64, &mut [f64; 3], i32, f64);

fn sgd(value: &mut f64, gradient: f64, _: &mut [f64; 3], _: i32, decay: f64) {
    *value -= RATE * (gradient + decay * *value);
}

fn momentum(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    seen[0] = 0.9 * seen[0] + gradient + decay * *value;
    *value -= RATE * seen[0];
}

fn nesterov(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    let gradient = gradient + decay * *value;
    seen[0] = 0.9 * seen[0] + gradient;
    *value -= RATE * (gradient + 0.9 * seen[0]);
}

fn moments(gradient: f64, seen: &mut [f64; 3], step: i32) -> f64 {
    seen[0] = 0.9 * seen[0] + 0.1 * gradient;
    seen[1] = 0.999 * seen[1] + 0.001 * gradient * gradient;
    let mean = seen[0] / (1.0 - 0.9_f64.powi(step));
    mean / ((seen[1] / (1.0 - 0.999_f64.powi(step))).sqrt() + 1e-8)
}

fn adam(value: &mut f64, gradient: f64, seen: &mut [f64; 3], step: i32, decay: f64) {
    *value -= RATE * moments(gradient + decay * *value, seen, step);
}

fn adamw(value: &mut f64, gradient: f64, seen: &mut [f64; 3], step: i32, decay: f64) {
    *value -= RATE * decay * *value;
    *value -= RATE * moments(gradient, seen, step);
}

fn rmsprop(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    let gradient = gradient + decay * *value;
    seen[0] = 0.99 * seen[0] + 0.01 * gradient * gradient;
    *value -= RATE * gradient / (seen[0].sqrt() + 1e-8);
}

/// `torch.optim.Adam(amsgrad=True)`: the largest second moment so far, of which the correction of this step is taken. With
/// β₂ = 0.5, so that falling gradients make the second moment fall.
fn amsgrad(value: &mut f64, gradient: f64, seen: &mut [f64; 3], step: i32, decay: f64) {
    let gradient = gradient + decay * *value;
    seen[0] = 0.9 * seen[0] + 0.1 * gradient;
    seen[1] = 0.5 * seen[1] + 0.5 * gradient * gradient;
    seen[2] = seen[2].max(seen[1]);
    let root = seen[2].sqrt() / (1.0 - 0.5_f64.powi(step)).sqrt() + 1e-8;
    *value -= RATE / (1.0 - 0.9_f64.powi(step)) * seen[0] / root;
}

/// The same without the largest.
fn quick_adam(value: &mut f64, gradient: f64, seen: &mut [f64; 3], step: i32, decay: f64) {
    seen[2] = 0.0;
    amsgrad(value, gradient, seen, step, decay);
}

/// `torch.optim.RMSprop(centered=True, momentum=0.9)`: the mean square less the squared mean, and a buffer of updates.
fn centered(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    let gradient = gradient + decay * *value;
    seen[0] = 0.9 * seen[0] + 0.1 * gradient * gradient;
    seen[1] = 0.9 * seen[1] + 0.1 * gradient;
    let root = (seen[0] - seen[1] * seen[1]).sqrt() + 1e-8;
    seen[2] = 0.9 * seen[2] + gradient / root;
    *value -= RATE * seen[2];
}

/// `torch.optim.RMSprop(momentum=0.9)`.
fn rmsprop_momentum(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    let gradient = gradient + decay * *value;
    seen[0] = 0.99 * seen[0] + 0.01 * gradient * gradient;
    seen[1] = 0.9 * seen[1] + gradient / (seen[0].sqrt() + 1e-8);
    *value -= RATE * seen[1];
}

fn lion(value: &mut f64, gradient: f64, seen: &mut [f64; 3], _: i32, decay: f64) {
    let update = (0.9 * seen[0] + 0.1 * gradient).signum();
    seen[0] = 0.99 * seen[0] + 0.01 * gradient;
    *value -= RATE * (update + decay * *value);
}

/// The gradient of the mean squared error of `x · w + b`.
fn gradient(batch: &Batch, weights: &[f64]) -> Vec<f64> {
    let features = weights.len() - 1;
    let mut sum = vec![0.0; weights.len()];
    let rows = batch.rows.len() as f64;
    for (x, &y) in batch.numeric.chunks(features).zip(&batch.targets[0].values) {
        let mut inputs: Vec<f64> = x.iter().map(|&value| f64::from(value)).collect();
        inputs.push(1.0);
        let error = inputs.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() - f64::from(y);
        for (sum, input) in sum.iter_mut().zip(&inputs) {
            *sum += 2.0 * error * input / rows;
        }
    }
    sum
}

fn check(options: &str, clip: Option<f64>, formula: Formula) {
    let clipping = clip.map_or(String::new(), |norm| {
        format!("gradient_clip_norm = {norm}\n")
    });
    let text = format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 1, codes = 2, features = 4, train = 30, val = 4, \
         test = 4 }}\n[inputs.x]\n[encoder]\ntype = \"mlp\"\nhidden = []\n[heads]\ninit = \"random\"\n\
         [tasks]\ny_0.type = \"regression\"\n[train]\nbatch_size = 30\n{clipping}\
         optimizer = {{ {options}, lr = {RATE}, weight_decay = {DECAY}, decay = \"weights\" }}\n"
    );
    let mut world = world(&text);
    // Not all rows: over all of them the standardized targets have mean 0, and the gradient of the bias is rounding.
    let batch = world.plan.encoded.batch(&world.plan.splits.train[..20]);
    let named = |world: &crate::world::World| -> Vec<f64> {
        let values = export(&world.state.model);
        assert_eq!(values.len(), 2);
        let of = |end: &str| values.iter().find(|value| value.0.ends_with(end)).unwrap();
        let both = of("weight").2.iter().chain(&of("bias").2);
        both.map(|&value| f64::from(value)).collect()
    };
    let mut wanted = named(&world);
    let mut seen = vec![[0.0; 3]; wanted.len()];
    for number in 1..=STEPS {
        let mut slope = gradient(&batch, &wanted);
        let norm = slope.iter().map(|value| value * value).sum::<f64>().sqrt();
        let shrink = clip.map_or(1.0, |largest| (largest / norm).min(1.0));
        slope.iter_mut().for_each(|value| *value *= shrink);
        let last = wanted.len() - 1;
        for (index, value) in wanted.iter_mut().enumerate() {
            // The bias is spared.
            let decay = if index == last { 0.0 } else { DECAY };
            formula(value, slope[index], &mut seen[index], number as i32, decay);
        }
        step(&world.plan, &mut world.state, std::slice::from_ref(&batch)).unwrap();
        for (found, wanted) in named(&world).iter().zip(&wanted) {
            // f32 against f64, with β₂ = 0.999 rounded to f32 in the bias correction.
            assert!(
                (found - wanted).abs() < 2e-5,
                "{options}, step {number}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn every_rule_is_its_formula() {
    check("type = \"sgd\"", None, sgd);
    check("type = \"sgd\", momentum = 0.9", None, momentum);
    check(
        "type = \"sgd\", momentum = 0.9, nesterov = true",
        None,
        nesterov,
    );
    check("type = \"adam\"", None, adam);
    check("type = \"adamw\"", None, adamw);
    check("type = \"rmsprop\"", None, rmsprop);
    check("type = \"rmsprop\", momentum = 0.9", None, rmsprop_momentum);
    check(
        "type = \"rmsprop\", alpha = 0.9, momentum = 0.9, centered = true",
        None,
        centered,
    );
    check("type = \"adam\", beta2 = 0.5", None, quick_adam);
    check(
        "type = \"adam\", beta2 = 0.5, amsgrad = true",
        None,
        amsgrad,
    );
    check("type = \"lion\"", None, lion);
}

#[test]
fn clipping_bounds_the_global_norm() {
    check("type = \"sgd\"", Some(0.3), sgd);
}
