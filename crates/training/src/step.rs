//! One optimizer step, on one screen.
//!
//! The rest stands in `step/`: the passes, the one read from the device, what is done about numbers that are not finite.

mod before;
mod not_finite;
mod passes;
mod read;
mod report;

use polytask_data::Batch;

pub use not_finite::NotFinite;
pub use report::Stepped;

use crate::engine::present::Present;
use crate::gradients;
use crate::plan::Plan;
use crate::state::TrainState;
use before::Before;
use read::Read;

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
    state.begin(plan.steps_per_epoch);
    let before = Before::of(state);

    let passed = passes::of(plan, state, looked_at, batches, &present);
    let now = state.progress.step;
    let mut report = Stepped::nothing(plan, now, passed.note, passed.diagnosis);
    if let Some(passes) = passed.outcome {
        let read = Read::of(plan, state, &passes);
        if passed.is_broken || !read.is_finite() {
            let gradients = &passes.gradients;
            let problem = NotFinite::found(plan, state, batches, &present, &read.losses, gradients);
            before.restore(state);
            return not_finite::skip_or_stop(plan, state, report, problem);
        }
        report.tell(&present, &passed.alpha, &read);
        let clipped = match plan.train.gradient_clip_norm {
            Some(largest) if read.norm > largest => {
                gradients::scale(&state.model, passes.gradients, largest / read.norm)
            }
            _ => passes.gradients,
        };
        state.apply(plan, clipped, report.factor);
        state.learn_rate(read.rate);
        if let Some(losses) = passed.seen {
            passes::show(
                plan,
                state,
                (batches, &present, &report),
                losses,
                passed.needs,
            );
        }
        state.progress.observe(&report, &present.tasks);
    }
    state.progress.advance();
    Ok(report)
}
