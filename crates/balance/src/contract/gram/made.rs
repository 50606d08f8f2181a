//! Aggregators made from options as a configuration gives them, and run as the engine runs them.

use polytask_config::{State, Values};

use super::super::bits;
use super::super::made::{is_last_of_epoch, moment, read_entry, trial_gives_all};
use super::scene::Scene;
use super::{Outcome, scene};
use crate::{Gram, GramAggregator, GramAggregatorEntry, Losses, Sight, TaskFacts, Weights};

pub(super) type Made = Box<dyn GramAggregator>;

fn text(entry: &GramAggregatorEntry, options: &str) -> String {
    let separator = if options.is_empty() { "" } else { ", " };
    format!(
        "aggregator = {{ type = \"{}\"{separator}{options} }}",
        entry.name
    )
}

/// The aggregator with these options.
pub(super) fn with(entry: &'static GramAggregatorEntry, options: &str) -> Result<Made, String> {
    read_entry("aggregator", entry, &text(entry, options)).map(|(made, _)| made)
}

/// The same, started on these tasks.
pub(super) fn started(
    entry: &'static GramAggregatorEntry,
    options: &str,
    tasks: &[TaskFacts],
) -> Result<Made, String> {
    let mut aggregator = with(entry, options)?;
    aggregator.start(tasks);
    Ok(aggregator)
}

/// The step of this number as the engine takes it: an aggregator that says it sees nothing is shown zeros.
pub(super) fn step(
    aggregator: &mut dyn GramAggregator,
    gram: &Gram,
    losses: &Losses,
    number: usize,
) -> Weights {
    match aggregator.sight() {
        Sight::Nothing => {
            let unseen = gram.scaled(&vec![0.0; gram.tasks()]);
            aggregator.weights(&unseen, losses, moment(number))
        }
        Sight::Layers => {
            let layers = [gram.clone(), gram.clone()];
            let mut weights = aggregator.layer_weights(&layers, losses, moment(number));
            weights.pop().unwrap_or_default()
        }
        Sight::Whole | Sight::LastShared => aggregator.weights(gram, losses, moment(number)),
    }
}

/// Ends the epoch if this step is its last.
pub(super) fn turn(aggregator: &mut dyn GramAggregator, number: usize) {
    if is_last_of_epoch(number) {
        aggregator.end_epoch();
    }
}

/// The weights of every step of a scene.
pub(super) fn run(aggregator: &mut dyn GramAggregator, scene: &Scene) -> Vec<Weights> {
    aggregator.start(&scene.tasks);
    let steps = scene.steps.iter().enumerate();
    steps
        .map(|(number, (gram, losses))| {
            let weights = step(aggregator, gram, losses, number);
            turn(aggregator, number);
            weights
        })
        .collect()
}

/// What an aggregator remembers.
pub(super) fn saved(aggregator: &mut dyn GramAggregator) -> Result<Values, String> {
    let mut state = State::save();
    aggregator.state(&mut state);
    let saved = state.finish();
    saved.map_err(|problems| format!("its state cannot be saved: {problems}"))
}

/// Gives an aggregator back what it remembered.
pub(super) fn load(aggregator: &mut dyn GramAggregator, values: Values) -> Outcome {
    let mut state = State::load(values);
    aggregator.state(&mut state);
    let loaded = state.finish().map(drop);
    loaded.map_err(|problems| format!("its own state cannot be loaded: {problems}"))
}

/// Every option is given in the trial, none at its default, and the trial reads again as it was written out.
pub(super) fn options(entry: &'static GramAggregatorEntry) -> Outcome {
    trial_gives_all("aggregator", entry, &text(entry, entry.facts.trial))?;
    same_again(entry, entry.facts.trial)
}

/// Reads options and what reading them resolves to, and compares the methods.
pub(super) fn same_again(entry: &'static GramAggregatorEntry, options: &str) -> Outcome {
    let text = text(entry, options);
    let (mut aggregator, resolved) = read_entry("aggregator", entry, &text)?;
    let resolved = resolved.to_toml();
    let (mut again, resolved_again) = read_entry("aggregator", entry, &resolved)?;
    let resolved_again = resolved_again.to_toml();
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in scene::independent() {
        let first = run(aggregator.as_mut(), &scene);
        let second = run(again.as_mut(), &scene);
        let each = first.iter().zip(&second);
        if each
            .into_iter()
            .any(|(first, second)| bits(&first.alpha) != bits(&second.alpha))
        {
            return Err(format!(
                "{}: {text} and {resolved} give other weights",
                scene.name
            ));
        }
    }
    Ok(())
}
