//! The same around a row aggregator, as far as it makes sense without weights.
//!
//! `gain` brings a weighted sum to weights that add up to what is wanted, and any other answer to what gradients that are all the same one
//! would make of it: so many times it as its [mass](SharedGradient::mass) says or, of a method of known scale, its scale. Where
//! gradients are divided first it is as if they had always been divided by what they are now.

use polytask_config::State;

use super::every::is_plain;
use super::log_loss::slopes;
use super::moving_average::Averages;
use super::{Gain, Wrapping, multiply};
use crate::rows::single;
use crate::{
    Block, Heads, Losses, Moment, Normalize, RowAggregator, Rows, Scale, SharedGradient, TaskFacts,
};

/// Rows are divided and losses taken as logarithms before; averages of the weights, if there are any, the scale, the heads and the clip
/// come after.
pub(super) struct WrappedRows {
    inner: Box<dyn RowAggregator>,
    wrapping: Wrapping,
    averages: Averages,
}

impl WrappedRows {
    pub(super) fn new(inner: Box<dyn RowAggregator>, wrapping: Wrapping) -> Self {
        Self {
            inner,
            averages: Averages::new(wrapping.moving_average),
            wrapping,
        }
    }

    /// The answer to rows that are divided, if they are to be, with averaged weights, if it has weights.
    fn averaged(&mut self, rows: &Rows<'_>, losses: &Losses, moment: Moment) -> SharedGradient {
        let mut found = self.inner.combine(rows, losses, moment);
        let is_averaged = self.wrapping.moving_average > 0.0 && !is_plain(rows.present());
        if let (true, Some(alpha)) = (is_averaged, &mut found.alpha) {
            *alpha = self.averages.with(0, rows.present(), alpha);
            self.averages.keep(0, rows.present(), alpha);
            found.blocks = rows.weighted(alpha);
        }
        found
    }

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

    /// What brings the answer to the scale that is asked for; `factors` are what the rows were multiplied by.
    fn factor(&self, found: &SharedGradient, factors: &[f64]) -> f64 {
        let tasks = factors.len() as f64;
        let wanted = match self.wrapping.gain {
            Gain::Sum => tasks,
            Gain::Mean => 1.0,
            Gain::Native => return 1.0,
        };
        let all: f64 = factors.iter().sum();
        let mass = match (&found.alpha, self.inner.scale()) {
            (_, Scale::Lost) => return 1.0,
            (None, Scale::Sum) => all,
            (None, Scale::Mean) => all / tasks,
            (None, Scale::Means(means)) => means * all / tasks,
            (None, Scale::Free) => {
                let Some(mass) = &found.mass else { return 1.0 };
                mass.iter()
                    .zip(factors)
                    .map(|(mass, factor)| mass * factor)
                    .sum()
            }
            (Some(_), scale) if self.is_plain() && scale != Scale::Free => match scale {
                Scale::Sum => tasks,
                Scale::Means(means) => means,
                _ => 1.0,
            },
            (Some(alpha), _) => alpha.iter().sum(),
        };
        let factor = wanted / mass;
        if mass > 0.0 && factor.is_finite() {
            factor
        } else {
            1.0
        }
    }

    /// Whether the method's own weights for the gradients as they are go out.
    fn is_plain(&self) -> bool {
        let is_raw = self.wrapping.normalize_rows == Normalize::None && !self.wrapping.log_loss;
        is_raw && self.wrapping.moving_average == 0.0
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
        self.averages.begin(tasks);
    }

    fn visits(&self, present: &[usize], moment: Moment) -> Vec<usize> {
        self.inner.visits(present, moment)
    }

    fn scale(&self) -> Scale {
        if !self.is_plain() || self.wrapping.clip.is_some() {
            return Scale::Free;
        }
        match (self.inner.scale(), self.wrapping.gain) {
            (inner @ (Scale::Free | Scale::Lost), _) => inner,
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
        let mut factors = vec![1.0; rows.tasks()];
        multiply(&mut factors, slopes.as_deref());
        multiply(&mut factors, lengths.as_deref());
        let mut found = if slopes.is_none() && lengths.is_none() {
            self.averaged(rows, losses, moment)
        } else {
            let values = multiplied(rows, &factors);
            let shown = rows_of(rows, &values);
            self.averaged(&shown, losses, moment)
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
        found.scale(self.factor(&found, &factors));
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
        self.averages.list(state);
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
