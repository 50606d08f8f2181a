//! What a model is made of: its layers with their shapes and numbers of parameters.

use std::collections::BTreeMap;

use crate::features::FeatureShape;
use crate::head::Mixing;
use crate::layer::Layer;
use crate::multitask::MultiTaskModel;
use crate::names::{self, Part};

/// The whole model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Shape of one row of inputs, categories as numbers.
    pub input: String,
    /// Encoder, sharing, each head in task order, and what couples them.
    pub parts: Vec<PartSummary>,
    /// Trained numbers in all parts.
    pub parameters: usize,
}

/// Encoder, sharing, one head, or what couples heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSummary {
    pub part: Part,
    /// In words: `one encoder, 64 shared numbers per row`.
    pub description: String,
    pub modules: Vec<ModuleSummary>,
    pub parameters: usize,
}

/// One layer, or another module with parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSummary {
    /// Canonical name: its parameters' names start with it.
    pub name: String,
    pub description: String,
    /// Shape of what it makes of one row.
    pub output: String,
    pub parameters: usize,
}

/// Describes the model.
#[must_use]
pub fn summary(model: &MultiTaskModel) -> Summary {
    let counts = Counts::new(model);
    let encoder = model.encoder();
    let mut shape = encoder.start();
    let mut modules: Vec<ModuleSummary> = encoder
        .embeddings
        .iter()
        .map(|column| ModuleSummary {
            name: format!("encoder.embeddings.{}", column.name()),
            description: format!("{} categories", column.categories()),
            output: FeatureShape::Vector(column.width()).to_string(),
            // Names of columns are free: one may begin like another.
            parameters: counts.of(&format!("encoder.embeddings.{}.weight", column.name())),
        })
        .collect();
    modules.extend(layers(
        "encoder.layers",
        &encoder.layers,
        &mut shape,
        &counts,
    ));
    let mut parts = vec![
        PartSummary {
            part: Part::Encoder,
            description: format!("{} to {shape}", encoder.start()),
            modules,
            parameters: counts.below("encoder."),
        },
        sharing(model, &counts),
    ];
    for (task, head) in model.tasks().iter().zip(&model.heads) {
        let path = format!("heads.{task}.");
        let mut shape = FeatureShape::Vector(model.representation_width());
        let mut modules = layers(&format!("{path}tower"), &head.tower, &mut shape, &counts);
        let inside: usize = modules.iter().map(|module| module.parameters).sum();
        let description = match &head.mixing {
            Mixing::Dense(_) => "linear",
            Mixing::PerOutput(_) => "weights of the codes, per output",
            Mixing::PerTask(_) => "weights of the codes, then linear",
            Mixing::Block(_) => "weights of the codes' blocks, then linear",
        };
        let offset = match (&head.offset.thresholds, &head.cascade) {
            (Some(_), None) => ", ordered thresholds",
            (Some(_), Some(_)) => ", ordered thresholds, reads other tasks",
            (None, Some(_)) => ", reads other tasks",
            (None, None) => "",
        };
        let parameters = counts.below(&path);
        modules.push(ModuleSummary {
            name: format!("heads.{task}"),
            description: format!("{description}{offset}"),
            output: FeatureShape::Vector(head.width()).to_string(),
            parameters: parameters - inside,
        });
        parts.push(PartSummary {
            part: Part::Head(task.clone()),
            description: format!("head of `{task}`"),
            modules,
            parameters,
        });
    }
    parts.extend(joint(model, &counts));
    Summary {
        input: encoder.start().to_string(),
        parameters: counts.below(""),
        parts,
    }
}

/// Hard sharing has no parameters of its own and therefore no module.
fn sharing(model: &MultiTaskModel, counts: &Counts) -> PartSummary {
    let description = model.sharing.wiring().describe();
    let parameters = counts.below("sharing.");
    let module = ModuleSummary {
        name: "sharing".to_owned(),
        description: description.clone(),
        output: FeatureShape::Vector(model.representation_width()).to_string(),
        parameters,
    };
    PartSummary {
        part: Part::Sharing,
        description,
        modules: (parameters > 0).then_some(module).into_iter().collect(),
        parameters,
    }
}

/// What couples labels, if anything does.
fn joint(model: &MultiTaskModel, counts: &Counts) -> Option<PartSummary> {
    let joint = model.joint.as_ref()?;
    let modules = joint.edges().iter().map(|edge| {
        let name = format!("joint.{}.table", edge.join("-"));
        ModuleSummary {
            description: "table of one label's classes by the other's".to_owned(),
            output: String::new(),
            parameters: counts.of(&name),
            name,
        }
    });
    let numbers = joint.numbers.as_ref().map(|_| {
        let name = "joint.numbers".to_owned();
        ModuleSummary {
            description: "covariance of what the heads leave over".to_owned(),
            output: String::new(),
            parameters: counts.below(&format!("{name}.")),
            name,
        }
    });
    Some(PartSummary {
        part: Part::Joint,
        description: joint.describe(),
        modules: modules.chain(numbers).collect(),
        parameters: counts.below("joint."),
    })
}

/// Layers that do something: dropout of nothing keeps its number and is not shown.
fn layers(
    path: &str,
    layers: &[Layer],
    shape: &mut FeatureShape,
    counts: &Counts,
) -> Vec<ModuleSummary> {
    layers
        .iter()
        .enumerate()
        .filter(|(_, layer)| !matches!(layer, Layer::Dropout(dropout) if dropout.is_off()))
        .map(|(index, layer)| {
            let name = format!("{path}.{index}");
            *shape = layer.step().shape(*shape);
            ModuleSummary {
                description: layer.step().describe(),
                output: shape.to_string(),
                parameters: counts.below(&format!("{name}.")),
                name,
            }
        })
        .collect()
}

/// Trained numbers by canonical name.
struct Counts(BTreeMap<String, usize>);

impl Counts {
    fn new(model: &MultiTaskModel) -> Self {
        let trained = names::parameters(model).into_iter();
        Self(
            trained
                .filter(|parameter| parameter.trainable)
                .map(|parameter| (parameter.name, parameter.shape.iter().product()))
                .collect(),
        )
    }

    fn of(&self, name: &str) -> usize {
        self.0.get(name).copied().unwrap_or(0)
    }

    fn below(&self, prefix: &str) -> usize {
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, count)| count)
            .sum()
    }
}
