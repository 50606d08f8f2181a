//! Who decides the weights of a step: the weighting from the losses, then the aggregator from the gradients' inner products.

use burn::tensor::Tensor;
use polytask_balance::{
    Diagnosis, Gram, GramAggregator, Losses, Moment, Note, SINGLE_ROUNDING, SharedGradient, Sight,
    Weighting, Weights,
};

use super::present::Present;
use crate::plan::Plan;
use crate::tensors;

/// What an engine lets be seen.
pub(crate) struct Seen {
    /// The mean loss of each present task.
    pub(crate) losses: Vec<f64>,
    /// Inner products `[tasks, tasks]`, row by row: of all there is, or of each layer from the top down.
    pub(crate) grams: Vec<Vec<f64>>,
}

impl Seen {
    /// Reads all of it from the device in one go.
    pub(crate) fn read(losses: &[Tensor<1>], grams: Vec<Tensor<2>>) -> Self {
        let mut all: Vec<Tensor<1>> = losses.to_vec();
        let tasks = grams.first().map_or(0, |gram| gram.dims()[0]);
        let numbers = tasks * tasks;
        all.extend(grams.into_iter().map(|gram| gram.reshape([numbers])));
        let values = tensors::read_scalars(all);
        let (losses, rest) = values.split_at(losses.len().min(values.len()));
        let grams = rest.chunks(numbers.max(1));
        Self {
            losses: losses.to_vec(),
            grams: grams.map(<[f64]>::to_vec).collect(),
        }
    }
}

/// The weights of a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    /// One weight for each present task: for all layers, or for each from the top down.
    pub(crate) shared: Vec<Vec<f64>>,
    /// What each present task's head is trained with.
    pub(crate) heads: Vec<f64>,
}

impl Decision {
    /// The weights of one layer.
    pub(super) fn of_layer(&self, layer: usize) -> &[f64] {
        self.shared
            .get(layer)
            .or(self.shared.first())
            .map_or(&[], Vec::as_slice)
    }

    /// The weights for all layers, or their mean over layers.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let layers = self.shared.len().max(1) as f64;
        let tasks = self.shared.first().map_or(0, Vec::len);
        (0..tasks)
            .map(|task| {
                let own = self.shared.iter().filter_map(|layer| layer.get(task));
                own.sum::<f64>() / layers
            })
            .collect()
    }
}

/// Asked once a step by the engine.
pub(crate) type Decide<'a> = dyn FnMut(Seen) -> Decision + 'a;

