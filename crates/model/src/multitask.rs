//! The model: a sharing, a head per task on what it represents, and what ties heads and labels to each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use polytask_config::Fields;
use polytask_data::InputShape;
use polytask_random::Seed;

use crate::cascade::{self, Read};
use crate::encoder::{Encoder, EncoderOptions};
use crate::error::{ShapeError, ShapeErrors};
use crate::features::Inputs;
use crate::head::{Head, HeadOptions};
use crate::initial::Initial;
use crate::joint::{CoupledLabel, Covariances, Edge, Joint, Known, NumberCost, Residuals};
use crate::layer::Layer;
use crate::loss::{TaskLoss, TaskSpec};
use crate::relation::{Related, Relation, Ties};
use crate::sharing::{self, Plan, Sharing, Site, Turn};
use crate::stacked::Recorded;

/// What the config says about the model: the keys `encoder`, `categorical`, `sharing` and `heads` of its root.
#[derive(Debug)]
pub struct ModelOptions {
    pub encoder: EncoderOptions,
    pub sharing: Box<dyn Plan>,
    pub heads: HeadOptions,
    /// The tree that couples labels, if any: set once the labels are known.
    pub coupled: Vec<Edge>,
    /// The regressions whose numbers have one Gaussian law, if any: set once the labels are known.
    pub numbers: Vec<String>,
    /// What ties the weights of heads, if anything: set by whoever knows the tasks.
    pub relation: Option<Arc<dyn Relation>>,
    /// The answer to what the relation asks of the labels, if it asks: set once the labels are known.
    pub related: Vec<Related>,
}

impl ModelOptions {
    /// Reads them from the root table.
    pub fn options(fields: &mut Fields<'_>) -> Self {
        let encoder = EncoderOptions::options(fields);
        let sharing = sharing::options(fields);
        let heads = fields.table("heads", "the heads of all tasks", |fields| {
            let heads = HeadOptions::options(fields);
            if !heads.hidden.is_empty() && !sharing.allows_towers() {
                fields.problem(
                    "hidden",
                    "P0503",
                    "heads are linear with this sharing".to_owned(),
                    Some("leave `hidden` out, or use sharing = \"hard\"".to_owned()),
                );
            }
            heads
        });
        Self {
            encoder,
            sharing,
            heads,
            coupled: Vec::new(),
            numbers: Vec::new(),
            relation: None,
            related: Vec::new(),
        }
    }
}

impl ModelOptions {
    /// Keys that turned out to change nothing in `model`, now that the widths of the data are known, and why.
    #[must_use]
    pub fn unused(&self, model: &MultiTaskModel) -> Vec<(&'static str, &'static str)> {
        let is_added = |layers: &[Layer]| {
            let mut layers = layers.iter();
            layers.any(|layer| matches!(layer, Layer::Residual(_)))
        };
        let encoder = self.encoder.plan.adds_inputs() && !is_added(&model.encoder().layers);
        let asked = self.heads.block.residual && !self.heads.hidden.is_empty();
        let heads = asked && !model.heads.iter().any(|head| is_added(&head.tower));
        let why = "no block is as wide as what it reads";
        let keys = [("encoder.residual", encoder), ("heads.residual", heads)];
        keys.into_iter()
            .filter_map(|(key, is_unused)| is_unused.then_some((key, why)))
            .collect()
    }

    /// The relation between the tasks that it is for, told who is related if it asks.
    fn related(&self) -> Option<Arc<dyn Relation>> {
        let relation = self.relation.as_ref()?;
        match relation.asks() {
            Some(_) => relation.told(&self.related),
            None => Some(Arc::clone(relation)),
        }
    }
}

