//! What the normalizations have in common backwards.
//!
//! With x̂ = (x - mean) / σ over a set of numbers, y = scale x̂ + shift and e = scale d, the cotangent of x is
//! (e - mean(e) - x̂ mean(e x̂)) / σ, with the means over the same set (Ioffe and Szegedy 2015, section 3).

use std::ops::ControlFlow;

use burn::module::{Param, ParamId};
use burn::tensor::Tensor;

use super::EPSILON;
use crate::features::Features;
use crate::stacked::{Contribution, Pull, Rows, Take};

/// Over which numbers the moments are taken, of activations seen as `[rows, channels, places]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Rows and places: one set a channel.
    RowsAndPlaces,
    /// Places: one set a row and channel.
    Places,
}

impl Over {
    fn mean(self, values: Tensor<4>) -> Tensor<4> {
        match self {
            Self::RowsAndPlaces => values.mean_dim(3).mean_dim(1),
            Self::Places => values.mean_dim(3),
        }
    }
}

/// A recorded normalization.
pub(super) struct NormPull {
    over: Over,
    /// x̂, `[1, rows, channels, places]`.
    normal: Tensor<4>,
    /// 1/σ, one for each set.
    inverse: Tensor<4>,
    /// Scale, to be multiplied with x̂.
    scale: Tensor<4>,
    ids: [ParamId; 2],
    /// The shape `[channels of the parameters, places of each]` in which a row's numbers meet the parameters.
    parameters: [usize; 2],
}

/// What a normalization made: y in the shape of x, the pull, and the moments `[1, 1, channels, 1]` if they are over rows.
pub(super) struct Normalized<const D: usize> {
    pub(super) y: Tensor<D>,
    pub(super) pull: NormPull,
    pub(super) mean: Tensor<4>,
    pub(super) variance: Tensor<4>,
}

/// Normalizes x, seen as `sets = [channels, places]` a row; the parameters lie along `parameters = [channels, places]`.
pub(super) fn normalize<const D: usize>(
    x: Tensor<D>,
    over: Over,
    sets: [usize; 2],
    parameters: [usize; 2],
    [scale, shift]: [&Param<Tensor<1>>; 2],
) -> Normalized<D> {
    let dims = x.dims();
    let rows = dims[0];
    let seen = x.reshape([1, rows, sets[0], sets[1]]);
    let mean = over.mean(seen.clone());
    let centred = seen - mean.clone();
    let variance = over.mean(centred.clone().square());
    let inverse = (variance.clone() + EPSILON).sqrt().recip();
    let normal = centred * inverse.clone();
    // Each parameter holds for so many places of its channel.
    let spread = |parameter: &Param<Tensor<1>>| {
        parameter
            .val()
            .inner()
            .reshape([parameters[0], 1])
            .expand(parameters)
            .reshape([1, 1, sets[0], sets[1]])
    };
    let wide = spread(scale);
    let y = normal.clone() * wide.clone() + spread(shift);
    Normalized {
        y: y.reshape(dims),
        pull: NormPull {
            over,
            normal,
            inverse,
            scale: wide,
            ids: [scale.id, shift.id],
            parameters,
        },
        mean,
        variance,
    }
}

impl NormPull {
    fn back<const D: usize>(
        &self,
        d: Tensor<D>,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Tensor<D>>> {
        let dims = d.dims();
        let [_, rows, channels, places] = self.normal.dims();
        let d = d.reshape([tasks, rows, channels, places]);
        let [own, each] = self.parameters;
        let sums = |values: Tensor<4>| {
            values
                .reshape([tasks, rows, own, each])
                .sum_dim(3)
                .sum_dim(1)
                .reshape([tasks, own])
        };
        let [scale, shift] = self.ids;
        let row = |parameter, rows| Rows {
            parameter,
            shape: vec![own],
            rows,
        };
        take(Contribution::Rows(vec![
            row(scale, sums(d.clone() * self.normal.clone())),
            row(shift, sums(d.clone())),
        ]))?;
        ControlFlow::Continue(goes_on.then(|| {
            let e = d * self.scale.clone();
            let along = self.over.mean(e.clone() * self.normal.clone());
            let mean = self.over.mean(e.clone());
            let below = (e - mean - self.normal.clone() * along) * self.inverse.clone();
            below.reshape(dims)
        }))
    }
}

impl Pull for NormPull {
    fn learns(&self) -> bool {
        true
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let below = match cotangents {
            Features::Vector(d) => self.back(d, tasks, goes_on, take)?.map(Features::Vector),
            Features::Map { map, beside } => self
                .back(map, tasks, goes_on, take)?
                .map(|map| Features::Map { map, beside }),
        };
        ControlFlow::Continue(below)
    }
}
