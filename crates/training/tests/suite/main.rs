//! The training crate against oracles: formulas in f64, equalities of bits, sums of parts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod accumulation;
mod aggregators;
mod anchors;
mod annealing;
mod backends;
mod composing;
mod defaults;
mod ema;
mod joint;
mod muon;
mod not_finite;
mod numbers;
mod optimizers;
mod parts;
mod permuting;
mod resuming;
mod running;
mod structured;
mod world;
