//! Optimizers: Burn's update rules, with their state under the parameters' canonical names.
//!
//! Burn's `ModuleOptimizer` keys its state by random parameter ids, restarts silently whatever it cannot read, and
//! puts restored state on a default device that may not exist. Here the same rules are applied parameter by
//! parameter, so that the state is listed by name, complete, and restored strictly.

mod rules;

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::{DynState, GradientsParams, StateSink, StateSource};
use burn::tensor::{Device, Tensor, TensorData};
use burn_pack::Scalar;
use polytask_config::State;
use polytask_model::names::{NamedParameter, Part};

use rules::Rule;
pub use rules::{OPTIMIZERS, Recipe};

/// Moves the parameters of one model.
pub struct Optimizer {
    recipe: Recipe,
    slots: HashMap<ParamId, Slot>,
    state: BTreeMap<String, DynState>,
    device: Device,
}

struct Slot {
    name: String,
    rank: usize,
    group: Group,
    /// The rule is for `[outputs, inputs]` and the parameter is `[inputs, outputs]`; what is remembered is as the rule
    /// has it.
    is_transposed: bool,
}

#[derive(Clone, Copy)]
enum Group {
    Decayed,
    Spared,
    Matrix,
}

impl Optimizer {
    /// An optimizer for `parameters`, with nothing remembered yet.
    #[must_use]
    pub fn new(recipe: Recipe, parameters: &[NamedParameter], device: &Device) -> Self {
        let slots = parameters
            .iter()
            .filter(|parameter| parameter.trainable)
            .map(|parameter| {
                // Muon is for the matrices of hidden layers: not for embeddings, not for the last layer.
                let hidden = parameter.shape.len() == 2
                    && !matches!(parameter.part, Part::Head(_))
                    && !parameter.name.contains("embedding");
                let group = match (&recipe.matrices, hidden, parameter.decays) {
                    (Some(_), true, _) => Group::Matrix,
                    (_, _, true) => Group::Decayed,
                    (_, _, false) => Group::Spared,
                };
                let slot = Slot {
                    name: parameter.name.clone(),
                    rank: parameter.shape.len(),
                    group,
                    is_transposed: matches!(group, Group::Matrix) && parameter.inputs_first,
                };
                (parameter.id, slot)
            })
            .collect();
        Self {
            recipe,
            slots,
            state: BTreeMap::new(),
            device: device.clone().without_autodiff(),
        }
    }

    /// Moves the parameters of `model` that have a gradient; `factor` is the schedule's share of the learning rate.
    pub fn step<M: Module>(&mut self, model: M, gradients: GradientsParams, factor: f64) -> M {
        model.map(&mut Step {
            optimizer: self,
            gradients,
            factor,
        })
    }

    /// Forgets what it remembers of these parameters, whose coordinates have changed: they begin anew.
    pub fn forget(&mut self, names: &[String]) {
        for name in names {
            self.state.remove(name);
        }
    }

    fn rule(&self, group: Group) -> &Rule {
        match group {
            Group::Decayed => &self.recipe.decayed,
            Group::Spared => &self.recipe.spared,
            Group::Matrix => self
                .recipe
                .matrices
                .as_ref()
                .unwrap_or(&self.recipe.decayed),
        }
    }

    /// Lists what the rules remember: for each parameter its leaves by name.
    ///
    /// # Errors
    /// What a loaded listing holds that this optimizer cannot take.
    pub fn state(&mut self, state: &mut State) -> Result<(), String> {
        let mut names: Vec<String> = self.state.keys().cloned().collect();
        state.texts("parameters", &mut names);
        let slots: BTreeMap<String, (usize, Group)> = self
            .slots
            .values()
            .map(|slot| (slot.name.clone(), (slot.rank, slot.group)))
            .collect();
        for name in names {
            let Some(&(rank, group)) = slots.get(&name) else {
                return Err(format!(
                    "the optimizer remembers '{name}', which the model does not have"
                ));
            };
            if state.is_loading() {
                let mut source = state.section(&name, load_leaves);
                let update = self.rule(group).update.clone();
                let restored = update
                    .state_unflatten(rank, "", &mut source, &self.device)
                    .ok_or_else(|| {
                        format!("the optimizer's state of '{name}' is not one of this optimizer")
                    })?;
                self.state.insert(name, restored);
            } else if let Some(remembered) = self.state.get(&name) {
                let mut sink = StateSink::default();
                self.rule(group)
                    .update
                    .state_flatten("", remembered, &mut sink);
                state.section(&name, |state| save_leaves(state, sink));
            }
        }
        Ok(())
    }
}

