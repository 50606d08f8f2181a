//! Gram aggregators, run as the engine runs them, on a stream of Gram matrices and losses.

use polytask_config::State;
use polytask_random::{Seed, Stream};

use super::super::drawing::{self, Drawing, Drawn, INDEPENDENT, rows};
use super::super::losing::{self, Losing};
use super::super::made::moment;
use super::super::scene::{Given, SIZES, facts, moved_products, of_all, present};
use super::super::settings;
use super::super::tested::Tested;
use crate::{Gram, GramAggregator, GramFacts, Losses, Sight, TaskFacts, Weights, Wrapping};

/// What one step gives.
pub(super) type Step = (Gram, Losses);

/// One situation.
pub(super) type Scene = super::super::scene::Scene<Step>;

impl Given for Step {
    fn present(&self) -> &[usize] {
        self.0.present()
    }

    fn moved(&self, place: &[usize]) -> Option<Self> {
        let (gram, losses) = self;
        let at = |first, second| gram.at(first, second);
        let (present, values) = moved_products(gram.present(), place, at);
        Some((Gram::new(present, values).ok()?, losses.moved(place)?))
    }
}

impl Drawn for Step {
    const SEED: Seed = Seed(23);

    fn draw(drawing: Drawing, size: usize, number: u64, stream: &mut Stream) -> Option<Self> {
        let present = present(size, 0.8, stream);
        let rows = rows(drawing, present.len(), stream);
        let losses = losing::draw(present.clone(), Losing::Ordinary, number, stream);
        Some((Gram::of_rows(present, &rows).ok()?, losses))
    }
}

impl Tested for dyn GramAggregator {
    type Facts = GramFacts;
    type Given = Step;
    type Answer = Weights;

    const KEY: &'static str = "aggregator";

    fn trial(facts: &GramFacts) -> &'static str {
        facts.trial
    }

    fn wrap(method: Box<Self>, wrapping: &Wrapping) -> Box<Self> {
        wrapping.around(method)
    }

    fn wrappings(_: &GramFacts) -> Vec<Wrapping> {
        let all = settings::of_gradients().into_iter();
        all.chain(settings::keeping()).collect()
    }

    fn enter(&mut self, tasks: &[TaskFacts]) {
        self.start(tasks);
    }

    /// An aggregator that says it sees nothing is shown zeros.
    fn take(&mut self, (gram, losses): &Step, number: usize) -> Weights {
        match self.sight() {
            Sight::Nothing => {
                let unseen = gram.scaled(&vec![0.0; gram.tasks()]);
                self.weights(&unseen, losses, moment(number))
            }
            Sight::Layers => {
                let layers = [gram.clone(), gram.clone()];
                let mut weights = self.layer_weights(&layers, losses, moment(number));
                weights.pop().unwrap_or_default()
            }
            Sight::Whole | Sight::LastShared => self.weights(gram, losses, moment(number)),
        }
    }

    fn end(&mut self) {
        self.end_epoch();
    }

    fn list(&mut self, state: &mut State) {
        self.state(state);
    }
}

/// One task, of gradients that are not zero.
pub(super) fn single() -> Vec<Scene> {
    drawing::alone(INDEPENDENT.into_iter().chain([Drawing::Extreme]))
}

/// Several tasks, and after each step one in which only the first of them has a label.
pub(super) fn at_times_alone() -> Vec<Scene> {
    let mut scenes = drawing::independent::<Step>();
    for scene in &mut scenes {
        scene.name.push_str(", at times alone");
        let steps = std::mem::take(&mut scene.steps).into_iter();
        scene.steps = steps
            .flat_map(|step| [alone(&step), Some(step)])
            .flatten()
            .collect();
        scene.steps.reverse();
    }
    scenes.retain(|scene| scene.tasks.len() > 1);
    scenes
}

/// The step with its first task and no other.
fn alone((gram, losses): &Step) -> Option<Step> {
    let seen = losses.seen().next()?;
    let gram = Gram::new(vec![seen.task], vec![gram.at(0, 0)]).ok()?;
    Some((gram, super::super::scene::collected([seen].into_iter())))
}

/// The same gradient and loss for every task, one step.
pub(super) fn equal() -> Vec<Scene> {
    let scene = |tasks: usize| {
        let gram = Gram::new((0..tasks).collect(), vec![0.49; tasks * tasks]);
        let losses = of_all(vec![0.3; tasks], 8);
        Scene {
            name: format!("{tasks} equal tasks"),
            tasks: facts(tasks),
            steps: gram.ok().map(|gram| (gram, losses)).into_iter().collect(),
        }
    };
    SIZES.into_iter().map(scene).collect()
}
