//! Which checkpoint to continue from: the newest that is *valid*, and a word about each that was not.
//!
//! "Newest" is the step in the verified header, never a file's time or the order of names. A run is never started from
//! scratch because its checkpoints are bad, and bad ones are kept for whoever wants to look at them.

use std::path::PathBuf;

use crate::checkpoint::read_in;
use crate::folder::Folder;
use crate::index::{IndexEntry, Listed, list};
use crate::{Checkpoint, StoreError};

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

pub(crate) fn select(
    folder: &Folder,
    pick: Pick,
    fallback: Fallback,
) -> Result<Selected, StoreError> {
    let mut listings = 0;
    loop {
        listings += 1;
        match select_once(folder, pick, fallback, listings == LISTINGS)? {
            Some(selected) => return Ok(selected),
            None => continue,
        }
    }
}

/// None: a file vanished while we looked, and `is_final` is false.
fn select_once(
    folder: &Folder,
    pick: Pick,
    fallback: Fallback,
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
        let outcome =
            found.and_then(|IndexEntry { file, step, .. }| Ok((step, read_in(folder, &file)?)));
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
            });
        }
        skipped.push(one);
    }
    Err(StoreError::NoneValid {
        folder: folder.path().to_owned(),
        skipped,
    })
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
