//! From RUN or CKPT on the command line to a checkpoint that was read and verified.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use polytask_store::{Checkpoint, Fallback, Located, Pick, RunDir, Selected, StoreError, locate};

use crate::arguments::RunArguments;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// Where runs are made and `latest` is looked for.
pub(crate) const RUNS: &str = "runs";

/// Which checkpoint of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Best,
    Last,
    Step(u64),
}

impl Which {
    /// Parses `best`, `last`, `step-N`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "last" => Ok(Self::Last),
            other => other
                .strip_prefix("step-")
                .and_then(|step| step.strip_suffix(".ckpt").unwrap_or(step).parse().ok())
                .map(Self::Step)
                .ok_or_else(|| "write `best`, `last` or `step-N`, such as step-120".to_owned()),
        }
    }

    pub(crate) fn pick(self) -> Pick {
        match self {
            Self::Best => Pick::Best,
            Self::Last => Pick::Last,
            Self::Step(step) => Pick::Step(step),
        }
    }
}

/// A checkpoint, verified to the last byte.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// The run that it lies in.
    pub(crate) run: Option<PathBuf>,
    pub(crate) checkpoint: Checkpoint,
}

/// What to take of a run when the user does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// The best, or the last if none has a score.
    Best,
    Last,
}

impl RunArguments {
    /// Finds and reads the checkpoint. One that is corrupt is an error, never replaced by another.
    ///
    /// # Errors
    /// Nothing there, or not valid.
    pub(crate) fn open(&self, unasked: Unasked) -> Result<Found, Failure> {
        match locate(Path::new(RUNS), &self.run)? {
            Located::Checkpoint { path, run } => {
                if self.checkpoint.is_some() {
                    return Err(Failure::usage(
                        "--checkpoint picks one of a run, but a checkpoint file is named",
                    ));
                }
                let checkpoint = polytask_store::read(&path)?;
                if let Some(run) = &run {
                    run.owns(&path, &checkpoint.meta)?;
                }
                Ok(Found {
                    path,
                    run: run.map(|run| run.path().to_owned()),
                    checkpoint,
                })
            }
            Located::Run(run) => {
                let selected = self.select(&run, unasked).map_err(|error| {
                    let hint = "another checkpoint may be sound: `polytask verify RUN` lists them, --checkpoint step-N picks one";
                    let is_refusal = matches!(error, StoreError::NoFallback { .. });
                    let failure = Failure::from(error);
                    if is_refusal { failure.hint(hint) } else { failure }
                })?;
                let Selected {
                    path, checkpoint, ..
                } = selected;
                Ok(Found {
                    path,
                    run: Some(run.path().to_owned()),
                    checkpoint,
                })
            }
        }
    }

    fn select(&self, run: &RunDir, unasked: Unasked) -> Result<Selected, StoreError> {
        match (self.checkpoint, unasked) {
            (Some(which), _) => run.select(which.pick(), Fallback::Refused),
            (None, Unasked::Last) => run.select(Pick::Last, Fallback::Refused),
            (None, Unasked::Best) => best_or_last(run),
        }
    }
}

/// The best checkpoint or, where none was scored, the last. A damaged one is refused, not passed over.
pub(crate) fn best_or_last(run: &RunDir) -> Result<Selected, StoreError> {
    match run.select(Pick::Best, Fallback::Refused) {
        Err(StoreError::Missing { .. }) => run.select(Pick::Last, Fallback::Refused),
        selected => selected,
    }
}

/// Says of each checkpoint that was passed over why.
pub(crate) fn warn_of_skipped(selected: &Selected, terminal: &Terminal) {
    for skipped in &selected.skipped {
        terminal.warning(&format!("not used: {}", skipped.reason));
    }
}

/// Writes into `run.json` how the process ended. The checkpoints are what counts, so nothing here is an error.
pub(crate) fn record_exit(run: &Path, exit: Exit, reason: Option<String>) {
    let Ok(mut writer) = RunDir::open(run).and_then(|run| run.lock()) else {
        return;
    };
    if let Ok(record) = writer.record() {
        let reason = reason.or_else(|| record.reason.clone());
        drop(writer.write_record(&record.ended(
            record.status,
            reason,
            i32::from(exit.code()),
            SystemTime::now(),
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_named_by_a_word_or_its_step() {
        assert_eq!(Which::parse("best"), Ok(Which::Best));
        assert_eq!(Which::parse("step-00000120.ckpt"), Ok(Which::Step(120)));
        assert_eq!(Which::parse("step-7"), Ok(Which::Step(7)));
        assert!(Which::parse("newest").is_err());
    }
}
