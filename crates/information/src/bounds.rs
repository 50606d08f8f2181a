//! What an entropy says about the best error, and the other way round.
//!
//! From H = H(Y|X) in nats, the smallest error P any predictor can have lies between [`fano_floor`] and [`error_envelope`].
//!
//! **Trap**: a model's cross-entropy is an *upper* bound on H(Y|X). It proves that a model of error <= envelope(cross-entropy)
//! exists, and gives **no floor**. A floor needs a lower bound on H(Y|X): repeated annotations, a known noise rate, or
//! [`cover_hart_floor`].

use crate::InformationError;
use crate::special::binary_entropy;

/// Fano's floor: the P with h_b(P) + P ln(K-1) = H. `entropy` in nats.
///
/// # Errors
/// If there are fewer than two classes or H is not in [0, ln K].
///
/// ```
/// use polytask_information::bounds::fano_floor;
///
/// // A fair coin cannot be predicted better than half the time.
/// assert!((fano_floor(f64::ln(2.0), 2)? - 0.5).abs() < 1e-6);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn fano_floor(entropy: f64, classes: usize) -> Result<f64, InformationError> {
    let (k, entropy) = checked(entropy, classes)?;
    let (mut low, mut high) = (0.0, (k - 1.0) / k);
    // The left side grows on this range; 200 halvings end at neighbouring floats.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if binary_entropy(middle) + middle * (k - 1.0).ln() < entropy {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(f64::midpoint(low, high))
}

/// Feder and Merhav's ceiling (1994): P <= (j-1)/j + (H - ln j)/(j (j+1) ln((j+1)/j)) with j = floor(e^H), tight for every H.
///
/// # Errors
/// If there are fewer than two classes or H is not in [0, ln K].
pub fn error_envelope(entropy: f64, classes: usize) -> Result<f64, InformationError> {
    let (k, entropy) = checked(entropy, classes)?;
    let j = entropy.exp().floor().clamp(1.0, (k - 1.0).max(1.0));
    Ok((j - 1.0) / j + (entropy - j.ln()) / (j * (j + 1.0) * ((j + 1.0) / j).ln()))
}

/// Hellman and Raviv's ceiling (1970): P <= H/(2 ln 2), the first segment of [`error_envelope`] and looser beyond it.
#[must_use]
pub fn hellman_raviv_ceiling(entropy: f64) -> f64 {
    entropy / (2.0 * std::f64::consts::LN_2)
}

/// Cover and Hart's floor (1967) from the error R of the nearest neighbour: P >= (K-1)/K (1 - √(1 - K R/(K-1))). Asymptotic.
///
/// # Errors
/// If there are fewer than two classes or R is not in [0, 1]. Above (K-1)/K, which R cannot be with endless rows, there is no such
/// floor: NaN.
pub fn cover_hart_floor(neighbour_error: f64, classes: usize) -> Result<f64, InformationError> {
    let (k, _) = checked(0.0, classes)?;
    if !(0.0..=1.0).contains(&neighbour_error) {
        return Err(InformationError::Value {
            what: "nearest neighbour error",
            index: 0,
            value: neighbour_error,
            wanted: "between 0 and 1",
        });
    }
    let chance = (k - 1.0) / k;
    Ok(chance * (1.0 - (1.0 - neighbour_error / chance).sqrt()))
}

/// The smallest mean squared error of any regression: e^(2h)/(2 π e), h = h(Y|X) in nats.
#[must_use]
pub fn squared_error_floor(differential_entropy: f64) -> f64 {
    (2.0 * differential_entropy).exp() / (std::f64::consts::TAU * std::f64::consts::E)
}

/// H(Y|X) of a label that is wrong with probability `error`, evenly among the other classes: h_b(e) + e ln(K-1), nats.
///
/// # Errors
/// If there are fewer than two classes or the error is not in [0, 1].
pub fn noise_entropy(error: f64, classes: usize) -> Result<f64, InformationError> {
    let (k, _) = checked(0.0, classes)?;
    if !(0.0..=1.0).contains(&error) {
        return Err(InformationError::Value {
            what: "error rate",
            index: 0,
            value: error,
            wanted: "between 0 and 1",
        });
    }
    Ok(binary_entropy(error) + error * (k - 1.0).ln())
}

fn checked(entropy: f64, classes: usize) -> Result<(f64, f64), InformationError> {
    crate::error::at_least("classes", classes, 2)?;
    let k = classes as f64;
    // ln K is a number that rounding may pass.
    if !(0.0..=k.ln() + 1e-9).contains(&entropy) {
        return Err(InformationError::Value {
            what: "entropy",
            index: 0,
            value: entropy,
            wanted: "between 0 and ln of the classes",
        });
    }
    Ok((k, entropy.min(k.ln())))
}
