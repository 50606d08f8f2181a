//! Encoders: from the inputs of a row to one vector, z = φ(x).
//!
//! An encoder is a function from options and input shape to a list of layers; it has no type of its own. Below the
//! layers stand the categorical columns, embedded or one-hot, beside the numeric ones.

mod categorical;
mod cnn;
mod columns;
mod mlp;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use polytask_config::{Entry, Fields};
use polytask_data::InputShape;
use polytask_random::Seed;

pub(crate) use categorical::{CategoricalColumn, one_hot};
pub use categorical::{CategoricalOptions, Coding};
pub use cnn::{Cnn, Collapse, MapNorm, Padding};
pub use mlp::Mlp;

use columns::ColumnsPull;

use crate::bottleneck::{self, BottleneckOptions};
use crate::error::ShapeError;
use crate::features::{FeatureShape, Features, Inputs, join};
use crate::initial::Initial;
use crate::layer::{self, Bottleneck, Law, Layer};
use crate::stack::{Origin, Stack};
use crate::stacked::Chain;

/// A way to make layers for inputs of some shape.
pub trait Plan: std::fmt::Debug + Send + Sync {
    /// Adds the layers; what does not fit is noted in the stack.
    fn build(&self, stack: &mut Stack<'_>);

    /// Whether it is asked to add a block's input to its output where the widths agree.
    fn adds_inputs(&self) -> bool {
        false
    }
}

/// Every encoder.
pub static ENCODERS: &[Entry<Box<dyn Plan>>] = &[mlp::ENTRY, cnn::ENTRY];

/// What the config says about the encoder and the columns below it.
#[derive(Debug)]
pub struct EncoderOptions {
    pub plan: Box<dyn Plan>,
    pub categorical: CategoricalOptions,
    pub bottleneck: Option<BottleneckOptions>,
}

impl EncoderOptions {
    pub(crate) fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            plan: fields
                .entry(
                    "encoder",
                    "the network from the inputs to the shared representation",
                    ENCODERS,
                )
                .or("mlp")
                .value,
            categorical: fields.table(
                "categorical",
                "how categorical columns enter the encoder",
                CategoricalOptions::options,
            ),
            bottleneck: bottleneck::options(fields),
        }
    }

    /// What does not fit these inputs.
    #[must_use]
    pub fn misfits(&self, inputs: &InputShape, seed: Seed, device: &Device) -> Vec<ShapeError> {
        let built = self.build(&Initial { seed, device }, "encoder", inputs);
        built.err().unwrap_or_default()
    }

    /// The encoder for these inputs, with its first weights; its layers are named `NAME.layers.0` and so on.
    pub(crate) fn build(
        &self,
        initial: &Initial<'_>,
        name: &str,
        inputs: &InputShape,
    ) -> Result<Encoder, Vec<ShapeError>> {
        let (columns, problems) = self.columns(initial, name, inputs);
        if !problems.is_empty() {
            return Err(problems);
        }
        let tabular = inputs.numeric + columns.iter().map(CategoricalColumn::width).sum::<usize>();
        let start = match inputs.image {
            Some(map) => FeatureShape::Map {
                map,
                beside: tabular,
            },
            None => FeatureShape::Vector(tabular),
        };
        let mut stack = Stack::new(*initial, &format!("{name}.layers"), start);
        if start.width() == 0 {
            let origin = Origin::new("inputs", "inputs");
            stack.problem(
                &origin,
                "there is no input column and no picture".to_owned(),
            );
        }
        self.plan.build(&mut stack);
        stack.flatten();
        if let Some(options) = &self.bottleneck {
            stack.bottleneck(options);
        }
        let (layers, end) = stack.finish()?;
        Ok(Encoder {
            embeddings: columns,
            layers,
            start,
            width: end.width(),
        })
    }

    fn columns(
        &self,
        initial: &Initial<'_>,
        name: &str,
        inputs: &InputShape,
    ) -> (Vec<CategoricalColumn>, Vec<ShapeError>) {
        let (mut columns, mut problems) = (Vec::new(), Vec::new());
        for shape in &inputs.categorical {
            match self.categorical.column(initial, name, shape) {
                Ok(column) => columns.push(column),
                Err(problem) => problems.push(problem),
            }
        }
        (columns, problems)
    }
}

