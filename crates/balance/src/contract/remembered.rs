//! Which parts of a saved state belong to one task.
//!
//! By the house's convention what is remembered of a task is listed under its name, as [`PerTask`](crate::PerTask) does;
//! else it stands in a list of one number a task, or of one for each pair of tasks. Arrays in single precision are about
//! parameters, and are a task's only under its name.

use polytask_config::{Value, Values};

/// What belongs to task `index` and differs between two states of a method with `tasks` tasks.
pub(super) fn moved(
    before: &Values,
    after: &Values,
    name: &str,
    index: usize,
    tasks: usize,
) -> Vec<String> {
    let keys = before
        .0
        .keys()
        .chain(after.0.keys().filter(|key| !before.0.contains_key(*key)));
    let differs = |key: &&String| {
        let (old, new) = (before.0.get(*key), after.0.get(*key));
        match (old, new) {
            (Some(old), Some(new)) if key.split('/').any(|part| part == name) => {
                !old.same_bits(new)
            }
            (Some(Value::Floats { .. }), Some(_)) => false,
            (Some(old), Some(new)) if old.len() == tasks && new.len() == tasks => {
                part(old, &[index]) != part(new, &[index])
            }
            (Some(old), Some(new)) if old.len() == tasks * tasks && new.len() == tasks * tasks => {
                let row = (0..tasks).map(|other| index * tasks + other);
                let column = (0..tasks).map(|other| other * tasks + index);
                let places: Vec<usize> = row.chain(column).collect();
                part(old, &places) != part(new, &places)
            }
            (Some(_), Some(_)) => false,
            _ => key.split('/').any(|part| part == name),
        }
    };
    keys.filter(differs).cloned().collect()
}

/// The bits of some elements of a value.
fn part(value: &Value, places: &[usize]) -> Vec<Option<u64>> {
    let bits = |place: &usize| match value {
        Value::Numbers(numbers) => numbers.get(*place).map(|number| number.to_bits()),
        Value::Counts(counts) => counts.get(*place).copied(),
        Value::Floats { .. } | Value::Texts(_) | Value::Flag(_) => None,
    };
    places.iter().map(bits).collect()
}
