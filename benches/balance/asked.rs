//! An aggregator that is asked for the weights of one Gram matrix.

use polytask_balance::{
    Family, Gram, GramAggregator, GramAggregatorEntry, Losses, Moment, TaskFacts, Weights,
};
use polytask_config::describe;

/// An aggregator with its default options, started with these tasks.
pub struct Asked<'a> {
    aggregator: Box<dyn GramAggregator>,
    gram: &'a Gram,
    losses: Losses,
}

impl<'a> Asked<'a> {
    pub fn new(entry: &GramAggregatorEntry, gram: &'a Gram) -> Self {
        let mut made: Option<Box<dyn GramAggregator>> = None;
        describe(|options| made = Some((entry.new)(options)));
        let Some(mut aggregator) = made else {
            unreachable!("describing makes what is described")
        };
        let task = |index| TaskFacts {
            name: format!("task_{index}"),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        };
        let tasks = gram.tasks();
        aggregator.start(&(0..tasks).map(task).collect::<Vec<_>>());
        let losses = Losses {
            present: (0..tasks).collect(),
            values: vec![1.0; tasks],
            rows: vec![1; tasks],
        };
        Self {
            aggregator,
            gram,
            losses,
        }
    }

    pub fn weights(&mut self) -> Weights {
        self.aggregator
            .weights(self.gram, &self.losses, Moment::default())
    }
}
