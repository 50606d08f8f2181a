//! Every aggregator in a run: it goes on bit for bit, forgets no absent task, and one task alone is plain training.

use polytask_balance::AGGREGATORS;
use polytask_data::Batch;
use polytask_model::names::{export, import};
use polytask_training::plan::Plan;
use polytask_training::step::{Stepped, step};

use crate::world::{World, bits, groups, started, three_tasks, world};

pub(crate) fn config(multitask: &str, rest: &str) -> String {
    three_tasks(&format!(
        "[multitask]\n{multitask}\n[encoder]\ntype = \"mlp\"\nhidden = [6, 5]\nactivation = \"gelu\"\n{rest}"
    ))
}

pub(crate) const TRAIN: &str = "[train]\nbatch_size = 10\naccumulate = 3\ngradient_clip_norm = 1.0\nema = 0.9\n\
                     optimizer = { type = \"adam\", lr = 0.01 }\n";

/// A run whose heads hand gradients down: they start at zero, so that some steps come first.
pub(crate) struct Warmed {
    pub(crate) trained: World,
    /// What it was trained on.
    pub(crate) first: Vec<Batch>,
}

impl Warmed {
    pub(crate) fn new() -> Self {
        let mut trained = world(&config("aggregator = \"upgrad\"", TRAIN));
        let first = groups(&trained.plan, 0)[0].clone();
        for _ in 0..3 {
            step(&trained.plan, &mut trained.state, &first).unwrap();
        }
        Self { trained, first }
    }

    /// A step from there with another aggregator, which has learned nothing yet.
    pub(crate) fn step(&self, aggregator: &str, batches: &[Batch]) -> Stepped {
        let text = config(&format!("aggregator = {aggregator}"), TRAIN);
        let (plan, mut state) = started(&text);
        state.model = import(state.model.clone(), export(&self.trained.state.model)).unwrap();
        step(&plan, &mut state, batches).unwrap()
    }
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    let bare = AGGREGATORS
        .iter()
        .map(|entry| format!("\"{}\"", entry.name));
    let wrapped = [
        "modo\", update_every = 2, moving_average = 0.5, normalize_rows = \"l2\"",
        "sdmgrad\", log_loss = true, clip = 0.1",
        "excess_mtl\", warmup = 0, moving_average = 0.5",
    ];
    let wrapped = wrapped.map(|options| format!("{{ type = \"{options} }}"));
    for aggregator in bare.chain(wrapped) {
        for weighting in ["fixed", "uncertainty"] {
            let text = config(
                &format!("weighting = \"{weighting}\"\naggregator = {aggregator}"),
                &format!("norm = \"batch\"\ndropout = 0.2\n{TRAIN}"),
            );
            let mut whole = world(&text);
            let groups = groups(&whole.plan, 0);
            for group in &groups {
                step(&whole.plan, &mut whole.state, group).unwrap();
            }
            for at in [1, 2] {
                let (plan, mut first) = started(&text);
                for group in &groups[..at] {
                    step(&plan, &mut first, group).unwrap();
                }
                let (plan, mut second) = started(&text);
                second.restore(first.save().unwrap()).unwrap();
                for group in &groups[at..] {
                    step(&plan, &mut second, group).unwrap();
                }
                assert!(
                    bits(&mut whole.state, &[""]) == bits(&mut second, &[""]),
                    "{aggregator} on {weighting} from step {at}"
                );
            }
        }
    }
}

/// The batch with labels of one task alone.
pub(crate) fn alone(batch: &Batch, task: usize) -> Batch {
    let mut batch = batch.clone();
    for (index, labels) in batch.targets.iter_mut().enumerate() {
        if index != task {
            labels.mask.fill(0.0);
            labels.labelled = 0;
        }
    }
    batch
}

pub(crate) fn whole_batch(plan: &Plan) -> Batch {
    let rows: Vec<u32> = plan.sampler.batches(0).flatten().collect();
    plan.encoded.batch(&rows)
}

/// Methods whose scale is their own answer's, and with one task not 1.
fn changes_one_task(name: &str) -> bool {
    // MoCo and M-ConFIG average over steps, random weights are as they are drawn; DB-MTL and ExcessMTL rescale by their memory.
    matches!(name, "moco" | "m_config" | "random" | "constant" | "db_mtl")
}

