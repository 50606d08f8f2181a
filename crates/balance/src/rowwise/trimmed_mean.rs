//! Trimmed mean: at each parameter the mean of what is left without the largest and the smallest gradients.
//!
//! `trim` of them are left out at either end. With no more than 2·`trim` present tasks nothing is left: the mean is taken, and
//! the note says so.
//!
//! Source: Yin et al. 2018. TorchJD raises where there are too few tasks.

use crate::contract::rows::{Golden, Promise, Promised};
use crate::{Losses, Moment, Note, Rows, Scale, SharedGradient};

use super::{RowAggregator, RowAggregatorEntry, RowFacts};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "trimmed_mean",
    summary: "at each parameter the mean without the largest and smallest gradients",
    source: "Yin et al. 2018, Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML",
    new: |options| {
        Box::new(TrimmedMean {
            trim: options
                .integer("trim", "how many are left out at either end")
                .at_least(0)
                .at_most(1000)
                .or(1),
        })
    },
    facts: RowFacts {
        trial: "trim = 2",
        promises: &[
            Promised::always(Promise::WithinRange),
            Promised::always(Promise::PlainAlone),
            Promised::always(Promise::Scaling(1.0)),
            Promised::by_default(Promise::IgnoresOutlier),
        ],
        golden: &[
            Golden {
                rows: &[
                    &[-4.0, 2.0, 1.0],
                    &[1.0, 1.0, -5.0],
                    &[6.0, 3.0, 2.0],
                    &[2.0, 9.0, 7.0],
                ],
                direction: &[1.5, 2.5, 1.5],
                source: "by hand: the two in the middle of each column",
                ..Golden::PLAIN
            },
            Golden {
                rows: &[&[1.0], &[4.0]],
                direction: &[2.5],
                source: "definition: too few tasks, the mean",
                ..Golden::PLAIN
            },
        ],
        ..RowFacts::PLAIN
    },
};

struct TrimmedMean {
    trim: usize,
}

impl RowAggregator for TrimmedMean {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn combine(&mut self, rows: &Rows<'_>, _: &Losses, _: Moment) -> SharedGradient {
        let wanted = 2 * self.trim + 1;
        let is_enough = rows.tasks() >= wanted;
        let trim = if is_enough { self.trim } else { 0 };
        let left = (rows.tasks() - 2 * trim).max(1);
        let blocks = rows.blocks().iter().map(|block| {
            block.columns(|column| {
                column.sort_unstable_by(f64::total_cmp);
                column.iter().skip(trim).take(left).sum::<f64>() / left as f64
            })
        });
        // One task alone has no outlier.
        let is_noted = !is_enough && rows.tasks() > 1;
        SharedGradient::of(blocks.collect())
            .noting(is_noted.then_some(Note::TooFewTasks { wanted }))
    }
}
