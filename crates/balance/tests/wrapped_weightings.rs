//! What the wrappers around weightings do, and which make no sense around whom.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use polytask_balance::{
    Family, Losses, Needs, Observation, TaskFacts, WEIGHTINGS, Weighting, Wrapper,
};
use polytask_config::{Document, Layers, State, Values, read};

/// The weighting that a configuration names, started on three tasks, or what is wrong with it.
fn configured(options: &str) -> Result<Box<dyn Weighting>, String> {
    let text = format!("weighting = {{ {options} }}");
    let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
    let reading = read(&document, |fields| {
        fields
            .entry("weighting", "how losses become weights", WEIGHTINGS)
            .required()
    });
    if let Some(problem) = reading.problems.0.first() {
        return Err(problem.message.clone());
    }
    let mut weighting = reading.value.value;
    let facts = ["a", "b", "c"].map(|name| TaskFacts {
        name: name.to_owned(),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.7,
        variance: 1.0,
    });
    weighting.start(&facts);
    Ok(weighting)
}

fn losses(present: &[usize], values: &[f64]) -> Losses {
    Losses {
        present: present.to_vec(),
        values: values.to_vec(),
        rows: vec![1; values.len()],
    }
}

fn step(weighting: &mut dyn Weighting, losses: &Losses) -> Vec<f64> {
    let weights = weighting.weights(losses).alpha;
    weighting.observe(&Observation { losses });
    weights
}

fn saved(weighting: &mut dyn Weighting) -> Values {
    let mut state = State::save();
    weighting.state(&mut state);
    state.finish().unwrap()
}

fn near(found: &[f64], wanted: &[f64]) -> bool {
    let mut pairs = found.iter().zip(wanted);
    found.len() == wanted.len() && pairs.all(|(a, b)| (a - b).abs() <= 1e-7 * b.abs())
}

const TRIED: [(Wrapper, &str); 4] = [
    (Wrapper::LogLoss, "log_loss = true"),
    (Wrapper::UpdateEvery, "update_every = 2"),
    (Wrapper::MovingAverage, "moving_average = 0.5"),
    (Wrapper::Gain, "gain = \"sum\""),
];

#[test]
fn every_wrapper_is_there_or_says_why_not() {
    for entry in WEIGHTINGS {
        for (wrapper, option) in TRIED {
            let made = configured(&format!("type = \"{}\", {option}", entry.name));
            let without = entry.facts.without.iter();
            let reason = without
                .filter(|(other, _)| *other == wrapper)
                .map(|(_, reason)| reason)
                .next();
            match (made, reason) {
                (Ok(mut made), None) => {
                    let losses = losses(&[0, 2], &[0.5, 2.0]);
                    let mut bare = configured(&format!("type = \"{}\"", entry.name)).unwrap();
                    let (found, plain) =
                        (step(made.as_mut(), &losses), step(bare.as_mut(), &losses));
                    assert_eq!(found.len(), 2, "{}", entry.name);
                    // All have something to do in the first step but those that remember.
                    let remembers =
                        matches!(wrapper, Wrapper::UpdateEvery | Wrapper::MovingAverage);
                    assert!(!remembers || found == plain, "{} {option}", entry.name);
                }
                (Err(problem), Some(reason)) => assert_eq!(
                    problem,
                    format!(
                        "`{}` has no effect around `{}`, {reason}",
                        wrapper.key(),
                        entry.name
                    )
                ),
                (made, reason) => {
                    panic!("{} {option}: {:?} {reason:?}", entry.name, made.err())
                }
            }
        }
    }
}

#[test]
fn equal_weights_of_logarithms_are_the_scale_invariant_ones() {
    let mut logarithms = configured("type = \"equal\", log_loss = true").unwrap();
    let mut inverse = configured("type = \"scale_invariant\"").unwrap();
    assert_eq!(logarithms.needs(), Needs::Losses);
    for values in [[0.5, 2.0, 8.0], [1e-3, 1.0, 40.0]] {
        let losses = losses(&[0, 1, 2], &values);
        let found = logarithms.weights(&losses).alpha;
        assert!(near(&found, &inverse.weights(&losses).alpha) || values[0] < 0.01);
        assert!((found[1] - 1.0 / values[1]).abs() < 1e-7);
    }
}

