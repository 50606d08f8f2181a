//! `TrainState`: all that a step changes. Its one listing *is* the checkpoint.

use burn::module::Module;
use burn::optim::GradientsParams;
use polytask_balance::Weighting;
use polytask_config::{State, StateProblems, Values};
use polytask_model::{MultiTaskModel, names};
use polytask_random::Seed;

use crate::aggregation::Aggregation;
use crate::annealing::CodeStrength;
use crate::bottleneck::RatePrice;
use crate::ema;
use crate::optimizer::Optimizer;
use crate::plan::Plan;
use crate::score::Best;
use crate::step::Stepped;

/// All that a step changes.
pub struct TrainState {
    /// On the device with autodiff.
    pub model: MultiTaskModel,
    /// The moving average of the weights, without autodiff.
    pub average: Option<MultiTaskModel>,
    /// With what it remembers per parameter.
    pub optimizer: Optimizer,
    /// With what it has learned or seen.
    pub weighting: Box<dyn Weighting>,
    /// What makes one gradient of the tasks', and the engine that tells them apart; `None` for their sum.
    pub aggregation: Option<Aggregation>,
    /// Of a bottleneck's rate.
    pub rate_price: Option<RatePrice>,
    /// Of penalties on the weights of codes, if they do not act wholly from the first step on.
    pub code_strength: Option<CodeStrength>,
    /// Where the run is.
    pub progress: Progress,
    /// The best score so far.
    pub best: Best,
}

/// Where the run is, and the sums of the epoch that is under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Optimizer steps done; skipped ones count.
    pub step: u64,
    /// The epoch under way, from 0.
    pub epoch: u64,
    /// Steps done in it.
    pub step_in_epoch: u64,
    /// Steps skipped in a row just now.
    pub skips: u64,
    /// Steps skipped in all.
    pub skipped: u64,
    /// The weight of each task in the last step that it was in.
    pub weights: Vec<f64>,
    /// Sums over the steps of this epoch.
    pub sums: EpochSums,
}

/// Sums over the steps of an epoch, per task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpochSums {
    /// Of the loss, over the steps with a label.
    pub losses: Vec<f64>,
    /// Of weight times loss.
    pub weighted: Vec<f64>,
    /// Of the weight.
    pub weights: Vec<f64>,
    /// Steps with a label.
    pub present: Vec<u64>,
    /// Of the share of pairs of tasks whose gradients conflict, over the steps that told them apart.
    pub conflicts: f64,
    /// Steps that told gradients apart.
    pub diagnosed: u64,
    /// Of the sharing's penalty.
    pub penalty: f64,
    /// Steps that were not skipped.
    pub steps: u64,
    /// Steps that were.
    pub skipped: u64,
}

impl EpochSums {
    /// Empty sums for so many tasks.
    #[must_use]
    pub fn new(tasks: usize) -> Self {
        Self {
            losses: vec![0.0; tasks],
            weighted: vec![0.0; tasks],
            weights: vec![0.0; tasks],
            present: vec![0; tasks],
            conflicts: 0.0,
            diagnosed: 0,
            penalty: 0.0,
            steps: 0,
            skipped: 0,
        }
    }

    fn observe(&mut self, report: &Stepped) {
        for (task, loss) in report.losses.iter().enumerate() {
            let (Some(loss), Some(weight)) = (loss, report.weights.get(task)) else {
                continue;
            };
            for (sum, value) in [
                (&mut self.losses, *loss),
                (&mut self.weighted, weight * loss),
                (&mut self.weights, *weight),
            ] {
                if let Some(sum) = sum.get_mut(task) {
                    *sum += value;
                }
            }
            if let Some(present) = self.present.get_mut(task) {
                *present += 1;
            }
        }
        // One task alone has nobody to conflict with.
        if let Some(seen) = &report.diagnosis
            && seen.present.len() > 1
        {
            self.conflicts += seen.conflicts;
            self.diagnosed += 1;
        }
        self.penalty += report.penalty;
        self.steps += 1;
    }
}

impl Progress {
    /// Before the first step.
    #[must_use]
    pub fn new(tasks: usize) -> Self {
        Self {
            weights: vec![1.0; tasks],
            sums: EpochSums::new(tasks),
            ..Self::default()
        }
    }

    /// Takes in a step in which these tasks were present.
    pub(crate) fn observe(&mut self, report: &Stepped, present: &[usize]) {
        self.sums.observe(report);
        for &task in present {
            if let (Some(slot), Some(&weight)) =
                (self.weights.get_mut(task), report.weights.get(task))
            {
                *slot = weight;
            }
        }
    }

    /// After a step that was taken.
    pub(crate) fn advance(&mut self) {
        self.skips = 0;
        self.step += 1;
        self.step_in_epoch += 1;
    }

    /// After a step that was left out.
    pub(crate) fn skip(&mut self) {
        self.sums.skipped += 1;
        self.skips += 1;
        self.skipped += 1;
        self.step += 1;
        self.step_in_epoch += 1;
    }

    fn state(&mut self, state: &mut State) {
        state.count("step", &mut self.step);
        state.count("epoch", &mut self.epoch);
        state.count("step_in_epoch", &mut self.step_in_epoch);
        state.count("skips", &mut self.skips);
        state.count("skipped", &mut self.skipped);
        state.numbers("weights", &mut self.weights);
        let sums = &mut self.sums;
        state.numbers("sums/losses", &mut sums.losses);
        state.numbers("sums/weighted", &mut sums.weighted);
        state.numbers("sums/weights", &mut sums.weights);
        state.counts("sums/present", &mut sums.present);
        state.number("sums/conflicts", &mut sums.conflicts);
        state.count("sums/diagnosed", &mut sums.diagnosed);
        state.number("sums/penalty", &mut sums.penalty);
        state.count("sums/steps", &mut sums.steps);
        state.count("sums/skipped", &mut sums.skipped);
    }
}

