//! Who should train with whom, from the labels alone: a proposal with what chance and resampling say about it.
//!
//! The affinity of two tasks is the largest information between a label of one and a label of the other, bits, each as in the report
//! before training: same number, estimator and p. A pair that was never observed together has none, and counts as the threshold: it
//! neither joins nor parts. The threshold is the 95th percentile of all affinities when every label is shuffled.

use std::f64::consts::LN_2;

use polytask_random::{Seed, Stream};
use rayon::prelude::*;

use super::input::{Column, ReportOptions};
use super::missing;
use super::pair::Pair;
use super::prepared::Prepared;
use super::proposed::{Affinities, DRAWS, Grouped};
use crate::discrete::{Table, corrected};
use crate::error::{at_least, same_length};
use crate::grouping::Objective;
use crate::special::quantile;
use crate::{InformationError, Measure, benjamini_hochberg};

/// Rows that a shuffle or resample is made from at most.
const MOST_ROWS: usize = 10_000;

/// The proposal for tasks whose labels are `columns`; `tasks` says to which task each column belongs, from 0.
///
/// # Errors
/// If there are fewer than two tasks, columns differ in rows or no two tasks were ever observed together.
///
/// ```
/// use polytask_information::grouping::Objective;
/// use polytask_information::report::{Column, ReportOptions, Values, grouped};
///
/// let classes = |name: &str, label: fn(u32) -> u32| Column {
///     name: name.into(),
///     values: Values::Classes {
///         labels: (0..600).map(|row| Some(label(row))).collect(),
///         names: vec!["no".into(), "yes".into()],
///     },
/// };
/// let columns = [classes("even", |row| row % 2), classes("late", |row| u32::from(row > 300)), classes("odd", |row| 1 - row % 2)];
/// let found = grouped(&columns, &[0, 1, 2], Objective::Partition { largest: None }, &ReportOptions::default())?;
/// assert_eq!(found.proposal.groups, [vec![0, 2], vec![1]]);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn grouped(
    columns: &[Column],
    tasks: &[usize],
    objective: Objective,
    options: &ReportOptions,
) -> Result<Grouped, InformationError> {
    same_length("columns and their tasks", columns.len(), tasks.len())?;
    let count = tasks.iter().max().map_or(0, |last| last + 1);
    at_least("tasks", count, 2)?;
    let rows = columns.first().map_or(0, Column::rows);
    for column in columns {
        column.check(rows)?;
    }
    if let Some(strata) = &options.strata {
        same_length("rows and strata", rows, strata.len())?;
    }
    let labels = Labels::of(columns, tasks, count, options)?;
    let measures = labels.measures();
    at_least(
        "pairs of tasks that were observed together",
        measures.iter().flatten().count(),
        1,
    )?;
    let all: Vec<usize> = (0..rows).collect();
    let few = |stream: &mut Stream| {
        let mut rows = all.clone();
        stream.shuffle(&mut rows);
        rows.truncate(MOST_ROWS);
        rows
    };
    let seed = Seed(options.seed);
    let shuffled = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let mut stream = seed.stream("information/group/null", draw as u64);
            // A different order of the rows for every label.
            let orders: Vec<Vec<usize>> = match &options.strata {
                None => columns.iter().map(|_| few(&mut stream)).collect(),
                Some(strata) => {
                    let drawn = few(&mut stream);
                    let paired = columns.iter().map(|_| within(&drawn, strata, &mut stream));
                    paired.collect()
                }
            };
            labels.shuffled(draw, |column| {
                orders.get(column).cloned().unwrap_or_default()
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut null: Vec<f64> = shuffled.into_iter().flatten().flatten().collect();
    null.sort_by(f64::total_cmp);
    let threshold = quantile(&null, 0.95);
    let resampled = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let mut stream = seed.stream("information/group/bootstrap", draw as u64);
            let drawn: Vec<usize> = (0..rows.min(MOST_ROWS))
                .map(|_| stream.below(rows))
                .collect();
            labels.resampled(&drawn, &mut stream)
        })
        .collect::<Result<Vec<_>, InformationError>>()?;
    let affinities = Affinities {
        tasks: count,
        measures,
        resampled,
        threshold: (
            "95th percentile of the affinities of shuffled labels",
            null.len(),
        ),
    };
    affinities.grouped(threshold, objective)
}

/// The rows ordered by stratum, and shuffled within each.
fn within(rows: &[usize], strata: &[u32], stream: &mut Stream) -> Vec<usize> {
    let stratum = |row: &usize| strata.get(*row).copied();
    let mut ordered = rows.to_vec();
    ordered.sort_by_key(stratum);
    ordered
        .chunk_by_mut(|left, right| stratum(left) == stratum(right))
        .for_each(|own| stream.shuffle(own));
    ordered
}

/// Two labels of different tasks.
struct Sampled {
    tasks: [usize; 2],
    pair: Pair,
}

struct Labels {
    columns: Vec<Prepared>,
    pairs: Vec<Sampled>,
    count: usize,
}

impl Labels {
    fn of(
        columns: &[Column],
        tasks: &[usize],
        count: usize,
        options: &ReportOptions,
    ) -> Result<Self, InformationError> {
        let masks: Vec<Prepared> = columns.iter().map(Prepared::mask).collect();
        let columns: Vec<Prepared> = columns.iter().map(Prepared::of).collect();
        // The groups' own shares take the place of intervals.
        let options = ReportOptions {
            resamples: 0,
            ..options.clone()
        };
        let missing = missing::missingness(&masks, &columns, &options)?;
        let mut pairs = super::pairs(&columns, &options)?;
        missing::mark_pairs(&mut pairs, &missing);
        let pairs = pairs.into_iter().filter_map(|pair| {
            let tasks = [*tasks.get(pair.left)?, *tasks.get(pair.right)?];
            let [one, other] = tasks;
            (one != other).then_some(Sampled { tasks, pair })
        });
        Ok(Self {
            pairs: pairs.collect(),
            columns,
            count,
        })
    }

