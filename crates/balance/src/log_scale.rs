//! The logarithm of a scale that is learned beside the model.

use polytask_config::{Fields, State};

use crate::adam::Adam;

/// The logarithm's size at most: the scale stays within about [10⁻⁸, 10⁸], so that a task that is solved exactly does not
/// drive its weight to infinity.
const LARGEST: f64 = 18.420_680_743_952_367;

/// How scales are learned.
pub(crate) struct LogScales {
    pub(crate) rate: f64,
    initial: f64,
}

impl LogScales {
    /// Lists `weight_lr` and `initial`.
    pub(crate) fn options(options: &mut Fields<'_>) -> Self {
        Self {
            rate: options
                .number("weight_lr", "learning rate of the scales")
                .at_least(0.0)
                .or(0.025),
            initial: options
                .number("initial", "logarithm of the scale at the start")
                .within(-LARGEST..=LARGEST)
                .or(0.0),
        }
    }

    /// A scale at its start.
    pub(crate) fn start(&self) -> LogScale {
        LogScale {
            logarithm: self.initial,
            adam: Adam::default(),
        }
    }
}

/// One scale.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogScale {
    pub(crate) logarithm: f64,
    adam: Adam,
}

impl LogScale {
    /// Moves it against the gradient in its logarithm.
    pub(crate) fn learn(&mut self, gradient: f64, rate: f64) {
        self.adam.step(&mut self.logarithm, gradient, rate);
        self.logarithm = self.logarithm.clamp(-LARGEST, LARGEST);
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.number("logarithm", &mut self.logarithm);
        self.adam.state(state);
    }
}
