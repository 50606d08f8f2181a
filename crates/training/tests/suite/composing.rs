//! What stands around an aggregator: the weighting before it, the bound after it, and the batches that it draws.

use polytask_data::Batch;
use polytask_model::names::export;
use polytask_training::plan::Plan;
use polytask_training::state::TrainState;
use polytask_training::step::{Stepped, step};

use crate::aggregators::{Warmed, alone, config, whole_batch};
use crate::world::{groups, started, world};

/// The weights that are logged have the bound's factor in them, and it is the one that the inner products tell.
#[test]
fn the_bound_on_the_shared_gradient_is_that_of_the_inner_products() {
    let warmed = Warmed::new();
    let after = |options: &str| warmed.step(&format!("{{ {options} }}"), &warmed.first);
    for method in ["cagrad", "gradvac", "sum", "excess_mtl"] {
        // What `sum` weighs is not seen unless something else asks for it.
        let free = after(&format!("type = \"{method}\""));
        let seen = after("type = \"upgrad\"").diagnosis.unwrap();
        let mut square = 0.0;
        for (first, left) in free.weights.iter().enumerate() {
            for (second, right) in free.weights.iter().enumerate() {
                let lengths = seen.norms[first] * seen.norms[second];
                square += left * right * lengths * seen.cosine(first, second).unwrap();
            }
        }
        for share in [0.5, 2.0_f64] {
            let bound = after(&format!(
                "type = \"{method}\", clip = {}",
                share * square.sqrt()
            ));
            for (bound, free) in bound.weights.iter().zip(&free.weights) {
                let wanted = free * share.min(1.0);
                assert!(
                    (bound - wanted).abs() < 1e-5 * free.abs(),
                    "{method} {share}: {bound} {wanted}"
                );
            }
            if let (Some(bound), Some(free)) = (bound.diagnosis, &free.diagnosis) {
                for (bound, free) in bound.decreases.iter().zip(&free.decreases) {
                    assert!(
                        (bound - free * share.min(1.0)).abs() < 1e-5 * free.abs(),
                        "{method}"
                    );
                }
            }
        }
    }
}

/// What the shared parameters are moved by, as a step of plain descent with rate 1 shows it.
fn moved(plan: &Plan, state: &mut TrainState, batches: &[Batch]) -> (Stepped, Vec<f64>) {
    let shared = |state: &TrainState| -> Vec<f64> {
        let all = export(&state.model).into_iter();
        all.filter(|(name, ..)| name.starts_with("encoder."))
            .flat_map(|(.., values)| values.into_iter().map(f64::from))
            .collect()
    };
    let before = shared(state);
    let stepped = step(plan, state, batches).unwrap();
    let after = shared(state);
    let fall = before
        .iter()
        .zip(&after)
        .map(|(before, after)| before - after);
    (stepped, fall.collect())
}

