//! Area under the ROC curve: how probable it is that a positive row scores higher than a negative one.
//!
//! AUROC = (pairs in order + ½ pairs that tie) / pairs, counted exactly in integers (Hanley, McNeil 1982). Several
//! classes: each against the rest; several labels: each by itself; then the mean over those with both positive and
//! negative rows, and undefined if none has. All scores are kept until the end.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::mean_of_defined;
use crate::predictions::{ClassRows, FlagRows};
use crate::ranked::{KeptScores, Tie};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "auroc",
    summary: "chance that a positive row scores above a negative one (mean over classes or labels)",
    source: "sklearn.metrics.roc_auc_score(multi_class='ovr', average='macro'); Hanley, McNeil 1982",
    new: |_| checked(Auroc::default()),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};

#[derive(Default)]
struct Auroc {
    kept: KeptScores,
}

fn area(ranking: &[Tie]) -> Option<f64> {
    let (mut above, mut in_order_twice, mut negatives) = (0_u128, 0_u128, 0_u128);
    for tie in ranking {
        let (positives, here) = (u128::from(tie.positives), u128::from(tie.negatives));
        in_order_twice += here * (2 * above + positives);
        above += positives;
        negatives += here;
    }
    let pairs_twice = 2 * above * negatives;
    (pairs_twice > 0).then(|| in_order_twice as f64 / pairs_twice as f64)
}

impl Measure for Auroc {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        self.kept.keep_classes(rows);
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        self.kept.keep_flags(rows);
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        mean_of_defined(self.kept.rankings().map(|ranking| area(&ranking)))
    }

    fn state(&mut self, state: &mut State) {
        self.kept.state(state);
    }
}
