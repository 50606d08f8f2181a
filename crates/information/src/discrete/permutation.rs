//! Permutation test of two labels: how often chance pairs them as well as the data do.
//!
//! p = (1 + #{I* >= I})/(R + 1): never 0, because the data themselves are one of the pairings. A pairing of two labels is only
//! seen through its table, and the table of a random pairing can be drawn directly from the margins (Patefield 1981) at a cost
//! that does not grow with the rows. With strata (sites, users) labels are paired anew within each stratum only.

use polytask_random::Stream;

use super::Table;
use crate::InformationError;
use crate::draw::{LogFactorials, add_table};
use crate::error::{at_least, at_most};
use crate::special::x_ln_x;

/// What the permutations found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permutation {
    /// (1 + permutations at least as large)/(permutations + 1).
    pub p: f64,
    /// Mean of the permuted plug-in information, nats.
    pub null_mean: f64,
    /// How many permutations were drawn.
    pub permutations: usize,
}

/// Pairs the labels of `table` anew `permutations` times.
///
/// # Errors
/// If there is no row or no permutation.
///
/// ```
/// use polytask_information::discrete::{Table, permutation_test};
/// use polytask_random::Seed;
///
/// let table = Table::of_counts(vec![10, 5, 5, 2, 8, 10], 3)?;
/// let found = permutation_test(&[table], 999, &mut Seed(7).stream("example", 0))?;
/// // The exact value is 0.0251.
/// assert!((found.p - 0.0251).abs() < 0.015);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn permutation_test(
    strata: &[Table],
    permutations: usize,
    stream: &mut Stream,
) -> Result<Permutation, InformationError> {
    at_least("permutations", permutations, 1)?;
    let whole = pooled(strata)?;
    at_least("rows with both labels", whole.n() as usize, 1)?;
    let statistic = Statistic::of(&whole);
    let observed = statistic.of_counts(whole.counts());
    // Equal tables must tie although their cells were summed in another order.
    let bar = observed - 1e-12 * observed.abs().max(1.0);
    let largest = strata.iter().map(Table::n).max().unwrap_or(0);
    let logs = LogFactorials::up_to(largest);
    let mut counts = vec![0; whole.counts().len()];
    let (mut left, mut reached, mut total) = (Vec::new(), 0usize, 0.0);
    for _ in 0..permutations {
        counts.fill(0);
        for stratum in strata {
            add_table(
                stream,
                &logs,
                stratum.row_sums(),
                stratum.column_sums(),
                &mut left,
                &mut counts,
            );
        }
        let value = statistic.of_counts(&counts);
        total += value;
        reached += usize::from(value >= bar);
    }
    Ok(Permutation {
        p: (1.0 + reached as f64) / (permutations as f64 + 1.0),
        null_mean: statistic.information(total / permutations as f64),
        permutations,
    })
}

/// The sum of the strata's tables.
///
/// # Errors
/// If there is no stratum or their shapes differ.
pub fn pooled(strata: &[Table]) -> Result<Table, InformationError> {
    at_least("strata", strata.len(), 1)?;
    let columns = strata.first().map_or(0, |table| table.column_sums().len());
    let cells = strata.first().map_or(0, |table| table.counts().len());
    let mut counts = vec![0; cells];
    for table in strata {
        crate::error::same_length("cells of two strata", cells, table.counts().len())?;
        crate::error::same_length("columns of two strata", columns, table.column_sums().len())?;
        counts
            .iter_mut()
            .zip(table.counts())
            .for_each(|(sum, count)| *sum += count);
    }
    Table::of_counts(counts, columns)
}

/// Σ n_xy ln n_xy: with fixed margins the information is this over n, plus a constant. Looked up, not computed.
struct Statistic {
    terms: Vec<f64>,
    constant: f64,
    n: f64,
}

impl Statistic {
    fn of(table: &Table) -> Self {
        let n = table.n() as f64;
        let margins: f64 = table
            .row_sums()
            .iter()
            .chain(table.column_sums())
            .map(|&sum| x_ln_x(sum as f64))
            .sum();
        let largest = table.row_sums().iter().max().copied().unwrap_or(0);
        Self {
            terms: (0..=largest).map(|count| x_ln_x(count as f64)).collect(),
            constant: n.ln() - margins / n,
            n,
        }
    }

    fn of_counts(&self, counts: &[u64]) -> f64 {
        counts
            .iter()
            .map(|&count| self.terms.get(count as usize).copied().unwrap_or(f64::NAN))
            .sum()
    }

    fn information(&self, statistic: f64) -> f64 {
        statistic / self.n + self.constant
    }
}

/// The p-value over all pairings: every table with these margins, weighed by its probability.
///
/// # Errors
/// If there are more than about ten million tables, or no rows.
pub fn exact_permutation_p(table: &Table) -> Result<f64, InformationError> {
    at_least("rows with both labels", table.n() as usize, 1)?;
    let statistic = Statistic::of(table);
    let observed = statistic.of_counts(table.counts());
    let mut search = Search {
        logs: LogFactorials::up_to(table.n()),
        terms: &statistic.terms,
        bar: observed - 1e-12 * observed.abs().max(1.0),
        rows: table.row_sums(),
        reached: 0.0,
        tables: 0,
    };
    let mut left = table.column_sums().to_vec();
    search.row(0, &mut left, 1.0, 0.0)?;
    Ok(search.reached)
}

struct Search<'a> {
    logs: LogFactorials,
    terms: &'a [f64],
    bar: f64,
    rows: &'a [u64],
    reached: f64,
    tables: usize,
}

impl Search<'_> {
    fn row(
        &mut self,
        row: usize,
        left: &mut [u64],
        probability: f64,
        value: f64,
    ) -> Result<(), InformationError> {
        let Some(&sum) = self.rows.get(row) else {
            self.tables += 1;
            at_most("tables with these margins", self.tables, 10_000_000)?;
            if value >= self.bar {
                self.reached += probability;
            }
            return Ok(());
        };
        self.column(row, 0, sum, left, probability, value)
    }

    fn column(
        &mut self,
        row: usize,
        column: usize,
        drawn: u64,
        left: &mut [u64],
        probability: f64,
        value: f64,
    ) -> Result<(), InformationError> {
        let Some(&here) = left.get(column) else {
            return self.row(row + 1, left, probability, value);
        };
        let rest: u64 = left.iter().skip(column + 1).sum();
        for count in drawn.saturating_sub(rest)..=drawn.min(here) {
            let chance = self
                .logs
                .hypergeometric_probability(here, rest, drawn, count);
            let term = self.terms.get(count as usize).copied().unwrap_or(f64::NAN);
            set(left, column, here - count);
            self.column(
                row,
                column + 1,
                drawn - count,
                left,
                probability * chance,
                value + term,
            )?;
        }
        set(left, column, here);
        Ok(())
    }
}

fn set(values: &mut [u64], index: usize, value: u64) {
    if let Some(place) = values.get_mut(index) {
        *place = value;
    }
}
