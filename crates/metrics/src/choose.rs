//! From a name and a shape to a metric.

use polytask_config::{Entry, name_in, options_in, with_article};

use crate::{Facts, METRICS, Metric, Shape};

/// Why there is no such metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// No metric has this name.
    #[error("there is no metric `{name}`{}", suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name for this shape, if one is near.
        suggestion: Option<&'static str>,
    },
    /// The metric is for other tasks.
    #[error("`{name}` is not for {} task, but for {}", with_article(shape.name()), names(shapes))]
    Shape {
        /// The metric.
        name: &'static str,
        /// What it was wanted for.
        shape: Shape,
        /// What it is for.
        shapes: &'static [Shape],
    },
    /// These are no options of the metric.
    #[error("`{name}` has no such options")]
    Options {
        /// The metric.
        name: &'static str,
    },
}

fn names(shapes: &[Shape]) -> String {
    shapes
        .iter()
        .map(|shape| shape.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The metrics of a task that names none; the first is the one to look at.
///
/// ```
/// use polytask_metrics::{Shape, defaults};
///
/// assert_eq!(defaults(Shape::Values), ["mae", "rmse", "r2"]);
/// ```
#[must_use]
pub fn defaults(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Binary => &["accuracy", "auroc", "f1", "log_loss"],
        Shape::Classes => &["accuracy", "f1_macro", "log_loss"],
        Shape::Ordinal => &["accuracy", "mae", "quadratic_kappa"],
        Shape::Flags => &["f1_macro", "auroc", "hamming"],
        Shape::Values => &["mae", "rmse", "r2"],
    }
}

/// The metric called `name`, for predictions of this shape: `top_k` with its default options, `top_k(k=3)` with others.
///
/// ```
/// use polytask_metrics::{MetricError, Shape, metric};
///
/// assert!(metric("auroc", Shape::Binary).is_ok());
/// let error = metric("acuracy", Shape::Binary).err().unwrap();
/// assert_eq!(error.to_string(), "there is no metric `acuracy`; did you mean `accuracy`?");
/// let error = metric("r2", Shape::Binary).err().unwrap();
/// assert_eq!(error.to_string(), "`r2` is not for a binary task, but for regression");
/// assert!(metric("top_k(k=3)", Shape::Classes).is_ok());
/// assert!(metric("top_k(n=3)", Shape::Classes).is_err());
/// ```
///
/// # Errors
///
/// If there is no such metric or it is not for this shape.
pub fn metric(name: &str, shape: Shape) -> Result<Box<dyn Metric>, MetricError> {
    let entry = entry(name, shape)?;
    options_in(name, entry.new).ok_or(MetricError::Options { name: entry.name })
}

/// The entry of the metric called `name`, whatever its options, if it is for this shape: what it is, before it is made.
///
/// ```
/// use polytask_metrics::{Shape, entry};
///
/// assert_eq!(entry("nmse", Shape::Values)?.summary, "mean squared error divided by the target's variance (mean over outputs)");
/// # Ok::<(), polytask_metrics::MetricError>(())
/// ```
///
/// # Errors
///
/// If there is no such metric or it is not for this shape.
pub fn entry(
    name: &str,
    shape: Shape,
) -> Result<&'static Entry<Box<dyn Metric>, Facts>, MetricError> {
    let name = name_in(name);
    let Some(entry) = METRICS.iter().find(|entry| entry.name == name) else {
        let fitting = METRICS
            .iter()
            .filter(|entry| entry.facts.shapes.contains(&shape));
        let suggestion = nearest(name, fitting.map(|entry| entry.name))
            .or_else(|| nearest(name, METRICS.iter().map(|entry| entry.name)));
        return Err(MetricError::Unknown {
            name: name.to_owned(),
            suggestion,
        });
    };
    if !entry.facts.shapes.contains(&shape) {
        return Err(MetricError::Shape {
            name: entry.name,
            shape,
            shapes: entry.facts.shapes,
        });
    }
    Ok(entry)
}

/// The name that takes the fewest edits to reach, if that is at most a third of its letters.
fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let name = name.to_lowercase();
    let near = names.map(|candidate| (edits(&name, candidate), candidate));
    let near = near.filter(|(edits, candidate)| 3 * edits <= candidate.len());
    near.min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// How many letters to insert, drop or replace (Levenshtein 1966).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (before, letter) in from.chars().enumerate() {
        let mut diagonal = before;
        let mut left = before + 1;
        for (slot, wanted) in row.iter_mut().skip(1).zip(to.chars()) {
            left = (diagonal + usize::from(letter != wanted))
                .min(left + 1)
                .min(*slot + 1);
            diagonal = std::mem::replace(slot, left);
        }
        if let Some(first) = row.first_mut() {
            *first = before + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
