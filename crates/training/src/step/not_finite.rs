//! Numbers that are not finite: which, of what, and whether the run goes on.

use polytask_data::Batch;
use polytask_model::names;

use super::Stepped;
use crate::engine::plain;
use crate::engine::present::Present;
use crate::experiment::OnNan;
use crate::gradients;
use crate::plan::Plan;
use crate::state::TrainState;

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
    /// What is not finite about a step with these losses and gradients. `skips` is for the policy to say.
    pub(super) fn found(
        plan: &Plan,
        state: &TrainState,
        batches: &[Batch],
        present: &Present,
        losses: &[f64],
        gradients: &burn::optim::GradientsParams,
    ) -> Self {
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
        Self {
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

/// Leaves the step out, or gives the problem back: as `on_nan` and `max_skips` have it.
pub(super) fn skip_or_stop(
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
    state.progress.skip();
    Ok(report)
}
