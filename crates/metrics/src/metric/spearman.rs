//! Spearman's rank correlation: how far the predictions are in the order of the targets.
//!
//! ρ = Σ (r − r̄)(s − s̄) / √(Σ (r − r̄)² · Σ (s − s̄)²) with r, s the ranks, ties sharing the mean of theirs; the mean over
//! outputs. An output whose target is constant has none and is left out; one whose predictions are constant counts 0,
//! because it orders nothing. (scipy gives NaN to both.) All rows are kept until the end.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::mean_of_defined;
use crate::predictions::ValueRows;
use crate::ranked::average_ranks;
use crate::sum::Sum;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "spearman",
    summary: "rank correlation of predictions and targets (mean over outputs)",
    source: "scipy.stats.spearmanr; Spearman 1904",
    new: |_| checked(Spearman::default()),
    facts: Facts {
        shapes: &[Shape::Values],
    },
};

/// `predicted` and `truth` are `[rows, outputs]`.
#[derive(Default)]
struct Spearman {
    outputs: u64,
    predicted: Vec<f64>,
    truth: Vec<f64>,
}

fn correlation(predicted: &[f64], truth: &[f64]) -> Option<f64> {
    let middle = (truth.len() as f64 + 1.0) / 2.0;
    let (mut both, mut of_predicted, mut of_truth) =
        (Sum::default(), Sum::default(), Sum::default());
    for (rank, true_rank) in average_ranks(predicted).iter().zip(average_ranks(truth)) {
        let (rank, true_rank) = (rank - middle, true_rank - middle);
        both.add(rank * true_rank);
        of_predicted.add(rank * rank);
        of_truth.add(true_rank * true_rank);
    }
    let (of_predicted, of_truth) = (of_predicted.value(), of_truth.value());
    match (of_predicted > 0.0, of_truth > 0.0) {
        (_, false) => None,
        (false, true) => Some(0.0),
        (true, true) => {
            Some((both.value() / (of_predicted.sqrt() * of_truth.sqrt())).clamp(-1.0, 1.0))
        }
    }
}

impl Measure for Spearman {
    const BETTER: Better = Better::Higher;

    fn values(&mut self, rows: ValueRows<'_>) -> Result<(), Fault> {
        self.outputs = rows.outputs as u64;
        self.predicted.extend_from_slice(rows.predicted);
        self.truth.extend_from_slice(rows.truth);
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        let outputs = usize::try_from(self.outputs).unwrap_or(usize::MAX);
        let column = |numbers: &[f64], output| {
            numbers
                .iter()
                .skip(output)
                .step_by(outputs)
                .copied()
                .collect::<Vec<_>>()
        };
        mean_of_defined((0..outputs).map(|output| {
            correlation(
                &column(&self.predicted, output),
                &column(&self.truth, output),
            )
        }))
    }

    fn state(&mut self, state: &mut State) {
        state.count("outputs", &mut self.outputs);
        state.numbers("predicted", &mut self.predicted);
        state.numbers("truth", &mut self.truth);
    }
}
