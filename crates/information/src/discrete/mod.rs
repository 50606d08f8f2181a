//! Labels with classes: entropies, divergences and what two of them share.
//!
//! A plug-in information of few rows is mostly chance. Digits (10) and letters (26) paired at random show 2.303 nats on 10 rows
//! (the maximum), 0.520 on 260, 0.044 on 2 600. So an information is reported as its plug-in value, the exact mean of chance
//! ([`expected_information`]) and their difference, and tested against the same chance ([`permutation_test`]).

mod divergence;
mod entropy;
mod expected;
mod mutual;
mod nsb;
mod permutation;
mod rare;
mod resampled;
mod table;

pub use divergence::{
    generalised_jensen_shannon, jensen_shannon, krichevsky_trofimov, kullback_leibler, law_entropy,
};
pub use entropy::Entropy;
pub use expected::expected_information;
pub use mutual::{G, MutualInformation, g_test};
pub use permutation::{Permutation, exact_permutation_p, permutation_test, pooled};
pub use rare::{Merged, RARE, merge_rare};
pub(crate) use resampled::corrected;
pub use resampled::{bootstrap_information, bootstrap_information_of_groups};
pub use table::Table;
