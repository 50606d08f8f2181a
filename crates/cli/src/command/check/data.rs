//! What `check` says of the data: rows per split, labels per task.

use polytask_data::Encoded;
use polytask_model::kind_name;
use polytask_training::plan::Plan;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::table::{Side, Table};
use crate::terminal::look_at;

/// Classes that are named before the rest is counted.
const NAMED: usize = 6;

/// What `data.json` would say.
pub(super) fn document(plan: &Plan) -> Result<Value, Failure> {
    serde_json::to_value(&plan.facts)
        .map_err(|error| Failure::new(Exit::Internal, error.to_string()))
}

pub(super) fn text(plan: &Plan, color: bool) -> String {
    let splits = [
        ("train", &plan.splits.train),
        ("val", &plan.splits.val),
        ("test", &plan.splits.test),
    ];
    let rows: Vec<String> = splits
        .iter()
        .map(|(name, rows)| format!("{} {name}", count(rows.len() as u64)))
        .collect();
    let mut text = format!("{} rows\n\n", rows.join(", "));
    let mut table = Table::new([
        ("task", Side::Left),
        ("type", Side::Left),
        ("train labels", Side::Right),
        ("val", Side::Right),
        ("test", Side::Right),
        ("classes (train labels)", Side::Left),
    ]);
    for (index, task) in plan.tasks.iter().enumerate() {
        let [train, val, test] =
            splits.map(|(_, rows)| count(labelled(&plan.encoded, rows, index)));
        let classes = task.fit.classes.iter().zip(&task.fit.counts);
        let mut named: Vec<String> = classes
            .take(NAMED)
            .map(|(class, labels)| format!("{class} {}", count(*labels)))
            .collect();
        if task.fit.counts.len() > NAMED {
            named.push(format!("and {} more", task.fit.counts.len() - NAMED));
        }
        table.row([
            task.name.clone(),
            kind_name(&task.kind).to_owned(),
            train,
            val,
            test,
            named.join(", "),
        ]);
    }
    text.push_str(&table.text(color));
    text.push('\n');
    let remarks = look_at(&plan.facts.remarks());
    if !remarks.is_empty() {
        text.push_str(&remarks);
        text.push('\n');
    }
    text
}

/// Rows that have a label of this task.
fn labelled(encoded: &Encoded, rows: &[u32], task: usize) -> u64 {
    const AT_ONCE: usize = 4096;
    let batches = rows.chunks(AT_ONCE).map(|rows| encoded.batch(rows));
    batches
        .map(|batch| {
            batch
                .targets
                .get(task)
                .map_or(0, |labels| labels.labelled as u64)
        })
        .sum()
}
