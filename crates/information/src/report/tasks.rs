//! Each task by itself.

use serde::Serialize;

use super::input::{Column, Values};
use crate::discrete::Entropy;
use crate::special::mean_and_variance;
use crate::{Flag, Measure, Unit};

/// One task's labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskFacts {
    /// Its name.
    pub name: String,
    /// Rows with a label.
    pub labelled: u64,
    /// Share of rows without.
    pub missing: Measure,
    /// Of a label with classes.
    pub classes: Option<ClassFacts>,
    /// Of a real label.
    pub real: Option<RealFacts>,
}

/// A label with classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFacts {
    /// Classes seen.
    pub seen: usize,
    /// Classes there are.
    pub classes: usize,
    /// Classes seen fewer than five times, merged for every information.
    pub rare: usize,
    /// H(Y), bits.
    pub entropy: Measure,
    /// e^H: as many equally likely classes are as uncertain.
    pub perplexity: Measure,
    /// The accuracy of always naming the most frequent class.
    pub majority: Measure,
}

/// A real label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RealFacts {
    /// Mean, in the label's unit.
    pub mean: Measure,
    /// Standard deviation, in the label's unit.
    pub deviation: Measure,
    /// Mean cubed standard score.
    pub skewness: Measure,
    /// Share of rows whose value another row has too.
    pub tied: Measure,
}

impl TaskFacts {
    pub(super) fn of(column: &Column, rare: usize) -> Self {
        let rows = column.rows();
        let labelled = column.present().iter().filter(|is| **is).count();
        let missing = (rows - labelled) as f64 / rows.max(1) as f64;
        let (classes, real) = match &column.values {
            Values::Classes { labels, names } => {
                let mut counts = vec![0u64; names.len()];
                for label in labels.iter().flatten() {
                    if let Some(count) = counts.get_mut(*label as usize) {
                        *count += 1;
                    }
                }
                (Some(ClassFacts::of(&counts, rare)), None)
            }
            Values::Real(values) => {
                let values: Vec<f64> = values.iter().copied().flatten().collect();
                (None, Some(RealFacts::of(&values)))
            }
        };
        Self {
            name: column.name.clone(),
            labelled: labelled as u64,
            missing: Measure::of(missing, Unit::One, "count", rows),
            classes,
            real,
        }
    }
}

impl ClassFacts {
    fn of(counts: &[u64], rare: usize) -> Self {
        let n: u64 = counts.iter().sum();
        let rows = n as usize;
        let entropy = Entropy::MillerMadow.of(counts);
        let plug_in = Entropy::MaximumLikelihood.of(counts);
        let second: f64 = counts
            .iter()
            .filter(|&&count| count > 0)
            .map(|&count| {
                let p = count as f64 / n as f64;
                p * p.ln().powi(2)
            })
            .sum();
        let se = ((second - plug_in * plug_in).max(0.0) / n as f64).sqrt();
        let majority = counts
            .iter()
            .max()
            .map_or(f64::NAN, |&most| most as f64 / n as f64);
        let mut entropy_measure =
            Measure::of(entropy, Unit::Nats, "Miller-Madow", rows).with_se(se);
        if entropy > (counts.len() as f64).ln() + 1e-9 {
            entropy_measure.flag(Flag::ExceedsEntropy);
        }
        if counts.iter().filter(|&&count| count > 0).count() == 1 {
            entropy_measure.flag(Flag::Constant);
        }
        Self {
            seen: counts.iter().filter(|&&count| count > 0).count(),
            classes: counts.len(),
            rare,
            perplexity: Measure::of(
                entropy.exp(),
                Unit::Classes,
                "e to the Miller-Madow entropy",
                rows,
            )
            .with_se(entropy.exp() * se),
            entropy: entropy_measure.in_bits(),
            majority: Measure::of(majority, Unit::One, "count", rows)
                .with_se((majority * (1.0 - majority) / n as f64).sqrt()),
        }
    }
}

impl RealFacts {
    fn of(values: &[f64]) -> Self {
        let n = values.len();
        let (mean, variance) = mean_and_variance(values);
        let deviation = variance.sqrt();
        let skewness = values
            .iter()
            .map(|value| ((value - mean) / deviation).powi(3))
            .sum::<f64>()
            / n as f64;
        let tied =
            crate::continuous::Points::line(values).map_or(f64::NAN, |points| points.tie_share());
        let mut deviation_measure = Measure::of(deviation, Unit::One, "standard deviation", n);
        if n > 0 && variance <= 0.0 {
            deviation_measure.flag(Flag::Constant);
        }
        Self {
            mean: Measure::of(mean, Unit::One, "mean", n).with_se(deviation / (n as f64).sqrt()),
            deviation: deviation_measure,
            skewness: Measure::of(skewness, Unit::One, "mean cubed standard score", n),
            tied: Measure::of(tied, Unit::One, "count", n),
        }
    }
}
