//! Hits, false alarms and misses per label, and what is made of them: precision, recall, F1.
//!
//! P = hits/(hits + false alarms), R = hits/(hits + misses), F1 = 2·hits/(2·hits + false alarms + misses). A label that
//! occurs neither in the truth nor in the predictions has none of the three and is left out of a mean over labels; one
//! that occurs in either has all three, a ratio 0/0 counting as 0, as in scikit-learn. (scikit-learn counts a label of a
//! *multilabel* task that occurs nowhere as 0; we leave it out there too.)

use polytask_config::State;

use crate::mean::mean_of_defined;
use crate::predictions::{ClassRows, FlagRows, is_raised};
use crate::{Better, Fault, checked::Measure};

/// The counts of one label.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    hits: u64,
    false_alarms: u64,
    misses: u64,
}

impl Tally {
    fn add(&mut self, predicted: bool, truth: bool) {
        self.hits += u64::from(predicted && truth);
        self.false_alarms += u64::from(predicted && !truth);
        self.misses += u64::from(!predicted && truth);
    }

    fn ratio(self, part: u64, all: u64) -> Option<f64> {
        let occurs = self.hits + self.false_alarms + self.misses > 0;
        occurs.then(|| {
            if all == 0 {
                0.0
            } else {
                part as f64 / all as f64
            }
        })
    }

    pub(crate) fn precision(self) -> Option<f64> {
        self.ratio(self.hits, self.hits + self.false_alarms)
    }

    pub(crate) fn recall(self) -> Option<f64> {
        self.ratio(self.hits, self.hits + self.misses)
    }

    /// Recall of a label that is true somewhere.
    pub(crate) fn recall_if_true(self) -> Option<f64> {
        (self.hits + self.misses > 0)
            .then(|| self.recall())
            .flatten()
    }

    pub(crate) fn f1(self) -> Option<f64> {
        self.ratio(
            2 * self.hits,
            2 * self.hits + self.false_alarms + self.misses,
        )
    }
}

/// What is made of the counts of a label.
type Score = fn(Tally) -> Option<f64>;

/// A score of the positive class of a binary task: predicted where its probability is above the threshold.
pub(crate) struct PositiveClass {
    threshold: f64,
    score: Score,
    tally: Tally,
}

impl PositiveClass {
    pub(crate) fn new(threshold: f64, score: Score) -> Self {
        Self {
            threshold,
            score,
            tally: Tally::default(),
        }
    }
}

impl Measure for PositiveClass {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        rows.binary()?
            .for_each(|(probability, truth)| self.tally.add(probability > self.threshold, truth));
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        (self.score)(self.tally)
    }

    fn state(&mut self, state: &mut State) {
        state.count("hits", &mut self.tally.hits);
        state.count("false_alarms", &mut self.tally.false_alarms);
        state.count("misses", &mut self.tally.misses);
    }
}

/// How the labels' counts become one number.
#[derive(Clone, Copy)]
pub(crate) enum Average {
    /// The mean of the labels' scores.
    Macro,
    /// The score of the labels' counts added up.
    Micro,
}

/// A score over all classes or labels.
pub(crate) struct OverLabels {
    average: Average,
    score: Score,
    hits: Vec<u64>,
    false_alarms: Vec<u64>,
    misses: Vec<u64>,
}

impl OverLabels {
    pub(crate) fn new(average: Average, score: Score) -> Self {
        Self {
            average,
            score,
            hits: Vec::new(),
            false_alarms: Vec::new(),
            misses: Vec::new(),
        }
    }

    fn size(&mut self, labels: usize) {
        for counts in [&mut self.hits, &mut self.false_alarms, &mut self.misses] {
            counts.resize(labels, 0);
        }
    }

    fn tallies(&self) -> impl Iterator<Item = Tally> {
        let counts = self.hits.iter().zip(&self.false_alarms).zip(&self.misses);
        counts.map(|((&hits, &false_alarms), &misses)| Tally {
            hits,
            false_alarms,
            misses,
        })
    }
}

/// One more in the slot of this label; the slots were made for all labels.
fn count(counts: &mut [u64], label: usize) {
    if let Some(slot) = counts.get_mut(label) {
        *slot += 1;
    }
}

impl Measure for OverLabels {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        self.size(rows.classes);
        for (predicted, truth) in rows.decided() {
            if predicted == truth {
                count(&mut self.hits, truth);
            } else {
                count(&mut self.false_alarms, predicted);
                count(&mut self.misses, truth);
            }
        }
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        self.size(rows.labels);
        for (probabilities, truths) in rows.iter() {
            for (label, (&probability, &truth)) in probabilities.iter().zip(truths).enumerate() {
                match (is_raised(probability), truth) {
                    (true, true) => count(&mut self.hits, label),
                    (true, false) => count(&mut self.false_alarms, label),
                    (false, true) => count(&mut self.misses, label),
                    (false, false) => {}
                }
            }
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        match self.average {
            Average::Macro => mean_of_defined(self.tallies().map(self.score)),
            Average::Micro => {
                (self.score)(self.tallies().fold(Tally::default(), |sum, label| Tally {
                    hits: sum.hits + label.hits,
                    false_alarms: sum.false_alarms + label.false_alarms,
                    misses: sum.misses + label.misses,
                }))
            }
        }
    }

    fn state(&mut self, state: &mut State) {
        state.counts("hits", &mut self.hits);
        state.counts("false_alarms", &mut self.false_alarms);
        state.counts("misses", &mut self.misses);
    }
}
