//! Log-loss: the mean over rows of −ln of the probability given to the truth, in nats.
//!
//! Flags: the sum over labels of −ln p or −ln(1 − p), so that a row's loss is that of all its labels together, as their
//! entropies add up. A probability counts as at least 2⁻⁵² (36 nats): one certain mistake is dear, not infinite.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Mean;
use crate::predictions::{ClassRows, FlagRows};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "log_loss",
    summary: "mean of -ln of the probability of the truth, in nats (multilabel: sum over labels)",
    source: "sklearn.metrics.log_loss",
    new: |_| checked(LogLoss::in_units_of(1.0)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};

pub(super) struct LogLoss {
    /// One unit in nats.
    unit: f64,
    nats: Mean,
}

impl LogLoss {
    pub(super) fn in_units_of(unit: f64) -> Self {
        Self {
            unit,
            nats: Mean::default(),
        }
    }
}

fn nats(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0).ln()
}

impl Measure for LogLoss {
    const BETTER: Better = Better::Lower;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        for (probabilities, truth) in rows.iter() {
            self.nats
                .add(nats(probabilities.get(truth).copied().unwrap_or(0.0)));
        }
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        for (probabilities, truths) in rows.iter() {
            let labels = probabilities.iter().zip(truths);
            self.nats.add(
                labels
                    .map(|(&p, &truth)| nats(if truth { p } else { 1.0 - p }))
                    .sum(),
            );
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.nats.value().map(|nats| nats / self.unit)
    }

    fn state(&mut self, state: &mut State) {
        self.nats.state(state);
    }
}
