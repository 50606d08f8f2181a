//! What two tasks' labels share.

use std::f64::consts::LN_2;

use polytask_random::Stream;
use serde::Serialize;

use super::estimate::Estimate;
use super::input::ReportOptions;
use super::prepared::Prepared;
use super::tested::Tested;
use crate::continuous::{Points, gaussian_copula};
use crate::special::mean_and_variance;
use crate::{Flag, InformationError, Measure, Unit};

/// Rows a neighbour estimate needs.
const ROWS: usize = 50;
/// Two tasks, by their places.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The smaller place.
    pub left: usize,
    /// The larger place.
    pub right: usize,
    /// Rows with both labels. With 0 of them nothing is known; that is not "0 bits".
    pub co_observed: u64,
    /// Corrected information, bits.
    pub information: Measure,
    /// The plug-in value it was corrected from; of two labels with classes.
    pub plug_in: Option<Measure>,
    /// U(right | left): the share of right's entropy that left removes, corrected. None if an entropy is 0.
    pub right_from_left: Option<Measure>,
    /// U(left | right).
    pub left_from_right: Option<Measure>,
    /// Adjusted mutual information.
    pub adjusted: Option<Measure>,
    /// The Gaussian-copula value, a lower bound; of pairs with a real label.
    pub companion: Option<Measure>,
    /// The values of random pairings, bits, on the scale of `information`; of neighbour estimates.
    #[serde(skip)]
    pub(super) null: Vec<f64>,
    /// What the strata explain of a table, bits: the mean of chance within them less EMI.
    #[serde(skip)]
    pub(super) explained: f64,
}

