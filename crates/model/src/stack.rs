//! Builds a list of layers from the bottom up: knows the shape that has been reached, the name of the next layer, and
//! collects what does not fit instead of stopping at the first problem.

use crate::bottleneck::BottleneckOptions;
use crate::error::ShapeError;
use crate::features::FeatureShape;
use crate::initial::{Initial, Scale};
use crate::layer::{
    Activation, ActivationKind, BatchNorm, Bottleneck, Conv, DropoutLayer, Flatten, GroupNorm,
    Layer, LayerNorm, Linear, Residual, Window,
};

/// A single tensor larger than this (8 GiB of f32) is a slip in the config, not a wish.
const LARGEST: usize = 1 << 31;

/// Layers under construction.
pub struct Stack<'a> {
    initial: Initial<'a>,
    /// Canonical name of the list: `encoder.layers`.
    path: String,
    shape: FeatureShape,
    layers: Vec<Layer>,
    problems: Vec<ShapeError>,
}

/// Where a layer comes from, for its error message.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Key in the config: `encoder.hidden[1]`.
    pub(crate) key: String,
    /// In words: `hidden layer 1`.
    pub(crate) layer: String,
}

impl Origin {
    pub(crate) fn new(key: impl Into<String>, layer: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            layer: layer.into(),
        }
    }

    pub(crate) fn problem(&self, message: String) -> ShapeError {
        ShapeError {
            key: self.key.clone(),
            layer: self.layer.clone(),
            message,
        }
    }

    /// Refuses a tensor that no memory could hold.
    pub(crate) fn fits(&self, shape: &[usize]) -> Result<(), ShapeError> {
        let size = shape
            .iter()
            .try_fold(1, |size: usize, &side| size.checked_mul(side));
        match size {
            Some(size) if size <= LARGEST => Ok(()),
            _ => Err(self.problem(format!("would have more than {LARGEST} weights"))),
        }
    }
}

impl<'a> Stack<'a> {
    pub(crate) fn new(initial: Initial<'a>, path: &str, shape: FeatureShape) -> Self {
        Self {
            initial,
            path: path.to_owned(),
            shape,
            layers: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The shape that the layers so far make.
    pub(crate) fn shape(&self) -> FeatureShape {
        self.shape
    }

    /// The layers and their shape, or what is wrong.
    pub(crate) fn finish(self) -> Result<(Vec<Layer>, FeatureShape), Vec<ShapeError>> {
        if self.problems.is_empty() {
            Ok((self.layers, self.shape))
        } else {
            Err(self.problems)
        }
    }

    /// Notes what does not fit. Only the first counts: above it no size is known.
    pub(crate) fn problem(&mut self, origin: &Origin, message: String) {
        if self.problems.is_empty() {
            self.problems.push(origin.problem(message));
        }
    }

    fn push(&mut self, layer: Layer) {
        self.shape = layer.step().shape(self.shape);
        self.layers.push(layer);
    }

    /// Name of the layer that is pushed next.
    fn next_name(&self) -> String {
        format!("{}.{}", self.path, self.layers.len())
    }

    /// Nothing is built above a problem, and nothing that no memory could hold.
    fn may_grow(&mut self, origin: &Origin, shape: &[usize]) -> bool {
        if self.problems.is_empty() {
            self.problems.extend(origin.fits(shape).err());
        }
        self.problems.is_empty()
    }

    /// A bottleneck as wide as what has been reached.
    pub(crate) fn bottleneck(&mut self, options: &BottleneckOptions) {
        let origin = &Origin::new("bottleneck", "bottleneck");
        let width = self.shape.width();
        let blocks = options.blocks.len().max(1);
        if !width.is_multiple_of(blocks) {
            let message = format!("{width} numbers do not make {blocks} equal blocks (`blocks`)");
            self.problem(origin, message);
        }
        if !self.may_grow(origin, &[width, width]) {
            return;
        }
        let bottleneck = Bottleneck::new(&self.initial, &self.next_name(), width, options);
        self.push(Layer::Bottleneck(bottleneck));
    }

    /// A linear layer; a map is read out as a vector first.
    pub(crate) fn linear(&mut self, origin: &Origin, outputs: usize, scale: Scale, bias: bool) {
        let inputs = self.shape.width();
        if !self.may_grow(origin, &[inputs, outputs]) {
            return;
        }
        self.flatten();
        let name = self.next_name();
        let linear = Linear::new(&self.initial, &name, [inputs, outputs], scale, bias);
        self.push(Layer::Linear(linear));
    }

    /// A convolution; the error message says what does not fit.
    pub(crate) fn conv(
        &mut self,
        origin: &Origin,
        outputs: usize,
        window: Window,
        scale: Scale,
        bias: bool,
    ) {
        let FeatureShape::Map {
            map: [inputs, height, width],
            ..
        } = self.shape
        else {
            self.problem(origin, "needs a picture".to_owned());
            return;
        };
        if !self.may_grow(origin, &[outputs, inputs, window.kernel, window.kernel]) {
            return;
        }
        if window.side(height).is_none() || window.side(width).is_none() {
            let kernel = window.kernel;
            let padding = window.padding[0] + window.padding[1];
            self.problem(
                origin,
                format!(
                    "a {kernel}x{kernel} kernel does not fit a {height}x{width} map with {padding} rows of padding"
                ),
            );
            return;
        }
        let name = self.next_name();
        let conv = Conv::new(&self.initial, &name, [inputs, outputs], window, scale, bias);
        self.push(Layer::Conv(conv));
    }

    pub(crate) fn batch_norm(&mut self) {
        self.push(Layer::BatchNorm(BatchNorm::new(
            &self.initial,
            self.channels(),
        )));
    }

    pub(crate) fn layer_norm(&mut self) {
        self.push(Layer::LayerNorm(LayerNorm::new(
            &self.initial,
            self.channels(),
        )));
    }

    pub(crate) fn group_norm(&mut self) {
        self.push(Layer::GroupNorm(GroupNorm::new(
            &self.initial,
            self.channels(),
        )));
    }

    fn channels(&self) -> usize {
        match self.shape {
            FeatureShape::Vector(width) => width,
            FeatureShape::Map {
                map: [channels, ..],
                ..
            } => channels,
        }
    }

    pub(crate) fn activation(&mut self, kind: ActivationKind) {
        self.push(Layer::Activation(Activation::new(kind)));
    }

    pub(crate) fn dropout(&mut self, probability: f64) {
        self.push(Layer::Dropout(DropoutLayer::new(probability)));
    }

    /// A map becomes a vector; a vector stays as it is and gets no layer.
    pub(crate) fn flatten(&mut self) {
        if matches!(self.shape, FeatureShape::Map { .. }) {
            self.push(Layer::Flatten(Flatten {}));
        }
    }

    /// Any layer without parameters.
    pub(crate) fn plain(&mut self, layer: Layer) {
        if self.problems.is_empty() {
            self.push(layer);
        }
    }

    /// x + f(x), where f are the layers that `build` adds and that must keep the shape.
    pub(crate) fn residual(&mut self, build: impl FnOnce(&mut Self)) {
        let path = format!("{}.layers", self.next_name());
        let mut inner = Stack::new(self.initial, &path, self.shape);
        build(&mut inner);
        match inner.finish() {
            Ok((layers, _)) => self.push(Layer::Residual(Residual { layers })),
            Err(problems) => self.problems.extend(problems),
        }
    }
}
