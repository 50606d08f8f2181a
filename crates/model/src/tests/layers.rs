//! Every layer against its rewrite in f64: what it makes, and the gradient of what lies in it and below it.

use burn::tensor::Device;
use polytask_data::{InputShape, TaskKind};

use super::batch::{Labelled, assert_gradients, total_loss};
use super::cases::random_heads;
use super::fixtures::{
    assert_rows, built, close, flex, model_options, ndarray, normals, rows, scalar, shaken, task,
    tensor,
};
use super::maps::Map;
use super::reference::{self, Values};
use super::stacks::{Case, Given, pictures, vectors};
use crate::stack::Stack;
use crate::{FeatureShape, HardOptions, Inputs};

const COUNT: usize = 5;

fn check(case: &Case, device: &Device) {
    let shape = InputShape {
        numeric: case.columns,
        categorical: Vec::new(),
        image: case.image,
    };
    let tasks = [task("grade", TaskKind::Regression { outputs: 2 })];
    let options = model_options(Given(case.layers), HardOptions, random_heads());
    let model = shaken(built(&options, &shape, &tasks, device));
    let dims = case.image.unwrap_or([0; 3]);
    let map = Map::new(dims, normals("picture", COUNT, dims.iter().product()));
    let x = normals("columns", COUNT, case.columns);
    let [channels, height, width] = dims;
    let inputs = Inputs {
        numeric: (case.columns > 0).then(|| tensor(&x, device)),
        categorical: None,
        image: case
            .image
            .map(|_| tensor(&map.rows, device).reshape([COUNT, channels, height, width])),
        all_known: false,
    };
    let values = Values::of(&model);
    let wanted = (case.formula)(&values, map.clone(), &x);
    let representation = rows(model.representation(&inputs));
    assert_rows(&representation, &wanted, 2e-5);
    assert_eq!(
        model.representation_width(),
        wanted[0].len(),
        "{}",
        case.name
    );

    let labelled = Labelled::of(&tasks, COUNT);
    let loss = |values: &Values| {
        let z = (case.formula)(values, map.clone(), &x);
        let scores = reference::linear_without_bias(values, "grade", &z);
        let predictions = reference::offset(values, "grade", &scores);
        let labels = labelled.targets[0].iter().zip(&labelled.masks[0]);
        let errors = predictions
            .iter()
            .zip(labels)
            .map(|(f, (y, mask))| mask * ((f[0] - y[0]).powi(2) + (f[1] - y[1]).powi(2)) / 2.0);
        errors.sum::<f64>() / labelled.masks[0].iter().sum::<f64>()
    };
    let total = total_loss(&model, &tasks, &inputs, &labelled, device);
    let (found, wanted) = (scalar(total.clone()), loss(&values));
    assert!(
        close(found, wanted, 2e-5),
        "{}: {found} for {wanted}",
        case.name
    );
    assert_gradients(case.name, &model, &total, loss, 1e-4);
}

#[test]
fn layers_of_vectors_are_their_formulas() {
    for device in [flex(), ndarray()] {
        for case in vectors() {
            check(&case, &device);
        }
    }
}

#[test]
fn layers_of_pictures_are_their_formulas() {
    for device in [flex(), ndarray()] {
        for case in pictures() {
            check(&case, &device);
        }
    }
}

#[test]
fn groups_are_equal_and_at_most_eight() {
    let device = flex();
    let initial = crate::initial::Initial {
        seed: polytask_random::Seed(1),
        device: &device,
    };
    for (channels, groups) in [(1, 1), (7, 7), (8, 8), (9, 3), (11, 1), (16, 8), (12, 6)] {
        let shape = FeatureShape::Map {
            map: [channels, 2, 2],
            beside: 0,
        };
        let mut stack = Stack::new(initial, "layers", shape);
        stack.group_norm();
        let (layers, _) = stack.finish().unwrap();
        let described = layers[0].step().describe();
        assert_eq!(described, format!("group norm {channels}, {groups} groups"));
    }
}
