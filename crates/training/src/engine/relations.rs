//! How the tasks' gradients of the shared parameters lie to each other on one batch, and what a step on one task does to the losses
//! of all (Fifty et al. 2021, TAG).

use burn::optim::GradientsParams;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::judge::{Decision, Seen};
use super::look_ahead::shifted;
use super::present::Present;
use super::{Engine, Work, plain, rows};
use crate::plan::Plan;

/// Losses below this are rounding where they are divided by (TAG's guard).
const LEAST: f64 = 1e-8;

/// What one batch says; tasks by their places among the present ones.
pub(crate) struct Related {
    /// The tasks with a label.
    pub(crate) present: Vec<usize>,
    pub(crate) losses: Vec<f64>,
    /// Inner products of the gradients of all shared parameters, `[present, present]`.
    gram: Vec<f64>,
    layers: rows::Layers,
}

impl Related {
    /// Passes forward and backward once; `None` without a label.
    pub(crate) fn of(
        engine: &Engine,
        plan: &Plan,
        model: &MultiTaskModel,
        batch: &Batch,
        draw: u64,
    ) -> Option<Self> {
        let batches = std::slice::from_ref(batch);
        let present = Present::of(batches, plan.tasks.len());
        if present.tasks.is_empty() {
            return None;
        }
        // Running statistics stay.
        let model = model.clone();
        let work = Work::new(plan, &model, draw, batches, &present);
        let apart = engine.apart(&work, None)?;
        let gram = rows::grams(&apart.layers)
            .into_iter()
            .reduce(|sum, gram| sum + gram)?;
        let seen = Seen::read(&apart.losses, vec![gram]);
        Some(Self {
            present: present.tasks,
            losses: seen.losses,
            gram: seen.grams.into_iter().next()?,
            layers: apart.layers,
        })
    }

    fn product(&self, left: usize, right: usize) -> f64 {
        let tasks = self.present.len();
        self.gram
            .get(left * tasks + right)
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// The cosine of two tasks' gradients; `None` where one of them is 0 or not finite.
    pub(crate) fn cosine(&self, left: usize, right: usize) -> Option<f64> {
        let norms = (self.product(left, left) * self.product(right, right)).sqrt();
        let cosine = self.product(left, right) / norms;
        cosine.is_finite().then_some(cosine)
    }

    /// The learning rate of a plain step that, to first order, takes `share` off the loss of the task that it serves best.
    pub(crate) fn rate(&self, share: f64) -> Option<f64> {
        let rates = self.losses.iter().enumerate().filter_map(|(task, &loss)| {
            let square = self.product(task, task);
            (loss > LEAST && square > 0.0).then(|| share * loss / square)
        });
        rates.reduce(f64::min)
    }

    /// Z_{i→j} = 1 - L_j(θ - rate · g_i)/L_j(θ) `[present, present]`, on the batch itself with the same masks, where L_j allows.
    pub(crate) fn affinities(
        &self,
        plan: &Plan,
        model: &MultiTaskModel,
        batch: &Batch,
        draw: u64,
        rate: f64,
    ) -> Vec<Option<f64>> {
        let batches = std::slice::from_ref(batch);
        let present = Present::of(batches, plan.tasks.len());
        let losses =
            |model: &MultiTaskModel| plain::losses(plan, model, draw, batches, &present).values;
        let before = losses(model);
        (0..self.present.len())
            .flat_map(|task| {
                let after = losses(&shifted(model, &self.gradient(task), -rate));
                let gains = before.iter().zip(after).map(|(&before, after)| {
                    let gain = 1.0 - after / before;
                    (before > LEAST && gain.is_finite()).then_some(gain)
                });
                gains.collect::<Vec<_>>()
            })
            .collect()
    }

    /// One task's gradient of the shared parameters.
    fn gradient(&self, task: usize) -> GradientsParams {
        let mut weights = vec![0.0; self.present.len()];
        if let Some(weight) = weights.get_mut(task) {
            *weight = 1.0;
        }
        let alone = Decision {
            heads: weights.clone(),
            shared: vec![weights],
        };
        rows::combine(&self.layers, &alone)
    }
}
