//! A state that is saved and restored goes on with the same bits, for every weighting with every optimizer.

use polytask_balance::{WEIGHTINGS, WeightingEntry, Wrapper};
use polytask_training::optimizer::OPTIMIZERS;
use polytask_training::step::step;

use crate::world::{bits, groups, started, three_tasks, world};

fn config(weighting: &str, wrappers: &str, optimizer: &str) -> String {
    let weight = if weighting == "equal" {
        ""
    } else {
        "y_1.weight = 0.5\n"
    };
    three_tasks(&format!(
        "[multitask]\nweighting = {{ type = \"{weighting}\"{wrappers} }}\n[encoder]\ntype = \"mlp\"\nhidden = [6, 5]\nnorm = \"batch\"\n\
         dropout = 0.2\n[train]\nbatch_size = 12\naccumulate = 2\nema = 0.9\ngradient_clip_norm = 1.0\n\
         optimizer = {{ type = \"{optimizer}\", weight_decay = 0.01 }}\nschedule = \"cosine\"\n"
    ))
    .replace("y_1.weight = 0.5\n", weight)
}

/// Every wrapper that has a meaning around this weighting.
fn wrappers(weighting: &WeightingEntry) -> String {
    let options = Wrapper::ALL.iter().filter(|wrapper| {
        let mut without = weighting.facts.without.iter();
        without.all(|(other, _)| other != *wrapper)
    });
    let value = |wrapper: &Wrapper| match wrapper {
        Wrapper::LogLoss => ", log_loss = true",
        Wrapper::UpdateEvery => ", update_every = 2",
        Wrapper::MovingAverage => ", moving_average = 0.5",
        Wrapper::Gain => ", gain = \"mean\"",
    };
    options.map(value).collect()
}

/// Three steps, saved and restored before each of them.
fn resumes(text: &str, what: &str) {
    let mut whole = world(text);
    let groups = groups(&whole.plan, 0);
    assert!(groups.len() >= 3);
    for group in &groups[..3] {
        step(&whole.plan, &mut whole.state, group).unwrap();
    }
    for at in [0, 1, 2] {
        let (plan, mut first) = started(text);
        for group in &groups[..at] {
            step(&plan, &mut first, group).unwrap();
        }
        let (plan, mut second) = started(text);
        second.restore(first.save().unwrap()).unwrap();
        for group in &groups[at..3] {
            step(&plan, &mut second, group).unwrap();
        }
        assert!(
            bits(&mut whole.state, &[""]) == bits(&mut second, &[""]),
            "{what} from step {at}"
        );
    }
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    for weighting in WEIGHTINGS {
        for optimizer in OPTIMIZERS {
            let text = config(weighting.name, "", optimizer.name);
            resumes(
                &text,
                &format!("{} with {}", weighting.name, optimizer.name),
            );
        }
    }
}

#[test]
fn so_does_one_of_a_weighting_in_its_wrappers() {
    for weighting in WEIGHTINGS {
        let wrappers = wrappers(weighting);
        assert!(wrappers.contains("gain"));
        let text = config(weighting.name, &wrappers, "adam");
        {
            let mut world = world(&text);
            let group = &groups(&world.plan, 0)[0];
            step(&world.plan, &mut world.state, group).unwrap();
            // There is something of the wrappers to restore, wherever weights can be kept.
            let is_kept = !bits(&mut world.state, &["weighting/kept/"]).is_empty();
            assert_eq!(is_kept, wrappers.contains("update_every"));
        }
        resumes(&text, &format!("{}{wrappers}", weighting.name));
    }
}
