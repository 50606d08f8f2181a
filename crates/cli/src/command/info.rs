//! `info CONFIG`: what the labels say before anything is trained.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use polytask_information::InformationError;
use polytask_information::report::Report;
use polytask_training::device::Place;
use polytask_training::information::{feature_columns, label_columns};
use polytask_training::plan::Plan;
use serde_json::json;

use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::predictions::Output;
use crate::terminal::{Terminal, safe};
use crate::{json, place};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads the data as `train` would and trains nothing: entropy per task, what every pair of labels shares with the mean of
chance taken off, their tree, the best features, and whether labels are missing at random. [info] in the config sets
permutations, false discovery rate and neighbours.

Examples:
  polytask info student.toml
  polytask info student.toml --html labels.html
  polytask info student.toml --split all --json -s info.permutations=9999")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// Whose rows
    #[arg(long, value_name = "SPLIT", default_value = "train")]
    split: Rows,

    /// Leave the features out
    #[arg(long)]
    no_features: bool,

    /// Also write one page that needs nothing else to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rows {
    Train,
    Val,
    Test,
    All,
}

impl Rows {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
            Self::All => "all",
        }
    }

    /// In ascending order: what is reported does not depend on how rows were dealt out.
    fn of(self, plan: &Plan) -> Vec<u32> {
        let splits = &plan.splits;
        let mut rows = match self {
            Self::Train => splits.train.clone(),
            Self::Val => splits.val.clone(),
            Self::Test => splits.test.clone(),
            Self::All => [&splits.train, &splits.val, &splits.test]
                .into_iter()
                .flatten()
                .copied()
                .collect(),
        };
        rows.sort_unstable();
        rows
    }

    fn subject(self, plan: &Plan, name: &str) -> String {
        let rows = plan.splits.train.len() + plan.splits.val.len() + plan.splits.test.len();
        let rows = count(rows as u64);
        match self {
            Self::All => format!("{name}, all {rows} rows"),
            Self::Train => format!("{name}, the training rows of {rows}"),
            Self::Val | Self::Test => format!("{name}, the {} rows of {rows}", self.name()),
        }
    }
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    place::limit_threads(&arguments.config.over.place)?;
    let Configuration {
        document,
        experiment,
        ..
    } = check::sound(Configuration::read(&arguments.config)?, terminal)?;
    let (name, seed, info) = (experiment.name.clone(), experiment.seed, experiment.info);
    let (plan, _) = Plan::resolve(experiment, Place::cpu())
        .map_err(|error| unplanned(&document, error, terminal))?;
    let rows = arguments.split.of(&plan);
    if rows.is_empty() {
        let split = arguments.split.name();
        return Err(
            Failure::usage(format!("there are no rows in split '{split}'"))
                .hint("--split all takes every row"),
        );
    }
    let fits: Vec<_> = plan.tasks.iter().map(|task| task.fit.clone()).collect();
    let labels = label_columns(&fits, &plan.encoded, &rows);
    let features = if arguments.no_features {
        Vec::new()
    } else {
        feature_columns(&plan.preprocessing, &plan.encoded, &rows)
    };
    let options = info.report(arguments.split.subject(&plan, &name), seed);
    let report = Report::of(&labels, &features, &options).map_err(immeasurable)?;
    if let Some(path) = &arguments.html {
        publish(path, &report.html())?;
    }
    if arguments.json {
        json::print(
            terminal,
            json!({
                "name": name, "split": arguments.split.name(), "rows": rows.len(),
                "fingerprint": plan.facts.fingerprint, "report": report,
            }),
        )?;
    } else {
        terminal.result(&safe(&report.text()))?;
    }
    Ok(Exit::Done)
}

/// Data of which nothing can be said.
fn immeasurable(error: InformationError) -> Failure {
    Failure::new(
        Exit::Data,
        format!("the information in these labels cannot be measured: {error}"),
    )
}

/// Writes a page, whole or not at all.
fn publish(path: &Path, page: &str) -> Result<(), Failure> {
    let mut output = Output::open(path)?;
    output
        .write_all(page.as_bytes())
        .and_then(|()| output.publish())
        .map_err(|error| {
            Failure::new(
                Exit::Io,
                format!("cannot write {}: {error}", path.display()),
            )
        })
}
