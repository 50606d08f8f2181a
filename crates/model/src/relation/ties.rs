//! A relation at work: the weights of the tied heads in one matrix, what they cost, and what a step does to them.

use burn::module::Param;
use burn::tensor::Tensor;

use super::{Relation, Tie, trace_norm};
use crate::error::ShapeError;
use crate::head::{Head, Mixing};
use crate::initial::{data, replace};
use crate::loss::TaskSpec;
use crate::matrix::Matrix;

/// Where the config says it.
const KEY: &str = "multitask.relation";

/// A relation between the heads of one model.
#[derive(Clone, Debug)]
pub(crate) struct Ties {
    /// Places of the tied tasks.
    tasks: Vec<usize>,
    tie: Law,
}

#[derive(Clone, Debug)]
enum Law {
    Quadratic(Matrix),
    CodeUse(Matrix),
    TraceNorm(f64),
}

impl Ties {
    /// None if fewer than two tied tasks are learnt.
    pub(crate) fn new(
        relation: &dyn Relation,
        tasks: &[TaskSpec],
        heads: &[Head],
    ) -> Result<Option<Self>, Vec<ShapeError>> {
        let named = &relation.tied().tasks;
        let places: Vec<usize> = (0..tasks.len())
            .filter(|&place| {
                let name = tasks.get(place).map(|task| &task.name);
                named.is_empty() || name.is_some_and(|name| named.contains(name))
            })
            .collect();
        let problem = |task: &str, message: String| ShapeError {
            key: KEY.to_owned(),
            layer: format!("head of `{task}`"),
            message,
        };
        let mut problems = Vec::new();
        let names: Vec<&str> = places
            .iter()
            .filter_map(|&place| tasks.get(place))
            .map(|task| task.name.as_str())
            .collect();
        let tie = match relation.tie(&names) {
            Tie::Quadratic(values) => Law::Quadratic(Matrix::square(values)),
            Tie::CodeUse(values) => Law::CodeUse(Matrix::square(values)),
            Tie::TraceNorm(weight) => Law::TraceNorm(weight),
        };
        let of_codes = matches!(tie, Law::CodeUse(_));
        let first = places.first().and_then(|&place| tasks.get(place));
        for (task, head) in places
            .iter()
            .filter_map(|&place| Some((tasks.get(place)?, heads.get(place)?)))
        {
            if of_codes {
                if head.mixing.gate().is_none() {
                    let message = "it uses no codes: `sharing` must be \"codes\"".to_owned();
                    problems.push(problem(&task.name, message));
                }
                continue;
            }
            if weights(head).is_none() {
                let message = "only linear heads on a shared representation can be tied: `sharing` must be \"hard\" or \
                               \"latent\", and `heads.hidden` empty";
                problems.push(problem(&task.name, message.to_owned()));
            }
            let Some(first) = first.filter(|first| first.scores() != task.scores()) else {
                continue;
            };
            problems.push(problem(
                &task.name,
                format!(
                    "it has {} scores and the head of `{}` has {}: only weights of one shape can be tied (list those \
                     tasks in `tasks`)",
                    task.scores(),
                    first.name,
                    first.scores()
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if places.len() < 2 {
            return Ok(None);
        }
        Ok(Some(Self { tasks: places, tie }))
    }

    /// Whether they tie what tasks use of a code dictionary.
    pub(crate) fn are_of_codes(&self) -> bool {
        matches!(self.tie, Law::CodeUse(_))
    }

    /// What is differentiated.
    pub(crate) fn penalty(&self, heads: &[Head]) -> Option<Tensor<1>> {
        let (form, stacked) = match &self.tie {
            Law::Quadratic(form) => (form, self.stacked(heads)?),
            Law::CodeUse(form) => (form, self.shares(heads)?),
            Law::TraceNorm(_) => return None,
        };
        let [tasks, _] = stacked.dims();
        let form = data([tasks, tasks], form.values().to_vec());
        let form = Tensor::<2>::from_data(form, &stacked.device());
        Some((form.matmul(stacked.clone()) * stacked).sum())
    }

    /// What the proximal map takes care of: part of the loss, without a gradient.
    pub(crate) fn norm(&self, heads: &[Head]) -> Option<f64> {
        let Law::TraceNorm(weight) = &self.tie else {
            return None;
        };
        let stacked = Matrix::of(self.stacked(heads)?.detach());
        Some(weight * trace_norm::norm(&stacked))
    }

    /// The proximal map after a step of this length.
    pub(crate) fn shrink(&self, heads: &mut [Head], rate: f64) {
        let Law::TraceNorm(weight) = &self.tie else {
            return;
        };
        let Some(stacked) = self.stacked(heads) else {
            return;
        };
        let shrunk = trace_norm::shrunk(&Matrix::of(stacked.detach()), weight * rate).to_rows();
        for (&place, row) in self.tasks.iter().zip(shrunk) {
            if let Some(weight) = heads.get_mut(place).and_then(weights_mut) {
                let shape: [usize; 2] = weight.lazy_shape().dims();
                let value = Tensor::from_data(data(shape, row), &weight.device());
                replace(weight, value);
            }
        }
    }

    /// The shares of the codes, `[tasks, codes]`.
    fn shares(&self, heads: &[Head]) -> Option<Tensor<2>> {
        let heads = self.tasks.iter().map(|&place| heads.get(place));
        let rows = heads.map(|head| head?.mixing.shares());
        Some(Tensor::stack(rows.collect::<Option<Vec<_>>>()?, 0))
    }

    /// One row of weights per tied task, `[tasks, width * scores]`.
    fn stacked(&self, heads: &[Head]) -> Option<Tensor<2>> {
        let rows: Vec<Tensor<1>> = self
            .tasks
            .iter()
            .filter_map(|&place| Some(weights(heads.get(place)?)?.val().flatten(0, 1)))
            .collect();
        (!rows.is_empty()).then(|| Tensor::stack(rows, 0))
    }
}

/// The weights of a head that is linear in the shared representation.
fn weights(head: &Head) -> Option<&Param<Tensor<2>>> {
    match &head.mixing {
        Mixing::Dense(mixing) if head.tower.is_empty() => Some(&mixing.weight),
        _ => None,
    }
}

fn weights_mut(head: &mut Head) -> Option<&mut Param<Tensor<2>>> {
    match &mut head.mixing {
        Mixing::Dense(mixing) if head.tower.is_empty() => Some(&mut mixing.weight),
        _ => None,
    }
}
