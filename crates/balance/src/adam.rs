//! Adam for one number: the optimizer of weights that are learned beside the model.

use polytask_config::State;

/// Kingma, Ba 2015: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², step −η·m̂/(√v̂ + ε) with both moments corrected for their start
/// at zero. No weight decay. Each number counts its own steps, so that one that is seldom moved is corrected as long as it
/// needs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adam {
    mean: f64,
    square: f64,
    steps: u64,
}

const MEAN_DECAY: f64 = 0.9;
const SQUARE_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Moves `value` against its gradient.
    pub(crate) fn step(&mut self, value: &mut f64, gradient: f64, rate: f64) {
        self.steps += 1;
        self.mean = MEAN_DECAY * self.mean + (1.0 - MEAN_DECAY) * gradient;
        self.square = SQUARE_DECAY * self.square + (1.0 - SQUARE_DECAY) * gradient * gradient;
        let steps = self.steps as f64;
        let mean = self.mean / (1.0 - MEAN_DECAY.powf(steps));
        let square = self.square / (1.0 - SQUARE_DECAY.powf(steps));
        *value -= rate * mean / (square.sqrt() + EPSILON);
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.number("mean", &mut self.mean);
        state.number("square", &mut self.square);
        state.count("steps", &mut self.steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_whatever_the_gradient() {
        for gradient in [1e-3, 1.0, 1e6] {
            let mut value = 0.0;
            Adam::default().step(&mut value, gradient, 0.025);
            assert!((value + 0.025).abs() < 1e-6, "{value}");
        }
    }

    #[test]
    fn three_steps_are_those_worked_out_by_hand() {
        // g = 1, 1, −1: m = 0.1, 0.19, 0.071; v = 0.001, 0.001999, 0.002997001; corrected means 1, 1, 0.071/0.271 and
        // squares 1, 1, 1.
        let (mut adam, mut value) = (Adam::default(), 0.0);
        for gradient in [1.0, 1.0, -1.0] {
            adam.step(&mut value, gradient, 1.0);
        }
        assert!((value + 2.0 + 0.071 / 0.271).abs() < 1e-6, "{value}");
    }
}
