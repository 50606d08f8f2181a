//! `[checkpoint]`.

use std::time::Duration;

use polytask_config::Fields;

/// `[checkpoint]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckpointOptions {
    /// Newest checkpoints that are kept.
    pub keep_last: usize,
    /// Best checkpoints that are kept.
    pub keep_best: usize,
    /// When one is written.
    pub every: Every,
}

/// When a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    /// At the end of every so many epochs.
    Epochs(u64),
    /// After every so many optimizer steps.
    Steps(u64),
    /// When so much time has passed since the last one.
    Time(Duration),
}

impl CheckpointOptions {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        let every = fields
            .text("every", "\"1 epoch\", \"500 steps\" or \"10 min\"")
            .or("1 epoch");
        let every = Every::parse(&every).unwrap_or_else(|| {
            fields.problem(
                "every",
                "P0303",
                format!("\"{every}\" is no interval"),
                Some("write a count and a unit: \"1 epoch\", \"500 steps\", \"30 s\", \"10 min\" or \"2 h\"".to_owned()),
            );
            Every::Epochs(1)
        });
        Self {
            keep_last: fields
                .integer("keep_last", "newest checkpoints that are kept")
                .at_least(1)
                .or(2),
            keep_best: fields
                .integer("keep_best", "best checkpoints that are kept")
                .or(1),
            every,
        }
    }
}

impl Every {
    /// Reads `"500 steps"`.
    ///
    /// ```
    /// use polytask_training::experiment::Every;
    ///
    /// assert_eq!(Every::parse("500 steps"), Some(Every::Steps(500)));
    /// assert_eq!(Every::parse("fortnight"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.trim().split_once(char::is_whitespace)?;
        let count: u64 = count.parse().ok().filter(|&count| count > 0)?;
        Some(match unit.trim() {
            "epoch" | "epochs" => Self::Epochs(count),
            "step" | "steps" => Self::Steps(count),
            "s" | "sec" | "seconds" => Self::Time(Duration::from_secs(count)),
            "min" | "minutes" => Self::Time(Duration::from_secs(count.checked_mul(60)?)),
            "h" | "hours" => Self::Time(Duration::from_secs(count.checked_mul(3600)?)),
            _ => return None,
        })
    }
}
