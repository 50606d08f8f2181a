//! What is shared: the parameters that two or more tasks' losses reach, found by asking each of them.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use polytask_data::InputShape;
use polytask_model::names::{self, NamedParameter, Part};
use polytask_model::{Inputs, MultiTaskModel};

use super::present::Present;
use crate::gradients;

/// The shared parameters of one model, layer by layer from the top down.
#[derive(Debug)]
pub struct Shared {
    layers: HashMap<ParamId, usize>,
    count: usize,
    parameters: usize,
    is_trunk: bool,
    /// Their names.
    names: HashMap<ParamId, String>,
    /// The parameters of the heads, with the index of the task.
    heads: HashMap<ParamId, usize>,
}

impl Shared {
    /// Asks every task of `model`, which has autodiff, which parameters its predictions of one row depend on. A model of
    /// one task shares what is not its head.
    #[must_use]
    pub fn of(model: &MultiTaskModel, inputs: &InputShape, device: &Device) -> Self {
        // The row moves the running statistics of a clone.
        let asked = model.clone();
        let row = zeros(inputs, device);
        let tasks = asked.tasks().len();
        let mut reached: HashMap<ParamId, Vec<usize>> = HashMap::new();
        let is_coupled = asked.couples_classes();
        for task in 0..tasks {
            let prediction = if is_coupled {
                asked.forward(&row).into_iter().nth(task)
            } else {
                asked.head_forward(task, asked.representation(&row))
            };
            let Some(prediction) = prediction else {
                continue;
            };
            let gradients = GradientsParams::from_grads(prediction.sum().backward(), &asked);
            let mut count = Count {
                task,
                gradients: &gradients,
                reached: &mut reached,
            };
            asked.visit(&mut count);
        }
        let all = names::parameters(model);
        let trainable = all.iter().filter(|parameter| parameter.trainable);
        let is_shared = |parameter: &&NamedParameter| {
            let reached = reached.get(&parameter.id).map_or(0, Vec::len);
            reached >= 2 || (tasks == 1 && !is_head(parameter))
        };
        let shared: Vec<&NamedParameter> = trainable.clone().filter(is_shared).collect();
        let is_trunk = trainable
            .filter(|parameter| !is_head(parameter) && !is_prior(parameter))
            .all(|parameter| shared.iter().any(|shared| shared.id == parameter.id))
            && !shared.iter().any(|parameter| is_head(parameter));
        let mut layers = HashMap::new();
        let (mut layer, mut last) = (0, None);
        for parameter in shared.iter().rev() {
            let own = layer_name(&parameter.name);
            if last.is_some_and(|last| last != own) {
                layer += 1;
            }
            last = Some(own);
            layers.insert(parameter.id, layer);
        }
        Self {
            count: if shared.is_empty() { 0 } else { layer + 1 },
            parameters: shared
                .iter()
                .map(|parameter| parameter.shape.iter().product::<usize>())
                .sum(),
            names: shared
                .iter()
                .map(|parameter| (parameter.id, parameter.name.clone()))
                .collect(),
            heads: all
                .iter()
                .filter_map(|parameter| {
                    let task = match (
                        &parameter.part,
                        reached.get(&parameter.id).map_or(&[][..], Vec::as_slice),
                    ) {
                        (Part::Head(name), _) => {
                            model.tasks().iter().position(|task| task == name)?
                        }
                        // What couples the labels of one task is its own.
                        (Part::Joint, [task]) => *task,
                        _ => return None,
                    };
                    Some((parameter.id, task))
                })
                .collect(),
            layers,
            is_trunk,
        }
    }

    /// The name of a shared parameter.
    pub(crate) fn name_of(&self, parameter: ParamId) -> &str {
        self.names.get(&parameter).map_or("", String::as_str)
    }

    /// Multiplies the gradients of each present task's head by its weight.
    pub(super) fn weigh_heads(
        &self,
        model: &MultiTaskModel,
        present: &Present,
        heads: GradientsParams,
        weights: &[f64],
    ) -> GradientsParams {
        if weights.iter().all(|&weight| weight == 1.0) {
            return heads;
        }
        gradients::scale_each(model, heads, |id| {
            let task = self.heads.get(&id)?;
            let position = present.tasks.iter().position(|own| own == task)?;
            weights.get(position).copied()
        })
    }

    /// The layer of a shared parameter, counted from the top.
    pub(super) fn layer_of(&self, parameter: ParamId) -> Option<usize> {
        self.layers.get(&parameter).copied()
    }

    /// How many layers are shared.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.count
    }

    /// How many numbers are shared.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Whether they are the trunk: all that lies below the heads, and nothing of them.
    #[must_use]
    pub fn is_trunk(&self) -> bool {
        self.is_trunk
    }
}

fn is_head(parameter: &NamedParameter) -> bool {
    matches!(parameter.part, Part::Head(_))
}

/// Whether it is of a bottleneck's prior: no task reaches it, only the rate does, for which no engine is needed.
fn is_prior(parameter: &NamedParameter) -> bool {
    let leaf = parameter.name.rsplit('.').next();
    leaf.is_some_and(|leaf| leaf.starts_with("prior_"))
}

/// `encoder.layers.0` of `encoder.layers.0.weight`.
fn layer_name(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(layer, _)| layer)
}

fn zeros(shape: &InputShape, device: &Device) -> Inputs {
    let columns = shape.categorical.len();
    Inputs {
        numeric: (shape.numeric > 0).then(|| Tensor::zeros([1, shape.numeric], device)),
        categorical: (columns > 0).then(|| Tensor::<2, Int>::zeros([1, columns], device)),
        image: shape
            .image
            .map(|[channels, height, width]| Tensor::zeros([1, channels, height, width], device)),
        // The graph is looked at, not the numbers: as a batch of training rows makes it.
        all_known: true,
    }
}

struct Count<'a> {
    task: usize,
    gradients: &'a GradientsParams,
    /// The tasks that reach each parameter.
    reached: &'a mut HashMap<ParamId, Vec<usize>>,
}

impl ModuleVisitor for Count<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if self.gradients.get::<D>(parameter.id).is_some() {
            self.reached
                .entry(parameter.id)
                .or_default()
                .push(self.task);
        }
    }
}
