//! Methods made from options as a configuration gives them, and run as the engine runs them.

use polytask_config::{Document, Layers, Resolved, State, Values, read};

use super::scene::Scene;
use crate::{Losses, Needs, Observation, TaskFacts, Weighting, WeightingEntry, Weights};

/// A weighting read from `text`, with every option and its value.
pub(super) fn from_text(
    entry: &'static WeightingEntry,
    text: &str,
) -> Result<(Box<dyn Weighting>, Resolved), String> {
    let layers = Layers::text("contract.toml", text, "/");
    let document = Document::load(layers).map_err(|problems| problems.to_string())?;
    let family = std::slice::from_ref(entry);
    let reading = read(&document, |fields| {
        fields
            .entry("weighting", "what is tested", family)
            .required()
    });
    if !reading.problems.is_empty() {
        return Err(format!("{text}: {}", reading.problems));
    }
    Ok((reading.value.value, reading.resolved))
}

/// The weighting with its defaults.
pub(super) fn with_defaults(entry: &'static WeightingEntry) -> Result<Box<dyn Weighting>, String> {
    from_text(entry, &format!("weighting = \"{}\"", entry.name)).map(|(weighting, _)| weighting)
}

/// The weighting with its defaults, started on these tasks.
pub(super) fn started(
    entry: &'static WeightingEntry,
    tasks: &[TaskFacts],
) -> Result<Box<dyn Weighting>, String> {
    let mut weighting = with_defaults(entry)?;
    weighting.start(tasks);
    Ok(weighting)
}

/// One step as the engine takes it: losses only to those that need them, all of them afterwards.
pub(super) fn step(weighting: &mut dyn Weighting, losses: &Losses) -> Weights {
    let weights = match weighting.needs() {
        Needs::Nothing => {
            let unread = Losses {
                values: vec![0.0; losses.values.len()],
                ..losses.clone()
            };
            weighting.weights(&unread)
        }
        Needs::Losses => weighting.weights(losses),
    };
    weighting.observe(&Observation { losses });
    weights
}

/// The weights of every step of a scene.
pub(super) fn run(weighting: &mut dyn Weighting, scene: &Scene) -> Vec<Vec<f64>> {
    weighting.start(&scene.tasks);
    scene
        .steps
        .iter()
        .map(|losses| step(weighting, losses).alpha)
        .collect()
}

/// What a weighting remembers.
pub(super) fn saved(weighting: &mut dyn Weighting) -> Result<Values, String> {
    let mut state = State::save();
    weighting.state(&mut state);
    state
        .finish()
        .map_err(|problems| format!("its state cannot be saved: {problems}"))
}

/// Gives a weighting back what it remembered.
pub(super) fn load(weighting: &mut dyn Weighting, values: Values) -> Result<(), String> {
    let mut state = State::load(values);
    weighting.state(&mut state);
    state
        .finish()
        .map(drop)
        .map_err(|problems| format!("its own state cannot be loaded: {problems}"))
}
