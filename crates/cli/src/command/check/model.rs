//! What `check` says of the model: its parts, and one step on the real backend.

use std::time::Instant;

use polytask_balance::WEIGHTINGS;
use polytask_config::{Document, Problems};
use polytask_data::Batch;
use polytask_model::{Summary, summary};
use polytask_training::aggregation::{Aggregation, Balancing};
use polytask_training::plan::{Plan, PlanError};
use polytask_training::state::TrainState;
use polytask_training::step::step;
use serde_json::{Value, json};

use crate::command::inspect;
use crate::configuration::unplanned;
use crate::exit::{Exit, Failure};
use crate::number::{count, figure};
use crate::terminal::Terminal;

/// A model that was built and took one step.
pub(super) struct Tried {
    summary: Summary,
    backend: &'static str,
    notes: Vec<String>,
    /// Keys that change nothing in it.
    pub(super) warnings: Problems,
    /// Loss of the first batch per task.
    losses: Vec<(String, Option<f64>)>,
    steps: u64,
    /// Which gradients the aggregator sees.
    aggregation: Option<String>,
    /// What the weighting does beside weighing, if it does.
    weighting: Option<&'static str>,
    /// What a step costs in steps of the plain sum, if there is a reason why it should be another.
    cost: Option<f64>,
}

/// Builds the model and takes one step.
///
/// # Errors
/// Shapes that do not fit; a first step that is not finite.
pub(super) fn try_out(
    plan: &Plan,
    balancing: Balancing,
    document: &Document,
    terminal: &Terminal,
) -> Result<Tried, Failure> {
    let mut state = plan
        .start(balancing)
        .map_err(|problems| unplanned(document, PlanError::from(problems), terminal))?;
    let summary = summary(&state.model);
    let warnings = plan.unused(&state.model);
    let mut notes = state.model.notes().to_vec();
    notes.extend(plan.place.note.clone());
    let rows: Vec<Vec<u32>> = plan
        .sampler
        .batches(0)
        .take(plan.train.accumulate)
        .collect();
    let batches: Vec<_> = rows.iter().map(|rows| plan.encoded.batch(rows)).collect();
    let stepped = step(plan, &mut state, &batches)
        .map_err(|error| Failure::new(Exit::Diverged, error.to_string()))?;
    let names = plan.tasks.iter().map(|task| task.name.clone());
    let aggregation = state.aggregation.as_ref().map(Aggregation::describe);
    let weighting = state.weighting.needs().extra();
    let is_plain = aggregation.is_none() && weighting.is_none();
    let cost = if is_plain {
        None
    } else {
        cost(plan, &mut state, &batches)
    };
    Ok(Tried {
        summary,
        backend: plan.place.backend,
        notes,
        warnings,
        losses: names.zip(stepped.losses).collect(),
        steps: plan.steps(),
        aggregation,
        weighting,
        cost,
    })
}

/// How many plain steps a step with this weighting and aggregator takes: the fastest of a few of each, in turns.
fn cost(plan: &Plan, state: &mut TrainState, batches: &[Batch]) -> Option<f64> {
    let weighting = WEIGHTINGS.iter().find(|entry| entry.name == "equal")?;
    let mut equal = None;
    polytask_config::describe(|fields| equal = Some((weighting.new)(fields)));
    let plain = Balancing {
        weighting: equal?,
        aggregator: None,
    };
    let mut plain = plan.start(plain).ok()?;
    let mut fastest = [f64::INFINITY; 2];
    for _ in 0..TURNS {
        for (state, fastest) in [&mut *state, &mut plain].into_iter().zip(&mut fastest) {
            let begun = Instant::now();
            step(plan, state, batches).ok()?;
            *fastest = fastest.min(begun.elapsed().as_secs_f64());
        }
    }
    let [own, plain] = fastest;
    (plain > 0.0).then(|| own / plain)
}

/// Steps of each kind that are timed.
const TURNS: usize = 3;

impl Tried {
    pub(super) fn text(&self, color: bool) -> String {
        let losses: Vec<String> = self
            .losses
            .iter()
            .map(|(task, loss)| {
                format!(
                    "{task} {}",
                    loss.map_or_else(|| "no label".to_owned(), figure)
                )
            })
            .collect();
        let mut text = format!(
            "{} parameters; one step on {}: loss {}; {} steps in all\n\n",
            count(self.summary.parameters as u64),
            self.backend,
            losses.join(", "),
            count(self.steps)
        );
        text.push_str(&inspect::parts(&self.summary, color));
        if let Some(seen) = &self.aggregation {
            text.push_str(&format!("aggregator: {seen}\n"));
        }
        if let Some(extra) = self.weighting {
            text.push_str(&format!("weighting: {extra}\n"));
        }
        if let Some(cost) = self.cost {
            text.push_str(&format!(
                "a step takes {cost:.1} times one with equal weights here\n"
            ));
        }
        for note in &self.notes {
            text.push_str(&format!("note: {note}\n"));
        }
        text
    }

    pub(super) fn document(&self) -> Value {
        let losses: serde_json::Map<String, Value> = self
            .losses
            .iter()
            .map(|(task, loss)| (task.clone(), json!(loss)))
            .collect();
        json!({
            "summary": inspect::summary_document(&self.summary), "backend": self.backend, "notes": self.notes,
            "first_losses": losses, "steps": self.steps,
            "aggregation": self.aggregation.as_ref().map(|seen| json!({ "engine": seen, "cost": self.cost })),
            "weighting": self.weighting, "cost": self.cost,
        })
    }
}
