//! What flows through an encoder: a vector per row, or a map per row with the table's columns waiting beside it.

use burn::tensor::{Int, Tensor};

/// The inputs of one batch, on the model's device. What the data does not have is `None`.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// `[rows, columns]`, standardized.
    pub numeric: Option<Tensor<2>>,
    /// `[rows, columns]`, category numbers of the fitted vocabulary.
    pub categorical: Option<Tensor<2, Int>>,
    /// `[rows, channels, height, width]`.
    pub image: Option<Tensor<4>>,
    /// No row has a category that no training row has, as whoever made the batch could see on the host. `false` costs
    /// time and is never wrong.
    pub all_known: bool,
}

/// Activations between two layers.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and it moves from layer to layer"
)]
#[derive(Clone, Debug)]
pub(crate) enum Features {
    /// `[rows, width]`.
    Vector(Tensor<2>),
    /// A picture `[rows, channels, height, width]` and, beside it, the tabular columns `[rows, width]` that join it
    /// where it becomes a vector.
    Map {
        map: Tensor<4>,
        beside: Option<Tensor<2>>,
    },
}

impl Features {
    /// Applies `change` to the map or the vector; what stands beside the map is kept.
    pub(crate) fn change(
        self,
        vector: impl FnOnce(Tensor<2>) -> Tensor<2>,
        map: impl FnOnce(Tensor<4>) -> Tensor<4>,
    ) -> Self {
        match self {
            Self::Vector(values) => Self::Vector(vector(values)),
            Self::Map {
                map: values,
                beside,
            } => Self::Map {
                map: map(values),
                beside,
            },
        }
    }

    /// The sum of two activations of one shape (a residual connection); the columns beside the map are kept once.
    pub(crate) fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Vector(left), Self::Vector(right)) => Self::Vector(left + right),
            (Self::Map { map: left, beside }, Self::Map { map: right, .. }) => Self::Map {
                map: left + right,
                beside,
            },
            // The builder only makes residual layers whose output has the shape of their input.
            (left, _) => left,
        }
    }

    /// The same without autodiff.
    pub(crate) fn inner(self) -> Self {
        match self {
            Self::Vector(values) => Self::Vector(values.inner()),
            Self::Map { map, beside } => Self::Map {
                map: map.inner(),
                beside: beside.map(Tensor::inner),
            },
        }
    }

    /// One vector per row: a map is read out row by row, and what stands beside it is appended.
    pub(crate) fn into_vector(self) -> Tensor<2> {
        match self {
            Self::Vector(values) => values,
            Self::Map { map, beside } => join(map.flatten(1, 3), beside),
        }
    }
}

/// `[values, beside]` along the columns.
pub(crate) fn join(values: Tensor<2>, beside: Option<Tensor<2>>) -> Tensor<2> {
    match beside {
        Some(beside) => Tensor::cat(vec![values, beside], 1),
        None => values,
    }
}

/// The shape of [`Features`] without its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureShape {
    /// So many numbers a row.
    Vector(usize),
    /// `[channels, height, width]`, and so many tabular numbers beside it.
    Map { map: [usize; 3], beside: usize },
}

impl FeatureShape {
    /// Numbers per row once it is a vector.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Vector(width) => width,
            Self::Map { map, beside } => map.iter().product::<usize>() + beside,
        }
    }
}

impl std::fmt::Display for FeatureShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vector(width) => write!(f, "[{width}]"),
            Self::Map {
                map: [channels, height, width],
                beside,
            } => {
                write!(f, "[{channels}, {height}, {width}]")?;
                if *beside > 0 {
                    write!(f, " + [{beside}]")?;
                }
                Ok(())
            }
        }
    }
}
