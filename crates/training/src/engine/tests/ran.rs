//! What one engine makes of a group of batches, and how two engines are compared.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::{GradientEngine, Level, Sight, View};
use polytask_data::Batch;
use polytask_model::{MultiTaskModel, names};

use crate::device::Place;
use crate::engine::judge::{Decision, Seen};
use crate::engine::plain::Backward;
use crate::engine::present::Present;
use crate::engine::{Engine, Shared, Work};
use crate::load::experiment;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::tensors;

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) state: TrainState,
    pub(super) groups: Vec<Vec<Batch>>,
}

pub(super) fn world(text: &str) -> World {
    world_on(text, Place::cpu())
}

pub(super) fn world_on(text: &str, place: Place) -> World {
    let experiment = experiment(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let (plan, balancing) = Plan::resolve(experiment, place).unwrap();
    let mut state = plan.start(balancing).unwrap();
    // A rate that costs nothing has no gradient to compare.
    state.model = state.model.with_rate_price(0.25);
    let batches: Vec<Batch> = plan
        .sampler
        .batches(0)
        .map(|rows| plan.encoded.batch(&rows))
        .collect();
    let groups = batches
        .chunks(plan.train.accumulate)
        .map(<[Batch]>::to_vec)
        .collect();
    World {
        plan,
        state,
        groups,
    }
}

/// Weights that differ by task, and by layer where there are several.
pub(super) fn some_weights(tasks: usize, layers: usize) -> Decision {
    let weight = |layer: usize, task: usize| 0.3 + 0.7 * task as f64 + 0.2 * layer as f64;
    let layer = |layer| (0..tasks).map(|task| weight(layer, task)).collect();
    Decision {
        shared: (0..layers).map(layer).collect(),
        heads: (0..tasks).map(|task| 1.5 - 0.4 * task as f64).collect(),
    }
}

pub(super) struct Ran {
    pub(super) seen: Seen,
    pub(super) backward: Backward,
    pub(super) model: MultiTaskModel,
}

pub(super) fn run(
    world: &World,
    level: Level,
    method: GradientEngine,
    sight: Sight,
    group: usize,
) -> Ran {
    run_on(world, level, method, sight, &world.groups[group], 1.0)
}

pub(super) fn run_on(
    world: &World,
    level: Level,
    method: GradientEngine,
    sight: Sight,
    batches: &[Batch],
    micro_batch: f64,
) -> Ran {
    let view = View {
        level,
        engine: method,
        micro_batch,
    };
    run_clipped(world, view, sight, batches, None)
}

pub(super) fn run_clipped(
    world: &World,
    view: View,
    sight: Sight,
    batches: &[Batch],
    clip: Option<f64>,
) -> Ran {
    let plan = &world.plan;
    let model = world.state.model.clone();
    let shared = Shared::of(&model, &plan.input_shape, &plan.device);
    let layers = shared.layers();
    let present = Present::of(batches, plan.tasks.len());
    let work = Work {
        clip,
        ..Work::new(plan, &model, 5, batches, &present)
    };
    let engine = Engine::new(view, shared);
    assert_eq!(
        engine.view.engine,
        view.engine,
        "{}",
        engine.describe(sight)
    );
    let mut seen = None;
    let backward = engine.backward(&work, sight, &mut |given| {
        let tasks = given.losses.len();
        seen = Some(given);
        some_weights(tasks, if sight == Sight::Layers { layers } else { 1 })
    });
    Ran {
        seen: seen.unwrap(),
        backward: backward.unwrap(),
        model,
    }
}

/// The relative distance of two vectors.
pub(super) fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let apart = norm(&mut left.iter().zip(right).map(|(l, r)| l - r));
    apart / norm(&mut right.iter().copied()).max(1e-30)
}

pub(super) fn gradient(
    model: &MultiTaskModel,
    gradients: &GradientsParams,
) -> Vec<(String, Vec<f64>)> {
    struct Read<'a>(&'a GradientsParams, Vec<(burn::module::ParamId, Vec<f64>)>);
    impl ModuleVisitor for Read<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(parameter.id) {
                assert_eq!(gradient.dims(), parameter.dims());
                let values = tensors::read(gradient).into_iter().map(f64::from);
                self.1.push((parameter.id, values.collect()));
            }
        }
    }
    let mut read = Read(gradients, Vec::new());
    model.visit(&mut read);
    let all = names::parameters(model);
    let name = |id| all.iter().find(|one| one.id == id).unwrap().name.clone();
    read.1.into_iter().map(|(id, v)| (name(id), v)).collect()
}

/// Gradients agree as a whole, and each by itself unless it is nearly nothing beside the others.
pub(super) fn agree(text: &str, left: &Ran, right: &Ran) {
    let bound = 1e-4;
    assert!(distance(&left.seen.losses, &right.seen.losses) < 1e-5);
    let [l, r] = [left, right].map(|ran| gradient(&ran.model, &ran.backward.gradients));
    let all = |of: &[(String, Vec<f64>)]| -> Vec<f64> {
        of.iter().flat_map(|(_, v)| v.iter().copied()).collect()
    };
    assert_eq!(
        l.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        r.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "{text}"
    );
    let whole = distance(&all(&l), &all(&r));
    assert!(whole < bound, "{whole}\n{text}");
    for ((name, l), (_, r)) in l.iter().zip(&r) {
        let apart = distance(l, r);
        let small = r.iter().map(|v| v.abs()).fold(0.0, f64::max) < 1e-4;
        assert!(small || apart < bound, "{name}: {apart}\n{text}");
    }
    // Both ran the trunk once as far as the running statistics know.
    let statistics = |ran: &Ran| -> Vec<f64> {
        names::export(&ran.model)
            .into_iter()
            .filter(|(name, ..)| name.contains("running_"))
            .flat_map(|(.., values)| values.into_iter().map(f64::from))
            .collect()
    };
    let (l, r) = (statistics(left), statistics(right));
    assert!(l.is_empty() || distance(&l, &r) < 1e-5, "{text}");
}

pub(super) fn grams_agree(text: &str, left: &Ran, right: &Ran) {
    assert_eq!(left.seen.grams.len(), right.seen.grams.len(), "{text}");
    for (layer, (l, r)) in left.seen.grams.iter().zip(&right.seen.grams).enumerate() {
        let apart = distance(l, r);
        let small = r.iter().map(|v| v.abs()).fold(0.0, f64::max) < 1e-9;
        assert!(
            small || apart < 1e-4,
            "layer {layer}: {apart}\n{l:?}\n{r:?}\n{text}"
        );
    }
}
