//! The joint head: one law over all labels instead of one per label. Classes are coupled by a tree, numbers by one
//! covariance ([`covariance`]); the two are independent of each other given x.
//!
//! p(y|x) ∝ exp(Σ_t u_t(y_t; x) + Σ_(s,t) M_st[y_s, y_t]) over the edges (s, t) of a forest, with the heads' own
//! log-probabilities u_t and a table M_st per edge that starts at zero: then the labels are independent given x, exactly.
//! Sums over labels that are not known are exact ([`pass`]), at a cost of rows times classes squared per edge.
//!
//! Training minimises -ln p(classes known | x), a label after the other along the tree: the loss of a label is
//! -ln p(y_t | x, the known labels before y_t), labels that are not known summed over. The sum over a row's known labels
//! is -ln p of all of them, whatever is missing and whatever the order. So each task has a loss of its own that a weight
//! may multiply: every such term is a proper score of a conditional law, and any weights of at least zero keep the true
//! law a minimum (composite likelihood, Lindsay 1988). Taking marginal losses and a rest for the coupling instead would
//! not: with weights below one the rest rewards marginals that are wrong.
//!
//! Source: conditional random field (Lafferty et al. 2001) on the Chow-Liu tree (Chow and Liu 1968) of the labels.

mod conditional;
mod covariance;
mod forest;
mod label;
mod likelihood;
mod numbers;
mod pass;
mod residuals;
mod square;
mod tree;

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};

pub use label::CoupledLabel;
pub use residuals::{Covariances, Residuals};
pub use tree::{Edge, circle};

use crate::encoder::one_hot;
use crate::error::ShapeError;
use crate::initial::{Initial, data};
use crate::loss::TaskSpec;
pub use numbers::NumberCost;
use numbers::Numbers;
use pass::Pass;
pub(crate) use tree::Tree;

/// Where the config says what is coupled.
const KEY: &str = "multitask.joint";

/// What is added to the potential of a class that a known label is not.
const NEVER: f64 = -1e9;

/// The labels of some rows as far as they are known, in the order of the coupled labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// How many labels there are.
    pub labels: usize,
    /// Class numbers, and numbers as the loss sees them, `[rows, labels]`; 0 where nothing is known.
    pub values: Vec<f32>,
    /// 1 where the label is known, else 0, `[rows, labels]`.
    pub mask: Vec<f32>,
}

/// The tables of a forest, and the covariance of numbers.
#[derive(Module, Debug)]
pub(crate) struct Joint {
    /// One per edge, `[classes of its first label, classes of its second]`.
    pub(crate) tables: Vec<Param<Tensor<2>>>,
    pub(crate) numbers: Option<Numbers>,
    #[module(skip)]
    forest: Forest,
}

/// What does not change in training.
#[derive(Clone, Debug)]
struct Forest {
    tree: Tree,
    /// In the order of the tree's places; then the numbers, which stand in no tree.
    labels: Vec<CoupledLabel>,
    edges: Vec<Edge>,
}

