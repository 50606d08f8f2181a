//! Checkpoints: the train state and everything that evaluation needs, as named parts of one file.

use std::collections::BTreeMap;

use polytask_config::{Value, Values};
use polytask_model::names;
use polytask_store::{Checkpoint, Part, Published, Retention, StoreError, Writer};

use crate::plan::Plan;
use crate::state::{RestoreError, TrainState};

/// The keys of a checkpoint's texts.
pub mod meta {
    /// The run that wrote it.
    pub const RUN: &str = polytask_store::RUN;
    /// The resolved config.
    pub const CONFIG: &str = "config";
    /// The fitted preprocessing, JSON.
    pub const PREPROCESSING: &str = "preprocessing";
    /// The fingerprint of the data.
    pub const DATA: &str = "data";
    /// The edges between coupled labels, JSON; without a joint head there are none.
    pub const COUPLED: &str = "coupled";
    /// The regressions whose numbers are coupled, JSON; without a Gaussian law there are none.
    pub const NUMBERS: &str = "numbers";
    /// What the relation between tasks was told of the labels, JSON; without a relation that asks there is none.
    pub const RELATED: &str = "related";
    /// The version that wrote it.
    pub const VERSION: &str = "version";
    /// The backend that it was trained on.
    pub const BACKEND: &str = "backend";
}

/// Why a checkpoint was not written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The disk.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The state could not be listed.
    #[error("{0}")]
    State(#[from] RestoreError),
    /// Weights that are not finite are never saved.
    #[error("step {step}: '{tensor}' holds a value that is not finite; nothing was saved")]
    NotFinite {
        /// The step.
        step: u64,
        /// The first such tensor.
        tensor: String,
    },
}

/// Bytes of a checkpoint of this run, at most, before the first step: those of the state as it is, and `kept` numbers of the
/// optimizer for each number that is trained.
///
/// # Errors
/// A state that cannot be listed, which is a bug.
pub fn largest(state: &mut TrainState, kept: usize) -> Result<u64, SaveError> {
    let parts = to_parts(state.save()?);
    let now: usize = parts.iter().map(|part| part.bytes.len()).sum();
    let trained: usize = names::parameters(&state.model)
        .iter()
        .filter(|parameter| parameter.trainable)
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum();
    Ok((now + kept * trained * size_of::<f32>()) as u64)
}

/// Writes the checkpoints of one run.
pub struct Saver {
    /// Numbers that the optimizer remembers for each that it trains.
    kept: usize,
    writer: Writer,
    texts: BTreeMap<String, String>,
    retention: Retention,
}

