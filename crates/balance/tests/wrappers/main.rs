//! Every wrapper, around methods with and without memory, is put through the contract, and does what it says.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod beyond;

use polytask_balance::contract::gram::{Golden, check};
use polytask_balance::{
    Family, GRAM_AGGREGATORS, Gain, Gram, GramAggregator, GramAggregatorEntry, GramFacts, Heads,
    Losses, Moment, Normalize, Sight, TaskFacts, Wrapping,
};
use polytask_config::{Fields, describe};

const NATIVE: Wrapping = Wrapping {
    normalize_rows: Normalize::None,
    log_loss: false,
    update_every: 1,
    moving_average: 0.0,
    gain: Gain::Native,
    heads: None,
    clip: None,
};

fn named(name: &str, options: &mut Fields<'_>) -> Box<dyn GramAggregator> {
    let entry = GRAM_AGGREGATORS.iter().find(|entry| entry.name == name);
    (entry.unwrap().new)(options)
}

fn made(name: &str, wrapping: &Wrapping) -> Box<dyn GramAggregator> {
    let mut made = None;
    describe(|options| made = Some(named(name, options)));
    let mut wrapped = wrapping.around(made.unwrap());
    wrapped.start(&facts());
    wrapped
}

fn facts() -> [TaskFacts; 3] {
    ["a", "b", "c"].map(|name| TaskFacts {
        name: name.to_owned(),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.0,
        variance: 0.0,
    })
}

fn losses(present: &[usize], values: &[f64]) -> Losses {
    Losses {
        present: present.to_vec(),
        values: values.to_vec(),
        rows: vec![1; values.len()],
    }
}

fn pair() -> (Gram, Losses) {
    let gram = Gram::of_rows(vec![0, 1], &[vec![3.0, 0.0], vec![-1.0, 0.5]]).unwrap();
    (gram, losses(&[0, 1], &[2.0, 0.5]))
}

#[test]
fn the_contract_holds_with_every_wrapper() {
    macro_rules! holds {
        ($($name:literal, $trial:literal, $alpha:expr, $wrapping:expr;)*) => {$({
            static ENTRY: GramAggregatorEntry = GramAggregatorEntry {
                name: $name,
                summary: "wrapped",
                source: "none",
                new: |options| $wrapping.around(named($name, options)),
                facts: GramFacts {
                    golden: &[Golden {
                        gram: &[&[4.0, 0.0], &[0.0, 1.0]],
                        alpha: &$alpha,
                        tolerance: 1e-7,
                        source: "by hand",
                        ..Golden::PLAIN
                    }],
                    trial: $trial,
                    ..GramFacts::PLAIN
                },
            };
            assert_eq!(check(&ENTRY), [""; 0], "{:?} around {}", $wrapping, $name);
        })*};
    }
    // The weights at a right angle, of norms 2 and 1.
    holds! {
        "nash_mtl", "", [2.0 / 3.0, 4.0 / 3.0], Wrapping::default();
        "nash_mtl", "", [1.0 / 3.0, 2.0 / 3.0], Wrapping { gain: Gain::Mean, ..NATIVE };
        "imtl", "weight_lr = 0.1, initial = -0.5", [1.0 / 3.0, 2.0 / 3.0], Wrapping { moving_average: 0.9, ..NATIVE };
        "imtl", "weight_lr = 0.1, initial = -0.5", [1.0 / 3.0, 2.0 / 3.0], Wrapping { update_every: 3, ..NATIVE };
        "gradnorm", "alpha = 0.5, weight_lr = 0.1", [1.0, 1.0], Wrapping { log_loss: true, ..NATIVE };
        "pcgrad", "", [0.5, 1.0], Wrapping { normalize_rows: Normalize::L2, ..NATIVE };
        "db_mtl", "", [0.5 * std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2], Wrapping { clip: Some(1.0), heads: Some(Heads::Weighted), ..NATIVE };
    }
}

/// The inner products of a method that looks at nothing are zero, and would divide each gradient by 1.
#[test]
fn who_divides_by_norms_sees_them_also_around_a_method_that_sees_nothing() {
    for (normalize_rows, sight) in [
        (Normalize::L2, Sight::Whole),
        (Normalize::LossPlus, Sight::Whole),
        (Normalize::Loss, Sight::Nothing),
        (Normalize::None, Sight::Nothing),
    ] {
        let wrapping = Wrapping {
            normalize_rows,
            ..NATIVE
        };
        assert_eq!(made("sum", &wrapping).sight(), sight, "{normalize_rows:?}");
    }
}

#[test]
fn the_moving_average_is_taken_task_by_task() {
    let mut wrapped = made(
        "mgda",
        &Wrapping {
            moving_average: 0.75,
            ..NATIVE
        },
    );
    let mut plain = made("mgda", &NATIVE);
    let (gram, losses) = pair();
    let other = Gram::of_rows(vec![0, 1], &[vec![1.0, 0.0], vec![0.9, 0.1]]).unwrap();
    let mut wanted: Option<Vec<f64>> = None;
    for gram in [&gram, &other, &gram] {
        let answer = plain.weights(gram, &losses, Moment::default()).alpha;
        let average = match wanted {
            None => answer,
            Some(before) => (0..2)
                .map(|t| 0.75 * before[t] + 0.25 * answer[t])
                .collect(),
        };
        let found = wrapped.weights(gram, &losses, Moment::default()).alpha;
        assert!((0..2).all(|t| (found[t] - average[t]).abs() < 1e-15));
        wanted = Some(average);
    }
}

