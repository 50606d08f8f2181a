//! Properties of the options: defaults in range, written out and read again the same.

use polytask_config::{Resolved, options_of};

use super::made::{from_text, run};
use super::scene;
use super::{Outcome, bits};
use crate::WeightingEntry;

pub(super) fn defaults(entry: &'static WeightingEntry) -> Outcome {
    same_again(entry, &format!("weighting = \"{}\"", entry.name))
}

pub(super) fn options(entry: &'static WeightingEntry) -> Outcome {
    let separator = if entry.facts.trial.is_empty() {
        ""
    } else {
        ", "
    };
    let text = format!(
        "weighting = {{ type = \"{}\"{separator}{} }}",
        entry.name, entry.facts.trial
    );
    let (_, resolved) = from_text(entry, &text)?;
    let (_, plain) = from_text(entry, &format!("weighting = \"{}\"", entry.name))?;
    let family = options_of(std::slice::from_ref(entry));
    let listed = family
        .variant(entry.name)
        .map(|variant| variant.options.as_slice())
        .unwrap_or_default();
    for option in listed {
        let key = format!("weighting.{}", option.key);
        let value = |resolved: &Resolved| {
            let mut settings = resolved.origins().into_iter();
            settings
                .find(|setting| setting.key == key)
                .map(|setting| setting.value)
        };
        if value(&resolved) == value(&plain) {
            return Err(format!("the trial leaves `{}` at its default", option.key));
        }
    }
    same_again(entry, &text)
}

/// Reads `text` and what reading it resolves to, and compares the methods.
fn same_again(entry: &'static WeightingEntry, text: &str) -> Outcome {
    let (mut weighting, resolved) = from_text(entry, text)?;
    let resolved = resolved.to_toml();
    let (mut again, resolved_again) = from_text(entry, &resolved)?;
    let resolved_again = resolved_again.to_toml();
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in scene::ordinary() {
        let (first, second) = (run(weighting.as_mut(), &scene), run(again.as_mut(), &scene));
        if first
            .iter()
            .map(|alpha| bits(alpha))
            .ne(second.iter().map(|alpha| bits(alpha)))
        {
            return Err(format!(
                "{}: {text} and {resolved} give other weights",
                scene.name
            ));
        }
    }
    Ok(())
}
