//! The canonical one of all models with the same predictions, and what it says of the tasks.

use crate::features::Inputs;
use crate::head::Mixing;
use crate::matrix::Matrix;
use crate::multitask::MultiTaskModel;

impl MultiTaskModel {
    /// What the canonical form fixes, in words; none for a sharing that has no such form.
    #[must_use]
    pub fn canonical_form(&self) -> Option<&'static str> {
        self.sharing.wiring().canonical_form()
    }

    /// The canonical one of all models with these predictions; `sample` tells where the representation lies.
    #[must_use]
    pub fn canonicalise(mut self, sample: &Inputs) -> Self {
        self.sharing
            .wiring_mut()
            .canonicalise(&mut self.heads, sample);
        self
    }

    /// What each task makes of each code or direction of the latent space, `[tasks][codes]`: its weight if it has one score, else the
    /// norm of its weights. None without a canonical form, as numbers of another basis would say nothing.
    #[must_use]
    pub fn task_map(&self) -> Option<Vec<Vec<f64>>> {
        self.canonical_form()?;
        let rows = self.heads.iter().map(|head| {
            let strengths = match &head.mixing {
                Mixing::Dense(mixing) => Matrix::of(mixing.weight.val().detach()),
                _ => crate::sharing::strengths(head)?,
            };
            Some(if strengths.columns() == 1 {
                strengths.values().to_vec()
            } else {
                strengths.row_norms()
            })
        });
        rows.collect()
    }
}
