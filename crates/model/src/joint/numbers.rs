//! The numbers among the coupled labels: between predictions and labels of tasks and the one Gaussian law over them.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use super::conditional::Conditional;
use super::covariance::Covariance;
use super::label::CoupledLabel;
use super::{KEY, Known, add_to};
use crate::error::ShapeError;
use crate::initial::{Initial, data};
use crate::loss::TaskSpec;

/// Numbers with their covariance.
#[derive(Module, Debug)]
pub(crate) struct Numbers {
    pub(crate) covariance: Covariance,
    #[module(skip)]
    labels: Vec<CoupledLabel>,
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
        let variances: Vec<f64> = labels
            .iter()
            .map(|label| tasks.get(label.task).map_or(1.0, |task| task.fit.variance))
            .collect();
        Ok((labels.len() > 1).then(|| Self {
            covariance: Covariance::new(initial, &variances),
            labels,
        }))
    }

    /// In the order of the covariance.
    pub(super) fn labels(&self) -> &[CoupledLabel] {
        &self.labels
    }

    /// Means given the numbers that are known, in the place of the heads' own predictions: those of a known number are
    /// its value. In f64: nothing is trained through it.
    pub(super) fn condition(&self, predictions: &mut [Tensor<2>], known: &Known) {
        let own = self.means(predictions);
        let [rows, count] = own.dims();
        let (device, means) = (own.device(), own.into_data());
        let means: Vec<f64> = means.iter::<f64>().collect();
        let (values, mask) = self.of(known);
        let mut law = Conditional::of(&self.covariance.factor_in_f64());
        let mut given: Vec<f64> = Vec::with_capacity(rows * count);
        let each = means.chunks(count).zip(values.chunks(count));
        for ((means, values), mask) in each.zip(mask.chunks(count)) {
            let is_known: Vec<bool> = mask.iter().map(|known| *known > 0.0).collect();
            let errors: Vec<f64> = values
                .iter()
                .zip(means)
                .map(|(value, mean)| f64::from(*value) - mean)
                .collect();
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
        let mut law = Conditional::of(&self.covariance.factor_in_f64());
        let mut deviations = Vec::with_capacity(mask.len());
        for mask in mask.chunks(self.labels.len().max(1)) {
            let is_known: Vec<bool> = mask.iter().map(|known| *known > 0.0).collect();
            let variances = law.given(&is_known).variances.iter();
            deviations.extend(variances.map(|variance| variance.sqrt()));
        }
        deviations
    }

    /// Adds -ln p(number | x, the known numbers before it) to the costs of the tasks.
    pub(super) fn add_costs(
        &self,
        predictions: &[Tensor<2>],
        known: &Known,
        costs: &mut [Option<Tensor<1>>],
    ) {
        let (errors, mask) = self.errors(predictions, known);
        self.add(self.covariance.costs(errors, &mask), costs);
    }

    /// Adds -ln p(number | x) to the costs of the tasks.
    pub(super) fn add_alone(
        &self,
        predictions: &[Tensor<2>],
        known: &Known,
        costs: &mut [Option<Tensor<1>>],
    ) {
        let (errors, mask) = self.errors(predictions, known);
        self.add(self.covariance.costs_alone(errors, &mask), costs);
    }

    fn add(&self, each: Tensor<2>, costs: &mut [Option<Tensor<1>>]) {
        let [rows, _] = each.dims();
        for (index, label) in self.labels.iter().enumerate() {
            let own = each.clone().narrow(1, index, 1).reshape([rows]);
            add_to(costs, label.task, own);
        }
    }

    /// Labels less predictions `[rows, numbers]`, and which labels are known.
    fn errors(&self, predictions: &[Tensor<2>], known: &Known) -> (Tensor<2>, Vec<f32>) {
        let means = self.means(predictions);
        let (values, mask) = self.of(known);
        let values = TensorData::new(values, means.dims());
        (Tensor::from_data(values, &means.device()) - means, mask)
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
