//! Events as JSON objects: one description for `train --json` and for the run's `log.jsonl`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Event;

/// An event as JSON objects, with the name of what happened under `"event"`; `tasks` are the names that belong to values by
/// task. Epochs count from 1. A step has none: steps are too many, and `metrics.jsonl` has what is kept of them.
#[must_use]
pub fn records(event: &Event, tasks: &[String]) -> Vec<Value> {
    vec![match event {
        Event::Started {
            parameters,
            rows: [train, val, test],
            epochs,
            steps_per_epoch,
            step,
            backend,
        } => json!({
            "event": "started", "parameters": parameters, "tasks": tasks,
            "rows": {"train": train, "val": val, "test": test},
            "epochs": epochs, "steps_per_epoch": steps_per_epoch, "step": step, "backend": backend,
        }),
        Event::Epoch(report) => json!({
            "event": "epoch", "epoch": report.epoch + 1, "step": report.step, "metrics": report.metrics,
            "weights": by_task(tasks, &report.weights), "absent_steps": by_task(tasks, &report.absent),
            "is_best": report.is_best,
        }),
        Event::Checkpoint {
            step,
            path,
            bytes,
            is_best,
        } => json!({
            "event": "checkpoint", "step": step, "path": path.display().to_string(), "bytes": bytes, "is_best": is_best,
        }),
        Event::Skipped { step, reason } => {
            json!({"event": "skipped", "step": step, "reason": reason})
        }
        Event::Note(note) => json!({"event": "note", "message": note}),
        Event::Remarks(remarks) => {
            return remarks
                .iter()
                .map(|remark| json!({"event": "note", "about": "data", "message": remark}))
                .collect();
        }
        Event::Step { .. } => return Vec::new(),
    }]
}

fn by_task<T: Into<Value> + Clone>(tasks: &[String], values: &[T]) -> Value {
    let named: BTreeMap<&str, Value> = tasks
        .iter()
        .zip(values)
        .map(|(task, value)| (task.as_str(), value.clone().into()))
        .collect();
    json!(named)
}
