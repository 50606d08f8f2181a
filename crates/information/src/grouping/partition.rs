//! The best disjoint groups: exact by a dynamic programme over subsets for up to 16 tasks.
//!
//! best[m] = max over g in m containing m's lowest task of S[g] + best[m \ g], with S[g] the sum over pairs of g of (A - θ).
//! Every partition is met once, so that the second best is exact as well. O(3^T): 43 million steps for 16 tasks.

use super::affinity::members;
use super::{Affinity, Proposal, greedy};
use crate::InformationError;
use crate::error::at_least;

/// Tasks up to which the search is exhaustive.
const EXACT: usize = 16;

/// Groups that maximise Σ over pairs in a group of ((A_ij + A_ji)/2 - `threshold`), each of at most `largest` tasks. Beyond 16 tasks
/// by merging and moving, marked as not exact.
///
/// # Errors
/// If there is no task, or `largest` is 0.
///
/// ```
/// use polytask_information::grouping::{Affinity, partition};
///
/// let affinity = Affinity::new(vec![0.0, 0.3, 0.1, 0.3, 0.0, 0.0, 0.1, 0.0, 0.0], 3)?;
/// let proposal = partition(&affinity, 0.2, None)?;
/// assert_eq!(proposal.groups, [vec![0, 1], vec![2]]);
/// // All alone is the second best.
/// assert!((proposal.margin().unwrap() - 0.1).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn partition(
    affinity: &Affinity,
    threshold: f64,
    largest: Option<usize>,
) -> Result<Proposal, InformationError> {
    at_least("tasks", affinity.tasks(), 1)?;
    let largest = largest.unwrap_or(affinity.tasks());
    at_least("tasks of the largest group", largest, 1)?;
    if affinity.tasks() > EXACT {
        return Ok(greedy::partition(affinity, threshold, largest));
    }
    Ok(exact(affinity, threshold, largest))
}

/// One way to group a set of tasks: its value, the group of the lowest task, and which of the ways of the rest it goes on with.
#[derive(Clone, Copy)]
struct Way {
    value: f64,
    group: u32,
    rest_way: usize,
}

const NO_WAY: Way = Way {
    value: f64::NEG_INFINITY,
    group: 0,
    rest_way: 0,
};

#[expect(
    clippy::indexing_slicing,
    reason = "sets are below 2^tasks, the length of every table here"
)]
fn exact(affinity: &Affinity, threshold: f64, largest: usize) -> Proposal {
    let tasks = affinity.tasks();
    let sets = 1usize << tasks;
    let mut scores = vec![0.0f64; sets];
    for set in 1..sets as u32 {
        let lowest = set.trailing_zeros() as usize;
        let rest = set & (set - 1);
        let gained: f64 = members(rest)
            .map(|other| affinity.mutual(lowest, other) - threshold)
            .sum();
        scores[set as usize] = scores[rest as usize] + gained;
    }
    // The two best ways of every set.
    let mut best = vec![[NO_WAY; 2]; sets];
    best[0][0].value = 0.0;
    for set in 1..sets as u32 {
        let lowest = set & set.wrapping_neg();
        let others = set ^ lowest;
        let mut ways = [NO_WAY; 2];
        // All subsets of the others, the full one first.
        let mut chosen = others;
        loop {
            let group = chosen | lowest;
            if group.count_ones() as usize <= largest {
                let rest = best[(set ^ group) as usize];
                for (rest_way, rest) in rest.iter().enumerate() {
                    let value = scores[group as usize] + rest.value;
                    let way = Way {
                        value,
                        group,
                        rest_way,
                    };
                    if value > ways[0].value {
                        ways = [way, ways[0]];
                    } else if value > ways[1].value {
                        ways[1] = way;
                    }
                }
            }
            if chosen == 0 {
                break;
            }
            chosen = (chosen - 1) & others;
        }
        best[set as usize] = ways;
    }
    let mut groups = Vec::new();
    let (mut set, mut way) = (sets - 1, 0);
    while set != 0 {
        let Way {
            group, rest_way, ..
        } = best[set][way];
        groups.push(members(group).collect());
        set ^= group as usize;
        way = rest_way;
    }
    let [first, second] = best[sets - 1];
    Proposal {
        served: super::served(&groups, tasks),
        groups,
        score: first.value,
        runner_up: Some(second.value).filter(|value| value.is_finite()),
        is_exact: true,
    }
}
