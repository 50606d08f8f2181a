//! Average precision: the mean over the positive rows of the precision at their score.
//!
//! AP = Σ (R_n − R_{n−1}) P_n over the distinct scores from the highest down, without interpolation. A label without
//! positive rows has none and is left out of the mean over labels. All scores are kept until the end.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::mean_of_defined;
use crate::predictions::{ClassRows, FlagRows};
use crate::ranked::{KeptScores, Tie};
use crate::sum::Sum;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "average_precision",
    summary: "mean precision at the score of each positive row (mean over labels)",
    source: "sklearn.metrics.average_precision_score(average='macro')",
    new: |_| checked(AveragePrecision::default()),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Flags],
    },
};

#[derive(Default)]
struct AveragePrecision {
    kept: KeptScores,
}

fn precision(ranking: &[Tie]) -> Option<f64> {
    let (mut positives, mut rows) = (0, 0);
    let mut sum = Sum::default();
    for tie in ranking {
        positives += tie.positives;
        rows += tie.positives + tie.negatives;
        sum.add(tie.positives as f64 * (positives as f64 / rows as f64));
    }
    (positives > 0).then(|| sum.value() / positives as f64)
}

impl Measure for AveragePrecision {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        if rows.classes != 2 {
            return Err(Fault::Shape);
        }
        self.kept.keep_classes(rows);
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        self.kept.keep_flags(rows);
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        mean_of_defined(self.kept.rankings().map(|ranking| precision(&ranking)))
    }

    fn state(&mut self, state: &mut State) {
        self.kept.state(state);
    }
}
