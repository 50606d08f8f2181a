//! Every k steps: the weights are kept in between, for their inner products cost a backward pass a task.

use polytask_config::State;

use crate::{
    Gram, GramAggregator, Heads, Losses, Moment, PerTask, Scale, Sight, TaskFacts, Weights,
};

/// The weights of the last time that a method was asked: at the first step, at every k-th from there, and whenever a task is
/// present that it has not answered for yet.
pub(super) struct Kept {
    every: u64,
    /// Steps since it was asked.
    age: u64,
    tasks: PerTask<Answered>,
}

/// Whether a step has one task alone: plain training, of which nothing is kept or averaged.
pub(super) fn is_plain(present: &[usize]) -> bool {
    present.len() == 1
}

/// What was answered for one task: weight and head's weight for each layer.
#[derive(Default)]
struct Answered {
    alpha: Vec<f64>,
    heads: Vec<f64>,
}

impl Kept {
    pub(super) fn new(every: u64) -> Self {
        Self {
            every,
            age: 0,
            tasks: PerTask::default(),
        }
    }

    pub(super) fn begin(&mut self, tasks: &[TaskFacts]) {
        self.age = 0;
        self.tasks.start(tasks, |_| Answered::default());
    }

    /// Whether the next step with these tasks and one layer takes what is kept.
    pub(super) fn is_kept(&self, present: &[usize]) -> bool {
        let mut kept = self.tasks.present(present);
        self.age != 0
            && !is_plain(present)
            && kept.all(|kept| kept.is_some_and(|kept| kept.alpha.len() == 1))
    }

    /// Takes a step: the kept answers for so many layers, if every present task has one and it is not time to ask. One with a
    /// single task does not count.
    pub(super) fn step(&mut self, present: &[usize], layers: usize) -> Option<Vec<Weights>> {
        if is_plain(present) {
            return None;
        }
        let is_time = self.age == 0;
        self.age = (self.age + 1) % self.every;
        let kept: Option<Vec<&Answered>> = self.tasks.present(present).collect();
        let kept = kept?;
        if is_time || kept.iter().any(|kept| kept.alpha.len() != layers) {
            return None;
        }
        let layer = |layer: usize| -> Option<Weights> {
            let numbers = |pick: fn(&Answered) -> &Vec<f64>| -> Option<Vec<f64>> {
                kept.iter()
                    .map(|kept| pick(kept).get(layer).copied())
                    .collect()
            };
            let alpha = numbers(|kept| &kept.alpha)?;
            Some(Weights {
                heads: numbers(|kept| &kept.heads),
                ..Weights::of(alpha)
            })
        };
        (0..layers).map(layer).collect()
    }

    /// Keeps what was answered for these tasks, layer by layer; of a step with one task alone it must not be asked to.
    pub(super) fn keep(&mut self, present: &[usize], answers: &[Weights]) {
        let zeros = vec![0.0; present.len()];
        self.tasks
            .update(present, &zeros, |kept, _| *kept = Answered::default());
        for answer in answers {
            self.tasks.update(present, &answer.alpha, |kept, weight| {
                kept.alpha.push(weight)
            });
            if let Some(heads) = &answer.heads {
                self.tasks
                    .update(present, heads, |kept, weight| kept.heads.push(weight));
            }
        }
    }

    pub(super) fn list(&mut self, state: &mut State) {
        state.count("age", &mut self.age);
        state.section("kept", |state| {
            self.tasks.state(state, |kept, state| {
                state.numbers("alpha", &mut kept.alpha);
                state.numbers("heads", &mut kept.heads);
            });
        });
    }
}

/// Around a Gram aggregator.
pub(super) struct Every {
    inner: Box<dyn GramAggregator>,
    kept: Kept,
}

impl Every {
    pub(super) fn new(inner: Box<dyn GramAggregator>, every: u64) -> Self {
        Self {
            inner,
            kept: Kept::new(every),
        }
    }
}

impl GramAggregator for Every {
    fn named(&self) -> Vec<&str> {
        self.inner.named()
    }

    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
        self.kept.begin(tasks);
    }

    fn sight(&self) -> Sight {
        self.inner.sight()
    }

    fn sight_of(&self, present: &[usize]) -> Sight {
        // Layers are counted by their inner products.
        if self.inner.sight() != Sight::Layers && self.kept.is_kept(present) {
            Sight::Nothing
        } else {
            self.inner.sight_of(present)
        }
    }

    fn scale(&self) -> Scale {
        self.inner.scale()
    }

    fn heads(&self) -> Heads {
        self.inner.heads()
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, moment: Moment) -> Weights {
        if let Some(mut kept) = self.kept.step(gram.present(), 1) {
            return kept.pop().unwrap_or_default();
        }
        let answer = self.inner.weights(gram, losses, moment);
        if !is_plain(gram.present()) {
            let answers = std::slice::from_ref(&answer);
            self.kept.keep(gram.present(), answers);
        }
        answer
    }

    fn layer_weights(&mut self, layers: &[Gram], losses: &Losses, moment: Moment) -> Vec<Weights> {
        let present = layers.first().map(Gram::present).unwrap_or_default();
        if let Some(kept) = self.kept.step(present, layers.len()) {
            return kept;
        }
        let answers = self.inner.layer_weights(layers, losses, moment);
        if !is_plain(present) {
            self.kept.keep(present, &answers);
        }
        answers
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
        self.kept.list(state);
    }
}
