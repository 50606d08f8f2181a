//! Aligned-MTL: the gradients' principal components are all brought to one length.
//!
//! G = VΛVᵀ without the eigenvalues that are rounding; α = √s · V Λ^(−1/2) Vᵀ 1, with s the smallest eigenvalue that is left
//! (`min`), the median or the mean (`mean`). With all of them left the balanced gradients are orthogonal, each of squared length
//! s, and d is their sum.
//!
//! Source: Senushkin et al. 2023. Where we differ: the preference is 1 for each task as in the authors' code; TorchJD's is
//! 1/T, that is T times smaller weights. Its "rmse" is our `mean`. The median of an even number is the lower one of the two in
//! the middle, as in PyTorch. Zero gradients alone give the sum, and so do gradients that add up to zero, with a note.

use nalgebra::DVector;
use polytask_config::Choice;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::Spectrum;
use crate::{Gram, Losses, Moment, Note, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "aligned_mtl",
    summary: "principal components of the gradients brought to one length",
    source: "Senushkin et al. 2023, Independent Component Alignment for Multi-Task Learning, CVPR",
    new: |options| {
        Box::new(AlignedMtl {
            scale: options
                .choice("scale", "the eigenvalue that all are brought to")
                .or(Target::Min),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Scaling(0.0)),
            Promised::by_default(Promise::SquaredNormOfSmallest),
        ],
        golden: &[
            Golden {
                gram: &[&[4.0, 0.0], &[0.0, 9.0]],
                alpha: &[1.0, 2.0 / 3.0],
                tolerance: 1e-14,
                source: "by hand: √(4/λ) on each axis",
                ..Golden::PLAIN
            },
            Golden {
                options: "scale = \"median\"",
                gram: &[&[4.0, 0.0, 0.0], &[0.0, 9.0, 0.0], &[0.0, 0.0, 16.0]],
                alpha: &[1.5, 1.0, 0.75],
                tolerance: 1e-14,
                source: "by hand: √(9/λ) on each axis",
                ..Golden::PLAIN
            },
            Golden {
                options: "scale = \"mean\"",
                gram: &[&[2.0, 0.0], &[0.0, 8.0]],
                alpha: &[1.581_138_830_084_19, 0.790_569_415_042_095],
                tolerance: 1e-14,
                source: "by hand: √(5/λ) on each axis",
                ..Golden::PLAIN
            },
        ],
        trial: "scale = \"median\"",
        ..GramFacts::PLAIN
    },
};

#[derive(Clone, Copy)]
enum Target {
    Min,
    Median,
    Mean,
}

impl Choice for Target {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("min", Self::Min, "the smallest that is not rounding"),
        ("median", Self::Median, "their median"),
        ("mean", Self::Mean, "their mean"),
    ];
}

struct AlignedMtl {
    scale: Target,
}

impl GramAggregator for AlignedMtl {
    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let ones = DVector::repeat(gram.tasks(), 1.0);
        let spectrum = Spectrum::of(gram.matrix(), gram.rounding());
        let values = &spectrum.values;
        let scale = match self.scale {
            Target::Min => values.first().copied(),
            Target::Median => values.get(values.len().saturating_sub(1) / 2).copied(),
            Target::Mean => {
                (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
            }
        };
        let Some(scale) = scale else {
            return Weights::of(ones.as_slice().to_vec());
        };
        let alpha = spectrum.apply(|value| (scale / value).sqrt(), &ones);
        if alpha.amax() == 0.0 {
            let note = Some(Note::ParetoStationary);
            return Weights::of(ones.as_slice().to_vec()).noting(note);
        }
        Weights::of(alpha.as_slice().to_vec())
    }
}
