//! One optimizer step, on one screen.

use burn::tensor::Tensor;
use polytask_balance::{Diagnosis, Losses, Moment, Needs, Observation};
use polytask_config::{State, Values};
use polytask_data::Batch;
use polytask_model::{MultiTaskModel, names};

use crate::engine::Work;
use crate::engine::judge::Judge;
use crate::engine::look_ahead;
use crate::engine::plain::{self, Backward};
use crate::engine::present::Present;
use crate::experiment::OnNan;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::{ema, gradients, tensors};

/// Something that is not finite, with everything needed to find out why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("step {step}: {}", self.reason())]
pub struct NotFinite {
    /// The step, from 1.
    pub step: u64,
    /// `the loss`, `the gradient` or `the gradient's norm`.
    pub what: &'static str,
    /// The tasks whose loss is not finite; if there are none, the one with the largest loss.
    pub tasks: Vec<String>,
    /// The parameters whose gradient is not finite; if there are none, the one with the largest gradient.
    pub parameters: Vec<String>,
    /// Rows of the data, from 0, whose loss is not finite; all of the step if the losses do not tell. At most 32.
    pub samples: Vec<u32>,
    /// How many steps in a row were skipped before.
    pub skips: u64,
}

impl NotFinite {
    /// All of it but the step.
    #[must_use]
    pub fn reason(&self) -> String {
        let mut text = format!("{} is not finite", self.what);
        if !self.tasks.is_empty() {
            text.push_str(&format!(", task {}", self.tasks.join(", ")));
        }
        if let Some(first) = self.parameters.first() {
            text.push_str(&format!(
                ", tensor {first}{}",
                and_more(self.parameters.len(), 1)
            ));
        }
        if !self.samples.is_empty() {
            // Some are enough to look at.
            const SHOWN: usize = 8;
            let shown = self.samples.iter().take(SHOWN);
            let shown: Vec<String> = shown.map(|row| (u64::from(*row) + 1).to_string()).collect();
            let more = and_more(self.samples.len(), SHOWN);
            text.push_str(&format!(", data rows {}{more}", shown.join(", ")));
        }
        if self.skips > 0 {
            text.push_str(&format!("; {} steps before it were skipped", self.skips));
        }
        text
    }
}

fn and_more(all: usize, shown: usize) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

/// What a step did.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// Σ w·l + penalty; NaN for a step that was skipped.
    pub loss: f64,
    /// The penalty of the step.
    pub penalty: f64,
    /// Mean loss per task; `None` without a label in the step.
    pub losses: Vec<Option<f64>>,
    /// Weight per task; 0 for an absent one.
    pub weights: Vec<f64>,
    /// The schedule's factor.
    pub factor: f64,
    /// Why nothing was changed, if nothing was.
    pub skipped: Option<NotFinite>,
    /// What weighting and aggregator have to say.
    pub note: Option<String>,
    /// How the tasks' gradients lie to each other, if they were told apart.
    pub diagnosis: Option<Diagnosis>,
}

