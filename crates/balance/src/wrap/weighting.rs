//! The same around a weighting, which sees losses alone.

use polytask_config::{Fields, State};

use super::every::{Kept, is_plain};
use super::log_loss::slopes;
use super::moving_average::Averages;
use super::{Gain, Wrapping};
use crate::{Losses, Moment, Needs, Observation, Scale, TaskFacts, Weighting, Weights};

/// The wrappers that can stand around a weighting, from the inside out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapper {
    /// Weights are kept for some steps, in which the weighting sees nothing.
    UpdateEvery,
    /// Weights are averaged over the steps.
    MovingAverage,
    /// Σ w_t ln(l_t + 10⁻⁸), with the weights that the losses themselves are given.
    LogLoss,
    /// Weights are brought to a sum.
    Gain,
}

impl Wrapper {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::UpdateEvery,
        Self::MovingAverage,
        Self::LogLoss,
        Self::Gain,
    ];

    /// The option that asks for it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LogLoss => "log_loss",
            Self::UpdateEvery => "update_every",
            Self::MovingAverage => "moving_average",
            Self::Gain => "gain",
        }
    }

    pub(super) fn option(self, wrapping: Wrapping, fields: &mut Fields<'_>) -> Wrapping {
        match self {
            Self::LogLoss => wrapping.log_options(fields),
            Self::UpdateEvery => wrapping.every_options(fields),
            Self::MovingAverage => wrapping.average_options(fields),
            Self::Gain => wrapping.gain_options(fields),
        }
    }
}

pub(super) fn wrapped(wrapping: &Wrapping, inner: Box<dyn Weighting>) -> Box<dyn Weighting> {
    let is_kept = wrapping.update_every > 1;
    let is_averaged = wrapping.moving_average > 0.0;
    if !wrapping.log_loss && !is_kept && !is_averaged && wrapping.gain == Gain::Native {
        return inner;
    }
    Box::new(WrappedWeighting {
        inner,
        log_loss: wrapping.log_loss,
        kept: is_kept.then(|| Kept::new(wrapping.update_every as u64)),
        averages: is_averaged.then(|| Averages::new(wrapping.moving_average)),
        gain: wrapping.gain,
        step: Step::default(),
    })
}

struct WrappedWeighting {
    inner: Box<dyn Weighting>,
    log_loss: bool,
    kept: Option<Kept>,
    averages: Option<Averages>,
    gain: Gain,
    step: Step,
}

/// What is to be remembered of a step once its losses are known. Lives from the weights to the observation.
#[derive(Default)]
struct Step {
    present: Vec<usize>,
    /// What the weighting answered; `None` if it was not asked.
    fresh: Option<Vec<f64>>,
    averages: Option<Vec<f64>>,
}

impl Step {
    /// Its tasks with a loss that can be learned from, and their numbers.
    fn usable(&self, values: &[f64], losses: &Losses) -> (Vec<usize>, Vec<f64>) {
        let is_usable = |task: usize| {
            let mut seen = losses.seen();
            seen.any(|seen| seen.task == task && seen.is_usable())
        };
        let each = self.present.iter().copied().zip(values.iter().copied());
        each.filter(|(task, _)| is_usable(*task)).unzip()
    }
}

impl Weighting for WrappedWeighting {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
        if let Some(kept) = &mut self.kept {
            kept.begin(tasks);
        }
        if let Some(averages) = &mut self.averages {
            averages.begin(tasks);
        }
        self.step = Step::default();
    }

    fn needs(&self) -> Needs {
        match self.inner.needs() {
            Needs::Nothing if self.log_loss => Needs::Losses,
            needs => needs,
        }
    }

    fn needs_of(&self, present: &[usize]) -> Needs {
        match &self.kept {
            Some(kept) if kept.is_kept(present) && self.log_loss => Needs::Losses,
            Some(kept) if kept.is_kept(present) => Needs::Nothing,
            _ => self.needs(),
        }
    }

    fn uses_task_weights(&self) -> bool {
        self.inner.uses_task_weights()
    }

    fn named(&self) -> Vec<&str> {
        self.inner.named()
    }

    fn begin(&mut self, moment: Moment) {
        self.inner.begin(moment);
    }

    fn primary(&self) -> &[String] {
        self.inner.primary()
    }

    fn ahead(&mut self, present: &Losses) -> Weights {
        self.inner.ahead(present)
    }

    fn look_ahead(&mut self, slopes: &Losses) {
        self.inner.look_ahead(slopes);
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let kept = self.kept.as_mut();
        let kept = kept.and_then(|kept| kept.step(&losses.present, 1)?.pop());
        let is_asked = kept.is_none();
        let mut answer = match kept {
            Some(kept) => kept.noting(losses.note()),
            None => self.inner.weights(losses),
        };
        let fresh = is_asked.then(|| answer.alpha.clone());
        let is_averaged = !is_plain(&losses.present);
        let averages = self.averages.as_ref().filter(|_| is_averaged);
        let averages = averages.map(|averages| averages.with(0, &losses.present, &answer.alpha));
        if let Some(averages) = &averages {
            answer.alpha.clone_from(averages);
        }
        self.step = Step {
            present: losses.present.clone(),
            fresh,
            averages,
        };
        // Last, so that the slopes are those of this step.
        if self.log_loss {
            let weights = answer.alpha.iter_mut().zip(slopes(losses));
            weights.for_each(|(weight, slope)| *weight *= slope);
            answer.note = answer.note.take().or(losses.note());
        }
        self.gain.apply(Scale::Free, &mut answer);
        answer
    }

    /// Weights are remembered only now: what a broken loss made of them is not.
    fn observe(&mut self, observation: &Observation<'_>) {
        let step = std::mem::take(&mut self.step);
        if let (Some(kept), Some(fresh)) = (&mut self.kept, &step.fresh)
            && !is_plain(&step.present)
        {
            let (present, fresh) = step.usable(fresh, observation.losses);
            kept.keep(&present, &[Weights::of(fresh)]);
        }
        if let (Some(averages), Some(new)) = (&mut self.averages, &step.averages) {
            let (present, new) = step.usable(new, observation.losses);
            averages.keep(0, &present, &new);
        }
        if step.fresh.is_some() {
            self.inner.observe(observation);
        }
    }

    fn after(&mut self, before: &Losses, after: &Losses) {
        self.inner.after(before, after);
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
        if let Some(kept) = &mut self.kept {
            kept.list(state);
        }
        if let Some(averages) = &mut self.averages {
            averages.list(state);
        }
    }
}
