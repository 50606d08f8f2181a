//! The contract of cross-batch aggregators must be able to fail: for each property a method that is sound but for that.

#![expect(
    clippy::indexing_slicing,
    reason = "a test may panic; the tasks of the contract are those of the start"
)]

use polytask_balance::contract::cross::{Golden, Property, check, check_property};
use polytask_balance::{
    Cross, CrossAggregator, CrossAggregatorEntry, CrossFacts, Losses, Scale, TaskFacts, Weights,
};
use polytask_config::{Fields, State};

type Learn = fn(&mut [f64], &Cross);
type Weigh = fn(&[f64], &[usize]) -> Vec<f64>;

/// What it remembers is a number a task, 1 at first.
struct Planted {
    memory: Vec<f64>,
    learn: Learn,
    weigh: Weigh,
    end: fn(&mut [f64]),
    forgets_to_save: bool,
}

impl CrossAggregator for Planted {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.memory = vec![1.0; tasks.len()];
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn learn(&mut self, cross: &Cross) {
        (self.learn)(&mut self.memory, cross);
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        Weights::of((self.weigh)(&self.memory, &losses.present))
    }

    fn end_epoch(&mut self) {
        (self.end)(&mut self.memory);
    }

    fn state(&mut self, state: &mut State) {
        if !self.forgets_to_save {
            state.numbers("memory", &mut self.memory);
        }
    }
}

fn made(learn: Learn, weigh: Weigh) -> Planted {
    Planted {
        memory: Vec::new(),
        learn,
        weigh,
        end: |_| {},
        forgets_to_save: false,
    }
}

fn planted(learn: Learn, weigh: Weigh) -> Box<dyn CrossAggregator> {
    Box::new(made(learn, weigh))
}

/// Averages of the inverse of one plus the diagonal.
fn learn(memory: &mut [f64], cross: &Cross) {
    for (place, &task) in cross.present().iter().enumerate() {
        memory[task] = 0.5 * memory[task] + 0.5 / (1.0 + cross.at(place, place).abs());
    }
}

/// In proportion.
fn weigh(memory: &[f64], present: &[usize]) -> Vec<f64> {
    let sum: f64 = present.iter().map(|&task| memory[task]).sum();
    present.iter().map(|&task| memory[task] / sum).collect()
}

const KNOWN: Golden = Golden {
    cross: &[&[1.0, 0.0], &[0.0, 0.0]],
    // (1 + ½)/2 and (1 + 1)/2.
    alpha: &[3.0 / 7.0, 4.0 / 7.0],
    source: "by hand",
    ..Golden::PLAIN
};

const FACTS: CrossFacts = CrossFacts {
    golden: &[KNOWN],
    ..CrossFacts::PLAIN
};

