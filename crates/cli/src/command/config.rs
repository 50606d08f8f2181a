//! `config show|schema|explain|diff`: what a config says, may say, and how two differ.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use polytask_config::{Found, Kind, Literal, Origin, Resolved, Schema, describe};
use polytask_store::{Located, locate};
use polytask_training::experiment::Experiment;
use serde_json::{Value, json};

use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::configuration::Configuration;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::runs::RUNS;
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe_line};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Every key with its value and where the value comes from
    Show(ShowArguments),
    /// JSON Schema (draft-07) of the config file, for editors
    Schema,
    /// What a key means, what it may be, and its default
    Explain(ExplainArguments),
    /// The keys in which two configs differ
    Diff(DiffArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  polytask config show student.toml
  polytask config show student.toml --toml > resolved.toml")]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// As a config file in which nothing is left to a default
    #[arg(long, conflicts_with = "json")]
    toml: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  polytask config explain train.optimizer\n  polytask config explain tasks.digit.loss.delta"
)]
pub(crate) struct ExplainArguments {
    /// Key such as train.epochs; the keys at the top if not given
    #[arg(value_name = "KEY")]
    key: Option<String>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  polytask config diff latest student.toml --set train.epochs=5\n  polytask config diff runs/a runs/b"
)]
pub(crate) struct DiffArguments {
    /// The first config, or a run directory
    #[arg(value_name = "LEFT")]
    left: PathBuf,

    /// The second config or run directory, with whatever the flags put over it
    #[command(flatten)]
    right: ConfigArguments,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

impl Command {
    /// Whether one JSON document is asked for.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Show(arguments) => arguments.json,
            Self::Explain(arguments) => arguments.json,
            Self::Diff(arguments) => arguments.json,
            Self::Schema => false,
        }
    }
}

pub(crate) fn run(command: &Command, terminal: &Terminal) -> Result<Exit, Failure> {
    match command {
        Command::Show(arguments) => show(arguments, terminal),
        Command::Schema => {
            let text = serde_json::to_string_pretty(&schema().json_schema())
                .map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
            terminal.result(&format!("{text}\n"))?;
            Ok(Exit::Done)
        }
        Command::Explain(arguments) => explain(arguments, terminal),
        Command::Diff(arguments) => diff(arguments, terminal),
    }
}

/// What a config file may say.
pub(crate) fn schema() -> Schema {
    describe(|fields| drop(Experiment::options(fields)))
}

fn show(arguments: &ShowArguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let Configuration { resolved, .. } =
        check::sound(Configuration::read(&arguments.config)?, terminal)?;
    if arguments.toml {
        terminal.result(&resolved.to_toml())?;
    } else if arguments.json {
        let settings: Vec<Value> = resolved
            .origins()
            .iter()
            .map(|setting| {
                json!({"key": setting.key, "value": setting.value.to_json(), "origin": origin(&setting.origin)})
            })
            .collect();
        json::print(terminal, json!({"settings": settings}))?;
    } else {
        terminal.result(&shown(&resolved, terminal.colors_results))?;
    }
    Ok(Exit::Done)
}

fn origin(origin: &Origin) -> Value {
    match origin {
        Origin::Default => json!({"kind": "default"}),
        Origin::File {
            name,
            line,
            profile,
        } => json!({"kind": "file", "file": name, "line": line, "profile": profile}),
        Origin::Flag(flag) => json!({"kind": "flag", "flag": flag}),
        Origin::Set => json!({"kind": "set"}),
    }
}

fn shown(resolved: &Resolved, color: bool) -> String {
    let mut table = Table::new([
        ("key", Side::Left),
        ("value", Side::Left),
        ("origin", Side::Left),
    ]);
    for setting in resolved.origins() {
        table.row([
            setting.key,
            safe_line(&setting.value.to_string(), 70),
            setting.origin.to_string(),
        ]);
    }
    table.text(color)
}

