//! The contract must be able to fail: for each property a method that is sound but for that.

#![expect(
    clippy::indexing_slicing,
    reason = "a test may panic; the tasks of the contract are those of the start"
)]

use polytask_balance::contract::{Golden, Promise, Property, check, check_property};
use polytask_balance::{
    Facts, Family, Losses, Needs, TaskFacts, Weighting, WeightingEntry, Weights,
};
use polytask_config::{Fields, State};

/// A weighting that is one function of what it remembers (a number a task, 1 at first) and of the losses.
struct Planted {
    memory: Vec<f64>,
    weigh: fn(&mut [f64], &Losses) -> Vec<f64>,
    forgets_to_save: bool,
}

impl Weighting for Planted {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.memory = vec![1.0; tasks.len()];
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        Weights::of((self.weigh)(&mut self.memory, losses))
    }

    fn state(&mut self, state: &mut State) {
        if !self.forgets_to_save {
            state.numbers("memory", &mut self.memory);
        }
    }
}

fn planted(weigh: fn(&mut [f64], &Losses) -> Vec<f64>) -> Box<dyn Weighting> {
    Box::new(Planted {
        memory: Vec::new(),
        weigh,
        forgets_to_save: false,
    })
}

/// The sound one: each weight is the inverse of one plus an average of the task's own losses.
fn sound(memory: &mut [f64], losses: &Losses) -> Vec<f64> {
    let each = losses.seen().map(|seen| {
        if seen.is_usable() {
            memory[seen.task] = 0.5 * memory[seen.task] + 0.5 * seen.loss;
        }
        1.0 / (1.0 + memory[seen.task])
    });
    each.collect()
}

const KNOWN: Golden = Golden {
    tasks: &[(Family::Other, 0.0, 0.0)],
    losses: &[&[2.0]],
    alpha: &[0.4],
    tolerance: 1e-15,
    source: "by hand: 1 / (1 + (1 + 2) / 2)",
};

const FACTS: Facts = Facts {
    golden: &[KNOWN],
    promises: &[Promise::Independent],
    ..Facts::PLAIN
};

