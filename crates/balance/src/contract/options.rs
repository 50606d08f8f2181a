//! Properties of the options: defaults in range, written out and read again the same.

use super::made::{from_text, run, trial_gives_all};
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
    trial_gives_all("weighting", entry, &text)?;
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
