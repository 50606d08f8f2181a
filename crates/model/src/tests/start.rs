//! The start of training: the first loss is what is known of the labels, and first weights have their scale.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::fixtures::{
    built, close, columns, flex, mlp, model_options, ndarray, normals, numeric, scalar, task,
    tensor, with_loss,
};
use crate::{
    ActivationKind, Alpha, CodesOptions, GateMap, Gaussian, HardOptions, HeadOptions,
    LatentOptions, ModelOptions, TaskLoss, TaskSpec, names,
};

fn entropy(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    -counts
        .iter()
        .filter(|&&count| count > 0.0)
        .map(|count| count / total * (count / total).ln())
        .sum::<f64>()
}

/// Tasks, labels with exactly the counts of their priors, and what the first loss must be.
fn tasks() -> Vec<(TaskSpec, Vec<Vec<f64>>, f64)> {
    let repeated = |counts: &[f64]| -> Vec<Vec<f64>> {
        let classes = counts.iter().enumerate();
        classes
            .flat_map(|(class, &count)| vec![vec![class as f64]; count as usize])
            .collect()
    };
    let mut all = Vec::new();
    for (name, kind) in [
        ("passed", TaskKind::Binary),
        ("digit", TaskKind::Multiclass { classes: 5 }),
        ("stars", TaskKind::Ordinal { levels: 4 }),
    ] {
        let task = task(name, kind);
        let counts: Vec<f64> = task.fit.counts.iter().map(|&count| count as f64).collect();
        all.push((task, repeated(&counts), entropy(&counts)));
    }
    let tags = task("tags", TaskKind::Multilabel { labels: 2 });
    let flags = (0..40).map(|row| vec![f64::from(u8::from(row < 4)), f64::from(u8::from(row < 5))]);
    all.push((
        tags,
        flags.collect(),
        entropy(&[4.0, 36.0]) + entropy(&[5.0, 35.0]),
    ));
    // Mean 0 and variance 1.5, as the fixture's fit says.
    let spread = 1.5f64.sqrt();
    let values = vec![vec![-spread], vec![spread]];
    all.push((
        task("grade", TaskKind::Regression { outputs: 1 }),
        values.clone(),
        1.5,
    ));
    // Mean 7 and variance 1.5, of a target that is left as it stands.
    let mut price = task("price", TaskKind::Regression { outputs: 1 });
    price.fit.center = vec![7.0];
    all.push((price, vec![vec![7.0 - spread], vec![7.0 + spread]], 1.5));
    let noise = with_loss(
        "noise",
        TaskKind::Regression { outputs: 1 },
        "gaussian_nll",
        Gaussian::default(),
    );
    let density = 0.5 * ((std::f64::consts::TAU * 1.5).ln() + 1.0);
    all.push((noise, values, density));
    all
}

fn codes(alpha: Alpha, gate: GateMap) -> CodesOptions {
    CodesOptions {
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
    }
}

#[test]
fn the_first_loss_is_the_entropy_of_the_labels() {
    let encoder = || mlp(&[6], ActivationKind::Relu);
    let heads = HeadOptions::default;
    let mut sharings: Vec<(&str, ModelOptions)> = vec![
        ("hard", model_options(encoder(), HardOptions, heads())),
        (
            "latent",
            model_options(encoder(), LatentOptions { dimension: 3 }, heads()),
        ),
    ];
    // Simplex weights of single outputs cannot be zero: there only the bias is the prior.
    sharings.push((
        "per output",
        model_options(encoder(), codes(Alpha::PerOutput, GateMap::Free), heads()),
    ));
    for gate in [
        GateMap::Free,
        GateMap::Softmax,
        GateMap::Sparsemax,
        GateMap::Entmax15,
    ] {
        sharings.push((
            "per task",
            model_options(encoder(), codes(Alpha::PerTask, gate), heads()),
        ));
        sharings.push((
            "block",
            model_options(encoder(), codes(Alpha::Block, gate), heads()),
        ));
    }
    for device in [flex(), ndarray()] {
        for (name, options) in &sharings {
            for (task, labels, wanted) in tasks() {
                let model = built(options, &columns(3), std::slice::from_ref(&task), &device);
                let inputs = numeric(&normals("inputs", labels.len(), 3), &device);
                let prediction = model.forward(&inputs).remove(0);
                let ones = Tensor::ones([labels.len()], &device);
                let loss = TaskLoss::new(&task).unwrap();
                let found =
                    scalar(loss.mean(prediction, tensor(&labels, &device), ones, labels.len()));
                assert!(
                    (found - wanted).abs() < 1e-6,
                    "{name} {}: {found} for {wanted}",
                    task.name
                );
            }
        }
    }
}

