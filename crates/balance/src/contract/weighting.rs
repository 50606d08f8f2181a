//! Weightings, run as the engine runs them.

use polytask_config::State;

use super::made::moment;
use super::settings;
use super::tested::Tested;
use crate::{
    Facts, Gain, Losses, Needs, Observation, TaskFacts, Weighting, Weights, Wrapper, Wrapping,
};

impl Tested for dyn Weighting {
    type Facts = Facts;
    type Given = Losses;
    type Answer = Weights;

    const KEY: &'static str = "weighting";

    fn trial(facts: &Facts) -> &'static str {
        facts.trial
    }

    fn wrap(method: Box<Self>, wrapping: &Wrapping) -> Box<Self> {
        wrapping.around_weighting(method)
    }

    fn wrappings(facts: &Facts) -> Vec<Wrapping> {
        let has = |wrapper| facts.without.iter().all(|(other, _)| *other != wrapper);
        let logarithms = Wrapping {
            log_loss: has(Wrapper::LogLoss),
            ..settings::BARE
        };
        let [kept, averaged] = settings::keeping();
        let summed = Wrapping {
            gain: Gain::Sum,
            ..settings::BARE
        };
        let mut all = vec![logarithms.clone(), summed];
        if has(Wrapper::UpdateEvery) && has(Wrapper::MovingAverage) {
            let every = Wrapping {
                update_every: kept.update_every,
                moving_average: averaged.moving_average,
                gain: Gain::Mean,
                ..logarithms
            };
            all.extend([kept, averaged, every]);
        }
        all
    }

    fn enter(&mut self, tasks: &[TaskFacts]) {
        self.start(tasks);
    }

    /// Losses only to those that need them, all of them afterwards, and once more those that the step led to.
    fn take(&mut self, losses: &Losses, number: usize) -> Weights {
        self.begin(moment(number));
        let needs = self.needs_of(&losses.present);
        if needs == Needs::LookAhead {
            self.look_ahead(&ahead_of(losses));
        }
        let weights = match needs {
            Needs::Nothing | Needs::LookAhead => {
                let unread = Losses {
                    values: vec![0.0; losses.values.len()],
                    ..losses.clone()
                };
                self.weights(&unread)
            }
            Needs::Losses | Needs::LossesAgain => self.weights(losses),
        };
        self.observe(&Observation { losses });
        if needs == Needs::LossesAgain {
            self.after(losses, &led_to(losses));
        }
        weights
    }

    fn end(&mut self) {
        self.end_epoch();
    }

    fn list(&mut self, state: &mut State) {
        self.state(state);
    }
}

/// The losses after a step: all smaller, the large ones more.
fn led_to(losses: &Losses) -> Losses {
    let values = losses.values.iter();
    Losses {
        values: values
            .map(|loss| loss * (0.6 + 0.3 / (1.0 + loss.abs())))
            .collect(),
        ..losses.clone()
    }
}

/// How validation losses would change with the weights: of either sign, and not finite where the loss is not.
fn ahead_of(losses: &Losses) -> Losses {
    Losses {
        values: losses
            .seen()
            .map(|seen| {
                if seen.is_usable() {
                    1.0 - seen.loss
                } else {
                    f64::NAN
                }
            })
            .collect(),
        ..losses.clone()
    }
}
