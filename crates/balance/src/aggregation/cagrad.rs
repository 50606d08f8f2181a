//! CAGrad: helps the worst-off task as much as a ball around the mean gradient allows.
//!
//! With g₀ the mean gradient, w* = argmin over the simplex of wᵀG1/T + c‖g₀‖ √(wᵀGw); then α = 1/T + c‖g₀‖/‖g_w*‖ · w*,
//! divided as `rescale` says. c = 0 is the mean; a large c tends to the direction of MGDA.
//!
//! Source: Liu et al. 2021. Where we differ: solved exactly by an active set, not by SLSQP. Where g_w* vanishes no direction
//! helps every task, and d = g₀ is as good as any in the ball: we take it and say so, also when a task that is solved has no
//! gradient left. TorchJD returns 0 there, which stops the run. It also normalizes by the trace and counts ‖g_w‖ < 10⁻⁴ as 0.

use polytask_config::Choice;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Solved, ball};
use crate::{Gram, Losses, Moment, Note, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "cagrad",
    summary: "most help for the worst-off task within a ball around the mean gradient",
    source: "Liu et al. 2021, Conflict-Averse Gradient Descent, NeurIPS",
    new: |options| {
        Box::new(CaGrad {
            radius: options
                .number(
                    "c",
                    "radius of the ball, as a share of the mean gradient's norm",
                )
                .at_least(0.0)
                .at_most(1e6)
                .or(0.5),
            rescale: options
                .choice("rescale", "what the result is divided by")
                .or(Rescale::None),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::by_default(Promise::Certified),
            Promised::with("c = 0.0", Promise::Certified),
            Promised::always(Promise::Scaling(0.0)),
            Promised::by_default(Promise::WithinBall(0.5)),
            Promised::with("c = 0.0", Promise::WithinBall(0.0)),
        ],
        golden: &[
            Golden {
                gram: &[&[18.0, -22.0], &[-22.0, 38.0]],
                // ½ + ½√3/√18.
                alpha: &[0.5 + 0.204_124_145_231_931_5, 0.5],
                tolerance: 1e-12,
                source: "closed form: w* = (1, 0)",
                ..Golden::PLAIN
            },
            Golden {
                options: "c = 0.0",
                gram: &[&[18.0, -22.0], &[-22.0, 38.0]],
                alpha: &[0.5, 0.5],
                source: "no ball, the mean",
                ..Golden::PLAIN
            },
        ],
        trial: "c = 0.4, rescale = \"one_plus_c\"",
        ..GramFacts::PLAIN
    },
};

#[derive(Clone, Copy)]
enum Rescale {
    None,
    OnePlusSquare,
    OnePlus,
}

impl Choice for Rescale {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("none", Self::None, "nothing"),
        (
            "one_plus_c_squared",
            Self::OnePlusSquare,
            "1 + c², as LibMTL does",
        ),
        (
            "one_plus_c",
            Self::OnePlus,
            "1 + c, so that equal gradients give their mean",
        ),
    ];
}

struct CaGrad {
    radius: f64,
    rescale: Rescale,
}

impl GramAggregator for CaGrad {
    fn scale(&self) -> Scale {
        Scale::Means((1.0 + self.radius) / self.divisor())
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let divisor = self.divisor();
        let mut weights = self.within_ball(gram);
        weights
            .alpha
            .iter_mut()
            .for_each(|weight| *weight /= divisor);
        weights
    }
}

impl CaGrad {
    fn divisor(&self) -> f64 {
        match self.rescale {
            Rescale::None => 1.0,
            Rescale::OnePlusSquare => 1.0 + self.radius.powi(2),
            Rescale::OnePlus => 1.0 + self.radius,
        }
    }

    fn within_ball(&self, gram: &Gram) -> Weights {
        /// A combination this short, as a share of what is combined, has no direction.
        const VANISHES: f64 = 1e-10;
        let tasks = gram.tasks();
        let mean = mean_of(tasks);
        let mean_norm = gram.shared_norm(&mean);
        let directions = Directions::of(gram);
        let largest = gram.norms().max();
        let stationary = |solved: Solved| Weights {
            residual: solved.residual,
            ..Weights::of(mean.clone()).noting(Some(Note::ParetoStationary))
        };
        if tasks == 0 || self.radius == 0.0 || mean_norm <= VANISHES * largest {
            return Weights::of(mean);
        }
        let projections = gram.projections(&mean);
        let positions = directions.positions.iter();
        let slopes = positions
            .zip(directions.norms.iter())
            .map(|(&task, norm)| projections.get(task).copied().unwrap_or(0.0) / norm / mean_norm);
        let slopes = nalgebra::DVector::from_iterator(directions.len(), slopes);
        let solved = ball(&directions, &slopes, self.radius);
        let point = &solved.point;
        let norm = (&directions.cosines * point).dot(point).max(0.0).sqrt();
        // A gradient of zero is a combination against which the ball can do nothing, that is 0.
        let has_zero = directions.len() < tasks;
        let objective = slopes.dot(point) + self.radius * norm;
        if norm <= VANISHES * point.sum() || (has_zero && objective >= 0.0) {
            return stationary(solved);
        }
        // g_w / ‖g_w‖ in terms of the gradients as they are.
        let shares = point.component_div(&directions.norms) * (self.radius * mean_norm / norm);
        let shares = directions.spread(&shares, tasks, 0.0);
        let alpha = mean
            .iter()
            .zip(shares.iter())
            .map(|(mean, share)| mean + share);
        Solved {
            point: nalgebra::DVector::from_iterator(tasks, alpha),
            residual: solved.residual,
        }
        .weights()
    }
}
