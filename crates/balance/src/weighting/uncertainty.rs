//! Uncertainty weighting: each task's scale s is learned with the model, as the noise of its likelihood.
//!
//! With s_t = exp(p_t), a squared error adds L/(2s) + ½ ln s and so has the weight α = 1/(2s); any other loss adds
//! L/s + ½ ln s and has α = 1/s. The gradients in p are ½(1 − L/s) and ½ − L/s; p moves by its own Adam in f64 (rate
//! `weight_lr`, no weight decay), after the weights of the step were given. At rest s = L and s = 2L: the weight is 1/(2L)
//! in both cases, and the term of a squared error is ½ ln L + ½, which is [`nats`](super::nats), lagging.
//!
//! Source: Kendall, Gal, Cipolla 2018. Where we differ from public code: that puts p into the model's optimizer, whose small
//! rate and weight decay hardly let it move. The form for classification is the paper's approximation of a softmax with a
//! temperature: its term can turn negative, as ½ ln s does for any loss below its scale. s is kept within [10⁻⁸, 10⁸], so
//! that a task that is solved exactly does not drive its weight to infinity.

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::log_scale::{LogScale, LogScales};
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "uncertainty",
    summary: "each loss is divided by a scale that is learned as the noise of its task",
    source: "Kendall, Gal, Cipolla 2018, Multi-Task Learning Using Uncertainty to Weigh Losses, CVPR",
    new: |options| {
        Box::new(Uncertainty {
            scales: LogScales::options(options),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        promises: &[Promise::Independent],
        trial: "weight_lr = 0.1, initial = -0.5",
        golden: &[Golden {
            tasks: &[
                (Family::SquaredError, 0.0, 1.0),
                (Family::Classification, 0.7, 0.0),
                (Family::Other, 0.0, 0.0),
            ],
            losses: &[
                &[0.5, 2.0, 0.25],
                &[0.4, 2.5, 0.2],
                &[0.3, 1.0, 0.5],
                &[0.2, 1.0, 0.5],
            ],
            alpha: &GOLDEN,
            tolerance: 1e-12,
            source: "scripts/golden_weightings.py",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

const GOLDEN: [f64; 3] = [
    0.538_991_054_528_945_8,
    0.930_683_640_887_902_3,
    1.070_648_723_589_67,
];

struct Uncertainty {
    scales: LogScales,
    tasks: PerTask<Scale>,
}

/// The scale of one task.
struct Scale {
    is_squared_error: bool,
    /// p = ln s.
    scale: LogScale,
}

impl Scale {
    fn alpha(&self) -> f64 {
        let share = if self.is_squared_error { 0.5 } else { 1.0 };
        share * (-self.scale.logarithm).exp()
    }

    /// The derivative of α L + ½ p in p.
    fn gradient(&self, loss: f64) -> f64 {
        0.5 - self.alpha() * loss
    }

    fn learn(&mut self, loss: f64, rate: f64) {
        let gradient = self.gradient(loss);
        self.scale.learn(gradient, rate);
    }
}

impl Weighting for Uncertainty {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| Scale {
            is_squared_error: task.family == Family::SquaredError,
            scale: self.scales.start(),
        });
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let weights = self.tasks.weights(losses, Scale::alpha);
        self.tasks
            .learn(losses, |task, seen| task.learn(seen.loss, self.scales.rate));
        weights
    }

    fn state(&mut self, state: &mut State) {
        self.tasks
            .state(state, |task, state| task.scale.state(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(is_squared_error: bool) -> Scale {
        Scale {
            is_squared_error,
            scale: LogScale::default(),
        }
    }

    fn at_logarithm(is_squared_error: bool, logarithm: f64) -> Scale {
        let mut scale = scale(is_squared_error);
        scale.scale.logarithm = logarithm;
        scale
    }

    /// What a task adds to the objective.
    fn term(scale: &Scale, loss: f64) -> f64 {
        scale.alpha() * loss + 0.5 * scale.scale.logarithm
    }

    #[test]
    fn at_rest_a_squared_error_adds_its_information_and_a_half() {
        for (loss, wanted) in [(0.5, 0.153_426_409_7), (2.0, 0.846_573_590_3)] {
            let mut scale = scale(true);
            (0..20_000).for_each(|_| scale.learn(loss, 0.025));
            assert!(
                (term(&scale, loss) - wanted).abs() < 1e-10,
                "{}",
                term(&scale, loss)
            );
            assert!(
                (scale.scale.logarithm.exp() - loss).abs() < 1e-4,
                "s is the loss itself"
            );
        }
    }

    #[test]
    fn at_rest_every_form_weighs_by_half_the_inverse_loss() {
        for is_squared_error in [true, false] {
            let mut scale = scale(is_squared_error);
            (0..20_000).for_each(|_| scale.learn(0.3, 0.025));
            assert!(
                (scale.alpha() - 1.0 / 0.6).abs() < 1e-3,
                "{}",
                scale.alpha()
            );
        }
    }

    #[test]
    fn the_gradient_is_that_of_the_term() {
        const STEP: f64 = 1e-5;
        for (is_squared_error, logarithm, loss) in
            [(true, 0.3, 0.7), (false, -1.2, 0.7), (true, 2.0, 5.0)]
        {
            let at = |logarithm| term(&at_logarithm(is_squared_error, logarithm), loss);
            let slope = (at(logarithm + STEP) - at(logarithm - STEP)) / (2.0 * STEP);
            let gradient = at_logarithm(is_squared_error, logarithm).gradient(loss);
            assert!((slope - gradient).abs() < 1e-9, "{slope} {gradient}");
        }
    }

    #[test]
    fn a_task_that_is_solved_exactly_keeps_a_finite_weight() {
        let mut scale = scale(true);
        (0..50_000).for_each(|_| scale.learn(0.0, 0.025));
        assert!((scale.alpha() - 0.5e8).abs() < 1.0, "{}", scale.alpha());
    }
}
