//! `checkpoints/index.json`: what is there, for programs that want to know without opening each file.
//!
//! It is a cache: written after each save, never believed by us, rebuilt from the verified headers at any time.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::checkpoint::{epoch_of, read_header_in, score_of, step_of};
use crate::folder::Folder;
use crate::name::checkpoint_step;
use crate::publish::Publication;
use crate::{Flaw, StoreError};

pub(crate) const INDEX: &str = "index.json";

/// One checkpoint in the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// File name.
    pub file: String,
    /// From the verified header.
    pub step: u64,
    /// From the verified header.
    pub epoch: Option<u64>,
    /// From the verified header; none if it was undefined.
    pub score: Option<f64>,
    /// Length of the file.
    pub bytes: u64,
}

/// A file with a checkpoint's name, and what its header says or why it cannot be read.
#[derive(Debug)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// The step in its name, which is only what the file claims.
    pub named_step: u64,
    /// The header is verified, the parts are not: see [`crate::verify`].
    pub found: Result<IndexEntry, StoreError>,
}

#[derive(Serialize)]
struct Index<'a> {
    schema_version: u32,
    checkpoints: Vec<&'a IndexEntry>,
}

/// Every checkpoint in `folder`, by step; unreadable ones by the step in their name.
pub(crate) fn list(folder: &Folder) -> Result<Vec<Listed>, StoreError> {
    let mut listed: Vec<Listed> = folder
        .names()?
        .into_iter()
        .filter_map(|name| {
            let named_step = checkpoint_step(&name)?;
            Some(Listed {
                path: folder.join(&name),
                named_step,
                found: entry(folder, name),
            })
        })
        .collect();
    listed.sort_by_key(|one| {
        one.found
            .as_ref()
            .map_or(one.named_step, |entry| entry.step)
    });
    Ok(listed)
}

pub(crate) fn entry(folder: &Folder, file: String) -> Result<IndexEntry, StoreError> {
    let facts = read_header_in(folder, &file)?;
    let Some(step) = step_of(&facts.meta) else {
        return Err(StoreError::corrupt(
            &folder.join(&file),
            "header.meta.step",
            Flaw::Absent,
        ));
    };
    Ok(IndexEntry {
        file,
        step,
        epoch: epoch_of(&facts.meta),
        score: score_of(&facts.meta),
        bytes: facts.bytes,
    })
}

/// Writes the index anew from what is there.
pub(crate) fn rebuild(folder: &Folder) -> Result<(), StoreError> {
    let listed = list(folder)?;
    let checkpoints = listed
        .iter()
        .filter_map(|one| one.found.as_ref().ok())
        .collect();
    let mut text = serde_json::to_vec_pretty(&Index {
        schema_version: 1,
        checkpoints,
    })
    .map_err(|error| StoreError::corrupt(&folder.join(INDEX), "index", Flaw::json(&error)))?;
    text.push(b'\n');
    Publication {
        folder,
        name: INDEX,
        label: "index",
        bytes: text.len() as u64,
    }
    .publish_bytes(&text)
}
