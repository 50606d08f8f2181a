//! Sharing: how tasks share what they learn.
//!
//! A sharing wires encoders and heads: it makes the representation of a batch, and it chooses the heads that stand on
//! it. `roster!` lists every sharing once; nothing else matches on the enum.

mod codes;
mod hard;
mod latent;

use burn::module::Module;
use burn::tensor::Tensor;
use polytask_config::{Entry, Fields};
use polytask_data::InputShape;
use polytask_random::Seed;

pub use codes::{Alpha, Annealing, CodesOptions, GateMap, Groups, Turn};
pub(crate) use codes::{Codes, Gate, strengths};
pub(crate) use hard::Hard;
pub use hard::HardOptions;
pub(crate) use latent::Latent;
pub use latent::LatentOptions;

use crate::cascade;
use crate::encoder::{Encoder, EncoderOptions};
use crate::error::ShapeError;
use crate::features::Inputs;
use crate::head::{Head, HeadOptions, HeadStart, Offset};
use crate::initial::Initial;
use crate::loss::TaskSpec;
use crate::stack::Origin;
use crate::stacked::Recorded;

/// A way to share, as the config says it.
pub trait Plan: std::fmt::Debug + Send + Sync {
    /// The sharing and one head per task, in task order.
    fn build(&self, site: &Site<'_>) -> Result<Built, Vec<ShapeError>>;
    /// What the user should know before training starts, with the width of the encoder and the scores of all tasks.
    fn notes(&self, _width: usize, _scores: usize) -> Vec<String> {
        Vec::new()
    }
    /// When penalties on the weights of codes come to act, if not at once and wholly.
    fn annealing(&self) -> Option<Annealing> {
        None
    }
    /// Whether heads may have hidden layers of their own.
    fn allows_towers(&self) -> bool {
        false
    }
}

/// What a sharing builds on.
pub struct Site<'a> {
    pub(crate) initial: Initial<'a>,
    pub(crate) encoder: &'a EncoderOptions,
    pub(crate) heads: &'a HeadOptions,
    pub(crate) inputs: &'a InputShape,
    pub(crate) tasks: &'a [TaskSpec],
}

impl Site<'_> {
    pub(crate) fn encoder(&self) -> Result<Encoder, Vec<ShapeError>> {
        self.encoder.build(&self.initial, "encoder", self.inputs)
    }

    /// Scores of all tasks together, S.
    pub(crate) fn scores(&self) -> usize {
        self.tasks.iter().map(TaskSpec::scores).sum()
    }

    /// Refuses last maps of heads over `width` numbers that no memory could hold.
    pub(crate) fn heads_fit(&self, key: &str, width: usize) -> Result<(), Vec<ShapeError>> {
        let problem = |task: &TaskSpec| {
            Origin::new(key, format!("head of `{}`", task.name))
                .fits(&[width, task.scores()])
                .err()
        };
        let problems: Vec<ShapeError> = self.tasks.iter().filter_map(problem).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// The offset of a task's head.
    pub(crate) fn offset(&self, task: &TaskSpec) -> Offset {
        let loss = task.loss();
        let prior = loss.prior(task);
        Offset::new(
            &self.initial,
            loss.outputs(&task.kind),
            &prior,
            self.heads.start,
        )
    }

    /// What a task's head makes of what it reads of others: nothing at first.
    pub(crate) fn cascade(&self, task: &TaskSpec) -> Option<burn::module::Param<Tensor<2>>> {
        let read = cascade::width(task, self.tasks);
        (read > 0).then(|| self.initial.constant([read, task.scores()], 0.0))
    }

    /// First weights of a map into a task's scores, for `heads.init`.
    pub(crate) fn score_weights(
        &self,
        task: &TaskSpec,
        width: usize,
    ) -> burn::module::Param<Tensor<2>> {
        let shape = [width, task.scores()];
        match self.heads.start {
            HeadStart::Prior => self.initial.constant(shape, 0.0),
            HeadStart::Random => {
                let name = format!("heads.{}.weight", task.name);
                let deviation = crate::initial::Scale::Linear.deviation(width, task.scores());
                self.initial.normal(&name, shape, deviation)
            }
        }
    }
}