const fn entry(
    new: fn(&mut Fields<'_>) -> Box<dyn CrossAggregator>,
    facts: CrossFacts,
) -> CrossAggregatorEntry {
    CrossAggregatorEntry {
        name: "planted",
        summary: "broken in one way",
        source: "none",
        new,
        facts,
    }
}

fn catches(property: Property, entry: &'static CrossAggregatorEntry) {
    let failure = check_property(entry, property);
    assert!(failure.is_err(), "{} did not notice", property.name());
}

#[test]
fn a_sound_method_passes() {
    static SOUND: CrossAggregatorEntry = entry(|_| planted(learn, weigh), FACTS);
    assert_eq!(check(&SOUND), [""; 0]);
}

#[test]
fn weights_that_are_not_fit_are_caught() {
    macro_rules! caught {
        ($($property:ident: $weigh:expr),* $(,)?) => {$({
            static ENTRY: CrossAggregatorEntry = entry(|_| planted(learn, $weigh), FACTS);
            catches(Property::$property, &ENTRY);
        })*};
    }
    caught!(
        Finite: |memory, present| present.iter().map(|&task| 1.0 / (memory[task] - 1.0)).collect(),
        Length: |memory, _| vec![1.0 / memory.len() as f64; memory.len()],
        Permutation: |_, present| present.iter().map(|&task| task as f64).collect(),
        SingleTask: |_, present| vec![0.0; present.len()],
        Gain: |_, present| vec![1.0; present.len()],
    );
}

#[test]
fn a_memory_that_fades_while_the_task_is_absent_is_caught() {
    fn fading(memory: &mut [f64], cross: &Cross) {
        memory.iter_mut().for_each(|average| *average *= 0.9);
        learn(memory, cross);
    }
    static FADING: CrossAggregatorEntry = entry(|_| planted(fading, weigh), FACTS);
    catches(Property::Absent, &FADING);
}

/// The end of an epoch belongs to its last step.
#[test]
fn a_memory_that_fades_at_the_end_of_an_epoch_is_caught() {
    static FADING: CrossAggregatorEntry = entry(
        |_| {
            Box::new(Planted {
                end: |memory| memory.iter_mut().for_each(|average| *average *= 0.9),
                ..made(learn, weigh)
            })
        },
        FACTS,
    );
    catches(Property::Absent, &FADING);
}

#[test]
fn a_state_that_is_not_listed_is_caught() {
    static FORGETFUL: CrossAggregatorEntry = entry(
        |_| {
            Box::new(Planted {
                forgets_to_save: true,
                ..made(learn, weigh)
            })
        },
        FACTS,
    );
    catches(Property::Resume, &FORGETFUL);
}

#[test]
fn options_outside_their_range_or_not_tried_are_caught() {
    fn outside(options: &mut Fields<'_>) -> Box<dyn CrossAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(2.0);
        planted(learn, weigh)
    }
    static OUTSIDE: CrossAggregatorEntry = entry(outside, FACTS);
    catches(Property::Defaults, &OUTSIDE);
    fn with_rate(options: &mut Fields<'_>) -> Box<dyn CrossAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(0.5);
        planted(learn, weigh)
    }
    static UNTRIED: CrossAggregatorEntry = entry(with_rate, FACTS);
    catches(Property::Options, &UNTRIED);
}

#[test]
fn other_weights_than_the_known_ones_are_caught() {
    static OTHER: CrossAggregatorEntry = entry(
        |_| planted(learn, weigh),
        CrossFacts {
            golden: &[Golden {
                alpha: &[0.4, 0.6],
                ..KNOWN
            }],
            ..FACTS
        },
    );
    catches(Property::Golden, &OTHER);
}

/// Weights that are too large to be added up, of no scale: what brings them to a sum makes nothing of them.
#[test]
fn what_only_a_wrapper_breaks_is_caught() {
    struct Huge;
    impl CrossAggregator for Huge {
        fn start(&mut self, _: &[TaskFacts]) {}

        fn scale(&self) -> Scale {
            Scale::Free
        }

        fn learn(&mut self, _: &Cross) {}

        fn weights(&mut self, losses: &Losses) -> Weights {
            Weights::of(vec![1e308; losses.present.len()])
        }
    }
    static HUGE: CrossAggregatorEntry = entry(|_| Box::new(Huge), FACTS);
    assert!(check_property(&HUGE, Property::Finite).is_ok());
    assert!(check_property(&HUGE, Property::Gain).is_ok());
    catches(Property::Wrappers, &HUGE);
}

#[test]
fn what_only_the_bound_of_an_option_breaks_is_caught() {
    fn new(options: &mut Fields<'_>) -> Box<dyn CrossAggregator> {
        match options
            .number("rate", "of learning")
            .within(0.0..=1.0)
            .or(0.5)
        {
            rate if rate < 1.0 => planted(learn, weigh),
            _ => planted(|memory, _| memory.fill(f64::NAN), weigh),
        }
    }
    static BOUND: CrossAggregatorEntry = entry(
        new,
        CrossFacts {
            trial: "rate = 0.25",
            ..FACTS
        },
    );
    assert!(check_property(&BOUND, Property::Finite).is_ok());
    catches(Property::Settings, &BOUND);
}
