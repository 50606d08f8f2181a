//! Warnings about what a config says and the model does not heed.

use polytask_config::{Problem, Problems};
use polytask_data::TaskKind;
use polytask_model::MultiTaskModel;

use super::{Plan, PlannedTask};

impl Plan {
    /// Keys of the config that change nothing in this model, as warnings.
    #[must_use]
    pub fn unused(&self, model: &MultiTaskModel) -> Problems {
        let unused = self.model.unused(model).into_iter();
        let warning = |(key, why): (&str, &str)| {
            let name = key.rsplit('.').next().unwrap_or(key);
            let message = format!("`{name}` has no effect: {why}");
            Problem::warning("P0208", key, message)
        };
        let uncoupled = self.no_joint_head().into_iter();
        let uncoupled =
            uncoupled.map(|message| Problem::warning("P0208", "multitask.joint", message));
        let apart = self.numbers_apart.map(|why| {
            let message = format!("`numbers` has no effect: {why}");
            Problem::warning("P0208", "multitask.joint.numbers", message)
        });
        Problems(unused.map(warning).chain(uncoupled).chain(apart).collect())
    }

    /// That there is no joint head though one is asked for, and why.
    #[must_use]
    pub fn no_joint_head(&self) -> Option<String> {
        let why = self.uncoupled.as_ref()?;
        Some(format!("no joint head: {why}"))
    }
}

/// Why numbers of these names are not coupled, if any are named: too few are learnt, or else no training row has two of them.
pub(super) fn apart(names: &[String], tasks: &[PlannedTask]) -> Option<&'static str> {
    let named = tasks.iter().filter(|task| names.contains(&task.name));
    let outputs: usize = named
        .map(|task| match task.kind {
            TaskKind::Regression { outputs } => outputs,
            _ => 0,
        })
        .sum();
    let why = if outputs < 2 {
        "fewer than two of these numbers are learnt"
    } else {
        "no training row has two of these numbers"
    };
    (!names.is_empty()).then_some(why)
}
