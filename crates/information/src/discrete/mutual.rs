//! Mutual information of two labels, with the value chance alone would show.

use super::{Entropy, Table, expected_information};
use crate::special::chi_squared_tail;

/// Everything a table says about two labels, nats.
///
/// All entropies are plug-in ones: estimators of different bias must not be mixed inside one information. The plug-in
/// information is too high by about (K_x-1)(K_y-1)/2n; [`corrected`](Self::corrected) is not.
///
/// ```
/// use polytask_information::discrete::{MutualInformation, Table};
///
/// // One row per class on both sides: the plug-in says "the same label", the correction "nothing is known".
/// let mut counts = vec![0; 100];
/// (0..10).for_each(|row| counts[row * 11] = 1);
/// let information = MutualInformation::of(&Table::of_counts(counts, 10)?);
/// assert!((information.plug_in - f64::ln(10.0)).abs() < 1e-12);
/// assert!(information.corrected().abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MutualInformation {
    /// I = Σ p_xy ln(p_xy/(p_x p_y)).
    pub plug_in: f64,
    /// EMI, the mean of `plug_in` over all pairings with the same margins.
    pub expected: f64,
    /// H(X).
    pub x_entropy: f64,
    /// H(Y).
    pub y_entropy: f64,
    /// H(X,Y).
    pub joint_entropy: f64,
    /// Standard error of `plug_in` by the delta method: sd of ln(p_xy/(p_x p_y)) over rows / √n. Too small near
    /// independence, where the first order vanishes.
    pub se: f64,
    /// Rows.
    pub n: u64,
    /// Degrees of freedom of the [G test](g_test).
    pub freedom: usize,
}

impl MutualInformation {
    /// Of a table; all NaN if it is empty.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let (plug_in, se) = Self::at_sight(table);
        let is_empty = table.n() == 0;
        Self {
            plug_in: if is_empty { f64::NAN } else { plug_in },
            expected: if is_empty {
                f64::NAN
            } else {
                expected_information(table)
            },
            x_entropy: Entropy::MaximumLikelihood.of(table.row_sums()),
            y_entropy: Entropy::MaximumLikelihood.of(table.column_sums()),
            joint_entropy: Entropy::MaximumLikelihood.of(table.counts()),
            se,
            n: table.n(),
            freedom: table.freedom(),
        }
    }

    /// (plug-in, its standard error), without the mean of chance.
    pub(crate) fn at_sight(table: &Table) -> (f64, f64) {
        let n = table.n() as f64;
        let (mut plug_in, mut second) = (0.0, 0.0);
        for (count, row, column) in table.cells() {
            if count > 0 {
                let share = count as f64 / n;
                let ratio = (count as f64 * n / (row as f64 * column as f64)).ln();
                plug_in += share * ratio;
                second += share * ratio * ratio;
            }
        }
        (plug_in, ((second - plug_in * plug_in).max(0.0) / n).sqrt())
    }

    /// I - EMI: zero on average for independent labels. Can be negative.
    #[must_use]
    pub fn corrected(&self) -> f64 {
        self.plug_in - self.expected
    }

    /// Miller-Madow of all three entropies: I + (m_x - 1 + m_y - 1 - (m_xy - 1))/2n.
    #[must_use]
    pub fn miller_madow(table: &Table) -> f64 {
        Entropy::MillerMadow.of(table.row_sums()) + Entropy::MillerMadow.of(table.column_sums())
            - Entropy::MillerMadow.of(table.counts())
    }

    /// H(Y|X) = + Σ p(x) H(Y|X=x) = H(X,Y) - H(X).
    #[must_use]
    pub fn y_given_x(&self) -> f64 {
        self.joint_entropy - self.x_entropy
    }

    /// H(X|Y).
    #[must_use]
    pub fn x_given_y(&self) -> f64 {
        self.joint_entropy - self.y_entropy
    }

    /// I over the arithmetic mean of the entropies; none if both are 0.
    #[must_use]
    pub fn over_mean(&self) -> Option<f64> {
        over(self.plug_in, f64::midpoint(self.x_entropy, self.y_entropy))
    }

    /// I over the geometric mean; none if an entropy is 0.
    #[must_use]
    pub fn over_geometric(&self) -> Option<f64> {
        over(self.plug_in, (self.x_entropy * self.y_entropy).sqrt())
    }

    /// I over the smaller entropy: 1 if one label determines the other; none if an entropy is 0.
    #[must_use]
    pub fn over_smaller(&self) -> Option<f64> {
        over(self.plug_in, self.x_entropy.min(self.y_entropy))
    }

    /// I over the joint entropy: 1 - it is a metric; none if the joint entropy is 0.
    #[must_use]
    pub fn over_joint(&self) -> Option<f64> {
        over(self.plug_in, self.joint_entropy)
    }

    /// U(Y|X) = I/H(Y): which share of y's uncertainty x removes in this table; none if H(Y) is 0.
    #[must_use]
    pub fn share_of_y(&self) -> Option<f64> {
        over(self.plug_in, self.y_entropy)
    }

    /// U(X|Y) = I/H(X).
    #[must_use]
    pub fn share_of_x(&self) -> Option<f64> {
        over(self.plug_in, self.x_entropy)
    }

    /// Adjusted mutual information with the arithmetic mean (Vinh, Epps, Bailey 2010): 0 by chance, 1 if equal. None if even
    /// chance gives everything.
    #[must_use]
    pub fn adjusted(&self) -> Option<f64> {
        let mean = f64::midpoint(self.x_entropy, self.y_entropy);
        over(self.corrected(), mean - self.expected)
    }

    /// [`g_test`] of the same table.
    #[must_use]
    pub fn g(&self) -> G {
        let value = 2.0 * self.n as f64 * self.plug_in;
        G {
            value,
            freedom: self.freedom,
            p: chi_squared_tail(value, self.freedom as f64),
        }
    }
}

/// The likelihood ratio test of independence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct G {
    /// G = 2 n I.
    pub value: f64,
    /// (K_x - 1)(K_y - 1) over seen classes.
    pub freedom: usize,
    /// P(chi-squared >= G); an approximation that needs about 5 expected rows per cell.
    pub p: f64,
}

/// G = 2 n I against chi-squared: the fast screen before permutations.
#[must_use]
pub fn g_test(table: &Table) -> G {
    MutualInformation::of(table).g()
}

fn over(value: f64, whole: f64) -> Option<f64> {
    // An entropy this small is the rounding of 0.
    (whole > 1e-14).then_some(value / whole)
}
