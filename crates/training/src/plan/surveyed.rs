//! What can be told of a config without reading a row: what files and headers say, and whether the encoder fits the inputs
//! that they promise.

use polytask_config::Problems;
use polytask_data::{Doubts, InputShape, InputSketch, survey};
use polytask_model::{EncoderOptions, ShapeError, ShapeErrors};
use polytask_random::Seed;

use super::{PlanError, shape_problems};
use crate::device::Place;
use crate::experiment::Experiment;

/// What files, headers and the encoder have against the config, but for what would follow from a key in doubt.
#[must_use]
pub fn surveyed(experiment: &Experiment, doubts: &Doubts) -> PlanError {
    let tasks: Vec<_> = experiment
        .tasks
        .iter()
        .map(|task| (task.name.clone(), task.data.clone()))
        .collect();
    let seed = Seed(experiment.seed);
    let found = survey(&experiment.data, &experiment.inputs, &tasks, seed, doubts);
    let shapes = found.inputs.map(InputSketch::samples).unwrap_or_default();
    PlanError {
        config: misfits(&experiment.model.encoder, seed, &shapes),
        data: found.errors,
    }
}

/// What does not fit in the encoder of all these inputs.
pub(super) fn misfits(encoder: &EncoderOptions, seed: Seed, shapes: &[InputShape]) -> Problems {
    let device = Place::cpu().device;
    let of = |shape| encoder.misfits(shape, seed, &device);
    let Some((first, others)) = shapes.split_first() else {
        return Problems::default();
    };
    let mut found: Vec<ShapeError> = of(first);
    for shape in others {
        if !found.is_empty() {
            let also = of(shape);
            found.retain(|error| also.contains(error));
        }
    }
    shape_problems(ShapeErrors(found))
}
