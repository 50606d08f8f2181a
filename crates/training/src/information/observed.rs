//! A task's predictions with the truth beside them, kept row by row: what information after training is measured from.
//!
//! A law over classes is kept as its logarithm, whatever the loss: the affine maps of a calibration then hold for softmax, ordinal and
//! binary heads alike. A multilabel task has a part per label, a regression task a part per output.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use polytask_data::TaskKind;
use polytask_information::usable::Head;

/// Numbers that one task may keep (half a gigabyte); beyond, nothing is measured.
const MOST: usize = 1 << 26;

/// The least probability of a flag that is told from 0: what 1 - p leaves in double precision.
const LEAST: f64 = 1e-17;

/// The labelled rows that a model has seen of one task.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// Their indices in the data set.
    pub rows: Vec<u32>,
    /// What the label is made of.
    pub parts: Vec<ObservedPart>,
    /// Whether there were more rows than are kept; nothing is then.
    pub is_too_large: bool,
}

/// One label with classes, or one number.
#[derive(Clone, Debug)]
pub enum ObservedPart {
    /// ln of the predicted law `[rows, classes]`, and the class that is true.
    Classes {
        /// `[rows, classes]`.
        logits: Vec<f64>,
        /// How many.
        classes: usize,
        /// `[rows]`.
        truth: Vec<u32>,
    },
    /// In the original unit.
    Real {
        /// `[rows]`.
        prediction: Vec<f64>,
        /// `[rows]`.
        truth: Vec<f64>,
    },
}

impl ObservedPart {
    /// As the information crate takes it.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        match self {
            Self::Classes {
                logits,
                classes,
                truth,
            } => Head::Classes {
                logits,
                classes: *classes,
                truth,
            },
            Self::Real { prediction, truth } => Head::Real { prediction, truth },
        }
    }

    /// Its classes; 1 for a number.
    #[must_use]
    pub fn classes(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => *classes,
            Self::Real { .. } => 1,
        }
    }

    /// Whether its label is the same on all rows.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Classes { truth, .. } => truth.iter().all(|class| Some(class) == truth.first()),
            Self::Real { truth, .. } => truth.iter().all(|value| Some(value) == truth.first()),
        }
    }

    /// Some of the rows, by their places.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        match self {
            Self::Classes {
                logits,
                classes,
                truth,
            } => Self::Classes {
                logits: places
                    .iter()
                    .filter_map(|&row| logits.get(row * classes..(row + 1) * classes))
                    .flatten()
                    .copied()
                    .collect(),
                classes: *classes,
                truth: at(truth, places),
            },
            Self::Real { prediction, truth } => Self::Real {
                prediction: at(prediction, places),
                truth: at(truth, places),
            },
        }
    }
}

fn at<T: Copy>(values: &[T], places: &[usize]) -> Vec<T> {
    places
        .iter()
        .filter_map(|&place| values.get(place).copied())
        .collect()
}

impl Observed {
    /// Nothing yet.
    #[must_use]
    pub fn new(kind: &TaskKind) -> Self {
        let classes = |classes| ObservedPart::Classes {
            logits: Vec::new(),
            classes,
            truth: Vec::new(),
        };
        let parts = match *kind {
            TaskKind::Binary => vec![classes(2)],
            TaskKind::Multiclass { classes: count } | TaskKind::Ordinal { levels: count } => {
                vec![classes(count)]
            }
            TaskKind::Multilabel { labels } => vec![classes(2); labels],
            TaskKind::Regression { outputs } => vec![
                ObservedPart::Real {
                    prediction: Vec::new(),
                    truth: Vec::new(),
                };
                outputs
            ],
        };
        Self {
            rows: Vec::new(),
            parts,
            is_too_large: false,
        }
    }

