//! What is checked of numbers that are to be inner products of tasks' gradients.

use nalgebra::DMatrix;

/// Why numbers are no Gram matrix.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GramError {
    /// There are not as many numbers as pairs of tasks.
    #[error("{found} numbers for {tasks} tasks: wanted {}", tasks * tasks)]
    Shape {
        /// Present tasks.
        tasks: usize,
        /// Numbers given.
        found: usize,
    },
    /// The tasks are not named in ascending order, each once.
    #[error("the present tasks {present:?} are not ascending")]
    Order {
        /// As given.
        present: Vec<usize>,
    },
    /// A number is not finite, or beyond 10¹⁰⁰, whose products would not be finite.
    #[error("the inner product of tasks {first} and {second} is not finite or huge: {value:e}")]
    Unusable {
        /// A task's index.
        first: usize,
        /// A task's index.
        second: usize,
        /// What was given.
        value: f64,
    },
    /// The matrix is not symmetric, beyond rounding in single precision.
    #[error("the matrix is not symmetric at tasks {first} and {second}")]
    Asymmetric {
        /// A task's index.
        first: usize,
        /// A task's index.
        second: usize,
    },
    /// A task's squared norm is negative.
    #[error("the squared gradient norm of task {task} is negative")]
    Negative {
        /// The task's index.
        task: usize,
    },
}

/// Above this a product of two entries would not be safe.
pub(crate) const LARGEST: f64 = 1e100;

/// Whether tasks are named in ascending order, each once.
pub(crate) fn is_ascending(tasks: &[usize]) -> bool {
    tasks.is_sorted_by(|first, second| first < second)
}

/// The matrix of the numbers `[tasks, tasks]`, row by row, of tasks that are ascending; each is finite and at most 10¹⁰⁰.
pub(crate) fn products(present: &[usize], values: &[f64]) -> Result<DMatrix<f64>, GramError> {
    let tasks = present.len();
    if values.len() != tasks * tasks {
        return Err(GramError::Shape {
            tasks,
            found: values.len(),
        });
    }
    if !is_ascending(present) {
        return Err(GramError::Order {
            present: present.to_vec(),
        });
    }
    let pairs = present
        .iter()
        .flat_map(|&first| present.iter().map(move |&second| (first, second)));
    let is_usable = |value: f64| value.abs() <= LARGEST;
    let mut numbers = values.iter().zip(pairs);
    match numbers.find(|(value, _)| !is_usable(**value)) {
        None => Ok(DMatrix::from_row_slice(tasks, tasks, values)),
        Some((&value, (first, second))) => Err(GramError::Unusable {
            first,
            second,
            value,
        }),
    }
}
