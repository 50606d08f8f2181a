//! The same around a cross-batch aggregator: the scale and the heads.

use polytask_config::State;

use super::Wrapping;
use crate::{Cross, CrossAggregator, Heads, Scale, TaskFacts, Weights};

pub(super) struct WrappedCross {
    pub(super) inner: Box<dyn CrossAggregator>,
    pub(super) wrapping: Wrapping,
}

impl CrossAggregator for WrappedCross {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
    }

    fn scale(&self) -> Scale {
        self.wrapping.gain.scale_of(self.inner.scale())
    }

    fn heads(&self) -> Heads {
        self.inner.heads()
    }

    fn learn(&mut self, cross: &Cross) {
        self.inner.learn(cross);
    }

    fn weights(&self, present: &[usize]) -> Weights {
        let mut answer = self.inner.weights(present);
        self.wrapping.gain.apply(self.inner.scale(), &mut answer);
        answer.heads = super::heads::asked(self.wrapping.heads, self.inner.heads(), &mut answer);
        answer
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
    }
}
