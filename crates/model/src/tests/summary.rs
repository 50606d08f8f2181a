//! The summary counts what is there: sizes worked out by hand.

use polytask_data::{InputShape, TaskKind};

use super::fixtures::{all_kinds, built, category, columns, flex, mlp, model_options, task};
use crate::{
    ActivationKind, Alpha, Cnn, CodesOptions, GateMap, HardOptions, HeadOptions, LatentOptions,
    MapNorm, MultiTaskModel, Summary, summary,
};

fn lines(summary: &Summary) -> Vec<String> {
    summary
        .parts
        .iter()
        .flat_map(|part| &part.modules)
        .map(|module| {
            format!(
                "{}: {} {} {}",
                module.name, module.description, module.output, module.parameters
            )
        })
        .collect()
}

/// Parts add up to the whole, and modules to their parts.
#[track_caller]
fn assert_sums(summary: &Summary) {
    let parts: usize = summary.parts.iter().map(|part| part.parameters).sum();
    assert_eq!(parts, summary.parameters);
    for part in &summary.parts {
        let modules: usize = part.modules.iter().map(|module| module.parameters).sum();
        assert_eq!(modules, part.parameters, "{:?}", part.part);
    }
}

#[test]
fn a_convolutional_model() {
    let shape = InputShape {
        numeric: 1,
        // One name begins like the other.
        categorical: vec![category("job", 3), category("job.title", 5)],
        image: Some([1, 28, 28]),
    };
    let encoder = Cnn {
        channels: vec![4],
        norm: MapNorm::Batch,
        dense: vec![10],
        ..Cnn::default()
    };
    let heads = HeadOptions {
        hidden: vec![8],
        ..HeadOptions::default()
    };
    let tasks = [
        task("digit", TaskKind::Multiclass { classes: 10 }),
        task("stars", TaskKind::Ordinal { levels: 4 }),
    ];
    let options = model_options(encoder, HardOptions, heads);
    let summary = summary(&built(&options, &shape, &tasks, &flex()));
    assert_eq!(summary.input, "[1, 28, 28] + [6]");
    let wanted = [
        "encoder.embeddings.job: 3 categories [2] 6",
        "encoder.embeddings.job.title: 5 categories [3] 15",
        "encoder.layers.0: conv 1 -> 4, kernel 3, stride 1 [4, 28, 28] + [6] 36",
        "encoder.layers.1: batch norm 4 [4, 28, 28] + [6] 8",
        "encoder.layers.2: max pool 2x2 [4, 14, 14] + [6] 0",
        "encoder.layers.3: relu [4, 14, 14] + [6] 0",
        "encoder.layers.5: flatten [790] 0",
        "encoder.layers.6: linear 790 -> 10 [10] 7910",
        "encoder.layers.7: relu [10] 0",
        "heads.digit.tower.0: linear 10 -> 8 [8] 88",
        "heads.digit.tower.1: relu [8] 0",
        "heads.digit: linear [10] 90",
        "heads.stars.tower.0: linear 10 -> 8 [8] 88",
        "heads.stars.tower.1: relu [8] 0",
        "heads.stars: linear, ordered thresholds [3] 11",
    ];
    assert_eq!(lines(&summary), wanted);
    assert_eq!(
        summary.parameters,
        6 + 15 + 36 + 8 + 7910 + 88 + 90 + 88 + 11
    );
    assert_sums(&summary);
    assert_eq!(
        summary.parts[1].description,
        "one encoder, 10 shared numbers per row"
    );
}

fn digits_and_letters(sharing: impl crate::sharing::Plan + 'static) -> MultiTaskModel {
    let tasks = [
        task("digit", TaskKind::Multiclass { classes: 10 }),
        task("letter", TaskKind::Multiclass { classes: 26 }),
    ];
    let encoder = mlp(&[100], ActivationKind::Relu);
    let options = model_options(encoder, sharing, HeadOptions::default());
    built(&options, &columns(784), &tasks, &flex())
}

#[test]
fn heads_of_latent_space_and_code_dictionary_have_the_published_sizes() {
    // With k = 100, digits and letters: 36 * 101 = 3636 numbers in the heads of a latent space, and 100 * 16 codes
    // with 36 * 17 weights and biases, 2212 in all, for a dictionary of 16.
    let latent = summary(&digits_and_letters(LatentOptions { dimension: 100 }));
    assert_sums(&latent);
    assert_eq!(
        latent.parts[2].parameters + latent.parts[3].parameters,
        3636
    );
    assert_eq!(latent.parts[1].parameters, 100 * 100 + 100);
    let codes = CodesOptions {
        count: 16,
        alpha: Alpha::PerOutput,
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
        block: 8,
    };
    let codes = summary(&digits_and_letters(codes));
    assert_sums(&codes);
    let of = |part: usize| codes.parts[part].parameters;
    assert_eq!(of(1) + of(2) + of(3), 2212);
    let wanted = [
        "sharing: 16 codes over 100 numbers [16] 1600",
        "heads.digit: weights of the codes, per output [10] 170",
        "heads.letter: weights of the codes, per output [26] 442",
    ];
    assert_eq!(lines(&codes)[2..], wanted);
}

#[test]
fn every_sharing_adds_up() {
    for alpha in [Alpha::PerOutput, Alpha::PerTask, Alpha::Block] {
        for gate in [GateMap::Free, GateMap::Softmax] {
            let codes = CodesOptions {
                count: 3,
                alpha,
                gate,
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
                block: 2,
            };
            let options = model_options(
                mlp(&[4], ActivationKind::Relu),
                codes,
                HeadOptions::default(),
            );
            assert_sums(&summary(&built(
                &options,
                &columns(3),
                &all_kinds(),
                &flex(),
            )));
        }
    }
}
