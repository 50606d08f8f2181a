//! The loop: the order of rows after a restart, and stopping early for good.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use polytask_store::{Fallback, Pick, RunDir};
use polytask_training::events::Event;
use polytask_training::plan::Plan;
use polytask_training::run::{Finish, Surroundings, run};
use polytask_training::save::{Saver, largest};
use polytask_training::state::TrainState;
use polytask_training::step::step;

use crate::world::{bits, groups, started, three_tasks, world};

/// Runs to the end; the rows of each step, and how it ended.
fn trace(plan: &Plan, state: &mut TrainState) -> (Vec<Vec<u32>>, Finish) {
    let mut rows = Vec::new();
    let mut listener = |event: &Event| {
        if let Event::Step { samples, .. } = event {
            rows.push(samples.clone().unwrap());
        }
    };
    let finish = run(
        plan,
        state,
        &mut Surroundings {
            saver: None,
            listener: &mut listener,
            interrupt: &AtomicBool::new(false),
            trace_samples: true,
            max_steps: None,
        },
    )
    .unwrap();
    (rows, finish)
}

fn config(prefetch: usize, rest: &str) -> String {
    three_tasks(&format!(
        "[encoder]\ntype = \"mlp\"\nhidden = [4]\ndropout = 0.3\n[train]\nepochs = 2\nbatch_size = 7\n\
         accumulate = 2\nprefetch = {prefetch}\n{rest}"
    ))
}

#[test]
fn the_order_of_rows_survives_a_restart_at_any_step_and_any_prefetching() {
    let mut whole = world(&config(2, ""));
    let (rows, _) = trace(&whole.plan, &mut whole.state);
    let per_epoch = rows.len() / 2;
    for epoch in rows.chunks(per_epoch) {
        let mut once = epoch.concat();
        once.sort_unstable();
        assert_eq!(once, whole.plan.splits.train, "every row once an epoch");
    }
    for at in 0..=per_epoch {
        for prefetch in [0, 1, 4] {
            let (plan, mut first) = started(&config(2, ""));
            for group in groups(&plan, 0).iter().take(at) {
                step(&plan, &mut first, group).unwrap();
            }
            let (plan, mut second) = started(&config(prefetch, ""));
            second.restore(first.save().unwrap()).unwrap();
            assert_eq!(trace(&plan, &mut second).0, rows[at..]);
            assert!(
                bits(&mut whole.state, &[""]) == bits(&mut second, &[""]),
                "step {at}"
            );
        }
    }
}

#[test]
fn codes_that_turn_between_epochs_go_on_bit_for_bit() {
    let text = |turn: bool| {
        three_tasks(&format!(
            "[encoder]\ntype = \"mlp\"\nhidden = []\n[sharing]\ntype = \"codes\"\ncount = 2\nl1 = 0.1\n\
             unit_norm = true\nturn = {turn}\n[heads]\ninit = \"random\"\n[train]\nepochs = 3\nbatch_size = 7\n\
             ema = 0.9\noptimizer = \"adam\"\n"
        ))
    };
    let mut whole = world(&text(true));
    trace(&whole.plan, &mut whole.state);
    let wanted = bits(&mut whole.state, &[""]);
    let (plan, mut still) = started(&text(false));
    trace(&plan, &mut still);
    assert!(bits(&mut still, &["model"]) != bits(&mut whole.state, &["model"]));
    let per_epoch = plan.steps_per_epoch;
    for stop in [per_epoch - 1, per_epoch, per_epoch + 1, 2 * per_epoch] {
        let (plan, mut first) = started(&text(true));
        let interrupt = AtomicBool::new(false);
        let mut listener = |event: &Event| {
            if matches!(event, Event::Step { step, .. } if *step == stop) {
                interrupt.store(true, Ordering::Relaxed);
            }
        };
        let finish = run(
            &plan,
            &mut first,
            &mut Surroundings {
                saver: None,
                listener: &mut listener,
                interrupt: &interrupt,
                trace_samples: false,
                max_steps: None,
            },
        );
        assert_eq!(finish.unwrap(), Finish::Interrupted);
        assert_eq!(first.progress.step, stop);
        let (plan, mut second) = started(&text(true));
        second.restore(first.save().unwrap()).unwrap();
        trace(&plan, &mut second);
        assert!(bits(&mut second, &[""]) == wanted, "stopped at step {stop}");
    }
}

