//! The exact mean of the plug-in mutual information when two labels with the given counts are paired at random.
//!
//! Each cell count is then hypergeometric, so EMI = Σ_ij E[(n_ij/n) ln(n n_ij/(a_i b_j))] (Vinh, Epps, Bailey 2010, eq. 24).
//! It is the mean of the permutation null in closed form, about (K_x-1)(K_y-1)/2n, and what the plug-in value must be read
//! against: independent digits and letters on 260 rows show 0.52 nats of "information".

use super::Table;

/// EMI, nats; 0 of an empty table.
///
/// ```
/// use polytask_information::discrete::{Table, expected_information};
///
/// // Every row its own class on both sides: any pairing looks like ln 10 nats.
/// let mut counts = vec![0; 100];
/// (0..10).for_each(|row| counts[row * 11] = 1);
/// let table = Table::of_counts(counts, 10)?;
/// assert!((expected_information(&table) - f64::ln(10.0)).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[must_use]
pub fn expected_information(table: &Table) -> f64 {
    // Equal margins give equal terms; labels with many classes of few rows have many of them.
    let rows = distinct(table.row_sums());
    let columns = distinct(table.column_sums());
    let n = table.n();
    let mut total = 0.0;
    for &(row, row_times) in &rows {
        for &(column, column_times) in &columns {
            total += (row_times * column_times) as f64 * cell(row, column, n);
        }
    }
    total
}

/// Each value above zero with how often it occurs.
fn distinct(sums: &[u64]) -> Vec<(u64, u64)> {
    let mut sorted: Vec<u64> = sums.iter().copied().filter(|&sum| sum > 0).collect();
    sorted.sort_unstable();
    sorted
        .chunk_by(|left, right| left == right)
        .filter_map(|run| Some((*run.first()?, run.len() as u64)))
        .collect()
}

/// The expectation of one cell's term. Weights start at the mode with 1 and follow the ratio of neighbouring
/// probabilities, so that no factorial of n is ever needed; they stop where they no longer count.
fn cell(row: u64, column: u64, n: u64) -> f64 {
    let (a, b, total) = (row as f64, column as f64, n as f64);
    let low = (row + column).saturating_sub(n) as f64;
    let high = row.min(column) as f64;
    let mode = (((a + 1.0) * (b + 1.0) / (total + 2.0)).floor()).clamp(low, high);
    // P(k+1)/P(k).
    let ratio = |k: f64| (a - k) * (b - k) / ((k + 1.0) * (total - a - b + k + 1.0));
    let term = |k: f64| {
        if k > 0.0 {
            k / total * (total * k / (a * b)).ln()
        } else {
            0.0
        }
    };
    let (mut weights, mut weighed) = (1.0, term(mode));
    let (mut k, mut weight) = (mode, 1.0);
    while k < high {
        weight *= ratio(k);
        k += 1.0;
        weights += weight;
        weighed += weight * term(k);
        if weight < NEGLIGIBLE {
            break;
        }
    }
    (k, weight) = (mode, 1.0);
    while k > low {
        k -= 1.0;
        weight /= ratio(k);
        weights += weight;
        weighed += weight * term(k);
        if weight < NEGLIGIBLE {
            break;
        }
    }
    weighed / weights
}

/// A weight, relative to the mode's, below which the rest cannot change the 12th digit.
const NEGLIGIBLE: f64 = 1e-20;
