//! A mean and a share over rows, streamed.

use polytask_config::State;

use crate::sum::Sum;

/// The mean of a number over rows: a compensated sum and a count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    sum: Sum,
    rows: u64,
}

impl Mean {
    pub(crate) fn add(&mut self, number: f64) {
        self.sum.add(number);
        self.rows += 1;
    }

    /// `None` without rows.
    pub(crate) fn value(self) -> Option<f64> {
        (self.rows > 0).then(|| self.sum.value() / self.rows as f64)
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        self.sum.state("sum", state);
        state.count("rows", &mut self.rows);
    }
}

/// How many of all: two counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    part: u64,
    all: u64,
}

impl Share {
    pub(crate) fn add(&mut self, belongs: bool) {
        self.part += u64::from(belongs);
        self.all += 1;
    }

    /// `None` of nothing.
    pub(crate) fn value(self) -> Option<f64> {
        (self.all > 0).then(|| self.part as f64 / self.all as f64)
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.count("part", &mut self.part);
        state.count("all", &mut self.all);
    }
}

/// The mean of those that are defined; `None` if none is.
pub(crate) fn mean_of_defined(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut mean = Mean::default();
    values.flatten().for_each(|value| mean.add(value));
    mean.value()
}
