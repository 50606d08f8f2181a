//! Entropy of a label from its counts, nats.
//!
//! | estimator | formula, m = classes seen | use |
//! |---|---|---|
//! | maximum likelihood | -Σ p ln p | exact facts about the observed table; about (K-1)/2n too low for the law |
//! | Miller-Madow (1955) | ML + (m-1)/2n | the default |
//! | jackknife | n H - (n-1) mean of H without one row | a check on Miller-Madow |
//! | Grassberger (2003) | ln n - (1/n) Σ n_i G(n_i) | sparse counts |
//! | Chao-Shen (2003) | coverage-adjusted Horvitz-Thompson | many classes never seen |
//! | NSB (Nemenman, Shafee, Bialek 2002) | Dirichlet mixture, flat in the entropy | n below the number of classes K |

use super::nsb;
use crate::special::{psi, x_ln_x};

/// How an entropy is estimated from counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entropy {
    /// Plug-in.
    MaximumLikelihood,
    /// With the first bias term added.
    MillerMadow,
    /// Without each row once.
    Jackknife,
    /// Grassberger 2003, equation 27 with G by digamma.
    Grassberger,
    /// Chao and Shen 2003.
    ChaoShen,
    /// Nemenman, Shafee, Bialek 2002.
    Nsb {
        /// K, the number of classes there could be.
        classes: usize,
    },
}

impl Entropy {
    /// The estimator's name in a record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MaximumLikelihood => "plug-in",
            Self::MillerMadow => "Miller-Madow",
            Self::Jackknife => "jackknife",
            Self::Grassberger => "Grassberger",
            Self::ChaoShen => "Chao-Shen",
            Self::Nsb { .. } => "NSB",
        }
    }

    /// The estimate, nats; NaN of no rows (and of NSB with fewer classes than are seen).
    ///
    /// ```
    /// use polytask_information::discrete::Entropy;
    ///
    /// // Two fair sides and four rows: the plug-in says ln 2, its correction adds 1/8.
    /// let counts = [2, 2];
    /// assert!((Entropy::MaximumLikelihood.of(&counts) - f64::ln(2.0)).abs() < 1e-15);
    /// assert!((Entropy::MillerMadow.of(&counts) - f64::ln(2.0) - 0.125).abs() < 1e-15);
    /// ```
    #[must_use]
    pub fn of(self, counts: &[u64]) -> f64 {
        let seen = || {
            counts
                .iter()
                .filter(|&&count| count > 0)
                .map(|&count| count as f64)
        };
        let n: f64 = seen().sum();
        if n == 0.0 {
            return f64::NAN;
        }
        match self {
            Self::MaximumLikelihood => plug_in(seen(), n),
            Self::MillerMadow => plug_in(seen(), n) + (seen().count() as f64 - 1.0) / (2.0 * n),
            Self::Jackknife => jackknife(seen(), n),
            Self::Grassberger => {
                n.ln() - seen().map(|count| count * grassberger(count)).sum::<f64>() / n
            }
            Self::ChaoShen => chao_shen(seen(), n),
            Self::Nsb { classes } => {
                let counts: Vec<f64> = seen().collect();
                nsb::entropy(&counts, classes)
            }
        }
    }
}

fn plug_in(counts: impl Iterator<Item = f64>, n: f64) -> f64 {
    -counts.map(|count| x_ln_x(count / n)).sum::<f64>()
}

fn jackknife(counts: impl Iterator<Item = f64> + Clone, n: f64) -> f64 {
    if n < 2.0 {
        return f64::NAN;
    }
    // Leaving out one row of class i changes only that class's term.
    let total: f64 = counts.clone().map(x_ln_x).sum();
    let without = |count: f64| {
        let rest = total - x_ln_x(count) + x_ln_x(count - 1.0);
        (n - 1.0).ln() - rest / (n - 1.0)
    };
    let full = n.ln() - total / n;
    let mean: f64 = counts.map(|count| count / n * without(count)).sum();
    n * full - (n - 1.0) * mean
}

/// psi(n) + (-1)^n/2 [psi((n+1)/2) - psi(n/2)].
fn grassberger(count: f64) -> f64 {
    let sign = if count % 2.0 == 0.0 { 1.0 } else { -1.0 };
    psi(count) + sign / 2.0 * (psi((count + 1.0) / 2.0) - psi(count / 2.0))
}

fn chao_shen(counts: impl Iterator<Item = f64> + Clone, n: f64) -> f64 {
    let mut singletons = counts.clone().filter(|&count| count == 1.0).count() as f64;
    if singletons == n {
        // Every row its own class would be a coverage of zero.
        singletons = n - 1.0;
    }
    let coverage = 1.0 - singletons / n;
    -counts
        .map(|count| {
            let p = coverage * count / n;
            let is_seen = 1.0 - (1.0 - p).powf(n);
            x_ln_x(p) / is_seen
        })
        .sum::<f64>()
}
