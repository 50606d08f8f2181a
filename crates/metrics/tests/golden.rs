//! Every metric against scikit-learn, on examples that scripts/golden_metrics.py makes by the same formulas.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "golden/numbers.rs"]
mod numbers;

use polytask_config::{Chosen, Document, Layers, read};
use polytask_metrics::{ConfusionMatrix, METRICS, Metric, Predictions};

/// The metric with options written as in a configuration.
fn metric(name: &str, options: &str) -> Box<dyn Metric> {
    let separator = if options.is_empty() { "" } else { ", " };
    let text = format!("metric = {{ type = \"{name}\"{separator}{options} }}");
    let document = Document::load(Layers::text("golden.toml", text, "/")).unwrap();
    let reading = read(&document, |fields| {
        fields.entry("metric", "", METRICS).required()
    });
    assert!(reading.problems.is_empty(), "{name}: {}", reading.problems);
    let Chosen { value, .. } = reading.value;
    value
}

fn agrees(numbers: &[(&str, &str, f64)], seen: &Predictions<'_>) {
    for &(name, options, wanted) in numbers {
        let mut metric = metric(name, options);
        metric.update(seen);
        let value = metric.value().unwrap_or(f64::NAN);
        let distance = (value - wanted).abs() / wanted.abs().max(1.0);
        assert!(
            distance < 1e-12,
            "{name} {options}: {value} is not {wanted}"
        );
    }
}

/// `[rows, width]` from a formula in row and column.
fn grid<T>(rows: u32, width: u32, formula: impl Fn(u32, u32) -> T) -> Vec<T> {
    (0..rows)
        .flat_map(|row| (0..width).map(move |column| (row, column)))
        .map(|(i, k)| formula(i, k))
        .collect()
}

fn normalized(mut numbers: Vec<f64>, width: usize) -> Vec<f64> {
    for row in numbers.chunks_mut(width) {
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|number| *number /= sum);
    }
    numbers
}

#[test]
fn binary() {
    let p = |i: u32| f64::from((i * 37 + 11) % 23) / 22.0;
    let probabilities = grid(60, 2, |i, k| if k == 1 { p(i) } else { 1.0 - p(i) });
    let truth: Vec<u32> = (0..60)
        .map(|i| u32::from((i * i + 3 * i) % 7 < 3))
        .collect();
    agrees(
        numbers::BINARY,
        &Predictions::Classes {
            probabilities: &probabilities,
            classes: 2,
            truth: &truth,
        },
    );
}

fn classes(choices: &[u32], see: impl FnOnce(&Predictions<'_>)) {
    let bonus = [5, 0, 2, 0, 4];
    let a = grid(80, 5, |i, k| {
        f64::from(1 + (i * (k + 3) * 7 + k * 13) % 17 + bonus[k as usize])
    });
    let truth: Vec<u32> = (0..80)
        .map(|i| choices[(i * 5 + i / 3) % choices.len()])
        .collect();
    see(&Predictions::Classes {
        probabilities: &normalized(a, 5),
        classes: 5,
        truth: &truth,
    });
}

#[test]
fn several_classes() {
    classes(&[0, 1, 2, 3, 4], |seen| agrees(numbers::CLASSES, seen));
}

#[test]
fn which_class_was_taken_for_which() {
    let mut matrix = ConfusionMatrix::new(5);
    classes(&[0, 1, 2, 3, 4], |seen| matrix.update(seen));
    for (truth, row) in numbers::CLASSES_TAKEN.iter().enumerate() {
        for (predicted, &wanted) in row.iter().enumerate() {
            assert_eq!(matrix.count(truth, predicted), wanted);
        }
    }
    assert_eq!((matrix.rows(), matrix.fault()), (80, None));
}

#[test]
fn a_class_that_never_occurs() {
    classes(&[0, 1, 2, 4], |seen| {
        agrees(numbers::ONE_CLASS_MISSING, seen)
    });
}

#[test]
fn ordered_levels() {
    let truth: Vec<u32> = (0..50).map(|i| (i * 7 + i / 4) % 4).collect();
    let near = |i: u32| {
        (truth[i as usize] + u32::from(i.is_multiple_of(5)) + u32::from(i.is_multiple_of(7))) % 4
    };
    let a = grid(50, 4, |i, k| {
        f64::from(1 + (i * 3 + k * 5) % 4 + if k == near(i) { 5 } else { 0 })
    });
    let probabilities = normalized(a, 4);
    agrees(
        numbers::ORDINAL,
        &Predictions::Classes {
            probabilities: &probabilities,
            classes: 4,
            truth: &truth,
        },
    );
}

fn flags(is_one_sided: bool, numbers: &[(&str, &str, f64)]) {
    let step = |i: u32, m: u32| (i * (2 * m + 5) + m * 3) % 19;
    let probability =
        |i, m| f64::from(step(i, m)) / 18.0 / if is_one_sided && m == 2 { 2.0 } else { 1.0 };
    let truth = grid(40, 4, |i, m| match m {
        2 | 3 if is_one_sided => m == 3,
        _ => (step(i, m) > 8) != (i % (m + 3) == 0),
    });
    agrees(
        numbers,
        &Predictions::Flags {
            probabilities: &grid(40, 4, probability),
            labels: 4,
            truth: &truth,
        },
    );
}

#[test]
fn several_labels() {
    flags(false, numbers::FLAGS);
}

#[test]
fn a_label_that_is_never_true_and_one_that_always_is() {
    flags(true, numbers::ONE_SIDED_FLAGS);
}

fn values(is_constant: bool, numbers: &[(&str, &str, f64)]) {
    let truth = grid(50, 3, |i, k| match k {
        0 => f64::from(i * 7 % 11) / 4.0,
        1 if is_constant => 1000.0,
        1 => 1000.0 + f64::from(i % 3) * 10.0,
        _ => f64::from(i * i % 13) - 6.0,
    });
    let wrong = grid(50, 3, |i, k| match k {
        0 => f64::from(i * 5 % 7) / 16.0,
        1 => f64::from(i * 11 % 5) - 2.0,
        _ => f64::from(i * 3 % 8) / 2.0 - 1.5,
    });
    let predicted: Vec<f64> = truth
        .iter()
        .zip(wrong)
        .map(|(truth, wrong)| truth + wrong)
        .collect();
    agrees(
        numbers,
        &Predictions::Values {
            predicted: &predicted,
            outputs: 3,
            truth: &truth,
        },
    );
}

#[test]
fn several_outputs() {
    values(false, numbers::VALUES);
}

#[test]
fn an_output_whose_target_is_constant() {
    values(true, numbers::CONSTANT_VALUES);
}

#[test]
fn every_metric_has_golden_numbers() {
    let tables = [
        numbers::BINARY,
        numbers::CLASSES,
        numbers::ONE_CLASS_MISSING,
        numbers::ORDINAL,
        numbers::FLAGS,
        numbers::ONE_SIDED_FLAGS,
        numbers::VALUES,
        numbers::CONSTANT_VALUES,
    ];
    let without = METRICS
        .iter()
        .map(|entry| entry.name)
        .filter(|name| !tables.concat().iter().any(|(golden, ..)| golden == name));
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&str>::new());
}
