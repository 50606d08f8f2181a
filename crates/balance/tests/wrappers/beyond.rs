//! Wrappers around methods that see rows, or several batches.

use polytask_balance::{
    AGGREGATORS, Aggregator, Block, Cross, CrossAggregator, Gain, GramAggregator, Heads, Losses,
    Moment, Normalize, RowAggregator, Rows, Scale, SharedGradient, TaskFacts, Wrapping,
};
use polytask_config::{Document, Layers, read};

use super::{NATIVE, facts, losses, made};

/// A Gram aggregator that is given rows.
struct OfRows(Box<dyn GramAggregator>);

impl RowAggregator for OfRows {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.0.start(tasks);
    }

    fn scale(&self) -> Scale {
        self.0.scale()
    }

    fn heads(&self) -> Heads {
        self.0.heads()
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, moment: Moment) -> SharedGradient {
        SharedGradient::weighted(rows, self.0.weights(&rows.gram(), losses, moment))
    }
}

#[test]
fn the_same_wrappers_do_the_same_around_rows() {
    let block = |name, rows: [&'static [f32]; 3]| Block {
        name,
        rows: rows.to_vec(),
    };
    let blocks = vec![
        block("weight", [&[3.0, 0.5], &[-1.0, 2.0], &[0.25, -4.0]]),
        block("bias", [&[1.0], &[0.125], &[-2.0]]),
    ];
    let rows = Rows::new(vec![0, 1, 2], blocks).unwrap();
    let losses = losses(&[0, 1, 2], &[2.0, 0.5, 0.125]);
    let near = |first: &[f64], second: &[f64]| {
        let mut pairs = first.iter().zip(second);
        first.len() == second.len() && pairs.all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + a.abs()))
    };
    for name in ["mean", "upgrad", "gradnorm"] {
        for gain in [Gain::Sum, Gain::Mean, Gain::Native] {
            for heads in [None, Some(Heads::Unit), Some(Heads::Weighted)] {
                for clip in [None, Some(0.5)] {
                    let wrapping = Wrapping {
                        gain,
                        heads,
                        clip,
                        ..NATIVE
                    };
                    let divided = [
                        (Normalize::None, false),
                        (Normalize::L2, false),
                        (Normalize::LossPlus, true),
                    ];
                    for (normalize_rows, log_loss) in divided {
                        let wrapping = Wrapping {
                            normalize_rows,
                            log_loss,
                            ..wrapping.clone()
                        };
                        let weights =
                            made(name, &wrapping).weights(&rows.gram(), &losses, Moment::default());
                        let mut row = wrapping.around_rows(Box::new(OfRows(made(name, &NATIVE))));
                        let shared = row.combine(&rows, &losses, Moment::default());
                        let direction: Vec<f64> =
                            shared.blocks.concat().into_iter().map(f64::from).collect();
                        let wanted = rows.weighted(&weights.alpha).concat();
                        let wanted: Vec<f64> = wanted.into_iter().map(f64::from).collect();
                        assert!(
                            near(&direction, &wanted),
                            "{name} {wrapping:?}: {direction:?} {wanted:?}"
                        );
                        let heads = weights.heads.clone().unwrap_or(weights.alpha.clone());
                        let found = shared.heads.clone().unwrap();
                        assert!(
                            near(&found, &heads),
                            "{name} {wrapping:?}: {found:?} {heads:?}"
                        );
                    }
                }
            }
        }
    }
}

/// As a configuration has it, wrappers and all.
fn configured(text: &str) -> Aggregator {
    let text = format!("aggregator = {{ {text} }}");
    let document = Document::load(Layers::text("test.toml", text.clone(), "/")).unwrap();
    let reading = read(&document, |fields| {
        fields
            .entry("aggregator", "how gradients become one", AGGREGATORS)
            .or("sum")
    });
    assert!(
        reading.problems.is_empty(),
        "{text}: {:?}",
        reading.problems
    );
    let mut method = reading.value.value.method;
    method.start(&facts());
    method
}

fn of_rows(text: &str) -> Box<dyn RowAggregator> {
    match configured(text) {
        Aggregator::Rows(method) => method,
        _ => unreachable!("{text} is a row aggregator"),
    }
}