    /// Affinities `[tasks, tasks]`. Where tasks have several labels p is that of the best pair times their number.
    fn measures(&self) -> Vec<Option<Measure>> {
        let value = |measure: &Measure| measure.value.unwrap_or(f64::NEG_INFINITY);
        let mut found: Vec<Option<(Measure, f64)>> = vec![None; self.count * self.count];
        let known = |one: &&Sampled| one.pair.information.value.is_some();
        for one in self.pairs.iter().filter(known) {
            let measure = &one.pair.information;
            for place in self.places(one) {
                if let Some(slot) = found.get_mut(place) {
                    let tested = slot.as_ref().map_or(0.0, |(_, tested)| *tested) + 1.0;
                    let best = slot.take().map(|(best, _)| best);
                    let best = best.filter(|best| value(best) >= value(measure));
                    *slot = Some((best.unwrap_or_else(|| measure.clone()), tested));
                }
            }
        }
        let corrected = found.into_iter().map(|found| {
            let (mut measure, tested) = found?;
            if tested > 1.0 {
                measure.p = measure.p.map(|p| (p * tested).min(1.0));
                measure.estimator = format!(
                    "{}; the largest of {tested} pairs of labels",
                    measure.estimator
                )
                .into();
            }
            Some(measure)
        });
        let mut measures: Vec<Option<Measure>> = corrected.collect();
        // Each pair stands there twice, which leaves Benjamini and Hochberg's ranks over counts as they are.
        let p: Vec<Option<f64>> = measures.iter().map(|measure| measure.as_ref()?.p).collect();
        for (measure, q) in measures.iter_mut().zip(benjamini_hochberg(&p)) {
            if let Some(measure) = measure {
                measure.q = q;
            }
        }
        measures
    }

    /// Affinities, bits, each column with classes read in its own order of rows; numbers have theirs from the pair's own test.
    fn shuffled(
        &self,
        draw: usize,
        order: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Vec<Option<f64>>, InformationError> {
        let read = self.read(order);
        self.largest(|one| {
            let null = &one.pair.null;
            if !null.is_empty() {
                return Ok(null.get(draw % null.len()).copied());
            }
            let table = self.table(&read, one)?;
            Ok((table.n() > 0).then(|| corrected(&table) / LN_2 - one.pair.explained))
        })
    }

    /// Affinities, bits, of rows that were drawn with replacement, with the noise of one sample and not of two: the truth of a resample
    /// is the sample's *plug-in* value, and its error is reflected around the sample's corrected one (the basic bootstrap, Davison and
    /// Hinkley 1997). Rows drawn twice are ties, which neighbours do not bear: numbers move by their standard error.
    fn resampled(
        &self,
        drawn: &[usize],
        stream: &mut Stream,
    ) -> Result<Vec<Option<f64>>, InformationError> {
        let read = self.read(|_| drawn.to_vec());
        self.largest(|one| {
            let information = &one.pair.information;
            let Some(value) = information.value else {
                return Ok(None);
            };
            if !one.pair.null.is_empty() {
                let se = information.se.unwrap_or(0.0);
                return Ok(Some(value + stream.normal() * se));
            }
            let table = self.table(&read, one)?;
            let plug_in = value + information.null_mean.unwrap_or(0.0);
            Ok((table.n() > 0).then(|| value - (corrected(&table) / LN_2 - plug_in)))
        })
    }

    /// Labels of each column with classes or bins.
    fn read(&self, order: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<Option<u32>>> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(place, column)| {
                let rows = order(place).into_iter();
                rows.map(|row| column.labels.get(row).copied().flatten())
                    .collect()
            })
            .collect()
    }

    fn table(&self, read: &[Vec<Option<u32>>], one: &Sampled) -> Result<Table, InformationError> {
        let side = |place: usize| {
            let labels = read.get(place).map_or(&[][..], Vec::as_slice);
            let classes = self.columns.get(place).map_or(0, |column| column.classes);
            (labels, classes)
        };
        let ((a, own), (b, other)) = (side(one.pair.left), side(one.pair.right));
        Table::of_labels(a, own, b, other)
    }

    /// The largest value of each two tasks, `[tasks, tasks]`; of pairs that have a number.
    fn largest(
        &self,
        mut of: impl FnMut(&Sampled) -> Result<Option<f64>, InformationError>,
    ) -> Result<Vec<Option<f64>>, InformationError> {
        let mut found: Vec<Option<f64>> = vec![None; self.count * self.count];
        let known = |one: &&Sampled| one.pair.information.value.is_some();
        for one in self.pairs.iter().filter(known) {
            let value = of(one)?;
            for place in self.places(one) {
                if let Some(slot) = found.get_mut(place) {
                    *slot = match (*slot, value) {
                        (Some(best), Some(value)) => Some(best.max(value)),
                        (best, value) => best.or(value),
                    };
                }
            }
        }
        Ok(found)
    }

    fn places(&self, one: &Sampled) -> [usize; 2] {
        let [left, right] = one.tasks;
        [left * self.count + right, right * self.count + left]
    }
}
