//! Categorical columns: embeddings, one-hot, and the reserved slot.

use burn::tensor::Tensor;
use polytask_data::{InputShape, TaskKind};

use super::batch::gradients;
use super::cases::random_heads;
use super::fixtures::{built, categories, category, close, flex, mlp, model_options, rows, task};
use super::reference::Values;
use crate::{ActivationKind, CategoricalOptions, Coding, HardOptions, Inputs};

#[test]
fn embeddings_learn_from_the_rows_that_show_them() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let shape = InputShape {
        numeric: 1,
        categorical: vec![category("school", 3), category("job", 5)],
        image: None,
    };
    let options = model_options(
        mlp(&[], ActivationKind::Identity),
        HardOptions,
        random_heads(),
    );
    let model = built(&options, &shape, &tasks, &device);
    let chosen = [0, 4, 2, 4, 2, 1];
    let inputs = Inputs {
        numeric: Some(Tensor::from_floats([[0.5], [1.0], [-1.0]], &device)),
        categorical: Some(categories(&chosen, 2, &device)),
        ..Inputs::default()
    };
    let values = Values::of(&model);
    let [school, job] =
        ["school", "job"].map(|name| values.matrix(&format!("encoder.embeddings.{name}.weight")));
    assert_eq!([school[0].len(), job[0].len()], [2, 3]);
    let weight = values.matrix("heads.grade.weight").concat();
    let bias = values.vector("heads.grade.bias")[0];
    let x = [0.5, 1.0, -1.0];
    let wanted: Vec<f64> = (0..3)
        .map(|row| {
            let mut z = vec![x[row]];
            z.extend(&school[chosen[2 * row] as usize]);
            z.extend(&job[chosen[2 * row + 1] as usize]);
            bias + z.iter().zip(&weight).map(|(z, w)| z * w).sum::<f64>()
        })
        .collect();
    let predictions = model.forward(&inputs).remove(0);
    for (found, wanted) in rows(predictions.clone()).concat().iter().zip(&wanted) {
        assert!(close(*found, *wanted, 1e-6));
    }
    let gradients = gradients(&model, &predictions.sum().backward());
    let of = |name: &str| {
        let found = gradients.iter().find(|(found, _)| found == name).unwrap();
        found.1.clone().unwrap()
    };
    let slopes = of("encoder.embeddings.job.weight");
    for category in 0..5 {
        let seen = [0, 1, 2]
            .iter()
            .filter(|&&row| chosen[2 * row + 1] == category)
            .count() as f64;
        for column in 0..3 {
            let wanted = seen * weight[3 + column];
            assert!(close(slopes[category as usize * 3 + column], wanted, 1e-6));
        }
    }
}

#[test]
fn one_hot_columns_stand_for_themselves() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let shape = InputShape {
        numeric: 0,
        categorical: vec![category("school", 3)],
        image: None,
    };
    let mut options = model_options(
        mlp(&[], ActivationKind::Identity),
        HardOptions,
        random_heads(),
    );
    options.encoder.categorical = CategoricalOptions {
        coding: Coding::OneHot,
        width: None,
    };
    let model = built(&options, &shape, &tasks, &device);
    let inputs = Inputs {
        categorical: Some(categories(&[2, 0], 1, &device)),
        ..Inputs::default()
    };
    let representation = rows(model.representation(&inputs));
    assert_eq!(representation, [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
}

/// A column whose reserved slots no training row has; the others have one row and three.
fn with_reserved(coding: Coding) -> (crate::ModelOptions, InputShape) {
    let mut options = model_options(
        mlp(&[], ActivationKind::Identity),
        HardOptions,
        random_heads(),
    );
    options.encoder.categorical = CategoricalOptions {
        coding,
        width: Some(3),
    };
    let mut school = category("school", 4);
    school.counts = vec![0, 0, 1, 3];
    let shape = InputShape {
        numeric: 0,
        categorical: vec![school],
        image: None,
    };
    (options, shape)
}

#[test]
fn what_training_never_saw_is_the_mean_of_what_it_saw() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    for coding in [Coding::Embedding, Coding::OneHot] {
        let (options, shape) = with_reserved(coding);
        let model = built(&options, &shape, &tasks, &device);
        let inputs = Inputs {
            categorical: Some(categories(&[0, 1, 2, 3], 1, &device)),
            ..Inputs::default()
        };
        let found = rows(model.representation(&inputs));
        for slot in 0..2 {
            for (column, value) in found[slot].iter().enumerate() {
                let wanted = 0.25 * found[2][column] + 0.75 * found[3][column];
                assert!(
                    close(*value, wanted, 1e-6),
                    "{coding:?}: {value} for {wanted}"
                );
            }
        }
        // Who vouches for the batch gets the same numbers.
        let known = |all_known| {
            let inputs = Inputs {
                categorical: Some(categories(&[3, 2, 3], 1, &device)),
                all_known,
                ..Inputs::default()
            };
            rows(model.representation(&inputs))
        };
        assert_eq!(known(true), known(false));
    }
}

#[test]
fn nothing_is_learnt_from_what_stands_in() {
    let device = flex();
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    let (options, shape) = with_reserved(Coding::Embedding);
    let model = built(&options, &shape, &tasks, &device);
    let slopes = |chosen: &[i64]| {
        let inputs = Inputs {
            categorical: Some(categories(chosen, 1, &device)),
            ..Inputs::default()
        };
        let sum = model.forward(&inputs).remove(0).sum();
        let gradients = gradients(&model, &sum.backward());
        let name = "encoder.embeddings.school.weight";
        let found = gradients.iter().find(|(found, _)| found == name).unwrap();
        found.1.clone().unwrap()
    };
    assert_eq!(slopes(&[0, 2, 1, 3, 3]), slopes(&[2, 3, 3]));
}
