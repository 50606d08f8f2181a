//! Planted structure: data whose truth is known in numbers, and what a trainer and its estimators must find of it again.
//!
//! Eight families, P1 to P8, each a module of [`families`]: its [`Instance`]s (data, the truth as JSON, a config that trains on it), and a
//! scorer that turns what was found into [`Check`]s, each with the mark that it must reach. Plain f64: what has to be trained is
//! trained by the caller, who hands in predictions or weights. The data come from the generators of `polytask-data` and are
//! exact functions of a seed.
//!
//! ```
//! use polytask_planted::{Family, families};
//!
//! // What a symmetric channel leaves of a label, against what the estimators find in data that went through it.
//! let checks = families::ceiling::of_noise();
//! assert!(checks.iter().all(|check| check.passed() != Some(false)));
//! assert_eq!(Family::ALL.map(Family::code).first(), Some(&"P1"));
//! ```

mod check;
mod columns;
mod error;
pub mod families;
mod instance;
mod linear;
mod matching;

pub use check::{Check, Found, Mark, Value};
pub use error::PlantedError;
pub use families::Family;
pub use instance::{Instance, csv};
pub use linear::{Matrix, least_squares, reduced_rank};
pub use matching::{best_matching, largest_angle_cosine};
