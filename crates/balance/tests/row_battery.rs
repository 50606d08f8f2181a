//! The contract of row aggregators must be able to fail: for each property a method that is sound but for that.

#![expect(
    clippy::indexing_slicing,
    reason = "a test may panic; the tasks of the contract are those of the start"
)]

use polytask_balance::contract::rows::{
    Golden, Promise, Promised, Property, check, check_property,
};
use polytask_balance::{
    Losses, Moment, RowAggregator, RowAggregatorEntry, RowFacts, Rows, Scale, SharedGradient,
    TaskFacts,
};
use polytask_config::{Fields, State};

type Combine = fn(&mut [f64], &Rows<'_>, &Losses) -> Vec<Vec<f32>>;

/// An aggregator that is one function of what it remembers (a number a task, 1 at first), the rows and the losses.
struct Planted {
    memory: Vec<f64>,
    combine: Combine,
    forgets_to_save: bool,
    visits: fn(&[usize]) -> Vec<usize>,
}

impl RowAggregator for Planted {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.memory = vec![1.0; tasks.len()];
    }

    fn visits(&self, present: &[usize], _: Moment) -> Vec<usize> {
        (self.visits)(present)
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, _: Moment) -> SharedGradient {
        SharedGradient::of((self.combine)(&mut self.memory, rows, losses))
    }

    fn state(&mut self, state: &mut State) {
        if !self.forgets_to_save {
            state.numbers("memory", &mut self.memory);
        }
    }
}

fn made(combine: Combine) -> Planted {
    Planted {
        memory: Vec::new(),
        combine,
        forgets_to_save: false,
        visits: <[usize]>::to_vec,
    }
}

fn planted(combine: Combine) -> Box<dyn RowAggregator> {
    Box::new(made(combine))
}

/// The sound one: a mean, weighted by averages of the inverse of one plus the rows' own squared norms.
fn sound(memory: &mut [f64], rows: &Rows<'_>, losses: &Losses) -> Vec<Vec<f32>> {
    let norms = rows.norms();
    for (place, &task) in rows.present().iter().enumerate() {
        if losses.values[place].is_finite() && losses.values[place] >= 0.0 {
            memory[task] = 0.5 * memory[task] + 0.5 / (1.0 + norms[place].powi(2));
        }
    }
    let raw: Vec<f64> = rows.present().iter().map(|&task| memory[task]).collect();
    let sum: f64 = raw.iter().sum();
    rows.weighted(&raw.iter().map(|weight| weight / sum).collect::<Vec<_>>())
}

const KNOWN: Golden = Golden {
    rows: &[&[1.0, 0.0], &[0.0, 0.0]],
    // (1 + ½)/2 and (1 + 1)/2.
    direction: &[3.0 / 7.0, 0.0],
    source: "by hand",
    ..Golden::PLAIN
};

const FACTS: RowFacts = RowFacts {
    golden: &[KNOWN],
    promises: &[
        Promised::by_default(Promise::PlainAlone),
        Promised::by_default(Promise::WithinRange),
    ],
    ..RowFacts::PLAIN
};

