//! End to end, through the binary: what a user types, and what comes of it.

mod bad_config;
mod check;
mod config;
mod documents;
mod evaluate;
mod harness;
mod predict;
mod reliability;
mod resume;
mod signals;
mod train;
