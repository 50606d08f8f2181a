//! Names of parameters are a promise to every checkpoint; values go out and come back bit for bit, or not at all.

use burn::tensor::Device;

use super::fixtures::{all_kinds, built, columns, flex, mlp, model_options, ndarray, shaken};
use crate::names::{self, NamedValues, Part};
use crate::{
    ActivationKind, DenseBlock, HardOptions, HeadOptions, ImportError, LatentOptions, Mlp,
    MultiTaskModel, VectorNorm, sharing,
};

pub(super) fn with(sharing: impl sharing::Plan + 'static, device: &Device) -> MultiTaskModel {
    let options = model_options(
        mlp(&[4], ActivationKind::Relu),
        sharing,
        HeadOptions::default(),
    );
    built(&options, &columns(3), &all_kinds(), device)
}

#[test]
fn parts_follow_the_names() {
    for parameter in names::parameters(&with(LatentOptions { dimension: 2 }, &flex())) {
        let first = parameter.name.split('.').next().unwrap();
        match parameter.part {
            Part::Encoder => assert_eq!(first, "encoder"),
            Part::Sharing => assert_eq!(first, "sharing"),
            Part::Head(task) => assert!(parameter.name.starts_with(&format!("heads.{task}."))),
            Part::Joint => assert_eq!(first, "joint"),
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
