//! Methods made from options as a configuration gives them, and run as the engine runs them.

use polytask_config::{
    Document, Entry, Layers, Literal, Resolved, State, Values, options_of, read,
};

use super::Outcome;
use super::scene::Scene;
use super::tested::{EntryOf, Tested};
use crate::{Moment, Seed, TaskFacts, Wrapping};

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

/// A method that is tested: as its entry makes it, with one of its options at another value, or in a wrapper.
pub(super) struct Subject<T: Tested + ?Sized> {
    pub(super) entry: &'static EntryOf<T>,
    options: String,
    wrapping: Option<Wrapping>,
}

impl<T: Tested + ?Sized> Subject<T> {
    /// As its entry makes it.
    pub(super) fn plain(entry: &'static EntryOf<T>) -> Self {
        Self::with(entry, String::new())
    }

    /// With these options, as the inside of an inline TOML table.
    pub(super) fn with(entry: &'static EntryOf<T>, options: String) -> Self {
        Self {
            entry,
            options,
            wrapping: None,
        }
    }

    /// In these wrappers.
    pub(super) fn inside(entry: &'static EntryOf<T>, wrapping: Wrapping) -> Self {
        Self {
            wrapping: Some(wrapping),
            ..Self::plain(entry)
        }
    }

    /// Whether it is as its entry makes it.
    pub(super) fn is_plain(&self) -> bool {
        self.options.is_empty() && !self.is_wrapped()
    }

    /// Whether there are wrappers around it.
    pub(super) fn is_wrapped(&self) -> bool {
        self.wrapping.is_some()
    }

    /// Options that it is tried with: one that is set already is tried as it is.
    pub(super) fn trials(&self) -> Vec<&'static str> {
        if self.is_plain() {
            vec!["", T::trial(&self.entry.facts)]
        } else {
            vec![""]
        }
    }

    /// A word for what is not as its entry makes it.
    pub(super) fn describe(&self) -> String {
        match &self.wrapping {
            Some(wrapping) => format!("in {wrapping:?}"),
            None => format!("with {{ {} }}", self.options),
        }
    }
}

/// How a configuration names a method with these options.
pub(super) fn text<T: Tested + ?Sized>(entry: &EntryOf<T>, options: &str) -> String {
    let separator = if options.is_empty() { "" } else { ", " };
    format!(
        "{} = {{ type = \"{}\"{separator}{options} }}",
        T::KEY,
        entry.name
    )
}

/// The method with these options.
pub(super) fn with<T: Tested + ?Sized>(
    subject: &Subject<T>,
    options: &str,
) -> Result<Box<T>, String> {
    let own = subject.options.as_str();
    let separator = if own.is_empty() || options.is_empty() {
        ""
    } else {
        ", "
    };
    let options = format!("{own}{separator}{options}");
    let (made, _) = read_entry(T::KEY, subject.entry, &text(subject.entry, &options))?;
    Ok(match &subject.wrapping {
        Some(wrapping) => T::wrap(made, wrapping),
        None => made,
    })
}

/// The same, started on these tasks.
pub(super) fn started<T: Tested + ?Sized>(
    subject: &Subject<T>,
    options: &str,
    tasks: &[TaskFacts],
) -> Result<Box<T>, String> {
    let mut method = with(subject, options)?;
    method.enter(tasks);
    Ok(method)
}

/// What a method answers at every step of a scene.
pub(super) fn run<T: Tested + ?Sized>(method: &mut T, scene: &Scene<T::Given>) -> Vec<T::Answer> {
    method.enter(&scene.tasks);
    let steps = scene.steps.iter().enumerate();
    steps
        .map(|(number, given)| {
            let answer = method.take(given, number);
            method.turn(number);
            answer
        })
        .collect()
}

/// The same of the method with these options.
pub(super) fn answers<T: Tested + ?Sized>(
    subject: &Subject<T>,
    options: &str,
    scene: &Scene<T::Given>,
) -> Result<Vec<T::Answer>, String> {
    Ok(run(with(subject, options)?.as_mut(), scene))
}

/// Every fifth step is.
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

/// What a method remembers.
pub(super) fn saved<T: Tested + ?Sized>(method: &mut T) -> Result<Values, String> {
    let mut state = State::save();
    method.list(&mut state);
    let saved = state.finish();
    saved.map_err(|problems| format!("its state cannot be saved: {problems}"))
}

/// Gives a method back what it remembered.
pub(super) fn load<T: Tested + ?Sized>(method: &mut T, values: Values) -> Outcome {
    let mut state = State::load(values);
    method.list(&mut state);
    let loaded = state.finish().map(drop);
    loaded.map_err(|problems| format!("its own state cannot be loaded: {problems}"))
}
