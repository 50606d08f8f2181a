//! The trunk's backward pass for all tasks at once, without a tape.
//!
//! A trunk that is [recorded](crate::MultiTaskModel::record) keeps what each layer needs to pull cotangents back. The
//! cotangents ∂l_t/∂z of all tasks then go down together, stacked along the rows: one large product a layer instead of a
//! backward pass a task. On the way each layer gives what it has to say of its parameters' gradients as a
//! [`Contribution`]; what becomes of it (inner products, rows, a weighted sum) is the taker's business.
//!
//! Everything here is on the device without autodiff; dropout draws the masks that the pass with autodiff draws from the
//! same seed, and running statistics move as they do there.

use std::ops::ControlFlow;

use burn::module::ParamId;
use burn::tensor::{Int, Tensor};

use crate::encoder::one_hot;
use crate::features::Features;

/// What one layer gives to its parameters' gradients, for all tasks.
#[derive(Clone, Debug)]
pub enum Contribution {
    /// Of a linear map, not multiplied out.
    Product(Product),
    /// Of a layer with few parameters, or whose inputs are many: the gradients themselves.
    Rows(Vec<Rows>),
    /// Of an embedding, not added up.
    Lookup(Lookup),
}

/// A linear map y = x W + b: with inputs x and cotangents d_t the gradients are ∂l_t/∂W = xᵀ d_t and ∂l_t/∂b = Σ_n d_t.
#[derive(Clone, Debug)]
pub struct Product {
    /// W.
    pub weight: ParamId,
    /// How W lies in memory.
    pub layout: Layout,
    /// b, if there is one.
    pub bias: Option<ParamId>,
    /// x, `[rows, inputs]`.
    pub inputs: Tensor<2>,
    /// d, `[tasks, rows, outputs]`.
    pub cotangents: Tensor<3>,
}

/// How the matrix of a linear map lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[inputs, outputs]`.
    InputsFirst,
    /// `[outputs, inputs]`.
    OutputsFirst,
}

/// The gradients of one parameter.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Which.
    pub parameter: ParamId,
    /// Its shape.
    pub shape: Vec<usize>,
    /// `[tasks, numbers of the parameter]`.
    pub rows: Tensor<2>,
}

/// An embedding: row n of the batch read row `chosen[n]` of the table.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The table.
    pub table: ParamId,
    /// Its shape, `[categories, width]`.
    pub shape: [usize; 2],
    /// `[rows]`.
    pub chosen: Tensor<1, Int>,
    /// `[tasks, rows, width]`.
    pub cotangents: Tensor<3>,
}

impl Lookup {
    /// 1 where a row of the batch read a row of the table, `[rows, categories]`.
    #[must_use]
    pub fn one_hot(&self) -> Tensor<2> {
        let [categories, _] = self.shape;
        one_hot(self.chosen.clone().unsqueeze_dim(1), categories)
    }
}

/// Takes contributions, from the top of the trunk down; with `Break` the rest is not computed.
pub type Take<'a> = dyn FnMut(Contribution) -> ControlFlow<()> + 'a;

/// A recorded layer.
pub(crate) trait Pull: Send {
    /// Whether it has parameters, or layers inside that have.
    fn learns(&self) -> bool;

    /// Gives its contribution and, if `goes_on`, the cotangents of its inputs. The rows of `cotangents` are those of the
    /// batch, once for each of `tasks`.
    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>>;
}

/// A layer without parameters, as the function that pulls cotangents through it.
pub(crate) struct Through<F>(pub(crate) F);

impl<F: Fn(Features, usize) -> Features + Send> Pull for Through<F> {
    fn learns(&self) -> bool {
        false
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        _: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        ControlFlow::Continue(goes_on.then(|| (self.0)(cotangents, tasks)))
    }
}

/// Recorded layers, bottom first.
#[derive(Default)]
pub(crate) struct Chain(pub(crate) Vec<Box<dyn Pull>>);

impl Pull for Chain {
    fn learns(&self) -> bool {
        self.0.iter().any(|layer| layer.learns())
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let lowest = self.0.iter().position(|layer| layer.learns());
        let mut cotangents = Some(cotangents);
        for (index, layer) in self.0.iter().enumerate().rev() {
            let Some(own) = cotangents.take() else { break };
            // Below the lowest layer that learns nobody waits for cotangents.
            let goes_on = goes_on || lowest.is_some_and(|lowest| lowest < index);
            cotangents = layer.pull(own, tasks, goes_on, take)?;
        }
        ControlFlow::Continue(cotangents)
    }
}

/// A trunk after its forward pass.
pub struct Recorded {
    pub(crate) representation: Tensor<2>,
    pub(crate) layers: Chain,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded")
            .field("representation", &self.representation.dims())
            .field("layers", &self.layers.0.len())
            .finish()
    }
}

impl Recorded {
    /// z, `[rows, width]`, without autodiff.
    #[must_use]
    pub fn representation(&self) -> Tensor<2> {
        self.representation.clone()
    }

    /// Pulls the cotangents ∂l_t/∂z `[tasks, rows, width]` down through the trunk.
    pub fn pull(&self, cotangents: Tensor<3>, take: &mut Take<'_>) {
        let [tasks, rows, width] = cotangents.dims();
        let stacked = Features::Vector(cotangents.reshape([tasks * rows, width]));
        // Whether the taker has seen enough or all is given makes no difference here.
        let _ = self.layers.pull(stacked, tasks, false, take);
    }
}