fn inner(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

/// So they have where the answer is a direction that no weights make.
#[test]
fn the_bound_is_in_the_logged_weights_of_directions_too() {
    const SGD: &str = "[heads]\ninit = \"random\"\n[train]\nbatch_size = 60\noptimizer = { type = \"sgd\", lr = 1.0 }\n";
    for method in ["graddrop", "trimmed_mean", "moco", "db_mtl"] {
        let after = |clip: &str| {
            let options = format!("aggregator = {{ type = \"{method}\"{clip} }}");
            let mut world = world(&config(&options, SGD));
            let batch = whole_batch(&world.plan);
            moved(&world.plan, &mut world.state, &[batch])
        };
        let (free, fall) = after("");
        let norm = inner(&fall, &fall).sqrt();
        for share in [0.25, 2.0_f64] {
            let (bound, shorter) = after(&format!(", clip = {}", share * norm));
            let factor = share.min(1.0);
            let length = inner(&shorter, &shorter).sqrt();
            assert!(
                (length - factor * norm).abs() < 1e-4 * norm,
                "{method} {share}: {length} of {norm}"
            );
            for (bound, free) in bound.weights.iter().zip(&free.weights) {
                assert!(
                    *free > 0.0 && (bound - factor * free).abs() < 1e-4 * free,
                    "{method} {share}: {bound} {free}"
                );
            }
        }
    }
}

/// ⟨g_t, d⟩, of gradients and direction that a step of plain descent shows, and not what the layers' mean weights would make of it.
#[test]
fn each_loss_falls_as_is_said_where_layers_have_weights_of_their_own() {
    const SGD: &str = "[heads]\ninit = \"random\"\n[train]\nbatch_size = 60\noptimizer = { type = \"sgd\", lr = 1.0 }\n";
    let text = config("aggregator = { type = \"gradvac\", per_layer = true }", SGD);
    let mut world = world(&text);
    let batch = whole_batch(&world.plan);
    let slopes: Vec<Vec<f64>> = (0..3)
        .map(|task| {
            let (plan, mut state) = started(&config("", SGD));
            let (_, fall) = moved(&plan, &mut state, &[alone(&batch, task)]);
            let weight = plan.tasks[task].weight;
            fall.into_iter().map(|value| value / weight).collect()
        })
        .collect();
    let (stepped, direction) = moved(&world.plan, &mut world.state, &[batch]);
    let told = stepped.diagnosis.unwrap().decreases;
    let mut is_another = false;
    for (task, slope) in slopes.iter().enumerate() {
        let wanted = inner(slope, &direction);
        let size = inner(slope, slope).sqrt() * inner(&direction, &direction).sqrt();
        assert!(
            (told[task] - wanted).abs() < 1e-5 * size,
            "{task}: {} {wanted}",
            told[task]
        );
        let by_mean: f64 = (0..3)
            .map(|other| stepped.weights[other] * inner(slope, &slopes[other]))
            .sum();
        is_another |= (by_mean - wanted).abs() > 1e-3 * size;
    }
    assert!(
        is_another,
        "no layer has weights of its own: {:?}",
        stepped.weights
    );
}

/// λ is what follows from the gradients of the weighted losses: the second task counts half.
#[test]
fn methods_across_batches_learn_from_weighted_losses() {
    let warmed = Warmed::new();
    let seen = |options: &str, batches: &[Batch]| warmed.step(options, batches);
    let batch = whole_batch(&warmed.trained.plan);
    let gram = seen("\"upgrad\"", std::slice::from_ref(&batch))
        .diagnosis
        .unwrap();
    let own = [1.0, 0.5, 1.0];
    let at = |first: usize, second: usize| {
        let lengths = gram.norms[first] * gram.norms[second] * own[first] * own[second];
        lengths * gram.cosine(first, second).unwrap()
    };
    let largest = (0..3).map(|task| at(task, task)).fold(0.0, f64::max);
    // So small a step that no share becomes 0: the projection takes off the mean.
    let gamma = 0.1 / largest;
    let falls = [0, 1, 2].map(|task| gamma * (at(task, 0) + at(task, 1) + at(task, 2)) / 3.0);
    let mean = falls.iter().sum::<f64>() / 3.0;
    let thrice = [batch.clone(), batch.clone(), batch.clone()];
    let found = seen(
        &format!("{{ type = \"modo\", gamma = {gamma:?}, rho = 0.0, gain = \"native\" }}"),
        &thrice,
    );
    for task in 0..3 {
        let wanted = own[task] * (1.0 / 3.0 - falls[task] + mean);
        assert!(
            (found.weights[task] - wanted).abs() < 1e-4,
            "{task}: {:?} {wanted}",
            found.weights
        );
    }
}

/// Two batches to learn from and one to step with, without being told.
#[test]
fn methods_across_batches_draw_three_a_step_by_themselves() {
    let batches = |aggregator: &str, train: &str| {
        let text = config(
            &format!("aggregator = \"{aggregator}\""),
            &format!("[train]\nbatch_size = 5\n{train}"),
        );
        let experiment = polytask_training::load::experiment(&text);
        experiment.map(|experiment| experiment.train.accumulate)
    };
    assert_eq!(batches("modo", "").unwrap(), 3);
    assert_eq!(batches("sdmgrad", "").unwrap(), 3);
    assert_eq!(batches("sdmgrad", "accumulate = 6").unwrap(), 6);
    assert_eq!(batches("cagrad", "").unwrap(), 1);
    let refused = batches("modo", "accumulate = 2").unwrap_err();
    assert_eq!(
        (refused.0[0].code, refused.0[0].key.as_str()),
        ("P0310", "train.accumulate")
    );
    let text = config("aggregator = \"modo\"", "[train]\nbatch_size = 5\n");
    let mut world = world(&text);
    let told = world.state.aggregation.as_ref().unwrap().describe();
    assert!(
        told.ends_with("; of 3 batches a step, 2 to learn weights from and 1 to step with"),
        "{told}"
    );
    let group = groups(&world.plan, 0)[0].clone();
    assert_eq!(group.len(), 3);
    step(&world.plan, &mut world.state, &group).unwrap();
}
