//! Tests of the whole crate: every expected value comes from an independent rewrite in f64 (`reference`), a closed form
//! or a published number.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod canonical;
mod cnn;
mod exchange;
mod fixtures;
mod gradients;
mod losses;
mod options;
mod reference;
mod start;
mod tasks;
