//! A state that is saved and restored goes on with the same bits, for every weighting with every optimizer.

use polytask_balance::WEIGHTINGS;
use polytask_training::optimizer::OPTIMIZERS;
use polytask_training::step::step;

use crate::world::{bits, groups, started, three_tasks, world};

fn config(weighting: &str, optimizer: &str) -> String {
    let weight = if weighting == "equal" {
        ""
    } else {
        "y_1.weight = 0.5\n"
    };
    three_tasks(&format!(
        "[multitask]\nweighting = \"{weighting}\"\n[encoder]\ntype = \"mlp\"\nhidden = [6, 5]\nnorm = \"batch\"\n\
         dropout = 0.2\n[train]\nbatch_size = 12\naccumulate = 2\nema = 0.9\ngradient_clip_norm = 1.0\n\
         optimizer = {{ type = \"{optimizer}\", weight_decay = 0.01 }}\nschedule = \"cosine\"\n"
    ))
    .replace("y_1.weight = 0.5\n", weight)
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    for weighting in WEIGHTINGS {
        for optimizer in OPTIMIZERS {
            let text = config(weighting.name, optimizer.name);
            let mut whole = world(&text);
            let groups = groups(&whole.plan, 0);
            assert!(groups.len() >= 3);
            for at in [0, 1, 2] {
                let (plan, mut first) = started(&text);
                for group in &groups[..at] {
                    step(&plan, &mut first, group).unwrap();
                }
                let (plan, mut second) = started(&text);
                second.restore(first.save().unwrap()).unwrap();
                for group in &groups[at..3] {
                    step(&plan, &mut second, group).unwrap();
                }
                if whole.state.progress.step == 0 {
                    for group in &groups[..3] {
                        step(&whole.plan, &mut whole.state, group).unwrap();
                    }
                }
                assert!(
                    bits(&mut whole.state, &[""]) == bits(&mut second, &[""]),
                    "{} with {} from step {at}",
                    weighting.name,
                    optimizer.name
                );
            }
        }
    }
}
