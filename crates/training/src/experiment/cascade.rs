//! Tasks that read others that are not there, or each other in a circle.

use polytask_config::Fields;
use polytask_model::ring;

use super::TaskTable;

/// Finds them.
pub(super) fn check(fields: &mut Fields<'_>, tasks: &[TaskTable]) {
    let mut is_known = true;
    for task in tasks {
        let unknown = task.after.iter().enumerate();
        let mut unknown = unknown.filter(|(_, name)| !tasks.iter().any(|task| task.name == **name));
        if let Some((index, name)) = unknown.next() {
            is_known = false;
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            fields.problem_at(
                match task.after.len() {
                    1 => format!("tasks.{}.after", task.name),
                    _ => format!("tasks.{}.after[{index}]", task.name),
                },
                "P0314",
                format!("there is no task `{name}`"),
                Some(format!("tasks: {}", names.join(", "))),
            );
        }
    }
    let named: Vec<(&str, &[String])> = tasks
        .iter()
        .map(|task| (task.name.as_str(), task.after.as_slice()))
        .collect();
    if is_known && let Some((place, around)) = ring(&named) {
        let name = tasks.get(place).map_or("", |task| task.name.as_str());
        fields.problem_at(
            format!("tasks.{name}.after"),
            "P0314",
            format!(
                "the tasks read each other in a circle: {}",
                around.join(" after ")
            ),
            None,
        );
    }
}
