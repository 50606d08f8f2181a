//! How a run makes one gradient of the tasks' gradients: the aggregator, and the engine that serves it.

mod cross;
mod rows;

use polytask_balance::{AGGREGATORS, Aggregator, AggregatorOptions, Level, Sight, Weighting};
use polytask_config::{Fields, State};
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use crate::engine::judge::Judge;
use crate::engine::plain::Backward;
use crate::engine::{Engine, Shared, Work};
use crate::plan::Plan;

/// Reads the key `aggregator`; `None` for the plain sum, which needs no gradients told apart.
pub(crate) fn options(fields: &mut Fields<'_>) -> Option<AggregatorOptions> {
    let help = "how the tasks' gradients become one";
    let chosen = fields.entry("aggregator", help, AGGREGATORS).or("sum");
    let options = chosen.value;
    if chosen.name == "sum" && options.is_bare {
        return None;
    }
    if !matches!(options.method, Aggregator::Gram(_)) && options.view.level != Level::Parameter {
        fields.problem(
            "aggregator",
            "P0310",
            format!(
                "\"{}\" needs the gradients of all shared parameters",
                chosen.name
            ),
            Some("leave `level` out".to_owned()),
        );
    }
    if options.view.micro_batch < 1.0 {
        let problem = match &options.method {
            Aggregator::Gram(method) if method.sight() == Sight::Layers => {
                Some("weighs each layer by itself")
            }
            Aggregator::Gram(_) => None,
            _ => Some("needs more than inner products"),
        };
        if let Some(why) = problem {
            fields.problem(
                "aggregator",
                "P0310",
                format!(
                    "\"{}\" {why}, so that it cannot do with a micro-batch",
                    chosen.name
                ),
                Some("leave `micro_batch` out".to_owned()),
            );
        }
    }
    Some(options)
}

/// How many batches a step has if nothing else is asked for.
pub(crate) fn batches(aggregator: Option<&AggregatorOptions>) -> usize {
    match aggregator.map(|options| &options.method) {
        Some(Aggregator::Cross(_)) => cross::BATCHES,
        _ => 1,
    }
}

/// How a run weights losses and gradients, before it begins.
pub struct Balancing {
    /// From losses to weights.
    pub weighting: Box<dyn Weighting>,
    /// From gradients to one; `None` for their sum.
    pub aggregator: Option<AggregatorOptions>,
}

/// An aggregator at work.
pub struct Aggregation {
    /// With its wrappers, and with what it has learned.
    method: Aggregator,
    /// What tells the gradients apart.
    engine: Engine,
    /// The largest norm of the shared gradient.
    clip: Option<f64>,
    /// Batches of a step.
    batches: usize,
}

impl Aggregation {
    pub(crate) fn new(options: AggregatorOptions, plan: &Plan, model: &MultiTaskModel) -> Self {
        let shared = Shared::of(model, &plan.input_shape, &plan.device);
        Self {
            method: options.method,
            clip: options.clip,
            batches: plan.train.accumulate,
            engine: Engine::new(options.view, shared),
        }
    }

    /// One line for the log: which gradients are told apart, and how.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut told = self.engine.describe(self.method.sight());
        if matches!(self.method, Aggregator::Cross(_)) {
            let (all, learned) = (self.batches, cross::looked_at(self.batches));
            let taken = all - learned;
            told.push_str(&format!(
                "; of {all} batches a step, {learned} to learn weights from and {taken} to step with"
            ));
        }
        if let Some(largest) = self.clip {
            told.push_str(&format!("; no longer than {largest}"));
        }
        told
    }

    /// The batches that are only looked at, and those that the step is taken with.
    pub(crate) fn split<'b>(&self, batches: &'b [Batch]) -> (&'b [Batch], &'b [Batch]) {
        match &self.method {
            Aggregator::Cross(method) if method.learns() => {
                batches.split_at(cross::looked_at(batches.len()))
            }
            _ => (&[], batches),
        }
    }

    /// The gradient of a step.
    pub(crate) fn backward(
        &mut self,
        work: &Work<'_>,
        looked_at: &[Batch],
        judge: &mut Judge<'_>,
    ) -> Option<Backward> {
        let engine = &self.engine;
        let work = &Work {
            clip: self.clip,
            ..*work
        };
        let backward = match &mut self.method {
            Aggregator::Gram(aggregator) => {
                let aggregator = aggregator.as_mut();
                let sight = if work.present.tasks.is_empty() {
                    Sight::Nothing
                } else {
                    aggregator.sight_of(&work.present.tasks)
                };
                engine.backward(work, sight, &mut |seen| {
                    judge.decide(aggregator, sight, seen)
                })
            }
            Aggregator::Rows(aggregator) => {
                rows::backward(engine, aggregator.as_mut(), work, judge)
            }
            Aggregator::Cross(aggregator) => {
                cross::backward(engine, aggregator.as_mut(), work, looked_at, judge)
            }
        }?;
        judge.clipped(backward.clipped);
        Some(backward)
    }

    /// Ends an epoch.
    pub(crate) fn end_epoch(&mut self) {
        self.method.end_epoch();
    }

    /// Lists what it has learned.
    pub(crate) fn state(&mut self, state: &mut State) {
        self.method.state(state);
    }
}
