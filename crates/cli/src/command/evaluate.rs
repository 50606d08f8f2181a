//! `evaluate RUN|CKPT`: metrics per task, and gates on them.

mod confusion;
mod gate;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use polytask_data::{Given, Oddities, Prepared};
use polytask_training::evaluate::Evaluation;
use polytask_training::load::{LoadError, Loaded, from_checkpoint, rows_of};
use polytask_training::save::meta;
use serde_json::json;

use self::gate::{Gate, check_gates};
use crate::arguments::{PlaceArguments, RunArguments};
use crate::budget::{Budget, rate_budget};
use crate::exit::{Exit, Failure};
use crate::measures::TaskMeasures;
use crate::number::count;
use crate::panics::Watch;
use crate::runs::{Found, Unasked};
use crate::terminal::{Terminal, look_at, safe};
use crate::{json, place, results};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  polytask evaluate latest
  polytask evaluate latest --split val --checkpoint last --json
  polytask evaluate latest --data new.csv --fail-under data/digit/accuracy=0.95
  polytask evaluate latest --data images=t10k-images-idx3-ubyte.gz,digit=t10k-labels-idx1-ubyte.gz")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: RunArguments,

    /// Which rows of the run's own data; test if there are any, else val
    #[arg(long, value_name = "SPLIT", conflicts_with = "data")]
    split: Option<Split>,

    /// Every labelled row of this file instead; its metrics are named data/TASK/METRIC. The images and labels of idx data
    /// are `images=FILE,COLUMN=FILE`
    #[arg(long, value_name = "FILE")]
    data: Option<Given>,

    /// Print which class was taken for which, too
    #[arg(long)]
    confusion: bool,

    /// Exit with 8 if the metric is worse than VALUE, in the metric's own direction; repeatable
    #[arg(long = "fail-under", value_name = "KEY=VALUE", value_parser = Gate::parse)]
    gates: Vec<Gate>,

    #[command(flatten)]
    place: PlaceArguments,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Split {
    Train,
    Val,
    Test,
}

impl Split {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    let Found {
        path,
        run,
        checkpoint,
    } = arguments.run.open(Unasked::Best)?;
    let trained_on = checkpoint.meta.get(meta::BACKEND).cloned();
    let place = place::for_trained(&arguments.place, trained_on.as_deref(), terminal, watch)?;
    let loaded = from_checkpoint(checkpoint, place)?;
    let (evaluation, oddities, split) = arguments.evaluate(&loaded)?;
    let odd = oddities.as_ref().map(Oddities::notes).unwrap_or_default();
    terminal.message(&look_at(&odd));
    let tasks: Vec<TaskMeasures> = loaded
        .tasks
        .iter()
        .map(|task| TaskMeasures::new(&task.name, &task.metrics))
        .collect();
    if arguments.json {
        let shown = |path: &PathBuf| path.display().to_string();
        json::print(
            terminal,
            json!({
                "run": run.as_ref().map(shown),
                "checkpoint": {
                    "path": shown(&path), "step": loaded.step, "epoch": loaded.epoch, "digest": loaded.digest,
                },
                "split": split, "data": arguments.data.as_ref().map(Given::shown),
                "oddities": oddities, "backend": loaded.place.backend,
                "rows": evaluation.rows, "metrics": evaluation.metrics, "undefined": evaluation.undefined,
                "information": results::information_document(&evaluation.information),
                "confusion": confusion::document(&loaded.tasks, &evaluation),
                "joint": evaluation.joint,
                "rate": evaluation.rate,
            }),
        )?;
    } else {
        terminal.message(&safe(&format!(
            "{} (step {}) on {} split, {}\n",
            path.display(),
            count(loaded.step),
            split,
            loaded.place.backend
        )));
        let budget = rate_budget(loaded.experiment())
            .map(|nats| Budget::new(nats, run.as_deref(), loaded.step));
        let table = results::table(&tasks, &evaluation, split, budget, terminal.colors_results);
        terminal.result(&table)?;
        if arguments.confusion {
            let tables = confusion::text(&loaded.tasks, &evaluation, terminal.colors_results);
            terminal.result(&tables)?;
        }
    }
    check_gates(&arguments.gates, &evaluation)
}

impl Arguments {
    /// The evaluation, what is odd about a file of its own, and the split's name.
    fn evaluate(
        &self,
        loaded: &Loaded,
    ) -> Result<(Evaluation, Option<Oddities>, &'static str), Failure> {
        let check = |splits: &[&'static str]| {
            let mut gates = self.gates.iter();
            gates.try_for_each(|gate| gate.check(splits, loaded))
        };
        if let Some(given) = &self.data {
            check(&["data"])?;
            let (evaluation, oddities) = loaded.evaluate_file(given, "data")?;
            return Ok((evaluation, Some(oddities), "data"));
        }
        // Whether there are test rows, only the data says; what is wrong in any case is said before it is read.
        match self.split {
            Some(split) => check(&[split.name()])?,
            None => check(&["test", "val"])?,
        }
        let prepared = loaded.prepare()?;
        let split = match self.split {
            Some(split) => split.name(),
            None => default_split(&prepared)?,
        };
        check(&[split])?;
        Ok((loaded.evaluate_prepared(&prepared, split)?, None, split))
    }
}

/// The split that is evaluated when none is named.
fn default_split(prepared: &Prepared) -> Result<&'static str, Failure> {
    match rows_of(prepared, "test") {
        Ok(_) => Ok("test"),
        Err(LoadError::Split { available, .. }) if available.iter().any(|split| split == "val") => {
            Ok("val")
        }
        Err(LoadError::Split { available, .. }) => Err(Failure::usage(format!(
            "there are no test rows and no val rows; splits with rows: {}",
            available.join(", ")
        ))
        .hint("--split train measures the rows that were learnt from, --data FILE those of another file")),
        Err(error) => Err(error.into()),
    }
}
