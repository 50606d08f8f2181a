//! `check CONFIG`: everything short of training, at three levels, with all problems of a file in one go.

mod beyond;
mod data;
mod model;

use clap::{Args, ValueEnum};
use polytask_config::{Document, Origin, Resolved};
use polytask_training::device::Place;
use polytask_training::experiment::Experiment;
use polytask_training::plan::Plan;
use serde_json::{Value, json};

use crate::arguments::ConfigArguments;
use crate::configuration::{Configuration, records, refused_beside, unplanned, warn};
use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::panics::Watch;
use crate::terminal::Terminal;
use crate::{json, place};

#[derive(Debug, Args)]
#[command(after_help = "\
Levels: `config` reads the file; `data` also reads the data, finds columns, labels and splits; `model` also builds the
model on the real backend and takes one step.

Examples:
  polytask check student.toml
  polytask check student.toml --level data --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// How far to go
    #[arg(long, value_name = "LEVEL", default_value = "model")]
    level: Level,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    Config,
    Data,
    Model,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Data => "data",
            Self::Model => "model",
        }
    }
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    place::limit_threads(&arguments.config.over.place)?;
    let checked = Configuration::read(&arguments.config)
        .and_then(|configuration| sound(configuration, terminal))
        .and_then(|configuration| {
            report(
                configuration,
                arguments.level,
                arguments.json,
                terminal,
                watch,
            )
        });
    if let Err(failure) = &checked
        && arguments.json
    {
        // The document comes whatever was wrong; why it could not be printed says less than the failure itself.
        drop(json::print(terminal, invalid(arguments.level, failure)));
    }
    checked
}

/// The config if nothing is wrong with it.
///
/// # Errors
/// All that is wrong: with the text, and as far as can be told with the data and the device.
pub(crate) fn sound(
    configuration: Configuration,
    terminal: &Terminal,
) -> Result<Configuration, Failure> {
    warn(&configuration.document, &configuration.warnings, terminal);
    if configuration.problems.is_empty() {
        return Ok(configuration);
    }
    let Configuration {
        document,
        experiment,
        mut problems,
        ..
    } = configuration;
    let rest = beyond::gather(&document, experiment, &mut problems);
    Err(refused_beside(&document, &problems, &rest, terminal))
}

/// The config's device, or whatever else is wrong beside its absence.
///
/// # Errors
/// A device that is not to be had, alone or among the config's other problems.
pub(crate) fn place(
    document: &Document,
    experiment: Experiment,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<(Experiment, Place), Failure> {
    let device = experiment.device;
    match place::resolve(device.backend, device.index, watch) {
        Ok(place) => Ok((experiment, place)),
        Err(failure) => {
            let (mut problems, rest) = beyond::unfitting(experiment);
            if problems.is_empty() {
                return Err(failure);
            }
            let why = failure.reason().unwrap_or_default();
            problems.0.push(beyond::unavailable(why));
            Err(refused_beside(document, &problems, &rest, terminal))
        }
    }
}

/// Goes as far as `level` and says what it found.
///
/// # Errors
/// The first level that does not hold.
pub(crate) fn report(
    configuration: Configuration,
    level: Level,
    is_json: bool,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    let Configuration {
        document,
        experiment,
        mut warnings,
        resolved,
        ..
    } = configuration;
    let (given, defaults) = origins(&resolved);
    let mut found = json!({
        "level": level.name(), "valid": true, "problems": [], "name": experiment.name,
        "config": {"given": given, "defaults": defaults},
    });
    let say = |text: &str| {
        if is_json {
            Ok(())
        } else {
            terminal.result(text)
        }
    };
    let keys = format!("{} keys given, {} defaults", count(given), count(defaults));
    say(&format!("config  ok  {keys}\n"))?;
    if level >= Level::Data {
        let (experiment, place) = match level {
            Level::Model => place(&document, experiment, terminal, watch)?,
            _ => (experiment, Place::cpu()),
        };
        let (plan, balancing) = Plan::resolve(experiment, place)
            .map_err(|error| unplanned(&document, error, terminal))?;
        add(&mut found, "data", data::document(&plan)?);
        say(&format!(
            "data    ok  {}",
            data::text(&plan, terminal.colors_results)
        ))?;
        if level == Level::Model {
            let tried = model::try_out(&plan, balancing, &document, terminal)?;
            warn(&document, &tried.warnings, terminal);
            warnings.0.extend(tried.warnings.0.iter().cloned());
            add(&mut found, "model", tried.document());
            say(&format!(
                "model   ok  {}",
                tried.text(terminal.colors_results)
            ))?;
        }
    }
    let warnings = records(&warnings, Some(&document));
    add(&mut found, "warnings", warnings.into());
    if is_json {
        json::print(terminal, found)?;
    }
    Ok(Exit::Done)
}

/// Keys that somebody gave, and keys that nobody did.
fn origins(resolved: &Resolved) -> (u64, u64) {
    let origins = resolved.origins();
    let defaults = origins
        .iter()
        .filter(|setting| setting.origin == Origin::Default)
        .count();
    ((origins.len() - defaults) as u64, defaults as u64)
}

fn add(document: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = document {
        map.insert(key.to_owned(), value);
    }
}

fn invalid(level: Level, failure: &Failure) -> Value {
    let mut document = failure.document();
    add(&mut document, "level", json!(level.name()));
    add(&mut document, "valid", json!(false));
    document
}
