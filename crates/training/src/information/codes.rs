//! How a model with a code dictionary shares it: facts of the weights, no estimates.

use polytask_information::codes::{
    code_task_information, effective_codes, usage, usage_divergences,
};
use polytask_information::{Measure, Unit};
use polytask_model::MultiTaskModel;
use serde::Serialize;

/// Who uses which codes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CodeUse {
    /// I(C;T), bits: 0 if all tasks use the same mix, `most` if their codes are disjoint. Tasks weigh alike.
    pub information: Measure,
    /// min(log C, log T), bits.
    pub most: f64,
    /// Shares of the codes, `[tasks][codes]`.
    pub usage: Vec<Vec<f64>>,
    /// e to the entropy of a task's shares: how many codes it effectively uses.
    pub effective: Vec<Measure>,
    /// Jensen-Shannon divergences of two tasks' shares, bits, `[tasks][tasks]` row by row.
    pub divergences: Vec<f64>,
}

/// The use of a model's codes; none if it has none.
#[must_use]
pub fn code_use(model: &MultiTaskModel) -> Option<CodeUse> {
    let strengths = model.code_strengths()?;
    let usages: Vec<Vec<f64>> = strengths.iter().map(|alphas| usage(alphas)).collect();
    let tasks = usages.len();
    let codes = usages.first().map_or(0, Vec::len);
    let weights = vec![1.0 / tasks.max(1) as f64; tasks];
    let bits = |nats: f64| nats / std::f64::consts::LN_2;
    let information = code_task_information(&usages, &weights).ok()?;
    Some(CodeUse {
        information: Measure::of(information, Unit::Nats, "shares of the weights", codes).in_bits(),
        most: bits((codes.min(tasks).max(1) as f64).ln()),
        effective: usages
            .iter()
            .map(|usage| {
                Measure::of(
                    effective_codes(usage),
                    Unit::One,
                    "e to the entropy of the shares",
                    codes,
                )
            })
            .collect(),
        divergences: usage_divergences(&usages)
            .ok()?
            .into_iter()
            .map(bits)
            .collect(),
        usage: usages,
    })
}