/// A model with its first weights, on this device; the seed and the names of parameters and tasks determine them.
pub fn build(
    options: &ModelOptions,
    inputs: &InputShape,
    tasks: &[TaskSpec],
    seed: Seed,
    device: &Device,
) -> Result<MultiTaskModel, ShapeErrors> {
    let mut problems = wrong_losses(tasks);
    if !problems.is_empty() {
        // A head's size is not known without its loss; the encoder's own problems are found below all the same.
        problems.extend(options.encoder.misfits(inputs, seed, device));
        return Err(ShapeErrors(problems));
    }
    let site = Site {
        initial: Initial { seed, device },
        encoder: &options.encoder,
        heads: &options.heads,
        inputs,
        tasks,
    };
    let joint = Joint::new(&site.initial, &options.coupled, &options.numbers, tasks);
    let (built, joint, reads) = match (options.sharing.build(&site), joint, cascade::reads(tasks)) {
        (Ok(built), Ok(joint), Ok(reads)) => (built, joint, reads),
        (built, joint, reads) => {
            let problems = [built.err(), joint.err(), reads.err()].into_iter();
            return Err(ShapeErrors(problems.flatten().flatten().collect()));
        }
    };
    let ties = match options.related() {
        Some(relation) => Ties::new(relation.as_ref(), tasks, &built.heads).map_err(ShapeErrors)?,
        None => None,
    };
    let width = built.sharing.wiring().encoder().width();
    Ok(MultiTaskModel {
        sharing: built.sharing,
        heads: built.heads,
        joint,
        reads,
        ties,
        tasks: tasks.iter().map(|task| task.name.clone()).collect(),
        notes: options.sharing.notes(width, site.scores()),
    })
}

fn wrong_losses(tasks: &[TaskSpec]) -> Vec<ShapeError> {
    tasks
        .iter()
        .filter_map(|task| {
            let error = TaskLoss::new(task).err()?;
            Some(ShapeError {
                key: format!("tasks.{}.loss", task.name),
                layer: format!("head of `{}`", task.name),
                message: error.to_string(),
            })
        })
        .collect()
}

/// A model of several tasks.
#[derive(Module, Debug)]
pub struct MultiTaskModel {
    pub(crate) sharing: Sharing,
    pub(crate) heads: Vec<Head>,
    pub(crate) joint: Option<Joint>,
    /// What each head reads of other tasks.
    #[module(skip)]
    reads: Vec<Vec<Read>>,
    #[module(skip)]
    ties: Option<Ties>,
    tasks: Vec<String>,
    notes: Vec<String>,
}

impl MultiTaskModel {
    /// The predictions of each task, in task order, `[rows, width]` each: logits, values, or the cumulative logits of
    /// an ordinal task. [`decode`](crate::decode) makes probabilities of them. Coupled labels are predicted by their
    /// marginals; of numbers these are the heads' own.
    #[must_use]
    pub fn forward(&self, inputs: &Inputs) -> Vec<Tensor<2>> {
        self.marginals(self.heads_forward(self.representation(inputs)), None)
    }

    /// From the predictions of the heads by themselves to those of the coupled labels' marginals, given what is known of
    /// some; nothing changes where no labels are coupled.
    #[must_use]
    pub fn marginals(&self, heads: Vec<Tensor<2>>, known: Option<&Known>) -> Vec<Tensor<2>> {
        match &self.joint {
            Some(joint) => joint.marginals(heads, known),
            None => heads,
        }
    }

    /// -ln p(label | x, the known labels before it) of each task with coupled classes, `[rows]`, exactly 0 where its label
    /// is not known, from the predictions of the heads by themselves: their loss. Their sum over tasks is -ln p(known
    /// labels | x).
    #[must_use]
    pub fn joint_costs(&self, heads: &[Tensor<2>], known: &Known) -> Vec<Option<Tensor<1>>> {
        match &self.joint {
            Some(joint) => joint.costs(heads, known),
            None => vec![None; heads.len()],
        }
    }

    /// What the known coupled numbers of each row cost, from the predictions of the heads by themselves; empty where no
    /// numbers are coupled.
    #[must_use]
    pub fn number_costs(&self, heads: &[Tensor<2>], known: &Known) -> Vec<NumberCost> {
        let joint = self.joint.as_ref();
        joint.map_or_else(Vec::new, |joint| joint.number_costs(heads, known))
    }

