//! Canonical names of parameters: the one place that gives them, and the only names that leave the program.
//!
//! Burn's own paths contain the names of enum variants and the indices of tasks (`heads.0.mixing.Dense.weight`): with
//! them, renaming a Rust type would break every checkpoint and adding a task would rename another's weights. Here
//! variants are skipped, tasks and columns stand with their names, and parts of a head that only structure the code
//! are left out: `heads.digit.weight`. The rules are pinned by a golden list in the tests.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Tensor, TensorData};

use crate::error::{ImportError, ImportErrors};
use crate::multitask::MultiTaskModel;

/// Where a parameter belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Encoder,
    /// What the sharing adds to encoder and heads.
    Sharing,
    /// The head of the task of this name.
    Head(String),
    /// What couples the labels of several heads.
    Joint,
}

/// A parameter, or a statistic, with its canonical name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedParameter {
    pub name: String,
    /// Random in every process: for optimizers, never for files.
    pub id: ParamId,
    pub shape: Vec<usize>,
    pub part: Part,
    /// Whether weight decay applies: to weights, not to biases, norms, thresholds or what lies behind a simplex.
    pub decays: bool,
    /// Whether gradients train it: a statistic is state, but no parameter.
    pub trainable: bool,
    /// Whether it is a matrix `[inputs, outputs]`: all weights of two axes are, but codes and their weights, which are
    /// `[outputs, inputs]`.
    pub inputs_first: bool,
    /// Whether it changes when the codes are [turned](MultiTaskModel::turned).
    pub turns: bool,
}

/// Name, shape and values, row by row.
pub type NamedValues = (String, Vec<usize>, Vec<f32>);

/// Whether this is what norms know of earlier batches, or the covariance of residuals.
fn is_statistic(leaf: &str) -> bool {
    leaf.starts_with("running_") || leaf == "factor"
}

/// All parameters and statistics, in the model's order.
#[must_use]
pub fn parameters(model: &MultiTaskModel) -> Vec<NamedParameter> {
    struct List<'a>(Namer<'a>, Vec<NamedParameter>);
    impl ModuleVisitor for List<'_> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.0.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let (name, part) = self.0.name();
            let leaf = name.rsplit('.').next().unwrap_or_default();
            self.1.push(NamedParameter {
                id: param.id,
                shape: param.lazy_shape().to_vec(),
                part,
                decays: matches!(leaf, "weight" | "codes" | "alpha" | "cascade"),
                trainable: !is_statistic(leaf),
                inputs_first: D == 2 && leaf == "weight",
                turns: matches!(leaf, "codes" | "alpha"),
                name,
            });
        }
    }
    let mut list = List(Namer::new(model), Vec::new());
    model.visit(&mut list);
    list.1
}

/// The whole state of the model: parameters and statistics, in the model's order.
#[must_use]
pub fn export(model: &MultiTaskModel) -> Vec<NamedValues> {
    struct Export<'a>(Namer<'a>, Vec<NamedValues>);
    impl ModuleVisitor for Export<'_> {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.0.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.exit();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let data = param.val().into_data();
            let values = data.iter::<f32>().collect();
            let shape = param.lazy_shape().to_vec();
            self.1.push((self.0.name().0, shape, values));
        }
    }
    let mut export = Export(Namer::new(model), Vec::new());
    model.visit(&mut export);
    export.1
}

