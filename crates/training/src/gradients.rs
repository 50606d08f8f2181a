//! What is done to gradients between backward and the optimizer: add up, measure, clip, and find what is not finite.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_model::names::NamedParameter;

/// The sum of `more` and `sum`, parameter by parameter.
pub(crate) fn add<M: Module>(
    model: &M,
    sum: Option<GradientsParams>,
    more: GradientsParams,
) -> GradientsParams {
    let Some(sum) = sum else { return more };
    let mut visitor = Add { sum, more };
    model.visit(&mut visitor);
    visitor.sum
}

struct Add {
    sum: GradientsParams,
    more: GradientsParams,
}

impl ModuleVisitor for Add {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(more) = self.more.remove::<D>(parameter.id) else {
            return;
        };
        let total = match self.sum.remove::<D>(parameter.id) {
            Some(sum) => sum + more,
            None => more,
        };
        self.sum.register(parameter.id, total);
    }
}

/// The squared Euclidean norm over all parameters, `[1]`, on the device; `None` without any gradient.
pub(crate) fn squared_norm<M: Module>(model: &M, gradients: &GradientsParams) -> Option<Tensor<1>> {
    let mut visitor = SquaredNorm {
        gradients,
        sum: None,
    };
    model.visit(&mut visitor);
    visitor.sum
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(parameter.id) else {
            return;
        };
        let square = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

/// The same on the host in f64: finite wherever every value is, which the device's f32 is not.
pub(crate) fn squared_norm_in_f64<M: Module>(model: &M, gradients: &GradientsParams) -> f64 {
    let mut sum = 0.0;
    each(model, gradients, |_, values| {
        sum += values
            .iter()
            .map(|&value| f64::from(value).powi(2))
            .sum::<f64>();
    });
    sum
}

/// ‖g‖ over all parameters; 0 without any gradient.
pub(crate) fn norm<M: Module>(model: &M, gradients: &GradientsParams) -> f64 {
    let square = squared_norm(model, gradients);
    let read = crate::tensors::read_scalars(square.into_iter().collect());
    let square = read.first().copied().unwrap_or(0.0);
    if square.is_finite() {
        return square.sqrt();
    }
    // Its square does not fit in f32; the gradient may.
    squared_norm_in_f64(model, gradients).sqrt()
}

/// All gradients times `factor`.
pub(crate) fn scale<M: Module>(
    model: &M,
    gradients: GradientsParams,
    factor: f64,
) -> GradientsParams {
    scale_each(model, gradients, |_| Some(factor))
}

/// Each gradient times the factor of its parameter, if it has one.
pub(crate) fn scale_each<M: Module>(
    model: &M,
    gradients: GradientsParams,
    factor: impl Fn(ParamId) -> Option<f64>,
) -> GradientsParams {
    let mut visitor = Scale { gradients, factor };
    model.visit(&mut visitor);
    visitor.gradients
}

struct Scale<F> {
    gradients: GradientsParams,
    factor: F,
}

impl<F: Fn(ParamId) -> Option<f64>> ModuleVisitor for Scale<F> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(factor) = (self.factor)(parameter.id) else {
            return;
        };
        if let Some(gradient) = self.gradients.remove::<D>(parameter.id) {
            self.gradients
                .register(parameter.id, gradient.mul_scalar(factor));
        }
    }
}

/// The names of the parameters whose gradient holds a value that is not finite; if there are none, of the one whose
/// gradient is the largest, and false.
pub(crate) fn broken<M: Module>(
    model: &M,
    gradients: &GradientsParams,
    parameters: &[NamedParameter],
) -> (Vec<String>, bool) {
    let name = |id: ParamId| {
        let named = parameters.iter().find(|named| named.id == id);
        named.map(|named| named.name.clone())
    };
    let mut names = Vec::new();
    let mut largest = (0.0, None);
    each(model, gradients, |id, values| {
        if values.iter().any(|value| !value.is_finite()) {
            names.extend(name(id));
        }
        let most = values
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        if most > largest.0 {
            largest = (most, name(id));
        }
    });
    let is_broken = !names.is_empty();
    if !is_broken {
        names.extend(largest.1);
    }
    (names, is_broken)
}

/// Shows the gradient of every parameter that has one, on the host.
fn each<M: Module>(model: &M, gradients: &GradientsParams, see: impl FnMut(ParamId, &[f32])) {
    model.visit(&mut Each { gradients, see });
}

struct Each<'a, F> {
    gradients: &'a GradientsParams,
    see: F,
}

impl<F: FnMut(ParamId, &[f32])> ModuleVisitor for Each<'_, F> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(parameter.id) else {
            return;
        };
        let values: Vec<f32> = gradient
            .into_data()
            .convert::<f32>()
            .try_into_vec::<f32>()
            .unwrap_or_default();
        (self.see)(parameter.id, &values);
    }
}