#[test]
fn a_batch_with_labels_of_one_task_is_plain_training() {
    let sgd = "[heads]\ninit = \"random\"\n[train]\nbatch_size = 60\naccumulate = 3\noptimizer = { type = \"sgd\", lr = 0.1 }\n";
    let moved = |multitask: &str| {
        let mut world = world(&config(multitask, sgd));
        let batch = alone(&whole_batch(&world.plan), 2);
        let stepped = step(&world.plan, &mut world.state, &[batch]).unwrap();
        assert_eq!(stepped.losses.iter().flatten().count(), 1);
        export(&world.state.model)
    };
    let plain = moved("");
    for aggregator in AGGREGATORS {
        if changes_one_task(aggregator.name) {
            continue;
        }
        for ((name, _, own), (_, _, plain)) in
            moved(&format!("aggregator = \"{}\"", aggregator.name))
                .iter()
                .zip(&plain)
        {
            for (own, plain) in own.iter().zip(plain) {
                assert!(
                    (own - plain).abs() < 2e-6,
                    "{} {name}: {own} {plain}",
                    aggregator.name
                );
            }
        }
    }
}

#[test]
fn wrappers_and_levels_train() {
    for options in [
        "type = \"cagrad\", level = \"representation\"",
        "type = \"cagrad\", level = \"last_shared\", update_every = 3",
        "type = \"gradvac\", per_layer = true",
        "type = \"nash_mtl\", clip = 1.0, moving_average = 0.5",
        "type = \"imtl_g\", engine = \"reforward\", heads = \"weighted\"",
        "type = \"sum\", clip = 0.5",
        "type = \"cagrad\", level = \"representation\", clip = 0.1",
        "type = \"gradnorm\", clip = 0.1, micro_batch = 0.5",
        "type = \"modo\", clip = 0.1",
        "type = \"modo\", update_every = 2, moving_average = 0.5, normalize_rows = \"loss+\", log_loss = true",
        "type = \"db_mtl\", gain = \"mean\", normalize_rows = \"l2\"",
        "type = \"excess_mtl\", moving_average = 0.5",
        "type = \"mean\", gain = \"native\"",
    ] {
        let text = config(&format!("aggregator = {{ {options} }}"), TRAIN);
        let mut world = world(&text);
        let before = export(&world.state.model);
        for group in &groups(&world.plan, 0) {
            let stepped = step(&world.plan, &mut world.state, group).unwrap();
            assert!(stepped.loss.is_finite());
        }
        assert_ne!(export(&world.state.model), before, "{options}");
    }
}

#[test]
fn three_batches_are_one_for_methods_of_inner_products() {
    // Accumulating rows or inner products of sums: never weights.
    for options in [
        "type = \"imtl_g\"",
        "type = \"imtl_g\", level = \"representation\"",
        "type = \"gradvac\", per_layer = true",
        "type = \"gradnorm\"",
        "type = \"mgda\", engine = \"reforward\"",
        "type = \"trimmed_mean\"",
    ] {
        let text = |accumulate| {
            config(
                &format!("aggregator = {{ {options} }}"),
                &format!(
                    "norm = \"layer\"\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 12\naccumulate = {accumulate}\n\
                     optimizer = {{ type = \"sgd\", lr = 0.1 }}\n"
                ),
            )
        };
        let mut many = world(&text(3));
        let (plan, mut one) = started(&text(3));
        let rows: Vec<Vec<u32>> = plan.sampler.batches(0).take(3).collect();
        let parts: Vec<Batch> = rows.iter().map(|rows| plan.encoded.batch(rows)).collect();
        let whole = [plan.encoded.batch(&rows.concat())];
        let of_many = step(&many.plan, &mut many.state, &parts).unwrap();
        let of_one = step(&plan, &mut one, &whole).unwrap();
        for (many, one) in of_many.weights.iter().zip(&of_one.weights) {
            assert!((many - one).abs() < 1e-4 * one.abs().max(1.0), "{options}");
        }
        for ((name, _, left), (_, _, right)) in
            export(&many.state.model).iter().zip(export(&one.model))
        {
            for (left, right) in left.iter().zip(&right) {
                assert!(
                    (left - right).abs() < 1e-5,
                    "{options} {name}: {left} {right}"
                );
            }
        }
    }
}

