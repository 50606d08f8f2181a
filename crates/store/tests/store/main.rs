//! The promises of the store, tested through its public face; faults inside a commit are tested in `src/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests are tests as well"
)]

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
