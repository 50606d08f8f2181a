//! Relations: penalties that tie the weights of several tasks' heads.
//!
//! With w_t the weights of task t's linear head, all numbers of it, most relations are a quadratic form
//! Σ_st Q_st ⟨w_s, w_t⟩ with a matrix Q that does not change in training, and their gradient is the tape's. The trace norm
//! has none at zero singular values: its proximal map follows each step of the optimizer.

mod clusters;
mod code_use;
mod graph;
mod mean;
mod ties;
pub(crate) mod trace_norm;
mod tree;

use std::sync::Arc;

use polytask_config::{Entry, Fields};

pub(crate) use ties::Ties;

use crate::joint::Edge;

/// A way in which tasks are related, as the config says it.
pub trait Relation: std::fmt::Debug + Send + Sync {
    /// The tasks it is for, and how strong it is.
    fn tied(&self) -> &Tied;

    /// What these tasks' weights cost: some of the config's, in its order.
    fn tie(&self, tasks: &[&str]) -> Tie;

    /// Every name of a task that the options hold, each with its key below the relation's.
    fn mentions(&self) -> Vec<(String, String)> {
        let tasks = self.tied().tasks.iter().enumerate();
        tasks
            .map(|(index, name)| (format!("tasks[{index}]"), name.clone()))
            .collect()
    }

    /// What it wants to know of the labels of training, if the options do not say who is related.
    fn asks(&self) -> Option<Asks> {
        None
    }

    /// The same between these tasks, each pair with its strength: the answer to [`asks`](Self::asks).
    fn told(&self, _related: &[Related]) -> Option<Arc<dyn Relation>> {
        None
    }

    /// What is wrong with the options by themselves: a key below the relation's, and a message.
    fn problem(&self) -> Option<(String, String)> {
        None
    }
}

/// What a relation wants to know of the labels of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Every pair that is significantly related, with its adjusted information.
    Pairs,
    /// The edges of their Chow-Liu tree.
    Tree,
}

/// Two tasks, and how strongly they are related.
pub type Related = (Edge, f64);

/// What every relation has.
#[derive(Clone, Debug, PartialEq)]
pub struct Tied {
    /// The tasks; all if empty.
    pub tasks: Vec<String>,
    /// λ.
    pub weight: f64,
}

impl Tied {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            weight: fields
                .number("weight", "of the penalty")
                .at_least(0.0)
                .or(0.01),
            tasks: fields
                .texts("tasks", "the tasks whose weights are tied; all if empty")
                .or(Vec::new()),
        }
    }
}

/// What tied weights cost.
pub enum Tie {
    /// Σ_st Q_st ⟨w_s, w_t⟩ with Q row by row.
    Quadratic(Vec<f64>),
    /// The same of the shares in which tasks use the codes of a dictionary.
    CodeUse(Vec<f64>),
    /// So many times the sum of the singular values of the matrix of all weights.
    TraceNorm(f64),
}

/// Every relation.
pub static RELATIONS: &[Entry<Arc<dyn Relation>>] = &[
    mean::ENTRY,
    clusters::ENTRY,
    graph::ENTRY,
    tree::ENTRY,
    code_use::ENTRY,
    trace_norm::ENTRY,
];

/// Reads the key `relation`; `tasks` are the names of all tasks.
pub fn relation(fields: &mut Fields<'_>, tasks: &[&str]) -> Option<Arc<dyn Relation>> {
    let help = "a penalty that ties the weights of the tasks' heads";
    let chosen = fields.entry("relation", help, RELATIONS).optional()?.value;
    let path = fields.key_path("relation");
    for (key, name) in chosen.mentions() {
        if !tasks.contains(&name.as_str()) {
            let help = format!("tasks: {}", tasks.join(", "));
            let message = format!("there is no task `{name}`");
            fields.problem_at(format!("{path}.{key}"), "P0315", message, Some(help));
        }
    }
    if let Some((key, message)) = chosen.problem() {
        fields.problem_at(format!("{path}.{key}"), "P0315", message, None);
    }
    Some(chosen)
}

/// A matrix `[tasks, tasks]`, row by row.
fn form(tasks: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let cells = (0..tasks * tasks).map(|at| value(at / tasks, at % tasks));
    cells.collect()
}
