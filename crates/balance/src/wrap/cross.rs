//! The same around a cross-batch aggregator, which learns from two batches for a third.
//!
//! - `update_every` has it learn at every so manieth step only. Its weights rest in between, and so do the two batches: the step
//!   is taken with all three.
//! - `moving_average` averages what it would answer after each time that it learns, for the tasks that it learned of.
//! - `normalize_rows` divides each batch's gradients by their own norms and losses. The third batch's norms are nowhere seen: the mean of
//!   the other two's, as they were when it last learned, stands for them, and the third batch is as independent of it as of the weights.
//! - `log_loss` divides each batch's gradients by that batch's losses.

use polytask_config::State;

use super::every::is_plain;
use super::log_loss::slopes;
use super::moving_average::Averages;
use super::{Wrapping, multiply};
use crate::{Cross, CrossAggregator, Heads, Losses, Normalize, PerTask, Scale, TaskFacts, Weights};

pub(super) struct WrappedCross {
    inner: Box<dyn CrossAggregator>,
    wrapping: Wrapping,
    /// Steps until it learns again.
    rest: u64,
    averages: Averages,
    /// The mean of the norms on the two batches.
    norms: PerTask<f64>,
}

impl WrappedCross {
    pub(super) fn new(inner: Box<dyn CrossAggregator>, wrapping: Wrapping) -> Self {
        Self {
            inner,
            rest: 0,
            averages: Averages::new(wrapping.moving_average),
            norms: PerTask::default(),
            wrapping,
        }
    }

    /// 1/(l + 10⁻⁸), the slopes of the logarithms, if these are taken.
    fn slopes(&self, losses: &Losses) -> Option<Vec<f64>> {
        self.wrapping.log_loss.then(|| slopes(losses))
    }

    /// What gradients of these norms are multiplied by then, if by anything.
    fn lengths(&self, norms: &[f64], losses: &Losses, slopes: Option<&[f64]>) -> Option<Vec<f64>> {
        let mut norms = norms.to_vec();
        multiply(&mut norms, slopes);
        let normalize = self.wrapping.normalize_rows;
        (normalize != Normalize::None).then(|| normalize.factors(&norms, losses))
    }

    fn is_averaged(&self) -> bool {
        self.wrapping.moving_average > 0.0
    }

    /// What the weights add up to before they are brought to the scale that is asked for.
    fn inner_scale(&self) -> Scale {
        let is_raw = self.wrapping.normalize_rows == Normalize::None && !self.wrapping.log_loss;
        if is_raw && !self.is_averaged() {
            self.inner.scale()
        } else {
            Scale::Free
        }
    }
}

impl CrossAggregator for WrappedCross {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
        self.rest = 0;
        self.averages.begin(tasks);
        self.norms.start(tasks, |_| 0.0);
    }

    fn scale(&self) -> Scale {
        self.wrapping.gain.scale_of(self.inner_scale())
    }

    fn heads(&self) -> Heads {
        self.inner.heads()
    }

    fn learns(&self) -> bool {
        self.rest == 0 && self.inner.learns()
    }

    fn learn(&mut self, cross: &Cross) {
        let batches = cross.batches();
        let factors = batches.each_ref().map(|(losses, norms)| {
            let slopes = self.slopes(losses);
            let lengths = self.lengths(norms, losses, slopes.as_deref());
            let mut factors = vec![1.0; losses.present.len()];
            multiply(&mut factors, slopes.as_deref());
            multiply(&mut factors, lengths.as_deref());
            factors
        });
        self.inner
            .learn(&cross.scaled(factors.each_ref().map(Vec::as_slice)));
        if cross.tasks() > 1 {
            self.rest = self.wrapping.update_every as u64;
        }
        let [(first, norms), (_, others)] = &batches;
        let means = norms
            .iter()
            .zip(*others)
            .map(|(norm, other)| 0.5 * (norm + other));
        let means: Vec<f64> = means.collect();
        self.norms
            .update(cross.present(), &means, |kept, mean| *kept = mean);
        if self.is_averaged() && !is_plain(cross.present()) {
            let answer = self.inner.weights(first).alpha;
            let averages = self.averages.with(0, cross.present(), &answer);
            self.averages.keep(0, cross.present(), &averages);
        }
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        if losses.present.len() > 1 {
            self.rest = self.rest.saturating_sub(1);
        }
        let mut answer = self.inner.weights(losses);
        if self.is_averaged() && !is_plain(&losses.present) {
            answer.alpha = self.averages.known(0, &losses.present, &answer.alpha);
        }
        let slopes = self.slopes(losses);
        let norms = self.norms.present(&losses.present);
        let norms: Vec<f64> = norms.map(|norm| norm.copied().unwrap_or(0.0)).collect();
        let lengths = self.lengths(&norms, losses, slopes.as_deref());
        // A head's loss keeps its own scale: it is weighted, if at all, by the weight of the divided gradient.
        if lengths.is_some() && self.inner.heads() == Heads::Weighted {
            answer.heads.get_or_insert_with(|| answer.alpha.clone());
        }
        multiply(&mut answer.alpha, lengths.as_deref());
        if slopes.is_some() {
            if self.inner.heads() == Heads::Unit {
                answer
                    .heads
                    .get_or_insert_with(|| vec![1.0; losses.present.len()]);
            }
            multiply(&mut answer.alpha, slopes.as_deref());
            if let Some(heads) = &mut answer.heads {
                multiply(heads, slopes.as_deref());
            }
            answer.note = answer.note.take().or(losses.note());
        }
        self.wrapping.gain.apply(self.inner_scale(), &mut answer);
        answer.heads = super::heads::asked(self.wrapping.heads, self.inner.heads(), &mut answer);
        answer
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
        state.count("rest", &mut self.rest);
        self.averages.list(state);
        state.section("norms", |state| {
            self.norms
                .state(state, |norm, state| state.number("norm", norm));
        });
    }
}
