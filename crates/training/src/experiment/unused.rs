//! Keys that are right by themselves and change nothing beside other tables: warnings, as of a compiler.

use polytask_config::Fields;

use super::Experiment;

/// A value that changes nothing, here only where no single table can tell.
const UNUSED: &str = "P0208";
/// A method in a setting that its paper does not speak of.
const BEYOND_PAPER: &str = "P0315";

/// Warns of them.
pub(super) fn warn(fields: &mut Fields<'_>, experiment: &Experiment) {
    let mut columns = experiment.inputs.iter();
    if columns.all(|(_, input)| input.categorical.is_empty()) {
        for key in ["categorical.coding", "categorical.width"] {
            fields.unused(key, "without a categorical column in [inputs]");
        }
    }
    for (metric, weight) in &experiment.score {
        if *weight == 0.0 {
            let message = format!("with weight 0 `{metric}` is no part of the score");
            fields.warning(format!("score.\"{metric}\""), UNUSED, message, None);
        }
    }
    let learnt = experiment.tasks.iter().filter(|task| task.data.active);
    let learnt: Vec<&str> = learnt.map(|task| task.name.as_str()).collect();
    if learnt.len() == 1 && experiment.weighting.name != "fixed" {
        fields.unused("multitask.weighting", "where one task alone is learnt");
    }
    if let Some(relation) = &experiment.model.relation {
        let tied = &relation.tied().tasks;
        let is_tied = |name: &&&str| tied.is_empty() || tied.iter().any(|task| task == **name);
        if learnt.iter().filter(is_tied).count() < 2 {
            let beside = "where fewer than two of the tasks that it ties are learnt";
            fields.unused("multitask.relation", beside);
        }
    }
    let aggregator = experiment.aggregator.as_ref().map(|options| options.name);
    let optimizer = experiment.train.optimizer.name;
    if aggregator == Some("m_config") && optimizer != "sgd" {
        let message =
            format!("`m_config` divides by second moments itself, and {optimizer} does so again");
        let help =
            "its paper takes plain gradient descent: train.optimizer = { type = \"sgd\", lr = … }";
        let key = "multitask.aggregator".to_owned();
        fields.warning(key, BEYOND_PAPER, message, Some(help.to_owned()));
    }
}
