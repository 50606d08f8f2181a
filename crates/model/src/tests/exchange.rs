//! Names of parameters are a promise to every checkpoint; values go out and come back bit for bit, or not at all.

use burn::tensor::Device;
use polytask_data::InputShape;

use super::fixtures::{
    all_kinds, built, category, columns, flex, mlp, model_options, ndarray, shaken, task,
};
use crate::names::{self, NamedValues, Part};
use crate::{
    ActivationKind, Alpha, Cnn, CodesOptions, DenseBlock, GateMap, HardOptions, HeadOptions,
    ImportError, LatentOptions, MapNorm, Mlp, MultiTaskModel, VectorNorm, sharing,
};
use polytask_data::TaskKind;

fn with(sharing: impl sharing::Plan + 'static, device: &Device) -> MultiTaskModel {
    let options = model_options(
        mlp(&[4], ActivationKind::Relu),
        sharing,
        HeadOptions::default(),
    );
    built(&options, &columns(3), &all_kinds(), device)
}

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
            unit_norm: false,
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

#[test]
fn parts_follow_the_names() {
    for parameter in names::parameters(&with(LatentOptions { dimension: 2 }, &flex())) {
        let first = parameter.name.split('.').next().unwrap();
        match parameter.part {
            Part::Encoder => assert_eq!(first, "encoder"),
            Part::Sharing => assert_eq!(first, "sharing"),
            Part::Head(task) => assert!(parameter.name.starts_with(&format!("heads.{task}."))),
        }
    }
}

#[test]
fn values_come_back_bit_for_bit_on_every_device() {
    let device = flex();
    let options = || Mlp {
        hidden: vec![4],
        block: DenseBlock {
            norm: VectorNorm::Batch,
            ..DenseBlock::default()
        },
    };
    let options = model_options(
        options(),
        LatentOptions { dimension: 2 },
        HeadOptions::default(),
    );
    let model = shaken(built(&options, &columns(3), &all_kinds(), &device));
    let values = names::export(&model);
    for device in [flex(), ndarray()] {
        let fresh = built(&options, &columns(3), &all_kinds(), &device);
        assert_ne!(names::export(&fresh), values);
        let ids: Vec<_> = names::parameters(&fresh)
            .into_iter()
            .map(|p| p.id)
            .collect();
        let back = names::import(fresh, values.clone()).unwrap();
        assert_eq!(names::export(&back), values);
        let kept: Vec<_> = names::parameters(&back).into_iter().map(|p| p.id).collect();
        assert_eq!(kept, ids, "an optimizer's state is found by them");
    }
}

#[test]
fn imported_parameters_are_trained_and_statistics_are_not() {
    let device = flex();
    let options = model_options(
        Mlp {
            hidden: vec![4],
            block: DenseBlock {
                norm: VectorNorm::Batch,
                ..DenseBlock::default()
            },
        },
        HardOptions,
        HeadOptions::default(),
    );
    let tasks = all_kinds();
    let model = shaken(built(&options, &columns(3), &tasks, &device));
    let inputs = super::fixtures::numeric(&super::fixtures::normals("inputs", 6, 3), &device);
    let labelled = super::batch::Labelled::of(&tasks, 6);
    let total = super::batch::total_loss(&model, &tasks, &inputs, &labelled, &device);
    let gradients = super::batch::gradients(&model, &total.backward());
    assert!(
        gradients
            .iter()
            .all(|(name, gradient)| gradient.is_some() && !name.contains("running_"))
    );
}

/// What an import of changed values says.
fn refused(change: impl Fn(&mut Vec<NamedValues>)) -> (Vec<ImportError>, String) {
    let model = with(LatentOptions { dimension: 2 }, &flex());
    let mut values = names::export(&model);
    change(&mut values);
    let errors = names::import(model, values).unwrap_err();
    let text = errors.to_string();
    (errors.0, text)
}

#[test]
fn what_does_not_fit_is_named_and_nothing_is_taken() {
    let bias = || "encoder.layers.0.bias".to_owned();
    let (errors, text) = refused(|values| values.retain(|value| value.0 != bias()));
    assert_eq!(errors, [ImportError::Missing { name: bias() }]);
    assert_eq!(text, "`encoder.layers.0.bias` is missing");

    let (errors, text) =
        refused(|values| values.push(("heads.moon.bias".to_owned(), vec![1], vec![0.0])));
    assert_eq!(errors.len(), 1);
    assert_eq!(text, "`heads.moon.bias` is not a parameter of this model");

    let (_, text) = refused(|values| values[0].1 = vec![4, 3]);
    assert_eq!(
        text,
        "`encoder.layers.0.weight` has shape [4, 3], the model wants [3, 4]"
    );

    let (_, text) = refused(|values| values[1].2.push(0.0));
    assert_eq!(
        text,
        "`encoder.layers.0.bias` has 5 values, its shape wants 4"
    );

    let (_, text) = refused(|values| values.push(values[1].clone()));
    assert_eq!(text, "`encoder.layers.0.bias` is given more than once");

    // All problems in one go.
    let (errors, text) = refused(|values| {
        values.remove(0);
        values[0].1 = vec![2, 2];
        values.push(("x".to_owned(), vec![0], Vec::new()));
    });
    assert_eq!(errors.len(), 3, "{text}");
    assert_eq!(text.lines().count(), 3);
}
