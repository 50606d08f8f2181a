//! Dynamic weight averaging: a loss that fell little from epoch to epoch gets more.
//!
//! With L_t(e) a task's mean loss over the steps of epoch e: r_t = L_t(e−1)/L_t(e−2), α = T·softmax(r/`temperature`) over the T
//! present tasks. A task without two epochs behind it has r = 1, so that the first two epochs are equal weights.
//!
//! Source: Liu, Johns, Davison 2019. The code around Nash-MTL uses windows of 25 steps and a mean under the same name. r is at
//! most 10, so that a loss that was 0 by chance does not silence all others.

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::epoch_mean::EpochMean;
use crate::normalize::SMALLEST_LOSS;
use crate::softmax::softmax;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "dwa",
    summary: "more weight for losses that fell little in the last epoch",
    source: "Liu, Johns, Davison 2019, End-to-End Multi-Task Learning with Attention, CVPR",
    new: |options| {
        Box::new(Dwa {
            temperature: options
                .number("temperature", "the larger, the more equal")
                .above(0.0)
                .or(2.0),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "temperature = 0.5",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[0.5, 2.0]],
            alpha: &[1.0, 1.0],
            tolerance: 1e-15,
            source: "definition: the first epoch is equal",
        }],
        ..Facts::PLAIN
    },
};

const LARGEST: f64 = 10.0;

struct Dwa {
    temperature: f64,
    tasks: PerTask<History>,
}

/// The means of the last two epochs that had the task, and the sum of the one that runs.
#[derive(Default)]
struct History {
    running: EpochMean,
    last: Option<f64>,
    before_last: Option<f64>,
}

impl History {
    fn pace(&self) -> f64 {
        match (self.last, self.before_last) {
            (Some(last), Some(before)) => {
                (last.max(SMALLEST_LOSS) / before.max(SMALLEST_LOSS)).min(LARGEST)
            }
            _ => 1.0,
        }
    }

    fn end_epoch(&mut self) {
        if let Some(mean) = self.running.take() {
            self.before_last = self.last.replace(mean);
        }
    }
}

impl Weighting for Dwa {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| History::default());
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        self.tasks
            .learn(losses, |task, seen| task.running.add(seen.loss));
        let paces = self.tasks.present(&losses.present);
        let paces: Vec<f64> = paces
            .map(|task| task.map_or(1.0, History::pace) / self.temperature)
            .collect();
        let tasks = paces.len() as f64;
        let alpha = softmax(&paces).into_iter().map(|share| tasks * share);
        Weights::of(alpha.collect()).noting(losses.note())
    }

    fn end_epoch(&mut self) {
        self.tasks.for_each(History::end_epoch);
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            task.running.state(state);
            state.optional_number("last", &mut task.last);
            state.optional_number("before_last", &mut task.before_last);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_third_epoch_on_the_pace_of_the_last_two_counts() {
        let mut dwa = Dwa {
            temperature: 2.0,
            tasks: PerTask::default(),
        };
        let facts = ["a", "b"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        dwa.start(&facts);
        let losses = |values: [f64; 2]| Losses {
            present: vec![0, 1],
            values: values.to_vec(),
            rows: vec![1, 1],
        };
        for epoch in [[[2.0, 4.0], [2.0, 2.0]], [[1.0, 3.0], [1.0, 3.0]]] {
            for values in epoch {
                assert_eq!(dwa.weights(&losses(values)).alpha, [1.0, 1.0]);
            }
            dwa.end_epoch();
        }
        // r = (1/2, 3/3): 2 softmax(1/4, 1/2).
        let alpha = dwa.weights(&losses([9.0, 9.0])).alpha;
        let share = 1.0 / (1.0 + 0.25_f64.exp());
        assert!((alpha[0] - 2.0 * share).abs() < 1e-14, "{alpha:?}");
    }
}