/// Weighting and aggregator of a run, for one step.
pub(crate) struct Judge<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) weighting: &'a mut dyn Weighting,
    pub(crate) present: &'a Present,
    pub(crate) moment: Moment,
    /// What was said, for the log.
    pub(crate) note: Option<String>,
    /// What was seen; `None` before [`decide`](Self::decide) and [`weigh`](Self::weigh).
    pub(crate) seen: Option<Losses>,
    /// The weights that the tasks were given; where the shared gradient is no weighted sum, the weighting's.
    pub(crate) alpha: Vec<f64>,
    /// The inner products of the losses' gradients as they are, before any weight; those of all layers together. Of the tasks
    /// whose gradients were told apart, which may be others than those of the step.
    pub(crate) gram: Option<Gram>,
    /// How fast the loss of each of these falls along the shared gradient, where this is no sum with one weight for each.
    pub(crate) decreases: Option<Vec<f64>>,
    /// The aggregator's residual.
    pub(crate) residual: f64,
    /// The inner products are not finite: the step must not be taken.
    pub(crate) is_broken: bool,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        weighting: &'a mut dyn Weighting,
        present: &'a Present,
        moment: Moment,
    ) -> Self {
        Self {
            plan,
            weighting,
            present,
            moment,
            note: None,
            seen: None,
            alpha: Vec::new(),
            gram: None,
            decreases: None,
            residual: 0.0,
            is_broken: false,
        }
    }

    /// How the gradients lie to each other, if they were told apart.
    pub(crate) fn diagnosis(&self) -> Option<Diagnosis> {
        let gram = self.gram.as_ref()?;
        let weights = self.present.tasks.iter().zip(&self.alpha);
        let weight = |task: &usize| {
            let mut own = weights.clone().filter(|(present, _)| *present == task);
            own.next().map_or(0.0, |(_, weight)| *weight)
        };
        let alpha: Vec<f64> = gram.present().iter().map(weight).collect();
        let mut found = Diagnosis::of(gram, &alpha, self.residual);
        if let Some(decreases) = &self.decreases {
            found.decreases.clone_from(decreases);
        }
        Some(found)
    }

    pub(crate) fn losses(&self, values: Vec<f64>) -> Losses {
        Losses {
            present: self.present.tasks.clone(),
            values,
            rows: self.present.rows.clone(),
        }
    }

    /// The weighting's weights alone.
    pub(crate) fn weigh(&mut self, losses: Losses) -> Vec<f64> {
        // A loss that is not finite must not enter what a weighting remembers; the step ends below anyway.
        let alpha = if losses.values.iter().all(|loss| loss.is_finite()) {
            let weights = self.plan.weigh(self.weighting, &losses);
            self.hear(&weights);
            weights.alpha
        } else {
            vec![1.0; losses.values.len()]
        };
        self.seen = Some(losses);
        self.alpha.clone_from(&alpha);
        alpha
    }

    /// The aggregator's weights on top of the weighting's.
    pub(crate) fn decide(
        &mut self,
        aggregator: &mut dyn GramAggregator,
        sight: Sight,
        seen: Seen,
    ) -> Decision {
        let Seen { losses, grams } = seen;
        let losses = self.losses(losses);
        let tasks = losses.values.len();
        let by_weighting = Weights::of(self.weigh(losses.clone()));
        let is_usable = losses.values.iter().all(|loss| loss.is_finite());
        let grams = if sight == Sight::Nothing || grams.is_empty() {
            vec![vec![0.0; tasks * tasks]]
        } else {
            grams
        };
        let grams: Result<Vec<Gram>, _> = grams
            .into_iter()
            .map(|values| Gram::new(self.present.tasks.clone(), values))
            .collect();
        let (true, Ok(grams)) = (is_usable, grams) else {
            self.is_broken = true;
            return Decision {
                shared: vec![vec![1.0; tasks]],
                heads: vec![1.0; tasks],
            };
        };
        let scaled = scaled(losses, &by_weighting.alpha);
        let shown: Vec<Gram> = grams
            .iter()
            .map(|gram| {
                gram.clone()
                    .with_rounding(SINGLE_ROUNDING)
                    .scaled(&by_weighting.alpha)
            })
            .collect();
        let answers = match (sight, shown.as_slice()) {
            (Sight::Layers, _) => aggregator.layer_weights(&shown, &scaled, self.moment),
            (_, [one]) => vec![aggregator.weights(one, &scaled, self.moment)],
            _ => Vec::new(),
        };
        if sight != Sight::Nothing {
            self.gram = Gram::sum(&grams);
        }
        let mut decision = Decision::default();
        for answer in answers {
            let answer = answer.on_top_of(&by_weighting);
            self.hear(&answer);
            decision.heads = answer.heads.unwrap_or_else(|| answer.alpha.clone());
            decision.shared.push(answer.alpha);
        }
        self.alpha = decision.mean();
        if decision.shared.len() > 1 {
            let layers = Diagnosis::decreases_over(&grams, &decision.shared);
            self.decreases = Some(layers);
        }
        decision
    }

    /// The weights of a method that needs nothing of this step's gradients, on top of the weighting's: it is asked with the losses times
    /// these, and with them.
    pub(crate) fn answer(
        &mut self,
        losses: Vec<f64>,
        ask: impl FnOnce(&Losses, &[f64]) -> Weights,
    ) -> Decision {
        let losses = self.losses(losses);
        let by_weighting = Weights::of(self.weigh(losses.clone()));
        let scaled = scaled(losses, &by_weighting.alpha);
        let answer = ask(&scaled, &by_weighting.alpha).on_top_of(&by_weighting);
        self.hear(&answer);
        let decision = Decision {
            heads: answer.heads.unwrap_or_else(|| answer.alpha.clone()),
            shared: vec![answer.alpha],
        };
        self.alpha = decision.mean();
        decision
    }

    /// Hears what a row aggregator answered of the tasks at these positions.
    pub(crate) fn answered(
        &mut self,
        shared: &SharedGradient,
        positions: &[usize],
        weights: &[f64],
    ) {
        self.residual = self.residual.max(shared.residual);
        if let Some(note) = &shared.note {
            self.note = Some(Note::to_string(note));
        }
        if let Some(alpha) = &shared.alpha {
            // A task that was not visited has no part in the shared gradient.
            self.alpha = vec![0.0; weights.len()];
            for (&position, alpha) in positions.iter().zip(alpha) {
                if let (Some(slot), Some(own)) =
                    (self.alpha.get_mut(position), weights.get(position))
                {
                    *slot = alpha * own;
                }
            }
        }
    }

    /// Hears that the shared gradient was multiplied by this afterwards, as if its weights had been: of a direction that no weights
    /// make those of the weighting, which its losses have in it.
    pub(crate) fn clipped(&mut self, factor: f64) {
        self.alpha.iter_mut().for_each(|weight| *weight *= factor);
        let falls = self.decreases.iter_mut().flatten();
        falls.for_each(|fall| *fall *= factor);
    }

    fn hear(&mut self, weights: &Weights) {
        self.residual = self.residual.max(weights.residual);
        if let Some(note) = &weights.note {
            self.note = Some(Note::to_string(note));
        }
    }
}

/// The losses times these weights.
fn scaled(losses: Losses, weights: &[f64]) -> Losses {
    let each = losses.values.iter().zip(weights);
    Losses {
        values: each.map(|(loss, weight)| loss * weight).collect(),
        ..losses
    }
}
