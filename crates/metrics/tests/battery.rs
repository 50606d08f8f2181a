//! Every metric × every shape it is for × every property, each a test of its own: `cargo test -p polytask-metrics --test
//! battery auroc` runs those of one metric.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "battery/examples.rs"]
mod examples;
#[path = "battery/planted.rs"]
mod planted;
#[path = "battery/properties.rs"]
mod properties;

use libtest_mimic::{Arguments, Failed, Trial};
use polytask_config::{Document, Layers, options_of, read};
use polytask_metrics::{METRICS, MetricError, Shape, defaults, metric};
use properties::{Outcome, PROPERTIES};

fn main() {
    let mut trials = vec![
        trial(
            "battery::a_sound_metric_passes".to_owned(),
            planted::sound_passes,
        ),
        trial(
            "battery::every_flaw_is_noticed".to_owned(),
            planted::flaws_are_noticed,
        ),
        trial("names_are_unique".to_owned(), names_are_unique),
        trial(
            "an_unknown_name_gets_the_nearest".to_owned(),
            an_unknown_name_gets_the_nearest,
        ),
        trial("a_wrong_shape_is_named".to_owned(), a_wrong_shape_is_named),
    ];
    for entry in METRICS {
        trials.push(trial(
            format!("{}::defaults_are_within_their_ranges", entry.name),
            || defaults_fit(entry.name),
        ));
        for &shape in entry.facts.shapes {
            for (property, check) in PROPERTIES {
                let make = move || metric(entry.name, shape).unwrap();
                let name = format!("{}::{}::{property}", entry.name, shape.name());
                trials.push(trial(name, move || check(&make, shape)));
            }
        }
    }
    for &shape in Shape::ALL {
        trials.push(trial(format!("defaults::{}", shape.name()), move || {
            defaults_exist(shape)
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: String, check: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    Trial::test(name, move || check().map_err(Failed::from))
}

/// What a metric's name resolves to reads again without a problem, and so every default is in its own range.
fn defaults_fit(name: &str) -> Outcome {
    let mut text = format!("metric = \"{name}\"");
    for _ in 0..2 {
        let document = Document::load(Layers::text("battery.toml", text, "/"))
            .map_err(|problems| problems.to_string())?;
        let reading = read(&document, |fields| {
            fields.entry("metric", "", METRICS).required()
        });
        if !reading.problems.is_empty() {
            return Err(reading.problems.to_string());
        }
        text = reading.resolved.to_toml();
    }
    let options = options_of(METRICS)
        .variant(name)
        .map_or(0, |variant| variant.options.len());
    let written = text
        .lines()
        .filter(|line| line.contains(" = ") && !line.starts_with("type"))
        .count();
    let lines = if options == 0 {
        written.saturating_sub(1)
    } else {
        written
    };
    if lines == options {
        Ok(())
    } else {
        Err(format!("{options} options are written as {text}"))
    }
}

fn names_are_unique() -> Outcome {
    let twice = METRICS.iter().filter(|entry| {
        METRICS
            .iter()
            .filter(|other| other.name == entry.name)
            .count()
            > 1
    });
    match twice.map(|entry| entry.name).next() {
        Some(name) => Err(name.to_owned()),
        None => Ok(()),
    }
}

fn an_unknown_name_gets_the_nearest() -> Outcome {
    for (name, shape, wanted) in [
        ("acuracy", Shape::Classes, Some("accuracy")),
        ("AUROC", Shape::Binary, Some("auroc")),
        ("f1_marco", Shape::Flags, Some("f1_macro")),
        ("rmsee", Shape::Values, Some("rmse")),
        ("logloss", Shape::Binary, Some("log_loss")),
        // The nearest that is for the task comes first: `mae` is nearer to `mse` than `mas` is to anything else.
        ("mas", Shape::Ordinal, Some("mae")),
        ("elephant", Shape::Values, None),
        ("", Shape::Values, None),
    ] {
        match metric(name, shape).err() {
            Some(MetricError::Unknown { suggestion, .. }) if suggestion == wanted => {}
            other => return Err(format!("{name}: {other:?}")),
        }
    }
    Ok(())
}

fn a_wrong_shape_is_named() -> Outcome {
    match metric("spearman", Shape::Binary).err() {
        Some(MetricError::Shape {
            name: "spearman",
            shape: Shape::Binary,
            shapes: [Shape::Values],
        }) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn defaults_exist(shape: Shape) -> Outcome {
    defaults(shape).iter().try_for_each(|name| {
        metric(name, shape)
            .map(drop)
            .map_err(|error| error.to_string())
    })
}