fn across(text: &str) -> Box<dyn CrossAggregator> {
    match configured(text) {
        Aggregator::Cross(method) => method,
        _ => unreachable!("{text} is a cross-batch aggregator"),
    }
}

fn three(rows: [&[f32]; 3]) -> Rows<'_> {
    let block = Block {
        name: "weight",
        rows: rows.to_vec(),
    };
    Rows::new(vec![0, 1, 2], vec![block]).unwrap()
}

/// Gradients and losses that are all the same, and always were, give their sum or their mean, whatever is remembered and divided.
#[test]
fn a_gain_makes_the_same_of_equal_gradients_around_every_row_aggregator_that_keeps_lengths() {
    let row: &[f32] = &[3.0, -0.5, 0.25];
    let rows = three([row, row, row]);
    let losses = losses(&[0, 1, 2], &[0.4; 3]);
    for method in ["graddrop", "trimmed_mean", "moco", "db_mtl", "excess_mtl"] {
        for divided in [
            "",
            ", normalize_rows = \"l2\"",
            ", log_loss = true",
            ", normalize_rows = \"loss+\", log_loss = true",
        ] {
            for (gain, wanted) in [("sum", 3.0_f32), ("mean", 1.0)] {
                let text = format!("type = \"{method}\", gain = \"{gain}\"{divided}");
                let mut made = of_rows(&text);
                for step in 0..4 {
                    let shared = made.combine(
                        &rows,
                        &losses,
                        Moment {
                            step,
                            ..Moment::default()
                        },
                    );
                    for (found, value) in shared.blocks[0].iter().zip(row) {
                        let apart = (found - wanted * value).abs();
                        assert!(
                            apart < 1e-5 * wanted * value.abs(),
                            "{text}, step {step}: {found} of {value}"
                        );
                    }
                }
            }
        }
    }
}

