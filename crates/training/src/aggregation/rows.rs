//! Methods that need the gradients entry by entry: these go to the host, and the shared gradient comes back.

use burn::module::ParamId;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use polytask_balance::{Block, Losses, RowAggregator, Rows, SharedGradient};

use crate::engine::contribution::register;
use crate::engine::judge::Judge;
use crate::engine::plain::Backward;
use crate::engine::{Engine, Shared, Work, assemble, row, rows};
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
    let mut apart = engine.apart(work, Some(&positions))?;
    let losses = judge.losses(tensors::read_scalars(apart.losses.clone()));
    let weights = judge.weigh(losses.clone());
    let of_visited = |values: &[f64]| -> Vec<f64> {
        let values = positions
            .iter()
            .filter_map(|&position| values.get(position));
        values.copied().collect()
    };
    let own = of_visited(&weights);
    scale(&mut apart.layers, &own);
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
    let blocks = Blocks::read(engine.shared(), &apart.layers);
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
    let trunk = blocks.gradients(shared, device);
    Some(assemble(
        work,
        engine.shared(),
        &heads,
        apart.heads,
        (trunk, None),
        apart.losses,
    ))
}

/// Multiplies each task's rows.
fn scale(layers: &mut rows::Layers, weights: &[f64]) {
    if weights.iter().all(|&weight| weight == 1.0) {
        return;
    }
    for one in layers.iter_mut().flatten() {
        let factors = row(weights, &one.rows.device()).transpose();
        one.rows = one.rows.clone() * factors;
    }
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
    fn read(shared: &Shared, layers: &rows::Layers) -> Self {
        let all = layers.iter().flatten().map(|one| Read {
            parameter: one.parameter,
            name: shared.name_of(one.parameter).to_owned(),
            shape: one.shape.clone(),
            values: tensors::read(one.rows.clone()),
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

    fn gradients(&self, shared: SharedGradient, device: &Device) -> GradientsParams {
        let mut gradients = GradientsParams::new();
        for (one, values) in self.all.iter().zip(shared.blocks) {
            let count = values.len();
            let flat = Tensor::<1>::from_data(TensorData::new(values, [count]), device);
            register(&mut gradients, one.parameter, &one.shape, flat);
        }
        gradients
    }
}

impl Read {
    fn numbers(&self) -> usize {
        self.shape.iter().product::<usize>().max(1)
    }
}