    /// Standard deviations of the coupled numbers as the loss sees them, given what is known of coupled labels: row by row,
    /// in the order of [`coupled`](Self::coupled).
    #[must_use]
    pub fn deviations(&self, known: &Known) -> Vec<f64> {
        let joint = self.joint.as_ref();
        joint.map_or_else(Vec::new, |joint| joint.deviations(known))
    }

    /// Whether numbers are coupled, by the covariance of what their heads [leave](Self::leave).
    #[must_use]
    pub fn couples_numbers(&self) -> bool {
        self.coupled().iter().any(CoupledLabel::is_number)
    }

    /// Adds what these predictions of the heads by themselves leave of the coupled numbers that are known, each row to its part,
    /// 0 to [`Residuals::PARTS`].
    pub fn leave(
        &self,
        heads: &[Tensor<2>],
        known: &Known,
        parts: &[usize],
        residuals: &mut Residuals,
    ) {
        if let Some(joint) = &self.joint {
            joint.leave(heads, known, parts, residuals);
        }
    }

    /// The covariance of these residuals of coupled numbers; none if there are too few, or one was not finite.
    #[must_use]
    pub fn fit(&self, residuals: &Residuals) -> Option<Covariances> {
        self.joint.as_ref()?.fit(residuals)
    }

    /// The same model with this covariance; predictions of labels by themselves stay.
    #[must_use]
    pub fn with_covariance(mut self, fitted: &Covariances) -> Self {
        self.joint = (self.joint.take()).map(|joint| joint.with_covariance(fitted, None));
        self
    }

    /// Models whose covariances are of all rows but those of part 0, 1, …: what such a model says of a row of that part it does not know
    /// from that row.
    #[must_use]
    pub fn crosswise(&self, fitted: &Covariances) -> Vec<Self> {
        let without = |part| {
            let mut model = self.clone();
            model.joint =
                (model.joint.take()).map(|joint| joint.with_covariance(fitted, Some(part)));
            model
        };
        (0..fitted.without.len()).map(without).collect()
    }

    /// The labels that are coupled, in the order of [`Known`]; none without a joint head.
    #[must_use]
    pub fn coupled(&self) -> &[CoupledLabel] {
        self.joint.as_ref().map_or(&[], Joint::labels)
    }

    /// Whether classes are coupled, by a tree: the losses of their tasks are then not their heads' own.
    #[must_use]
    pub fn couples_classes(&self) -> bool {
        !self.joint_edges().is_empty()
    }

    pub(crate) fn joint_edges(&self) -> &[Edge] {
        self.joint.as_ref().map_or(&[], Joint::edges)
    }

    /// What all heads read, `[rows, width]`: z of hard and latent sharing, the responses of a code dictionary.
    #[must_use]
    pub fn representation(&self, inputs: &Inputs) -> Tensor<2> {
        self.sharing.wiring().representation(inputs)
    }

    /// [`representation`](Self::representation) as in training, on inputs without autodiff, recorded so that the
    /// cotangents of all tasks can be pulled down together. Running statistics move.
    #[must_use]
    pub fn record(&self, inputs: &Inputs) -> Recorded {
        self.sharing.wiring().record(inputs)
    }

    /// The predictions of one task from the representation; `None` if there is no such task.
    #[must_use]
    pub fn head_forward(&self, task: usize, representation: Tensor<2>) -> Option<Tensor<2>> {
        let made = &mut BTreeMap::new();
        cascade::predict(task, &self.heads, &self.reads, &representation, made)
    }

    /// The matrix W_t `[width, scores]` of each of these tasks' heads, if all of them are linear up to an offset: the
    /// predictions are then [`offset`](Self::offset) of z W_t.
    #[must_use]
    pub fn head_matrices(&self, tasks: &[usize]) -> Option<Vec<Tensor<2>>> {
        tasks
            .iter()
            .map(|&task| self.heads.get(task)?.matrix())
            .collect()
    }

