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
        image: None,
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
