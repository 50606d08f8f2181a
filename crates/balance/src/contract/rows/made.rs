//! Row aggregators made from options as a configuration gives them, and run as the engine runs them.

use polytask_config::{State, Values};

use super::super::made::{is_last_of_epoch, moment, read_entry, trial_gives_all};
use super::Outcome;
use super::scene::{Scene, Step, independent};
use crate::{RowAggregator, RowAggregatorEntry, SharedGradient, TaskFacts};

pub(super) type Made = Box<dyn RowAggregator>;

fn text(entry: &RowAggregatorEntry, options: &str) -> String {
    let separator = if options.is_empty() { "" } else { ", " };
    format!(
        "aggregator = {{ type = \"{}\"{separator}{options} }}",
        entry.name
    )
}

/// The aggregator with these options.
pub(super) fn with(entry: &'static RowAggregatorEntry, options: &str) -> Result<Made, String> {
    read_entry("aggregator", entry, &text(entry, options)).map(|(made, _)| made)
}

/// The same, started on these tasks.
pub(super) fn started(
    entry: &'static RowAggregatorEntry,
    options: &str,
    tasks: &[TaskFacts],
) -> Result<Made, String> {
    let mut aggregator = with(entry, options)?;
    aggregator.start(tasks);
    Ok(aggregator)
}

/// The step of this number as the engine takes it, with the rows that the aggregator asks for.
pub(super) fn step(
    aggregator: &mut dyn RowAggregator,
    given: &Step,
    number: usize,
) -> SharedGradient {
    swapped_step(aggregator, given, number, false)
}

/// The same, with the blocks the other way round if asked for; the answer's are as ever.
pub(super) fn swapped_step(
    aggregator: &mut dyn RowAggregator,
    given: &Step,
    number: usize,
    is_swapped: bool,
) -> SharedGradient {
    let moment = moment(number);
    let wanted = aggregator.visits(&given.losses.present, moment);
    let visited = given.only(&wanted);
    let rows = visited.rows(is_swapped);
    let mut shared = aggregator.combine(&rows, &visited.losses, moment);
    if is_swapped {
        shared.blocks.reverse();
    }
    shared
}

/// Ends the epoch if this step is its last.
pub(super) fn turn(aggregator: &mut dyn RowAggregator, number: usize) {
    if is_last_of_epoch(number) {
        aggregator.end_epoch();
    }
}

/// The shared gradients of every step of a scene.
pub(super) fn run(aggregator: &mut dyn RowAggregator, scene: &Scene) -> Vec<SharedGradient> {
    swapped_run(aggregator, scene, false)
}

/// The same, with the blocks the other way round if asked for.
pub(super) fn swapped_run(
    aggregator: &mut dyn RowAggregator,
    scene: &Scene,
    is_swapped: bool,
) -> Vec<SharedGradient> {
    aggregator.start(&scene.tasks);
    let steps = scene.steps.iter().enumerate();
    steps
        .map(|(number, given)| {
            let shared = swapped_step(aggregator, given, number, is_swapped);
            turn(aggregator, number);
            shared
        })
        .collect()
}

/// The entries of a shared gradient, one after the other.
pub(super) fn entries(shared: &SharedGradient) -> Vec<f64> {
    let values = shared.blocks.iter().flatten();
    values.map(|value| f64::from(*value)).collect()
}

/// What an aggregator remembers.
pub(super) fn saved(aggregator: &mut dyn RowAggregator) -> Result<Values, String> {
    let mut state = State::save();
    aggregator.state(&mut state);
    let saved = state.finish();
    saved.map_err(|problems| format!("its state cannot be saved: {problems}"))
}

/// Gives an aggregator back what it remembered.
pub(super) fn load(aggregator: &mut dyn RowAggregator, values: Values) -> Outcome {
    let mut state = State::load(values);
    aggregator.state(&mut state);
    let loaded = state.finish().map(drop);
    loaded.map_err(|problems| format!("its own state cannot be loaded: {problems}"))
}

/// Every option is given in the trial, none at its default, and the trial reads again as it was written out.
pub(super) fn options(entry: &'static RowAggregatorEntry) -> Outcome {
    trial_gives_all("aggregator", entry, &text(entry, entry.facts.trial))?;
    same_again(entry, entry.facts.trial)
}

/// Reads options and what reading them resolves to, and compares the methods.
pub(super) fn same_again(entry: &'static RowAggregatorEntry, options: &str) -> Outcome {
    let text = text(entry, options);
    let (mut aggregator, resolved) = read_entry("aggregator", entry, &text)?;
    let resolved = resolved.to_toml();
    let (mut again, resolved_again) = read_entry("aggregator", entry, &resolved)?;
    let resolved_again = resolved_again.to_toml();
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in independent() {
        let first = run(aggregator.as_mut(), &scene);
        let second = run(again.as_mut(), &scene);
        if first != second {
            return Err(format!(
                "{}: {text} and {resolved} give other gradients",
                scene.name
            ));
        }
    }
    Ok(())
}
