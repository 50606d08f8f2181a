//! The folder of checkpoints as retention sees it.

use std::io;

use crate::checkpoint::verify_in;
use crate::folder::Folder;
use crate::name::checkpoint_step;
use crate::retention::{Kept, Shelf};
use crate::{StoreError, failpoint, index};

/// The real folder; tests of retention have a fake one.
pub(super) struct Shelved<'a>(pub(super) &'a Folder);

impl Shelf for Shelved<'_> {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.0.names()?;
        names.retain(|name| checkpoint_step(name).is_some());
        Ok(names)
    }

    fn header(&self, name: &str) -> Result<Kept, StoreError> {
        let entry = index::entry(self.0, name.to_owned())?;
        Ok(Kept {
            name: entry.file,
            step: entry.step,
            score: entry.score,
        })
    }

    fn verify(&self, name: &str) -> Result<(), StoreError> {
        verify_in(self.0, name).map(|_| ())
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        let delete = || -> io::Result<()> {
            failpoint::at("checkpoint", "delete", "before")?;
            self.0.remove(name)?;
            failpoint::at("checkpoint", "delete", "after")
        };
        delete().map_err(|error| StoreError::io(&self.0.join(name), "delete", error))
    }
}
