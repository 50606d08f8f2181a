//! Metrics as a table: one row per task and metric, the main one first.

use polytask_training::evaluate::Evaluation;

use crate::measures::TaskMeasures;
use crate::number::{count, figure};
use crate::table::{Side, Table};

/// All metrics of a split.
pub(crate) fn table(
    tasks: &[TaskMeasures],
    evaluation: &Evaluation,
    split: &str,
    color: bool,
) -> String {
    let mut table = Table::new([
        ("task", Side::Left),
        ("metric", Side::Left),
        ("value", Side::Right),
        ("rows", Side::Right),
    ]);
    for task in tasks {
        let rows = evaluation.rows.get(&task.name).copied().unwrap_or(0);
        let mut name = task.name.clone();
        let mut rows = count(rows as u64);
        let mut row = |metric: String, value: String| {
            table.row([
                std::mem::take(&mut name),
                metric,
                value,
                std::mem::take(&mut rows),
            ]);
        };
        for (metric, value) in task.on(split, &evaluation.metrics) {
            row(metric.to_owned(), figure(value));
        }
        let prefix = format!("{split}/{}/", task.name);
        for undefined in evaluation
            .undefined
            .iter()
            .filter_map(|key| key.strip_prefix(&prefix))
        {
            row(undefined.to_owned(), "undefined".to_owned());
        }
        if let Some(loss) = evaluation.metrics.get(&format!("{prefix}loss")) {
            row("loss".to_owned(), figure(*loss));
        } else {
            row("loss".to_owned(), "no labels".to_owned());
        }
    }
    for (name, key) in [("(all)", "score"), ("(all)", "loss")] {
        if let Some(value) = evaluation.metrics.get(&format!("{split}/{key}")) {
            table.row([
                name.to_owned(),
                key.to_owned(),
                figure(*value),
                String::new(),
            ]);
        }
    }
    table.text(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_is_named_once_and_its_main_metric_is_first() {
        let evaluation = Evaluation {
            metrics: [
                ("test/digit/accuracy", 0.98123),
                ("test/digit/log_loss", 0.0612),
                ("test/digit/loss", 0.0612),
                ("test/digit/weight", 1.0),
                ("test/loss", 0.0612),
            ]
            .map(|(key, value)| (key.to_owned(), value))
            .into(),
            rows: [("digit".to_owned(), 1234)].into(),
            undefined: vec!["test/digit/auroc".to_owned()],
            ..Evaluation::default()
        };
        let wanted = "\
task   metric        value   rows
digit  accuracy     0.9812  1,234
       log_loss     0.0612
       auroc     undefined
       loss         0.0612
(all)  loss         0.0612
";
        assert_eq!(
            table(
                &[TaskMeasures::new("digit", &[])],
                &evaluation,
                "test",
                false
            ),
            wanted
        );
    }
}
