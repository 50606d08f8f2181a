//! `run.json`: who a run is, how it stands, and what it ran on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Flaw, StoreError, timestamp};

/// The newest layout of `run.json` that this build knows.
const SCHEMA_VERSION: u64 = 1;

/// How a run stands. A run whose process died says `running` while nobody holds its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its process writes to it, or died without a word.
    Running,
    /// All epochs done, or stopped early as configured.
    Finished,
    /// The user asked it to stop.
    Stopped,
    /// An error ended it.
    Failed,
    /// A loss or gradient was not finite.
    Diverged,
    /// A signal ended it, state saved.
    Interrupted,
}

impl Status {
    /// Whether a run that stands like this may stand like `next` afterwards: anything may be resumed (then it is
    /// `running`), and only what runs can end.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == Self::Running || next == Self::Running || self == next
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
        })
    }
}

/// The content of `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Version of this layout.
    pub schema_version: u64,
    /// The UTC start and some digits: under `runs/` the run directory's own name.
    pub id: String,
    /// The experiment's name.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Why, in one sentence, if there is more to say than the status.
    pub reason: Option<String>,
    /// Of the process that ended it; none while it runs.
    pub exit_code: Option<i32>,
    /// When it was created, RFC 3339 in UTC.
    pub started: String,
    /// When this record was written.
    pub updated: String,
    /// How often it was resumed.
    pub resumes: u64,
    /// Version by program or format: `polytask`, `burn`, `checkpoint`.
    pub versions: BTreeMap<String, String>,
    /// `cpu`, `ndarray`, `wgpu`.
    pub backend: String,
    /// What the backend runs on, as it calls itself.
    pub adapter: Option<String>,
    /// Whether the same seed gives the same bits.
    pub deterministic: bool,
    /// How the tasks' gradients are told apart, where they are.
    #[serde(default)]
    pub engine: Option<String>,
    /// That labels stay uncoupled though the config asks for a joint head, and why.
    #[serde(default)]
    pub no_joint_head: Option<String>,
}

impl RunRecord {
    /// A run that has just begun.
    #[must_use]
    pub fn begun(id: impl Into<String>, name: impl Into<String>, now: SystemTime) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            id: id.into(),
            name: name.into(),
            status: Status::Running,
            reason: None,
            exit_code: None,
            started: timestamp(now),
            updated: timestamp(now),
            resumes: 0,
            versions: BTreeMap::new(),
            backend: String::new(),
            adapter: None,
            deterministic: false,
            engine: None,
            no_joint_head: None,
        }
    }

    /// The same run, continued.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use polytask_store::{RunRecord, Status};
    /// let now = SystemTime::now();
    /// let run = RunRecord::begun("2026-11-23T16-38-00Z-a1b2", "student", now);
    /// let ended = run.ended(Status::Interrupted, Some("SIGTERM".to_owned()), 143, now);
    /// let again = ended.resumed(now);
    /// assert_eq!((again.status, again.exit_code, again.resumes), (Status::Running, None, 1));
    /// assert_eq!(again.started, run.started);
    /// ```
    #[must_use]
    pub fn resumed(&self, now: SystemTime) -> Self {
        Self {
            status: Status::Running,
            reason: None,
            exit_code: None,
            updated: timestamp(now),
            resumes: self.resumes + 1,
            ..self.clone()
        }
    }

    /// The same run, ended.
    #[must_use]
    pub fn ended(
        &self,
        status: Status,
        reason: Option<String>,
        exit_code: i32,
        now: SystemTime,
    ) -> Self {
        Self {
            status,
            reason,
            exit_code: Some(exit_code),
            updated: timestamp(now),
            ..self.clone()
        }
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, StoreError> {
        /// Read first: a later version may have other fields.
        #[derive(Deserialize)]
        struct Version {
            schema_version: u64,
        }
        let json = |error: serde_json::Error| StoreError::corrupt(path, "run", Flaw::json(&error));
        let Version { schema_version } = serde_json::from_str(text).map_err(json)?;
        if schema_version > SCHEMA_VERSION {
            return Err(StoreError::NewerFormat {
                path: path.to_owned(),
                found: schema_version,
                known: SCHEMA_VERSION,
            });
        }
        serde_json::from_str(text).map_err(json)
    }

    pub(super) fn encode(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| StoreError::Unsavable {
            path: path.to_owned(),
            field: "run".to_owned(),
            flaw: Flaw::json(&error),
        })?;
        text.push(b'\n');
        Ok(text)
    }
}