/// Moves `state` by one optimizer step over `batches`.
///
/// # Errors
/// A loss or gradient that is not finite under `on_nan = "stop"`, or too many in a row under `"skip_step"`; the state
/// is then as it was before the step.
pub fn step(plan: &Plan, state: &mut TrainState, batches: &[Batch]) -> Result<Stepped, NotFinite> {
    let (looked_at, batches) = match &state.aggregation {
        Some(aggregation) => aggregation.split(batches),
        None => (&[] as &[Batch], batches),
    };
    let present = Present::of(batches, plan.tasks.len());
    if let Some(price) = &mut state.rate_price {
        price.begin(state.progress.step, plan.steps_per_epoch);
        state.model = state.model.clone().with_rate_price(price.now());
    }
    if let Some(strength) = &mut state.code_strength {
        strength.begin(state.progress.step, plan.steps_per_epoch);
        state.model = state.model.clone().with_code_strength(strength.now());
    }
    let before = Before::of(state);

    let Passed {
        outcome,
        seen,
        needs,
        alpha,
        note,
        diagnosis,
        is_broken,
    } = pass(plan, state, looked_at, batches, &present);

    let mut report = Stepped {
        loss: 0.0,
        penalty: 0.0,
        losses: vec![None; plan.tasks.len()],
        weights: vec![0.0; plan.tasks.len()],
        factor: plan.rate_factor(state.progress.step),
        skipped: None,
        note,
        diagnosis,
    };
    if let Some(passes) = outcome {
        let mut reads = passes.losses;
        let tasks = reads.len();
        let (has_penalty, has_rate) = (passes.penalty.is_some(), passes.rate.is_some());
        reads.extend(passes.penalty);
        reads.extend(passes.rate);
        reads.extend(gradients::squared_norm(&state.model, &passes.gradients));
        // The one read of a step from the device: losses, penalty, rate and gradient norm.
        let values = tensors::read_scalars(reads);
        let (losses, rest) = values.split_at(tasks.min(values.len()));
        let penalty = rest.first().copied().filter(|_| has_penalty).unwrap_or(0.0)
            + state.model.proximal().unwrap_or(0.0);
        let rest = rest.get(usize::from(has_penalty)..).unwrap_or(&[]);
        let rate = rest.first().copied().filter(|_| has_rate);
        let mut squared_norm = rest.get(usize::from(has_rate)).copied().unwrap_or(0.0);
        if squared_norm == f64::INFINITY && plan.train.gradient_clip_norm.is_some() {
            // Its square does not fit in f32; clipped, the gradient may.
            squared_norm = gradients::squared_norm_in_f64(&state.model, &passes.gradients);
        }

        let mut numbers = losses.iter().chain([&penalty, &squared_norm]);
        if is_broken || numbers.any(|value| !value.is_finite()) {
            let problem = diagnose(plan, state, batches, &present, losses, &passes.gradients);
            before.restore(state);
            return skip_or_stop(plan, state, report, problem);
        }

        for ((&task, &loss), &weight) in present.tasks.iter().zip(losses).zip(&alpha) {
            if let Some(slot) = report.losses.get_mut(task) {
                *slot = Some(loss);
            }
            if let Some(slot) = report.weights.get_mut(task) {
                *slot = weight;
            }
            report.loss += weight * loss;
        }
        report.loss += penalty;
        report.penalty = penalty;
        if let (Some(price), Some(rate)) = (&mut state.rate_price, rate) {
            price.observe(rate);
        }

        let clipped = match plan.train.gradient_clip_norm {
            Some(largest) if squared_norm.sqrt() > largest => gradients::scale(
                &state.model,
                passes.gradients,
                largest / squared_norm.sqrt(),
            ),
            _ => passes.gradients,
        };
        let moved = state
            .optimizer
            .step(state.model.clone(), clipped, report.factor);
        let rate = plan.train.optimizer.value.rate() * report.factor;
        state.model = moved.project(rate);
        if let (Some(average), Some(decay)) = (state.average.take(), plan.train.ema) {
            state.average = Some(ema::advance(
                average,
                &state.model,
                decay,
                state.progress.step,
            ));
        }
        if let Some(losses) = seen {
            let step = (batches, &present, &report);
            show(plan, state, step, losses, needs);
        }
        state.progress.sums.observe(&report, penalty);
        for &task in &present.tasks {
            if let (Some(slot), Some(&weight)) = (
                state.progress.weights.get_mut(task),
                report.weights.get(task),
            ) {
                *slot = weight;
            }
        }
    }
    state.progress.skips = 0;
    state.progress.step += 1;
    state.progress.step_in_epoch += 1;
    Ok(report)
}

/// What the passes of a step gave, and what was decided on the way.
struct Passed {
    outcome: Option<Backward>,
    seen: Option<Losses>,
    /// What the weighting was to be given in this step.
    needs: Needs,
    alpha: Vec<f64>,
    note: Option<String>,
    diagnosis: Option<Diagnosis>,
    /// The gradients' inner products are not finite.
    is_broken: bool,
}

/// Forward and backward, with the weights that weighting and aggregator give.
fn pass(
    plan: &Plan,
    state: &mut TrainState,
    looked_at: &[Batch],
    batches: &[Batch],
    present: &Present,
) -> Passed {
    let now = state.progress.step;
    let moment = Moment {
        seed: plan.seed,
        step: now,
    };
    state.weighting.begin(moment);
    let needs = state.weighting.needs_of(&present.tasks);
    if needs == Needs::LookAhead {
        look_ahead(plan, state, batches, present);
    }
    let model = &state.model;
    let mut judge = Judge::new(plan, state.weighting.as_mut(), present, moment);
    let outcome = match &mut state.aggregation {
        Some(aggregation) => {
            let work = Work {
                plan,
                model,
                step: now,
                batches,
                present,
                first_draw: 0,
                clip: None,
            };
            aggregation.backward(&work, looked_at, &mut judge)
        }
        None => plain::backward(plan, model, now, batches, present, &mut |own| {
            let losses = match (needs, own) {
                (Needs::Nothing | Needs::LookAhead, _) => nothing_read(present),
                (_, Some(own)) => judge.losses(tensors::read_scalars(
                    own.iter().cloned().map(Tensor::detach).collect(),
                )),
                (_, None) => plain::losses(plan, model, now, batches, present),
            };
            judge.weigh(losses)
        }),
    };
    Passed {
        outcome,
        needs,
        diagnosis: judge.diagnosis(),
        seen: judge.seen,
        alpha: judge.alpha,
        note: judge.note,
        is_broken: judge.is_broken,
    }
}

