//! `inspect RUN|CKPT|CONFIG`: modules with shapes and parameter counts, and where a checkpoint comes from.

mod canonical;

use std::path::{Path, PathBuf};

use clap::Args;
use polytask_config::Resolved;
use polytask_model::{
    ModuleSummary, MultiTaskModel, PartSummary, Summary, kind_name, names, summary,
};
use polytask_training::device::Place;
use polytask_training::load::{Loaded, from_checkpoint};
use polytask_training::plan::{Plan, PlanError};
use polytask_training::save::meta;
use serde_json::{Value, json};

use crate::arguments::{ConfigArguments, Overrides, RunArguments};
use crate::command::check;
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Exit, Failure};
use crate::json;
use crate::number::count;
use crate::runs::{Found, Unasked};
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe};

#[derive(Debug, Args)]
#[command(after_help = "\
A file ending in .toml is taken for a config: its model is built, without training.

Examples:
  polytask inspect latest
  polytask inspect student.toml --tensors
  polytask inspect latest --canonical --output canonical.ckpt")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: RunArguments,

    /// List every tensor
    #[arg(long)]
    tensors: bool,

    /// What tasks make of each code, or direction of the latent space, of the one of all models with these predictions whose numbers
    /// can be read
    #[arg(long)]
    canonical: bool,

    /// Write a checkpoint of that model: it predicts the same, and cannot be resumed
    #[arg(short, long, value_name = "FILE", requires = "canonical")]
    output: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let is_config = arguments
        .run
        .run
        .extension()
        .is_some_and(|extension| extension == "toml");
    if is_config && arguments.canonical {
        return Err(
            Failure::usage("a config has no trained model to put in canonical form")
                .hint("name a run directory, a checkpoint file, or `latest`"),
        );
    }
    if let Some(output) = &arguments.output
        && output.symlink_metadata().is_ok()
    {
        return Err(
            Failure::usage(format!("{} exists already", output.display()))
                .hint("name a file that does not"),
        );
    }
    let seen = if is_config {
        of_config(&arguments.run.run, terminal)?
    } else {
        of_checkpoint(arguments)?
    };
    if arguments.json {
        let mut document =
            json!({"model": summary_document(&summary(&seen.model)), "origin": seen.origin});
        if arguments.tensors
            && let Value::Object(map) = &mut document
        {
            map.insert("tensors".to_owned(), tensors_document(&seen.model));
        }
        if let (Some(told), Value::Object(map)) = (&seen.canonical, &mut document) {
            map.insert("canonical".to_owned(), told.document());
        }
        json::print(terminal, document)?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    if let Value::Object(origin) = &seen.origin {
        for (key, value) in origin
            .iter()
            .filter(|(_, value)| !value.is_null() && !value.is_array())
        {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            text.push_str(&safe(&format!("{key:12} {value}\n")));
        }
        text.push('\n');
    }
    text.push_str(&parts(&summary(&seen.model), terminal.colors_results));
    if arguments.tensors {
        text.push('\n');
        text.push_str(&tensors(&seen.model, terminal.colors_results));
    }
    if let Some(told) = &seen.canonical {
        text.push('\n');
        text.push_str(&told.text(terminal.colors_results));
    }
    terminal.result(&text)?;
    Ok(Exit::Done)
}

struct Seen {
    model: MultiTaskModel,
    /// An object: where the model comes from.
    origin: Value,
    canonical: Option<canonical::Told>,
}

fn of_config(path: &Path, terminal: &Terminal) -> Result<Seen, Failure> {
    let arguments = ConfigArguments {
        config: path.to_owned(),
        over: Overrides::default(),
    };
    let Configuration {
        document,
        experiment,
        resolved,
        ..
    } = check::sound(Configuration::read(&arguments)?, terminal)?;
    let failed = |error| unplanned(&document, error, terminal);
    let (plan, _) = Plan::resolve(experiment, Place::cpu()).map_err(failed)?;
    let model = plan
        .build(&plan.place.device)
        .map_err(|problems| failed(PlanError::from(problems)))?;
    Ok(Seen {
        model,
        origin: json!({"config": path.display().to_string(), "name": name(&resolved), "data": plan.facts.fingerprint}),
        canonical: None,
    })
}

fn name(resolved: &Resolved) -> Option<String> {
    let setting = resolved
        .origins()
        .into_iter()
        .find(|setting| setting.key == "name")?;
    setting.value.to_json().as_str().map(str::to_owned)
}

