//! The canonical form of a trained model, its proof, and a checkpoint of it.

use polytask_data::Prepared;
use polytask_model::{MultiTaskModel, names};
use polytask_store::{Checkpoint, Part};

use crate::load::{LoadError, Loaded, rows_of};
use crate::state::{ANNEALING, AVERAGE, BOTTLENECK, MODEL};
use crate::tensors;

/// Training rows that the representation is whitened on at most, evenly spaced.
const SAMPLE: usize = 8192;

/// A model in canonical form.
pub struct Canonical {
    /// With the predictions of the model that it was made of.
    pub model: MultiTaskModel,
    /// Training rows that it was made and tested on.
    pub rows: usize,
    /// The largest difference of a raw prediction on those rows, relative to the largest raw prediction of its task, at least 1.
    pub apart: f64,
}

impl Loaded {
    /// The canonical one of all models that predict as this one does; none for a sharing without such a form.
    ///
    /// # Errors
    /// Data without training rows.
    pub fn canonical(&self, prepared: &Prepared) -> Result<Option<Canonical>, LoadError> {
        if self.model.canonical_form().is_none() {
            return Ok(None);
        }
        let all = rows_of(prepared, "train")?;
        let rows: Vec<u32> = all
            .iter()
            .step_by(all.len().div_ceil(SAMPLE).max(1))
            .copied()
            .collect();
        let batch = prepared.encoded.batch(&rows);
        let sample = tensors::inputs(&batch, &self.shape, &self.place.device);
        let model = self.model.clone().canonicalise(&sample);
        let predictions = self.model.forward(&sample).into_iter();
        let apart = predictions.zip(model.forward(&sample)).map(|(was, is)| {
            let (was, is) = (tensors::read(was), tensors::read(is));
            let size = was
                .iter()
                .fold(1.0, |size: f32, value| size.max(value.abs()));
            let pairs = was.iter().zip(&is);
            let largest = pairs.fold(0.0, |most: f32, (was, is)| most.max((was - is).abs()));
            f64::from(largest / size)
        });
        Ok(Some(Canonical {
            apart: apart.fold(0.0, f64::max),
            rows: rows.len(),
            model,
        }))
    }
}

/// The checkpoint with this model in place of the one that it is evaluated with. What only a resumed training needs is left out: the
/// optimizer knows the old basis.
#[must_use]
pub fn checkpoint_of(checkpoint: &Checkpoint, model: &MultiTaskModel) -> Checkpoint {
    let is_kept = |part: &&Part| {
        let section = part.name.split('/').next().unwrap_or_default();
        let of_training = [MODEL, AVERAGE].contains(&section);
        !of_training
            && ([BOTTLENECK, ANNEALING].contains(&section) || part.name == "progress/weights")
    };
    let kept = checkpoint.parts.iter().filter(is_kept).cloned();
    let tensors = names::export(model)
        .into_iter()
        .map(|(name, shape, values)| {
            let shape = shape.into_iter().map(|side| side as u64).collect();
            Part::f32(format!("{MODEL}/{name}"), shape, &values)
        });
    Checkpoint {
        meta: checkpoint.meta.clone(),
        parts: tensors.chain(kept).collect(),
    }
}