/// Shows the weighting what its weights would lead to.
fn look_ahead(plan: &Plan, state: &mut TrainState, batches: &[Batch], present: &Present) {
    if present.tasks.is_empty() {
        return;
    }
    let step = state.progress.step;
    let weights = plan.weigh_ahead(state.weighting.as_mut(), &nothing_read(present));
    let rate = plan.train.optimizer.value.rate() * plan.rate_factor(step);
    let work = Work {
        plan,
        model: &state.model,
        step,
        batches,
        present,
        first_draw: 0,
        clip: None,
    };
    let slopes = look_ahead::slopes(&work, state.weighting.primary(), &weights.alpha, rate);
    if let Some(mut slopes) = slopes {
        // λ_t multiplies the task's own weight.
        for (slope, &task) in slopes.values.iter_mut().zip(&present.tasks) {
            *slope *= plan.tasks.get(task).map_or(1.0, |task| task.weight);
        }
        state.weighting.look_ahead(&slopes);
    }
}

/// Shows the weighting what the step was, and what it led to if it asks for that.
fn show(
    plan: &Plan,
    state: &mut TrainState,
    (batches, present, report): (&[Batch], &Present, &Stepped),
    losses: Losses,
    needs: Needs,
) {
    let before = Losses {
        values: report.present_losses(&losses),
        ..losses
    };
    state.weighting.observe(&Observation { losses: &before });
    if needs == Needs::LossesAgain {
        // The same step draws the same masks; running statistics stay.
        let step = state.progress.step;
        let after = plain::losses(plan, &state.model, step, batches, present);
        if after.values.iter().all(|loss| loss.is_finite()) {
            state.weighting.after(&before, &after);
        }
    }
}

/// What a step changes before it is known to be finite: running statistics move in the forward pass, and weighting and
/// aggregator learn before the backward pass.
struct Before {
    model: MultiTaskModel,
    balancing: Option<Values>,
}

impl Before {
    fn of(state: &mut TrainState) -> Self {
        let mut listing = State::save();
        state.list_balancing(&mut listing);
        Self {
            model: state.model.clone(),
            balancing: listing.finish().ok(),
        }
    }

    fn restore(self, state: &mut TrainState) {
        state.model = self.model;
        if let Some(values) = self.balancing {
            state.list_balancing(&mut State::load(values));
        }
    }
}

impl Stepped {
    fn present_losses(&self, losses: &Losses) -> Vec<f64> {
        losses
            .present
            .iter()
            .map(|&task| self.losses.get(task).copied().flatten().unwrap_or(0.0))
            .collect()
    }
}

/// A weighting that needs no losses costs no read from the device.
fn nothing_read(present: &Present) -> Losses {
    Losses {
        present: present.tasks.clone(),
        values: vec![0.0; present.tasks.len()],
        rows: present.rows.clone(),
    }
}

fn diagnose(
    plan: &Plan,
    state: &TrainState,
    batches: &[Batch],
    present: &Present,
    losses: &[f64],
    gradients: &burn::optim::GradientsParams,
) -> NotFinite {
    let broken: Vec<usize> = present
        .tasks
        .iter()
        .zip(losses)
        .filter(|(_, loss)| !loss.is_finite())
        .map(|(&task, _)| task)
        .collect();
    let name = |&task: &usize| plan.tasks.get(task).map(|task| task.name.clone());
    let each = present.tasks.iter().zip(losses);
    let worst = each.max_by(|left, right| left.1.total_cmp(right.1));
    let named = match (broken.as_slice(), worst) {
        ([], Some((worst, _))) => std::slice::from_ref(worst),
        (broken, _) => broken,
    };
    let tasks: Vec<String> = named.iter().filter_map(name).collect();
    let (parameters, is_gradient_broken) =
        gradients::broken(&state.model, gradients, &names::parameters(&state.model));
    let mut samples =
        plain::not_finite_rows(plan, &state.model, state.progress.step, batches, &broken);
    if samples.is_empty() {
        samples.extend(batches.iter().flat_map(|batch| &batch.rows));
    }
    samples.truncate(32);
    NotFinite {
        step: state.progress.step + 1,
        what: match (broken.is_empty(), is_gradient_broken) {
            (false, _) => "the loss",
            (true, true) => "the gradient",
            (true, false) => "the gradient's norm",
        },
        parameters,
        tasks,
        samples,
        skips: 0,
    }
}

fn skip_or_stop(
    plan: &Plan,
    state: &mut TrainState,
    mut report: Stepped,
    problem: NotFinite,
) -> Result<Stepped, NotFinite> {
    if plan.train.on_nan == OnNan::Stop || state.progress.skips >= plan.train.max_skips as u64 {
        let skips = state.progress.skips;
        return Err(NotFinite { skips, ..problem });
    }
    report.skipped = Some(problem);
    report.loss = f64::NAN;
    state.progress.sums.skipped += 1;
    state.progress.skips += 1;
    state.progress.skipped += 1;
    state.progress.step += 1;
    state.progress.step_in_epoch += 1;
    Ok(report)
}