impl Saver {
    /// Writes into the run that `writer` has locked; `resolved` is the resolved config.
    #[must_use]
    pub fn new(writer: Writer, plan: &Plan, resolved: &str) -> Self {
        let listed =
            |key: &'static str, text: serde_json::Result<String>| (key, text.unwrap_or_default());
        let coupled = &plan.model.coupled;
        let coupled =
            (!coupled.is_empty()).then(|| listed(meta::COUPLED, serde_json::to_string(coupled)));
        let numbers = &plan.model.numbers;
        let numbers =
            (!numbers.is_empty()).then(|| listed(meta::NUMBERS, serde_json::to_string(numbers)));
        let related = &plan.model.related;
        let related =
            (!related.is_empty()).then(|| listed(meta::RELATED, serde_json::to_string(related)));
        let texts = [
            (meta::RUN, writer.id()),
            (meta::CONFIG, resolved.to_owned()),
            (
                meta::PREPROCESSING,
                serde_json::to_string(&plan.preprocessing).unwrap_or_default(),
            ),
            (meta::DATA, plan.facts.fingerprint.clone()),
            (meta::VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (meta::BACKEND, plan.place.backend.to_owned()),
        ];
        Self {
            kept: plan.train.optimizer.value.kept,
            writer,
            texts: texts
                .into_iter()
                .chain(coupled)
                .chain(numbers)
                .chain(related)
                .map(|(key, text)| (key.to_owned(), text))
                .collect(),
            retention: Retention {
                keep_last: plan.checkpoint.keep_last,
                keep_best: plan.checkpoint.keep_best,
            },
        }
    }

    /// Gives the run back.
    #[must_use]
    pub fn into_writer(self) -> Writer {
        self.writer
    }

    /// Publishes the state before the first step, so that whatever happens later there is something to go on from.
    ///
    /// # Errors
    /// Fewer bytes free than two checkpoints need: found out now, not hours later.
    pub fn begin(&mut self, state: &mut TrainState) -> Result<(), SaveError> {
        let texts: usize = self.texts.values().map(String::len).sum();
        let bytes = largest(state, self.kept)? + texts as u64;
        polytask_store::require_space(self.writer.path(), 2 * bytes, "save two checkpoints")?;
        self.save(state, None)?;
        Ok(())
    }

    /// Publishes the state at its step; `score` is the one it was just evaluated to.
    ///
    /// # Errors
    /// A disk that fails, or weights that are not finite.
    pub fn save(
        &mut self,
        state: &mut TrainState,
        score: Option<f64>,
    ) -> Result<Published, SaveError> {
        let step = state.progress.step;
        let epoch = state.progress.epoch;
        let values = state.save()?;
        if let Some(tensor) = first_not_finite(&values) {
            return Err(SaveError::NotFinite { step, tensor });
        }
        let mut checkpoint = Checkpoint::at_step(step).with_score(score);
        checkpoint.meta.extend(self.texts.clone());
        checkpoint
            .meta
            .insert(polytask_store::EPOCH.to_owned(), epoch.to_string());
        checkpoint.parts = to_parts(values);
        Ok(self.writer.publish(&checkpoint, &self.retention)?)
    }
}

fn first_not_finite(values: &Values) -> Option<String> {
    values.0.iter().find_map(|(name, value)| match value {
        Value::Floats { values, .. } if values.iter().any(|value| !value.is_finite()) => {
            Some(name.clone())
        }
        _ => None,
    })
}

fn to_parts(values: Values) -> Vec<Part> {
    values
        .0
        .into_iter()
        .map(|(name, value)| {
            let (kind, shape, bytes): (&str, Vec<u64>, Vec<u8>) = match value {
                Value::Floats { shape, values } => (
                    "f32",
                    shape.into_iter().map(|size| size as u64).collect(),
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
                Value::Numbers(values) => (
                    "f64",
                    vec![values.len() as u64],
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
                Value::Counts(values) => (
                    "u64",
                    vec![values.len() as u64],
                    values
                        .iter()
                        .flat_map(|value| value.to_le_bytes())
                        .collect(),
                ),
                Value::Texts(texts) => (
                    "texts",
                    vec![texts.len() as u64],
                    serde_json::to_vec(&texts).unwrap_or_default(),
                ),
                Value::Flag(flag) => ("flag", vec![1], vec![u8::from(flag)]),
            };
            Part {
                name,
                kind: kind.to_owned(),
                shape,
                bytes,
            }
        })
        .collect()
}

/// A part that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// It is not what its kind says.
    #[error("part '{name}' of kind '{kind}' cannot be read")]
    Kind {
        /// Its name.
        name: String,
        /// Its kind.
        kind: String,
    },
    /// No checkpoint is written with such a tensor, so another hand has been at it.
    #[error("the checkpoint's '{name}' holds a value that is not finite")]
    NotFinite {
        /// Its name.
        name: String,
    },
}

/// The values of a checkpoint's parts.
///
/// # Errors
/// A part that is not what its kind says, or a tensor that is not finite.
pub fn from_parts(parts: Vec<Part>) -> Result<Values, PartError> {
    let mut values = BTreeMap::new();
    for part in parts {
        let value = match part.kind.as_str() {
            "f32" => words(&part.bytes, f32::from_le_bytes).map(|values| Value::Floats {
                shape: part.shape.iter().map(|&size| size as usize).collect(),
                values,
            }),
            "f64" => words(&part.bytes, f64::from_le_bytes).map(Value::Numbers),
            "u64" => words(&part.bytes, u64::from_le_bytes).map(Value::Counts),
            "texts" => serde_json::from_slice(&part.bytes).ok().map(Value::Texts),
            "flag" => part.bytes.first().map(|&flag| Value::Flag(flag != 0)),
            _ => None,
        };
        let Some(value) = value else {
            return Err(PartError::Kind {
                name: part.name,
                kind: part.kind,
            });
        };
        values.insert(part.name, value);
    }
    let values = Values(values);
    match first_not_finite(&values) {
        Some(name) => Err(PartError::NotFinite { name }),
        None => Ok(values),
    }
}

fn words<T, const N: usize>(bytes: &[u8], read: fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (words, rest) = bytes.as_chunks::<N>();
    rest.is_empty()
        .then(|| words.iter().map(|&word| read(word)).collect())
}
