//! End to end, through the binary: what a user types, and what comes of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it skips"
)]

mod all_at_once;
mod backends;
mod bad_config;
mod balance;
mod bench;
mod canonical;
mod check;
mod config;
mod constant;
mod coupling;
mod documents;
mod evaluate;
mod group;
mod harness;
mod info;
mod keeping;
mod predict;
mod reliability;
mod resume;
mod score;
mod signals;
mod train;
mod transfer;
mod usable;
