//! Which class was taken for which: true classes down, predicted ones across.

use polytask_metrics::ConfusionMatrix;
use polytask_training::evaluate::Evaluation;
use polytask_training::plan::PlannedTask;
use serde_json::{Map, Value, json};

use crate::number::count;
use crate::table::{Side, Table};

/// `{"digit": {"classes": […], "counts": [[…], …]}, …}`, counts by true class and predicted class.
pub(super) fn document(tasks: &[PlannedTask], evaluation: &Evaluation) -> Value {
    let matrices: Map<String, Value> = with_classes(tasks, evaluation)
        .map(|(task, matrix)| {
            let counts: Vec<Vec<u64>> = (0..matrix.classes())
                .map(|truth| row(matrix, truth).collect())
                .collect();
            let document = json!({"classes": names(task, matrix), "counts": counts});
            (task.name.clone(), document)
        })
        .collect();
    Value::Object(matrices)
}

/// A table for each task with classes.
pub(super) fn text(tasks: &[PlannedTask], evaluation: &Evaluation, color: bool) -> String {
    let mut text = String::new();
    for (task, matrix) in with_classes(tasks, evaluation) {
        let names = names(task, matrix);
        let corner = format!("{}: true \\ predicted", task.name);
        let heads = names.iter().map(|name| (name.as_str(), Side::Right));
        let mut table = Table::new([(corner.as_str(), Side::Left)].into_iter().chain(heads));
        for (truth, name) in names.iter().enumerate() {
            let counts = row(matrix, truth).map(|rows| match rows {
                0 => ".".to_owned(),
                rows => count(rows),
            });
            table.row([name.clone()].into_iter().chain(counts));
        }
        text.push_str(&format!("\n{}", table.text(color)));
    }
    text
}

fn with_classes<'a>(
    tasks: &'a [PlannedTask],
    evaluation: &'a Evaluation,
) -> impl Iterator<Item = (&'a PlannedTask, &'a ConfusionMatrix)> {
    tasks
        .iter()
        .filter_map(|task| Some((task, evaluation.confusion.get(&task.name)?)))
}

fn names(task: &PlannedTask, matrix: &ConfusionMatrix) -> Vec<String> {
    let known = &task.fit.classes;
    (0..matrix.classes())
        .map(|class| {
            known
                .get(class)
                .cloned()
                .unwrap_or_else(|| class.to_string())
        })
        .collect()
}

fn row(matrix: &ConfusionMatrix, truth: usize) -> impl Iterator<Item = u64> {
    (0..matrix.classes()).map(move |predicted| matrix.count(truth, predicted))
}
