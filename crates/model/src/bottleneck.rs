//! What the config says about a bottleneck on the shared representation: the key `bottleneck` of its root.

use polytask_config::{Choice, Entry, Fields};

/// The law r that the rate is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatePrior {
    Standard,
    Learned,
}

impl Choice for RatePrior {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("standard", Self::Standard, "N(0, I)"),
        (
            "learned",
            Self::Learned,
            "a normal law with a mean and a variance for each number, trained with the rest",
        ),
    ];
}

/// A variational information bottleneck (Alemi et al. 2017).
///
/// Minimising Σ_t w_t l_t + β R, with R the rate: the mean over rows of KL(q(z|x) || r), nats, an upper bound on I(X;Z). β is in
/// nats of the weighted loss for a nat of rate, for the *sum* over tasks: where a weighting rescales that sum, β must follow.
#[derive(Clone, Debug, PartialEq)]
pub struct BottleneckOptions {
    /// What a nat of rate costs; under a budget the first price.
    pub beta: f64,
    /// Epochs over which the price rises from 0, linearly.
    pub warmup: f64,
    /// Nats a row that the rate is to be held below by moving the price.
    pub rate_budget: Option<f64>,
    /// How fast the price moves: e to this power at a step that misses the budget by all of it.
    pub pace: f64,
    /// r.
    pub prior: RatePrior,
    /// What a nat of each block of the representation costs beside β; one block if empty. Σ_c β_c R_c in place of β R.
    pub blocks: Vec<f64>,
}

/// Every bottleneck.
pub static BOTTLENECKS: &[Entry<BottleneckOptions>] = &[Entry {
    name: "vib",
    summary: "the representation becomes a normal law a row, and what it tells of the inputs is paid for",
    source: "Alemi et al. 2017, Deep Variational Information Bottleneck",
    new: |fields| {
        let options = BottleneckOptions {
            beta: fields
                .number(
                    "beta",
                    "nats of weighted loss that a nat of rate costs; under a budget the first price",
                )
                .above(0.0)
                .or(1e-3),
            warmup: fields
                .number("warmup", "epochs over which the price rises from 0, linearly")
                .at_least(0.0)
                .or(1.0),
            rate_budget: fields
                .number(
                    "rate_budget",
                    "nats a row that the rate is to be held below, by moving the price",
                )
                .above(0.0)
                .optional(),
            pace: fields
                .number(
                    "pace",
                    "under a budget: the price times e to this power at a step that misses it by all of it",
                )
                .above(0.0)
                .at_most(1.0)
                .or(0.01),
            prior: fields
                .choice("prior", "the law that the rate is measured against")
                .or(RatePrior::Standard),
            blocks: fields
                .numbers(
                    "blocks",
                    "how many times the price each of so many equal blocks of the representation pays; one block if empty",
                )
                .each_at_least(0.0)
                .or(Vec::new()),
        };
        match options.rate_budget {
            Some(_) => fields.no_effect("warmup", "P0504", "beside rate_budget"),
            None => fields.no_effect("pace", "P0504", "without rate_budget"),
        }
        options
    },
    facts: (),
}];

/// Reads the key `bottleneck`; none by default.
pub(crate) fn options(fields: &mut Fields<'_>) -> Option<BottleneckOptions> {
    let help = "a limit on what the shared representation tells of the inputs";
    let chosen = fields.entry("bottleneck", help, BOTTLENECKS).optional();
    chosen.map(|chosen| chosen.value)
}