    /// Takes in labelled rows: probabilities or values `[rows, width]` as they are decoded, and labels `[rows, label width]`.
    pub fn push(&mut self, rows: &[u32], decoded: &[f64], truth: &[f64]) {
        let width = decoded.len() / rows.len().max(1);
        if self.is_too_large || (self.rows.len() + rows.len()) * width > MOST {
            // The parts stay, with no rows: what counts them counts those of the other tasks too.
            *self = Self {
                is_too_large: true,
                ..self.select(&[])
            };
            return;
        }
        self.rows.extend(rows);
        let label_width = truth.len() / rows.len().max(1);
        let parts = self.parts.len();
        for (place, part) in self.parts.iter_mut().enumerate() {
            // One law over all classes, or a number per part.
            let labels = truth.chunks_exact(label_width.max(1));
            let labels = labels.filter_map(|row| row.get(place).copied());
            match part {
                ObservedPart::Classes { logits, truth, .. } => {
                    truth.extend(labels.map(|label| label as u32));
                    if parts == 1 && width > 1 {
                        logits.extend(decoded.iter().map(|p| p.max(f64::MIN_POSITIVE).ln()));
                    } else {
                        let flags = decoded.chunks_exact(width.max(1));
                        logits.extend(
                            flags
                                .filter_map(|row| row.get(place))
                                .flat_map(|p| [(1.0 - p).max(LEAST).ln(), p.max(LEAST).ln()]),
                        );
                    }
                }
                ObservedPart::Real { prediction, truth } => {
                    truth.extend(labels);
                    let values = decoded.chunks_exact(width.max(1));
                    prediction.extend(values.filter_map(|row| row.get(place)));
                }
            }
        }
    }

    /// Some of the rows, by their places.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        Self {
            rows: at(&self.rows, places),
            parts: self.parts.iter().map(|part| part.select(places)).collect(),
            is_too_large: self.is_too_large,
        }
    }

    /// A digest of rows and classes, without the predictions.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.rows.hash(&mut hasher);
        for part in &self.parts {
            match part {
                ObservedPart::Classes { truth, .. } => truth.hash(&mut hasher),
                // Numbers were rounded on their way through the scale of the training rows, which other seeds divide otherwise: the
                // rows must do.
                ObservedPart::Real { truth, .. } => truth.len().hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// Every second row, from the first and from the second.
    #[must_use]
    pub fn halves(&self) -> (Self, Self) {
        let places = |first: usize| (first..self.rows.len()).step_by(2).collect::<Vec<_>>();
        (self.select(&places(0)), self.select(&places(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_kept_in_its_parts() {
        let mut classes = Observed::new(&TaskKind::Multiclass { classes: 3 });
        classes.push(&[4, 9], &[0.5, 0.25, 0.25, 0.0, 0.0, 1.0], &[0.0, 2.0]);
        let [ObservedPart::Classes { logits, truth, .. }] = classes.parts.as_slice() else {
            panic!("{classes:?}")
        };
        assert_eq!((logits[0], truth.as_slice()), (0.5f64.ln(), &[0, 2][..]));
        assert!(logits.iter().all(|logit| logit.is_finite()));

        let mut flags = Observed::new(&TaskKind::Multilabel { labels: 2 });
        flags.push(&[0, 1], &[0.25, 1.0, 0.5, 0.0], &[0.0, 1.0, 1.0, 0.0]);
        let ObservedPart::Classes { logits, truth, .. } = &flags.parts[1] else {
            panic!("{flags:?}")
        };
        assert_eq!(truth, &[1, 0]);
        assert_eq!((logits[1], logits[2]), (0.0, 0.0));

        let mut values = Observed::new(&TaskKind::Regression { outputs: 2 });
        values.push(&[0, 1, 2], &[1., 2., 3., 4., 5., 6.], &[0.; 6]);
        let (even, odd) = values.halves();
        assert_eq!((even.rows, odd.rows), (vec![0, 2], vec![1]));
        let ObservedPart::Real { prediction, .. } = &odd.parts[1] else {
            panic!()
        };
        assert_eq!(prediction, &[4.0]);
    }

    #[test]
    fn what_is_too_large_is_dropped() {
        let mut one = Observed::new(&TaskKind::Binary);
        one.rows = vec![0; MOST / 2];
        one.push(&[0], &[0.5, 0.5], &[1.0]);
        assert!(one.is_too_large && one.rows.is_empty());
        assert_eq!(one.parts.len(), 1);
    }
}
