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
        let all = unused.map(warning).chain(uncoupled).chain(apart);
        let more = [self.endless_warmup(), self.remembered_covariance(model)];
        Problems(all.chain(more.into_iter().flatten()).collect())
    }

    /// That the learning rate rises to the end of the run.
    fn endless_warmup(&self) -> Option<Problem> {
        let (warmup, steps) = (self.train.schedule.value.warmup(), self.steps());
        (warmup > 0 && warmup >= steps).then(|| {
            let message = format!(
                "the run has {steps} steps, so that the learning rate rises to its end: `warmup_steps` is {warmup}"
            );
            Problem::warning("P0208", "train.schedule.warmup_steps", message)
        })
    }

    /// That a covariance of numbers is of rows that the model may remember.
    fn remembered_covariance(&self, model: &MultiTaskModel) -> Option<Problem> {
        let is_remembered = model.couples_numbers() && self.splits.val.is_empty();
        is_remembered.then(|| {
            let message = "there are no validation rows: the covariance of coupled numbers is that of training rows, and too sure \
                           where a model remembers them";
            Problem::warning("P0208", "multitask.joint", message.to_owned())
        })
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
