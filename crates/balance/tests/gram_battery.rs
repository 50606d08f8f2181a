//! The contract of Gram aggregators must be able to fail: for each property a method that is sound but for that.

#![expect(
    clippy::indexing_slicing,
    reason = "a test may panic; the tasks of the contract are those of the start"
)]

use polytask_balance::contract::gram::{
    Golden, Promise, Promised, Property, check, check_property,
};
use polytask_balance::{
    Gram, GramAggregator, GramAggregatorEntry, GramFacts, Losses, Moment, Scale, TaskFacts, Weights,
};
use polytask_config::{Fields, State};

type Weigh = fn(&mut [f64], &Gram, &Losses) -> Vec<f64>;

/// An aggregator that is one function of what it remembers (a number a task, 1 at first), the Gram matrix and the losses.
struct Planted {
    memory: Vec<f64>,
    weigh: Weigh,
    forgets_to_save: bool,
}

impl GramAggregator for Planted {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.memory = vec![1.0; tasks.len()];
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
        Weights::of((self.weigh)(&mut self.memory, gram, losses))
    }

    fn state(&mut self, state: &mut State) {
        if !self.forgets_to_save {
            state.numbers("memory", &mut self.memory);
        }
    }
}

fn planted(weigh: Weigh) -> Box<dyn GramAggregator> {
    Box::new(Planted {
        memory: Vec::new(),
        weigh,
        forgets_to_save: false,
    })
}

