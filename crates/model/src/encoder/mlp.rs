//! Multilayer perceptron: blocks of linear, normalization, activation, dropout.
//!
//! `hidden = []` has no block and is the identity on the inputs (a picture is read out as a vector): with it, `latent`
//! sharing is reduced-rank regression and `codes` sharing is GO-MTL.

use polytask_config::{Entry, Fields};

use super::Plan;
use crate::dense::{AT_LEAST_ONE, DenseBlock};
use crate::stack::{Origin, Stack};

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "mlp",
    summary: "linear layers and activations on tabular columns (a picture is read out number by number)",
    source: "Rumelhart, Hinton and Williams 1986",
    new: |fields| Box::new(Mlp::options(fields)),
    facts: (),
};

/// Widths of the blocks and what they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    pub hidden: Vec<usize>,
    pub block: DenseBlock,
}

impl Mlp {
    fn options(fields: &mut Fields<'_>) -> Self {
        let hidden = fields
            .integers("hidden", "width of each hidden layer; [] is the identity")
            .each(AT_LEAST_ONE)
            .or(vec![128, 64]);
        Self {
            block: DenseBlock::options(fields, &hidden),
            hidden,
        }
    }
}

impl Plan for Mlp {
    fn adds_inputs(&self) -> bool {
        self.block.residual && !self.hidden.is_empty()
    }

    fn build(&self, stack: &mut Stack<'_>) {
        stack.flatten();
        for (index, width) in self.hidden.iter().enumerate() {
            let origin = Origin::new(
                format!("encoder.hidden[{index}]"),
                format!("hidden layer {index}"),
            );
            self.block.build(stack, &origin, *width);
        }
    }
}
