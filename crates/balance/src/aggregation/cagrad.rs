//! CAGrad: helps the worst-off task as much as a ball around the mean gradient allows.
//!
//! With g₀ the mean gradient, w* = argmin over the simplex of wᵀG1/T + c‖g₀‖ √(wᵀGw); then α = 1/T + c‖g₀‖/‖g_w*‖ · w*,
//! divided as `rescale` says. c = 0 is the mean; a large c tends to the direction of MGDA.
//!
//! Source: Liu et al. 2021. Where we differ: solved exactly by an active set, not by SLSQP. Where g_w* vanishes, to rounding, or a
//! task that is solved has no gradient left, it gives no direction: the most that the ball can do for the worst-off task is 0, to
//! rounding. We take the direction in it that is nearest to g₀ and lets no loss rise, which does that, and say so. TorchJD
//! returns 0 there, which stops the run. It also normalizes by the trace and counts ‖g_w‖ < 10⁻⁴ as 0.

use polytask_config::Choice;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Solved, ball, nearest};
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
        /// A combination this short, as a share of what is combined, has no direction: its norm is a root, of which rounding
        /// leaves half of the digits, and the direction wants some of these.
        const VANISHES: f64 = 1e-6;
        let vanishes = gram.rounding().sqrt().max(VANISHES);
        let tasks = gram.tasks();
        let mean = mean_of(tasks);
        let mean_norm = gram.shared_norm(&mean);
        let directions = Directions::of(gram);
        let largest = gram.norms().max();
        if tasks == 0 || self.radius == 0.0 || mean_norm <= vanishes * largest {
            return Weights::of(mean);
        }
        let projections = gram.projections(&mean);
        let positions = directions.positions.iter();
        let slopes = positions
            .zip(directions.norms.iter())
            .map(|(&task, norm)| projections.get(task).copied().unwrap_or(0.0) / norm / mean_norm);
        let slopes = nalgebra::DVector::from_iterator(directions.len(), slopes);
        let solved = ball(&directions, &slopes, self.radius, gram.rounding());
        let point = &solved.point;
        let norm = (&directions.cosines * point).dot(point).max(0.0).sqrt();
        // A gradient of zero is a combination against which the ball can do nothing, that is 0.
        let has_zero = directions.len() < tasks;
        let objective = slopes.dot(point) + self.radius * norm;
        // d = g₀ + ‖g₀‖ Jx in terms of the gradients as they are.
        let step = |point: &nalgebra::DVector<f64>, residual| {
            let shares = point.component_div(&directions.norms) * mean_norm;
            let shares = directions.spread(&shares, tasks, 0.0);
            let alpha = mean
                .iter()
                .zip(shares.iter())
                .map(|(mean, share)| mean + share);
            let point = nalgebra::DVector::from_iterator(tasks, alpha);
            Solved { point, residual }.weights()
        };
        if norm <= vanishes * point.sum() || (has_zero && objective >= 0.0) {
            let least = if has_zero { 0.0 } else { objective };
            let nearest = nearest(&directions, &slopes, self.radius, least, vanishes);
            return step(&nearest.point, nearest.residual).noting(Some(Note::NoGain));
        }
        step(&(point * (self.radius / norm)), solved.residual)
    }
}

#[cfg(test)]
mod tests {
    use polytask_random::Seed;

    use super::*;

    fn answer(rows: &[Vec<f64>]) -> (Gram, Weights) {
        let gram = Gram::of_rows((0..rows.len()).collect(), rows).unwrap();
        let mut method = CaGrad {
            radius: 0.5,
            rescale: Rescale::None,
        };
        let weights = method.weights(&gram, &Losses::default(), Moment::default());
        (gram, weights)
    }