/// The sound one: each weight is an average of the inverse of one plus the task's own squared norm, brought to the sum 1.
fn sound(memory: &mut [f64], gram: &Gram, losses: &Losses) -> Vec<f64> {
    let raw = gram.present().iter().enumerate().map(|(place, &task)| {
        if losses.values[place].is_finite() && losses.values[place] >= 0.0 {
            memory[task] = 0.5 * memory[task] + 0.5 / (1.0 + gram.at(place, place));
        }
        memory[task]
    });
    let raw: Vec<f64> = raw.collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

const KNOWN: Golden = Golden {
    gram: &[&[1.0, 0.0], &[0.0, 0.0]],
    // (1 + ½)/2 and (1 + 1)/2.
    alpha: &[3.0 / 7.0, 4.0 / 7.0],
    source: "by hand",
    ..Golden::PLAIN
};

const FACTS: GramFacts = GramFacts {
    golden: &[KNOWN],
    promises: &[Promised::by_default(Promise::Simplex)],
    ..GramFacts::PLAIN
};

const fn entry(
    new: fn(&mut Fields<'_>) -> Box<dyn GramAggregator>,
    facts: GramFacts,
) -> GramAggregatorEntry {
    GramAggregatorEntry {
        name: "planted",
        summary: "broken in one way",
        source: "none",
        new,
        facts,
    }
}

fn catches(property: Property, entry: &'static GramAggregatorEntry) {
    let failure = check_property(entry, property);
    assert!(failure.is_err(), "{} did not notice", property.name());
}

#[test]
fn a_sound_method_passes() {
    static SOUND: GramAggregatorEntry = entry(|_| planted(sound), FACTS);
    assert_eq!(check(&SOUND), [""; 0]);
}

#[test]
fn a_weight_that_is_infinite_is_caught() {
    fn inverse(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        gram.norms().iter().map(|norm| 1.0 / norm).collect()
    }
    static INVERSE: GramAggregatorEntry = entry(|_| planted(inverse), FACTS);
    catches(Property::Finite, &INVERSE);
}

#[test]
fn a_weight_for_an_absent_task_is_caught() {
    fn for_all(memory: &mut [f64], _: &Gram, _: &Losses) -> Vec<f64> {
        memory.to_vec()
    }
    static FOR_ALL: GramAggregatorEntry = entry(|_| planted(for_all), FACTS);
    catches(Property::Length, &FOR_ALL);
}

#[test]
fn a_weight_that_depends_on_the_order_of_the_tasks_is_caught() {
    fn first_counts_double(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        let first = gram
            .present()
            .iter()
            .map(|&task| if task == 0 { 2.0 } else { 1.0 });
        first.collect()
    }
    static FIRST: GramAggregatorEntry = entry(|_| planted(first_counts_double), FACTS);
    catches(Property::Permutation, &FIRST);
}

#[test]
fn a_task_that_is_not_trained_when_alone_is_caught() {
    fn against_the_others(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        let tasks = 0..gram.tasks();
        let others = |task| (0..gram.tasks()).filter(move |&other| other != task);
        tasks
            .map(|task| others(task).map(|other| gram.at(task, other).abs()).sum())
            .collect()
    }
    static OTHERS: GramAggregatorEntry = entry(|_| planted(against_the_others), FACTS);
    catches(Property::SingleTask, &OTHERS);
}

#[test]
fn a_scale_that_is_not_what_it_is_said_to_be_is_caught() {
    fn summing(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        vec![1.0; gram.tasks()]
    }
    static SUMMING: GramAggregatorEntry = entry(|_| planted(summing), FACTS);
    catches(Property::Gain, &SUMMING);
}

#[test]
fn a_memory_that_fades_while_the_task_is_absent_is_caught() {
    fn fading(memory: &mut [f64], gram: &Gram, losses: &Losses) -> Vec<f64> {
        memory.iter_mut().for_each(|average| *average *= 0.9);
        sound(memory, gram, losses)
    }
    static FADING: GramAggregatorEntry = entry(|_| planted(fading), FACTS);
    catches(Property::Absent, &FADING);
}

#[test]
fn a_memory_that_is_poisoned_by_a_broken_loss_is_caught() {
    fn poisoned(memory: &mut [f64], gram: &Gram, losses: &Losses) -> Vec<f64> {
        for (&task, loss) in gram.present().iter().zip(&losses.values) {
            memory[task] = 0.5 * memory[task] + 0.5 / (1.0 + loss.max(0.0));
        }
        vec![1.0 / gram.tasks() as f64; gram.tasks()]
    }
    static POISONED: GramAggregatorEntry = entry(|_| planted(poisoned), FACTS);
    catches(Property::UnusableLoss, &POISONED);
}

#[test]
fn a_state_that_is_not_listed_is_caught() {
    static FORGETFUL: GramAggregatorEntry = entry(
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
    fn new(options: &mut Fields<'_>) -> Box<dyn GramAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(2.0);
        planted(sound)
    }
    static OUTSIDE: GramAggregatorEntry = entry(new, FACTS);
    catches(Property::Defaults, &OUTSIDE);
}

#[test]
fn an_option_that_the_trial_leaves_out_is_caught() {
    fn with_rate(options: &mut Fields<'_>) -> Box<dyn GramAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(0.5);
        planted(sound)
    }
    static UNTRIED: GramAggregatorEntry = entry(with_rate, FACTS);
    catches(Property::Options, &UNTRIED);
    static MISSPELT: GramAggregatorEntry = entry(
        with_rate,
        GramFacts {
            trial: "rat = 0.25",
            ..FACTS
        },
    );
    catches(Property::Options, &MISSPELT);
    static TRIED: GramAggregatorEntry = entry(
        with_rate,
        GramFacts {
            trial: "rate = 0.25",
            ..FACTS
        },
    );
    assert_eq!(check_property(&TRIED, Property::Options), Ok(()));
}

#[test]
fn other_weights_than_the_known_ones_are_caught() {
    static OTHER: GramAggregatorEntry = entry(
        |_| planted(sound),
        GramFacts {
            golden: &[Golden {
                alpha: &[0.4, 0.6],
                ..KNOWN
            }],
            ..FACTS
        },
    );
    catches(Property::Golden, &OTHER);
    static NONE: GramAggregatorEntry = entry(
        |_| planted(sound),
        GramFacts {
            golden: &[],
            ..FACTS
        },
    );
    catches(Property::Golden, &NONE);
}

/// The sum, with a residual that says it is far off.
struct Unsolved;

impl GramAggregator for Unsolved {
    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        // A little more for the first, so that equal weights are not what it gives.
        let alpha = (0..gram.tasks()).map(|place| if place == 0 { 1.5 } else { 1.0 });
        Weights {
            residual: 1.0,
            ..Weights::of(alpha.collect())
        }
    }
}

/// Each promise is broken by the sum that leans to the first task.
#[test]
fn every_promise_that_is_not_kept_is_caught() {
    macro_rules! caught {
        ($($promise:expr),* $(,)?) => {$({
            static ENTRY: GramAggregatorEntry = entry(
                |_| Box::new(Unsolved),
                GramFacts {
                    promises: &[Promised::by_default($promise)],
                    ..GramFacts::PLAIN
                },
            );
            let outcome = check_property(&ENTRY, Property::Promises);
            assert!(outcome.is_err(), "{:?} was not noticed", $promise);
        })*};
    }
    caught!(
        Promise::Certified,
        Promise::Simplex,
        Promise::NonConflict,
        Promise::PairNonConflict,
        Promise::PlainWithoutConflict,
        Promise::Scaling(-1.0),
        Promise::RowScaling(-1.0),
        Promise::EqualProjections,
        Promise::WithinBall(0.5),
        Promise::PowerOfProjection(1.0),
        Promise::SquaredNormOfSmallest,
        Promise::LengthOfFirst,
        Promise::FirstStepOf("pcgrad"),
        Promise::FirstStepOf("no such method"),
    );
}

#[test]
fn an_exemption_needs_a_reason_and_a_need() {
    static NEEDLESS: GramAggregatorEntry = entry(
        |_| planted(sound),
        GramFacts {
            exempt: &[(Property::Finite, "it might not be")],
            ..FACTS
        },
    );
    catches(Property::Finite, &NEEDLESS);
    fn inverse(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        gram.norms().iter().map(|norm| 1.0 / norm).collect()
    }
    static NEEDED: GramAggregatorEntry = entry(
        |_| planted(inverse),
        GramFacts {
            exempt: &[(Property::Finite, "a zero gradient has no inverse norm")],
            ..FACTS
        },
    );
    assert_eq!(check_property(&NEEDED, Property::Finite), Ok(()));
}

#[test]
fn learning_from_a_broken_loss_as_if_it_were_1_is_caught() {
    fn as_one(memory: &mut [f64], gram: &Gram, losses: &Losses) -> Vec<f64> {
        let values = losses.positive(1e-3);
        for (place, &task) in gram.present().iter().enumerate() {
            memory[task] = 0.5 * memory[task] + 0.5 * values[place];
        }
        let raw: Vec<f64> = gram.present().iter().map(|&task| memory[task]).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|weight| weight / sum).collect()
    }
    static AS_ONE: GramAggregatorEntry = entry(|_| planted(as_one), FACTS);
    assert!(check_property(&AS_ONE, Property::UnusableLoss).is_ok());
    catches(Property::LossMemory, &AS_ONE);
}

/// Memory of a number that no method changes, as what an option says.
fn with_option(weigh: Weigh, value: f64) -> Box<dyn GramAggregator> {
    struct Set(f64, Weigh);
    impl GramAggregator for Set {
        fn scale(&self) -> Scale {
            Scale::Mean
        }

        fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
            Weights::of((self.1)(&mut [self.0], gram, losses))
        }
    }
    Box::new(Set(value, weigh))
}

