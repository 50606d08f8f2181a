//! Smooth Tchebycheff: a smooth maximum of the losses, each against what it was after a warm-up.
//!
//! For the first `warmup_epochs` the loss is Σ ln l_t. In the last of them each task's mean loss becomes its nadir n_t. From then
//! on y_t = ln(l_t/n_t) and the loss is T μ ln Σ e^{y_t/μ}: α_t = T softmax(y/μ)_t / l_t, with μ = `mu`. A small μ looks at the
//! worst task alone.
//!
//! With `form = "gap"` it is the paper's own, without a warm-up: μ ln Σ e^{λ_t (l_t − z_t)/μ}, λ = `tasks.NAME.weight`,
//! z_t = `ideals.NAME` or 0, whose slope λ_t softmax(λ (l − z)/μ)_t leaves α_t = softmax(…)_t, as training multiplies λ in.
//!
//! Source: Lin et al. 2024, as in LibMTL. A task that had no label in that epoch takes the mean of the first later epoch that
//! has it, and counts as y = 0 until then. A loss counts as at least 10⁻⁸.

use std::collections::BTreeMap;

use polytask_config::{Choice, State};

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::epoch_mean::EpochMean;
use crate::normalize::SMALLEST_LOSS;
use crate::softmax::softmax;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "stch",
    summary: "a smooth maximum of the losses, each against its level after a warm-up",
    source: "Lin et al. 2024, Smooth Tchebycheff Scalarization for Multi-Objective Optimization, ICML",
    new: |options| {
        let mu = options
            .number("mu", "how smooth the maximum is")
            .at_least(1e-3)
            .or(1.0);
        let warmup = options
            .integer("warmup_epochs", "epochs of the sum of logarithms before it")
            .at_least(1)
            .or(5);
        let form = options
            .choice("form", "what each loss is measured against")
            .or(Form::Ratio);
        let ideals = options.weights(
            "ideals",
            "of a gap, what each loss is at best, by name; 0 for the others",
        );
        match form {
            Form::Ratio => options.unused("ideals", "unless form = \"gap\""),
            Form::Gap => options.unused("warmup_epochs", "beside form = \"gap\""),
        }
        Box::new(Stch {
            mu,
            warmup,
            form,
            ideals: ideals.into_iter().collect(),
            epoch: 0,
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "mu = 0.5, warmup_epochs = 1, form = \"gap\", ideals = { task_1 = 0.1 }",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[0.5, 4.0]],
            alpha: &[2.0, 0.25],
            tolerance: 1e-15,
            source: "definition: the warm-up is the sum of logarithms",
        }],
        without: super::LOGARITHMIC,
        ..Facts::PLAIN
    },
};

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Ratio,
    Gap,
}

impl Choice for Form {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "ratio",
            Self::Ratio,
            "its mean at the end of a warm-up, as a ratio",
        ),
        ("gap", Self::Gap, "its ideal, as a difference"),
    ];
}

struct Stch {
    mu: f64,
    warmup: usize,
    form: Form,
    ideals: BTreeMap<String, f64>,
    epoch: u64,
    tasks: PerTask<Level>,
}

#[derive(Default)]
struct Level {
    /// λ and z, of the config and not of what is learned.
    preference: f64,
    ideal: f64,
    nadir: Option<f64>,
    running: EpochMean,
}

impl Level {
    fn aim(&self) -> (f64, f64) {
        (self.preference, self.ideal)
    }

    /// The mean over the epoch that ends becomes the nadir if it is time and there is none.
    fn end_epoch(&mut self, is_time: bool) {
        let mean = self.running.take();
        if is_time && self.nadir.is_none() {
            self.nadir = mean.map(|mean| mean.max(SMALLEST_LOSS));
        }
    }
}

