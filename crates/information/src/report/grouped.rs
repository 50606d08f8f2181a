//! Who should train with whom, from the labels alone: a proposal with what chance and resampling say about it.
//!
//! The affinity of two tasks is the largest corrected information between a label of one and a label of the other, bits; a pair that
//! was never observed together has none, and counts as the threshold: it neither joins nor parts. The threshold is the 95th
//! percentile of all affinities when every label is shuffled.

use std::f64::consts::LN_2;

use polytask_random::{Seed, Stream};
use rayon::prelude::*;

use super::input::{Column, ReportOptions};
use super::prepared::Prepared;
use super::proposed::{Affinities, DRAWS, Grouped};
use crate::discrete::{MutualInformation, Table};
use crate::error::{at_least, same_length};
use crate::grouping::Objective;
use crate::special::quantile;
use crate::{InformationError, Measure, Unit, benjamini_hochberg};

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
    let labels = Labels {
        columns: columns.iter().map(Prepared::of).collect(),
        tasks,
        count,
    };
    let all: Vec<usize> = (0..rows).collect();
    let affinity = labels.affinities(|_| all.clone())?;
    at_least(
        "pairs of tasks that were observed together",
        affinity.iter().flatten().count(),
        1,
    )?;
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
            labels.affinities(|column| orders.get(column).cloned().unwrap_or_default())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let measures = measures(&affinity, &shuffled);
    let bits = |shared: Option<Shared>| Some(shared?.bits);
    let null = shuffled.into_iter().flatten().filter_map(bits);
    let mut null: Vec<f64> = null.collect();
    null.sort_by(f64::total_cmp);
    let threshold = quantile(&null, 0.95);
    let resampled = (0..DRAWS)
        .into_par_iter()
        .map(|draw| {
            let mut stream = seed.stream("information/group/bootstrap", draw as u64);
            let drawn: Vec<usize> = (0..rows.min(MOST_ROWS))
                .map(|_| stream.below(rows))
                .collect();
            let found = labels.affinities(|_| drawn.clone())?;
            Ok(found.into_iter().map(bits).collect())
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

/// What two tasks' labels share.
#[derive(Clone, Copy, Debug)]
struct Shared {
    /// Corrected.
    bits: f64,
    /// What was taken off: the mean of chance.
    chance: f64,
    /// Common rows.
    rows: u64,
}

/// Affinities `[tasks, tasks]` with how often shuffled labels share as much, `[draws][tasks, tasks]`.
fn measures(found: &[Option<Shared>], shuffled: &[Vec<Option<Shared>>]) -> Vec<Option<Measure>> {
    let p = |cell: usize, bits: f64| {
        let draws = shuffled
            .iter()
            .filter_map(|draw| draw.get(cell).copied().flatten());
        let (mut reached, mut count) = (0.0, 0.0);
        for draw in draws {
            count += 1.0;
            reached += f64::from(u8::from(draw.bits >= bits));
        }
        (1.0 + reached) / (1.0 + count)
    };
    let of = |(cell, shared): (usize, &Option<Shared>)| {
        let shared = (*shared)?;
        let estimator = "plug-in - EMI, the largest of the tasks' labels; shuffled labels";
        let measure = Measure::of(shared.bits, Unit::Bits, estimator, shared.rows as usize);
        Some(measure.with_null(shared.chance, Some(p(cell, shared.bits))))
    };
    let mut measures: Vec<Option<Measure>> = found.iter().enumerate().map(of).collect();
    // Each pair stands there twice, which leaves Benjamini and Hochberg's ranks over counts as they are.
    let p: Vec<Option<f64>> = measures.iter().map(|measure| measure.as_ref()?.p).collect();
    for (measure, q) in measures.iter_mut().zip(benjamini_hochberg(&p)) {
        if let Some(measure) = measure {
            measure.q = q;
        }
    }
    measures
}

struct Labels<'a> {
    columns: Vec<Prepared>,
    tasks: &'a [usize],
    count: usize,
}

impl Labels<'_> {
    /// Affinities `[tasks, tasks]`, each column read in its own order of rows.
    fn affinities(
        &self,
        order: impl Fn(usize) -> Vec<usize>,
    ) -> Result<Vec<Option<Shared>>, InformationError> {
        let read: Vec<Vec<Option<u32>>> = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let rows = order(place).into_iter();
                rows.map(|row| column.labels.get(row).copied().flatten())
                    .collect()
            })
            .collect();
        let mut found: Vec<Option<Shared>> = vec![None; self.count * self.count];
        for (left, (own, a)) in self.tasks.iter().zip(&read).enumerate() {
            for (right, (other, b)) in self.tasks.iter().zip(&read).enumerate().skip(left + 1) {
                let classes = |place: usize| self.columns.get(place).map_or(0, |one| one.classes);
                if own == other {
                    continue;
                }
                let table = Table::of_labels(a, classes(left), b, classes(right))?;
                if table.n() == 0 {
                    continue;
                }
                let information = MutualInformation::of(&table);
                let shared = Shared {
                    bits: information.corrected() / LN_2,
                    chance: information.expected / LN_2,
                    rows: table.n(),
                };
                for place in [own * self.count + other, other * self.count + own] {
                    if let Some(slot) = found.get_mut(place)
                        && slot.is_none_or(|best| shared.bits > best.bits)
                    {
                        *slot = Some(shared);
                    }
                }
            }
        }
        Ok(found)
    }
}