#[test]
fn weights_are_kept_until_it_is_time_or_a_new_task_comes() {
    let mut wrapped = made(
        "db_mtl",
        &Wrapping {
            update_every: 3,
            ..NATIVE
        },
    );
    let step = |wrapped: &mut Box<dyn GramAggregator>, present: &[usize], length: f64| {
        let rows: Vec<Vec<f64>> = present
            .iter()
            .map(|&task| vec![length * (1.0 + task as f64), 1.0])
            .collect();
        let gram = Gram::of_rows(present.to_vec(), &rows).unwrap();
        let losses = losses(present, &vec![1.0; present.len()]);
        wrapped.weights(&gram, &losses, Moment::default()).alpha
    };
    let first = step(&mut wrapped, &[0, 1], 1.0);
    assert_eq!(step(&mut wrapped, &[0, 1], 5.0), first);
    // One task alone is plain training, and no step of these.
    assert_ne!(first[1], 1.0);
    assert!((step(&mut wrapped, &[1], 7.0)[0] - 1.0).abs() < 1e-7);
    assert_eq!(step(&mut wrapped, &[0, 1], 8.0), first);
    let fourth = step(&mut wrapped, &[0, 1], 9.0);
    assert_ne!(fourth, first);
    // Task 2 has no kept weight.
    assert_ne!(step(&mut wrapped, &[0, 1, 2], 20.0)[..2], fourth);
}

#[test]
fn one_task_alone_is_plain_training_and_moves_no_average() {
    let wrapping = Wrapping {
        moving_average: 0.5,
        ..Wrapping::default()
    };
    let (gram, both) = pair();
    let alone = Gram::of_rows(vec![1], &[vec![9.0]]).unwrap();
    let mut with = made("mgda", &wrapping);
    let mut without = made("mgda", &wrapping);
    let step = |method: &mut Box<dyn GramAggregator>, gram: &Gram, losses: &Losses| {
        method.weights(gram, losses, Moment::default()).alpha
    };
    step(&mut with, &gram, &both);
    step(&mut without, &gram, &both);
    let found = step(&mut with, &alone, &losses(&[1], &[3.0]));
    assert!((found[0] - 1.0).abs() < 1e-12, "{found:?}");
    let other = gram.scaled(&[1.0, 0.25]);
    assert_eq!(
        step(&mut with, &other, &both),
        step(&mut without, &other, &both)
    );
}

#[test]
fn a_logarithm_divides_gradients_and_heads_by_the_losses() {
    let mut wrapped = made(
        "sum",
        &Wrapping {
            log_loss: true,
            ..NATIVE
        },
    );
    let (gram, losses) = pair();
    let weights = wrapped.weights(&gram, &losses, Moment::default());
    for found in [&weights.alpha, &weights.heads.unwrap()] {
        assert!((found[0] - 0.5).abs() < 1e-7 && (found[1] - 2.0).abs() < 1e-7);
    }
}

#[test]
fn the_clip_bounds_the_shared_gradient_and_leaves_the_heads() {
    let (gram, losses) = pair();
    for (largest, is_clipped) in [(0.5, true), (1e3, false)] {
        let wrapping = Wrapping {
            clip: Some(largest),
            heads: Some(Heads::Weighted),
            ..NATIVE
        };
        let weights = made("sum", &wrapping).weights(&gram, &losses, Moment::default());
        let norm = gram.shared_norm(&weights.alpha);
        assert_eq!((norm - largest).abs() < 1e-12, is_clipped, "{norm}");
        assert_eq!(weights.heads, is_clipped.then(|| vec![1.0, 1.0]));
    }
}

#[test]
fn clipping_layers_bounds_the_norm_over_all_of_them() {
    let wrapping = Wrapping {
        clip: Some(1.0),
        ..NATIVE
    };
    let (gram, losses) = pair();
    let layers = [gram.clone(), gram.scaled(&[2.0, 2.0])];
    let weights = made("sum", &wrapping).layer_weights(&layers, &losses, Moment::default());
    let norms = layers
        .iter()
        .zip(&weights)
        .map(|(gram, w)| gram.shared_norm(&w.alpha));
    let norm = norms.fold(0.0, f64::hypot);
    assert!((norm - 1.0).abs() < 1e-12, "{norm}");
}

#[test]
fn heads_are_trained_as_asked() {
    let (gram, losses) = pair();
    let heads = |name, heads| {
        let wrapping = Wrapping { heads, ..NATIVE };
        made(name, &wrapping)
            .weights(&gram, &losses, Moment::default())
            .heads
    };
    let unit = Some(vec![1.0, 1.0]);
    assert_eq!(heads("mgda", None), unit);
    assert_eq!(heads("nash_mtl", None), None);
    assert_eq!(heads("nash_mtl", Some(Heads::Unit)), unit);
    assert_eq!(heads("mgda", Some(Heads::Weighted)), None);
}

#[test]
fn every_method_has_the_same_scale_for_equal_gradients_once_it_is_asked_for() {
    let gram = Gram::new(vec![0, 1, 2], vec![0.25; 9]).unwrap();
    let losses = losses(&[0, 1, 2], &[0.5; 3]);
    for entry in GRAM_AGGREGATORS {
        for (gain, wanted) in [(Gain::Sum, 3.0), (Gain::Mean, 1.0)] {
            let wrapping = Wrapping { gain, ..NATIVE };
            let weights = made(entry.name, &wrapping).weights(&gram, &losses, Moment::default());
            let sum: f64 = weights.alpha.iter().sum();
            assert!((sum - wanted).abs() < 1e-6, "{}: {sum}", entry.name);
        }
    }
}
