//! What can be wrong with a model before a step is taken: shapes, losses, and stored values that do not fit.

use polytask_config::with_article;
use thiserror::Error;

/// A layer that cannot be built on what stands below it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {layer}: {message}")]
pub struct ShapeError {
    /// Where the config says it: `encoder.channels[1]`.
    pub key: String,
    /// The layer in words: `conv block 1`.
    pub layer: String,
    /// What is wrong, with the sizes.
    pub message: String,
}

/// Every shape problem of a model, found in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShapeErrors(pub Vec<ShapeError>);

impl std::fmt::Display for ShapeErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_lines(f, &self.0)
    }
}

impl std::error::Error for ShapeErrors {}

/// A loss that does not fit its task.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LossError {
    /// The loss is for other kinds of tasks.
    #[error("loss `{loss}` is not for {} task; allowed here: {}", with_article(kind), allowed.join(", "))]
    Kind {
        task: String,
        loss: &'static str,
        kind: &'static str,
        allowed: Vec<&'static str>,
    },
    /// A list with one number per class (or label) has another length.
    #[error("`{option}` has {given} numbers, and the task has {wanted}")]
    Length {
        task: String,
        option: &'static str,
        given: usize,
        wanted: usize,
    },
    /// The options contradict each other or what is known of the labels.
    #[error("{message}")]
    Options { task: String, message: String },
}

/// Stored values that are not this model's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    #[error("`{name}` is missing")]
    Missing { name: String },
    #[error("`{name}` is not a parameter of this model")]
    Unknown { name: String },
    #[error("`{name}` is given more than once")]
    Duplicate { name: String },
    #[error("`{name}` has shape {found:?}, the model wants {wanted:?}")]
    Shape {
        name: String,
        wanted: Vec<usize>,
        found: Vec<usize>,
    },
    #[error("`{name}` has {found} values, its shape wants {wanted}")]
    Length {
        name: String,
        wanted: usize,
        found: usize,
    },
}

/// Everything that is wrong with the stored values, found in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportErrors(pub Vec<ImportError>);

impl std::fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_lines(f, &self.0)
    }
}

impl std::error::Error for ImportErrors {}

fn write_lines<E: std::fmt::Display>(
    f: &mut std::fmt::Formatter<'_>,
    errors: &[E],
) -> std::fmt::Result {
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            writeln!(f)?;
        }
        write!(f, "{error}")?;
    }
    Ok(())
}
