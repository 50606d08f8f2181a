//! Random loss weighting: weights drawn anew at each step.
//!
//! α = softmax(n), n_t ~ N(0, 1), a function of the run's seed, the step and the task's name: a run that resumes draws the same.
//! The weights add up to 1, so that a learning rate tuned for the sum of T losses is T times too small.
//!
//! Source: Lin et al. 2022.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::softmax::softmax;
use crate::{Family, Losses, Moment, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "rlw",
    summary: "weights drawn anew at each step, adding up to 1",
    source: "Lin et al. 2022, Reasonable Effectiveness of Random Weighting, TMLR",
    new: |_| {
        Box::new(Rlw {
            moment: Moment::default(),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        golden: &[Golden {
            tasks: &[
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
            ],
            losses: &[&[0.5, 1.0, 2.0]],
            alpha: &[
                0.069_692_964_363_896,
                0.116_796_891_114_671,
                0.813_510_144_521_433,
            ],
            tolerance: 1e-12,
            source: "scripts/golden_random.py: the generator written anew",
        }],
        ..Facts::PLAIN
    },
};

struct Rlw {
    moment: Moment,
    tasks: PerTask<()>,
}

impl Weighting for Rlw {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| ());
    }

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn begin(&mut self, moment: Moment) {
        self.moment = moment;
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let moment = self.moment;
        let names = self.tasks.names(&losses.present);
        let draws = names.map(|name| moment.stream(&format!("balance/rlw/{name}")).normal());
        Weights::of(softmax(&draws.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn every_step_draws_anew_and_the_same_step_the_same() {
        let facts = ["a", "b"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        let losses = Losses {
            present: vec![0, 1],
            values: vec![0.0; 2],
            rows: vec![1; 2],
        };
        let mut rlw = Rlw {
            moment: Moment::default(),
            tasks: PerTask::default(),
        };
        rlw.start(&facts);
        let mut at = |seed, step| {
            rlw.begin(Moment {
                seed: Seed(seed),
                step,
            });
            rlw.weights(&losses).alpha
        };
        assert_eq!(at(1, 5), at(1, 5));
        assert_ne!(at(1, 5), at(1, 6));
        assert_ne!(at(1, 5), at(2, 5));
        // Each weight is above the other's half of the time.
        let firsts = (0..2000).map(|step| at(3, step)[0]);
        let mean = firsts.sum::<f64>() / 2000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
