//! Categorical columns: a learned vector per category, or one-hot.
//!
//! Category numbers come from the vocabulary that was fitted on the training split; one of them is reserved for what
//! training never saw, one for missing cells. A category that no training row has stays as its random numbers made it, so
//! nothing of it may reach a prediction: in its place stands the mean of the others, weighted by their training rows
//! ([`stand_in`](CategoricalColumn::stand_in)). For a one-hot column that is the training frequencies, for an embedding
//! the mean vector. It is computed in the forward pass from the weights of that moment, so averaged weights, checkpoints
//! and exports need nothing added.
//!
//! Width of an embedding: ⌈categories / 2⌉, at most 50 (Guo and Berkhahn 2016 leave it open; this is the usual rule of
//! thumb). Its first numbers are normal with deviation 1/√width, so that a category weighs as much as one
//! standardized column.

use burn::module::{Module, Param};
use burn::tensor::module::embedding;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use polytask_config::{Choice, Fields};
use polytask_data::CategoricalShape;

use crate::error::ShapeError;
use crate::initial::Initial;
use crate::stack::Origin;

/// How a category becomes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Embedding,
    OneHot,
}

impl Choice for Coding {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "embedding",
            Self::Embedding,
            "a learned vector per category",
        ),
        ("one_hot", Self::OneHot, "a 1 in the category's own column"),
    ];
}

/// Options of all categorical columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoricalOptions {
    pub coding: Coding,
    /// Width of every embedding; by default it depends on the number of categories.
    pub width: Option<usize>,
}

/// The width of an embedding by default.
const WIDEST: usize = 50;

impl CategoricalOptions {
    pub(crate) fn options(fields: &mut Fields<'_>) -> Self {
        let options = Self {
            coding: fields
                .choice("coding", "how a category becomes numbers")
                .or(Coding::Embedding),
            width: fields
                .integer(
                    "width",
                    "width of every embedding; by default half the categories, at most 50",
                )
                .at_least(1)
                .optional(),
        };
        if options.coding == Coding::OneHot {
            fields.unused("width", "beside coding = \"one_hot\"");
        }
        options
    }

    pub(super) fn column(
        self,
        initial: &Initial<'_>,
        name: &str,
        shape: &CategoricalShape,
    ) -> Result<CategoricalColumn, ShapeError> {
        let categories = shape.categories.max(1);
        let table = match self.coding {
            Coding::OneHot => None,
            Coding::Embedding => {
                let width = self.width.unwrap_or(categories.div_ceil(2).min(WIDEST));
                Origin::new(
                    "categorical.width",
                    format!("embedding of `{}`", shape.name),
                )
                .fits(&[categories, width])?;
                let name = format!("{name}.embeddings.{}.weight", shape.name);
                let deviation = 1.0 / (width as f64).sqrt();
                Some(initial.normal(&name, [categories, width], deviation))
            }
        };
        Ok(CategoricalColumn {
            weight: table,
            name: shape.name.clone(),
            categories,
            counts: shape.counts.clone(),
        })
    }
}

/// One categorical column.
#[derive(Module, Debug)]
pub(crate) struct CategoricalColumn {
    /// `[categories, width]`; none if the column is one-hot.
    pub weight: Option<Param<Tensor<2>>>,
    name: String,
    categories: usize,
    /// Training rows per category.
    #[module(skip)]
    counts: Vec<u64>,
}

impl CategoricalColumn {
    /// The column's name in the data.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many categories it knows, the reserved one included.
    #[must_use]
    pub(crate) fn categories(&self) -> usize {
        self.categories
    }

    /// Numbers that it adds to a row.
    #[must_use]
    pub(crate) fn width(&self) -> usize {
        match &self.weight {
            Some(table) => {
                let [_, width] = table.lazy_shape().dims();
                width
            }
            None => self.categories,
        }
    }

    /// `[rows, 1]` category numbers to `[rows, width]`; with `all_known` the caller vouches that training rows have
    /// every one of them.
    pub(crate) fn forward(&self, categories: Tensor<2, Int>, all_known: bool) -> Tensor<2> {
        let strange = if all_known {
            None
        } else {
            self.strange(&categories)
        };
        let values = match &self.weight {
            Some(table) => embedding(table.val(), categories).flatten(1, 2),
            None => one_hot(categories, self.categories),
        };
        match strange {
            Some(strange) => {
                let shape = values.dims();
                let stand_in = self.stand_in(&values.device()).expand(shape);
                values.mask_where(strange.expand(shape), stand_in)
            }
            None => values,
        }
    }

    /// Which of the category numbers `[rows, 1]` no training row has; none if all can be told from training, or none.
    pub(super) fn strange(&self, categories: &Tensor<2, Int>) -> Option<Tensor<2, Bool>> {
        if self.counts.iter().all(|&count| count == 0) {
            return None;
        }
        let never = (0i64..)
            .zip(&self.counts)
            .filter(|(_, count)| **count == 0)
            .map(|(category, _)| categories.clone().equal_elem(category));
        never.reduce(Tensor::bool_or)
    }

    /// `[1, width]`: the mean over the training rows. Nothing is learnt through it.
    fn stand_in(&self, device: &Device) -> Tensor<2> {
        let total = self.counts.iter().sum::<u64>().max(1) as f64;
        let mut shares: Vec<f32> = self
            .counts
            .iter()
            .map(|&count| (count as f64 / total) as f32)
            .collect();
        shares.resize(self.categories, 0.0);
        let shares = Tensor::from_data(TensorData::new(shares, [1, self.categories]), device);
        match &self.weight {
            Some(table) => shares.matmul(table.val().detach()),
            None => shares,
        }
    }
}

/// `[rows, 1]` numbers below `classes` to `[rows, classes]` of zeros and ones.
pub(crate) fn one_hot(numbers: Tensor<2, Int>, classes: usize) -> Tensor<2> {
    let device = numbers.device();
    let all = Tensor::<1, Int>::arange(0..classes as i64, &device).reshape([1, classes]);
    let rows = numbers.dims()[0];
    numbers
        .expand([rows, classes])
        .equal(all.expand([rows, classes]))
        .float()
}
