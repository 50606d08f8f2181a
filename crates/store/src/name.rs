//! Names that come from outside and become file names.

use crate::{NameFlaw, StoreError};

/// Longest name, in bytes: room for a stamp and a scratch suffix below the usual limit of 255.
const LONGEST: usize = 100;

/// `name` itself if it can safely be one path component on every file system; `what` is for the message.
///
/// Separators, NUL, `..`, leading dots and dashes, and names that Windows reserves are refused, so that a name from a
/// config can never point outside the folder that it is joined to.
///
/// ```
/// use polytask_store::checked_name;
/// assert_eq!(checked_name("run", "student-2").unwrap(), "student-2");
/// for hostile in ["", "..", "a/b", "a\0b", "/etc", "a\nb", ".hidden", "-rf", "CON", &"x".repeat(300)] {
///     assert!(checked_name("run", hostile).is_err(), "{hostile:?}");
/// }
/// ```
pub fn checked_name<'a>(what: &'static str, name: &'a str) -> Result<&'a str, StoreError> {
    match flaw(name) {
        None => Ok(name),
        Some(flaw) => Err(StoreError::Name {
            what,
            name: name.to_owned(),
            flaw,
        }),
    }
}

fn flaw(name: &str) -> Option<NameFlaw> {
    if name.is_empty() {
        return Some(NameFlaw::Empty);
    }
    if name.len() > LONGEST {
        return Some(NameFlaw::TooLong { limit: LONGEST });
    }
    if let Some(character) = name
        .chars()
        .find(|&c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
    {
        return Some(NameFlaw::Character { character });
    }
    if name.starts_with(['.', '-']) || name.ends_with('.') {
        return Some(NameFlaw::Edge);
    }
    is_reserved(name).then_some(NameFlaw::Reserved)
}

/// Device names of Windows, with any extension, and our own pointer.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|digit| matches!(digit.as_bytes(), [b'1'..=b'9']))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || numbered("com")
        || numbered("lpt")
        || name == LATEST
}

/// The pointer beside the runs of one name.
pub(crate) const LATEST: &str = "latest";

const CHECKPOINT_PREFIX: &str = "step-";
const CHECKPOINT_SUFFIX: &str = ".ckpt";

/// `step-00012000.ckpt`.
pub(crate) fn checkpoint_name(step: u64) -> String {
    format!("{CHECKPOINT_PREFIX}{step:08}{CHECKPOINT_SUFFIX}")
}

/// The step in a checkpoint's file name, if it is exactly a name that [`checkpoint_name`] makes.
#[must_use]
pub fn checkpoint_step(name: &str) -> Option<u64> {
    let digits = name
        .strip_prefix(CHECKPOINT_PREFIX)?
        .strip_suffix(CHECKPOINT_SUFFIX)?;
    let step = digits.parse().ok()?;
    (checkpoint_name(step) == name).then_some(step)
}

/// The name under which `target` is written before it is published: `.run.json.4711-0.tmp`.
pub(crate) fn scratch_name(target: &str, pid: u32, attempt: u32) -> String {
    format!(".{target}.{pid}-{attempt}.tmp")
}

/// What a scratch file was to become, if `name` is exactly a name that [`scratch_name`] makes.
pub(crate) fn scratch_target(name: &str) -> Option<&str> {
    let (target, numbers) = name
        .strip_prefix('.')?
        .strip_suffix(".tmp")?
        .rsplit_once('.')?;
    let (pid, attempt) = numbers.split_once('-')?;
    let (pid, attempt) = (pid.parse().ok()?, attempt.parse().ok()?);
    (scratch_name(target, pid, attempt) == name).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_make_are_ours() {
        assert_eq!(checkpoint_step("step-00012000.ckpt"), Some(12_000));
        assert_eq!(checkpoint_step(&checkpoint_name(u64::MAX)), Some(u64::MAX));
        for foreign in [
            "step-12000.ckpt",
            "step-000012000.ckpt",
            "step-+0012000.ckpt",
            "step-00012000.ckpt.bak",
            "Step-00012000.ckpt",
            "step-.ckpt",
            "step-99999999999999999999999.ckpt",
        ] {
            assert_eq!(checkpoint_step(foreign), None, "{foreign}");
        }
        assert_eq!(scratch_target(".run.json.4711-0.tmp"), Some("run.json"));
        for foreign in [
            "run.json.4711-0.tmp",
            ".run.json.tmp",
            ".run.json.a-0.tmp",
            ".run.json.01-0.tmp",
            ".x-0.tmp",
        ] {
            assert_eq!(scratch_target(foreign), None, "{foreign}");
        }
    }
}
