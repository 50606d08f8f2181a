//! What can be wrong with what a measure is given.

/// Why there is no number. Data that merely make a number doubtful are flagged on the [`Measure`](crate::Measure) instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InformationError {
    /// Two inputs that are read row by row, or class by class, are not of the same length.
    #[error("{what}: {left} and {right} differ in number")]
    Lengths {
        /// Which inputs.
        what: &'static str,
        /// The length of the first.
        left: usize,
        /// The length of the second.
        right: usize,
    },
    /// There are fewer rows, classes or tasks than the formula needs.
    #[error("{what}: {found} found, {needed} needed")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// There are more dimensions, tasks or cells than the method can be trusted with or afford.
    #[error("{what}: {found} is more than the {limit} allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A value is NaN or infinite, or outside its range.
    #[error("{what}: {value} at {index} is not {wanted}")]
    Value {
        /// Of what.
        what: &'static str,
        /// Where, counted from 0.
        index: usize,
        /// What was found.
        value: f64,
        /// What is allowed.
        wanted: &'static str,
    },
    /// Probabilities that do not sum to one.
    #[error("{what}: probabilities sum to {sum}, not 1")]
    NotNormalised {
        /// Of what.
        what: &'static str,
        /// Their sum.
        sum: f64,
    },
    /// A matrix that has to be inverted, or have a logarithm of its determinant, is singular.
    #[error("{what}: the matrix is singular")]
    Singular {
        /// Which matrix.
        what: &'static str,
    },
}

/// The two lengths if they are equal.
pub(crate) fn same_length(
    what: &'static str,
    left: usize,
    right: usize,
) -> Result<usize, InformationError> {
    if left == right {
        Ok(left)
    } else {
        Err(InformationError::Lengths { what, left, right })
    }
}

/// An error unless `found` is at least `needed`.
pub(crate) fn at_least(
    what: &'static str,
    found: usize,
    needed: usize,
) -> Result<(), InformationError> {
    if found < needed {
        return Err(InformationError::TooFew {
            what,
            found,
            needed,
        });
    }
    Ok(())
}

/// An error unless `found` is at most `limit`.
pub(crate) fn at_most(
    what: &'static str,
    found: usize,
    limit: usize,
) -> Result<(), InformationError> {
    if found > limit {
        return Err(InformationError::TooMany { what, found, limit });
    }
    Ok(())
}

/// An error at the first value that is not finite.
pub(crate) fn all_finite<'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<(), InformationError> {
    let mut values = values.into_iter().enumerate();
    match values.find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(InformationError::Value {
            what,
            index,
            value,
            wanted: "finite",
        }),
        None => Ok(()),
    }
}

/// An error unless `law` is a distribution: entries in [0, 1] that sum to 1 within rounding.
pub(crate) fn is_law(what: &'static str, law: &[f64]) -> Result<(), InformationError> {
    if let Some((index, &value)) = law
        .iter()
        .enumerate()
        .find(|(_, value)| !(0.0..=1.0 + 1e-9).contains(*value))
    {
        return Err(InformationError::Value {
            what,
            index,
            value,
            wanted: "a probability",
        });
    }
    let sum: f64 = law.iter().sum();
    // Probabilities come from f32 models and printed files.
    if (sum - 1.0).abs() > 1e-5 {
        return Err(InformationError::NotNormalised { what, sum });
    }
    Ok(())
}
