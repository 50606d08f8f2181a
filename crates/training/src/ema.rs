//! Exponential moving average of the weights: what is evaluated when `train.ema` is set.
//!
//! After step s the average moves by 1 - d(s) towards the weights, with d(s) = min(decay, (1 + s)/(10 + s)), so that
//! the first steps are not dominated by the initial weights (the warm-up of TensorFlow's ExponentialMovingAverage).
//! Running statistics are copied, not averaged.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use burn::tensor::kind::BridgeTensor;

/// Moves `average` towards `model`; both on the same device, `average` without autodiff.
pub(crate) fn advance<M: Module>(average: M, model: &M, decay: f64, step: u64) -> M {
    let step = step as f64;
    let decay = decay.min((1.0 + step) / (10.0 + step));
    let mut weights = Weights {
        tensors: HashMap::new(),
    };
    model.visit(&mut weights);
    average.map(&mut Advance { weights, decay })
}

struct Weights {
    tensors: HashMap<ParamId, (BridgeTensor, bool)>,
}

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let value = parameter.val();
        let is_averaged = value.is_require_grad();
        self.tensors
            .insert(parameter.id, (value.inner().into_bridge(), is_averaged));
    }
}

struct Advance {
    weights: Weights,
    decay: f64,
}

impl ModuleMapper for Advance {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, average, mapper) = parameter.consume();
        let moved = match self.weights.tensors.remove(&id) {
            Some((weight, true)) => {
                average.mul_scalar(self.decay)
                    + Tensor::<D>::from_bridge(weight).mul_scalar(1.0 - self.decay)
            }
            Some((statistic, false)) => Tensor::from_bridge(statistic),
            None => average,
        };
        Param::from_mapped_value(id, moved, mapper)
    }
}
