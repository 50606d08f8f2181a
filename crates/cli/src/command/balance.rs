//! `balance METHOD`: any balancing method on numbers that are given.

use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use polytask_balance::{AGGREGATORS, Answer, Request, RequestError, WEIGHTINGS, answer};

use crate::exit::{Exit, Failure};
use crate::json;
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe};

#[derive(Debug, Args)]
#[command(after_help = "\
The request is a JSON document with some of
  gram      inner products of the gradients [tasks][tasks]
  jacobian  the gradients [tasks][parameters]; with them the answer has a direction
  cross     inner products of the gradients of two batches, for modo and sdmgrad
  losses    the losses [tasks]; 1 each if left out
  steps     a run from its start, in place of these: a list of steps, each with some of them and of
              losses_after  the losses of the batch after the step, which famo learns from
              look_ahead    slopes of the validation loss in the weights, which auto_lambda learns from
              end_epoch     true after the last step of an epoch, for dwa, stch and others
            The answer is that to the last step, with all of them in `steps`.
  options   of the method, see `polytask list aggregators` and `polytask list weightings`
  wrap      options of the wrappers; if left out there are none, and the scale is the method's own
  task_weights  the tasks' own weights, the preferences of pbi, cosmos, tchebycheff and stch; they are multiplied in
  families      classification, squared_error or other, for uncertainty and nats; entropies, variances: of the targets
  seed, step    what is drawn at random depends on them; 0 if left out
A null in the place of a task's loss or row: it has no label in this step.
Several documents, one after the other, are answered one by one.

Examples:
  echo '{\"gram\": [[1, 0], [0, 4]], \"options\": {\"normalize\": \"none\"}}' | polytask balance mgda
  echo '{\"steps\": [{\"losses\": [1, 1], \"losses_after\": [0.5, 0.9]}, {\"losses\": [0.5, 0.9]}]}' | polytask balance famo
  polytask balance cagrad --input gradients.json --json")]
pub(crate) struct Arguments {
    /// A weighting or an aggregator
    #[arg(value_name = "METHOD", value_parser = methods(), hide_possible_values = true)]
    method: String,

    /// File with the request; `-` reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    input: PathBuf,

    /// Print one JSON document a line for each request
    #[arg(long)]
    pub(crate) json: bool,
}

fn methods() -> PossibleValuesParser {
    let aggregators = AGGREGATORS.iter().map(|entry| entry.name);
    let weightings = WEIGHTINGS.iter().map(|entry| entry.name);
    let weightings = weightings.filter(|name| AGGREGATORS.iter().all(|entry| entry.name != *name));
    PossibleValuesParser::new(aggregators.chain(weightings).collect::<Vec<_>>())
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let place = shown(&arguments.input);
    let input: Box<dyn Read> = if arguments.input == Path::new("-") {
        Box::new(stdin().lock())
    } else {
        let file = File::open(&arguments.input).map_err(|error| {
            Failure::new(Exit::Data, format!("{place}: cannot be read: {error}"))
        })?;
        Box::new(BufReader::new(file))
    };
    let mut is_first = true;
    for request in serde_json::Deserializer::from_reader(input).into_iter::<Request>() {
        let request = request.map_err(|error| {
            Failure::new(Exit::Data, format!("{place}: no request: {error}"))
                .hint("`polytask help balance` says what a request may have")
        })?;
        let answer = answer(&arguments.method, &request).map_err(|error| refused(&error))?;
        if arguments.json {
            terminal.result(&json::line(&answer)?)?;
        } else {
            let separator = if is_first { "" } else { "\n" };
            terminal.result(&format!(
                "{separator}{}",
                text(&answer, terminal.colors_results)
            ))?;
        }
        is_first = false;
    }
    if is_first {
        return Err(
            Failure::new(Exit::Data, format!("{place}: no request: it is empty"))
                .hint("`polytask help balance` says what a request may have"),
        );
    }
    Ok(Exit::Done)
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn refused(error: &RequestError) -> Failure {
    match error {
        RequestError::Options(problems) => Failure::rendered(Exit::Config, safe(problems)),
        RequestError::UnknownMethod { .. } => Failure::usage(error.to_string()),
        _ => Failure::new(Exit::Data, error.to_string()),
    }
}

/// The one step, or each of several under its number.
fn text(answer: &Answer, color: bool) -> String {
    if answer.steps.is_empty() {
        return step(answer, color);
    }
    let steps = answer.steps.iter().enumerate();
    let steps = steps.map(|(number, answer)| format!("step {number}\n{}", step(answer, color)));
    steps.collect::<Vec<_>>().join("\n")
}

fn step(answer: &Answer, color: bool) -> String {
    let mut table = Table::new([
        ("task", Side::Left),
        ("weight", Side::Right),
        ("head", Side::Right),
    ]);
    let weights = answer.weights.as_deref().unwrap_or_default();
    let heads = answer.heads.as_deref().unwrap_or_default();
    let written = |number: Option<f64>| number.map_or("-".to_owned(), |number| number.to_string());
    for task in 0..weights.len().max(heads.len()) {
        let weight = weights.get(task).copied().flatten();
        // A head without a word of its own is trained with the task's weight.
        let head = heads.get(task).copied().flatten().or(weight);
        table.row([format!("task_{task}"), written(weight), written(head)]);
    }
    let mut text = String::new();
    if !table.is_empty() {
        text.push_str(&table.text(color));
    }
    if let Some(direction) = &answer.direction {
        let entries: Vec<String> = direction.iter().map(f64::to_string).collect();
        text.push_str(&format!("direction {}\n", entries.join(" ")));
    }
    text.push_str(&format!("residual {}\n", answer.residual));
    if let Some(note) = &answer.note {
        text.push_str(&format!("note {}\n", safe(note)));
    }
    text
}