fn save_leaves(state: &mut State, sink: StateSink) {
    let mut leaves: Vec<String> = sink.tensors.iter().map(|(name, _)| name.clone()).collect();
    state.texts("tensors", &mut leaves);
    for (name, data) in sink.tensors {
        let mut shape = data.shape().to_vec();
        let mut values = data
            .convert::<f32>()
            .try_into_vec::<f32>()
            .unwrap_or_default();
        state.floats(&name, &mut shape, &mut values);
    }
    let mut leaves: Vec<String> = sink.scalars.iter().map(|(name, _)| name.clone()).collect();
    state.texts("scalars", &mut leaves);
    for (name, scalar) in sink.scalars {
        let (mut kind, mut bits) = to_bits(scalar);
        state.text(&format!("{name}.kind"), &mut kind);
        state.count(&name, &mut bits);
    }
}

fn load_leaves(state: &mut State) -> StateSource {
    let mut tensors = Vec::new();
    let mut leaves = Vec::new();
    state.texts("tensors", &mut leaves);
    for name in leaves {
        let (mut shape, mut values) = (Vec::new(), Vec::new());
        state.floats(&name, &mut shape, &mut values);
        tensors.push((name, TensorData::new(values, shape)));
    }
    let mut scalars = BTreeMap::new();
    let mut leaves = Vec::new();
    state.texts("scalars", &mut leaves);
    for name in leaves {
        let (mut kind, mut bits) = (String::new(), 0);
        state.text(&format!("{name}.kind"), &mut kind);
        state.count(&name, &mut bits);
        scalars.insert(name, from_bits(&kind, bits));
    }
    let mut source = StateSource::new(scalars);
    for (name, data) in tensors {
        source.insert_tensor(name, data);
    }
    source
}

fn to_bits(scalar: Scalar) -> (String, u64) {
    match scalar {
        Scalar::Int(value) => ("int".to_owned(), value.cast_unsigned()),
        Scalar::UInt(value) => ("uint".to_owned(), value),
        Scalar::Float(value) => ("float".to_owned(), value.to_bits()),
        Scalar::Bool(value) => ("bool".to_owned(), u64::from(value)),
    }
}

fn from_bits(kind: &str, bits: u64) -> Scalar {
    match kind {
        "int" => Scalar::Int(bits.cast_signed()),
        "float" => Scalar::Float(f64::from_bits(bits)),
        "bool" => Scalar::Bool(bits != 0),
        _ => Scalar::UInt(bits),
    }
}

struct Step<'a> {
    optimizer: &'a mut Optimizer,
    gradients: GradientsParams,
    factor: f64,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = parameter.consume();
        let gradient = self.gradients.remove::<D>(id);
        let (Some(gradient), Some(slot)) = (gradient, self.optimizer.slots.get(&id)) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let rule = self.optimizer.rule(slot.group);
        let requires_gradient = tensor.is_require_grad();
        let is_transposed = slot.is_transposed;
        let turned = |tensor: Tensor<D>| match is_transposed {
            true => in_order(tensor.swap_dims(0, 1)),
            false => tensor,
        };
        let (moved, remembered) = rule.update.step_dyn(
            D,
            rule.rate * self.factor,
            turned(tensor.inner()).into_bridge(),
            turned(gradient).into_bridge(),
            self.optimizer.state.get(&slot.name).cloned(),
        );
        if let Some(remembered) = remembered {
            self.optimizer.state.insert(slot.name.clone(), remembered);
        }
        let mut moved = Tensor::<D>::from_inner(turned(Tensor::from_bridge(moved)));
        if requires_gradient {
            moved = moved.require_grad();
        }
        Param::from_mapped_value(id, moved, mapper)
    }
}

/// The same tensor with its numbers in memory row by row, as a restored one has them: products over another order of
/// memory may round differently.
fn in_order<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    let dims = tensor.dims();
    tensor
        .reshape([dims.iter().product::<usize>()])
        .reshape(dims)
}
