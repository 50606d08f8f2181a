//! Row aggregators, run as the engine runs them, on a stream of rows in two blocks and losses.

use polytask_config::State;
use polytask_random::{Seed, Stream};

use super::super::drawing::{self, Drawing, Drawn, INDEPENDENT, rows};
use super::super::losing::{self, Losing};
use super::super::made::moment;
use super::super::scene::{Given, SIZES, facts, moved_order, of_all, present};
use super::super::settings;
use super::super::tested::Tested;
use crate::rows::single;
use crate::{Block, Losses, RowAggregator, RowFacts, Rows, SharedGradient, TaskFacts, Wrapping};

/// One situation.
pub(super) type Scene = super::super::scene::Scene<Step>;

/// The gradients `[present][parameters]` of one step, and the losses.
#[derive(Clone, Debug)]
pub(in crate::contract) struct Step {
    pub(super) losses: Losses,
    pub(super) rows: Vec<Vec<f32>>,
    /// Whether the second block is given first.
    pub(super) is_swapped: bool,
}

/// What the blocks are called, in the order in which the entries stand.
pub(super) const NAMES: [&str; 2] = ["trunk.weight", "trunk.bias"];

impl Step {
    /// The rows as the engine gives them: two blocks, of which the second has a third of the entries.
    pub(super) fn rows(&self) -> Rows<'_> {
        let entries = self.rows.first().map_or(0, Vec::len);
        let cut = entries - entries / 3;
        let (first, second) = self.rows.iter().map(|row| row.split_at(cut)).unzip();
        let [weight, bias] = NAMES;
        let block = |name, rows| Block { name, rows };
        let mut blocks = vec![block(weight, first), block(bias, second)];
        if self.is_swapped {
            blocks.reverse();
        }
        Rows::known(self.losses.present.clone(), blocks)
    }

    /// Only the rows of these tasks.
    pub(super) fn only(&self, tasks: &[usize]) -> Self {
        let mut step = Self {
            losses: Losses::default(),
            rows: Vec::new(),
            ..*self
        };
        for (seen, row) in self.losses.seen().zip(&self.rows) {
            if tasks.contains(&seen.task) {
                step.losses.present.push(seen.task);
                step.losses.values.push(seen.loss);
                step.losses.rows.push(seen.rows);
                step.rows.push(row.clone());
            }
        }
        step
    }

    /// The same with all rows multiplied.
    pub(super) fn scaled(&self, factor: f32) -> Self {
        let rows = self.rows.iter();
        let scaled = |row: &Vec<f32>| row.iter().map(|value| factor * value).collect();
        Self {
            rows: rows.map(scaled).collect(),
            ..self.clone()
        }
    }
}

impl Given for Step {
    fn present(&self) -> &[usize] {
        &self.losses.present
    }

    fn moved(&self, place: &[usize]) -> Option<Self> {
        let order = moved_order(&self.losses.present, place).into_iter();
        let rows = order.filter_map(|(_, old)| self.rows.get(old).cloned());
        Some(Self {
            losses: self.losses.moved(place)?,
            rows: rows.collect(),
            ..*self
        })
    }
}

impl Drawn for Step {
    const SEED: Seed = Seed(29);

    fn draw(drawing: Drawing, size: usize, number: u64, stream: &mut Stream) -> Option<Self> {
        let present = present(size, 0.8, stream);
        // As many parameters in every step, whoever is present.
        let drawn = rows(drawing, size, stream);
        let kept = |row: &Vec<f64>| row.iter().map(|value| single(*value)).collect();
        let rows = present.iter().filter_map(|&task| drawn.get(task).map(kept));
        Some(Self {
            rows: rows.collect(),
            losses: losing::draw(present, Losing::Ordinary, number, stream),
            is_swapped: false,
        })
    }
}

impl Tested for dyn RowAggregator {
    type Facts = RowFacts;
    type Given = Step;
    type Answer = SharedGradient;

    const KEY: &'static str = "aggregator";

    fn trial(facts: &RowFacts) -> &'static str {
        facts.trial
    }

    fn wrap(method: Box<Self>, wrapping: &Wrapping) -> Box<Self> {
        wrapping.around_rows(method)
    }

    fn wrappings(_: &RowFacts) -> Vec<Wrapping> {
        settings::of_gradients()
    }

    fn enter(&mut self, tasks: &[TaskFacts]) {
        self.start(tasks);
    }

    /// With the rows that the aggregator asks for. The order of the answer's blocks is that of [`NAMES`].
    fn take(&mut self, given: &Step, number: usize) -> SharedGradient {
        let moment = moment(number);
        let wanted = self.visits(&given.losses.present, moment);
        let visited = given.only(&wanted);
        let mut shared = self.combine(&visited.rows(), &visited.losses, moment);
        if given.is_swapped {
            shared.blocks.reverse();
        }
        shared
    }

    fn end(&mut self) {
        self.end_epoch();
    }

    fn list(&mut self, state: &mut State) {
        self.state(state);
    }
}

/// One task, of the same gradient and loss in every step.
pub(super) fn single_task() -> Vec<Scene> {
    let mut scenes: Vec<Scene> = drawing::alone(INDEPENDENT);
    for scene in &mut scenes {
        if let Some(first) = scene.steps.first().cloned() {
            scene.steps.fill(first);
        }
    }
    scenes
}

/// The same gradient and loss for every task, one step.
pub(super) fn equal() -> Vec<Scene> {
    let scene = |tasks: usize| Scene {
        name: format!("{tasks} equal tasks"),
        tasks: facts(tasks),
        steps: vec![Step {
            losses: of_all(vec![0.3; tasks], 8),
            rows: vec![vec![0.5, -2.0, 0.0, 1.5]; tasks],
            is_swapped: false,
        }],
    };
    SIZES.into_iter().map(scene).collect()
}
