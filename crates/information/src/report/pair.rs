//! What two tasks' labels share.

use polytask_random::Stream;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use super::tested::Tested;
use crate::continuous::{Kraskov, Points, gaussian_copula, kraskov, mixed, ross};
use crate::error::same_length;
use crate::{Flag, InformationError, Measure, Unit};

/// Rows a neighbour estimate needs.
const ROWS: usize = 50;
/// Ties above this share need the mixed estimator.
const TIES: f64 = 0.01;
/// Random pairings, and rows of each, that the null mean of a neighbour estimate is taken from.
const NULL: (usize, usize) = (20, 2000);

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
        };
        if pair.co_observed == 0 {
            return Ok(pair);
        }
        if a.real.is_some() || b.real.is_some() {
            pair.with_numbers(a, b, &tested, options, stream)?;
            return Ok(pair);
        }
        let facts = tested.information;
        let n = pair.co_observed as usize;
        let corrected = pair.information.value.unwrap_or(f64::NAN) * std::f64::consts::LN_2;
        let null = pair.information.null_mean.unwrap_or(f64::NAN) * std::f64::consts::LN_2;
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
        let (value, n) = estimate.value()?;
        let null_mean = estimate.null_mean(stream)?;
        let p = tested.measure.p;
        let mut measure = Measure::of(
            value,
            Unit::Nats,
            format!("{}; p by a table of 8 bins", estimate.name()),
            n,
        )
        .with_null(null_mean, p)
        .checked_against(estimate.entropy(tested))
        .in_bits();
        if is_subsampled {
            measure.flag(Flag::Subsampled);
        }
        if estimate.is_tied {
            measure.flag(Flag::Ties);
        }
        self.information = measure;
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

/// A neighbour estimate that can be made again on permuted rows.
struct Estimate {
    x: Points,
    y: Points,
    /// The classes of x, if it has classes.
    classes: Option<Vec<u32>>,
    is_tied: bool,
    neighbours: usize,
    swapped: bool,
}

impl Estimate {
    fn of(
        a: &Prepared,
        b: &Prepared,
        rows: &[usize],
        neighbours: usize,
    ) -> Result<Self, InformationError> {
        // The side with classes, if there is one, comes first.
        let swapped = a.real.is_some() && b.real.is_none();
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        let numbers = |side: &Prepared| -> Result<Points, InformationError> {
            let values: Vec<f64> = match &side.real {
                Some(values) => rows
                    .iter()
                    .filter_map(|&row| values.get(row).copied().flatten())
                    .collect(),
                None => rows
                    .iter()
                    .filter_map(|&row| side.labels.get(row).copied().flatten().map(f64::from))
                    .collect(),
            };
            same_length("rows of a pair", rows.len(), values.len())?;
            Ok(Points::line(&values)?.standardised())
        };
        let (x, y) = (numbers(a)?, numbers(b)?);
        let classes = a.real.is_none().then(|| {
            rows.iter()
                .filter_map(|&row| a.labels.get(row).copied().flatten())
                .collect()
        });
        // A class ties by nature; a number that does needs the mixed estimator.
        let is_tied = y.tie_share() > TIES || (classes.is_none() && x.tie_share() > TIES);
        Ok(Self {
            x,
            y,
            classes,
            is_tied,
            neighbours,
            swapped,
        })
    }

    fn name(&self) -> String {
        let kind = match (&self.classes, self.is_tied) {
            (_, true) => "mixed (Gao)",
            (Some(_), false) => "Ross",
            (None, false) => "KSG-I",
        };
        format!("{kind}, k = {}", self.neighbours)
    }

    /// Nats, and the rows it is from.
    fn value(&self) -> Result<(f64, usize), InformationError> {
        self.on(&self.x, self.classes.as_deref(), &self.y)
    }

    fn on(
        &self,
        x: &Points,
        classes: Option<&[u32]>,
        y: &Points,
    ) -> Result<(f64, usize), InformationError> {
        match (classes, self.is_tied) {
            (Some(classes), false) => ross(classes, y, self.neighbours),
            (None, false) => Ok((kraskov(x, y, self.neighbours, Kraskov::First)?, x.len())),
            // Classes are points that only meet themselves: far apart in the maximum norm.
            (Some(_), true) => {
                let apart = Points::line(
                    &x.values()
                        .iter()
                        .map(|value| 1e6 * value)
                        .collect::<Vec<_>>(),
                )?;
                Ok((mixed(&apart, y, self.neighbours)?, x.len()))
            }
            (None, true) => Ok((mixed(x, y, self.neighbours)?, x.len())),
        }
    }

    fn null_mean(&self, stream: &mut Stream) -> Result<f64, InformationError> {
        let mut rows: Vec<usize> = (0..self.x.len()).collect();
        stream.shuffle(&mut rows);
        rows.truncate(NULL.1);
        let x = self.x.at(&rows);
        let classes = self.classes.as_ref().map(|classes| {
            rows.iter()
                .filter_map(|&row| classes.get(row).copied())
                .collect::<Vec<u32>>()
        });
        let mut total = 0.0;
        for _ in 0..NULL.0 {
            stream.shuffle(&mut rows);
            total += self.on(&x, classes.as_deref(), &self.y.at(&rows))?.0;
        }
        Ok(total / NULL.0 as f64)
    }

    /// What the information cannot exceed, if a side has classes.
    fn entropy(&self, tested: &Tested) -> Option<f64> {
        self.classes.as_ref()?;
        Some(if self.swapped {
            tested.information.y_entropy
        } else {
            tested.information.x_entropy
        })
    }
}
