//! First weights, drawn in plain Rust: the same bits on every backend, and each parameter's from its own stream.
//!
//! The stream of a parameter is named after it (`init/encoder.layers.0.weight`), so that adding a task, or another
//! layer above, changes no other first weight.
//!
//! Scales. With fan_in inputs and fan_out outputs a weight is normal with deviation
//! - √(2 / fan_in) before a rectifier and its smooth kin (He et al. 2015, Delving Deep into Rectifiers),
//! - √(2 / (fan_in + fan_out)) before a saturating activation (Glorot and Bengio 2010),
//! - √(1 / fan_in) before none (LeCun et al. 1998, Efficient BackProp).

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use polytask_random::Seed;

/// Draws the first value of parameters on one device.
#[derive(Clone, Copy)]
pub(crate) struct Initial<'a> {
    pub(crate) seed: Seed,
    pub(crate) device: &'a Device,
}

/// What follows a weight decides how large it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// He et al. 2015.
    Rectifier,
    /// Glorot and Bengio 2010.
    Saturating,
    /// LeCun et al. 1998.
    Linear,
}

impl Scale {
    pub(crate) fn deviation(self, fan_in: usize, fan_out: usize) -> f64 {
        // A layer of no inputs has no weights; the 1 only keeps the division defined.
        let fan_in = fan_in.max(1) as f64;
        match self {
            Self::Rectifier => (2.0 / fan_in).sqrt(),
            Self::Saturating => (2.0 / (fan_in + fan_out as f64)).sqrt(),
            Self::Linear => (1.0 / fan_in).sqrt(),
        }
    }
}

impl Initial<'_> {
    /// Standard normal numbers from the stream of the parameter `name`.
    pub(crate) fn normals(&self, name: &str, count: usize) -> Vec<f64> {
        let mut stream = self.seed.stream(&format!("init/{name}"), 0);
        (0..count).map(|_| stream.normal()).collect()
    }

    /// A parameter of independent normal numbers with this deviation.
    pub(crate) fn normal<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        deviation: f64,
    ) -> Param<Tensor<D>> {
        let values = self
            .normals(name, shape.iter().product())
            .into_iter()
            .map(|draw| draw * deviation)
            .collect();
        self.given(shape, values)
    }

    /// A parameter filled with one number.
    pub(crate) fn constant<const D: usize>(
        &self,
        shape: [usize; D],
        value: f64,
    ) -> Param<Tensor<D>> {
        self.given(shape, vec![value; shape.iter().product()])
    }

    /// A parameter with these values, row by row.
    pub(crate) fn given<const D: usize>(
        &self,
        shape: [usize; D],
        values: Vec<f64>,
    ) -> Param<Tensor<D>> {
        Param::from_data(data(shape, values), self.device)
    }
}

/// Values of a tensor, row by row, rounded to f32.
pub(crate) fn data<const D: usize>(shape: [usize; D], values: Vec<f64>) -> TensorData {
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    TensorData::new(values, shape)
}

/// Puts another value into a parameter, which keeps its identity and whether it is trained.
pub(crate) fn replace<const D: usize>(param: &mut Param<Tensor<D>>, value: Tensor<D>) {
    let trained = param.val().is_require_grad();
    *param = param
        .clone()
        .map(|_| value.detach().set_require_grad(trained));
}
