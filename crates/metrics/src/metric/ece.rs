//! Expected calibration error: how far the confidence is from the accuracy, rows grouped by confidence.
//!
//! ECE = Σ_b (rows_b / rows) |accuracy_b − mean confidence_b| over `bins` intervals (k/bins, (k+1)/bins] of the highest
//! probability of a row. Biased upwards on few rows; never compare it across different numbers of bins.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::predictions::{ClassRows, most_probable};
use crate::sum::{Sum, list_state};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "ece",
    summary: "mean distance of the confidence from the accuracy over intervals of confidence",
    source: "Guo et al. 2017, On Calibration of Modern Neural Networks, ICML",
    new: |options| {
        let bins = options
            .integer("bins", "intervals of equal width that [0, 1] is cut into")
            .within(1..=10_000)
            .or(15);
        checked(CalibrationError {
            rows: vec![0; bins],
            right: vec![0; bins],
            confidence: vec![Sum::default(); bins],
        })
    },
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal],
    },
};

/// Three numbers a bin.
struct CalibrationError {
    rows: Vec<u64>,
    right: Vec<u64>,
    confidence: Vec<Sum>,
}

/// The bin whose interval (k/bins, (k+1)/bins] holds the confidence; 0 belongs to the first.
fn bin(confidence: f64, bins: usize) -> usize {
    // A confidence is finite and a bin's number at most 10 000: the conversion is exact, and saturates at 0 from below.
    let number = (confidence * bins as f64).ceil() - 1.0;
    (number.max(0.0) as usize).min(bins.saturating_sub(1))
}

impl Measure for CalibrationError {
    const BETTER: Better = Better::Lower;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        for (probabilities, truth) in rows.iter() {
            let predicted = most_probable(probabilities);
            let confidence = probabilities.get(predicted).copied().unwrap_or(0.0);
            let bin = bin(confidence, self.rows.len());
            if let (Some(rows), Some(right), Some(sum)) = (
                self.rows.get_mut(bin),
                self.right.get_mut(bin),
                self.confidence.get_mut(bin),
            ) {
                *rows += 1;
                *right += u64::from(predicted == truth);
                sum.add(confidence);
            }
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        let rows: u64 = self.rows.iter().sum();
        let bins = self.right.iter().zip(&self.confidence);
        let gap: f64 = bins
            .map(|(&right, sum)| (right as f64 - sum.value()).abs())
            .sum();
        (rows > 0).then(|| gap / rows as f64)
    }

    fn state(&mut self, state: &mut State) {
        state.counts("rows", &mut self.rows);
        state.counts("right", &mut self.right);
        list_state("confidence", &mut self.confidence, state);
    }
}
