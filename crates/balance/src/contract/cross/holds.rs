//! The properties, over the situations.

use polytask_config::{State, Values};

use super::super::bits;
use super::super::gram::scene::{facts, moved_order};
use super::super::made::{is_last_of_epoch, read_entry, trial_gives_all};
use super::super::memory::same;
use super::super::remembered::moved;
use super::scene::{Scene, Step, ordinary};
use super::{Golden, Outcome};
use crate::{Cross, CrossAggregator, CrossAggregatorEntry, Scale, TaskFacts, Weights};

type Made = Box<dyn CrossAggregator>;

fn text(entry: &CrossAggregatorEntry, options: &str) -> String {
    let separator = if options.is_empty() { "" } else { ", " };
    format!(
        "aggregator = {{ type = \"{}\"{separator}{options} }}",
        entry.name
    )
}

fn started(
    entry: &'static CrossAggregatorEntry,
    options: &str,
    tasks: &[TaskFacts],
) -> Result<Made, String> {
    let mut made = read_entry("aggregator", entry, &text(entry, options)).map(|(made, _)| made)?;
    made.start(tasks);
    Ok(made)
}

/// The step of this number as the engine takes it.
fn step(aggregator: &mut dyn CrossAggregator, step: &Step, number: usize) -> Weights {
    aggregator.learn(&step.cross);
    let weights = aggregator.weights(&step.third);
    if is_last_of_epoch(number) {
        aggregator.end_epoch();
    }
    weights
}

fn run(aggregator: &mut dyn CrossAggregator, scene: &Scene) -> Vec<Weights> {
    aggregator.start(&scene.tasks);
    let steps = scene.steps.iter().enumerate();
    steps
        .map(|(number, given)| step(aggregator, given, number))
        .collect()
}

fn saved(aggregator: &mut dyn CrossAggregator) -> Result<Values, String> {
    let mut state = State::save();
    aggregator.state(&mut state);
    let saved = state.finish();
    saved.map_err(|problems| format!("its state cannot be saved: {problems}"))
}

pub(super) fn finite(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    for options in ["", entry.facts.trial] {
        let answers = run(started(entry, options, &scene.tasks)?.as_mut(), scene);
        for (number, weights) in answers.iter().enumerate() {
            let mut all = weights.alpha.iter().chain(weights.heads.iter().flatten());
            if !all.all(|weight| weight.is_finite()) {
                return Err(format!("{}, step {number}: {weights:?}", scene.name));
            }
        }
    }
    Ok(())
}

pub(super) fn length(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    let answers = run(started(entry, "", &scene.tasks)?.as_mut(), scene);
    for (weights, given) in answers.iter().zip(&scene.steps) {
        let heads = weights.heads.as_ref().map_or(given.third.len(), Vec::len);
        if weights.alpha.len() != given.third.len() || heads != given.third.len() {
            return Err(format!(
                "{}: {weights:?} for the present tasks {:?}",
                scene.name, given.third
            ));
        }
    }
    Ok(())
}

