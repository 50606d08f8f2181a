//! Which failure of which crate gives which code.

use polytask_store::{Class, Flaw, StoreError};
use polytask_training::device::DeviceError;
use polytask_training::load::LoadError;
use polytask_training::run::RunError;
use polytask_training::save::SaveError;

use super::{Exit, Failure};
use crate::configuration::data_failure;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match error.class() {
            Class::Corrupt | Class::Incompatible | Class::Missing => Exit::Checkpoint,
            Class::Locked => Exit::Locked,
            Class::Io => Exit::Io,
            Class::Refused => Exit::Usage,
            // A kind that a later version of the crate knows and this one does not.
            #[allow(unreachable_patterns)]
            _ => Exit::Internal,
        };
        let failure = Self::new(exit, error.to_string());
        match error {
            StoreError::NoneValid { skipped, .. } => skipped
                .iter()
                .fold(failure, |failure, one| failure.hint(format!("refused: {}", one.reason))),
            StoreError::NotEmpty { .. } => {
                failure.hint("name a new directory with --run-dir, or continue the run with `polytask resume`")
            }
            StoreError::Missing { what: "run" | "run directory" | "run directory or checkpoint", .. } => {
                failure.hint("name a run directory, a checkpoint file, or `latest` for the newest run under runs/")
            }
            StoreError::Missing { what: "checkpoint of this step", .. } => {
                failure.hint("`polytask verify RUN` lists the checkpoints of a run")
            }
            StoreError::Corrupt { flaw: Flaw::NotOurs, .. } => {
                failure.hint("a run directory or a checkpoint file is wanted here; `polytask train CONFIG` makes them")
            }
            _ => failure,
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Self::new(Exit::Device, error.to_string())
            .hint("`polytask devices` lists what there is; `--backend cpu` always works")
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Diverged(ref problem) => {
                let way_out = if problem.skips > 0 {
                    "train.max_skips says how many steps in a row may be skipped"
                } else {
                    "train.on_nan = \"skip_step\" goes on"
                };
                Self::new(Exit::Diverged, error.to_string()).hint(format!(
                    "a lower train.optimizer.lr or train.gradient_clip_norm may help; {way_out}"
                ))
            }
            RunError::Save(SaveError::NotFinite { .. }) => {
                Self::new(Exit::Diverged, error.to_string())
            }
            RunError::Save(SaveError::Store(error)) => error.into(),
            RunError::Save(SaveError::State(_)) | RunError::Metric(_) | RunError::Batches(_) => {
                Self::new(Exit::Internal, error.to_string())
            }
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::Meta(_)
            | LoadError::Text { .. }
            | LoadError::Part(_)
            | LoadError::Restore(_) => Self::new(Exit::Checkpoint, error.to_string()),
            LoadError::Config(ref problems) => problems.0.iter().fold(
                Self::new(Exit::Checkpoint, error.to_string()),
                |failure, one| failure.hint(one.to_string()),
            ),
            LoadError::Data(errors) => data_failure(&errors),
            LoadError::OtherData { .. } => Self::new(Exit::Data, error.to_string())
                .hint("name the file to evaluate with --data, or put the data back as it was"),
            LoadError::Split { .. } => Self::usage(error.to_string()),
            LoadError::Metric(_) => Self::new(Exit::Internal, error.to_string()),
            LoadError::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                Self::closed_pipe()
            }
            LoadError::Output(_) => Self::new(Exit::Io, error.to_string()),
        }
    }
}
