//! Room on the disk, asked for before it is needed.

use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// Bytes that this user can still write on the file system of `path`, which need not exist yet: then its nearest
/// existing folder counts.
///
/// ```
/// let free = polytask_store::free_space(&std::env::temp_dir().join("not/there/yet")).unwrap();
/// assert!(free > 0);
/// ```
pub fn free_space(path: &Path) -> Result<u64, StoreError> {
    let mut existing: PathBuf = path.to_owned();
    while !existing.exists() {
        if !existing.pop() || existing.as_os_str().is_empty() {
            existing = PathBuf::from(".");
            break;
        }
    }
    match rustix::fs::statvfs(&existing) {
        // Some network file systems do not know; not knowing is no reason to refuse.
        Ok(found) if found.f_blocks == 0 => Ok(u64::MAX),
        Ok(found) => Ok(found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => Err(StoreError::io(
            &existing,
            "ask for free space",
            error.into(),
        )),
    }
}

/// Refuses with [`StoreError::DiskFull`] if fewer than `needed` bytes are free; `operation` is what they are for.
///
/// ```
/// use polytask_store::{Class, require_space};
/// let here = std::env::temp_dir();
/// assert!(require_space(&here, 1, "save two checkpoints").is_ok());
/// let refusal = require_space(&here, u64::MAX, "save two checkpoints").unwrap_err();
/// assert_eq!(refusal.class(), Class::Io);
/// ```
pub fn require_space(path: &Path, needed: u64, operation: &'static str) -> Result<(), StoreError> {
    let free = free_space(path)?;
    if free >= needed {
        return Ok(());
    }
    Err(StoreError::DiskFull {
        path: path.to_owned(),
        operation,
        needed,
        free: Some(free),
        source: None,
    })
}

/// An error while writing `needed` bytes to `path`: a full disk or quota is told with its numbers.
pub(crate) fn write_error(
    path: &Path,
    operation: &'static str,
    needed: u64,
    source: io::Error,
) -> StoreError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull {
            path: path.to_owned(),
            operation,
            needed,
            free: free_space(path).ok(),
            source: Some(source),
        },
        _ => StoreError::io(path, operation, source),
    }
}