pub(super) fn permutation(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    const ROUNDING: f64 = 1e-9;
    let (permuted, place) = scene.permuted();
    let plain = run(started(entry, "", &scene.tasks)?.as_mut(), scene);
    let other = run(started(entry, "", &permuted.tasks)?.as_mut(), &permuted);
    for ((weights, other), given) in plain.iter().zip(&other).zip(&scene.steps) {
        let order = moved_order(&given.third, &place);
        for ((_, old), weight) in order.into_iter().zip(&other.alpha) {
            let wanted = weights.alpha.get(old).copied().unwrap_or(f64::NAN);
            let is_same = (weight - wanted).abs() <= ROUNDING;
            if !is_same {
                return Err(format!(
                    "{}: {weights:?}, in another order {other:?}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn single_task(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    for weights in run(started(entry, "", &scene.tasks)?.as_mut(), scene) {
        if !matches!(weights.alpha.as_slice(), [weight] if *weight > 0.0) {
            return Err(format!("{}: {weights:?} for the only task", scene.name));
        }
    }
    Ok(())
}

/// The weights of however many present tasks add up to what the scale says.
pub(super) fn gain(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = started(entry, "", &scene.tasks)?;
    let scale = aggregator.scale();
    for (weights, given) in run(aggregator.as_mut(), scene).iter().zip(&scene.steps) {
        let wanted = match scale {
            _ if given.third.is_empty() => continue,
            Scale::Sum => given.third.len() as f64,
            Scale::Mean => 1.0,
            Scale::Means(factor) => factor,
            Scale::Free => continue,
        };
        let sum: f64 = weights.alpha.iter().sum();
        let is_wanted = (sum - wanted).abs() <= 1e-9 * wanted;
        if !is_wanted {
            return Err(format!(
                "{}: {weights:?}, wanted the sum {wanted}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn absent(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let before = saved(aggregator.as_mut())?;
        step(aggregator.as_mut(), given, number);
        let after = saved(aggregator.as_mut())?;
        for (task, facts) in scene.tasks.iter().enumerate() {
            if given.cross.present().contains(&task) {
                continue;
            }
            let moved = moved(&before, &after, &facts.name, task, scene.tasks.len());
            if !moved.is_empty() {
                return Err(format!(
                    "{}, step {number}: {moved:?} of absent task {task} moved",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn resume(entry: &'static CrossAggregatorEntry, scene: &Scene) -> Outcome {
    for options in ["", entry.facts.trial] {
        let mut whole = started(entry, options, &scene.tasks)?;
        let mut part = started(entry, options, &scene.tasks)?;
        for (number, given) in scene.steps.iter().enumerate() {
            // A fresh one takes over before every step: whatever it does not save is lost.
            let mut state = State::load(saved(part.as_mut())?);
            part = started(entry, options, &scene.tasks)?;
            part.state(&mut state);
            let loaded = state.finish().map(drop);
            loaded.map_err(|problems| format!("its own state cannot be loaded: {problems}"))?;
            let weights = step(whole.as_mut(), given, number);
            let resumed = step(part.as_mut(), given, number);
            if bits(&weights.alpha) != bits(&resumed.alpha) {
                return Err(format!(
                    "{}, step {number}: {weights:?}, resumed {resumed:?}",
                    scene.name
                ));
            }
        }
        if !same(&saved(whole.as_mut())?, &saved(part.as_mut())?) {
            return Err(format!("{}: the state at the end differs", scene.name));
        }
    }
    Ok(())
}

pub(super) fn options(entry: &'static CrossAggregatorEntry) -> Outcome {
    trial_gives_all("aggregator", entry, &text(entry, entry.facts.trial))?;
    same_again(entry, entry.facts.trial)
}

/// Reads options and what reading them resolves to, and compares the methods.
pub(super) fn same_again(entry: &'static CrossAggregatorEntry, options: &str) -> Outcome {
    let text = text(entry, options);
    let (mut aggregator, resolved) = read_entry("aggregator", entry, &text)?;
    let resolved = resolved.to_toml();
    let (mut again, resolved_again) = read_entry("aggregator", entry, &resolved)?;
    let resolved_again = resolved_again.to_toml();
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in ordinary() {
        if run(aggregator.as_mut(), &scene) != run(again.as_mut(), &scene) {
            return Err(format!(
                "{}: {text} and {resolved} give other weights",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn goldens(entry: &'static CrossAggregatorEntry) -> Outcome {
    if entry.facts.golden.is_empty() {
        return Err("no weights are known of it".to_owned());
    }
    let mut golden = entry.facts.golden.iter();
    golden.try_for_each(|golden| known(entry, golden))
}

fn known(entry: &'static CrossAggregatorEntry, golden: &Golden) -> Outcome {
    let tasks = golden.cross.len();
    let present: Vec<usize> = (0..tasks).collect();
    let cross = Cross::new(present.clone(), golden.cross.concat());
    let cross = cross.map_err(|error| error.to_string())?;
    let mut aggregator = started(entry, golden.options, &facts(tasks))?;
    for _ in 0..golden.steps {
        aggregator.learn(&cross);
    }
    let alpha = aggregator.weights(&present).alpha;
    let mut each = alpha.iter().zip(golden.alpha);
    let agree = each.all(|(weight, wanted)| (weight - wanted).abs() <= golden.tolerance);
    if agree && alpha.len() == golden.alpha.len() {
        return Ok(());
    }
    Err(format!(
        "{{ {} }} gives {alpha:?}, not {:?} ({})",
        golden.options, golden.alpha, golden.source
    ))
}
