//! What does not fit is an error that names the layer and its key in the config, all of them in one go.

use polytask_data::{CategoricalShape, InputShape, TaskKind};
use polytask_random::Seed;

use super::fixtures::{all_kinds, category, columns, flex, mlp, model_options, task, with_loss};
use crate::{
    ActivationKind, Alpha, CategoricalOptions, Cnn, CodesOptions, Coding, GateMap, HardOptions,
    HeadOptions, LatentOptions, ModelOptions, Padding, ShapeError, Squared, TaskSpec, build,
    encoder, sharing,
};

const HUGE: usize = 1 << 40;

fn problems(options: &ModelOptions, shape: &InputShape, tasks: &[TaskSpec]) -> Vec<ShapeError> {
    build(options, shape, tasks, Seed(1), &flex())
        .unwrap_err()
        .0
}

fn picture(image: [usize; 3]) -> InputShape {
    InputShape {
        image: Some(image),
        ..columns(0)
    }
}

fn hard(encoder: impl encoder::Plan + 'static) -> ModelOptions {
    model_options(encoder, HardOptions, HeadOptions::default())
}

fn shared(sharing: impl sharing::Plan + 'static) -> ModelOptions {
    let encoder = mlp(&[4], ActivationKind::Relu);
    model_options(encoder, sharing, HeadOptions::default())
}

#[track_caller]
fn assert_problem(found: &[ShapeError], key: &str, layer: &str, message: &str) {
    let wanted = ShapeError {
        key: key.to_owned(),
        layer: layer.to_owned(),
        message: message.to_owned(),
    };
    assert_eq!(found, [wanted]);
}

#[test]
fn a_kernel_that_does_not_fit_names_its_block() {
    let encoder = Cnn {
        channels: vec![4, 4],
        kernel: vec![3, 5],
        padding: Padding::Valid,
        ..Cnn::default()
    };
    let found = problems(&hard(encoder), &picture([1, 9, 8]), &all_kinds());
    let message = "a 5x5 kernel does not fit a 3x3 map with 0 rows of padding";
    assert_problem(&found, "encoder.channels[1]", "conv block 1", message);
    let text = crate::ShapeErrors(found).to_string();
    assert_eq!(
        text,
        format!("encoder.channels[1]: conv block 1: {message}")
    );
}

#[test]
fn a_pooling_window_that_does_not_fit_names_its_block() {
    let encoder = Cnn {
        channels: vec![4, 4, 4],
        ..Cnn::default()
    };
    let found = problems(&hard(encoder), &picture([1, 28, 5]), &all_kinds());
    let message = "a 2x2 pooling window does not fit a 7x1 map";
    assert_problem(&found, "encoder.channels[2]", "conv block 2", message);
}

#[test]
fn columns_are_no_picture_and_nothing_is_no_input() {
    let found = problems(&hard(Cnn::default()), &columns(3), &all_kinds());
    let message = "needs a picture, and the inputs are tabular columns (use `mlp`)";
    assert_problem(&found, "encoder", "cnn", message);
    let found = problems(
        &hard(mlp(&[4], ActivationKind::Relu)),
        &columns(0),
        &all_kinds(),
    );
    let message = "there is no input column and no picture";
    assert_problem(&found, "inputs", "inputs", message);
}

#[test]
fn sizes_that_no_memory_holds_are_slips() {
    let tasks = all_kinds();
    let too_many = "would have more than 2147483648 weights";
    let encoder = mlp(&[4, HUGE], ActivationKind::Relu);
    let found = problems(&hard(encoder), &columns(3), &tasks);
    assert_problem(&found, "encoder.hidden[1]", "hidden layer 1", too_many);

    let encoder = Cnn {
        channels: vec![HUGE],
        ..Cnn::default()
    };
    let found = problems(&hard(encoder), &picture([1, 8, 8]), &tasks);
    assert_problem(&found, "encoder.channels[0]", "conv block 0", too_many);

    let found = problems(
        &shared(LatentOptions { dimension: HUGE }),
        &columns(3),
        &tasks,
    );
    assert_problem(&found, "sharing.dimension", "latent space", too_many);

    let codes = |count, block| CodesOptions {
        count,
        alpha: Alpha::Block,
        gate: GateMap::Free,
        l1: 0.0,
        frobenius: 0.0,
        group_lasso: 0.0,
        groups: crate::Groups::Code,
        proximal: false,
        annealing: crate::Annealing::AT_ONCE,
        information: 0.0,
        spread: 0.0,
        unit_norm: false,
        turn: true,
        block,
    };
    for (count, block) in [(HUGE, 8), (8, HUGE), (usize::MAX, usize::MAX)] {
        let found = problems(&shared(codes(count, block)), &columns(3), &tasks);
        assert_problem(&found, "sharing.count", "code dictionary", too_many);
    }

    let heads = HeadOptions {
        hidden: vec![HUGE],
        ..HeadOptions::default()
    };
    let options = model_options(mlp(&[4], ActivationKind::Relu), HardOptions, heads);
    let found = problems(&options, &columns(3), &tasks[..1]);
    assert_problem(&found, "heads.hidden", "head of `passed`", too_many);

    let mut options = hard(mlp(&[4], ActivationKind::Relu));
    options.encoder.categorical = CategoricalOptions {
        coding: Coding::Embedding,
        width: Some(HUGE),
    };
    let shape = InputShape {
        categorical: vec![category("school", 3)],
        ..columns(1)
    };
    let found = problems(&options, &shape, &tasks);
    assert_problem(
        &found,
        "categorical.width",
        "embedding of `school`",
        too_many,
    );
}

#[test]
fn problems_of_every_head_and_of_the_encoder_come_together() {
    let heads = HeadOptions {
        hidden: vec![1 << 20, 1 << 20],
        ..HeadOptions::default()
    };
    let options = model_options(mlp(&[4], ActivationKind::Relu), HardOptions, heads);
    let tasks = all_kinds();
    let found = problems(&options, &columns(3), &tasks[..2]);
    let layers: Vec<&str> = found.iter().map(|error| error.layer.as_str()).collect();
    let wanted = [
        "head of `passed`, hidden layer 1",
        "head of `digit`, hidden layer 1",
    ];
    assert_eq!(layers, wanted);
    assert!(found.iter().all(|error| error.key == "heads.hidden[1]"));

    let wrong = with_loss("digit", TaskKind::Multiclass { classes: 3 }, "mse", Squared);
    let found = problems(
        &hard(Cnn::default()),
        &columns(3),
        &[wrong, task("a", TaskKind::Binary)],
    );
    let keys: Vec<&str> = found.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(keys, ["tasks.digit.loss", "encoder"]);
    assert_eq!(
        found[0].message,
        "loss `mse` is not for a multiclass task; allowed here: cross_entropy, focal"
    );
}

#[test]
fn one_category_is_enough() {
    // A column with nothing but the reserved slot.
    let shape = InputShape {
        categorical: vec![CategoricalShape {
            name: "school".to_owned(),
            categories: 1,
            counts: vec![0],
        }],
        ..columns(0)
    };
    let options = hard(mlp(&[4], ActivationKind::Relu));
    let model = build(&options, &shape, &all_kinds(), Seed(1), &flex()).unwrap();
    assert_eq!(model.encoder().start().width(), 1);
}
