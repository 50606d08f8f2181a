//! Examples of each shape, from named random streams: imperfect, perfect and worst predictions of the same rows.

use polytask_metrics::{Predictions, Shape};
use polytask_random::{Seed, Stream};

/// Predictions that own their rows.
#[derive(Clone)]
pub(crate) enum Rows {
    Classes {
        probabilities: Vec<f64>,
        classes: usize,
        truth: Vec<u32>,
    },
    Flags {
        probabilities: Vec<f64>,
        labels: usize,
        truth: Vec<bool>,
    },
    Values {
        predicted: Vec<f64>,
        outputs: usize,
        truth: Vec<f64>,
    },
}

const ROWS: usize = 97;

impl Rows {
    /// What a model that has learned something might give.
    pub(crate) fn imperfect(shape: Shape) -> Self {
        let mut stream = Seed(1).stream(shape.name(), 0);
        match shape {
            Shape::Binary => classes(2, &mut stream),
            Shape::Classes => classes(5, &mut stream),
            Shape::Ordinal => classes(4, &mut stream),
            Shape::Flags => {
                let truth: Vec<bool> = (0..3 * ROWS).map(|_| stream.uniform() < 0.4).collect();
                let guess = |&flag: &bool| 0.7 * stream.uniform() + if flag { 0.3 } else { 0.0 };
                Self::Flags {
                    probabilities: truth.iter().map(guess).collect(),
                    labels: 3,
                    truth,
                }
            }
            Shape::Values => {
                // The first output is far from zero: there a textbook variance loses its digits.
                let (center, scale) = ([1e6, 5e-3, 5e4], [1.0, 1e-3, 1e4]);
                let truth: Vec<f64> = (0..3 * ROWS)
                    .map(|at| center[at % 3] + scale[at % 3] * stream.normal())
                    .collect();
                let guess =
                    |(at, truth): (usize, &f64)| truth + 0.3 * scale[at % 3] * stream.normal();
                Self::Values {
                    predicted: truth.iter().enumerate().map(guess).collect(),
                    outputs: 3,
                    truth,
                }
            }
        }
    }

    /// The same rows, predicted with certainty: right, or as wrong as can be.
    pub(crate) fn certain(&self, is_right: bool) -> Self {
        match self.clone() {
            Self::Classes { classes, truth, .. } => {
                let wrong = |class: u32| {
                    if 2 * (class as usize) < classes {
                        classes - 1
                    } else {
                        0
                    }
                };
                let predicted = |class: u32| {
                    if is_right {
                        class as usize
                    } else {
                        wrong(class)
                    }
                };
                let row = |&class: &u32| {
                    (0..classes).map(move |k| f64::from(u8::from(k == predicted(class))))
                };
                Self::Classes {
                    probabilities: truth.iter().flat_map(row).collect(),
                    classes,
                    truth,
                }
            }
            Self::Flags { labels, truth, .. } => {
                let probabilities = truth
                    .iter()
                    .map(|&flag| f64::from(u8::from(flag == is_right)))
                    .collect();
                Self::Flags {
                    probabilities,
                    labels,
                    truth,
                }
            }
            Self::Values { outputs, truth, .. } => {
                let sign = if is_right { 1.0 } else { -1.0 };
                Self::Values {
                    predicted: truth.iter().map(|truth| sign * truth).collect(),
                    outputs,
                    truth,
                }
            }
        }
    }

    /// As a metric sees them.
    pub(crate) fn seen(&self) -> Predictions<'_> {
        match self {
            Self::Classes {
                probabilities,
                classes,
                truth,
            } => Predictions::Classes {
                probabilities,
                classes: *classes,
                truth,
            },
            Self::Flags {
                probabilities,
                labels,
                truth,
            } => Predictions::Flags {
                probabilities,
                labels: *labels,
                truth,
            },
            Self::Values {
                predicted,
                outputs,
                truth,
            } => Predictions::Values {
                predicted,
                outputs: *outputs,
                truth,
            },
        }
    }

    /// The predictions themselves, `[rows, width]`.
    pub(crate) fn predicted(&mut self) -> &mut Vec<f64> {
        match self {
            Self::Classes { probabilities, .. } | Self::Flags { probabilities, .. } => {
                probabilities
            }
            Self::Values { predicted, .. } => predicted,
        }
    }

    /// These rows, in this order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        fn of<T: Copy>(items: &[T], width: usize, rows: &[usize]) -> Vec<T> {
            rows.iter()
                .flat_map(|&row| items[row * width..(row + 1) * width].iter().copied())
                .collect()
        }
        match self {
            Self::Classes {
                probabilities,
                classes,
                truth,
            } => Self::Classes {
                probabilities: of(probabilities, *classes, rows),
                classes: *classes,
                truth: of(truth, 1, rows),
            },
            Self::Flags {
                probabilities,
                labels,
                truth,
            } => Self::Flags {
                probabilities: of(probabilities, *labels, rows),
                labels: *labels,
                truth: of(truth, *labels, rows),
            },
            Self::Values {
                predicted,
                outputs,
                truth,
            } => Self::Values {
                predicted: of(predicted, *outputs, rows),
                outputs: *outputs,
                truth: of(truth, *outputs, rows),
            },
        }
    }

    /// The same rows cut at random places, with an empty batch among them.
    pub(crate) fn batches(&self, cut: u64) -> Vec<Self> {
        let mut stream = Seed(2).stream("cuts", cut);
        let mut batches = vec![self.select(&[])];
        let mut row = 0;
        while row < self.seen().rows() {
            let end = (row + 1 + stream.below(20)).min(self.seen().rows());
            batches.push(self.select(&(row..end).collect::<Vec<_>>()));
            row = end;
        }
        batches
    }
}

/// Mostly right; probabilities in eighths, so that many tie.
fn classes(classes: usize, stream: &mut Stream) -> Rows {
    let truth: Vec<u32> = (0..ROWS).map(|_| stream.below(classes) as u32).collect();
    let mut probabilities = Vec::new();
    for &class in &truth {
        let favourite = if stream.uniform() < 0.6 {
            class as usize
        } else {
            stream.below(classes)
        };
        let eighths: Vec<f64> = (0..classes)
            .map(|k| if k == favourite { 3.0 } else { 0.0 } + stream.below(3) as f64)
            .collect();
        let sum: f64 = eighths.iter().sum();
        probabilities.extend(eighths.iter().map(|part| part / sum));
    }
    Rows::Classes {
        probabilities,
        classes,
        truth,
    }
}
