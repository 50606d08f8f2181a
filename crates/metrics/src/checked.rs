//! The door that every metric of the house stands behind: a [`Measure`] is shown sound rows only.

use polytask_config::State;

use crate::predictions::{ClassRows, FlagRows, ValueRows};
use crate::{Better, Fault, Metric, Predictions};

/// The arithmetic of one metric. It never meets a NaN, an infinity, a probability outside [0, 1], a class out of range, a
/// slice of the wrong length, a second width or kind: [`Checked`] keeps them out. It lists its whole state; there is no
/// default, so that a metric that forgets to cannot compile.
pub(crate) trait Measure: Send + 'static {
    const BETTER: Better;

    fn classes(&mut self, _: ClassRows<'_>) -> Result<(), Fault> {
        Err(Fault::Shape)
    }

    fn flags(&mut self, _: FlagRows<'_>) -> Result<(), Fault> {
        Err(Fault::Shape)
    }

    fn values(&mut self, _: ValueRows<'_>) -> Result<(), Fault> {
        Err(Fault::Shape)
    }

    /// `None` if undefined on the rows so far. What is not finite counts as undefined too.
    fn value(&self) -> Option<f64>;

    fn state(&mut self, state: &mut State);
}

/// A measure as a metric, behind the checks.
struct Checked<M> {
    measure: M,
    /// What the first batch was; 0 before it.
    kind: u64,
    /// Classes, labels or outputs of the first batch; 0 before it.
    width: u64,
    fault: Option<Fault>,
}

/// The metric of a measure.
pub(crate) fn checked<M: Measure>(measure: M) -> Box<dyn Metric> {
    Box::new(Checked {
        measure,
        kind: 0,
        width: 0,
        fault: None,
    })
}

impl<M: Measure> Checked<M> {
    fn take(&mut self, seen: &Predictions<'_>) -> Result<(), Fault> {
        if let Some(fault) = seen.fault() {
            return Err(fault);
        }
        let (kind, width) = (seen.kind(), seen.width() as u64);
        if self.kind != 0 && self.kind != kind {
            return Err(Fault::Shape);
        }
        if self.width != 0 && self.width != width {
            return Err(Fault::WidthChanged);
        }
        (self.kind, self.width) = (kind, width);
        match *seen {
            Predictions::Classes {
                probabilities,
                classes,
                truth,
            } => self.measure.classes(ClassRows {
                probabilities,
                classes,
                truth,
            }),
            Predictions::Flags {
                probabilities,
                labels,
                truth,
            } => self.measure.flags(FlagRows {
                probabilities,
                labels,
                truth,
            }),
            Predictions::Values {
                predicted,
                outputs,
                truth,
            } => self.measure.values(ValueRows {
                predicted,
                outputs,
                truth,
            }),
        }
    }
}

impl<M: Measure> Metric for Checked<M> {
    fn update(&mut self, seen: &Predictions<'_>) {
        if self.fault.is_none() {
            self.fault = self.take(seen).err();
        }
    }

    fn value(&self) -> Option<f64> {
        match self.fault {
            Some(_) => None,
            None => self.measure.value().filter(|value| value.is_finite()),
        }
    }

    fn better(&self) -> Better {
        M::BETTER
    }

    fn fault(&self) -> Option<Fault> {
        self.fault
    }

    fn state(&mut self, state: &mut State) {
        state.count("kind", &mut self.kind);
        state.count("width", &mut self.width);
        Fault::state(&mut self.fault, state);
        self.measure.state(state);
    }
}
