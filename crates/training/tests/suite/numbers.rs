//! Training with a Gaussian law of numbers: parts that add up, gradients that every engine agrees on, states that go on bit for
//! bit, and the covariance of the labels where the inputs say nothing.

use std::collections::BTreeMap;

use polytask_balance::WEIGHTINGS;
use polytask_model::names;
use polytask_random::Seed;
use polytask_training::evaluate::{Evaluation, Measured, Predictor};
use polytask_training::information::{coupling, joint_gains};
use polytask_training::plan::Plan;
use polytask_training::state::TrainState;
use polytask_training::step::step;

use crate::world::{
    assert_same_weights, bits, groups, reports, resumed_bit_for_bit, started, world,
};

const NUMBERS: &str = "joint = { type = \"given\", numbers = [\"b\", \"pair\", \"a\"] }\n";
const SMALL: &str = "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 12\n";

/// A file that goes with the test.
struct Table(std::path::PathBuf);

impl Drop for Table {
    fn drop(&mut self) {
        // What cannot be removed is left.
        std::fs::remove_file(&self.0).ok();
    }
}

impl Table {
    /// Two inputs, four numbers and a flag; each number is half noise that all of them have in common. Of `holes` in ten cells
    /// one is empty.
    fn new(test: &str, rows: usize, holes: usize, signal: f64) -> Self {
        let name = format!("polytask-numbers-{test}-{}.csv", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut stream = Seed(3).stream("numbers", 0);
        let mut text = "x,z,a,b,up,down,flag\n".to_owned();
        for _ in 0..rows {
            let (x, z, common) = (stream.normal(), stream.normal(), stream.normal());
            text.push_str(&format!("{x},{z}"));
            for scale in [1.0, -2.0, 0.5] {
                let y = scale * (signal * (x + z) + common + 0.8 * stream.normal());
                let cell = if stream.below(10) < holes {
                    String::new()
                } else {
                    y.to_string()
                };
                text.push_str(&format!(",{cell}"));
            }
            text.push_str(&format!(
                ",{},{}\n",
                3.0 * common + stream.normal(),
                stream.below(2)
            ));
        }
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn config(&self, multitask: &str, rest: &str) -> String {
        format!(
            "[data]\nsource = \"{}\"\n[inputs.x]\ncolumns = [\"x\", \"z\"]\n[multitask]\n{multitask}{rest}\
             [tasks.a]\ntype = \"regression\"\n[tasks.flag]\ntype = \"binary\"\n[tasks.b]\ntype = \"regression\"\nweight = 0.5\n\
             [tasks.pair]\ntype = \"regression\"\ntarget = [\"up\", \"down\"]\n",
            self.0.display()
        )
    }
}

/// Numbers that hang together.
fn with_covariance(state: &mut TrainState) {
    let mut values = names::export(&state.model);
    for (name, _, values) in &mut values {
        if name == "joint.numbers.factor" {
            *values = vec![0.9, -0.6, 1.2, 0.3, -0.2, 0.7, 0.6, 0.1, -0.2, 1.1];
        }
    }
    state.model = names::import(state.model.clone(), values).unwrap();
}

fn evaluated(plan: &Plan, state: &TrainState) -> Evaluation {
    let model = state.evaluated();
    let measured = Measured {
        encoded: &plan.encoded,
        rows: &plan.splits.train,
        split: "train",
        batch_size: 7,
        weights: &[1.0; 4],
    };
    predictor(plan, &model).evaluate(&measured).unwrap()
}

fn predictor<'a>(plan: &'a Plan, model: &'a polytask_model::MultiTaskModel) -> Predictor<'a> {
    Predictor::of(plan, model)
}

#[test]
fn the_loss_of_a_split_is_the_sum_of_its_parts() {
    let table = Table::new("parts", 80, 3, 1.0);
    for weighting in WEIGHTINGS {
        let multitask = format!("weighting = \"{}\"\n{NUMBERS}", weighting.name);
        let rest =
            "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[train]\nepochs = 2\nbatch_size = 16\n";
        let text = table.config(&multitask, rest).replace("weight = 0.5\n", "");
        let mut world = world(&text);
        let reports = reports(&mut world);
        assert_eq!(reports.len(), 2);
        for (report, split) in reports
            .iter()
            .flat_map(|report| [(report, "train"), (report, "val")])
        {
            let metric = |key: &str| report.metrics[&format!("{split}/{key}")];
            let names = ["a", "flag", "b", "pair"];
            let parts = names.map(|task| metric(&format!("{task}/weighted_loss")));
            let (parts, loss) = (parts.iter().sum::<f64>(), metric("loss"));
            let is_near = (parts - loss).abs() <= 1e-12 * loss.abs();
            assert!(is_near, "{} {split}: {parts} {loss}", weighting.name);
        }
    }
}

/// Independent numbers gain nothing; what others gain is the same from an evaluation and by `info`, and of two numbers all that
/// their correlation says.
#[test]
fn the_gain_is_that_of_the_law() {
    let table = Table::new("gain", 300, 2, 1.0);
    let mut world = world(&table.config(NUMBERS, SMALL));
    let (plan, state) = (&world.plan, &mut world.state);
    let gain = evaluated(plan, state).joint.unwrap();
    assert!(gain.value.unwrap().abs() < 1e-6 && gain.se.unwrap() < 1e-6);
    with_covariance(state);
    let wanted = evaluated(plan, state).joint.unwrap();
    assert!(wanted.value.unwrap().abs() > 0.05, "{wanted}");
    let model = state.evaluated();
    let (predictor, rows) = (predictor(plan, &model), &plan.splits.train);
    let found = coupling(&predictor, &plan.encoded, rows, 9, false)
        .unwrap()
        .unwrap();
    assert!((found.joint.value.unwrap() - wanted.value.unwrap()).abs() < 1e-5);
    assert_eq!(found.joint.n, wanted.n);
    assert_eq!(found.pairs.len(), 6);
    let nats = joint_gains(&predictor, &plan.encoded, rows, 11);
    let bits = nats.iter().sum::<f64>() / nats.len() as f64 / std::f64::consts::LN_2;
    assert!((bits - wanted.value.unwrap()).abs() < 1e-5);
}

/// Where the inputs say nothing, what is left is the labels, and labels known together gain ½ log₂ (Π Σ_ii / |Σ|) bits: after one
/// epoch, whatever the rule that moves the weights.
#[test]
fn without_a_signal_the_covariance_is_that_of_the_labels() {
    let table = Table::new("anchor", 4000, 0, 0.0);
    // The scales of a, b and up, a noise of 0.8 each; down is 3 times what they have in common, with a noise of 1.
    let (common, scales) = (1.0, [-2.0, 0.5, 3.0, 1.0]);
    let noises = [1.6, 0.4, 1.0, 0.8];
    let covariance = |i: usize, j: usize| {
        let own = if i == j { f64::powi(noises[i], 2) } else { 0.0 };
        common * scales[i] * scales[j] + own
    };
    for optimizer in ["adamw", "sgd"] {
        let rest = format!(
            "[encoder]\ntype = \"mlp\"\nhidden = []\n[train]\nepochs = 1\nbatch_size = 100\n\
             optimizer = {{ type = \"{optimizer}\", lr = 0.01 }}\n"
        );
        let mut world = world(&table.config(NUMBERS, &rest));
        reports(&mut world);
        let (plan, state) = (&world.plan, &world.state);
        let export: BTreeMap<String, Vec<f32>> = names::export(&state.evaluated())
            .into_iter()
            .map(|(name, _, values)| (name, values))
            .collect();
        let packed = &export["joint.numbers.factor"];
        let factor = |i: usize, j: usize| match j {
            j if j <= i => f64::from(packed[i * (i + 1) / 2 + j]),
            _ => 0.0,
        };
        let found = |i: usize, j: usize| (0..4).map(|k| factor(i, k) * factor(j, k)).sum::<f64>();
        for i in 0..4 {
            for j in 0..4 {
                let correlation =
                    |of: &dyn Fn(usize, usize) -> f64| of(i, j) / (of(i, i) * of(j, j)).sqrt();
                let (found, wanted) = (correlation(&found), correlation(&covariance));
                assert!(
                    (found - wanted).abs() < 0.06,
                    "{i} {j}: {found} for {wanted}"
                );
            }
        }
        // |Σ| by elimination.
        let mut left: Vec<Vec<f64>> = (0..4)
            .map(|i| (0..4).map(|j| covariance(i, j)).collect())
            .collect();
        let mut ratio = 1.0;
        for at in 0..4 {
            ratio *= covariance(at, at) / left[at][at];
            for row in at + 1..4 {
                let pivot = left[at].clone();
                let share = left[row][at] / pivot[at];
                for (value, above) in left[row].iter_mut().zip(&pivot) {
                    *value -= share * above;
                }
            }
        }
        let bits = evaluated(plan, state).joint.unwrap().value.unwrap();
        let wanted = 0.5 * f64::log2(ratio);
        assert!(
            wanted > 1.0 && (bits - wanted).abs() < 0.05,
            "{bits} for {wanted}"
        );
    }
}

/// Whatever a covariance says, weights, losses and predictions are those of the same run without it.
#[test]
fn nothing_else_is_trained_otherwise() {
    let table = Table::new("beside", 120, 3, 1.0);
    let rest = format!("{SMALL}epochs = 3\nema = 0.9\n");
    for more in [
        "",
        "aggregator = \"mgda\"\n",
        "weighting = \"uncertainty\"\n",
    ] {
        let trained = |multitask: &str| {
            let mut world = world(&table.config(multitask, &rest));
            let metrics: Vec<_> = reports(&mut world)
                .into_iter()
                .map(|report| report.metrics)
                .collect();
            (metrics, bits(&mut world.state, &["model/", "average/"]))
        };
        let (mut with, mut weights) = trained(&format!("{more}{NUMBERS}"));
        for metrics in &mut with {
            assert!(metrics.remove("val/joint_bits").is_some());
        }
        weights.retain(|(name, _)| !name.ends_with("joint.numbers.factor"));
        assert_eq!((with, weights), trained(more));
    }
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    let table = Table::new("restored", 60, 3, 1.0);
    for multitask in [
        NUMBERS.to_owned(),
        "joint = \"chow_liu\"\n".to_owned(),
        format!("aggregator = \"mgda\"\nweighting = \"uncertainty\"\n{NUMBERS}"),
    ] {
        let text = table.config(
            &multitask,
            "[encoder]\ntype = \"mlp\"\nhidden = [6]\ndropout = 0.2\n[train]\nbatch_size = 10\naccumulate = 2\n\
             ema = 0.9\noptimizer = { type = \"adam\", lr = 0.01 }\n",
        );
        let mut whole = resumed_bit_for_bit(&text, &[1]);
        assert_eq!(whole.plan.model.numbers.len(), 3);
        let own = bits(&mut whole.state, &["model/joint.", "average/joint."]);
        assert_eq!(own.len(), 2, "{multitask}");
        assert!(
            own.iter()
                .all(|(_, bits)| bits.iter().any(|bits| *bits != 0))
        );
    }
}

#[test]
fn the_order_of_tasks_means_nothing() {
    let table = Table::new("order", 80, 3, 1.0);
    for multitask in [NUMBERS, "joint = \"chow_liu\"\n"] {
        let rest = format!("{SMALL}optimizer = {{ type = \"sgd\", lr = 0.1 }}\n");
        let text = table.config(multitask, &rest);
        let moved = text.replace("[tasks.a]\ntype = \"regression\"\n", "");
        let moved = format!("{moved}[tasks.a]\ntype = \"regression\"\n");
        let mut one = world(&text);
        let (plan, mut other) = started(&moved);
        assert_eq!(plan.tasks[3].name, "a");
        assert_eq!(plan.model.numbers, one.plan.model.numbers);
        for (batch, same) in groups(&one.plan, 0).into_iter().zip(groups(&plan, 0)) {
            step(&one.plan, &mut one.state, &batch).unwrap();
            step(&plan, &mut other, &same).unwrap();
        }
        assert_same_weights(&one.state, &other, 1e-5);
    }
}