#[test]
fn the_gradients_conflict_as_the_log_says() {
    let text = config("aggregator = \"pcgrad\"", TRAIN);
    let mut world = world(&text);
    let group = &groups(&world.plan, 0)[0];
    let stepped = step(&world.plan, &mut world.state, group).unwrap();
    let seen = stepped.diagnosis.unwrap();
    assert_eq!(seen.present, [0, 1, 2]);
    assert!(seen.norms.iter().all(|norm| norm.is_finite()));
    // The heads start at zero, so that at first nothing is shared.
    assert!(seen.norms.iter().all(|norm| *norm == 0.0));
    let stepped = step(&world.plan, &mut world.state, group).unwrap();
    let seen = stepped.diagnosis.unwrap();
    assert!(seen.norms.iter().all(|norm| *norm > 0.0));
    assert!((seen.cosine(1, 1).unwrap() - 1.0).abs() < 1e-9);
}

/// Entry-wise methods and those across batches tell the gradients apart too: the same inner products as a Gram aggregator's on
/// the same rows, and a fall of each loss that a small step confirms.
#[test]
fn every_kind_of_aggregator_says_how_the_gradients_lie() {
    let warmed = Warmed::new();
    let seen = |options: &str, batches: &[Batch]| warmed.step(options, batches);
    let batch = groups(&warmed.trained.plan, 0)[1][0].clone();
    let once = [batch.clone()];
    let wanted = seen("\"upgrad\"", &once).diagnosis.unwrap();
    assert_eq!(wanted.present, [0, 1, 2]);
    for method in ["graddrop", "trimmed_mean", "moco", "db_mtl", "excess_mtl"] {
        let found = seen(&format!("\"{method}\""), &once);
        let found = found.diagnosis.unwrap();
        assert_eq!(found.present, wanted.present, "{method}");
        for (found, wanted) in found.norms.iter().zip(&wanted.norms) {
            assert!((found - wanted).abs() < 1e-4 * wanted, "{method}");
        }
        for (found, wanted) in found.cosines.iter().zip(&wanted.cosines) {
            assert!((found - wanted).abs() < 1e-4, "{method}");
        }
        assert!(found.decreases.iter().any(|fall| *fall != 0.0), "{method}");
    }
    // Nothing trimmed, it is the sum, along which each loss falls by its inner products with all.
    let sum = seen("{ type = \"trimmed_mean\", trim = 0 }", &once);
    for (task, fall) in sum.diagnosis.unwrap().decreases.iter().enumerate() {
        // The second task counts half.
        let with = |(other, weight): (usize, f64)| {
            let lengths = wanted.norms[task] * wanted.norms[other];
            weight * lengths * wanted.cosine(task, other).unwrap()
        };
        let falls = [(0, 1.0), (1, 0.5), (2, 1.0)].map(with);
        let sum: f64 = falls.iter().sum();
        let size: f64 = falls.iter().map(|fall| fall.abs()).sum();
        assert!((fall - sum).abs() < 1e-4 * size, "{fall} {sum}");
    }
    // One task a step.
    let alone = seen("\"m_config\"", &once).diagnosis.unwrap();
    assert_eq!(alone.present.len(), 1);
    assert!((alone.norms[0] - wanted.norms[alone.present[0]]).abs() < 1e-4 * alone.norms[0]);
    for method in ["modo", "sdmgrad"] {
        let thrice = [batch.clone(), batch.clone(), batch.clone()];
        let found = seen(&format!("\"{method}\""), &thrice).diagnosis.unwrap();
        for (found, wanted) in found.cosines.iter().zip(&wanted.cosines) {
            assert!((found - wanted).abs() < 1e-4, "{method}");
        }
    }
}

/// Heads start at zero and hand no gradient down at the first step, which must not stand for ever as a task's measure.
#[test]
fn excess_mtl_learns_from_heads_that_start_at_zero() {
    let mut world = world(&config(
        "aggregator = { type = \"excess_mtl\", rate = 1.0, warmup = 0 }",
        "[train]\nbatch_size = 30\n",
    ));
    let groups = groups(&world.plan, 0);
    let mut weights = Vec::new();
    for group in groups.iter().cycle().take(6) {
        weights = step(&world.plan, &mut world.state, group).unwrap().weights;
    }
    assert!(
        weights.iter().any(|weight| (weight - 1.0).abs() > 1e-3),
        "{weights:?}"
    );
}