impl Joint {
    /// A forest with tables of zeros, and independent numbers of the regressions `numbers`; none without edges and with
    /// fewer than two numbers.
    pub(crate) fn new(
        initial: &Initial<'_>,
        edges: &[Edge],
        numbers: &[String],
        tasks: &[TaskSpec],
    ) -> Result<Option<Self>, Vec<ShapeError>> {
        let problem = |edge: usize, message: String| ShapeError {
            key: format!("{KEY}.edges[{edge}]"),
            layer: "joint head".to_owned(),
            message,
        };
        let mut problems: Vec<ShapeError> = Vec::new();
        for (index, edge) in edges.iter().enumerate() {
            for name in edge {
                if let Err(message) = CoupledLabel::find(name, tasks) {
                    problems.push(problem(index, message));
                }
            }
        }
        if let Some((index, around)) = circle(edges) {
            problems.push(problem(
                index,
                format!("the edges close a circle: {}", around.join(" - ")),
            ));
        }
        let numbers = Numbers::new(initial, numbers, tasks).unwrap_or_else(|more| {
            problems.extend(more);
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        if edges.is_empty() && numbers.is_none() {
            return Ok(None);
        }
        let names = edges.as_flattened();
        let tree = Tree::of(edges, &CoupledLabel::of_tasks(names, tasks));
        let mut labels: Vec<CoupledLabel> = tree
            .places
            .iter()
            .filter_map(|place| CoupledLabel::find(&place.name, tasks).ok())
            .collect();
        let classes = |name: &String| {
            let label = labels.iter().find(|label| label.name == *name);
            label.map_or(0, |label| label.classes)
        };
        let tables = edges
            .iter()
            .map(|[first, second]| initial.constant([classes(first), classes(second)], 0.0))
            .collect();
        labels.extend(numbers.iter().flat_map(Numbers::labels).cloned());
        Ok(Some(Self {
            tables,
            numbers,
            forest: Forest {
                tree,
                labels,
                edges: edges.to_vec(),
            },
        }))
    }

    /// The coupled labels: those of the tree, parents before children, then the numbers.
    pub(crate) fn labels(&self) -> &[CoupledLabel] {
        &self.forest.labels
    }

    /// Those of the tree.
    fn classes(&self) -> impl Iterator<Item = &CoupledLabel> {
        self.labels().iter().filter(|label| !label.is_number())
    }

    /// The edges, a table each.
    pub(crate) fn edges(&self) -> &[Edge] {
        &self.forest.edges
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let [classes, tables] = [self.classes().count(), self.tables.len()];
        let tables = if tables == 1 {
            "1 table".to_owned()
        } else {
            format!("{tables} tables")
        };
        let of_classes =
            (classes > 0).then(|| format!("one law over {classes} labels, {tables} between them"));
        let of_numbers = self.numbers.as_ref().map(|numbers| {
            let count = numbers.labels().len();
            format!("one Gaussian law over {count} numbers")
        });
        let laws: Vec<String> = of_classes.into_iter().chain(of_numbers).collect();
        laws.join("; ")
    }

    /// The predictions of every task for its labels by themselves, given the known ones: each label's marginal, in the
    /// form of its head's predictions. Those of numbers are their heads' own unless something is known.
    pub(crate) fn marginals(
        &self,
        mut predictions: Vec<Tensor<2>>,
        known: Option<&Known>,
    ) -> Vec<Tensor<2>> {
        let free = self.potentials(&predictions);
        let own = match known {
            Some(known) => clamped(&free, &self.told(&free, known)),
            None => free,
        };
        let laws = self.pass(|pass| pass.marginals(&own));
        for (label, law) in self.classes().zip(laws) {
            if let Some(slot) = predictions.get_mut(label.task) {
                let [rows, width] = slot.dims();
                let own = label.prediction(law);
                *slot = if own.dims()[1] == width {
                    own
                } else {
                    let end = label.place + 1;
                    let place = [0..rows, label.place..end];
                    slot.clone().slice_assign(place, own)
                };
            }
        }
        if let (Some(numbers), Some(known)) = (&self.numbers, known) {
            numbers.condition(&mut predictions, known);
        }
        predictions
    }

    /// Standard deviations of the coupled numbers given what is known, row by row.
    pub(crate) fn deviations(&self, known: &Known) -> Vec<f64> {
        let numbers = self.numbers.as_ref();
        numbers.map_or_else(Vec::new, |numbers| numbers.deviations(known))
    }

    /// -ln p(label | x, the known labels before it) of every task in the tree, `[rows]`, exactly 0 where it is not known; a
    /// task's labels add up. None for any other task.
    pub(crate) fn costs(&self, predictions: &[Tensor<2>], known: &Known) -> Vec<Option<Tensor<1>>> {
        let free = self.potentials(predictions);
        let told = self.told(&free, known);
        let laws = self.pass(|pass| pass.chained(&free, &clamped(&free, &told)));
        let mut costs: Vec<Option<Tensor<1>>> = vec![None; predictions.len()];
        for ((label, law), [is, mask]) in self.classes().zip(laws).zip(told) {
            let [rows, _] = law.dims();
            let cost = (activation::log_softmax(law, 1) * is).sum_dim(1).neg();
            let cost = cost
                .mask_fill(mask.lower_equal_elem(0.0), 0.0)
                .reshape([rows]);
            add_to(&mut costs, label.task, cost);
        }
        costs
    }

    /// What the known numbers of each row cost; none where no numbers are coupled.
    pub(crate) fn number_costs(&self, predictions: &[Tensor<2>], known: &Known) -> Vec<NumberCost> {
        let numbers = self.numbers.as_ref();
        numbers.map_or_else(Vec::new, |numbers| numbers.costs(predictions, known))
    }

    /// Adds what the predictions leave of the numbers that are known, each row to its part.
    pub(crate) fn leave(
        &self,
        predictions: &[Tensor<2>],
        known: &Known,
        parts: &[usize],
        residuals: &mut Residuals,
    ) {
        if let Some(numbers) = &self.numbers {
            numbers.leave(predictions, known, parts, residuals);
        }
    }

    /// The covariance of these residuals.
    pub(crate) fn fit(&self, residuals: &Residuals) -> Option<Covariances> {
        self.numbers.as_ref()?.fit(residuals)
    }

    /// With this covariance, all of it or what it is without a part of the rows.
    pub(crate) fn with_covariance(self, fitted: &Covariances, without: Option<usize>) -> Self {
        let factor = match without {
            Some(part) => fitted.without.get(part),
            None => Some(&fitted.of_all),
        };
        let Some(factor) = factor else {
            return self;
        };
        Self {
            numbers: self.numbers.map(|numbers| numbers.with_factor(factor)),
            ..self
        }
    }

    fn pass<T>(&self, run: impl FnOnce(&Pass<'_>) -> T) -> T {
        let tables: Vec<Tensor<2>> = self.tables.iter().map(Param::val).collect();
        run(&Pass {
            tree: &self.forest.tree,
            tables: &tables,
        })
    }

    fn potentials(&self, predictions: &[Tensor<2>]) -> Vec<Tensor<2>> {
        self.classes()
            .filter_map(|label| Some(label.potentials(predictions.get(label.task)?)))
            .collect()
    }

    /// Of each label 1 for the class that it is known to be, `[rows, classes]`, and 1 if it is known at all, `[rows, 1]`.
    fn told(&self, like: &[Tensor<2>], known: &Known) -> Vec<[Tensor<2>; 2]> {
        let each = like.iter().enumerate().map(|(index, like)| {
            let [rows, classes] = like.dims();
            let column = |values: &[f32]| -> Tensor<2> {
                let values = values.iter().skip(index).step_by(known.labels.max(1));
                let values = values.map(|&value| f64::from(value)).collect();
                Tensor::from_data(data([rows, 1], values), &like.device())
            };
            let mask = column(&known.mask);
            let is = one_hot(column(&known.values).int(), classes) * mask.clone();
            [is, mask]
        });
        each.collect()
    }
}

/// The potentials with every class of a known label out of reach but its own.
fn clamped(free: &[Tensor<2>], told: &[[Tensor<2>; 2]]) -> Vec<Tensor<2>> {
    let clamp = |(free, [is, mask]): (&Tensor<2>, &[Tensor<2>; 2])| {
        free.clone() + (mask.clone() - is.clone()) * NEVER
    };
    free.iter().zip(told).map(clamp).collect()
}

/// Adds to what a task costs.
fn add_to(costs: &mut [Option<Tensor<1>>], task: usize, cost: Tensor<1>) {
    if let Some(slot) = costs.get_mut(task) {
        *slot = Some(match slot.take() {
            Some(sum) => sum + cost,
            None => cost,
        });
    }
}