impl Pair {
    pub(super) fn of(
        (left, a): (usize, &Prepared),
        (right, b): (usize, &Prepared),
        options: &ReportOptions,
        stream: &mut Stream,
    ) -> Result<Self, InformationError> {
        let resamples = if a.real.is_some() || b.real.is_some() {
            0
        } else {
            options.resamples
        };
        let tested = Tested::of(
            (&a.labels, a.classes),
            (&b.labels, b.classes),
            options,
            resamples,
            stream,
        )?;
        let mut pair = Self {
            left,
            right,
            co_observed: tested.table.n(),
            information: tested.measure.clone(),
            plug_in: None,
            right_from_left: None,
            left_from_right: None,
            adjusted: None,
            companion: None,
            null: Vec::new(),
            explained: tested
                .measure
                .null_mean
                .map_or(0.0, |mean| mean - tested.information.expected / LN_2),
        };
        if pair.co_observed == 0 {
            return Ok(pair);
        }
        if is_constant(a, b) || is_constant(b, a) {
            let n = pair.co_observed as usize;
            pair.information = Measure::absent(
                Unit::Bits,
                "none: a label is constant on the common rows",
                n,
                Flag::Undefined,
            );
            return Ok(pair);
        }
        if a.real.is_some() || b.real.is_some() {
            pair.with_numbers(a, b, &tested, options, stream)?;
            return Ok(pair);
        }
        let facts = tested.information;
        let n = pair.co_observed as usize;
        let corrected = pair.information.value.unwrap_or(f64::NAN) * LN_2;
        let null = pair.information.null_mean.unwrap_or(f64::NAN) * LN_2;
        let share = |entropy: f64, name: &'static str| {
            (entropy > 1e-14).then(|| {
                Measure::of(corrected / entropy, Unit::One, name, n)
                    .with_null(null / entropy, pair.information.p)
            })
        };
        pair.right_from_left = share(facts.y_entropy, "corrected information over H(right)");
        pair.left_from_right = share(facts.x_entropy, "corrected information over H(left)");
        // Its null is that of rows without strata.
        let adjusted = facts.adjusted().filter(|_| options.strata.is_none());
        pair.adjusted = adjusted.map(|value| {
            Measure::of(value, Unit::One, "AMI, arithmetic mean", n)
                .with_null(0.0, pair.information.p)
        });
        pair.plug_in = Some(
            Measure::of(facts.plug_in, Unit::Nats, "plug-in", n)
                .with_null(null, pair.information.p)
                .flagged(Flag::Inflated)
                .in_bits(),
        );
        if a.rare + b.rare > 0 {
            pair.information.flag(Flag::RareMerged);
        }
        Ok(pair)
    }

    /// The neighbour estimate in place of the binned one; the binned table keeps the test.
    fn with_numbers(
        &mut self,
        a: &Prepared,
        b: &Prepared,
        tested: &Tested,
        options: &ReportOptions,
        stream: &mut Stream,
    ) -> Result<(), InformationError> {
        let n = self.co_observed as usize;
        if n < ROWS {
            self.information.estimator = format!("8 bins, {}", self.information.estimator).into();
            self.information.flag(Flag::FewRows);
            return Ok(());
        }
        let mut rows: Vec<usize> = (0..a.labels.len())
            .filter(|&row| {
                let is = |side: &Prepared| matches!(side.labels.get(row), Some(Some(_)));
                is(a) && is(b)
            })
            .collect();
        let is_subsampled = n > options.most_rows;
        if is_subsampled {
            stream.shuffle(&mut rows);
            rows.truncate(options.most_rows.max(ROWS));
            rows.sort_unstable();
        }
        let estimate = Estimate::of(a, b, &rows, options.neighbours)?;
        let terms = estimate.terms()?;
        let (value, variance) = mean_and_variance(&terms);
        let n = terms.len();
        let strata: Option<Vec<u32>> = options.strata.as_ref().map(|strata| {
            let own = rows.iter().filter_map(|&row| strata.get(row).copied());
            own.collect()
        });
        let is_saturated = estimate.is_saturated(value);
        let null = estimate.null(strata.as_deref(), options.permutations, stream)?;
        let null_mean = null.mean;
        // With many ties the estimate is as far off as a plug-in is, and what the strata explain is to be taken off; else chance has
        // a mean of nearly 0.
        let (taken, correction) = match (&strata, estimate.is_tied) {
            (Some(_), _) => (null_mean, " - mean of permutations within strata"),
            (None, true) => (null_mean, " - mean of permutations"),
            (None, false) => (0.0, ""),
        };
        let value = value - taken;
        // Two tests, Bonferroni's correction: neighbours see what bins blur, bins see what is weak in more rows than can be permuted.
        // What is not above chance is no finding, whatever the bins say.
        let p = if value > 0.0 {
            let bins = tested.measure.p.unwrap_or(1.0);
            (2.0 * bins.min(null.p())).min(1.0)
        } else {
            1.0
        };
        let mut measure = Measure::of(
            value,
            Unit::Nats,
            format!(
                "{}{correction}; p twice the smaller of {} permutations of it on {} rows and of 8 bins",
                estimate.name(),
                null.values.len(),
                null.rows
            ),
            n,
        )
        // Neighbours share points, so that terms are not quite independent: a first-order error.
        .with_se((variance / n as f64).sqrt())
        .with_null(null_mean, Some(p))
        .checked_against(estimate.entropy(tested))
        .in_bits();
        if is_saturated {
            measure.flag(Flag::Saturated);
            // The terms are alike because they all stand at the ceiling; that says nothing of the error.
            measure.se = None;
        }
        if is_subsampled {
            measure.flag(Flag::Subsampled);
        }
        if estimate.is_tied {
            measure.flag(Flag::Ties);
        }
        // A number has no entropy to take a share of; a class does.
        if let Some(entropy) = estimate.entropy(tested).filter(|entropy| *entropy > 1e-14) {
            let share = Measure::of(value / entropy, Unit::One, "information over H(class)", n)
                .with_null(null_mean / entropy, Some(p))
                .checked_against(Some(1.0));
            let of_class = if a.real.is_none() {
                &mut self.left_from_right
            } else {
                &mut self.right_from_left
            };
            *of_class = Some(share);
        }
        self.information = measure;
        // The spread of chance falls with the root of the rows.
        let scale = (null.rows as f64 / n as f64).sqrt();
        self.null = null
            .values
            .iter()
            .map(|value| ((value - null_mean) * scale + null_mean - taken) / LN_2)
            .collect();
        if let (Some(x), Some(y)) = (&a.real, &b.real) {
            let take = |values: &[Option<f64>]| {
                Points::line(
                    &rows
                        .iter()
                        .filter_map(|&row| values.get(row).copied().flatten())
                        .collect::<Vec<_>>(),
                )
            };
            let value = gaussian_copula(&take(x)?, &take(y)?);
            self.companion = value.ok().map(|value| {
                Measure::of(value, Unit::Nats, "Gaussian copula", n)
                    .with_null(0.5 / n as f64, None)
                    .flagged(Flag::LowerBound)
                    .in_bits()
            });
        }
        Ok(())
    }
}

/// Whether `side` has one value in all rows that have both labels.
fn is_constant(side: &Prepared, other: &Prepared) -> bool {
    let rows = side.labels.iter().zip(&other.labels).enumerate();
    let mut values = rows.filter_map(|(row, labels)| match labels {
        (Some(class), Some(_)) => match &side.real {
            Some(values) => values.get(row).copied().flatten(),
            None => Some(f64::from(*class)),
        },
        _ => None,
    });
    let first = values.next();
    values.all(|value| Some(value) == first)
}