/// Columns, then layers: `[rows, …]` to `[rows, width]`.
#[derive(Module, Debug)]
pub(crate) struct Encoder {
    /// One per categorical column.
    pub embeddings: Vec<CategoricalColumn>,
    pub layers: Vec<Layer>,
    #[module(skip)]
    start: FeatureShape,
    width: usize,
}

impl Encoder {
    /// Numbers per row of the representation.
    #[must_use]
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Shape of the inputs once categories are numbers.
    #[must_use]
    pub(crate) fn start(&self) -> FeatureShape {
        self.start
    }

    /// `[rows, width]`.
    #[must_use]
    pub(crate) fn forward(&self, inputs: &Inputs) -> Tensor<2> {
        layer::forward(&self.layers, self.bottom(inputs)).into_vector()
    }

    /// The bottleneck at its end, if there is one.
    pub(crate) fn bottleneck(&self) -> Option<&Bottleneck> {
        match self.layers.last() {
            Some(Layer::Bottleneck(bottleneck)) => Some(bottleneck),
            _ => None,
        }
    }

    pub(crate) fn bottleneck_mut(&mut self) -> Option<&mut Bottleneck> {
        match self.layers.last_mut() {
            Some(Layer::Bottleneck(bottleneck)) => Some(bottleneck),
            _ => None,
        }
    }

    /// [`forward`](Self::forward), and the laws behind it if it ends in a bottleneck.
    pub(crate) fn pass(&self, inputs: &Inputs) -> (Tensor<2>, Option<Law>) {
        let Some((Layer::Bottleneck(bottleneck), below)) = self.layers.split_last() else {
            return (self.forward(inputs), None);
        };
        let features = layer::forward(below, self.bottom(inputs)).into_vector();
        let (read, law) = bottleneck.pass(features);
        (read, Some(law))
    }

    /// [`forward`](Self::forward) as in training, without autodiff, recorded.
    pub(crate) fn record(&self, inputs: &Inputs) -> (Tensor<2>, Chain) {
        let (features, mut chain) = layer::record(&self.layers, self.bottom(inputs).inner());
        chain.0.insert(0, Box::new(self.record_columns(inputs)));
        (features.into_vector(), chain)
    }

    /// What the lowest layer reads.
    fn bottom(&self, inputs: &Inputs) -> Features {
        match (inputs.image.clone(), self.tabular(inputs)) {
            (Some(map), beside) => Features::Map { map, beside },
            (None, Some(values)) => Features::Vector(values),
            // `build` has refused a model without inputs, and a batch has the inputs of its model.
            (None, None) => unreachable!("a batch without inputs"),
        }
    }

    fn record_columns(&self, inputs: &Inputs) -> ColumnsPull {
        let numeric = inputs.numeric.as_ref().map_or(0, |values| values.dims()[1]);
        let mut pull = ColumnsPull::new(numeric);
        if let Some(categories) = &inputs.categorical {
            for (index, column) in self.embeddings.iter().enumerate() {
                let own = categories.clone().narrow(1, index, 1);
                let strange = if inputs.all_known {
                    None
                } else {
                    column.strange(&own)
                };
                pull.column(column, own.flatten(0, 1), strange);
            }
        }
        pull
    }

    fn tabular(&self, inputs: &Inputs) -> Option<Tensor<2>> {
        let mut values = inputs.numeric.clone();
        if let Some(categories) = &inputs.categorical {
            for (index, column) in self.embeddings.iter().enumerate() {
                let column =
                    column.forward(categories.clone().narrow(1, index, 1), inputs.all_known);
                values = Some(match values {
                    Some(values) => join(values, Some(column)),
                    None => column,
                });
            }
        }
        values
    }
}