const fn entry(new: fn(&mut Fields<'_>) -> Box<dyn Weighting>, facts: Facts) -> WeightingEntry {
    WeightingEntry {
        name: "planted",
        summary: "broken in one way",
        source: "none",
        new,
        facts,
    }
}

fn catches(property: Property, entry: &'static WeightingEntry) {
    let failure = check_property(entry, property);
    assert!(failure.is_err(), "{} did not notice", property.name());
}

#[test]
fn a_sound_method_passes() {
    static SOUND: WeightingEntry = entry(|_| planted(sound), FACTS);
    assert_eq!(check(&SOUND), []);
}

#[test]
fn a_weight_that_is_infinite_is_caught() {
    fn inverse(_: &mut [f64], losses: &Losses) -> Vec<f64> {
        losses.values.iter().map(|loss| 1.0 / loss).collect()
    }
    static INVERSE: WeightingEntry = entry(|_| planted(inverse), FACTS);
    catches(Property::Finite, &INVERSE);
}

#[test]
fn a_weight_for_an_absent_task_is_caught() {
    fn for_all(memory: &mut [f64], _: &Losses) -> Vec<f64> {
        memory.to_vec()
    }
    static FOR_ALL: WeightingEntry = entry(|_| planted(for_all), FACTS);
    catches(Property::Length, &FOR_ALL);
}

#[test]
fn a_weight_that_depends_on_the_order_of_the_tasks_is_caught() {
    fn first_counts_double(_: &mut [f64], losses: &Losses) -> Vec<f64> {
        losses
            .present
            .iter()
            .map(|&task| if task == 0 { 2.0 } else { 1.0 })
            .collect()
    }
    static FIRST: WeightingEntry = entry(|_| planted(first_counts_double), FACTS);
    catches(Property::Permutation, &FIRST);
}

#[test]
fn a_task_that_is_not_trained_when_alone_is_caught() {
    fn share_of_the_others(_: &mut [f64], losses: &Losses) -> Vec<f64> {
        let sum: f64 = losses.values.iter().sum();
        losses
            .values
            .iter()
            .map(|loss| if sum > 0.0 { 1.0 - loss / sum } else { 0.0 })
            .collect()
    }
    static SHARE: WeightingEntry = entry(|_| planted(share_of_the_others), FACTS);
    catches(Property::SingleTask, &SHARE);
}

#[test]
fn a_memory_that_fades_while_the_task_is_absent_is_caught() {
    fn fading(memory: &mut [f64], losses: &Losses) -> Vec<f64> {
        memory.iter_mut().for_each(|average| *average *= 0.5);
        sound(memory, losses)
    }
    static FADING: WeightingEntry = entry(|_| planted(fading), FACTS);
    catches(Property::Absent, &FADING);
}

#[test]
fn a_memory_that_is_poisoned_by_a_broken_loss_is_caught() {
    fn poisoned(memory: &mut [f64], losses: &Losses) -> Vec<f64> {
        losses
            .seen()
            .for_each(|seen| memory[seen.task] = 0.5 * memory[seen.task] + 0.5 * seen.loss);
        losses
            .present
            .iter()
            .map(|&task| 1.0 / (1.0 + memory[task]))
            .collect()
    }
    static POISONED: WeightingEntry = entry(|_| planted(poisoned), FACTS);
    catches(Property::UnusableLoss, &POISONED);
}

#[test]
fn a_state_that_is_not_listed_is_caught() {
    static FORGETFUL: WeightingEntry = entry(
        |_| {
            Box::new(Planted {
                memory: Vec::new(),
                weigh: sound,
                forgets_to_save: true,
            })
        },
        FACTS,
    );
    catches(Property::Resume, &FORGETFUL);
}

#[test]
fn a_default_outside_its_range_is_caught() {
    fn new(options: &mut Fields<'_>) -> Box<dyn Weighting> {
        options.number("rate", "a share").within(0.0..=1.0).or(2.0);
        planted(sound)
    }
    static OUTSIDE: WeightingEntry = entry(new, FACTS);
    catches(Property::Defaults, &OUTSIDE);
}

fn with_rate(options: &mut Fields<'_>) -> Box<dyn Weighting> {
    options.number("rate", "a share").within(0.0..=1.0).or(0.5);
    planted(sound)
}

#[test]
fn an_option_that_the_trial_leaves_out_is_caught() {
    static UNTRIED: WeightingEntry = entry(with_rate, FACTS);
    catches(Property::Options, &UNTRIED);
    static TRIED: WeightingEntry = entry(
        with_rate,
        Facts {
            trial: "rate = 0.25",
            ..FACTS
        },
    );
    assert_eq!(check(&TRIED), []);
}

#[test]
fn a_trial_that_names_no_option_is_caught() {
    static MISSPELT: WeightingEntry = entry(
        with_rate,
        Facts {
            trial: "rat = 0.25",
            ..FACTS
        },
    );
    catches(Property::Options, &MISSPELT);
}

#[test]
fn other_weights_than_the_known_ones_are_caught() {
    static OTHER: WeightingEntry = entry(
        |_| planted(sound),
        Facts {
            golden: &[Golden {
                alpha: &[0.41],
                ..KNOWN
            }],
            ..FACTS
        },
    );
    catches(Property::Golden, &OTHER);
    static NONE: WeightingEntry = entry(
        |_| planted(sound),
        Facts {
            golden: &[],
            ..FACTS
        },
    );
    catches(Property::Golden, &NONE);
}

fn summing_to_one(memory: &mut [f64], losses: &Losses) -> Vec<f64> {
    let weights = sound(memory, losses);
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[test]
fn a_promise_that_is_not_kept_is_caught() {
    static COUPLED: WeightingEntry = entry(|_| planted(summing_to_one), FACTS);
    catches(Property::Promises, &COUPLED);
}

#[test]
fn an_exemption_needs_a_reason_and_a_need() {
    static NEEDLESS: WeightingEntry = entry(
        |_| planted(sound),
        Facts {
            exempt: &[(Property::Finite, "it might not be")],
            ..FACTS
        },
    );
    catches(Property::Finite, &NEEDLESS);

    fn inverse(_: &mut [f64], losses: &Losses) -> Vec<f64> {
        losses.values.iter().map(|loss| 1.0 / loss).collect()
    }
    static NEEDED: WeightingEntry = entry(
        |_| planted(inverse),
        Facts {
            exempt: &[(Property::Finite, "a zero loss has no inverse")],
            ..FACTS
        },
    );
    assert_eq!(check_property(&NEEDED, Property::Finite), Ok(()));
    static UNEXPLAINED: WeightingEntry = entry(
        |_| planted(inverse),
        Facts {
            exempt: &[(Property::Finite, " ")],
            ..FACTS
        },
    );
    catches(Property::Finite, &UNEXPLAINED);
}

/// 1/(l + floor): sound with the default and in the trial, infinite at the bound.
struct Floored {
    floor: f64,
    largest: f64,
}

impl Weighting for Floored {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let each = losses.positive(0.0).into_iter();
        Weights::of(
            each.map(|loss| self.largest / (loss + self.floor))
                .collect(),
        )
    }
}

const FLOORED: Facts = Facts {
    golden: &[Golden {
        tasks: &[(Family::Other, 0.0, 0.0)],
        losses: &[&[1.0]],
        alpha: &[0.5],
        tolerance: 1e-15,
        source: "by hand",
    }],
    trial: "floor = 0.5",
    ..Facts::PLAIN
};

#[test]
fn a_weight_that_is_infinite_at_the_bound_of_an_option_is_caught() {
    static BOUND: WeightingEntry = entry(
        |options| {
            let floor = options.number("floor", "added").at_least(0.0).or(1.0);
            Box::new(Floored {
                floor,
                largest: 1.0,
            })
        },
        FLOORED,
    );
    let failures: Vec<_> = check(&BOUND).iter().map(|one| one.property).collect();
    assert_eq!(failures, [Property::Settings]);
}

#[test]
fn a_promise_that_an_option_breaks_is_caught() {
    fn new(options: &mut Fields<'_>) -> Box<dyn Weighting> {
        match options
            .flag("together", "whether tasks are weighed together")
            .or(false)
        {
            true => planted(summing_to_one),
            false => planted(sound),
        }
    }
    static TOGETHER: WeightingEntry = entry(
        new,
        Facts {
            trial: "together = true",
            ..FACTS
        },
    );
    assert!(check_property(&TOGETHER, Property::Promises).is_ok());
    catches(Property::Settings, &TOGETHER);
}

#[test]
fn a_weight_that_only_a_wrapper_makes_infinite_is_caught() {
    static HUGE: WeightingEntry = entry(
        |_| {
            Box::new(Floored {
                floor: 1.0,
                largest: 1e305,
            })
        },
        Facts {
            golden: &[],
            trial: "",
            ..FLOORED
        },
    );
    assert!(check_property(&HUGE, Property::Finite).is_ok());
    catches(Property::Wrappers, &HUGE);
}
