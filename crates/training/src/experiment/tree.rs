//! Trees over labels: given in the config, or found in the labels of training.

use polytask_balance::{AggregatorOptions, Level};
use polytask_config::{Entry, Fields};
use polytask_data::TaskType;
use polytask_model::{Edge, circle};

use super::TaskTable;

/// A tree over labels.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeOptions {
    /// The maximum spanning tree on what pairs of labels share.
    ChowLiu {
        /// False discovery rate among pairs.
        rate: f64,
        /// Random pairings per test.
        permutations: usize,
    },
    /// These edges.
    Given {
        /// Pairs of labels.
        edges: Vec<Edge>,
    },
}

/// Every way to a tree.
pub static TREES: &[Entry<TreeOptions>] = &[
    Entry {
        name: "chow_liu",
        summary: "the tree of the training labels that explains most of what pairs share; pairs that share nothing \
                  significant stay apart",
        source: "Chow and Liu 1968, Approximating Discrete Probability Distributions with Dependence Trees",
        new: |fields| TreeOptions::ChowLiu {
            rate: fields
                .number(
                    "fdr",
                    "share of chance among the pairs that count as related",
                )
                .within(0.0..=1.0)
                .or(0.05),
            permutations: fields
                .integer("permutations", "random pairings per test of a pair")
                .within(19..=1_000_000)
                .or(999),
        },
        facts: (),
    },
    Entry {
        name: "given",
        summary: "the edges that are written down",
        source: "",
        new: |fields| {
            TreeOptions::Given {
            edges: fields
                .pairs(
                    "edges",
                    "pairs of tasks, or of TASK/LABEL of a multilabel task; read from the first task of the first pair on",
                )
                .at_least_one()
                .required(),
        }
        },
        facts: (),
    },
];

/// Reads the key `joint`.
pub(super) fn joint(
    fields: &mut Fields<'_>,
    tasks: &[TaskTable],
    aggregator: Option<&AggregatorOptions>,
) -> Option<TreeOptions> {
    let joint = fields
        .entry(
            "joint",
            "one law over the tasks' labels: the tree that couples them",
            TREES,
        )
        .optional()?
        .value;
    if let TreeOptions::Given { edges } = &joint {
        check(fields, edges, tasks);
    }
    if aggregator.is_some_and(|options| options.view.level != Level::Parameter) {
        fields.problem(
            "aggregator",
            "P0313",
            "a coupled label's loss reaches the heads of others, which only the gradients of all shared parameters show"
                .to_owned(),
            Some("leave `level` out".to_owned()),
        );
    }
    Some(joint)
}

/// What can be told of edges without the data.
fn check(fields: &mut Fields<'_>, edges: &[Edge], tasks: &[TaskTable]) {
    let path = fields.key_path("joint");
    let mut problem = |edge: usize, message: String, help: Option<String>| {
        fields.problem_at(format!("{path}.edges[{edge}]"), "P0312", message, help);
    };
    let mut is_known = true;
    for (index, edge) in edges.iter().enumerate() {
        for name in edge {
            let own = name.split('/').next().unwrap_or_default();
            match tasks.iter().find(|task| task.name == own) {
                Some(task) if task.data.kind == TaskType::Regression => {
                    let message = format!("`{own}` is a regression: only classes are coupled");
                    problem(index, message, None);
                }
                Some(_) => {}
                None => {
                    is_known = false;
                    let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
                    let help = format!("tasks: {}", names.join(", "));
                    problem(index, format!("there is no task `{own}`"), Some(help));
                }
            }
        }
    }
    if is_known && let Some((index, around)) = circle(edges) {
        let help = "a tree has one way between any two labels: leave one of these edges out";
        let message = format!("the edges close a circle: {}", around.join(" - "));
        problem(index, message, Some(help.to_owned()));
    }
}
