//! The same around a row aggregator, as far as it makes sense without weights.

use polytask_config::State;

use super::log_loss::slopes;
use super::{Gain, Wrapping};
use crate::rows::single;
use crate::{
    Block, Heads, Losses, Moment, Normalize, RowAggregator, Rows, Scale, SharedGradient, TaskFacts,
};

/// Rows are divided and losses taken as logarithms before; the scale, the heads and the clip come after. There are no weights
/// to be kept or averaged.
pub(super) struct WrappedRows {
    pub(super) inner: Box<dyn RowAggregator>,
    pub(super) wrapping: Wrapping,
}

impl WrappedRows {
    /// 1/(l + 10⁻⁸), the slopes of the logarithms, if these are taken.
    fn slopes(&self, losses: &Losses) -> Option<Vec<f64>> {
        self.wrapping.log_loss.then(|| slopes(losses))
    }

    /// What each row is multiplied by then, if by anything.
    fn lengths(
        &self,
        rows: &Rows<'_>,
        losses: &Losses,
        slopes: Option<&[f64]>,
    ) -> Option<Vec<f64>> {
        let mut norms = rows.norms();
        multiply(&mut norms, slopes);
        let normalize = self.wrapping.normalize_rows;
        (normalize != Normalize::None).then(|| normalize.factors(&norms, losses))
    }

    /// What brings the method's own scale to the one that is asked for, if that is known.
    fn factor(&self, tasks: usize) -> f64 {
        let tasks = tasks as f64;
        let wanted = match self.wrapping.gain {
            Gain::Sum => tasks,
            Gain::Mean => 1.0,
            Gain::Native => return 1.0,
        };
        match self.inner.scale() {
            Scale::Sum => wanted / tasks,
            Scale::Mean => wanted,
            Scale::Means(factor) => wanted / factor,
            Scale::Free => 1.0,
        }
    }

    /// What the heads are trained with, given what the method says.
    fn heads(&self, found: &mut SharedGradient, tasks: usize) -> Vec<f64> {
        let unit = vec![1.0; tasks];
        let heads = found.heads.take();
        match (self.wrapping.heads, self.inner.heads()) {
            (Some(Heads::Unit), _) => unit,
            (Some(Heads::Weighted), _) => found.alpha.clone().or(heads).unwrap_or(unit),
            (None, Heads::Unit) => heads.unwrap_or(unit),
            (None, Heads::Weighted) => heads.or(found.alpha.clone()).unwrap_or(unit),
        }
    }
}

impl RowAggregator for WrappedRows {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
    }

    fn visits(&self, present: &[usize], moment: Moment) -> Vec<usize> {
        self.inner.visits(present, moment)
    }

    fn scale(&self) -> Scale {
        let is_raw = self.wrapping.normalize_rows == Normalize::None && !self.wrapping.log_loss;
        if !is_raw || self.wrapping.clip.is_some() {
            return Scale::Free;
        }
        match (self.inner.scale(), self.wrapping.gain) {
            (Scale::Free, _) => Scale::Free,
            (_, Gain::Sum) => Scale::Sum,
            (_, Gain::Mean) => Scale::Mean,
            (inner, Gain::Native) => inner,
        }
    }

    fn heads(&self) -> Heads {
        self.inner.heads()
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, moment: Moment) -> SharedGradient {
        let slopes = self.slopes(losses);
        let lengths = self.lengths(rows, losses, slopes.as_deref());
        let mut found = if slopes.is_none() && lengths.is_none() {
            self.inner.combine(rows, losses, moment)
        } else {
            let mut factors = vec![1.0; rows.tasks()];
            multiply(&mut factors, slopes.as_deref());
            multiply(&mut factors, lengths.as_deref());
            let values = multiplied(rows, &factors);
            let shown = rows_of(rows, &values);
            self.inner.combine(&shown, losses, moment)
        };
        // A head's loss keeps its own scale: it is weighted, if at all, by the weight of the divided row.
        if lengths.is_some() && self.inner.heads() == Heads::Weighted && found.heads.is_none() {
            found.heads.clone_from(&found.alpha);
        }
        if let Some(alpha) = &mut found.alpha {
            multiply(alpha, lengths.as_deref());
            multiply(alpha, slopes.as_deref());
        }
        if slopes.is_some() {
            if self.inner.heads() == Heads::Unit || found.alpha.is_none() {
                found.heads.get_or_insert_with(|| vec![1.0; rows.tasks()]);
            }
            if let Some(heads) = &mut found.heads {
                multiply(heads, slopes.as_deref());
            }
            found.note = found.note.take().or(losses.note());
        }
        found.scale(self.factor(rows.tasks()));
        found.heads = Some(self.heads(&mut found, rows.tasks()));
        let norm = found.norm();
        if let Some(largest) = self.wrapping.clip
            && norm > largest
        {
            found.scale(largest / norm);
        }
        found
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
    }
}

fn multiply(values: &mut [f64], factors: Option<&[f64]>) {
    for (value, factor) in values.iter_mut().zip(factors.into_iter().flatten()) {
        *value *= factor;
    }
}

/// The rows, multiplied, block by block.
fn multiplied(rows: &Rows<'_>, factors: &[f64]) -> Vec<Vec<Vec<f32>>> {
    let row = |(row, factor): (&&[f32], &f64)| -> Vec<f32> {
        let values = row.iter();
        values
            .map(|value| single(factor * f64::from(*value)))
            .collect()
    };
    let blocks = rows.blocks().iter();
    blocks
        .map(|block| block.rows.iter().zip(factors).map(row).collect())
        .collect()
}

fn rows_of<'a>(like: &Rows<'a>, values: &'a [Vec<Vec<f32>>]) -> Rows<'a> {
    let blocks = like.blocks().iter().zip(values).map(|(block, rows)| Block {
        name: block.name,
        rows: rows.iter().map(Vec::as_slice).collect(),
    });
    Rows::known(like.present().to_vec(), blocks.collect())
}
