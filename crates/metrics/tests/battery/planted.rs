//! Broken metrics, one for each property: a battery that cannot fail proves nothing.

use polytask_config::State;
use polytask_metrics::{Better, Fault, Metric, Predictions, Shape, metric};

use crate::properties::{Outcome, PROPERTIES};

/// Mean absolute error, but for one thing.
struct Planted {
    inner: Box<dyn Metric>,
    flaw: Flaw,
    rows: usize,
    last: Option<f64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    /// 0 of no rows.
    DefinedOnNothing,
    /// 0/0 when only one row was seen.
    NotANumber,
    /// The mean of the batches' means.
    MeanOfMeans,
    /// Counts the first row twice.
    FirstRowTwice,
    /// Says that higher is better.
    WrongDirection,
    /// Lists no state.
    ForgetsToSave,
    /// Leaves out batches with a NaN.
    SkipsNan,
    /// Takes what does not fit for nothing.
    IgnoresWhatDoesNotFit,
}

/// Which property must notice which flaw.
const FLAWS: &[(Flaw, &str)] = &[
    (Flaw::DefinedOnNothing, "nothing_seen_is_undefined"),
    (Flaw::NotANumber, "is_a_finite_number"),
    (Flaw::MeanOfMeans, "cuts_into_batches_change_nothing"),
    (Flaw::FirstRowTwice, "the_order_of_rows_changes_nothing"),
    (Flaw::WrongDirection, "perfect_predictions_are_the_best"),
    (Flaw::ForgetsToSave, "goes_on_after_saving_and_loading"),
    (Flaw::SkipsNan, "one_bad_prediction_leaves_no_value"),
    (Flaw::IgnoresWhatDoesNotFit, "what_does_not_fit_is_a_fault"),
];

fn mae() -> Box<dyn Metric> {
    metric("mae", Shape::Values).unwrap()
}

impl Metric for Planted {
    fn update(&mut self, seen: &Predictions<'_>) {
        let Predictions::Values {
            predicted,
            outputs,
            truth,
        } = *seen
        else {
            if self.flaw != Flaw::IgnoresWhatDoesNotFit {
                self.inner.update(seen);
            }
            return;
        };
        if self.flaw == Flaw::SkipsNan && predicted.iter().any(|number| number.is_nan()) {
            return;
        }
        if self.flaw == Flaw::FirstRowTwice && self.rows == 0 && truth.len() >= outputs {
            self.inner.update(&Predictions::Values {
                predicted: &predicted[..outputs],
                outputs,
                truth: &truth[..outputs],
            });
        }
        if self.flaw == Flaw::MeanOfMeans && seen.rows() > 0 {
            let before = self.inner.value();
            self.inner = mae();
            self.inner.update(seen);
            self.last = before
                .zip(self.inner.value())
                .map_or(self.inner.value(), |(a, b)| Some((a + b) / 2.0));
        } else {
            self.inner.update(seen);
        }
        self.rows += seen.rows();
    }

    fn value(&self) -> Option<f64> {
        match self.flaw {
            Flaw::DefinedOnNothing => Some(self.inner.value().unwrap_or(0.0)),
            Flaw::NotANumber if self.rows == 1 => Some(f64::NAN),
            Flaw::MeanOfMeans => self.last,
            _ => self.inner.value(),
        }
    }

    fn better(&self) -> Better {
        if self.flaw == Flaw::WrongDirection {
            Better::Higher
        } else {
            Better::Lower
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.inner.fault()
    }

    fn state(&mut self, state: &mut State) {
        if self.flaw != Flaw::ForgetsToSave {
            self.inner.state(state);
        }
    }
}

fn outcome(flaw: Flaw, property: &str) -> Outcome {
    let (_, check) = PROPERTIES
        .iter()
        .find(|(name, _)| *name == property)
        .ok_or("no such property")?;
    check(
        &|| {
            Box::new(Planted {
                inner: mae(),
                flaw,
                rows: 0,
                last: None,
            })
        },
        Shape::Values,
    )
}

/// The sound one passes everything.
pub(crate) fn sound_passes() -> Outcome {
    PROPERTIES
        .iter()
        .try_for_each(|(property, _)| outcome(Flaw::None, property))
}

/// Each flaw is noticed by its property, and each property has a flaw to notice.
pub(crate) fn flaws_are_noticed() -> Outcome {
    for (property, _) in PROPERTIES {
        let Some((flaw, _)) = FLAWS.iter().find(|(_, noticing)| noticing == property) else {
            return Err(format!("nothing is planted for {property}"));
        };
        if outcome(*flaw, property).is_ok() {
            return Err(format!("{property} did not notice"));
        }
    }
    Ok(())
}
