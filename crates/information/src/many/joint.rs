//! The joint counts of several labels, over the rows where all are there.

use crate::InformationError;
use crate::discrete::Entropy;
use crate::error::{at_least, at_most, same_length};

/// Cells a joint table may have.
const CELLS: usize = 1 << 22;
const MISSING: u32 = u32::MAX;

/// Counts of every combination of classes; the last label varies fastest.
///
/// ```
/// use polytask_information::many::Joint;
///
/// // y_3 = y_1 xor y_2: no pair shares anything, all three together a bit.
/// let xor = Joint::of_counts(vec![1, 0, 0, 1, 0, 1, 1, 0], &[2, 2, 2])?;
/// assert!(xor.information(&[0], &[2]).abs() < 1e-12);
/// assert!((xor.information(&[0, 1], &[2]) - f64::ln(2.0)).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    classes: Vec<usize>,
    counts: Vec<u64>,
}

impl Joint {
    /// From counts of all combinations.
    ///
    /// # Errors
    /// If the counts are not one per combination.
    pub fn of_counts(counts: Vec<u64>, classes: &[usize]) -> Result<Self, InformationError> {
        same_length("counts of a joint table", cells(classes)?, counts.len())?;
        Ok(Self {
            classes: classes.to_vec(),
            counts,
        })
    }

    /// From labels `[tasks][rows]`, counting the rows where every label is there.
    ///
    /// # Errors
    /// If the labels differ in number, one is not below its number of classes, or there are too many combinations.
    pub fn of_labels(
        labels: &[&[Option<u32>]],
        classes: &[usize],
    ) -> Result<Self, InformationError> {
        at_least("labels", labels.len(), 1)?;
        same_length("labels and numbers of classes", labels.len(), classes.len())?;
        let rows = labels.first().map_or(0, |label| label.len());
        // A row that lacks a label has the key MISSING and keeps it.
        let mut keys = vec![0u32; rows];
        let all = cells(classes)?;
        for (label, &classes) in labels.iter().zip(classes) {
            same_length("labels", rows, label.len())?;
            if let Some((index, class)) = label.iter().enumerate().find_map(|(index, label)| {
                label
                    .filter(|&class| class as usize >= classes)
                    .map(|class| (index, class))
            }) {
                return Err(InformationError::Value {
                    what: "class of a label",
                    index,
                    value: f64::from(class),
                    wanted: "below the number of classes",
                });
            }
            for (key, class) in keys.iter_mut().zip(*label) {
                *key = match (*key, class) {
                    (MISSING, _) | (_, None) => MISSING,
                    (key, Some(class)) => key * classes as u32 + class,
                };
            }
        }
        let mut counts = vec![0; all];
        for key in keys.into_iter().filter(|&key| key != MISSING) {
            if let Some(count) = counts.get_mut(key as usize) {
                *count += 1;
            }
        }
        Self::of_counts(counts, classes)
    }

    /// How many labels.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.classes.len()
    }

    /// How many rows were counted.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The counts of some of the labels, in the order asked for.
    #[must_use]
    pub fn marginal(&self, tasks: &[usize]) -> Vec<u64> {
        let kept: Vec<usize> = tasks
            .iter()
            .filter_map(|&task| self.classes.get(task).copied())
            .collect();
        let mut counts = vec![0; kept.iter().product()];
        let mut values = vec![0usize; self.classes.len()];
        for &count in &self.counts {
            if count > 0 {
                let key = tasks.iter().zip(&kept).fold(0, |key, (&task, classes)| {
                    key * classes + values.get(task).copied().unwrap_or(0)
                });
                if let Some(sum) = counts.get_mut(key) {
                    *sum += count;
                }
            }
            // The next combination, the last label first.
            for (value, &classes) in values.iter_mut().zip(&self.classes).rev() {
                *value += 1;
                if *value < classes {
                    break;
                }
                *value = 0;
            }
        }
        counts
    }

    /// Number of classes of a label; 0 if there is no such label.
    #[must_use]
    pub fn classes(&self, task: usize) -> usize {
        self.classes.get(task).copied().unwrap_or(0)
    }

    /// Plug-in entropy of some of the labels together, nats; 0 of none.
    #[must_use]
    pub fn entropy(&self, tasks: &[usize]) -> f64 {
        if tasks.is_empty() {
            return 0.0;
        }
        Entropy::MaximumLikelihood.of(&self.marginal(tasks))
    }

    /// Plug-in information between two sets of labels, nats.
    #[must_use]
    pub fn information(&self, left: &[usize], right: &[usize]) -> f64 {
        self.entropy(left) + self.entropy(right) - self.entropy(&[left, right].concat())
    }

    /// Plug-in information between two sets of labels when a third is known, nats.
    #[must_use]
    pub fn conditional_information(&self, left: &[usize], right: &[usize], given: &[usize]) -> f64 {
        self.entropy(&[left, given].concat()) + self.entropy(&[right, given].concat())
            - self.entropy(&[left, right, given].concat())
            - self.entropy(given)
    }
}

/// The product of the numbers of classes.
fn cells(classes: &[usize]) -> Result<usize, InformationError> {
    let cells = classes
        .iter()
        .try_fold(1usize, |cells, &classes| cells.checked_mul(classes))
        .unwrap_or(usize::MAX);
    at_most("combinations of classes", cells, CELLS)?;
    Ok(cells)
}
