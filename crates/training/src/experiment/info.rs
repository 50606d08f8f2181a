//! `[info]`.

use polytask_config::Fields;
use polytask_information::report::ReportOptions;

/// What stands for no column in `stratify`, as where a `--set` takes back what a file says.
const NO_STRATA: &str = "none";

/// `[info]`.
#[derive(Clone, Debug, PartialEq)]
pub struct InfoOptions {
    /// Random pairings per test.
    pub permutations: usize,
    /// Resamples per interval; 0 for none.
    pub resamples: usize,
    /// False discovery rate.
    pub fdr: f64,
    /// The neighbours of k-nearest-neighbour estimates.
    pub neighbours: usize,
    /// Features shown per task.
    pub features: usize,
    /// The column within whose groups labels are permuted.
    pub stratify: Option<String>,
}

impl InfoOptions {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            permutations: fields
                .integer("permutations", "random pairings per test of a dependence")
                .within(19..=1_000_000)
                .or(999),
            resamples: fields
                .integer("resamples", "resamples per interval; 0 for no intervals")
                .within(0..=100_000)
                .or(200),
            fdr: fields
                .number(
                    "fdr",
                    "false discovery rate: the share of chance among what is called significant",
                )
                .within(0.0..=1.0)
                .or(0.05),
            neighbours: fields
                .integer(
                    "neighbours",
                    "neighbours of estimates from distances; 3 is noisy, 10 smoother and biased",
                )
                .within(1..=100)
                .or(5),
            features: fields
                .integer("features", "features listed per task, best first")
                .at_least(1)
                .or(20),
            stratify: fields
                .text(
                    "stratify",
                    "column (site, user) within whose groups labels are permuted; \"none\", as without it: within all rows",
                )
                .optional()
                .filter(|column| column != NO_STRATA),
        }
    }

    /// The options of a report on rows that are `subject`, under the config's seed.
    #[must_use]
    pub fn report(&self, subject: String, seed: u64) -> ReportOptions {
        ReportOptions {
            subject,
            permutations: self.permutations,
            resamples: self.resamples,
            rate: self.fdr,
            neighbours: self.neighbours,
            features: self.features,
            seed,
            ..ReportOptions::default()
        }
    }
}
