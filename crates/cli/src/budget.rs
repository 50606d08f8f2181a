//! A bottleneck's rate beside its budget: the best checkpoint may be from before the price had done its work.

use std::path::Path;

use polytask_store::{Log, RunDir};
use polytask_training::evaluate::Evaluation;
use polytask_training::experiment::Experiment;

use crate::number::figure;

/// Nats a row that a model's rate is to be held below, and where its run tells the rates of its epochs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget<'a> {
    nats: f64,
    run: Option<&'a Path>,
    step: u64,
}

impl<'a> Budget<'a> {
    /// Of what [`rate_budget`] gives; `step` is the evaluated checkpoint's, `run` its folder.
    pub(crate) fn new(nats: f64, run: Option<&'a Path>, step: u64) -> Self {
        Self { nats, run, step }
    }

    /// What is to be said of a rate that is surely above, by two standard errors; the price moves by training steps, so that it
    /// comes to lie a little to either side.
    pub(crate) fn note(&self, evaluation: &Evaluation) -> Option<String> {
        let measure = evaluation.rate.as_ref()?;
        let nats = |bits: f64| bits * std::f64::consts::LN_2;
        let (rate, se) = (nats(measure.value?), nats(measure.se.unwrap_or(0.0)));
        if rate - 2.0 * se <= self.nats {
            return None;
        }
        let mut note = format!(
            "the rate, {} nats a row, is above its budget of {} by {}",
            figure(rate),
            figure(self.nats),
            figure(rate - self.nats)
        );
        if let Some(last) = self.run.and_then(|run| self.nearer(run)) {
            note.push_str(&format!(
                "; `--checkpoint last` is nearer: {} on the validation rows",
                figure(last)
            ));
        }
        Some(note)
    }

    /// The rate of the last epoch, if it is after this checkpoint's and nearer to the budget. A note is not worth an error.
    fn nearer(&self, run: &Path) -> Option<f64> {
        let entries = RunDir::open(run).ok()?.log(Log::Metrics).ok()?;
        let rates: Vec<(u64, f64)> = entries
            .iter()
            .filter(|entry| entry["split"] == "val" && entry["metric"] == "rate")
            .filter_map(|entry| Some((entry["step"].as_u64()?, entry["value"].as_f64()?)))
            .collect();
        let (_, own) = rates.iter().find(|(step, _)| *step == self.step)?;
        let (step, last) = rates.last()?;
        let miss = |rate: &f64| (rate - self.nats).abs();
        (*step > self.step && miss(last) < miss(own)).then_some(*last)
    }
}

/// Nats a row that a config's bottleneck is held to.
pub(crate) fn rate_budget(experiment: &Experiment) -> Option<f64> {
    let bottleneck = experiment.model.encoder.bottleneck.as_ref()?;
    bottleneck.rate_budget
}
