//! The names of all parameters, written down: renaming a Rust type or field must not rename what checkpoints hold.

use polytask_data::{InputShape, TaskKind};

use super::exchange::with;
use super::fixtures::{built, category, flex, model_options, task};
use crate::names;
use crate::{
    Alpha, Cnn, CodesOptions, DenseBlock, GateMap, HardOptions, HeadOptions, LatentOptions,
    MapNorm, MultiTaskModel, VectorNorm, sharing,
};

fn listed(model: &MultiTaskModel) -> Vec<String> {
    let line = |parameter: names::NamedParameter| {
        let mark = |is: bool, word: &str| {
            if is {
                format!(" {word}")
            } else {
                String::new()
            }
        };
        format!(
            "{} {:?}{}{}",
            parameter.name,
            parameter.shape,
            mark(parameter.decays, "decays"),
            mark(!parameter.trainable, "statistic"),
        )
    };
    names::parameters(model).into_iter().map(line).collect()
}

#[test]
fn names_of_hard_sharing_with_every_layer() {
    let device = flex();
    let shape = InputShape {
        numeric: 1,
        categorical: vec![category("school", 3), category("job.title", 5)],
        image: Some([1, 4, 4]),
    };
    let encoder = Cnn {
        channels: vec![2, 3],
        norm: MapNorm::Batch,
        dense: vec![5],
        ..Cnn::default()
    };
    let heads = HeadOptions {
        hidden: vec![6, 6],
        block: DenseBlock {
            norm: VectorNorm::Layer,
            residual: true,
            ..DenseBlock::default()
        },
        ..HeadOptions::default()
    };
    let tasks = [
        task("digit", TaskKind::Multiclass { classes: 4 }),
        task("stars", TaskKind::Ordinal { levels: 4 }),
    ];
    let model = built(
        &model_options(encoder, HardOptions, heads),
        &shape,
        &tasks,
        &device,
    );
    let head = |task: &str, scores: usize, offset: &str| {
        vec![
            format!("heads.{task}.tower.0.weight [5, 6] decays"),
            format!("heads.{task}.tower.0.bias [6]"),
            format!("heads.{task}.tower.1.scale [6]"),
            format!("heads.{task}.tower.1.shift [6]"),
            format!("heads.{task}.tower.4.layers.0.weight [6, 6] decays"),
            format!("heads.{task}.tower.4.layers.0.bias [6]"),
            format!("heads.{task}.tower.4.layers.1.scale [6]"),
            format!("heads.{task}.tower.4.layers.1.shift [6]"),
            format!("heads.{task}.weight [6, {scores}] decays"),
            format!("heads.{task}.{offset}"),
        ]
    };
    let mut wanted: Vec<String> = [
        "encoder.embeddings.school.weight [3, 2] decays",
        "encoder.embeddings.job.title.weight [5, 3] decays",
        "encoder.layers.0.weight [2, 1, 3, 3] decays",
        "encoder.layers.1.scale [2]",
        "encoder.layers.1.shift [2]",
        "encoder.layers.1.running_mean [2] statistic",
        "encoder.layers.1.running_variance [2] statistic",
        "encoder.layers.5.weight [3, 2, 3, 3] decays",
        "encoder.layers.6.scale [3]",
        "encoder.layers.6.shift [3]",
        "encoder.layers.6.running_mean [3] statistic",
        "encoder.layers.6.running_variance [3] statistic",
        "encoder.layers.11.weight [9, 5] decays",
        "encoder.layers.11.bias [5]",
    ]
    .map(str::to_owned)
    .into();
    wanted.extend(head("digit", 4, "bias [4]"));
    wanted.extend(head("stars", 1, "thresholds [3]"));
    assert_eq!(listed(&model), wanted);
}

const ENCODER: [&str; 2] = [
    "encoder.layers.0.weight [3, 4] decays",
    "encoder.layers.0.bias [4]",
];
/// Names of the tasks, their scores and their offsets.
const HEADS: [(&str, usize, &str); 6] = [
    ("passed", 1, "bias [1]"),
    ("digit", 4, "bias [4]"),
    ("tags", 3, "bias [3]"),
    ("grade", 2, "bias [2]"),
    ("noise", 2, "bias [2]"),
    ("stars", 1, "thresholds [3]"),
];

#[track_caller]
fn assert_names(
    sharing: impl sharing::Plan + 'static,
    between: &[&str],
    head: impl Fn(usize) -> Vec<String>,
) {
    let mut wanted: Vec<String> = ENCODER
        .iter()
        .chain(between)
        .map(|&line| line.to_owned())
        .collect();
    for (task, scores, offset) in HEADS {
        wanted.extend(
            head(scores)
                .iter()
                .map(|line| format!("heads.{task}.{line}")),
        );
        wanted.push(format!("heads.{task}.{offset}"));
    }
    assert_eq!(listed(&with(sharing, &flex())), wanted);
}

#[test]
fn names_of_latent_sharing() {
    let between = [
        "sharing.projection.weight [4, 2] decays",
        "sharing.projection.bias [2]",
    ];
    let head = |scores| vec![format!("weight [2, {scores}] decays")];
    assert_names(LatentOptions { dimension: 2 }, &between, head);
}

#[test]
fn names_of_codes_with_every_alpha_and_gate() {
    for gate in [
        GateMap::Free,
        GateMap::Softmax,
        GateMap::Sparsemax,
        GateMap::Entmax15,
    ] {
        let leaf = if gate == GateMap::Free {
            ("alpha", " decays")
        } else {
            ("gate", "")
        };
        let options = |alpha| CodesOptions {
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
        let line = |rows: usize| format!("{} [{rows}, 3]{}", leaf.0, leaf.1);
        let codes = ["sharing.codes [3, 4] decays"];
        assert_names(options(Alpha::PerOutput), &codes, |scores| {
            vec![line(scores)]
        });
        let private = |inputs: usize| {
            move |scores: usize| vec![line(1), format!("weight [{inputs}, {scores}] decays")]
        };
        assert_names(options(Alpha::PerTask), &codes, private(3));
        assert_names(
            options(Alpha::Block),
            &["sharing.codes [6, 4] decays"],
            private(2),
        );
    }
}
