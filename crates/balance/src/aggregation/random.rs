//! Random: the gradients count what a draw of this step says.
//!
//! α = softmax(n), n_t ~ N(0, 1) anew at each step, a function of the run's seed, the step and the task's name: a run that
//! resumes draws the same, and so does one whose tasks are named in another order.
//! Source: Lin et al. 2022, on gradients instead of losses.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, Sight};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::softmax::softmax;
use crate::{Gram, Losses, Moment, PerTask, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "random",
    summary: "weights drawn anew at each step, adding up to 1",
    source: "Lin et al. 2022, Reasonable Effectiveness of Random Weighting, TMLR",
    new: |_| {
        Box::new(Random {
            tasks: PerTask::default(),
        })
    },
    facts: GramFacts {
        promises: &[Promised::always(Promise::Simplex)],
        golden: &[Golden {
            gram: &[&[4.0, 0.0, 0.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 9.0]],
            alpha: &[
                0.230_421_236_718_191,
                0.624_316_776_014_546,
                0.145_261_987_267_263,
            ],
            source: "scripts/golden_random.py: the generator written anew",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct Random {
    tasks: PerTask<()>,
}

impl GramAggregator for Random {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| ());
    }

    fn sight(&self) -> Sight {
        Sight::Nothing
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, moment: Moment) -> Weights {
        let names = self.tasks.names(gram.present());
        let draws = names.map(|name| moment.stream(&format!("balance/random/{name}")).normal());
        Weights::of(softmax(&draws.collect::<Vec<_>>()))
    }
}