/// The model with these values, bit for bit, on the device that it is on. Every name must be there, once, with its
/// shape, and no other; otherwise nothing is taken.
pub fn import(
    model: MultiTaskModel,
    values: Vec<NamedValues>,
) -> Result<MultiTaskModel, ImportErrors> {
    let mut given = BTreeMap::new();
    let mut errors = Vec::new();
    for (name, shape, values) in values {
        let size = shape.iter().product::<usize>();
        if size != values.len() {
            errors.push(ImportError::Length {
                name: name.clone(),
                wanted: size,
                found: values.len(),
            });
        }
        if given.insert(name.clone(), (shape, values)).is_some() {
            errors.push(ImportError::Duplicate { name });
        }
    }
    let wanted = parameters(&model);
    for parameter in &wanted {
        let name = parameter.name.clone();
        match given.get(&name) {
            None => errors.push(ImportError::Missing { name }),
            Some((shape, _)) if *shape != parameter.shape => errors.push(ImportError::Shape {
                name,
                wanted: parameter.shape.clone(),
                found: shape.clone(),
            }),
            Some(_) => {}
        }
    }
    let unknown = given
        .keys()
        .filter(|name| !wanted.iter().any(|parameter| parameter.name == **name));
    errors.extend(unknown.map(|name| ImportError::Unknown { name: name.clone() }));
    if !errors.is_empty() {
        return Err(ImportErrors(errors));
    }
    let shell = model.clone();
    Ok(model.map(&mut Import(Namer::new(&shell), given)))
}

/// Puts values into parameters. Every name and shape has been checked.
struct Import<'a>(Namer<'a>, BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl ModuleMapper for Import<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.0.exit();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((shape, values)) = self.1.remove(&self.0.name().0) else {
            return param;
        };
        param.map(|old| {
            let value = Tensor::from_data(TensorData::new(values, shape), &old.device());
            value.set_require_grad(old.is_require_grad())
        })
    }
}

/// The path of a traversal, and the canonical name that it stands for.
struct Namer<'a> {
    model: &'a MultiTaskModel,
    path: Vec<(String, bool)>,
}

impl<'a> Namer<'a> {
    fn new(model: &'a MultiTaskModel) -> Self {
        Self {
            model,
            path: Vec::new(),
        }
    }

    fn enter(&mut self, name: &str, container: &str) {
        self.path
            .push((name.to_owned(), container.starts_with("Enum:")));
    }

    fn exit(&mut self) {
        self.path.pop();
    }

    fn name(&self) -> (String, Part) {
        let path: Vec<&str> = self
            .path
            .iter()
            .filter(|(_, is_variant)| !is_variant)
            .map(|(name, _)| name.as_str())
            .collect();
        match path.as_slice() {
            ["heads", index, rest @ ..] => {
                let task = self.by_index(index, self.model.tasks());
                let [inner @ .., leaf] = rest else {
                    return (format!("heads.{task}"), Part::Head(task));
                };
                // They only structure the code, and no two of their parameters have one name.
                let structure = ["mixing", "gate", "offset"];
                let inner = inner.iter().filter(|part| !structure.contains(part));
                let rest: Vec<&str> = inner.chain([leaf]).copied().collect();
                (format!("heads.{task}.{}", rest.join(".")), Part::Head(task))
            }
            ["joint", "tables", index] => {
                let edges = self.model.joint_edges();
                let names: Vec<String> = edges.iter().map(|edge| edge.join("-")).collect();
                let edge = self.by_index(index, &names);
                (format!("joint.{edge}.table"), Part::Joint)
            }
            ["joint", "numbers", "covariance", leaf] => {
                (format!("joint.numbers.{leaf}"), Part::Joint)
            }
            ["sharing", "encoder", "embeddings", index, rest @ ..] => {
                let columns = &self.model.encoder().embeddings;
                let columns: Vec<String> = columns
                    .iter()
                    .map(|column| column.name().to_owned())
                    .collect();
                let column = self.by_index(index, &columns);
                (
                    format!("encoder.embeddings.{column}.{}", rest.join(".")),
                    Part::Encoder,
                )
            }
            ["sharing", "encoder", rest @ ..] => {
                (format!("encoder.{}", rest.join(".")), Part::Encoder)
            }
            path => (path.join("."), Part::Sharing),
        }
    }

    fn by_index(&self, index: &str, names: &[String]) -> String {
        index
            .parse::<usize>()
            .ok()
            .and_then(|index| names.get(index).cloned())
            .unwrap_or_else(|| index.to_owned())
    }
}
