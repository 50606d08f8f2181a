//! Accuracy: the share of rows whose prediction is right.
//!
//! The predicted class is the most probable one, of a tie the lowest. A multilabel row is right if every flag is (subset
//! accuracy), a flag being raised above one half.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Share;
use crate::predictions::{ClassRows, FlagRows, is_raised};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "accuracy",
    summary: "share of rows predicted right (multilabel: all flags right)",
    source: "sklearn.metrics.accuracy_score",
    new: |_| checked(Accuracy::default()),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};

#[derive(Default)]
struct Accuracy {
    right: Share,
}

impl Measure for Accuracy {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        rows.decided()
            .for_each(|(predicted, truth)| self.right.add(predicted == truth));
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        for (probabilities, truths) in rows.iter() {
            let mut flags = probabilities.iter().zip(truths);
            self.right
                .add(flags.all(|(&probability, &truth)| is_raised(probability) == truth));
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.right.value()
    }

    fn state(&mut self, state: &mut State) {
        self.right.state(state);
    }
}
