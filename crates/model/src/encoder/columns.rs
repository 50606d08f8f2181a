//! The tabular columns, recorded: the bottom of every trunk.

use std::ops::ControlFlow;

use burn::module::ParamId;
use burn::tensor::{Int, Tensor};

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
}

impl ColumnsPull {
    pub(super) fn new(numeric: usize) -> Self {
        Self {
            width: numeric,
            tables: Vec::new(),
        }
    }

    /// The next categorical column, with the batch's category numbers `[rows]`.
    pub(super) fn column(&mut self, column: &CategoricalColumn, chosen: Tensor<1, Int>) {
        if let Some(table) = &column.weight {
            self.tables.push(Table {
                id: table.id,
                shape: table.lazy_shape().dims(),
                begin: self.width,
                chosen: chosen.inner(),
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
                take(Contribution::Lookup(Lookup {
                    table: table.id,
                    shape: table.shape,
                    chosen: table.chosen.clone(),
                    cotangents: own.reshape([tasks, rows, width]),
                }))?;
            }
        }
        ControlFlow::Continue(None)
    }
}
