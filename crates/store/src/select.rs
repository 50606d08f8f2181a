//! Which checkpoint to continue from: the newest that is *valid*, and a word about each that was not.
//!
//! "Newest" is the step in the verified header, never a file's time or the order of names. A run is never started from
//! scratch because its checkpoints are bad, and bad ones are kept for whoever wants to look at them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::checkpoint::read_in;
use crate::folder::Folder;
use crate::index::{IndexEntry, Listed, list};
use crate::shown::shown;
use crate::{Checkpoint, Flaw, RUN, StoreError};

/// Which checkpoint is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The one of the highest step.
    Last,
    /// The one of the highest score; of equal scores the earlier.
    Best,
    /// The one of exactly this step.
    Step(u64),
}

/// May another one be taken if the wanted one is not valid?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Yes, the next in order, and say so.
    Allowed,
    /// No: `--strict`.
    Refused,
}

/// A verified checkpoint, and what had to be passed over to get it.
#[derive(Debug)]
pub struct Selected {
    /// Its file.
    pub path: PathBuf,
    /// Its step.
    pub step: u64,
    /// All of it.
    pub checkpoint: Checkpoint,
    /// Files that came first and are not valid: one warning each.
    pub skipped: Vec<Skipped>,
}

/// A checkpoint that was passed over.
#[derive(Debug)]
pub struct Skipped {
    /// Its file.
    pub path: PathBuf,
    /// Why.
    pub reason: StoreError,
}

/// A running writer may delete a file between our listing and our reading it; then we list again.
const LISTINGS: u32 = 20;

/// What is looked for in a folder of checkpoints.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'r> {
    pub(crate) pick: Pick,
    pub(crate) fallback: Fallback,
    /// Whose they are, if that is known.
    pub(crate) run: Option<&'r str>,
}

pub(crate) fn select(folder: &Folder, wanted: Wanted<'_>) -> Result<Selected, StoreError> {
    let mut listings = 0;
    loop {
        listings += 1;
        match select_once(folder, wanted, listings == LISTINGS)? {
            Some(selected) => return Ok(selected),
            None => continue,
        }
    }
}

/// None: a file vanished while we looked, and `is_final` is false.
fn select_once(
    folder: &Folder,
    Wanted {
        pick,
        fallback,
        run,
    }: Wanted<'_>,
    is_final: bool,
) -> Result<Option<Selected>, StoreError> {
    let (candidates, what) = ranked(list(folder)?, pick);
    if candidates.is_empty() {
        return Err(StoreError::Missing {
            path: folder.path().to_owned(),
            what,
        });
    }
    let mut skipped = Vec::new();
    for Listed { path, found, .. } in candidates {
        let why = match (pick, &found) {
            (Pick::Best, Err(_)) => "its score cannot be read, so it may be the best checkpoint",
            _ => "the wanted checkpoint is refused",
        };
        let outcome = found.and_then(|IndexEntry { file, step, .. }| {
            let checkpoint = read_in(folder, &file)?;
            of_run(&path, &checkpoint.meta, run)?;
            Ok((step, checkpoint))
        });
        let reason = match outcome {
            Ok((step, checkpoint)) => {
                return Ok(Some(Selected {
                    path,
                    step,
                    checkpoint,
                    skipped,
                }));
            }
            Err(StoreError::Missing { .. }) if !is_final => return Ok(None),
            Err(reason) => reason,
        };
        let one = Skipped { path, reason };
        if fallback == Fallback::Refused {
            return Err(StoreError::NoFallback {
                skipped: Box::new(one),
                why,
            });
        }
        skipped.push(one);
    }
    Err(StoreError::NoneValid {
        folder: folder.path().to_owned(),
        skipped,
    })
}

/// Refuses the checkpoint of another run; one that does not say whose it is, and any where `run` is not known, passes.
pub(crate) fn of_run(
    path: &Path,
    meta: &BTreeMap<String, String>,
    run: Option<&str>,
) -> Result<(), StoreError> {
    match (meta.get(RUN), run) {
        (Some(said), Some(run)) if said != run => {
            let flaw = Flaw::OtherRun {
                said: shown(said),
                run: shown(run),
            };
            Err(StoreError::corrupt(path, "header.meta.run", flaw))
        }
        _ => Ok(()),
    }
}

/// The candidates, preferred ones first, and what is missing if there is none. A file whose header cannot be read stands
/// where its name says; for the best it stands first, as it might have been.
fn ranked(mut listed: Vec<Listed>, pick: Pick) -> (Vec<Listed>, &'static str) {
    let claimed = |one: &Listed| {
        one.found
            .as_ref()
            .map_or(one.named_step, |entry| entry.step)
    };
    match pick {
        Pick::Last => {
            listed.sort_by_key(|one| std::cmp::Reverse(claimed(one)));
            (listed, "checkpoint")
        }
        Pick::Step(step) => {
            listed.retain(|one| claimed(one) == step);
            (listed, "checkpoint of this step")
        }
        Pick::Best => {
            let score = |one: &Listed| {
                one.found
                    .as_ref()
                    .map_or(Some(f64::INFINITY), |entry| entry.score)
            };
            if listed
                .iter()
                .all(|one| one.found.as_ref().is_ok_and(|entry| entry.score.is_none()))
            {
                return (Vec::new(), "checkpoint with a score");
            }
            listed.retain(|one| score(one).is_some());
            listed.sort_by(|a, b| {
                let of = |one| score(one).unwrap_or(f64::NEG_INFINITY);
                of(b).total_cmp(&of(a)).then(claimed(a).cmp(&claimed(b)))
            });
            (listed, "checkpoint with a score")
        }
    }
}