    /// The predictions of a task from its scores z W_t, `[rows, scores]`; `None` if there is no such task.
    #[must_use]
    pub fn offset(&self, task: usize, scores: Tensor<2>) -> Option<Tensor<2>> {
        let head = self.heads.get(task)?;
        Some(head.offset.apply(scores))
    }

    /// The predictions of each task's head by itself from the representation.
    #[must_use]
    pub fn heads_forward(&self, representation: Tensor<2>) -> Vec<Tensor<2>> {
        let made = &mut BTreeMap::new();
        let predict =
            |task| cascade::predict(task, &self.heads, &self.reads, &representation, made);
        (0..self.heads.len()).filter_map(predict).collect()
    }

    /// Columns of the representation.
    #[must_use]
    pub fn representation_width(&self) -> usize {
        self.sharing.wiring().width()
    }

    /// What sharing and relation add to the loss and the tape differentiates, if they add anything.
    #[must_use]
    pub fn penalty(&self) -> Option<Tensor<1>> {
        let tied = self
            .ties
            .as_ref()
            .and_then(|ties| ties.penalty(&self.heads));
        let terms = [self.sharing.wiring().penalty(&self.heads), tied];
        terms.into_iter().flatten().reduce(|sum, more| sum + more)
    }

    /// What [`project`](Self::project) lowers: part of the loss beside the [`penalty`](Self::penalty), without a gradient.
    #[must_use]
    pub fn proximal(&self) -> Option<f64> {
        let tied = self.ties.as_ref().and_then(|ties| ties.norm(&self.heads));
        let terms = [self.sharing.wiring().proximal(&self.heads), tied];
        terms.into_iter().flatten().reduce(|sum, more| sum + more)
    }

    /// The same model, whose penalties on the weights of codes act at this part of their strength, 0 to 1.
    #[must_use]
    pub fn with_code_strength(mut self, strength: f64) -> Self {
        self.sharing.wiring_mut().anneal(strength);
        self
    }

    /// What follows a step of the optimizer whose learning rate was `rate`: the proximal maps of relation and sharing, and the
    /// constraints of the sharing.
    #[must_use]
    pub fn project(mut self, rate: f64) -> Self {
        if let Some(ties) = &self.ties {
            ties.shrink(&mut self.heads, rate);
        }
        let sharing = self.sharing.wiring_mut();
        sharing.shrink(&mut self.heads, rate);
        sharing.project(&mut self.heads);
        self
    }

    /// A change of basis of the shared codes after which the penalty is lower and the predictions are the same, for
    /// [`turned`](Self::turned); `None` if there is none worth it. `seed` draws the starts of the search.
    #[must_use]
    pub fn sparser(&self, seed: Seed) -> Option<Turn> {
        if self.ties.as_ref().is_some_and(Ties::are_of_codes) {
            // What a turn takes off one penalty it may put on the other.
            return None;
        }
        self.sharing.wiring().sparser(&self.heads, seed)
    }

    /// This model, or another of its kind (a moving average), in the basis of `turn`.
    #[must_use]
    pub fn turned(mut self, turn: &Turn) -> Self {
        self.sharing.wiring_mut().turn(&mut self.heads, turn);
        self
    }

    /// How strongly each task uses each shared code, `[tasks][codes]`: the size of its weights times that of the code. None without
    /// a code dictionary.
    #[must_use]
    pub fn code_strengths(&self) -> Option<Vec<Vec<f64>>> {
        self.sharing.wiring().code_strengths(&self.heads)
    }

    /// Names of the tasks, in task order.
    #[must_use]
    pub fn tasks(&self) -> &[String] {
        &self.tasks
    }

    /// What the user should know about the choice of options before training.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(crate) fn encoder(&self) -> &Encoder {
        self.sharing.wiring().encoder()
    }
}
