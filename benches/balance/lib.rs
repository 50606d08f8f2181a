//! Benchmarks of the crates without tensors; see `Cargo.toml` for why they stand apart.
