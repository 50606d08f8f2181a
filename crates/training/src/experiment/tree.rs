//! What couples labels: trees over classes, given in the config or found in the labels of training, and a Gaussian law over
//! numbers.

use polytask_balance::{AggregatorOptions, Level};
use polytask_config::{Entry, Fields};
use polytask_data::TaskType;
use polytask_model::{Edge, circle};

use super::TaskTable;

/// A tree over classes, and the numbers that are coupled beside it.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeOptions {
    /// The maximum spanning tree on what pairs of labels share.
    ChowLiu {
        /// False discovery rate among pairs.
        rate: f64,
        /// Random pairings per test.
        permutations: usize,
        /// Regressions whose numbers have one Gaussian law; all that can if none are named.
        numbers: Option<Vec<String>>,
    },
    /// These edges.
    Given {
        /// Pairs of classes.
        edges: Vec<Edge>,
        /// Regressions whose numbers have one Gaussian law.
        numbers: Vec<String>,
    },
}

impl TreeOptions {
    /// The regressions that are named.
    #[must_use]
    pub fn named_numbers(&self) -> &[String] {
        match self {
            Self::ChowLiu { numbers, .. } => numbers.as_deref().unwrap_or_default(),
            Self::Given { numbers, .. } => numbers,
        }
    }
}

/// Every way to a tree.
pub static TREES: &[Entry<TreeOptions>] = &[
    Entry {
        name: "chow_liu",
        summary: "the tree of the training labels that explains most of what pairs share; pairs that share nothing \
                  significant stay apart; numbers have one Gaussian law beside it",
        source: "Chow and Liu 1968, Approximating Discrete Probability Distributions with Dependence Trees",
        new: |fields| {
            TreeOptions::ChowLiu {
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
            numbers: fields
                .texts(
                    "numbers",
                    "regressions with one Gaussian law; by default all whose loss is not gaussian_nll",
                )
                .optional(),
        }
        },
        facts: (),
    },
    Entry {
        name: "given",
        summary: "the edges and numbers that are written down",
        source: "",
        new: |fields| {
            let edges = fields
                .pairs(
                    "edges",
                    "pairs of tasks with classes, or of TASK/LABEL of a multilabel task; read from the first task of the first pair on",
                )
                .at_least_one()
                .optional()
                .unwrap_or_default();
            let numbers = fields
                .texts("numbers", "regressions with one Gaussian law")
                .optional()
                .unwrap_or_default();
            let is_open = !fields.is_given("numbers") || fields.is_sound("numbers");
            if !fields.is_given("edges") && numbers.is_empty() && is_open {
                let help = "name pairs of classes in `edges`, or regressions in `numbers`";
                fields.problem(
                    "edges",
                    "P0312",
                    "nothing is coupled".to_owned(),
                    Some(help.to_owned()),
                );
            }
            TreeOptions::Given { edges, numbers }
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
            "one law over the tasks' labels: the tree that couples classes, and a Gaussian law of numbers",
            TREES,
        )
        .optional()?
        .value;
    match &joint {
        TreeOptions::Given { edges, numbers } => {
            check(fields, edges, tasks);
            check_numbers(fields, numbers, tasks);
        }
        TreeOptions::ChowLiu { numbers, .. } => {
            check_numbers(fields, numbers.as_deref().unwrap_or_default(), tasks);
        }
    }
    // A covariance of numbers is no part of any loss.
    let couples_classes = match &joint {
        TreeOptions::Given { edges, .. } => !edges.is_empty(),
        TreeOptions::ChowLiu { .. } => {
            let is_class = |task: &TaskTable| task.data.kind != TaskType::Regression;
            tasks.iter().any(is_class)
        }
    };
    let is_elsewhere = aggregator.is_some_and(|options| options.view.level != Level::Parameter);
    if couples_classes && is_elsewhere {
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
                    let message = format!("`{own}` is a regression: edges are between classes");
                    let help = format!("name it among `numbers`, such as numbers = [\"{own}\", …]");
                    problem(index, message, Some(help));
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

/// What can be told of numbers without the data.
fn check_numbers(fields: &mut Fields<'_>, numbers: &[String], tasks: &[TaskTable]) {
    let path = fields.key_path("joint");
    for (index, name) in numbers.iter().enumerate() {
        let (message, help) = match tasks.iter().find(|task| task.name == *name) {
            Some(task) if task.data.kind != TaskType::Regression => (
                format!("`{name}` is no regression: a Gaussian law is of numbers"),
                Some("classes are coupled by `edges`".to_owned()),
            ),
            Some(_) if numbers.iter().take(index).any(|before| before == name) => {
                (format!("`{name}` is named twice"), None)
            }
            Some(_) => continue,
            None => {
                let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
                let help = format!("tasks: {}", names.join(", "));
                (format!("there is no task `{name}`"), Some(help))
            }
        };
        fields.problem_at(format!("{path}.numbers[{index}]"), "P0312", message, help);
    }
}