fn explain(arguments: &ExplainArguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let schema = schema();
    let Some(key) = &arguments.key else {
        let mut table = Table::new([("key", Side::Left), ("what", Side::Left)]);
        for node in &schema.keys {
            table.row([node.key.clone(), node.help.clone()]);
        }
        if arguments.json {
            let keys: Vec<Value> = schema
                .keys
                .iter()
                .map(|node| json!({"key": node.key, "help": node.help}))
                .collect();
            json::print(terminal, json!({"keys": keys}))?;
        } else {
            terminal.result(&table.text(terminal.colors_results))?;
        }
        return Ok(Exit::Done);
    };
    let found = schema.found(key).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no key '{key}'"));
        match schema.near(key) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("`polytask config explain` lists the keys at the top"),
        }
    })?;
    let node = found.node;
    let below: Vec<(String, String)> = match &node.kind {
        Kind::Table(keys) | Kind::Tables(keys) | Kind::TextsOrTable { keys, .. } => keys
            .iter()
            .map(|node| (node.key.clone(), node.help.clone()))
            .collect(),
        Kind::Choice(words) => words
            .iter()
            .map(|(word, help)| ((*word).to_owned(), (*help).to_owned()))
            .collect(),
        _ => schema
            .entries(key)
            .unwrap_or_default()
            .iter()
            .map(|variant| (variant.name.to_owned(), variant.summary.to_owned()))
            .collect(),
    };
    let types = found.types();
    let defaults = defaults(&found);
    if arguments.json {
        json::print(
            terminal,
            json!({
                "key": key, "help": node.help, "wants": node.kind.to_string(), "required": node.is_required,
                "default": if defaults.len() > 1 { None } else { node.default.as_ref().map(Literal::to_json) },
                "of_types": types,
                "defaults": found.of.iter().map(|(name, node)| ((*name).to_owned(), json!(node.default.as_ref().map(Literal::to_json))))
                    .collect::<serde_json::Map<_, _>>(),
                "below": below.iter().map(|(name, help)| json!({"name": name, "help": help})).collect::<Vec<_>>(),
            }),
        )?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{key}: {}\n\n  wants    {}\n", node.help, node.kind);
    if defaults.len() > 1 {
        let each: Vec<String> = defaults
            .iter()
            .map(|(default, types)| format!("{default} ({})", types.join(", ")))
            .collect();
        text.push_str(&format!("  default  {}\n", each.join("; ")));
    } else {
        match &node.default {
            Some(default) => text.push_str(&format!("  default  {default}\n")),
            None if node.is_required => text.push_str("  required\n"),
            None => text.push_str("  default  not set\n"),
        }
    }
    if !types.is_empty() {
        text.push_str(&format!("  of type  {}\n", types.join(", ")));
    }
    if !below.is_empty() {
        let mut table = Table::new([("", Side::Left), ("", Side::Left), ("", Side::Left)]);
        below
            .into_iter()
            .for_each(|(name, help)| table.row([String::new(), name, help]));
        text.push_str(&table.text(false));
    }
    terminal.result(&text)?;
    Ok(Exit::Done)
}

/// Each default that an option has, and the types that have it so.
fn defaults(found: &Found<'_>) -> Vec<(String, Vec<&'static str>)> {
    let mut defaults: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (name, node) in &found.of {
        let default = match &node.default {
            Some(default) => default.to_string(),
            None if node.is_required => "required".to_owned(),
            None => "not set".to_owned(),
        };
        match defaults.iter_mut().find(|(known, _)| *known == default) {
            Some((_, types)) => types.push(*name),
            None => defaults.push((default, vec![*name])),
        }
    }
    defaults
}

/// The config of a run, where a run directory or `latest` is named instead of a file.
fn of_run(mut side: ConfigArguments) -> ConfigArguments {
    if !side.config.is_file()
        && let Ok(Located::Run(run)) = locate(Path::new(RUNS), &side.config)
    {
        side.config = run.path().join("config.resolved.toml");
    }
    side
}

fn diff(arguments: &DiffArguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let left = ConfigArguments {
        config: arguments.left.clone(),
        over: crate::arguments::Overrides::default(),
    };
    let read = |side: ConfigArguments| Configuration::read(&of_run(side))?.sound(terminal);
    let (left, right) = (read(left)?, read(arguments.right.clone())?);
    let differences = left.resolved.diff(&right.resolved);
    if arguments.json {
        let value = |literal: &Option<Literal>| literal.as_ref().map(Literal::to_json);
        let listed: Vec<Value> = differences
            .iter()
            .map(
                |one| json!({"key": one.key, "left": value(&one.left), "right": value(&one.right)}),
            )
            .collect();
        json::print(terminal, json!({"differences": listed}))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new([
        ("key", Side::Left),
        ("left", Side::Left),
        ("right", Side::Left),
    ]);
    let value =
        |literal: Option<Literal>| literal.map_or("-".to_owned(), |literal| literal.to_string());
    for one in differences {
        table.row([one.key, value(one.left), value(one.right)]);
    }
    terminal.result(&if table.is_empty() {
        "no difference\n".to_owned()
    } else {
        table.text(terminal.colors_results)
    })?;
    Ok(Exit::Done)
}