impl Weighting for Stch {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.epoch = 0;
        self.tasks.start(tasks, |task| Level {
            preference: task.weight,
            ideal: self.ideals.get(&task.name).copied().unwrap_or(0.0),
            ..Level::default()
        });
    }

    fn named(&self) -> Vec<&str> {
        self.ideals.keys().map(String::as_str).collect()
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        self.tasks
            .learn(losses, |task, seen| task.running.add(seen.loss));
        let values = losses.positive(SMALLEST_LOSS);
        if self.form == Form::Gap {
            let levels = self.tasks.present(&losses.present).zip(&values);
            let gaps = levels.map(|(task, loss)| {
                let (preference, ideal) = task.map_or((1.0, 0.0), Level::aim);
                preference * (loss - ideal) / self.mu
            });
            return Weights::of(softmax(&gaps.collect::<Vec<_>>())).noting(losses.note());
        }
        let is_warm = self.epoch >= self.warmup as u64;
        let shares = if is_warm {
            let levels = self.tasks.present(&losses.present).zip(&values);
            let above = levels.map(|(task, &loss)| {
                let nadir = task.and_then(|task| task.nadir).unwrap_or(loss);
                (loss / nadir).ln() / self.mu
            });
            let tasks = values.len() as f64;
            let shares = softmax(&above.collect::<Vec<_>>());
            shares.into_iter().map(|share| tasks * share).collect()
        } else {
            vec![1.0; values.len()]
        };
        let alpha = shares.iter().zip(&values).map(|(share, loss)| share / loss);
        Weights::of(alpha.collect()).noting(losses.note())
    }

    fn end_epoch(&mut self) {
        self.epoch += 1;
        let is_time = self.epoch >= self.warmup as u64;
        self.tasks.for_each(|task| task.end_epoch(is_time));
    }

    fn state(&mut self, state: &mut State) {
        state.count("epoch", &mut self.epoch);
        self.tasks.state(state, |task, state| {
            state.optional_number("nadir", &mut task.nadir);
            task.running.state(state);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_warm_up_the_weights_are_the_gradient_of_the_smooth_maximum() {
        let facts = ["a", "b"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        let mut stch = Stch {
            mu: 0.5,
            warmup: 1,
            form: Form::Ratio,
            ideals: BTreeMap::new(),
            epoch: 0,
            tasks: PerTask::default(),
        };
        stch.start(&facts);
        let losses = |values: [f64; 2]| Losses {
            present: vec![0, 1],
            values: values.to_vec(),
            rows: vec![1, 1],
        };
        for values in [[1.0, 3.0], [3.0, 5.0]] {
            stch.weights(&losses(values));
        }
        stch.end_epoch();
        let objective = |values: [f64; 2]| {
            let terms = [values[0] / 2.0, values[1] / 4.0].map(|ratio| ratio.powf(2.0));
            2.0 * 0.5 * (terms[0] + terms[1]).ln()
        };
        let at = [0.7, 2.0];
        let alpha = stch.weights(&losses(at)).alpha;
        for task in 0..2 {
            let (mut up, mut down) = (at, at);
            up[task] += 1e-6;
            down[task] -= 1e-6;
            let slope = (objective(up) - objective(down)) / 2e-6;
            assert!((alpha[task] - slope).abs() < 1e-8, "{alpha:?} {slope}");
        }
    }

    #[test]
    fn a_gap_is_the_smooth_maximum_of_the_weighted_differences() {
        let facts = [("a", 1.5), ("b", 0.5)].map(|(name, weight)| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight,
            entropy: 0.0,
            variance: 0.0,
        });
        let mut stch = Stch {
            mu: 0.5,
            warmup: 1,
            form: Form::Gap,
            ideals: BTreeMap::from([("b".to_owned(), 0.25)]),
            epoch: 0,
            tasks: PerTask::default(),
        };
        stch.start(&facts);
        let objective = |values: [f64; 2]| {
            let terms = [1.5 * values[0], 0.5 * (values[1] - 0.25)].map(|gap| (gap / 0.5).exp());
            0.5 * (terms[0] + terms[1]).ln()
        };
        let at = [0.7, 2.0];
        let losses = Losses {
            present: vec![0, 1],
            values: at.to_vec(),
            rows: vec![1, 1],
        };
        let alpha = stch.weights(&losses).alpha;
        for task in 0..2 {
            let (mut up, mut down) = (at, at);
            up[task] += 1e-6;
            down[task] -= 1e-6;
            let slope = (objective(up) - objective(down)) / 2e-6;
            let own = alpha[task] * facts[task].weight;
            assert!((own - slope).abs() < 1e-8, "{alpha:?} {slope}");
        }
    }
}
