//! The numbers among the coupled labels: between predictions and labels of tasks and the one Gaussian law over them.

use burn::module::Module;
use burn::tensor::Tensor;

use super::conditional::{Conditional, LEAST};
use super::covariance::Covariance;
use super::label::CoupledLabel;
use super::residuals::{Covariances, Residuals};
use super::{KEY, Known};
use crate::error::ShapeError;
use crate::initial::{Initial, data};
use crate::loss::TaskSpec;

/// What the known numbers of a row cost, nats; nothing where none is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberCost {
    /// -ln p(known numbers | x).
    pub together: f64,
    /// The sum of -ln p(number | x) over them, by the marginals of the same law.
    pub alone: f64,
}

/// Numbers with their covariance.
#[derive(Module, Debug)]
pub(crate) struct Numbers {
    pub(crate) covariance: Covariance,
    #[module(skip)]
    labels: Vec<CoupledLabel>,
    /// Variances of the labels of training.
    #[module(skip)]
    start: Vec<f64>,
}

impl Numbers {
    /// The numbers of the regressions of these names, independent at first; none of fewer than two.
    pub(super) fn new(
        initial: &Initial<'_>,
        names: &[String],
        tasks: &[TaskSpec],
    ) -> Result<Option<Self>, Vec<ShapeError>> {
        let (mut labels, mut problems) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let found = if names.iter().take(index).any(|before| before == name) {
                Err(format!("`{name}` is named twice"))
            } else {
                CoupledLabel::numbers(name, tasks)
            };
            match found {
                Ok(own) => labels.extend(own),
                Err(message) => problems.push(ShapeError {
                    key: format!("{KEY}.numbers[{index}]"),
                    layer: "joint head".to_owned(),
                    message,
                }),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let variance = |label: &CoupledLabel| {
            // A constant label has none.
            let variance = tasks.get(label.task).map_or(1.0, |task| task.fit.variance);
            variance.max(1e-5)
        };
        let start: Vec<f64> = labels.iter().map(variance).collect();
        Ok((labels.len() > 1).then(|| Self {
            covariance: Covariance::new(initial, &start),
            labels,
            start,
        }))
    }

    /// Adds what the predictions leave of the numbers that are known, each row to its part.
    pub(super) fn leave(
        &self,
        predictions: &[Tensor<2>],
        known: &Known,
        parts: &[usize],
        residuals: &mut Residuals,
    ) {
        for ((errors, is_known), part) in self.errors(predictions, known).into_iter().zip(parts) {
            residuals.add(*part, &errors, is_known);
        }
    }

    /// The covariance of these residuals.
    pub(super) fn fit(&self, residuals: &Residuals) -> Option<Covariances> {
        let least: Vec<f64> = self.start.iter().map(|variance| LEAST * variance).collect();
        residuals.fit(&self.start, &least)
    }

    /// With the covariance of this L.
    pub(super) fn with_factor(self, factor: &[Vec<f64>]) -> Self {
        Self {
            covariance: self.covariance.with_factor(factor),
            ..self
        }
    }

    /// In the order of the covariance.
    pub(super) fn labels(&self) -> &[CoupledLabel] {
        &self.labels
    }

    /// Means given the numbers that are known, in the place of the heads' own predictions: those of a known number are
    /// its value. In f64: nothing is trained through it.
    pub(super) fn condition(&self, predictions: &mut [Tensor<2>], known: &Known) {
        let own = self.means(predictions);
        let ([rows, count], device) = (own.dims(), own.device());
        let means: Vec<f64> = own.into_data().iter::<f64>().collect();
        let (values, _) = self.of(known);
        let mut law = Conditional::of(&self.covariance.factor());
        let mut given: Vec<f64> = Vec::with_capacity(rows * count);
        let each = means.chunks(count).zip(values.chunks(count));
        for ((means, values), (errors, is_known)) in each.zip(self.errors(predictions, known)) {
            let shifts = law.given(&is_known).shifts(&errors);
            let each = means.iter().zip(shifts).zip(values).zip(is_known);
            given.extend(each.map(|(((mean, shift), value), is_known)| {
                if is_known {
                    f64::from(*value)
                } else {
                    mean + shift
                }
            }));
        }
        let given = Tensor::<2>::from_data(data([rows, count], given), &device);
        for (index, label) in self.labels.iter().enumerate() {
            if let Some(slot) = predictions.get_mut(label.task) {
                let place = [0..rows, label.place..label.place + 1];
                let own = given.clone().narrow(1, index, 1);
                *slot = slot.clone().slice_assign(place, own);
            }
        }
    }

    /// Standard deviations of the numbers given what is known, row by row in the order of the labels.
    pub(super) fn deviations(&self, known: &Known) -> Vec<f64> {
        let (_, mask) = self.of(known);
        let mut law = Conditional::of(&self.covariance.factor());
        let mut deviations = Vec::with_capacity(mask.len());
        for mask in mask.chunks(self.labels.len().max(1)) {
            let is_known: Vec<bool> = mask.iter().map(|known| *known > 0.0).collect();
            let variances = law.given(&is_known).variances();
            deviations.extend(variances.map(|variance| variance.sqrt()));
        }
        deviations
    }

    /// What the known numbers of each row cost.
    pub(super) fn costs(&self, predictions: &[Tensor<2>], known: &Known) -> Vec<NumberCost> {
        let (mut law, count) = (
            Conditional::of(&self.covariance.factor()),
            self.labels.len(),
        );
        let rows = self.errors(predictions, known).into_iter();
        rows.map(|(errors, is_known)| {
            let alone = (0..count).filter(|&place| is_known.get(place) == Some(&true));
            let alone: Vec<Vec<bool>> = alone
                .map(|own| (0..count).map(|place| place == own).collect())
                .collect();
            NumberCost {
                together: law.given(&is_known).cost(&errors),
                alone: alone.iter().map(|own| law.given(own).cost(&errors)).sum(),
            }
        })
        .collect()
    }

    /// Of each row labels less predictions, 0 where nothing is known, and which labels are known.
    fn errors(&self, predictions: &[Tensor<2>], known: &Known) -> Vec<(Vec<f64>, Vec<bool>)> {
        let count = self.labels.len().max(1);
        let means: Vec<f64> = self.means(predictions).into_data().iter::<f64>().collect();
        let (values, mask) = self.of(known);
        let each = means
            .chunks(count)
            .zip(values.chunks(count))
            .zip(mask.chunks(count));
        each.map(|((means, values), mask)| {
            let is_known: Vec<bool> = mask.iter().map(|known| *known > 0.0).collect();
            let errors = values.iter().zip(means).zip(&is_known);
            let errors = errors.map(|((value, mean), is_known)| match is_known {
                true => f64::from(*value) - mean,
                false => 0.0,
            });
            (errors.collect(), is_known)
        })
        .collect()
    }

    fn means(&self, predictions: &[Tensor<2>]) -> Tensor<2> {
        let labels = self.labels.iter();
        let means = labels.filter_map(|label| Some(label.potentials(predictions.get(label.task)?)));
        Tensor::cat(means.collect(), 1)
    }

    /// The numbers' part of what is known: they come after the classes.
    fn of(&self, known: &Known) -> (Vec<f32>, Vec<f32>) {
        let own = self.labels.len();
        let part = |all: &[f32]| -> Vec<f32> {
            let rows = all.chunks(known.labels.max(1));
            rows.flat_map(|row| row.iter().skip(known.labels.saturating_sub(own)))
                .copied()
                .collect()
        };
        (part(&known.values), part(&known.mask))
    }
}
