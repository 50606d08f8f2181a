//! The model: a sharing, and a head per task on what it represents.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use polytask_config::Fields;
use polytask_data::InputShape;
use polytask_random::Seed;

use crate::encoder::{Encoder, EncoderOptions};
use crate::error::{ShapeError, ShapeErrors};
use crate::features::Inputs;
use crate::head::{Head, HeadOptions};
use crate::initial::Initial;
use crate::loss::{TaskLoss, TaskSpec};
use crate::sharing::{self, Plan, Sharing, Site, Turn};
use crate::stacked::Recorded;

/// What the config says about the model: the keys `encoder`, `categorical`, `sharing` and `heads` of its root.
#[derive(Debug)]
pub struct ModelOptions {
    pub encoder: EncoderOptions,
    pub sharing: Box<dyn Plan>,
    pub heads: HeadOptions,
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
        let initial = Initial { seed, device };
        if let Err(more) = options.encoder.build(&initial, "encoder", inputs) {
            problems.extend(more);
        }
        return Err(ShapeErrors(problems));
    }
    let site = Site {
        initial: Initial { seed, device },
        encoder: &options.encoder,
        heads: &options.heads,
        inputs,
        tasks,
    };
    let built = options.sharing.build(&site).map_err(ShapeErrors)?;
    let width = built.sharing.wiring().encoder().width();
    Ok(MultiTaskModel {
        sharing: built.sharing,
        heads: built.heads,
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
    tasks: Vec<String>,
    notes: Vec<String>,
}

impl MultiTaskModel {
    /// The predictions of each task, in task order, `[rows, width]` each: logits, values, or the cumulative logits of
    /// an ordinal task. [`decode`](crate::decode) makes probabilities of them.
    #[must_use]
    pub fn forward(&self, inputs: &Inputs) -> Vec<Tensor<2>> {
        self.heads_forward(self.representation(inputs))
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
        let head = self.heads.get(task)?;
        Some(head.forward(representation))
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

    /// The predictions of each task from the representation: `forward` is this after `representation`.
    #[must_use]
    pub fn heads_forward(&self, representation: Tensor<2>) -> Vec<Tensor<2>> {
        self.heads
            .iter()
            .map(|head| head.forward(representation.clone()))
            .collect()
    }

    /// Columns of the representation.
    #[must_use]
    pub fn representation_width(&self) -> usize {
        self.sharing.wiring().width()
    }

    /// What the sharing adds to the loss, if it adds anything.
    #[must_use]
    pub fn penalty(&self) -> Option<Tensor<1>> {
        self.sharing.wiring().penalty(&self.heads)
    }

    /// What the bottleneck lets through of each row, `[rows]`, nats: an upper bound on what the representation tells of the inputs. None
    /// without a bottleneck.
    #[must_use]
    pub fn rates(&self, inputs: &Inputs) -> Option<Tensor<1>> {
        self.encoder().rates(inputs)
    }

    /// What a nat of [rate](Self::rates) costs now, in nats of the loss; none without a bottleneck.
    #[must_use]
    pub fn rate_price(&self) -> Option<f64> {
        Some(self.encoder().bottleneck()?.price())
    }

    /// The same model at another price of its rate.
    #[must_use]
    pub fn with_rate_price(mut self, price: f64) -> Self {
        let encoder = self.sharing.wiring_mut().encoder_mut();
        if let Some(bottleneck) = encoder.bottleneck_mut() {
            bottleneck.set_price(price);
        }
        self
    }

    /// The constraints of the sharing, to be restored after each step of the optimizer.
    #[must_use]
    pub fn project(mut self) -> Self {
        self.sharing.wiring_mut().project(&mut self.heads);
        self
    }

    /// The canonical one of all models with these predictions; `sample` tells where the representation lies.
    #[must_use]
    pub fn canonicalise(mut self, sample: &Inputs) -> Self {
        self.sharing
            .wiring_mut()
            .canonicalise(&mut self.heads, sample);
        self
    }

    /// A change of basis of the shared codes after which the penalty is lower and the predictions are the same, for
    /// [`turned`](Self::turned); `None` if there is none worth it. `seed` draws the starts of the search.
    #[must_use]
    pub fn sparser(&self, seed: Seed) -> Option<Turn> {
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
