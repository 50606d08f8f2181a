//! Tests of the whole crate: every expected value comes from an independent rewrite in f64 (`reference`), a closed form
//! or a published number.

mod batch;
mod bottleneck;
mod canonical;
mod cascade;
mod cases;
mod columns;
mod decoding;
mod density;
mod dictionary;
mod edges;
mod exchange;
mod fixtures;
mod gates;
mod golden;
mod gradients;
mod joint;
mod lasso;
mod law;
mod layers;
mod losses;
mod maps;
mod modes;
mod numbers;
mod options;
mod reference;
mod relations;
mod shapes;
mod stacks;
mod start;
mod summary;
mod tasks;
