//! Every option at the values that its entry declares, and every wrapper: what else a method must hold its properties with.

use polytask_config::{Kind, Node, Range, options_of};

use super::Outcome;
use super::made::Subject;
use super::tested::{EntryOf, Tested};
use crate::{Gain, Heads, Normalize, Wrapping};

/// A method with one option after the other at the bounds of what it may be, at each of its words, and on and off.
pub(super) fn values<T: Tested + ?Sized>(entry: &'static EntryOf<T>) -> Vec<Subject<T>> {
    let family = options_of(std::slice::from_ref(entry));
    let options = family.variant(entry.name);
    let options = options.map(|variant| variant.options.as_slice());
    let options = options.unwrap_or_default().iter();
    let settings = options.flat_map(|option| {
        let values = values_of(option).into_iter();
        values.map(|value| format!("{} = {value}", option.key))
    });
    settings
        .map(|setting| Subject::with(entry, setting))
        .collect()
}

/// As a configuration has them. Names and tables of names have no bounds.
fn values_of(option: &Node) -> Vec<String> {
    match &option.kind {
        Kind::Flag => vec!["true".to_owned(), "false".to_owned()],
        Kind::Choice(words) => words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect(),
        Kind::Integer(range) => {
            let Range {
                at_least,
                above,
                at_most,
                below,
            } = range;
            let least = at_least.or(above.map(|bound| bound + 1)).unwrap_or(0);
            let most = at_most.or(below.map(|bound| bound.saturating_sub(1)));
            // The next after the least, where this switches something off.
            let all = [least, least + 1, most.unwrap_or(least + 2)].into_iter();
            let all = all.filter(|value| range.holds(value));
            all.map(|value| value.to_string()).collect()
        }
        Kind::Number(range) => {
            /// How far beside a bound that does not belong to the range.
            const BESIDE: f64 = 1e-3;
            /// Where a range has no end.
            const FAR: f64 = 8.0;
            let least = range.at_least.or(range.above.map(|bound| bound + BESIDE));
            let most = range.at_most.or(range.below.map(|bound| bound - BESIDE));
            let all = [least.unwrap_or(-FAR), most.unwrap_or(FAR)].into_iter();
            let all = all.filter(|value| range.holds(value));
            all.map(|value| format!("{value:?}")).collect()
        }
        _ => Vec::new(),
    }
}

/// A method in each of the wrappers that have a meaning around it, and in all of them.
pub(super) fn wrapped<T: Tested + ?Sized>(entry: &'static EntryOf<T>) -> Vec<Subject<T>> {
    let all = T::wrappings(&entry.facts).into_iter();
    all.map(|wrapping| Subject::inside(entry, wrapping))
        .collect()
}

/// These properties of all of them, but for those that the method has no claim to.
pub(super) fn hold<T: Tested + ?Sized, P: Copy + PartialEq>(
    subjects: Vec<Subject<T>>,
    properties: &[P],
    exempt: &[(P, &str)],
    holds: fn(&Subject<T>, P) -> Outcome,
) -> Outcome {
    for subject in subjects {
        let claimed = properties
            .iter()
            .filter(|property| exempt.iter().all(|(other, _)| other != *property));
        for &property in claimed {
            holds(&subject, property).map_err(|seen| format!("{}: {seen}", subject.describe()))?;
        }
    }
    Ok(())
}

/// Nothing to do.
pub(super) const BARE: Wrapping = Wrapping {
    normalize_rows: Normalize::None,
    log_loss: false,
    update_every: 1,
    moving_average: 0.0,
    gain: Gain::Native,
    heads: None,
    clip: None,
};

/// What all kinds can have around them.
pub(super) fn scales() -> Vec<Wrapping> {
    let gains = [Gain::Sum, Gain::Mean].into_iter();
    let gains = gains.map(|gain| Wrapping { gain, ..BARE });
    let heads = [Heads::Unit, Heads::Weighted].into_iter();
    let heads = heads.map(|heads| Wrapping {
        heads: Some(heads),
        ..BARE
    });
    gains.chain(heads).collect()
}

/// What methods that see gradients can have around them beside.
pub(super) fn of_gradients() -> Vec<Wrapping> {
    let mut all = scales();
    let normalized = [Normalize::L2, Normalize::Loss, Normalize::LossPlus].into_iter();
    all.extend(normalized.map(|normalize_rows| Wrapping {
        normalize_rows,
        ..BARE
    }));
    all.push(Wrapping {
        log_loss: true,
        ..BARE
    });
    all.push(Wrapping {
        clip: Some(0.5),
        ..BARE
    });
    all.push(Wrapping {
        normalize_rows: Normalize::L2,
        log_loss: true,
        update_every: 3,
        moving_average: 0.9,
        gain: Gain::Sum,
        heads: Some(Heads::Weighted),
        clip: Some(0.5),
    });
    all
}

/// What keeps weights.
pub(super) fn keeping() -> [Wrapping; 2] {
    [
        Wrapping {
            update_every: 3,
            ..BARE
        },
        Wrapping {
            moving_average: 0.9,
            ..BARE
        },
    ]
}
