//! Tasks in clusters: weights near the mean of their cluster, the clusters' means near the mean of all, and that near zero.
//!
//! λ (μ T ‖w̄‖² + β Σ_c T_c ‖w̄_c - w̄‖² + Σ_t ‖w_t - w̄_c(t)‖²) with T_c tasks in cluster c. Source: Jacob et al. 2008,
//! equation 5, with the clusters given, the weight within clusters as unit, and λ over all.

use std::sync::Arc;

use polytask_config::Entry;

use super::{Asks, Related, Relation, Tie, Tied, form};
use crate::joint::{Edge, Tree};

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "clusters",
    summary: "each task's weights near the mean of its cluster, and clusters near each other",
    source: "Jacob et al. 2008, Clustered Multi-Task Learning: a Convex Formulation, NeurIPS",
    new: |fields| {
        Arc::new(Clusters {
            groups: fields
                .lists(
                    "groups",
                    "the clusters, each a list of tasks, a task in none being one of its own; if empty those that the Chow-Liu \
                     tree of the training labels leaves apart",
                )
                .or(Vec::new()),
            between: fields
                .number(
                    "between",
                    "how much clusters are drawn to each other, beside 1 within them",
                )
                .at_least(0.0)
                .or(0.1),
            mean: fields
                .number(
                    "mean",
                    "how much the mean of all is drawn to zero, beside 1 within clusters",
                )
                .at_least(0.0)
                .or(0.0),
            tied: Tied::options(fields),
        })
    },
    facts: (),
};

#[derive(Debug)]
struct Clusters {
    groups: Vec<Vec<String>>,
    between: f64,
    mean: f64,
    tied: Tied,
}

impl Relation for Clusters {
    fn tied(&self) -> &Tied {
        &self.tied
    }

    /// μ U + β (M - U) + (I - M) with U = 11ᵀ/T and M the mean over a task's cluster.
    fn tie(&self, tasks: &[&str]) -> Tie {
        let group = |task: usize| {
            let name = tasks.get(task).copied().unwrap_or_default();
            let is_in = |group: &Vec<String>| group.iter().any(|own| own == name);
            // A task in no group has a number that no other has.
            self.groups
                .iter()
                .position(is_in)
                .unwrap_or(self.groups.len() + task)
        };
        let groups: Vec<usize> = (0..tasks.len()).map(group).collect();
        let all = 1.0 / tasks.len() as f64;
        Tie::Quadratic(form(tasks.len(), |s, t| {
            let (of_s, of_t) = (groups.get(s), groups.get(t));
            let own = if of_s == of_t {
                1.0 / groups.iter().filter(|group| Some(*group) == of_s).count() as f64
            } else {
                0.0
            };
            let same = f64::from(u8::from(s == t));
            self.tied.weight * (self.mean * all + self.between * (own - all) + same - own)
        }))
    }

    fn asks(&self) -> Option<Asks> {
        self.groups.is_empty().then_some(Asks::Tree)
    }

    /// The clusters are what the edges join.
    fn told(&self, related: &[Related]) -> Option<Arc<dyn Relation>> {
        let edges: Vec<Edge> = related.iter().map(|(edge, _)| edge.clone()).collect();
        let tree = Tree::of(&edges, &[]);
        let mut groups: Vec<Vec<String>> = Vec::new();
        for place in &tree.places {
            // A root begins a cluster, and all below it follow before the next.
            if place.up.is_none() {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.last_mut() {
                group.push(place.name.clone());
            }
        }
        Some(Arc::new(Self {
            groups,
            between: self.between,
            mean: self.mean,
            tied: self.tied.clone(),
        }))
    }

    fn mentions(&self) -> Vec<(String, String)> {
        let groups = self.groups.iter().enumerate();
        let own = groups.flat_map(|(index, group)| {
            group
                .iter()
                .map(move |name| (format!("groups[{index}]"), name.clone()))
        });
        let tasks = self.tied.tasks.iter().enumerate();
        own.chain(tasks.map(|(index, name)| (format!("tasks[{index}]"), name.clone())))
            .collect()
    }

    fn problem(&self) -> Option<(String, String)> {
        let names: Vec<&String> = self.groups.iter().flatten().collect();
        let twice = names
            .iter()
            .find(|name| names.iter().filter(|other| other == name).count() > 1)?;
        Some(("groups".to_owned(), format!("`{twice}` is in two clusters")))
    }
}
