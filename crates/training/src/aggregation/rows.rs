//! Methods that need the gradients entry by entry: these go to the host, and the shared gradient comes back.

use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use polytask_balance::{Block, Gram, Losses, RowAggregator, Rows, SharedGradient, Sight};

use crate::engine::contribution::register;
use crate::engine::judge::{Judge, Seen};
use crate::engine::plain::Backward;
use crate::engine::{Engine, Shared, Work, assemble, rows, seen_of};
use crate::tensors;

pub(super) fn backward(
    engine: &Engine,
    aggregator: &mut dyn RowAggregator,
    work: &Work<'_>,
    judge: &mut Judge<'_>,
) -> Option<Backward> {
    let present = &work.present.tasks;
    let visited = aggregator.visits(present, judge.moment);
    let position = |task: &usize| present.iter().position(|own| own == task);
    let positions: Vec<usize> = visited.iter().filter_map(position).collect();
    let apart = engine.apart(work, Some(&positions))?;
    let grams = if visited.is_empty() {
        Vec::new()
    } else {
        rows::grams(&apart.layers)
    };
    let Seen { losses, grams } = seen_of(&apart.losses, grams, Sight::Whole);
    judge.gram = grams
        .into_iter()
        .next()
        .and_then(|gram| Gram::new(visited.clone(), gram).ok());
    let losses = judge.losses(losses);
    let weights = judge.weigh(losses.clone());
    let of_visited = |values: &[f64]| -> Vec<f64> {
        let values = positions
            .iter()
            .filter_map(|&position| values.get(position));
        values.copied().collect()
    };
    let own = of_visited(&weights);
    let told = Losses {
        values: of_visited(&losses.values)
            .iter()
            .zip(&own)
            .map(|(loss, weight)| loss * weight)
            .collect(),
        rows: positions
            .iter()
            .filter_map(|&position| losses.rows.get(position).copied())
            .collect(),
        present: visited,
    };
    let blocks = Blocks::read(engine.shared(), &apart.layers, &own);
    let shared = match blocks.rows(told.present.clone()) {
        Some(rows) => aggregator.combine(&rows, &told, judge.moment),
        None => {
            // The step ends below; the sum shows which gradient it was.
            judge.is_broken = true;
            blocks.sum()
        }
    };
    judge.answered(&shared, &positions, &weights);
    let mut heads = weights;
    for ((slot, head), own) in positions
        .iter()
        .zip(shared.heads.iter().flatten())
        .zip(&own)
    {
        // The heads of tasks that were not visited are trained all the same: their gradients are there.
        if let Some(slot) = heads.get_mut(*slot) {
            *slot = head * own;
        }
    }
    let device = &work.plan.place.device;
    let alpha = shared.alpha.is_some();
    let (trunk, falls) = blocks.gradients(shared, &apart.layers, device);
    if !alpha && let Some(falls) = falls {
        let falls = tensors::read(falls).into_iter().map(f64::from);
        judge.decreases = Some(falls.collect());
    }
    Some(assemble(
        work,
        engine.shared(),
        &heads,
        apart.heads,
        (trunk, None),
        apart.losses,
    ))
}

/// Gradients on the host, a block for each parameter.
struct Blocks {
    all: Vec<Read>,
}

struct Read {
    parameter: ParamId,
    name: String,
    shape: Vec<usize>,
    /// `[tasks][numbers]`, one after the other.
    values: Vec<f32>,
}

impl Blocks {
    /// Each task's gradients times its weight.
    fn read(shared: &Shared, layers: &rows::Layers, weights: &[f64]) -> Self {
        let all = layers.iter().flatten().map(|one| {
            let mut read = Read {
                parameter: one.parameter,
                name: shared.name_of(one.parameter).to_owned(),
                shape: one.shape.clone(),
                values: tensors::read(one.rows.clone()),
            };
            read.scale(weights);
            read
        });
        Self { all: all.collect() }
    }

    /// As the aggregator sees them; `None` if one is not finite.
    fn rows(&self, present: Vec<usize>) -> Option<Rows<'_>> {
        let blocks = self.all.iter().map(|one| Block {
            name: &one.name,
            rows: one.values.chunks(one.numbers()).collect(),
        });
        Rows::new(present, blocks.collect()).ok()
    }

    fn sum(&self) -> SharedGradient {
        let sum = |one: &Read| {
            let mut sum = vec![0.0; one.numbers()];
            for row in one.values.chunks(one.numbers()) {
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += value;
                }
            }
            sum
        };
        SharedGradient::of(self.all.iter().map(sum).collect())
    }

    /// The shared gradient on the device, and its inner product `[tasks, 1]` with each task's own, which no weight has changed.
    fn gradients(
        &self,
        shared: SharedGradient,
        layers: &rows::Layers,
        device: &Device,
    ) -> (GradientsParams, Option<Tensor<2>>) {
        let mut gradients = GradientsParams::new();
        let mut falls: Option<Tensor<2>> = None;
        let own = layers.iter().flatten();
        for ((one, own), values) in self.all.iter().zip(own).zip(shared.blocks) {
            let count = values.len();
            let flat = Tensor::<2>::from_data(TensorData::new(values, [count, 1]), device);
            let fall = own.rows.clone().matmul(flat.clone());
            falls = Some(match falls {
                Some(falls) => falls + fall,
                None => fall,
            });
            register(&mut gradients, one.parameter, &one.shape, flat);
        }
        (gradients, falls)
    }
}

impl Read {
    fn scale(&mut self, weights: &[f64]) {
        let numbers = self.numbers();
        let rows = self.values.chunks_mut(numbers).zip(weights);
        for (row, &weight) in rows.filter(|(_, weight)| **weight != 1.0) {
            row.iter_mut().for_each(|value| *value *= weight as f32);
        }
    }

    fn numbers(&self) -> usize {
        self.shape.iter().product::<usize>().max(1)
    }
}