fn of_checkpoint(arguments: &Arguments) -> Result<Seen, Failure> {
    let Found {
        path,
        run,
        checkpoint,
    } = arguments.run.open(Unasked::Best)?;
    let score = checkpoint.score();
    let weights = match polytask_store::is_averaged(&checkpoint) {
        true => "their moving average (train.ema)",
        false => "as trained",
    };
    let written = arguments.output.as_ref().map(|_| checkpoint.clone());
    let loaded: Loaded = from_checkpoint(checkpoint, Place::cpu())?;
    let canonical = match arguments.canonical {
        true => Some(canonical::of(&loaded)?),
        false => None,
    };
    if let (Some(told), Some(path), Some(checkpoint)) = (&canonical, &arguments.output, &written) {
        told.write(path, checkpoint)?;
    }
    let tasks: Vec<Value> = loaded
        .tasks
        .iter()
        .map(|task| {
            json!({"name": task.name, "type": kind_name(&task.kind), "classes": task.fit.classes, "metrics": task.metrics})
        })
        .collect();
    let text = |key| loaded.meta.get(key).cloned();
    let origin = json!({
        "checkpoint": path.display().to_string(), "run": run.map(|run| run.display().to_string()),
        "step": loaded.step, "epoch": loaded.epoch, "score": score, "digest": loaded.digest, "weights": weights,
        "version": text(meta::VERSION), "backend": text(meta::BACKEND), "data": text(meta::DATA), "tasks": tasks,
    });
    Ok(Seen {
        model: loaded.model,
        origin,
        canonical,
    })
}

/// The model's parts and modules as a table.
pub(crate) fn parts(summary: &Summary, color: bool) -> String {
    let mut table = Table::new([
        ("module", Side::Left),
        ("what", Side::Left),
        ("output", Side::Left),
        ("parameters", Side::Right),
    ]);
    table.row([
        "input".to_owned(),
        String::new(),
        summary.input.clone(),
        String::new(),
    ]);
    for part in &summary.parts {
        for ModuleSummary {
            name,
            description,
            output,
            parameters,
        } in &part.modules
        {
            table.row([
                name.clone(),
                description.clone(),
                output.clone(),
                count(*parameters as u64),
            ]);
        }
        if part.modules.is_empty() {
            let own = count(part.parameters as u64);
            table.row([
                part_name(part),
                part.description.clone(),
                String::new(),
                own,
            ]);
        }
    }
    table.row([
        "all".to_owned(),
        String::new(),
        String::new(),
        count(summary.parameters as u64),
    ]);
    table.text(color)
}

fn part_name(part: &PartSummary) -> String {
    match &part.part {
        names::Part::Encoder => "encoder".to_owned(),
        names::Part::Sharing => "sharing".to_owned(),
        names::Part::Head(task) => format!("heads.{task}"),
        names::Part::Joint => "joint".to_owned(),
    }
}

/// The same as JSON.
pub(crate) fn summary_document(summary: &Summary) -> Value {
    let parts: Vec<Value> = summary
        .parts
        .iter()
        .map(|part| {
            let modules: Vec<Value> = part
                .modules
                .iter()
                .map(|module| {
                    json!({
                        "name": module.name, "description": module.description, "output": module.output,
                        "parameters": module.parameters,
                    })
                })
                .collect();
            json!({
                "name": part_name(part), "description": part.description, "parameters": part.parameters,
                "modules": modules,
            })
        })
        .collect();
    json!({"input": summary.input, "parameters": summary.parameters, "parts": parts})
}

fn tensors(model: &MultiTaskModel, color: bool) -> String {
    let mut table = Table::new([
        ("tensor", Side::Left),
        ("shape", Side::Left),
        ("numbers", Side::Right),
        ("trained", Side::Left),
    ]);
    for tensor in names::parameters(model) {
        let numbers: usize = tensor.shape.iter().product();
        let trained = if tensor.trainable { "yes" } else { "no" };
        table.row([
            tensor.name,
            format!("{:?}", tensor.shape),
            count(numbers as u64),
            trained.to_owned(),
        ]);
    }
    table.text(color)
}

fn tensors_document(model: &MultiTaskModel) -> Value {
    names::parameters(model)
        .into_iter()
        .map(|tensor| json!({"name": tensor.name, "shape": tensor.shape, "trained": tensor.trainable}))
        .collect()
}
