//! Which checkpoints may be forgotten: never one that the promise still needs.
//!
//! After a save, the newest `keep_last` and the best `keep_best` stay. What stays must be *valid*: a file that fails its
//! verification is not counted, is not deleted, and is reported. Deleting comes after the new file has been fsynced, read
//! back, verified and renamed, so at every moment, also in a crash, at least min(`keep_last`, number ever completed) valid
//! checkpoints are there. Only files with our name and our verified header are ever deleted.

use crate::StoreError;
use crate::name::checkpoint_name;
use crate::select::Skipped;

/// How many checkpoints to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The newest by step; 0 counts as 1.
    pub keep_last: usize,
    /// The best by score, besides; of equal scores the earlier is better. 0 if there is no score.
    pub keep_best: usize,
}

/// A checkpoint as retention sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// File name.
    pub name: String,
    /// From the verified header, not from the name.
    pub step: u64,
    /// Higher is better; none if undefined.
    pub score: Option<f64>,
}

/// The folder of checkpoints, as far as retention needs it; tests put a fake one here.
pub trait Shelf {
    /// Names that look like checkpoints of ours.
    fn names(&self) -> Result<Vec<String>, StoreError>;
    /// What the verified header says.
    fn header(&self, name: &str) -> Result<Kept, StoreError>;
    /// Verifies every byte.
    fn verify(&self, name: &str) -> Result<(), StoreError>;
    /// Deletes one file.
    fn remove(&mut self, name: &str) -> Result<(), StoreError>;
}

/// What [`retain`] did.
#[derive(Debug, Default)]
pub struct Retained {
    /// Names of deleted files, oldest first.
    pub deleted: Vec<String>,
    /// Files that should have counted and are not valid; they stay where they are.
    pub invalid: Vec<Skipped>,
}

impl Retention {
    /// Which of `kept` may go, oldest first; `published` never.
    ///
    /// ```
    /// use polytask_store::{Kept, Retention};
    /// let kept: Vec<Kept> = [(1, Some(0.9)), (2, Some(0.5)), (3, None), (4, Some(0.6))]
    ///     .into_iter()
    ///     .map(|(step, score)| Kept { name: format!("step-{step:08}.ckpt"), step, score })
    ///     .collect();
    /// let retention = Retention { keep_last: 2, keep_best: 1 };
    /// let forgotten = retention.forget(&kept, "step-00000004.ckpt");
    /// assert_eq!(forgotten, ["step-00000002.ckpt"]);                  // 1 is the best, 3 and 4 are the last
    /// ```
    #[must_use]
    pub fn forget(&self, kept: &[Kept], published: &str) -> Vec<String> {
        let mut newest: Vec<&Kept> = kept.iter().collect();
        newest.sort_by(|a, b| b.step.cmp(&a.step).then_with(|| a.name.cmp(&b.name)));
        let mut best: Vec<(f64, &Kept)> = kept
            .iter()
            .filter_map(|one| Some((one.score.filter(|score| score.is_finite())?, one)))
            .collect();
        best.sort_by(|(a, x), (b, y)| {
            b.total_cmp(a)
                .then(x.step.cmp(&y.step))
                .then_with(|| x.name.cmp(&y.name))
        });
        let last = newest
            .iter()
            .take(self.keep_last.max(1))
            .map(|one| &one.name);
        let best = best.iter().take(self.keep_best).map(|(_, one)| &one.name);
        let stays: Vec<&String> = last.chain(best).collect();
        newest
            .iter()
            .rev()
            .filter(|one| one.name != published && !stays.contains(&&one.name))
            .map(|one| one.name.clone())
            .collect()
    }
}

/// Deletes what `retention` lets go, now that `published` is verified and under its final name.
///
/// # Errors
/// The first file that could not be listed or deleted; nothing that is needed is gone then.
pub fn retain(
    shelf: &mut impl Shelf,
    retention: &Retention,
    published: &str,
) -> Result<Retained, StoreError> {
    let mut retained = Retained::default();
    let mut kept = Vec::new();
    for name in shelf.names()? {
        match shelf.header(&name) {
            // A copy under another step's name is somebody's own: neither counted nor deleted.
            Ok(found) if checkpoint_name(found.step) != name => {}
            Ok(found) => kept.push(found),
            Err(reason) => retained.invalid.push(Skipped {
                path: name.into(),
                reason,
            }),
        }
    }
    // Whoever is to stay must be sound to the last byte; if not, it does not count, and another one has to stay.
    let mut sound = vec![published.to_owned()];
    let forgotten = loop {
        let forgotten = retention.forget(&kept, published);
        if forgotten.is_empty() {
            break forgotten;
        }
        let unchecked = kept
            .iter()
            .position(|one| !sound.contains(&one.name) && !forgotten.contains(&one.name));
        let Some(index) = unchecked else {
            break forgotten;
        };
        let name = kept
            .get(index)
            .map(|one| one.name.clone())
            .unwrap_or_default();
        match shelf.verify(&name) {
            Ok(()) => sound.push(name),
            Err(reason) => {
                kept.remove(index);
                retained.invalid.push(Skipped {
                    path: name.into(),
                    reason,
                });
            }
        }
    };
    for name in forgotten {
        shelf.remove(&name)?;
        retained.deleted.push(name);
    }
    Ok(retained)
}

#[cfg(test)]
mod tests;
