//! `info CONFIG`: what the labels say before anything is trained.

use polytask_information::report::{Column, Features, Report};
use polytask_training::device::Place;
use polytask_training::information::{FeatureColumns, label_columns};
use polytask_training::plan::Plan;
use serde_json::json;

use super::{Arguments, Rows, immeasurable, publish};
use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::terminal::{Terminal, safe};
use crate::{json, place};

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    place::limit_threads(&arguments.over.place)?;
    if arguments.checkpoint.is_some() {
        return Err(Failure::usage(
            "--checkpoint picks one of a run, but a config is named",
        ));
    }
    if !arguments.others.is_empty() || arguments.expert || arguments.wider {
        return Err(Failure::usage(
            "a config has no representation yet: further runs, --expert and --wider are for a run",
        ));
    }
    let config = ConfigArguments {
        config: arguments.target.clone(),
        over: arguments.over.clone(),
    };
    let split = arguments.split.unwrap_or(Rows::Train);
    let Configuration {
        document,
        experiment,
        ..
    } = check::sound(Configuration::read(&config)?, terminal)?;
    let (name, seed, info) = (
        experiment.name.clone(),
        experiment.seed,
        experiment.info.clone(),
    );
    let (plan, _) = Plan::resolve(experiment, Place::cpu())
        .map_err(|error| unplanned(&document, error, terminal))?;
    let rows = rows_of(split, &plan);
    if rows.is_empty() {
        let split = split.name();
        return Err(
            Failure::usage(format!("there are no rows in split '{split}'"))
                .hint("--split all takes every row"),
        );
    }
    let fits: Vec<_> = plan.tasks.iter().map(|task| task.fit.clone()).collect();
    let labels = label_columns(&fits, &plan.encoded, &rows);
    let features = FeatureColumns::new(&plan.preprocessing, &plan.encoded, &rows);
    let none: &[Column] = &[];
    let features: &dyn Features = if arguments.no_features {
        &none
    } else {
        &features
    };
    let mut options = info.report(subject(split, &plan, &name), seed);
    options.strata = plan.encoded.strata(&rows);
    let report = Report::with(&labels, features, &options).map_err(immeasurable)?;
    if let Some(path) = &arguments.html {
        publish(path, &report.html())?;
    }
    if arguments.json {
        json::print(
            terminal,
            json!({
                "name": name, "split": split.name(), "rows": rows.len(),
                "fingerprint": plan.facts.fingerprint, "report": report,
            }),
        )?;
    } else {
        terminal.result(&safe(&report.text()))?;
    }
    Ok(Exit::Done)
}

/// In ascending order: what is reported does not depend on how rows were dealt out.
fn rows_of(split: Rows, plan: &Plan) -> Vec<u32> {
    let splits = &plan.splits;
    let mut rows = match split {
        Rows::Train => splits.train.clone(),
        Rows::Val => splits.val.clone(),
        Rows::Test => splits.test.clone(),
        Rows::All => [&splits.train, &splits.val, &splits.test]
            .into_iter()
            .flatten()
            .copied()
            .collect(),
    };
    rows.sort_unstable();
    rows
}

fn subject(split: Rows, plan: &Plan, name: &str) -> String {
    let rows = plan.splits.train.len() + plan.splits.val.len() + plan.splits.test.len();
    let rows = count(rows as u64);
    match split {
        Rows::All => format!("{name}, all {rows} rows"),
        Rows::Train => format!("{name}, the training rows of {rows}"),
        Rows::Val | Rows::Test => format!("{name}, the {} rows of {rows}", split.name()),
    }
}
