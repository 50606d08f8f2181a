//! The promises of the store, tested through its public face; faults inside a commit are tested in `src/`.

mod commit;
mod corruption;
mod forged;
mod golden;
mod hostile_paths;
mod journal;
mod locating;
mod locking;
mod memory;
mod samples;
mod selecting;
