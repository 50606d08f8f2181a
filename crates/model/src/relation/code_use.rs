//! Tasks that use a code dictionary alike: λ Σ_edges A_st ‖p_s - p_t‖² with p_t the shares of task t's absolute weights.
//!
//! The graph's penalty on what tasks read instead of on what they make of it: λ ½ Σ_s Σ_t A_st ‖p_s - p_t‖². Without
//! `edges`, A_st is the adjusted information of two tasks' training labels where it is significant: label-informed sharing.

use std::sync::Arc;

use polytask_config::Entry;

use super::graph::Graph;
use super::{Asks, Related, Relation, Tie, Tied};

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "code_use",
    summary: "tasks that an edge joins use the shared codes in like shares; for sharing = \"codes\"",
    source: "graph regularisation of Evgeniou, Micchelli and Pontil 2005 on the shares of the codes",
    new: |fields| Arc::new(CodeUse(Graph::options(fields))),
    facts: (),
};

#[derive(Debug)]
struct CodeUse(Graph);

impl Relation for CodeUse {
    fn tied(&self) -> &Tied {
        self.0.tied()
    }

    fn tie(&self, tasks: &[&str]) -> Tie {
        Tie::CodeUse(self.0.laplacian(tasks))
    }

    fn asks(&self) -> Option<Asks> {
        self.0.asks()
    }

    fn told(&self, related: &[Related]) -> Option<Arc<dyn Relation>> {
        Some(Arc::new(Self(self.0.between(related))))
    }

    fn mentions(&self) -> Vec<(String, String)> {
        self.0.mentions()
    }

    fn problem(&self) -> Option<(String, String)> {
        self.0.problem()
    }
}
