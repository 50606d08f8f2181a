//! Metrics as a table: one row per task and metric, the main one first, and beside each task what its model knows in bits.

use polytask_information::Flag;
use polytask_training::evaluate::{Evaluation, SAMPLED};
use polytask_training::information::{Calibration, Information};
use serde_json::{Map, Value, json};

use crate::budget::Budget;
use crate::measures::TaskMeasures;
use crate::number::{count, figure};
use crate::table::{Side, Table};
use crate::terminal::safe;

/// All metrics of a split; `budget` is that of a bottleneck's rate.
pub(crate) fn table(
    tasks: &[TaskMeasures],
    evaluation: &Evaluation,
    split: &str,
    budget: Option<Budget<'_>>,
    color: bool,
) -> String {
    let mut table = Table::new([
        ("task", Side::Left),
        ("metric", Side::Left),
        ("value", Side::Right),
        ("rows", Side::Right),
        ("usable bits", Side::Right),
        ("explained", Side::Right),
        ("lost", Side::Right),
    ]);
    for task in tasks {
        let rows = evaluation.rows.get(&task.name).copied().unwrap_or(0);
        let mut name = task.name.clone();
        let mut rows = count(rows as u64);
        let mut bits = bits(&evaluation.information, &task.name);
        let mut row = |metric: String, value: String| {
            let [usable, explained, lost] = std::mem::take(&mut bits);
            table.row([
                std::mem::take(&mut name),
                metric,
                value,
                std::mem::take(&mut rows),
                usable,
                explained,
                lost,
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
        // Losses count in the sum below as often as their weights say.
        let weight = evaluation.metrics.get(&format!("{prefix}weight"));
        if let Some(weight) = weight.filter(|weight| **weight != 1.0) {
            row("weight".to_owned(), figure(*weight));
        }
        if let Some(loss) = evaluation.metrics.get(&format!("{prefix}{SAMPLED}")) {
            row("loss of a drawn code".to_owned(), figure(*loss));
        }
    }
    for (name, key) in [("(all)", "score"), ("(all)", "penalty"), ("(all)", "loss")] {
        if let Some(value) = evaluation.metrics.get(&format!("{split}/{key}")) {
            table.row([
                name.to_owned(),
                key.to_owned(),
                figure(*value),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
    }
    let of_all = [
        ("joint bits gained", &evaluation.joint),
        ("rate in bits", &evaluation.rate),
    ];
    for (name, measure) in of_all {
        let Some(measure) = measure else { continue };
        let digits = |value: Option<f64>| value.map_or("-".to_owned(), |bits| format!("{bits:.3}"));
        let mut cells = [const { String::new() }; 7];
        cells[0] = "(all)".to_owned();
        cells[1] = name.to_owned();
        cells[2] = format!("{} ± {}", digits(measure.value), digits(measure.se));
        cells[3] = count(measure.n);
        table.row(cells);
    }
    table.drop_empty();
    let mut text = table.text(color);
    let over = budget.and_then(|budget| budget.note(evaluation));
    for note in notes(&evaluation.information, split)
        .into_iter()
        .chain(over)
    {
        text.push_str(&format!("! {}\n", safe(&note)));
    }
    text
}

/// Usable information of a task: bits with standard error, share of the label's uncertainty, bits lost to miscalibration.
fn bits(information: &Information, task: &str) -> [String; 3] {
    let Some(found) = information.measured.get(task) else {
        let is_asked = information.unmeasured.contains_key(task);
        return if is_asked {
            ["n/a".to_owned(), String::new(), String::new()]
        } else {
            Default::default()
        };
    };
    let usable = &found.usable;
    let value = |value: Option<f64>| value.map_or("-".to_owned(), |bits| format!("{bits:.3}"));
    let explained = usable.explained.as_ref().and_then(|share| share.value);
    [
        format!(
            "{} ± {}",
            value(usable.calibrated.value),
            value(usable.calibrated.se)
        ),
        explained.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share)),
        value(usable.miscalibration.value),
    ]
}

/// What a reader of these bits must know.
pub(crate) fn notes(information: &Information, split: &str) -> Vec<String> {
    let mut notes = Vec::new();
    for (task, found) in &information.measured {
        let shift = &found.usable.label_shift;
        // Chance alone passes 0.01 nats where there are few rows.
        let is_real = shift.p.is_some_and(|p| p < 0.05);
        if shift.flags.contains(&Flag::LabelShift) && is_real {
            notes.push(format!(
                "{task}: labels of {split} are not distributed as in training (KL {shift:.3}): usable bits may exceed the information \
                 that is there by as much"
            ));
        }
    }
    let crosswise = |found: &&polytask_training::information::TaskInformation| {
        found.calibration == Calibration::Crosswise
    };
    if information.measured.values().any(|found| crosswise(&found)) {
        notes.push(format!(
            "bits are calibrated crosswise on {split} itself, each half of the rows for the other"
        ));
    }
    for (task, why) in &information.unmeasured {
        notes.push(format!("{task}: no usable bits, {why}"));
    }
    notes
}

/// The records of every task.
pub(crate) fn information_document(information: &Information) -> Value {
    let measured: Map<String, Value> = information
        .measured
        .iter()
        .map(|(task, found)| {
            let mut record = json!(found.usable);
            if let Value::Object(record) = &mut record {
                record.insert("calibration".to_owned(), found.calibration.name().into());
            }
            (task.clone(), record)
        })
        .collect();
    json!({"usable": measured, "unmeasured": information.unmeasured})
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
                None,
                false
            ),
            wanted
        );
    }
}
