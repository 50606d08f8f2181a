//! What is remembered of a task's gradient: a number for each parameter.

use std::collections::BTreeMap;

use polytask_config::State;

use crate::rows::single;
use crate::{Block, Rows};

/// One number for each shared parameter, 0 at first, under the blocks' names. Kept in single precision, so that what is saved
/// is what is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    blocks: BTreeMap<String, Vec<f32>>,
}

impl Trace {
    /// Sees to it that there is a number for each entry of each block.
    pub(super) fn fit(&mut self, rows: &Rows<'_>) {
        for block in rows.blocks() {
            let known = self.blocks.get(block.name);
            if known.is_none_or(|known| known.len() != block.entries()) {
                let zeros = vec![0.0; block.entries()];
                self.blocks.insert(block.name.to_owned(), zeros);
            }
        }
    }

    /// Replaces each number of a block, given it and the entry of `values` at its place.
    pub(super) fn update(
        &mut self,
        name: &str,
        values: &[f32],
        mut next: impl FnMut(f64, f64) -> f64,
    ) {
        let kept = self.blocks.get_mut(name).into_iter().flatten();
        for (kept, value) in kept.zip(values) {
            *kept = single(next(f64::from(*kept), f64::from(*value)));
        }
    }

    /// The same for all blocks of the row of one task, by position.
    pub(super) fn follow(
        &mut self,
        rows: &Rows<'_>,
        position: usize,
        mut next: impl FnMut(f64, f64) -> f64,
    ) {
        self.fit(rows);
        for block in rows.blocks() {
            if let Some(row) = block.rows.get(position) {
                self.update(block.name, row, &mut next);
            }
        }
    }

    /// The numbers of a block; none if it was never seen.
    pub(super) fn block(&self, name: &str) -> &[f32] {
        self.blocks.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was ever remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn state(&mut self, state: &mut State) {
        let mut names: Vec<String> = self.blocks.keys().cloned().collect();
        state.texts("blocks", &mut names);
        let mut blocks = std::mem::take(&mut self.blocks);
        state.section("values", |state| {
            for name in names {
                let mut values = blocks.remove(&name).unwrap_or_default();
                let mut shape = vec![values.len()];
                state.floats(&name, &mut shape, &mut values);
                self.blocks.insert(name, values);
            }
        });
    }
}

/// What is remembered of these tasks, as rows in the blocks of `like`; all of them [fit](Trace::fit).
pub(super) fn traced<'a>(like: &Rows<'a>, present: Vec<usize>, traces: &[&'a Trace]) -> Rows<'a> {
    let blocks = like.blocks().iter().map(|block| Block {
        name: block.name,
        rows: traces.iter().map(|trace| trace.block(block.name)).collect(),
    });
    Rows::known(present, blocks.collect())
}
