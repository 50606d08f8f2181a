//! The tabular columns, recorded: the bottom of every trunk.

use std::ops::ControlFlow;

use burn::module::ParamId;
use burn::tensor::{Bool, Int, Tensor};

use super::CategoricalColumn;
use crate::features::Features;
use crate::stacked::{Contribution, Lookup, Pull, Take};

/// Numeric columns, which nothing pulls at, then categorical ones.
pub(super) struct ColumnsPull {
    /// Columns so far.
    width: usize,
    tables: Vec<Table>,
}

struct Table {
    id: ParamId,
    shape: [usize; 2],
    /// Its first column among all.
    begin: usize,
    chosen: Tensor<1, Int>,
    /// `[rows, 1]`: which rows read the stand-in, through which nothing is learnt.
    strange: Option<Tensor<2, Bool>>,
}

impl ColumnsPull {
    pub(super) fn new(numeric: usize) -> Self {
        Self {
            width: numeric,
            tables: Vec::new(),
        }
    }

    /// The next categorical column, with the batch's category numbers `[rows]`.
    pub(super) fn column(
        &mut self,
        column: &CategoricalColumn,
        chosen: Tensor<1, Int>,
        strange: Option<Tensor<2, Bool>>,
    ) {
        if let Some(table) = &column.weight {
            self.tables.push(Table {
                id: table.id,
                shape: table.lazy_shape().dims(),
                begin: self.width,
                chosen: chosen.inner(),
                strange: strange.map(Tensor::inner),
            });
        }
        self.width += column.width();
    }
}

impl Pull for ColumnsPull {
    fn learns(&self) -> bool {
        !self.tables.is_empty()
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        _: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let columns = match cotangents {
            Features::Vector(values) => Some(values),
            Features::Map { beside, .. } => beside,
        };
        if let Some(columns) = columns {
            let rows = columns.dims()[0] / tasks.max(1);
            // Top-down, as everything is given.
            for table in self.tables.iter().rev() {
                let width = table.shape[1];
                let own = columns.clone().narrow(1, table.begin, width);
                let own = own.reshape([tasks, rows, width]);
                let own = match &table.strange {
                    Some(strange) => own.mask_fill(
                        strange
                            .clone()
                            .reshape([1, rows, 1])
                            .expand([tasks, rows, width]),
                        0.0,
                    ),
                    None => own,
                };
                take(Contribution::Lookup(Lookup {
                    table: table.id,
                    shape: table.shape,
                    chosen: table.chosen.clone(),
                    cotangents: own,
                }))?;
            }
        }
        ControlFlow::Continue(None)
    }
}
