//! Properties of the options: defaults in range, written out and read again the same.

use super::Outcome;
use super::made::{read_entry, run, text, trial_gives_all};
use super::scene::Scene;
use super::tested::{Answer, EntryOf, Tested};

/// Every option is given in the trial, none at its default, and the trial reads again as it was written out.
pub(super) fn options<T: Tested + ?Sized>(
    entry: &'static EntryOf<T>,
    scenes: &[Scene<T::Given>],
) -> Outcome {
    let trial = T::trial(&entry.facts);
    trial_gives_all(T::KEY, entry, &text(entry, trial))?;
    same_again(entry, trial, scenes)
}

/// Reads options and what reading them resolves to, and compares the methods.
pub(super) fn same_again<T: Tested + ?Sized>(
    entry: &'static EntryOf<T>,
    options: &str,
    scenes: &[Scene<T::Given>],
) -> Outcome {
    let text = text(entry, options);
    let (mut method, resolved) = read_entry(T::KEY, entry, &text)?;
    let resolved = resolved.to_toml();
    let (mut again, resolved_again) = read_entry(T::KEY, entry, &resolved)?;
    let resolved_again = resolved_again.to_toml();
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in scenes {
        let (first, second) = (run(method.as_mut(), scene), run(again.as_mut(), scene));
        if !first.iter().zip(&second).all(|(a, b)| a.is_same(b)) {
            return Err(format!(
                "{}: {text} and {resolved} give other answers",
                scene.name
            ));
        }
    }
    Ok(())
}