#[test]
fn what_only_the_bound_of_an_option_breaks_is_caught() {
    fn shifted(option: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        let raw = gram.norms().map(|norm| 1.0 / (norm + option[0]));
        let sum = raw.sum();
        raw.iter().map(|weight| weight / sum).collect()
    }
    static BOUND: GramAggregatorEntry = entry(
        |options| {
            with_option(
                shifted,
                options.number("shift", "added").at_least(0.0).or(1.0),
            )
        },
        GramFacts {
            golden: &[Golden {
                gram: &[&[1.0, 0.0], &[0.0, 0.0]],
                alpha: &[1.0 / 3.0, 2.0 / 3.0],
                source: "by hand",
                ..Golden::PLAIN
            }],
            trial: "shift = 0.5",
            ..FACTS
        },
    );
    let failures = check(&BOUND);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("::settings: with { shift = 0.0 }"));
}

#[test]
fn a_promise_that_a_word_breaks_is_caught_if_it_is_for_always() {
    fn negative(option: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        let tasks = gram.tasks() as f64;
        vec![option[0] / tasks; gram.tasks()]
    }
    const PROMISED: GramFacts = GramFacts {
        golden: &[Golden {
            gram: &[&[1.0]],
            alpha: &[1.0],
            source: "by hand",
            ..Golden::PLAIN
        }],
        trial: "double = true",
        exempt: &[(Property::Gain, "an example")],
        ..GramFacts::PLAIN
    };
    fn new(options: &mut Fields<'_>) -> Box<dyn GramAggregator> {
        let double = options.flag("double", "twice as much").or(false);
        with_option(negative, if double { 2.0 } else { 1.0 })
    }
    static ALWAYS: GramAggregatorEntry = entry(
        new,
        GramFacts {
            promises: &[Promised::always(Promise::Simplex)],
            ..PROMISED
        },
    );
    static BY_DEFAULT: GramAggregatorEntry = entry(
        new,
        GramFacts {
            promises: &[Promised::by_default(Promise::Simplex)],
            ..PROMISED
        },
    );
    catches(Property::Settings, &ALWAYS);
    assert_eq!(check_property(&BY_DEFAULT, Property::Settings), Ok(()));
}

#[test]
fn a_weight_that_only_a_wrapper_makes_infinite_is_caught() {
    fn huge(_: &mut [f64], gram: &Gram, _: &Losses) -> Vec<f64> {
        vec![1e305; gram.tasks()]
    }
    static HUGE: GramAggregatorEntry = entry(|_| planted(huge), FACTS);
    assert!(check_property(&HUGE, Property::Finite).is_ok());
    catches(Property::Wrappers, &HUGE);
}