/// Why a listing does not fit this run.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Missing, unknown or misshapen entries.
    #[error("{0}")]
    State(#[from] StateProblems),
    /// Weights that are not this model's.
    #[error("{0}")]
    Weights(#[from] polytask_model::ImportErrors),
    /// An optimizer's state that is not this optimizer's.
    #[error("{0}")]
    Optimizer(String),
}

/// The sections whose tensors are the model itself.
pub const MODEL: &str = "model";
/// The section of a bottleneck's price.
pub const BOTTLENECK: &str = "bottleneck";
/// The section of what is annealed.
pub const ANNEALING: &str = "annealing";
/// The section of the averaged weights.
pub const AVERAGE: &str = "average";

impl TrainState {
    /// Everything, by name.
    ///
    /// # Errors
    /// Names that collide, which is a bug.
    pub fn save(&mut self) -> Result<Values, RestoreError> {
        let mut state = State::save();
        self.list(&mut state)?;
        Ok(state.finish()?)
    }

    /// Takes everything from `values`; nothing may be missing or left over.
    ///
    /// # Errors
    /// Whatever does not fit, all of it; `self` is then to be thrown away.
    pub fn restore(&mut self, values: Values) -> Result<(), RestoreError> {
        let mut state = State::load(values);
        self.list(&mut state)?;
        state.finish()?;
        Ok(())
    }

    fn list(&mut self, state: &mut State) -> Result<(), RestoreError> {
        state.section(MODEL, |state| list_weights(&mut self.model, state))?;
        if let Some(average) = &mut self.average {
            state.section(AVERAGE, |state| list_weights(average, state))?;
        }
        state
            .section("optimizer", |state| self.optimizer.state(state))
            .map_err(RestoreError::Optimizer)?;
        self.list_balancing(state);
        if let Some(price) = &mut self.rate_price {
            state.section(BOTTLENECK, |state| price.state(state));
        }
        if let Some(strength) = &mut self.code_strength {
            state.section(ANNEALING, |state| strength.state(state));
        }
        state.section("progress", |state| self.progress.state(state));
        state.section("best", |state| self.best.state(state));
        Ok(())
    }

    /// What weighting and aggregator have learned.
    pub(crate) fn list_balancing(&mut self, state: &mut State) {
        state.section("weighting", |state| self.weighting.state(state));
        if let Some(aggregation) = &mut self.aggregation {
            state.section("aggregator", |state| aggregation.state(state));
        }
    }

    /// Before a step's passes: what changes with the step alone.
    pub(crate) fn begin(&mut self, steps_per_epoch: u64) {
        let step = self.progress.step;
        if let Some(price) = &mut self.rate_price {
            price.begin(step, steps_per_epoch);
            self.model = self.model.clone().with_rate_price(price.now());
        }
        if let Some(strength) = &mut self.code_strength {
            strength.begin(step, steps_per_epoch);
            self.model = self.model.clone().with_code_strength(strength.now());
        }
    }

    /// Moves the weights along finite gradients, and their average after them.
    pub(crate) fn apply(&mut self, plan: &Plan, gradients: GradientsParams, factor: f64) {
        let moved = self.optimizer.step(self.model.clone(), gradients, factor);
        self.model = moved.project(plan.train.optimizer.value.rate() * factor);
        if let (Some(average), Some(decay)) = (self.average.take(), plan.train.ema) {
            let step = self.progress.step;
            self.average = Some(ema::advance(average, &self.model, decay, step));
        }
    }

    /// Shows a bottleneck's price what was let through.
    pub(crate) fn learn_rate(&mut self, rate: Option<f64>) {
        if let (Some(price), Some(rate)) = (&mut self.rate_price, rate) {
            price.observe(rate);
        }
    }

    /// After an epoch's last step: turns shared codes to where their penalty is lowest, if that is worth it. Predictions
    /// stay; the optimizer forgets what it knew of the old codes.
    pub(crate) fn turn(&mut self, seed: Seed) {
        let seed = Seed(seed.derive("turn", self.progress.epoch));
        let Some(turn) = self.model.sparser(seed) else {
            return;
        };
        self.model = self.model.clone().turned(&turn);
        self.average = self.average.take().map(|average| average.turned(&turn));
        let turned = names::parameters(&self.model)
            .into_iter()
            .filter(|parameter| parameter.turns)
            .map(|parameter| parameter.name);
        self.optimizer.forget(&turned.collect::<Vec<_>>());
    }

    /// What is evaluated: the averaged weights if there are any. Without autodiff.
    #[must_use]
    pub fn evaluated(&self) -> MultiTaskModel {
        let model = self.average.clone().unwrap_or_else(|| self.model.valid());
        let model = match &self.rate_price {
            Some(price) => model.with_rate_price(price.now()),
            None => model,
        };
        match &self.code_strength {
            Some(strength) => model.with_code_strength(strength.now()),
            None => model,
        }
    }
}

/// Lists the tensors of one model; when loading, puts them back.
///
/// # Errors
/// Weights that do not fit.
pub fn list_weights(model: &mut MultiTaskModel, state: &mut State) -> Result<(), RestoreError> {
    let mut tensors = names::export(model);
    for (name, shape, values) in &mut tensors {
        state.floats(name, shape, values);
    }
    if state.is_loading() {
        *model = names::import(model.clone(), tensors)?;
    }
    Ok(())
}
