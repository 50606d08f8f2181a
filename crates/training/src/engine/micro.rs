//! Inner products over a part of the rows: the tasks' gradients are told apart on a micro-batch, and the step is taken with
//! all rows.
//!
//! The micro-batch has the first rows of each batch of the step that give every task its share of labels, so that no task
//! with a label is absent from it. A task's mean loss over those rows stands for that over all of them: the inner products
//! are noisier and as much cheaper as rows are left out, while losses, weighted gradient and what the heads learn are those
//! of the whole step.

use polytask_balance::{Level, Sight};
use polytask_data::{Batch, Labels};

use super::judge::{Decide, Seen};
use super::plain::Backward;
use super::present::Present;
use super::{Engine, Work, seen_of};

pub(super) fn backward(
    engine: &Engine,
    work: &Work<'_>,
    sight: Sight,
    decide: &mut Decide<'_>,
) -> Option<Backward> {
    let share = engine.view.micro_batch;
    let batches: Vec<Batch> = work
        .batches
        .iter()
        .map(|batch| first_rows(batch, share))
        .collect();
    let present = Present::of(&batches, work.plan.tasks.len());
    // The whole step moves the running statistics; this part moves those of a clone.
    let model = work.model.clone();
    let micro = Work {
        model: &model,
        batches: &batches,
        present: &present,
        ..*work
    };
    let grams = engine.grams(&micro, sight)?;
    let mut grams = seen_of(&[], grams, sight).grams;
    if engine.view.level == Level::Representation {
        rescale(&mut grams, &present, work.present);
    }
    let mut grams = Some(grams);
    engine.backward(work, Sight::Nothing, &mut |seen| {
        decide(Seen {
            grams: grams.take().unwrap_or_default(),
            ..seen
        })
    })
}

/// A row of ∂l_t/∂z has the 1/n of the task's mean in it, so that the sum over fewer rows of its squares is larger.
fn rescale(grams: &mut [Vec<f64>], micro: &Present, whole: &Present) {
    let rows = micro.rows.iter().zip(&whole.rows);
    let factors: Vec<f64> = rows
        .map(|(&micro, &whole)| (micro as f64 / whole.max(1) as f64).sqrt())
        .collect();
    for gram in grams {
        for (row, left) in gram.chunks_mut(factors.len().max(1)).zip(&factors) {
            for (value, right) in row.iter_mut().zip(&factors) {
                *value *= left * right;
            }
        }
    }
}

/// The fewest first rows in which every task has its share of its labels, rounded up; rows that add to no task that lacks
/// some are left out.
pub(super) fn first_rows(batch: &Batch, share: f64) -> Batch {
    let mut lacking: Vec<usize> = batch
        .targets
        .iter()
        .map(|labels| (labels.labelled as f64 * share).ceil() as usize)
        .collect();
    let has_label =
        |labels: &Labels, row: usize| labels.mask.get(row).is_some_and(|&mask| mask > 0.0);
    let mut kept = Vec::new();
    for row in 0..batch.rows.len() {
        let mut is_wanted = false;
        for (labels, lacks) in batch.targets.iter().zip(&lacking) {
            is_wanted |= *lacks > 0 && has_label(labels, row);
        }
        if is_wanted {
            kept.push(row);
            for (labels, lacks) in batch.targets.iter().zip(&mut lacking) {
                *lacks = lacks.saturating_sub(usize::from(has_label(labels, row)));
            }
        }
    }
    batch.select(&kept)
}
