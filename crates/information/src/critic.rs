//! Variational bounds of mutual information from a critic's scores s_ij on B paired rows, nats.
//!
//! Regularisers and diagnostics, never headline numbers: no distribution-free lower bound can certify more than O(ln n)
//! (McAllester, Stratos 2020), InfoNCE never exceeds ln B, the variance of DV and NWJ grows like e^I, and CLUB and SMILE are no bounds
//! unless their model is right. Split rows between training the critic and reading it.

use crate::InformationError;
use crate::error::{all_finite, at_least, same_length};
use crate::special::ln_sum_exp;

/// Scores `[rows, rows]`; s_ij is the critic of x_i with y_j, the diagonal are the true pairs.
///
/// ```
/// use polytask_information::Scores;
///
/// // A critic that is sure of every pair says ln B, the most it can.
/// let sure = Scores::new(vec![50.0, 0.0, 0.0, 50.0], 2)?;
/// assert!((sure.info_nce() - f64::ln(2.0)).abs() < 1e-12);
/// assert_eq!(sure.info_nce_ceiling(), f64::ln(2.0));
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    values: Vec<f64>,
    rows: usize,
}

impl Scores {
    /// From values row by row.
    ///
    /// # Errors
    /// If there are fewer than two rows, the values are not a square, or one is not finite.
    pub fn new(values: Vec<f64>, rows: usize) -> Result<Self, InformationError> {
        at_least("rows of a critic", rows, 2)?;
        same_length("scores", rows * rows, values.len())?;
        all_finite("score", &values)?;
        Ok(Self { values, rows })
    }

    fn pairs(&self) -> f64 {
        self.values.iter().step_by(self.rows + 1).sum::<f64>() / self.rows as f64
    }

    fn row(&self, row: usize) -> impl Iterator<Item = f64> + Clone {
        self.values
            .iter()
            .skip(row * self.rows)
            .take(self.rows)
            .copied()
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f64> + Clone {
        self.values.iter().skip(column).step_by(self.rows).copied()
    }

    /// All s_ij with i ≠ j.
    fn others(&self) -> impl Iterator<Item = f64> + Clone {
        let step = self.rows + 1;
        self.values
            .iter()
            .enumerate()
            .filter(move |(place, _)| place % step != 0)
            .map(|(_, score)| *score)
    }

    /// ln mean over i ≠ j of e^s.
    fn ln_mean_others(&self) -> f64 {
        ln_sum_exp(self.others()) - ((self.rows * (self.rows - 1)) as f64).ln()
    }

    /// mean(s_ii - ln Σ_j e^s_ij) + ln B (van den Oord et al. 2018). A lower bound.
    #[must_use]
    pub fn info_nce(&self) -> f64 {
        let sums: f64 = (0..self.rows).map(|row| ln_sum_exp(self.row(row))).sum();
        self.pairs() - sums / self.rows as f64 + self.info_nce_ceiling()
    }

    /// The mean of [`info_nce`](Self::info_nce) over rows and over columns.
    #[must_use]
    pub fn info_nce_symmetric(&self) -> f64 {
        let sums: f64 = (0..self.rows)
            .map(|column| ln_sum_exp(self.column(column)))
            .sum();
        let over_columns = self.pairs() - sums / self.rows as f64 + self.info_nce_ceiling();
        f64::midpoint(self.info_nce(), over_columns)
    }

    /// ln B: no InfoNCE is above it, however much there is to know.
    #[must_use]
    pub fn info_nce_ceiling(&self) -> f64 {
        (self.rows as f64).ln()
    }

    /// mean s_ii - ln mean e^s_ij over i ≠ j (Donsker, Varadhan; MINE, Belghazi et al. 2018). A lower bound in the limit.
    #[must_use]
    pub fn donsker_varadhan(&self) -> f64 {
        self.pairs() - self.ln_mean_others()
    }

    /// 1 + mean s_ii - mean e^s_ij over i ≠ j (Nguyen, Wainwright, Jordan 2010). A lower bound, unbiased.
    #[must_use]
    pub fn nguyen_wainwright_jordan(&self) -> f64 {
        1.0 + self.pairs() - self.ln_mean_others().exp()
    }

    /// Donsker-Varadhan with the e^s of the wrong pairs clipped to [e^-τ, e^τ] (SMILE; Song, Ermon 2020). No bound.
    #[must_use]
    pub fn smile(&self, clip: f64) -> f64 {
        let clipped = self.others().map(|score| score.clamp(-clip, clip));
        self.pairs() - ln_sum_exp(clipped) + ((self.rows * (self.rows - 1)) as f64).ln()
    }

    /// mean s_ii - mean over all i, j of s_ij, with scores ln q(y_j|x_i) (CLUB; Cheng et al. 2020). An upper bound only if q is close
    /// to the truth.
    #[must_use]
    pub fn club(&self) -> f64 {
        self.pairs() - self.values.iter().sum::<f64>() / self.values.len() as f64
    }
}

/// H(Y) - cross-entropy of any model on held-out rows (Barber, Agakov 2003): the bound that usable information rests on.
#[must_use]
pub fn barber_agakov(entropy: f64, cross_entropy: f64) -> f64 {
    entropy - cross_entropy
}

/// KL(N(mu, diag variance) || N(0, I)) of one code, nats: the VIB rate, an upper bound of I(X;Z) on average (Alemi et al. 2017).
///
/// # Errors
/// If lengths differ or a variance is not positive.
pub fn gaussian_rate(mean: &[f64], variance: &[f64]) -> Result<f64, InformationError> {
    same_length("means and variances", mean.len(), variance.len())?;
    if let Some(index) = variance
        .iter()
        .position(|variance| variance.is_nan() || *variance <= 0.0)
    {
        return Err(InformationError::Value {
            what: "variance",
            index,
            value: variance.get(index).copied().unwrap_or(f64::NAN),
            wanted: "positive",
        });
    }
    let terms = mean
        .iter()
        .zip(variance)
        .map(|(mean, variance)| mean * mean + variance - 1.0 - variance.ln());
    Ok(0.5 * terms.sum::<f64>())
}
