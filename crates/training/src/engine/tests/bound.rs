//! The bound on the shared gradient, against gradients that are told apart one pass a task.

use std::sync::PoisonError;

use polytask_balance::{GradientEngine, Level, Sight, View};
use polytask_data::Batch;

use super::super::judge::Decision;
use super::super::present::Present;
use super::super::{Engine, Shared, Work, rows};
use super::{TURN, World, gradient, run_clipped, some_weights, world, worlds};

/// Σ_t α_t g_t of the shared parameters, from gradients told apart one pass a task.
fn shared_gradient(
    world: &World,
    batches: &[Batch],
    decision: &Decision,
) -> Vec<(String, Vec<f64>)> {
    let plan = &world.plan;
    let model = world.state.model.clone();
    let present = Present::of(batches, plan.tasks.len());
    let work = Work::new(plan, &model, 5, batches, &present);
    let view = View {
        engine: GradientEngine::Reforward,
        ..View::default()
    };
    let shared = Shared::of(&model, &plan.input_shape, &plan.device);
    let apart = Engine::new(view, shared).apart(&work, None).unwrap();
    gradient(&model, &rows::combine(&apart.layers, decision))
}

/// The tasks' part of the shared gradient is brought to the bound, whatever was seen of it; heads, penalty and rate are not touched.
#[test]
fn the_bound_on_the_shared_gradient_is_kept_at_every_level() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (stacked, reforward) = (GradientEngine::Stacked, GradientEngine::Reforward);
    let seen = [
        (Level::Parameter, stacked, Sight::Whole, 1.0),
        (Level::Parameter, stacked, Sight::Layers, 1.0),
        (Level::Parameter, stacked, Sight::LastShared, 1.0),
        (Level::Parameter, stacked, Sight::Nothing, 1.0),
        (Level::Parameter, reforward, Sight::Whole, 1.0),
        (Level::Representation, stacked, Sight::Whole, 1.0),
        (Level::LastShared, stacked, Sight::Whole, 1.0),
        (Level::Parameter, stacked, Sight::Whole, 0.5),
        (Level::Representation, stacked, Sight::Whole, 0.5),
    ];
    let texts = worlds();
    // Two of every kind: plain and accumulated, with penalties, with a bottleneck, pictures.
    for text in texts.iter().step_by(2).chain(texts.get(9)) {
        let world = world(text);
        let batches = &world.groups[0];
        let layers = Shared::of(
            &world.state.model,
            &world.plan.input_shape,
            &world.plan.device,
        )
        .layers();
        let tasks = Present::of(batches, world.plan.tasks.len()).tasks.len();
        for (level, engine, sight, micro_batch) in seen {
            let view = View {
                level,
                engine,
                micro_batch,
            };
            let decision = some_weights(tasks, if sight == Sight::Layers { layers } else { 1 });
            let own = shared_gradient(&world, batches, &decision);
            let norm = own
                .iter()
                .flat_map(|(_, values)| values)
                .map(|v| v * v)
                .sum::<f64>()
                .sqrt();
            let free = run_clipped(&world, view, sight, batches, None);
            for (share, factor) in [(0.25, 0.25), (4.0, 1.0)] {
                let bound = run_clipped(&world, view, sight, batches, Some(share * norm));
                assert!(
                    (bound.backward.clipped - factor).abs() < 1e-4,
                    "{view:?} {sight:?}\n{text}"
                );
                let [free, bound] =
                    [&free, &bound].map(|ran| gradient(&ran.model, &ran.backward.gradients));
                for ((name, free), (_, bound)) in free.iter().zip(&bound) {
                    let own = own.iter().find(|(other, _)| other == name);
                    let largest = free.iter().fold(norm, |most, value| value.abs().max(most));
                    for (index, (free, bound)) in free.iter().zip(bound).enumerate() {
                        let taken = own.map_or(0.0, |(_, own)| (1.0 - factor) * own[index]);
                        let apart = (free - taken - bound).abs();
                        assert!(
                            apart < 1e-4 * largest,
                            "{name}: {free} - {taken} is not {bound}\n{view:?} {sight:?}\n{text}"
                        );
                    }
                }
            }
        }
    }
}