    #[test]
    fn where_two_gradients_are_opposite_no_loss_rises() {
        let rows = [[3.0, 1.0, 0.0], [-3.0, -1.0, 0.0], [0.0, 1.0, 2.0]];
        let (_, weights) = answer(&rows.map(|row| row.to_vec()));
        // The mean (0, 1, 2)/3 without its part along (3, 1, 0), which is a thirtieth of that.
        let wanted = [1.0 / 3.0, 1.0 / 3.0 + 1.0 / 30.0, 1.0 / 3.0];
        for (found, wanted) in weights.alpha.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-8, "{weights:?}");
        }
        assert_eq!(weights.note, Some(Note::NoGain));
        // A norm of 0 is a root of rounding.
        assert!(weights.residual < 1e-8, "{weights:?}");
    }

    #[test]
    fn a_task_that_is_solved_lets_no_other_loss_rise() {
        // The mean (7/3, 1/3) raises the second loss; what is left of it at a right angle to (−1, 1) is (4/3, 4/3).
        let rows = [[8.0, 0.0], [-1.0, 1.0], [0.0, 0.0]];
        let method = CaGrad {
            radius: 1.0,
            rescale: Rescale::None,
        };
        let gram = Gram::of_rows(vec![0, 1, 2], &rows.map(|row| row.to_vec())).unwrap();
        let weights = method.within_ball(&gram);
        assert_eq!(weights.note, Some(Note::NoGain));
        // A norm of 0 is a root of rounding.
        assert!(weights.residual < 1e-8, "{weights:?}");
        let wanted = [1.0 / 3.0, 4.0 / 3.0];
        for (found, wanted) in weights.alpha.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-8, "{weights:?}");
        }
    }

    /// The least of a convex function on [0, 1], by thirds.
    fn least(function: impl Fn(f64) -> f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..90 {
            let third = (high - low) / 3.0;
            if function(low + third) < function(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        function(low).min(function(high))
    }

    /// By duality the worst-off task gains no more than the least of the objective over the simplex; the residual says by how
    /// much less it gains, also where a pair of gradients is opposite up to a noise that leaves a direction which helps all.
    #[test]
    fn a_gradient_and_nearly_its_opposite_leave_a_step_as_good_as_is_said() {
        for (noise, allowed) in [(0.0, 1e-8), (3e-7, 1e-4), (3e-6, 1e-4), (1e-4, 1e-4)] {
            for number in 0..100 {
                let mut stream = Seed(5).stream("cagrad/opposite", number);
                let mut row = || -> Vec<f64> { (0..4).map(|_| stream.normal()).collect() };
                let (first, second, third) = (row(), row(), row());
                let opposite = first
                    .iter()
                    .zip(third)
                    .map(|(a, b)| noise * b - a)
                    .collect();
                let (gram, weights) = answer(&[first, second, opposite]);
                let mean = [1.0 / 3.0; 3];
                let length = gram.shared_norm(&mean);
                let beside: Vec<f64> = weights.alpha.iter().map(|one| one - mean[0]).collect();
                let distance = gram.shared_norm(&beside) / length;
                assert!(distance <= 0.5 + 1e-3, "{number}: {distance} {weights:?}");
                let projections = gram.projections(&mean);
                let objective = |w: [f64; 3]| {
                    let along: f64 = w.iter().zip(&projections).map(|(w, p)| w * p).sum();
                    along + 0.5 * length * gram.shared_norm(&w)
                };
                // The share of the second, and the first's of the rest.
                let best =
                    least(|b| least(|a| objective([(1.0 - b) * a, b, (1.0 - b) * (1.0 - a)])));
                let gains = gram.projections(&weights.alpha);
                let gain = gains.into_iter().fold(f64::INFINITY, f64::min);
                let unit = 1.5 * length * gram.norms().max();
                let missed = (best - gain) / unit;
                assert!(
                    missed <= weights.residual + 1e-8,
                    "{noise}, {number}: {missed} {weights:?}"
                );
                assert!(
                    weights.residual <= allowed,
                    "{noise}, {number}: {weights:?}"
                );
            }
        }
    }
}