const fn entry(
    new: fn(&mut Fields<'_>) -> Box<dyn RowAggregator>,
    facts: RowFacts,
) -> RowAggregatorEntry {
    RowAggregatorEntry {
        name: "planted",
        summary: "broken in one way",
        source: "none",
        new,
        facts,
    }
}

fn catches(property: Property, entry: &'static RowAggregatorEntry) {
    let failure = check_property(entry, property);
    assert!(failure.is_err(), "{} did not notice", property.name());
}

#[test]
fn a_sound_method_passes() {
    static SOUND: RowAggregatorEntry = entry(|_| planted(sound), FACTS);
    assert_eq!(check(&SOUND), [""; 0]);
}

#[test]
fn an_entry_that_is_not_finite_is_caught() {
    fn inverse(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let inverse = |row: &[f32]| row.iter().map(|value| 1.0 / value).collect();
        let blocks = rows.blocks().iter();
        blocks
            .map(|block| {
                block
                    .rows
                    .first()
                    .map(|row| inverse(row))
                    .unwrap_or_default()
            })
            .collect()
    }
    static INVERSE: RowAggregatorEntry = entry(|_| planted(inverse), FACTS);
    catches(Property::Finite, &INVERSE);
}

#[test]
fn blocks_of_another_shape_and_visits_to_absent_tasks_are_caught() {
    fn one_block(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let all = rows.weighted(&vec![1.0; rows.tasks()]);
        vec![all.concat()]
    }
    static ONE: RowAggregatorEntry = entry(|_| planted(one_block), FACTS);
    catches(Property::Shape, &ONE);
    static FIRST: RowAggregatorEntry = entry(
        |_| {
            Box::new(Planted {
                visits: |_| vec![0],
                ..made(sound)
            })
        },
        FACTS,
    );
    catches(Property::Shape, &FIRST);
}

#[test]
fn an_answer_that_depends_on_the_order_of_the_tasks_is_caught() {
    fn first_counts_double(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let tasks = rows.present().iter();
        let weights = tasks.map(|&task| if task == 0 { 2.0 } else { 1.0 });
        rows.weighted(&weights.collect::<Vec<_>>())
    }
    static FIRST: RowAggregatorEntry = entry(|_| planted(first_counts_double), FACTS);
    catches(Property::Permutation, &FIRST);
}

#[test]
fn an_answer_that_depends_on_the_order_of_the_blocks_is_caught() {
    fn first_block_counts_double(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let mut blocks = rows.weighted(&vec![1.0; rows.tasks()]);
        if let Some(first) = blocks.first_mut() {
            first.iter_mut().for_each(|value| *value *= 2.0);
        }
        blocks
    }
    static FIRST: RowAggregatorEntry = entry(|_| planted(first_block_counts_double), FACTS);
    catches(Property::Blocks, &FIRST);
}

#[test]
fn a_task_whose_loss_rises_when_it_is_alone_is_caught() {
    fn against(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        rows.weighted(&vec![-1.0; rows.tasks()])
    }
    static AGAINST: RowAggregatorEntry = entry(|_| planted(against), FACTS);
    catches(Property::SingleTask, &AGAINST);
}

#[test]
fn a_scale_that_is_not_what_it_is_said_to_be_is_caught() {
    fn summing(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        rows.weighted(&vec![1.0; rows.tasks()])
    }
    static SUMMING: RowAggregatorEntry = entry(|_| planted(summing), FACTS);
    catches(Property::Gain, &SUMMING);
}

#[test]
fn a_memory_that_fades_while_the_task_is_absent_is_caught() {
    fn fading(memory: &mut [f64], rows: &Rows<'_>, losses: &Losses) -> Vec<Vec<f32>> {
        memory.iter_mut().for_each(|average| *average *= 0.9);
        sound(memory, rows, losses)
    }
    static FADING: RowAggregatorEntry = entry(|_| planted(fading), FACTS);
    catches(Property::Absent, &FADING);
}

#[test]
fn a_memory_that_is_poisoned_by_a_broken_loss_is_caught() {
    fn poisoned(memory: &mut [f64], rows: &Rows<'_>, losses: &Losses) -> Vec<Vec<f32>> {
        for (&task, loss) in rows.present().iter().zip(&losses.values) {
            memory[task] = 0.5 * memory[task] + 0.5 / (1.0 + loss.max(0.0));
        }
        rows.weighted(&vec![1.0; rows.tasks()])
    }
    static POISONED: RowAggregatorEntry = entry(|_| planted(poisoned), FACTS);
    catches(Property::UnusableLoss, &POISONED);
}

#[test]
fn a_state_that_is_not_listed_is_caught() {
    static FORGETFUL: RowAggregatorEntry = entry(
        |_| {
            Box::new(Planted {
                forgets_to_save: true,
                ..made(sound)
            })
        },
        FACTS,
    );
    catches(Property::Resume, &FORGETFUL);
}

#[test]
fn options_outside_their_range_or_not_tried_are_caught() {
    fn outside(options: &mut Fields<'_>) -> Box<dyn RowAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(2.0);
        planted(sound)
    }
    static OUTSIDE: RowAggregatorEntry = entry(outside, FACTS);
    catches(Property::Defaults, &OUTSIDE);
    fn with_rate(options: &mut Fields<'_>) -> Box<dyn RowAggregator> {
        options.number("rate", "a share").within(0.0..=1.0).or(0.5);
        planted(sound)
    }
    static UNTRIED: RowAggregatorEntry = entry(with_rate, FACTS);
    catches(Property::Options, &UNTRIED);
    static TRIED: RowAggregatorEntry = entry(
        with_rate,
        RowFacts {
            trial: "rate = 0.25",
            ..FACTS
        },
    );
    assert_eq!(check_property(&TRIED, Property::Options), Ok(()));
}

#[test]
fn another_gradient_than_the_known_one_is_caught() {
    static OTHER: RowAggregatorEntry = entry(
        |_| planted(sound),
        RowFacts {
            golden: &[Golden {
                direction: &[0.4, 0.0],
                ..KNOWN
            }],
            ..FACTS
        },
    );
    catches(Property::Golden, &OTHER);
    static NONE: RowAggregatorEntry = entry(
        |_| planted(sound),
        RowFacts {
            golden: &[],
            ..FACTS
        },
    );
    catches(Property::Golden, &NONE);
}

/// Each promise is broken by the sum of the rows, times the root of its own length.
#[test]
fn every_promise_that_is_not_kept_is_caught() {
    fn stretched(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let ones = vec![1.0; rows.tasks()];
        let length = SharedGradient::of(rows.weighted(&ones)).norm();
        rows.weighted(&vec![2.0 * length.sqrt(); rows.tasks()])
    }
    macro_rules! caught {
        ($($promise:expr),* $(,)?) => {$({
            static ENTRY: RowAggregatorEntry = entry(
                |_| planted(stretched),
                RowFacts {
                    promises: &[Promised::by_default($promise)],
                    ..RowFacts::PLAIN
                },
            );
            let outcome = check_property(&ENTRY, Property::Promises);
            assert!(outcome.is_err(), "{:?} was not noticed", $promise);
        })*};
    }
    caught!(
        Promise::PlainAlone,
        Promise::OneSign,
        Promise::WithinRange,
        Promise::IgnoresOutlier,
        Promise::Scaling(1.0),
        Promise::FirstStepOf("sum", 1.0),
        Promise::FirstStepOf("no such method", 1.0),
    );
}

#[test]
fn an_exemption_needs_a_reason_and_a_need() {
    static NEEDLESS: RowAggregatorEntry = entry(
        |_| planted(sound),
        RowFacts {
            exempt: &[(Property::Finite, "it might not be")],
            ..FACTS
        },
    );
    catches(Property::Finite, &NEEDLESS);
}

#[test]
fn learning_from_a_broken_loss_as_if_it_were_1_is_caught() {
    fn as_one(memory: &mut [f64], rows: &Rows<'_>, losses: &Losses) -> Vec<Vec<f32>> {
        let values = losses.positive(1e-3);
        for (place, &task) in rows.present().iter().enumerate() {
            memory[task] = 0.5 * memory[task] + 0.5 * values[place];
        }
        let raw: Vec<f64> = rows.present().iter().map(|&task| memory[task]).collect();
        let sum: f64 = raw.iter().sum();
        rows.weighted(&raw.iter().map(|weight| weight / sum).collect::<Vec<_>>())
    }
    static AS_ONE: RowAggregatorEntry = entry(|_| planted(as_one), FACTS);
    assert!(check_property(&AS_ONE, Property::UnusableLoss).is_ok());
    catches(Property::LossMemory, &AS_ONE);
}

/// The mean, but where a gradient has the length 1: as every one has that was divided by its norm.
#[test]
fn what_only_a_wrapper_breaks_is_caught() {
    fn apart_from_one(_: &mut [f64], rows: &Rows<'_>, _: &Losses) -> Vec<Vec<f32>> {
        let is_one = |norm: &f64| (norm - 1.0).abs() < 1e-6;
        // Many at once, as the wrapper makes them: some drawn gradients have length 1, too.
        let share = match rows.tasks() > 3 && rows.norms().iter().all(is_one) {
            true => f64::NAN,
            false => 1.0 / rows.tasks() as f64,
        };
        rows.weighted(&vec![share; rows.tasks()])
    }
    static APART: RowAggregatorEntry = entry(|_| planted(apart_from_one), FACTS);
    assert!(check_property(&APART, Property::Finite).is_ok());
    catches(Property::Wrappers, &APART);
}

#[test]
fn what_only_the_bound_of_an_option_breaks_is_caught() {
    fn new(options: &mut Fields<'_>) -> Box<dyn RowAggregator> {
        match options.integer("most", "tasks").at_least(0).or(2) {
            0 => planted(|_, rows, _| rows.weighted(&vec![f64::NAN; rows.tasks()])),
            _ => planted(sound),
        }
    }
    static BOUND: RowAggregatorEntry = entry(
        new,
        RowFacts {
            trial: "most = 3",
            ..FACTS
        },
    );
    assert!(check_property(&BOUND, Property::Finite).is_ok());
    catches(Property::Settings, &BOUND);
}