#[test]
fn the_average_is_taken_task_by_task_and_not_of_broken_losses() {
    let mut averaged = configured("type = \"scale_invariant\", moving_average = 0.75").unwrap();
    assert_eq!(
        step(averaged.as_mut(), &losses(&[0, 1], &[0.5, 0.25])),
        [2.0, 4.0]
    );
    // One task alone is plain training.
    assert_eq!(step(averaged.as_mut(), &losses(&[0], &[0.1])), [10.0]);
    // 0.75 · 2 + 0.25 · 10; the second task is not there.
    assert_eq!(
        step(averaged.as_mut(), &losses(&[0, 2], &[0.1, 1.0])),
        [4.0, 1.0]
    );
    let before = saved(averaged.as_mut());
    step(averaged.as_mut(), &losses(&[0, 1], &[f64::NAN, -1.0]));
    assert_eq!(saved(averaged.as_mut()), before);
    // A weighting that reads no losses does not remember what it drew beside a broken one either.
    let mut drawn = configured("type = \"rlw\", moving_average = 0.75").unwrap();
    assert_eq!(drawn.needs(), Needs::Nothing);
    drawn.weights(&losses(&[0, 1], &[0.0, 0.0]));
    let before = saved(drawn.as_mut());
    let broken = losses(&[0, 1], &[f64::NAN, -1.0]);
    drawn.observe(&Observation { losses: &broken });
    assert_eq!(saved(drawn.as_mut()), before);
}

#[test]
fn weights_are_kept_and_nothing_is_asked_for_until_it_is_time_or_a_new_task_comes() {
    let mut kept = configured("type = \"famo\", update_every = 3").unwrap();
    let at = |value: f64| losses(&[0, 1], &[value, 1.0]);
    assert_eq!(kept.needs_of(&[0, 1]), Needs::LossesAgain);
    let first = step(kept.as_mut(), &at(0.5));
    kept.after(&at(0.5), &at(0.1));
    for value in [4.0, 9.0] {
        assert_eq!(kept.needs_of(&[0, 1]), Needs::Nothing);
        assert_eq!(kept.needs_of(&[0, 1, 2]), Needs::LossesAgain);
        assert_eq!(step(kept.as_mut(), &at(value)), first);
    }
    assert_eq!(kept.needs_of(&[0, 1]), Needs::LossesAgain);
    assert_ne!(step(kept.as_mut(), &at(4.0)), first);
}

#[test]
fn a_gain_brings_the_weights_to_one_sum_and_equal_losses_to_equal_weights() {
    for entry in WEIGHTINGS {
        for (gain, wanted) in [("sum", 3.0), ("mean", 1.0)] {
            let options = format!("type = \"{}\", gain = \"{gain}\"", entry.name);
            let mut weighting = configured(&options).unwrap();
            let losses = losses(&[0, 1, 2], &[0.5, 1.0, 2.0]);
            let sum: f64 = step(weighting.as_mut(), &losses).iter().sum();
            assert!((sum - wanted).abs() < 1e-12, "{}: {sum}", entry.name);
        }
    }
}

#[test]
fn a_look_ahead_starts_from_the_weights_that_are_learned() {
    let mut wrapped = configured("type = \"auto_lambda\", gain = \"sum\", moving_average = 0.5");
    let wrapped = wrapped.as_mut().unwrap();
    let present = losses(&[0, 1], &[0.0, 0.0]);
    let before = saved(wrapped.as_mut());
    assert_eq!(wrapped.ahead(&present).alpha, [0.1, 0.1]);
    assert_eq!(saved(wrapped.as_mut()), before);
    assert_eq!(wrapped.weights(&present).alpha, [1.0, 1.0]);
}
