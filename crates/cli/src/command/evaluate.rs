//! `evaluate RUN|CKPT`: metrics per task, and gates on them.

mod confusion;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use polytask_config::nearest;
use polytask_data::{Given, Oddities};
use polytask_metrics::Better;
use polytask_training::evaluate::{Evaluation, USABLE};
use polytask_training::load::{LoadError, Loaded, from_checkpoint};
use polytask_training::plan::PlannedTask;
use polytask_training::save::meta;
use serde_json::json;

use crate::arguments::{PlaceArguments, RunArguments};
use crate::exit::{Exit, Failure};
use crate::measures::{TaskMeasures, better};
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

/// `test/digit/accuracy=0.95`.
#[derive(Clone, Debug, PartialEq)]
struct Gate {
    key: String,
    bound: f64,
}

impl Gate {
    fn parse(text: &str) -> Result<Self, String> {
        let (key, bound) = text
            .rsplit_once('=')
            .ok_or("write KEY=VALUE, such as test/digit/accuracy=0.95")?;
        let bound = bound
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|bound| bound.is_finite());
        let bound = bound.ok_or_else(|| "the value is no finite number".to_owned())?;
        Ok(Self {
            key: key.trim().to_owned(),
            bound,
        })
    }

    /// How the metric misses the gate; none if it passes.
    ///
    /// # Errors
    /// A key that was not measured.
    fn miss(&self, evaluation: &Evaluation) -> Result<Option<String>, Failure> {
        let (relation, is_met): (_, fn(f64, f64) -> bool) = match better(&self.key) {
            Better::Higher => ("at least", |value, bound| value >= bound),
            Better::Lower => ("at most", |value, bound| value <= bound),
        };
        match evaluation.metrics.get(&self.key) {
            Some(value) if is_met(*value, self.bound) => Ok(None),
            // All digits: a miss by a hair must be seen as one.
            Some(value) => Ok(Some(format!(
                "{} is {value}, wanted {relation} {}",
                self.key, self.bound
            ))),
            None if evaluation.undefined.contains(&self.key) => Ok(Some(format!(
                "{} is undefined on these rows, wanted {relation} {}",
                self.key, self.bound
            ))),
            None => Err(self.unknown(evaluation.metrics.keys().map(String::as_str))),
        }
    }

    /// Refuses a task or metric that there is not, before anything is measured.
    ///
    /// # Errors
    /// A key that cannot be measured.
    fn check(&self, tasks: &[PlannedTask]) -> Result<(), Failure> {
        let mut parts = self.key.split('/');
        let (Some(split), Some(name), Some(metric), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(());
        };
        let task = tasks.iter().find(|task| task.name == name);
        let is_named = |task: &PlannedTask| task.metrics.iter().any(|own| own == metric);
        if task.is_some_and(|task| is_named(task) || ["loss", USABLE].contains(&metric)) {
            return Ok(());
        }
        let known: Vec<String> = tasks
            .iter()
            .flat_map(|task| {
                let metrics = task.metrics.iter();
                metrics.map(move |metric| format!("{split}/{}/{metric}", task.name))
            })
            .collect();
        Err(self.unknown(known.iter().map(String::as_str)))
    }

    fn unknown<'k>(&self, known: impl Iterator<Item = &'k str> + Clone) -> Failure {
        const LISTED: usize = 12;
        let hint = match nearest(&self.key, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let more = if known.clone().nth(LISTED).is_some() {
                    ", …"
                } else {
                    ""
                };
                let keys: Vec<&str> = known.take(LISTED).collect();
                format!("there are: {}{more}", keys.join(", "))
            }
        };
        Failure::usage(format!("--fail-under: there is no '{}' here", self.key)).hint(hint)
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
    for gate in &arguments.gates {
        gate.check(&loaded.tasks)?;
    }
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
        let table = results::table(&tasks, &evaluation, split, terminal.colors_results);
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
        if let Some(given) = &self.data {
            let (evaluation, oddities) = loaded.evaluate_file(given, "data")?;
            return Ok((evaluation, Some(oddities), "data"));
        }
        let Some(split) = self.split else {
            return match loaded.evaluate_split("test") {
                Err(LoadError::Split { available, .. }) if available.iter().any(|split| split == "val") => {
                    Ok((loaded.evaluate_split("val")?, None, "val"))
                }
                Err(LoadError::Split { available, .. }) => Err(Failure::usage(format!(
                    "there are no test rows and no val rows; splits with rows: {}",
                    available.join(", ")
                ))
                .hint("--split train measures the rows that were learnt from, --data FILE those of another file")),
                evaluated => Ok((evaluated?, None, "test")),
            };
        };
        Ok((loaded.evaluate_split(split.name())?, None, split.name()))
    }
}

fn check_gates(gates: &[Gate], evaluation: &Evaluation) -> Result<Exit, Failure> {
    let mut missed = Vec::new();
    for gate in gates {
        missed.extend(gate.miss(evaluation)?);
    }
    if missed.is_empty() {
        return Ok(Exit::Done);
    }
    let lines: Vec<String> = missed
        .iter()
        .map(|miss| format!("gate missed: {miss}"))
        .collect();
    // The document has the metrics.
    Err(Failure::new(Exit::Gate, lines.join("\n")).documented())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(gate: &str) -> Result<Option<String>, Failure> {
        let evaluation = Evaluation {
            metrics: [
                ("test/a/accuracy".to_owned(), 0.9),
                ("test/b/mae".to_owned(), 0.2),
            ]
            .into(),
            undefined: vec!["test/a/auroc".to_owned()],
            ..Evaluation::default()
        };
        Gate::parse(gate).unwrap().miss(&evaluation)
    }

    #[test]
    fn a_gate_goes_in_the_direction_of_its_metric() {
        assert_eq!(miss("test/a/accuracy=0.9"), Ok(None));
        assert!(miss("test/a/accuracy=0.91").unwrap().is_some());
        assert_eq!(miss("test/b/mae=0.2"), Ok(None));
        assert!(miss("test/b/mae=0.19").unwrap().is_some());
        assert!(miss("test/a/auroc=0.1").unwrap().is_some());
        assert_eq!(miss("test/a/acuracy=0.1").unwrap_err().exit, Exit::Usage);
        assert!(Gate::parse("test/a/accuracy=NaN").is_err());
    }
}