#[test]
fn a_class_that_training_never_saw_has_a_finite_prior() {
    let device = flex();
    let mut task = task("digit", TaskKind::Multiclass { classes: 3 });
    task.fit.counts = vec![10, 0, 5];
    let options = model_options(
        mlp(&[], ActivationKind::Relu),
        HardOptions,
        HeadOptions::default(),
    );
    let model = built(&options, &columns(2), &[task], &device);
    let bias = names::export(&model).pop().unwrap();
    assert_eq!(bias.0, "heads.digit.bias");
    let sum: f64 = bias.2.iter().map(|&bias| f64::from(bias).exp()).sum();
    assert!(close(sum, 1.0, 1e-6));
    assert!(bias.2[1].is_finite());
}

#[test]
fn first_weights_are_the_same_bits_on_every_device_and_another_seed_has_others() {
    let tasks = super::fixtures::all_kinds();
    let options = model_options(
        mlp(&[6], ActivationKind::Relu),
        LatentOptions { dimension: 3 },
        HeadOptions::default(),
    );
    let one = names::export(&built(&options, &columns(3), &tasks, &flex()));
    let other = names::export(&built(&options, &columns(3), &tasks, &ndarray()));
    assert_eq!(one, other);
    let seed = polytask_random::Seed(2);
    let another = crate::build(&options, &columns(3), &tasks, seed, &flex()).unwrap();
    assert_ne!(one, names::export(&another));
}

#[test]
fn first_weights_have_the_deviation_of_their_rule() {
    let deviation = |kind: ActivationKind| {
        let options = model_options(mlp(&[300], kind), HardOptions, HeadOptions::default());
        let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
        let model = built(&options, &columns(200), &tasks, &flex());
        let values = names::export(&model).remove(0).2;
        let squares: f64 = values.iter().map(|&w| f64::from(w).powi(2)).sum();
        (squares / values.len() as f64).sqrt()
    };
    // 60,000 draws: the deviation is known to 0.3 %.
    assert!(close(
        deviation(ActivationKind::Relu) / (2.0f64 / 200.0).sqrt(),
        1.0,
        0.01
    ));
    assert!(close(
        deviation(ActivationKind::Tanh) / (2.0f64 / 500.0).sqrt(),
        1.0,
        0.01
    ));
    assert!(close(
        deviation(ActivationKind::Identity) / (1.0f64 / 200.0).sqrt(),
        1.0,
        0.01
    ));
}

#[test]
fn codes_start_orthonormal_if_there_is_room() {
    let tasks = [task("grade", TaskKind::Regression { outputs: 1 })];
    for (count, orthogonal) in [(4, true), (9, false)] {
        let options = CodesOptions {
            count,
            ..codes(Alpha::PerOutput, GateMap::Free)
        };
        let options = model_options(
            mlp(&[6], ActivationKind::Relu),
            options,
            HeadOptions::default(),
        );
        let model = built(&options, &columns(3), &tasks, &flex());
        let values = super::reference::Values::of(&model).matrix("sharing.codes");
        for (i, one) in values.iter().enumerate() {
            for (j, other) in values.iter().enumerate() {
                let product: f64 = one.iter().zip(other).map(|(a, b)| a * b).sum();
                if i == j {
                    assert!(close(product, 1.0, 1e-6));
                } else if orthogonal {
                    assert!(product.abs() < 1e-6);
                }
            }
        }
    }
}