#[test]
fn a_bottleneck_goes_on_bit_for_bit_and_its_rate_is_part_of_the_loss() {
    for rest in [
        "warmup = 1.5",
        "rate_budget = 2.0",
        "warmup = 0.0\nprior = \"learned\"\nblocks = [0.5, 2.0]",
    ] {
        let text = config(
            2,
            &format!("ema = 0.9\n[bottleneck]\ntype = \"vib\"\nbeta = 0.05\n{rest}\n"),
        );
        let mut whole = world(&text);
        let mut seen = Vec::new();
        let mut listener = |event: &Event| {
            if let Event::Epoch(report) = event {
                seen.push(report.metrics.clone());
            }
        };
        let around = &mut Surroundings {
            saver: None,
            listener: &mut listener,
            interrupt: &AtomicBool::new(false),
            trace_samples: false,
            max_steps: None,
        };
        run(&whole.plan, &mut whole.state, around).unwrap();
        let price = whole.state.rate_price.as_ref().unwrap().now();
        assert!(price > 0.0);
        let last = seen.last().unwrap();
        assert!(last["val/rate"] > 0.0);
        let bits_of = last["val/rate"] / std::f64::consts::LN_2;
        assert!((last["val/rate_bits"] - bits_of).abs() < 1e-9 * bits_of);
        let cost = match (last.get("val/rate_block_1"), last.get("val/rate_block_2")) {
            (Some(one), Some(two)) => {
                assert!((one + two - last["val/rate"]).abs() < 1e-6 * last["val/rate"]);
                price * (0.5 * one + 2.0 * two)
            }
            _ => price * last["val/rate"],
        };
        // A drawn code is not the mean code; its noise is an eighth of a deviation here.
        let over = |kind: &str| -> f64 {
            let of_tasks = last.iter().filter(|(key, _)| {
                let parts: Vec<&str> = key.split('/').collect();
                parts.len() == 3 && parts[0] == "val" && parts[2] == kind
            });
            of_tasks.map(|(_, loss)| loss).sum()
        };
        let off = (over("sampled_loss") - over("loss")).abs();
        assert!(off > 1e-6 && off < 0.1 * over("loss"), "{last:?}");
        assert!((last["val/penalty"] - cost).abs() < 1e-6 * cost, "{last:?}");
        for split in ["train", "val"] {
            let parts = last.iter().filter(|(key, _)| {
                let own = key.starts_with(&format!("{split}/"));
                own && (key.ends_with("/weighted_loss") || **key == format!("{split}/penalty"))
            });
            let sum: f64 = parts.map(|(_, value)| value).sum();
            let loss = last[&format!("{split}/loss")];
            assert!(
                (sum - loss).abs() < 1e-9 * loss.abs().max(1.0),
                "{sum}, {loss}"
            );
        }
        let wanted = bits(&mut whole.state, &[""]);
        for at in [1, whole.plan.steps_per_epoch as usize] {
            let (plan, mut first) = started(&text);
            for group in groups(&plan, 0).iter().take(at) {
                step(&plan, &mut first, group).unwrap();
            }
            let (plan, mut second) = started(&text);
            second.restore(first.save().unwrap()).unwrap();
            trace(&plan, &mut second);
            assert!(bits(&mut second, &[""]) == wanted, "{rest}, step {at}");
        }
    }
}

#[test]
fn a_run_that_stopped_early_stays_stopped() {
    // Nothing can be better by 10⁹, so patience runs out after the first epoch and two more.
    let early = "[early_stopping]\npatience = 2\nmin_delta = 1e9\n";
    let text = config(2, early).replace("epochs = 2", "epochs = 9");
    let mut world = world(&text);
    let (_, finish) = trace(&world.plan, &mut world.state);
    assert_eq!(
        (finish, world.state.progress.epoch),
        (Finish::EarlyStopped, 3)
    );
    let (plan, mut again) = started(&text);
    again.restore(world.state.save().unwrap()).unwrap();
    let (rows, finish) = trace(&plan, &mut again);
    assert!(rows.is_empty());
    assert_eq!(finish, Finish::EarlyStopped);
}

#[test]
fn the_room_that_a_checkpoint_needs_is_known_before_the_first_step() {
    for (optimizer, kept) in [
        ("type = \"sgd\"", 0),
        ("type = \"sgd\", momentum = 0.9", 1),
        ("type = \"adam\"", 2),
        ("type = \"adam\", amsgrad = true", 3),
        ("type = \"adamw\"", 2),
        ("type = \"rmsprop\"", 2),
        ("type = \"rmsprop\", momentum = 0.9, centered = true", 4),
        ("type = \"lion\"", 1),
        ("type = \"muon\"", 2),
    ] {
        let text = config(1, &format!("optimizer = {{ {optimizer}, lr = 1e-4 }}\n"))
            .replace("hidden = [4]", "hidden = [64, 64]");
        let mut world = world(&text);
        let before = largest(&mut world.state, kept).unwrap();
        trace(&world.plan, &mut world.state);
        let after = largest(&mut world.state, 0).unwrap();
        // Names and shapes of what is remembered take a little more than its numbers.
        assert!(
            after as f64 <= before as f64 * 1.1,
            "{optimizer}: {after} of {before}"
        );
        assert!(before <= after * 2, "{optimizer}: {before} for {after}");
    }
}

#[test]
fn a_signal_right_after_an_epoch_leaves_its_score_on_disk() {
    let mut world = world(&config(2, ""));
    let folder = tempfile::tempdir().unwrap();
    let writer = RunDir::create_at(&folder.path().join("run"), SystemTime::now()).unwrap();
    let mut saver = Saver::new(writer, &world.plan, "");
    saver.begin(&mut world.state).unwrap();
    let interrupt = AtomicBool::new(false);
    let mut listener = |event: &Event| {
        if let Event::Checkpoint { .. } = event {
            interrupt.store(true, Ordering::Relaxed);
        }
    };
    let finish = run(
        &world.plan,
        &mut world.state,
        &mut Surroundings {
            saver: Some(&mut saver),
            listener: &mut listener,
            interrupt: &interrupt,
            trace_samples: false,
            max_steps: None,
        },
    );
    assert_eq!(finish.unwrap(), Finish::Interrupted);
    assert_eq!(world.state.progress.epoch, 1);
    let writer = saver.into_writer();
    for pick in [Pick::Best, Pick::Last] {
        let found = writer.select(pick, Fallback::Refused).unwrap();
        assert_eq!(found.step, world.state.progress.step);
        assert_eq!(found.checkpoint.score(), world.state.best.score);
    }
    assert!(world.state.best.score.is_some());
}
