//! Partial information decomposition of two sources about a target: redundant, unique, synergistic. Exploratory.
//!
//! There is no agreed redundancy. Two are given: I_min (Williams, Beer 2010), which calls two independent copied bits one bit
//! redundant, and the smaller of the two informations (MMI, Barrett 2015). What the choice decides, a reader must not conclude.

use super::Joint;

/// One decomposition, nats: the four parts sum to I(both; target).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partial {
    /// What either source alone tells.
    pub redundant: f64,
    /// What only the first tells.
    pub first: f64,
    /// What only the second tells.
    pub second: f64,
    /// What only both together tell.
    pub synergistic: f64,
}

/// Which redundancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redundancy {
    /// Σ_y p(y) min over sources of the specific information about Y = y (Williams, Beer 2010).
    Specific,
    /// min(I(X1;Y), I(X2;Y)).
    Smaller,
}

impl Partial {
    /// Of the labels `first` and `second` about the label `target`.
    ///
    /// ```
    /// use polytask_information::many::{Joint, Partial, Redundancy};
    ///
    /// let xor = Joint::of_counts(vec![1, 0, 0, 1, 0, 1, 1, 0], &[2, 2, 2])?;
    /// let parts = Partial::of(&xor, 0, 1, 2, Redundancy::Specific);
    /// assert!((parts.synergistic - f64::ln(2.0)).abs() < 1e-12);
    /// # Ok::<(), polytask_information::InformationError>(())
    /// ```
    #[must_use]
    pub fn of(
        joint: &Joint,
        first: usize,
        second: usize,
        target: usize,
        redundancy: Redundancy,
    ) -> Self {
        let both = joint.information(&[first, second], &[target]);
        let one = joint.information(&[first], &[target]);
        let other = joint.information(&[second], &[target]);
        let redundant = match redundancy {
            Redundancy::Smaller => one.min(other),
            Redundancy::Specific => specific(joint, first, target)
                .into_iter()
                .zip(specific(joint, second, target))
                .map(|(one, other)| one.min(other))
                .sum(),
        };
        Self {
            redundant,
            first: one - redundant,
            second: other - redundant,
            synergistic: both - one - other + redundant,
        }
    }
}

/// p(y) times the specific information Σ_x p(x|y) ln(p(y|x)/p(y)) of a source, for every class y of the target.
fn specific(joint: &Joint, source: usize, target: usize) -> Vec<f64> {
    let table = joint.marginal(&[target, source]);
    let sources = joint.classes(source).max(1);
    let n = table.iter().sum::<u64>() as f64;
    let mut source_sums = vec![0u64; sources];
    for row in table.chunks_exact(sources) {
        source_sums
            .iter_mut()
            .zip(row)
            .for_each(|(sum, count)| *sum += count);
    }
    table
        .chunks_exact(sources)
        .map(|row| {
            let class = row.iter().sum::<u64>() as f64;
            let terms: f64 = row
                .iter()
                .zip(&source_sums)
                .map(|(&count, &sum)| {
                    if count == 0 {
                        return 0.0;
                    }
                    let count = count as f64;
                    count * (count * n / (class * sum as f64)).ln()
                })
                .sum();
            terms / n
        })
        .collect()
}