/// A sharing and its heads.
#[derive(Debug)]
pub struct Built {
    pub(crate) sharing: Sharing,
    pub(crate) heads: Vec<Head>,
}

/// What a built sharing does.
pub(crate) trait Wiring {
    /// What all heads read, `[rows, width]`, of what the encoder makes of the rows.
    fn represent(&self, features: Tensor<2>) -> Tensor<2>;
    /// What all heads read, `[rows, width]`.
    fn representation(&self, inputs: &Inputs) -> Tensor<2> {
        self.represent(self.encoder().forward(inputs))
    }
    /// The same as in training, without autodiff, recorded.
    fn record(&self, inputs: &Inputs) -> Recorded;
    fn encoder(&self) -> &Encoder;
    fn encoder_mut(&mut self) -> &mut Encoder;
    /// Width of the representation.
    fn width(&self) -> usize;
    /// One line: `12 codes of 64 numbers`.
    fn describe(&self) -> String;
    /// What training adds to the loss for the sake of the sharing.
    fn penalty(&self, _heads: &[Head]) -> Option<Tensor<1>> {
        None
    }
    /// What [`shrink`](Self::shrink) lowers: part of the loss without a gradient.
    fn proximal(&self, _heads: &[Head]) -> Option<f64> {
        None
    }
    /// The proximal map that follows a step of this length.
    fn shrink(&mut self, _heads: &mut [Head], _rate: f64) {}
    /// Penalties on the weights of codes act at this part of their strength from now on.
    fn anneal(&mut self, _strength: f64) {}
    /// How strongly each task uses each shared code, `[tasks][codes]`; none where there are no codes.
    fn code_strengths(&self, _heads: &[Head]) -> Option<Vec<Vec<f64>>> {
        None
    }
    /// Constraints that hold after each step of the optimizer.
    fn project(&mut self, _heads: &mut [Head]) {}
    /// What the canonical form fixes, in words; none where there is none.
    fn canonical_form(&self) -> Option<&'static str> {
        None
    }
    /// The one member of each class of equal models that the documentation names; predictions stay.
    fn canonicalise(&mut self, _heads: &mut [Head], _sample: &Inputs) {}
    /// A change of basis that lowers the penalty and leaves the predictions; `None` if there is none worth it.
    fn sparser(&self, _heads: &[Head], _seed: Seed) -> Option<Turn> {
        None
    }
    /// Changes the basis.
    fn turn(&mut self, _heads: &mut [Head], _turn: &Turn) {}
}

/// Writes the enum of sharings, its one dispatching `match`, and the table. `roster!(Hard = hard::ENTRY)` becomes
///
/// ```text
/// pub enum Sharing { Hard(Hard) }
/// impl Sharing { fn wiring(&self) -> &dyn Wiring { match self { Self::Hard(sharing) => sharing } } … }
/// pub static SHARINGS: &[Entry<Box<dyn Plan>>] = &[hard::ENTRY];
/// ```
macro_rules! roster {
    ($($variant:ident = $entry:path),+ $(,)?) => {
        /// A sharing with its parameters.
        #[derive(Module, Debug)]
        #[allow(clippy::large_enum_variant, reason = "a model holds one of them")]
        pub(crate) enum Sharing { $($variant($variant)),+ }

        impl Sharing {
            pub(crate) fn wiring(&self) -> &dyn Wiring {
                match self { $(Self::$variant(sharing) => sharing),+ }
            }

            pub(crate) fn wiring_mut(&mut self) -> &mut dyn Wiring {
                match self { $(Self::$variant(sharing) => sharing),+ }
            }
        }

        /// Every sharing.
        pub static SHARINGS: &[Entry<Box<dyn Plan>>] = &[$($entry),+];
    };
}

roster!(
    Hard = hard::ENTRY,
    Latent = latent::ENTRY,
    Codes = codes::ENTRY
);

/// Reads the key `sharing`.
pub(crate) fn options(fields: &mut Fields<'_>) -> Box<dyn Plan> {
    fields
        .entry("sharing", "how the tasks share what they learn", SHARINGS)
        .or("hard")
        .value
}
