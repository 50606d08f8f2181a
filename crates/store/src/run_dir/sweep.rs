//! Scratch files of a process that was killed.

use std::path::PathBuf;

use crate::folder::Folder;
use crate::index::INDEX;
use crate::name::{checkpoint_step, scratch_target};
use crate::{StoreError, failpoint};

/// Does a file called `target` belong in `checkpoints/`?
pub(super) fn is_checkpoint_file(target: &str) -> bool {
    checkpoint_step(target).is_some() || target == INDEX
}

/// Deletes scratch files: regular files whose name only we make, for a target that belongs here. Under the lock only,
/// as another process's scratch file may be alive.
pub(super) fn sweep(
    folder: &Folder,
    belongs: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, StoreError> {
    let mut swept = Vec::new();
    for name in folder.names()? {
        if scratch_target(&name).is_some_and(&belongs) && folder.is_regular(&name) {
            failpoint::at("scratch", "delete", "before")
                .and_then(|()| folder.remove(&name))
                .map_err(|error| StoreError::io(&folder.join(&name), "delete", error))?;
            swept.push(folder.join(&name));
        }
    }
    Ok(swept)
}
