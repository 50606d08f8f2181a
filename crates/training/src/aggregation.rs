//! How a run makes one gradient of the tasks' gradients: the aggregator, and the engine that serves it.

use polytask_balance::{GRAM_AGGREGATORS, GramAggregator, Sight, Weighting, Wrapping};
use polytask_config::Fields;

use crate::engine::judge::Judge;
use crate::engine::plain::Backward;
use crate::engine::{Engine, Level, Method, Shared, Work};
use crate::plan::Plan;
use polytask_model::MultiTaskModel;

/// `multitask.aggregator`.
pub struct AggregatorOptions {
    /// Its name.
    pub name: &'static str,
    /// With its wrappers.
    pub aggregator: Box<dyn GramAggregator>,
    /// Which gradients it sees.
    pub level: Level,
    /// How gradients of parameters are told apart.
    pub method: Method,
}

impl AggregatorOptions {
    /// Reads the key `aggregator`; `None` for the plain sum, which needs no gradients told apart.
    pub(crate) fn options(fields: &mut Fields<'_>) -> Option<Self> {
        let chosen = fields
            .entry(
                "aggregator",
                "how the tasks' gradients become one",
                GRAM_AGGREGATORS,
            )
            .or("sum");
        let wrapping = Wrapping::default();
        if chosen.name == "sum" && wrapping == Wrapping::default() {
            return None;
        }
        Some(Self {
            name: chosen.name,
            aggregator: wrapping.around(chosen.value),
            level: Level::Parameter,
            method: Method::Stacked,
        })
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
    pub aggregator: Box<dyn GramAggregator>,
    /// What tells the gradients apart.
    pub engine: Engine,
}

impl Aggregation {
    pub(crate) fn new(options: AggregatorOptions, plan: &Plan, model: &MultiTaskModel) -> Self {
        let shared = Shared::of(model, &plan.input_shape, &plan.device);
        Self {
            aggregator: options.aggregator,
            engine: Engine::new(options.level, options.method, shared),
        }
    }

    pub(crate) fn backward(&mut self, work: &Work<'_>, judge: &mut Judge<'_>) -> Option<Backward> {
        let aggregator = self.aggregator.as_mut();
        let sight = if work.present.tasks.is_empty() {
            Sight::Nothing
        } else {
            aggregator.sight()
        };
        self.engine
            .backward(work, sight, &mut |seen| judge.decide(aggregator, seen))
    }
}
