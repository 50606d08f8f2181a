//! `verify RUN|CKPT`: every checksum, and what can be resumed.

use std::path::{Path, PathBuf};

use clap::Args;
use polytask_store::{Flaw, Located, Log, RunDir, StoreError, Summary, locate};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::json;
use crate::number::{bytes, count, figure};
use crate::runs::RUNS;
use crate::table::{Side, Table};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "Exits with 6 if a file is corrupt.\n\nExample:\n  polytask verify latest")]
pub(crate) struct Arguments {
    /// Run directory, `latest`, or checkpoint file
    #[arg(value_name = "RUN|CKPT")]
    run: PathBuf,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// A part that every state of training has.
const PROGRESS: &str = "progress/step";

/// One file and what its verification said.
struct Checked {
    path: PathBuf,
    found: Result<Summary, StoreError>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut owner = None;
    let (run, files) = match locate(Path::new(RUNS), &arguments.run)? {
        Located::Checkpoint { path, run } => {
            owner = run;
            (None, vec![path])
        }
        Located::Run(run) => {
            let files = match run.checkpoints() {
                Ok(listed) => listed.into_iter().map(|listed| listed.path).collect(),
                Err(StoreError::Missing { .. }) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            (Some(run), files)
        }
    };
    let owner = owner.as_ref().or(run.as_ref());
    let checked: Vec<Checked> = files
        .into_iter()
        .map(|path| Checked {
            found: polytask_store::verify(&path)
                .and_then(|summary| named_right(&path, summary))
                .and_then(|summary| {
                    owner.map_or(Ok(()), |run| run.owns(&path, &summary.meta))?;
                    Ok(summary)
                }),
            path,
        })
        .filter(|checked| run.is_none() || !is_gone(checked))
        .collect();
    let others = run.as_ref().map(other_files).unwrap_or_default();
    if arguments.json {
        json::print(terminal, document(run.as_ref(), &checked, &others))?;
    } else {
        terminal.result(&text(&checked, &others, terminal.colors_results))?;
    }
    let refused = checked
        .into_iter()
        .filter_map(|checked| checked.found.err())
        .chain(others);
    let refused: Vec<StoreError> = refused.collect();
    match (refused.is_empty(), run) {
        (true, _) => Ok(Exit::Done),
        (false, _) => {
            let items = refused.iter().map(|error| (error.to_string(), None));
            // The document lists them all, too.
            Err(Failure::list(Exit::Checkpoint, items.collect(), 0).documented())
        }
    }
}

/// The summary, if the file is the one that its name says.
fn named_right(path: &Path, summary: Summary) -> Result<Summary, StoreError> {
    let name = path.file_name().and_then(|name| name.to_str());
    let said = name.and_then(polytask_store::checkpoint_step);
    match (said, summary.step()) {
        (Some(said), Some(step)) if said != step => Err(StoreError::corrupt(
            path,
            "header.meta.step",
            Flaw::OtherStep { said, step },
        )),
        _ => Ok(summary),
    }
}

/// Whether training can go on from a checkpoint; one in canonical form, for instance, has a model and no more.
fn is_resumable(summary: &Summary) -> bool {
    summary.parts.iter().any(|part| part.name == PROGRESS)
}

/// A run under way deletes old checkpoints; one that was listed a moment ago and is gone now is no damage.
fn is_gone(checked: &Checked) -> bool {
    matches!(checked.found, Err(StoreError::Missing { .. }))
        && checked.path.symlink_metadata().is_err()
}

/// What is wrong with a run's other files. A record or a journal that is missing is no corruption.
fn other_files(run: &RunDir) -> Vec<StoreError> {
    let record = run.record().err();
    let journals = [Log::Metrics, Log::Events].map(|log| run.log(log).err());
    let is_wrong = |error: &StoreError| !matches!(error, StoreError::Missing { .. });
    let found = record.into_iter().chain(journals.into_iter().flatten());
    found.filter(is_wrong).collect()
}

fn text(checked: &[Checked], others: &[StoreError], color: bool) -> String {
    let mut table = Table::new([
        ("checkpoint", Side::Left),
        ("step", Side::Right),
        ("epoch", Side::Right),
        ("score", Side::Right),
        ("size", Side::Right),
        ("state", Side::Left),
    ]);
    for Checked { path, found } in checked {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let shown = |value: Option<u64>| value.map_or_else(String::new, count);
        table.row(match found {
            Ok(summary) => [
                name,
                shown(summary.step()),
                shown(summary.epoch()),
                summary.score().map_or_else(String::new, figure),
                bytes(summary.bytes),
                if is_resumable(summary) {
                    "sound, can be resumed".to_owned()
                } else {
                    "sound, predicts only".to_owned()
                },
            ],
            Err(_) => [
                name,
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                "NOT VALID".to_owned(),
            ],
        });
    }
    let mut text = if table.is_empty() {
        "no checkpoints\n".to_owned()
    } else {
        table.text(color)
    };
    if !others.is_empty() {
        text.push_str(&format!("{} other files are damaged\n", others.len()));
    }
    text
}

fn document(run: Option<&RunDir>, checked: &[Checked], others: &[StoreError]) -> Value {
    let files: Vec<Value> = checked
        .iter()
        .map(|Checked { path, found }| {
            let path = path.display().to_string();
            match found {
                Ok(summary) => json!({
                    "path": path, "valid": true, "step": summary.step(), "epoch": summary.epoch(),
                    "score": summary.score(), "bytes": summary.bytes, "digest": summary.digest.to_string(),
                }),
                Err(error) => json!({"path": path, "valid": false, "problem": error.to_string()}),
            }
        })
        .collect();
    let record = run.and_then(|run| run.record().ok());
    json!({
        "run": run.map(|run| run.path().display().to_string()),
        "status": record.map(|record| record.status.to_string()),
        "valid": others.is_empty() && checked.iter().all(|checked| checked.found.is_ok()),
        "resumable": checked
            .iter()
            .filter_map(|checked| checked.found.as_ref().ok())
            .filter(|summary| is_resumable(summary))
            .filter_map(Summary::step)
            .max(),
        "checkpoints": files,
        "problems": others.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
