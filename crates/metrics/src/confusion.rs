//! Which class was taken for which.

use polytask_config::State;

use crate::predictions::ClassRows;
use crate::{Fault, Predictions};

/// Counts `[truth, predicted]`, streamed. A row is predicted to be of its most probable class, of a tie the lowest.
///
/// ```
/// use polytask_metrics::{ConfusionMatrix, Predictions};
///
/// let mut matrix = ConfusionMatrix::new(2);
/// let probabilities = [0.7, 0.3, /**/ 0.6, 0.4, /**/ 0.2, 0.8];
/// matrix.update(&Predictions::Classes { probabilities: &probabilities, classes: 2, truth: &[0, 1, 1] });
/// assert_eq!(matrix.count(1, 0), 1); // one row of class 1 was taken for class 0
/// assert_eq!((matrix.truths(1), matrix.predictions(1), matrix.rows()), (2, 1, 3));
/// assert_eq!(matrix.fault(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
    fault: Option<Fault>,
}

impl ConfusionMatrix {
    /// Nothing seen yet of so many classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            counts: vec![0; classes.saturating_mul(classes)],
            fault: None,
        }
    }

    /// Takes in one batch, or none of it if one of its rows is at [fault](Self::fault).
    pub fn update(&mut self, seen: &Predictions<'_>) {
        let fault = match *seen {
            _ if seen.fault().is_some() => seen.fault(),
            Predictions::Classes { classes, .. } if classes != self.classes => {
                Some(Fault::WidthChanged)
            }
            Predictions::Classes {
                probabilities,
                classes,
                truth,
            } => {
                self.add(ClassRows {
                    probabilities,
                    classes,
                    truth,
                });
                None
            }
            Predictions::Flags { .. } | Predictions::Values { .. } => Some(Fault::Shape),
        };
        self.fault = self.fault.or(fault);
    }

    /// Why a batch was left out, if one was: the counts are then not of all rows.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Takes in rows that were checked; a matrix of no classes takes their number from the first.
    pub(crate) fn add(&mut self, rows: ClassRows<'_>) {
        if self.classes == 0 {
            *self = Self::new(rows.classes);
        }
        for (predicted, truth) in rows.decided() {
            if let Some(slot) = self.counts.get_mut(truth * self.classes + predicted) {
                *slot += 1;
            }
        }
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows of class `truth` that were predicted to be of class `predicted`; 0 for a class that is none.
    #[must_use]
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        if predicted >= self.classes {
            return 0;
        }
        let slot = truth
            .checked_mul(self.classes)
            .and_then(|row| row.checked_add(predicted));
        slot.and_then(|slot| self.counts.get(slot))
            .copied()
            .unwrap_or(0)
    }

    /// Rows of a class.
    #[must_use]
    pub fn truths(&self, class: usize) -> u64 {
        (0..self.classes)
            .map(|predicted| self.count(class, predicted))
            .sum()
    }

    /// Rows predicted to be of a class.
    #[must_use]
    pub fn predictions(&self, class: usize) -> u64 {
        (0..self.classes)
            .map(|truth| self.count(truth, class))
            .sum()
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Lists the counts.
    pub fn state(&mut self, state: &mut State) {
        state.counts("counts", &mut self.counts);
        Fault::state(&mut self.fault, state);
        if state.is_loading() {
            self.classes = self.counts.len().isqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Predictions<'_> = Predictions::Classes {
        probabilities: &[0.1, 0.2, 0.7, 0.4, 0.4, 0.2],
        classes: 3,
        truth: &[2, 1],
    };

    #[test]
    fn a_batch_at_fault_is_left_out_and_said_so() {
        let nan = Predictions::Classes {
            probabilities: &[f64::NAN, 0.5, 0.5],
            classes: 3,
            truth: &[0],
        };
        let wide = Predictions::Classes {
            probabilities: &[0.25; 4],
            classes: 4,
            truth: &[0],
        };
        let values = Predictions::Values {
            predicted: &[1.0],
            outputs: 1,
            truth: &[1.0],
        };
        for (bad, fault) in [
            (nan, Fault::NotFinite),
            (wide, Fault::WidthChanged),
            (values, Fault::Shape),
        ] {
            let mut matrix = ConfusionMatrix::new(3);
            [GOOD, bad, GOOD]
                .iter()
                .for_each(|batch| matrix.update(batch));
            assert_eq!((matrix.rows(), matrix.fault()), (4, Some(fault)));
        }
    }

    #[test]
    fn margins_are_the_sums_of_the_counts() {
        let mut matrix = ConfusionMatrix::new(3);
        matrix.update(&GOOD);
        assert_eq!((matrix.count(2, 2), matrix.count(1, 0)), (1, 1));
        assert_eq!([0, 1, 2].map(|class| matrix.truths(class)), [0, 1, 1]);
        assert_eq!([0, 1, 2].map(|class| matrix.predictions(class)), [1, 0, 1]);
        assert_eq!((matrix.count(0, 3), matrix.count(usize::MAX, 0)), (0, 0));
    }

    #[test]
    fn it_survives_a_save() {
        let mut matrix = ConfusionMatrix::new(3);
        matrix.update(&GOOD);
        let mut saving = State::save();
        matrix.state(&mut saving);
        let mut loaded = ConfusionMatrix::new(3);
        let mut loading = State::load(saving.finish().unwrap());
        loaded.state(&mut loading);
        assert!(loading.finish().is_ok());
        assert_eq!(loaded, matrix);
    }
}
