//! Methods made from options as a configuration gives them, and run as the engine runs them.

use polytask_config::{
    Document, Entry, Layers, Literal, Resolved, State, Values, options_of, read,
};

use super::scene::Scene;
use crate::{
    Losses, Moment, Needs, Observation, Seed, TaskFacts, Weighting, WeightingEntry, Weights,
};

/// A weighting read from `text`, with every option and its value.
pub(super) fn from_text(
    entry: &'static WeightingEntry,
    text: &str,
) -> Result<(Box<dyn Weighting>, Resolved), String> {
    read_entry("weighting", entry, text)
}

/// A method read from `text`, where it stands under `key`, with every option and its value.
pub(super) fn read_entry<T: 'static, X: 'static>(
    key: &'static str,
    entry: &'static Entry<T, X>,
    text: &str,
) -> Result<(T, Resolved), String> {
    let layers = Layers::text("contract.toml", text, "/");
    let document = Document::load(layers).map_err(|problems| problems.to_string())?;
    let family = std::slice::from_ref(entry);
    let reading = read(&document, |fields| {
        fields.entry(key, "what is tested", family).required()
    });
    if !reading.problems.is_empty() {
        return Err(format!("{text}: {}", reading.problems));
    }
    Ok((reading.value.value, reading.resolved))
}

/// The trial, read from `text`, gives every option, and none at its default.
pub(super) fn trial_gives_all<T: 'static, X: 'static>(
    key: &'static str,
    entry: &'static Entry<T, X>,
    text: &str,
) -> Result<(), String> {
    let (_, resolved) = read_entry(key, entry, text)?;
    let (_, plain) = read_entry(key, entry, &format!("{key} = \"{}\"", entry.name))?;
    let family = options_of(std::slice::from_ref(entry));
    let listed = family.variant(entry.name);
    let listed = listed.map(|variant| variant.options.as_slice());
    for option in listed.unwrap_or_default() {
        // An option may be a table, and then has settings below it.
        let key = format!("{key}.{}", option.key);
        let below = format!("{key}.");
        let values = |resolved: &Resolved| -> Vec<(String, Literal)> {
            let settings = resolved.origins().into_iter();
            let own =
                settings.filter(|setting| setting.key == key || setting.key.starts_with(&below));
            own.map(|setting| (setting.key, setting.value)).collect()
        };
        if values(&resolved) == values(&plain) {
            return Err(format!("the trial leaves `{}` at its default", option.key));
        }
    }
    Ok(())
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

/// The step of this number as the engine takes it: losses only to those that need them, all of them afterwards, and once
/// more those that the step led to.
pub(super) fn step(weighting: &mut dyn Weighting, losses: &Losses, number: usize) -> Weights {
    weighting.begin(moment(number));
    if weighting.needs() == Needs::LookAhead {
        weighting.look_ahead(&ahead_of(losses));
    }
    let weights = match weighting.needs() {
        Needs::Nothing | Needs::LookAhead => {
            let unread = Losses {
                values: vec![0.0; losses.values.len()],
                ..losses.clone()
            };
            weighting.weights(&unread)
        }
        Needs::Losses | Needs::LossesAgain => weighting.weights(losses),
    };
    weighting.observe(&Observation { losses });
    if weighting.needs() == Needs::LossesAgain {
        weighting.after(losses, &led_to(losses));
    }
    weights
}

/// Ends the epoch if this step is its last: every fifth is.
pub(super) fn turn(weighting: &mut dyn Weighting, number: usize) {
    if is_last_of_epoch(number) {
        weighting.end_epoch();
    }
}

pub(super) fn is_last_of_epoch(number: usize) -> bool {
    number % 5 == 4
}

/// When the step of this number is taken.
pub(super) fn moment(number: usize) -> Moment {
    Moment {
        seed: Seed(17),
        step: number as u64,
    }
}

/// The losses after a step: all smaller, the large ones more.
fn led_to(losses: &Losses) -> Losses {
    let values = losses.values.iter();
    Losses {
        values: values
            .map(|loss| loss * (0.6 + 0.3 / (1.0 + loss.abs())))
            .collect(),
        ..losses.clone()
    }
}

/// How validation losses would change with the weights: of either sign, and not finite where the loss is not.
fn ahead_of(losses: &Losses) -> Losses {
    Losses {
        values: losses
            .seen()
            .map(|seen| {
                if seen.is_usable() {
                    1.0 - seen.loss
                } else {
                    f64::NAN
                }
            })
            .collect(),
        ..losses.clone()
    }
}

/// The weights of every step of a scene.
pub(super) fn run(weighting: &mut dyn Weighting, scene: &Scene) -> Vec<Vec<f64>> {
    weighting.start(&scene.tasks);
    let steps = scene.steps.iter().enumerate();
    steps
        .map(|(number, losses)| {
            let alpha = step(weighting, losses, number).alpha;
            turn(weighting, number);
            alpha
        })
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
