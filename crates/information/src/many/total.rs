//! What many labels share beyond pairs, plug-in, nats.
//!
//! - Total correlation TC = Σ H(Y_t) - H(Y) (Watanabe 1960).
//! - Dual total correlation DTC = H(Y) - Σ H(Y_t | the others) (Han 1978).
//! - O-information = TC - DTC: > 0 mostly redundant, < 0 mostly synergistic (Rosas et al. 2019).
//! - Co-information = -Σ over non-empty subsets of (-1)^|S| H(S); of three labels it is the O-information.

use polytask_random::Stream;

use super::Joint;
use crate::InformationError;
use crate::error::{at_least, same_length};

/// The three measures of one joint table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// TC, nats.
    pub total: f64,
    /// DTC, nats.
    pub dual: f64,
    /// TC - DTC, nats.
    pub o_information: f64,
}

impl Totals {
    /// Of all labels of a joint table.
    ///
    /// ```
    /// use polytask_information::many::{Joint, Totals};
    ///
    /// let bit = f64::ln(2.0);
    /// let copies = Totals::of(&Joint::of_counts(vec![1, 0, 0, 0, 0, 0, 0, 1], &[2, 2, 2])?);
    /// assert!((copies.total / bit - 2.0).abs() < 1e-12);
    /// // Redundant: one bit is three times there.
    /// assert!((copies.o_information / bit - 1.0).abs() < 1e-12);
    /// # Ok::<(), polytask_information::InformationError>(())
    /// ```
    #[must_use]
    pub fn of(joint: &Joint) -> Self {
        let all: Vec<usize> = (0..joint.tasks()).collect();
        let whole = joint.entropy(&all);
        let singles: f64 = all.iter().map(|&task| joint.entropy(&[task])).sum();
        let given_others: f64 = all
            .iter()
            .map(|&task| {
                let others: Vec<usize> =
                    all.iter().copied().filter(|&other| other != task).collect();
                whole - joint.entropy(&others)
            })
            .sum();
        let (total, dual) = (singles - whole, whole - given_others);
        Self {
            total,
            dual,
            o_information: total - dual,
        }
    }
}

/// Co-information of all labels, nats; negative where they only speak together.
#[must_use]
pub fn co_information(joint: &Joint) -> f64 {
    let subsets = 1usize << joint.tasks().min(usize::BITS as usize - 1);
    (1..subsets)
        .map(|subset| {
            let tasks: Vec<usize> = (0..joint.tasks())
                .filter(|task| subset >> task & 1 == 1)
                .collect();
            let sign = if tasks.len() % 2 == 1 { 1.0 } else { -1.0 };
            sign * joint.entropy(&tasks)
        })
        .sum()
}

/// Totals with the mean of chance, and how often chance reaches the total correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TotalsTested {
    /// Of the data.
    pub observed: Totals,
    /// Mean over permutations.
    pub null_mean: Totals,
    /// (1 + permutations with a TC at least as large)/(permutations + 1).
    pub p: f64,
    /// Complete rows.
    pub n: u64,
}

/// [`Totals`] of labels `[tasks][rows]` on their complete rows, and of `permutations` pairings at random; with `strata` `[rows]` labels
/// are paired anew within each stratum only.
///
/// # Errors
/// As [`Joint::of_labels`]; or if there is no complete row or no permutation, or rows and strata differ in number.
pub fn totals_tested(
    labels: &[&[Option<u32>]],
    classes: &[usize],
    strata: Option<&[u32]>,
    permutations: usize,
    stream: &mut Stream,
) -> Result<TotalsTested, InformationError> {
    at_least("permutations", permutations, 1)?;
    let rows = labels.first().map_or(0, |label| label.len());
    let mut complete: Vec<usize> = (0..rows)
        .filter(|&row| {
            labels
                .iter()
                .all(|label| matches!(label.get(row), Some(Some(_))))
        })
        .collect();
    at_least("complete rows", complete.len(), 1)?;
    let stratum = |row: &usize| strata.and_then(|strata| strata.get(*row));
    if let Some(strata) = strata {
        same_length("rows and strata", rows, strata.len())?;
        complete.sort_by_key(stratum);
    }
    let runs: Vec<usize> = complete
        .chunk_by(|left, right| stratum(left) == stratum(right))
        .map(<[usize]>::len)
        .collect();
    let mut columns: Vec<Vec<Option<u32>>> = labels
        .iter()
        .map(|label| {
            complete
                .iter()
                .filter_map(|&row| label.get(row).copied())
                .collect()
        })
        .collect();
    let observed = Totals::of(&joint(&columns, classes)?);
    let (mut total, mut dual, mut reached) = (0.0, 0.0, 0usize);
    for _ in 0..permutations {
        // The first column may stay: only the pairing matters.
        for column in columns.iter_mut().skip(1) {
            let mut rest = column.as_mut_slice();
            for &run in &runs {
                let (stratum, more) = rest.split_at_mut(run.min(rest.len()));
                stream.shuffle(stratum);
                rest = more;
            }
        }
        let found = Totals::of(&joint(&columns, classes)?);
        total += found.total;
        dual += found.dual;
        reached += usize::from(found.total >= observed.total - 1e-12);
    }
    let mean = |sum: f64| sum / permutations as f64;
    Ok(TotalsTested {
        observed,
        null_mean: Totals {
            total: mean(total),
            dual: mean(dual),
            o_information: mean(total - dual),
        },
        p: (1.0 + reached as f64) / (permutations as f64 + 1.0),
        n: complete.len() as u64,
    })
}

fn joint(columns: &[Vec<Option<u32>>], classes: &[usize]) -> Result<Joint, InformationError> {
    let columns: Vec<&[Option<u32>]> = columns.iter().map(Vec::as_slice).collect();
    Joint::of_labels(&columns, classes)
}
