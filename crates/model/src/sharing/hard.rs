//! Hard sharing: one encoder, and a head per task on top of it.
//!
//! z = φ(x), y_t = H_t(z) (Caruana 1997, Multitask Learning).

use burn::module::Module;
use burn::tensor::Tensor;
use polytask_config::Entry;

use super::{Built, Plan, Sharing, Site, Wiring};
use crate::encoder::Encoder;
use crate::error::ShapeError;
use crate::features::Inputs;
use crate::head::{Dense, Head, Mixing};
use crate::stacked::Recorded;

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "hard",
    summary: "one encoder for all tasks and a head for each; heads may have hidden layers",
    source: "Caruana 1997, Multitask Learning",
    new: |_| Box::new(HardOptions),
    facts: (),
};

/// Hard sharing has no options of its own: `heads.hidden` gives heads their hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HardOptions;

impl Plan for HardOptions {
    fn build(&self, site: &Site<'_>) -> Result<Built, Vec<ShapeError>> {
        let encoder = site.encoder()?;
        let top = site.heads.hidden.last().copied();
        site.heads_fit("heads.hidden", top.unwrap_or(encoder.width()))?;
        let mut problems = Vec::new();
        let mut heads = Vec::new();
        for task in site.tasks {
            match site.heads.tower(&site.initial, &task.name, encoder.width()) {
                Ok((tower, width)) => heads.push(Head {
                    tower,
                    mixing: Mixing::Dense(Dense {
                        weight: site.score_weights(task, width),
                    }),
                    offset: site.offset(task),
                    cascade: site.cascade(task),
                }),
                Err(more) => problems.extend(more),
            }
        }
        if problems.is_empty() {
            let sharing = Sharing::Hard(Hard { encoder });
            Ok(Built { sharing, heads })
        } else {
            Err(problems)
        }
    }

    fn allows_towers(&self) -> bool {
        true
    }
}

/// z = φ(x).
#[derive(Module, Debug)]
pub(crate) struct Hard {
    pub encoder: Encoder,
}

impl Wiring for Hard {
    fn represent(&self, features: Tensor<2>) -> Tensor<2> {
        features
    }

    fn record(&self, inputs: &Inputs) -> Recorded {
        let (representation, layers) = self.encoder.record(inputs);
        Recorded {
            representation,
            layers,
        }
    }

    fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    fn width(&self) -> usize {
        self.encoder.width()
    }

    fn describe(&self) -> String {
        format!("one encoder, {} shared numbers per row", self.width())
    }
}