/// Remembering next to nothing is remembering nothing, which needs inner products alone.
#[test]
fn both_kinds_of_db_mtl_have_one_scale() {
    let rows = three([&[3.0, 0.5], &[-1.0, 2.0], &[0.25, -4.0]]);
    let losses = losses(&[0, 1, 2], &[2.0, 0.5, 0.125]);
    for gain in ["sum", "mean", "native"] {
        let text = |beta: &str| format!("type = \"db_mtl\", beta = {beta}, gain = \"{gain}\"");
        let found = of_rows(&text("1e-12")).combine(&rows, &losses, Moment::default());
        let Aggregator::Gram(mut gram) = configured(&text("0")) else {
            unreachable!("without a memory it is a Gram aggregator");
        };
        let weights = gram.weights(&rows.gram(), &losses, Moment::default());
        let wanted = rows.weighted(&weights.alpha);
        for (found, wanted) in found.blocks[0].iter().zip(&wanted[0]) {
            assert!(
                (found - wanted).abs() < 1e-5 * wanted.abs(),
                "{gain}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn the_weights_of_a_row_aggregator_that_has_some_are_averaged() {
    let mut plain = of_rows("type = \"excess_mtl\", warmup = 0, rate = 1.0");
    let mut wrapped =
        of_rows("type = \"excess_mtl\", warmup = 0, rate = 1.0, moving_average = 0.75");
    let losses = losses(&[0, 1, 2], &[2.0, 0.5, 0.125]);
    let mut average: Option<Vec<f64>> = None;
    for scale in [1.0_f32, 3.0, 0.5] {
        let values = [[3.0, 0.5 * scale], [-scale, 2.0], [0.25, -4.0]];
        let rows = three([&values[0], &values[1], &values[2]]);
        let now = plain
            .combine(&rows, &losses, Moment::default())
            .alpha
            .unwrap();
        let wanted = match average {
            None => now,
            Some(before) => before
                .iter()
                .zip(&now)
                .map(|(a, b)| 0.75 * a + 0.25 * b)
                .collect(),
        };
        let found = wrapped.combine(&rows, &losses, Moment::default());
        for (found, wanted) in found.alpha.unwrap().iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
        assert_eq!(found.blocks, rows.weighted(&wanted));
        average = Some(wanted);
    }
}

const CROSS: [f64; 4] = [2.0, 1.0, -0.5, 1.0];

/// What a method learns of divided gradients is what it learns of the matrix of these.
#[test]
fn gradients_of_both_batches_are_divided_before_a_method_learns_from_them() {
    let cross = Cross::new(vec![0, 1], CROSS.to_vec()).unwrap();
    let cross = cross
        .with_losses([vec![2.0, 0.5], vec![4.0, 1.0]])
        .with_norms([vec![2.0, 1.0], vec![1.0, 4.0]]);
    let third = losses(&[0, 1], &[8.0, 0.25]);
    // Factors of the first batch, of the second and of the third.
    for (divided, factors) in [
        (
            "normalize_rows = \"l2\"",
            [[0.5, 1.0], [1.0, 0.25], [1.0 / 1.5, 1.0 / 2.5]],
        ),
        (
            "normalize_rows = \"loss\"",
            [[0.5, 2.0], [0.25, 1.0], [0.125, 4.0]],
        ),
        ("log_loss = true", [[0.5, 2.0], [0.25, 1.0], [0.125, 4.0]]),
    ] {
        for method in ["modo", "sdmgrad"] {
            let own = format!("type = \"{method}\", gain = \"native\"");
            let mut plain = across(&own);
            let [first, second, last] = factors;
            let of = |at: usize| CROSS[at] * first[at / 2] * second[at % 2];
            plain.learn(&Cross::new(vec![0, 1], (0..4).map(of).collect()).unwrap());
            let mut wrapped = across(&format!("{own}, {divided}"));
            wrapped.learn(&cross);
            let (plain, found) = (plain.weights(&third), wrapped.weights(&third));
            let expected = plain.alpha.iter().zip(&last);
            for (found_alpha, (alpha, factor)) in found.alpha.iter().zip(expected) {
                let wanted = alpha * factor;
                assert!(
                    (found_alpha - wanted).abs() < 1e-6 * wanted,
                    "{method} {divided}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn a_method_across_batches_rests_between_its_steps_and_averages_what_it_learns() {
    let cross =
        |scale: f64| Cross::new(vec![0, 1], CROSS.map(|value| scale * value).to_vec()).unwrap();
    let third = losses(&[0, 1], &[1.0, 1.0]);
    let mut rests = across("type = \"modo\", gamma = 0.1, update_every = 3");
    let mut learned = Vec::new();
    for _ in 0..7 {
        learned.push(rests.learns());
        if rests.learns() {
            rests.learn(&cross(1.0));
        }
        // One task alone is plain training, and no step of these.
        rests.weights(&losses(&[1], &[1.0]));
        rests.weights(&third);
    }
    assert_eq!(learned, [true, false, false, true, false, false, true]);
    let mut plain = across("type = \"modo\", gamma = 0.1, gain = \"mean\"");
    let mut averaged =
        across("type = \"modo\", gamma = 0.1, gain = \"mean\", moving_average = 0.75");
    let mut average: Option<f64> = None;
    for scale in [1.0, 4.0, 0.5] {
        plain.learn(&cross(scale));
        averaged.learn(&cross(scale));
        let now = plain.weights(&third).alpha[0];
        let wanted = average.map_or(now, |before| 0.75 * before + 0.25 * now);
        let found = averaged.weights(&third).alpha[0];
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        average = Some(wanted);
    }
}

/// Who asks for a wrapper that has no meaning around a method is told why.
#[test]
fn what_has_no_meaning_around_a_method_is_refused_with_the_reason() {
    for (options, wanted) in [
        (
            "type = \"graddrop\", moving_average = 0.5",
            "`moving_average` has no effect around `graddrop`, whose answer is no list of weights",
        ),
        (
            "type = \"moco\", update_every = 2",
            "`update_every` has no effect around `moco`, whose answer is no list of weights",
        ),
        (
            "type = \"excess_mtl\", update_every = 2",
            "`update_every` has no effect around `excess_mtl`, which adds up what it sees at each step",
        ),
        (
            "type = \"db_mtl\", moving_average = 0.5",
            "`moving_average` has no effect unless `beta` is 0",
        ),
    ] {
        let text = format!("aggregator = {{ {options} }}");
        let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
        let reading = read(&document, |fields| {
            fields
                .entry("aggregator", "how gradients become one", AGGREGATORS)
                .or("sum");
        });
        let told: Vec<&str> = reading
            .problems
            .0
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(told, [wanted]);
    }
}
