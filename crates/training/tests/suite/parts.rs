//! The loss is the sum of its logged parts, and an absent task has no part in it.

use polytask_balance::WEIGHTINGS;
use polytask_training::step::step;

use crate::world::{bits, groups, reports, three_tasks, world};

fn config(weighting: &str) -> String {
    let text = three_tasks(&format!(
        "[multitask]\nweighting = \"{weighting}\"\n[encoder]\ntype = \"mlp\"\nhidden = [4]\n\
         [sharing]\ntype = \"codes\"\ncount = 3\nl1 = 0.01\n[train]\nepochs = 2\nbatch_size = 7\n"
    ));
    match weighting {
        "equal" => text.replace("y_1.weight = 0.5\n", ""),
        _ => text,
    }
}

#[test]
fn the_loss_of_a_split_is_the_sum_of_its_parts() {
    for weighting in WEIGHTINGS {
        let mut world = world(&config(weighting.name));
        let reports = reports(&mut world);
        assert_eq!(reports.len(), 2);
        for (report, split) in reports
            .iter()
            .flat_map(|report| [(report, "train"), (report, "val")])
        {
            let metric = |key: &str| report.metrics[&format!("{split}/{key}")];
            let parts: f64 = ["y_0", "y_1", "y_2"]
                .iter()
                .map(|task| metric(&format!("{task}/weighted_loss")))
                .sum();
            let loss = metric("loss");
            assert!(metric("penalty") > 0.0 || report.epoch == 0);
            assert!(
                (parts + metric("penalty") - loss).abs() <= 1e-12 * loss.abs(),
                "{} {split}: {parts} {loss}",
                weighting.name
            );
            if split == "val" {
                let weighted = metric("y_1/weight") * metric("y_1/loss");
                assert_eq!(weighted, metric("y_1/weighted_loss"));
            }
        }
    }
}

#[test]
fn a_task_without_a_label_contributes_nothing_and_nothing_of_it_moves() {
    for weighting in WEIGHTINGS {
        let text = config(weighting.name)
            .replace("[sharing]\ntype = \"codes\"\ncount = 3\nl1 = 0.01\n", "");
        let mut world = world(&text);
        for group in &groups(&world.plan, 0) {
            step(&world.plan, &mut world.state, group).unwrap();
        }
        let rows: Vec<u32> = world
            .plan
            .splits
            .train
            .iter()
            .copied()
            .filter(|&row| world.plan.encoded.batch(&[row]).targets[1].labelled == 0)
            .collect();
        let batch = world.plan.encoded.batch(&rows);
        let own = ["model/heads.y_1.", "optimizer/heads.y_1.", "weighting/y_1/"];
        let before = bits(&mut world.state, &own);
        assert!(!before.is_empty());
        let stepped = step(&world.plan, &mut world.state, &[batch]).unwrap();
        assert_eq!((stepped.losses[1], stepped.weights[1]), (None, 0.0));
        let sum: f64 = [0, 2]
            .iter()
            .map(|&task| stepped.weights[task] * stepped.losses[task].unwrap())
            .sum();
        assert_eq!(stepped.loss, sum);
        assert_eq!(before, bits(&mut world.state, &own), "{}", weighting.name);
    }
}
