//! Tasks on a graph: λ Σ_edges A_st ‖w_s - w_t‖².
//!
//! Without `edges` it is every pair whose training labels are significantly related, A_st their adjusted information.
//!
//! Which is λ ½ Σ_s Σ_t A_st ‖w_s - w_t‖² = λ tr(Wᵀ (D - A) W) with a symmetric A and its degrees D. Source: Evgeniou et al.
//! 2005, section 3.1.

use std::sync::Arc;

use polytask_config::{Entry, Fields};

use super::{Asks, Related, Relation, Tie, Tied, form};
use crate::joint::Edge;

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "graph",
    summary: "weights of tasks that an edge joins near each other",
    source: "Evgeniou, Micchelli and Pontil 2005, Learning Multiple Tasks with Kernel Methods, JMLR",
    new: |fields| Arc::new(Graph::options(fields)),
    facts: (),
};

#[derive(Clone, Debug)]
pub(super) struct Graph {
    edges: Vec<Edge>,
    strengths: Vec<f64>,
    tied: Tied,
}

impl Graph {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        let edges = fields
            .pairs(
                "edges",
                "pairs of related tasks; if empty all whose training labels are, by their adjusted information",
            )
            .or(Vec::new());
        let strengths = fields
            .numbers(
                "strengths",
                "how strongly each pair is related; 1 for all if empty",
            )
            .each_at_least(0.0)
            .or(Vec::new());
        if !strengths.is_empty() && strengths.len() != edges.len() {
            fields.problem(
                "strengths",
                "P0315",
                format!("{} strengths for {} edges", strengths.len(), edges.len()),
                None,
            );
        }
        Self {
            edges,
            strengths,
            tied: Tied::options(fields),
        }
    }

    pub(super) fn between(&self, related: &[Related]) -> Self {
        let (edges, strengths) = related.iter().cloned().unzip();
        Self {
            edges,
            strengths,
            tied: self.tied.clone(),
        }
    }

    /// λ (D - A), row by row.
    pub(super) fn laplacian(&self, tasks: &[&str]) -> Vec<f64> {
        let between = |s: usize, t: usize| match (tasks.get(s), tasks.get(t)) {
            (Some(one), Some(other)) if s != t => self.strength(one, other),
            _ => 0.0,
        };
        form(tasks.len(), |s, t| {
            let degree = if s == t {
                (0..tasks.len()).map(|other| between(s, other)).sum()
            } else {
                0.0
            };
            self.tied.weight * (degree - between(s, t))
        })
    }

    /// A_st.
    fn strength(&self, one: &str, other: &str) -> f64 {
        let edges = self.edges.iter().enumerate();
        let own = edges.filter(|(_, [a, b])| (a == one && b == other) || (a == other && b == one));
        own.map(|(index, _)| self.strengths.get(index).copied().unwrap_or(1.0))
            .sum()
    }
}

impl Relation for Graph {
    fn tied(&self) -> &Tied {
        &self.tied
    }

    fn tie(&self, tasks: &[&str]) -> Tie {
        Tie::Quadratic(self.laplacian(tasks))
    }

    fn asks(&self) -> Option<Asks> {
        self.edges.is_empty().then_some(Asks::Pairs)
    }

    fn told(&self, related: &[Related]) -> Option<Arc<dyn Relation>> {
        Some(Arc::new(self.between(related)))
    }

    fn mentions(&self) -> Vec<(String, String)> {
        mentions(&self.edges, &self.tied)
    }

    fn problem(&self) -> Option<(String, String)> {
        let loops = self.edges.iter().position(|[one, other]| one == other)?;
        Some((
            format!("edges[{loops}]"),
            "a task is always near itself".to_owned(),
        ))
    }
}

/// The names in edges, and those that are listed.
pub(super) fn mentions(edges: &[Edge], tied: &Tied) -> Vec<(String, String)> {
    let edges = edges.iter().enumerate().flat_map(|(index, edge)| {
        edge.iter()
            .map(move |name| (format!("edges[{index}]"), name.clone()))
    });
    let tasks = tied.tasks.iter().enumerate();
    edges
        .chain(tasks.map(|(index, name)| (format!("tasks[{index}]"), name.clone())))
        .collect()
}
