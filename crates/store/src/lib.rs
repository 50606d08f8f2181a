//! What a run leaves on disk: named, checksummed bytes that survive a crash.
//!
//! One checkpoint is one file and one file is one commit point: it is written under a scratch name, fsynced, read back
//! and verified, and then published by a single rename. Everything else in a run directory is either written the same
//! way ([`RunRecord`], the configs, the `latest` pointer, the index), or is an append-only [`Journal`] whose torn end is
//! cut off when it is opened again. Nothing here knows what the bytes mean.
//!
//! | to … | use |
//! |---|---|
//! | write, read, check one file | [`write()`], [`read`], [`verify`], [`Checkpoint`] |
//! | compare weights across processes | [`digest`] |
//! | start a run, continue one, look at one | [`RunDir`], [`Writer`], [`locate`] |
//! | save a checkpoint and forget old ones | [`Writer::publish`], [`Retention`] |
//! | find the checkpoint to continue from | [`RunDir::select`], [`Pick`], [`Fallback`] |
//! | keep a log that a crash does not spoil | [`Journal`] |
//! | refuse before the disk is full | [`free_space`], [`require_space`] |
//! | plant a fault | [`failpoint`] |
//!
//! Unix only: folders are held by handles (`openat`, `renameat`), and a lock is known again by its inode.
//!
//! Only the holder of the lock, a [`Writer`], can change a run directory; readers need no lock and never see a torn file.
//!
//! ```
//! use polytask_store::{Checkpoint, Fallback, Part, Pick, Retention, RunDir};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runs = tempfile::tempdir()?;
//! let run = RunDir::create(runs.path(), "student", std::time::SystemTime::now())?;
//! for step in [100, 200, 300] {
//!     let checkpoint = Checkpoint::at_step(step)
//!         .with_part(Part::f32("model/heads.digit.bias", vec![2], &[0.5, step as f32]));
//!     run.publish(&checkpoint, &Retention { keep_last: 2, keep_best: 0 })?;
//! }
//! drop(run);                                          // or the process dies: the kernel frees the lock
//!
//! let run = polytask_store::latest(runs.path())?;
//! let chosen = run.select(Pick::Last, Fallback::Allowed)?;
//! assert_eq!(chosen.step, 300);
//! assert_eq!(run.checkpoints()?.len(), 2);
//! # Ok(()) }
//! ```

#[cfg(not(unix))]
compile_error!("polytask keeps runs by folder handles and inodes: it needs a Unix");

mod checkpoint;
mod digest;
mod error;
pub mod failpoint;
mod folder;
mod index;
mod journal;
mod lock;
mod name;
mod publish;
mod retention;
mod run_dir;
mod select;
mod shown;
mod space;
mod stamp;

pub use checkpoint::{
    Checkpoint, EPOCH, Limits, Part, PartSummary, RUN, SCORE, STEP, Summary, Written, read, verify,
    write,
};
pub use digest::{AVERAGE, Digest, WEIGHTS, digest, everything, is_averaged, weights_digest};
pub use error::{Class, Flaw, NameFlaw, StoreError};
pub use index::{IndexEntry, Listed};
pub use journal::{Journal, Repair, read_journal};
pub use name::{checked_name, checkpoint_step};
pub use retention::{Kept, Retained, Retention, Shelf, retain};
pub use run_dir::{
    Located, Log, Published, RunDir, RunRecord, Status, Text, Writer, latest, locate,
};
pub use select::{Fallback, Pick, Selected, Skipped};
pub use space::{free_space, require_space};
pub use stamp::{run_stamp, timestamp};
