//! Penalties on the weights of codes that are annealed in: what is logged, what adds up, and what goes on.

use std::sync::atomic::AtomicBool;

use polytask_training::events::Event;
use polytask_training::run::{Surroundings, run};
use polytask_training::step::step;

use crate::world::{bits, groups, started, three_tasks, world};

fn config() -> String {
    three_tasks(
        "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[sharing]\ntype = \"codes\"\ncount = 4\nunit_norm = true\nl1 = 0.05\n\
         proximal = true\ngroup_lasso = 0.1\ninformation = 0.1\nwarmup = 1\nanneal = 2\n[train]\nepochs = 4\n\
         batch_size = 7\nema = 0.5\n",
    )
}

#[test]
fn strength_rises_is_logged_and_goes_on_bit_for_bit() {
    let mut whole = world(&config());
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
    // An epoch's last step is one step short of the epoch's end.
    let steps = whole.plan.steps_per_epoch as f64;
    for (epoch, metrics) in seen.iter().enumerate() {
        let epochs = epoch as f64 + (steps - 1.0) / steps;
        let wanted = ((epochs - 1.0) / 2.0).clamp(0.0, 1.0);
        let found = metrics["train/code_strength"];
        assert!((found - wanted).abs() < 1e-12, "{epoch}: {found}");
        // Nothing acts before the warm-up is over, and it is part of the loss after.
        assert_eq!(metrics.contains_key("train/penalty"), epoch > 0, "{epoch}");
        for split in ["train", "val"] {
            let parts = metrics.iter().filter(|(key, _)| {
                let own = key.starts_with(&format!("{split}/"));
                own && (key.ends_with("/weighted_loss") || **key == format!("{split}/penalty"))
            });
            let sum: f64 = parts.map(|(_, value)| value).sum();
            let loss = metrics[&format!("{split}/loss")];
            assert!((sum - loss).abs() < 1e-9 * loss.abs(), "{sum}, {loss}");
        }
    }
    assert_eq!(seen.len(), 4);
    let wanted = bits(&mut whole.state, &[""]);
    let (plan, mut first) = started(&config());
    let all: Vec<_> = (0..2).flat_map(|epoch| groups(&plan, epoch)).collect();
    // Within the first epoch: what follows is as if nothing had happened, also across the end of the warm-up.
    for group in all.iter().take(2) {
        step(&plan, &mut first, group).unwrap();
    }
    let (plan, mut second) = started(&config());
    second.restore(first.save().unwrap()).unwrap();
    let around = &mut Surroundings {
        saver: None,
        listener: &mut |_: &Event| {},
        interrupt: &AtomicBool::new(false),
        trace_samples: false,
        max_steps: None,
    };
    run(&plan, &mut second, around).unwrap();
    assert!(bits(&mut second, &[""]) == wanted);
}
