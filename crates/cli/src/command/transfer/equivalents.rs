//! What training together is worth in labels: where the learning curve of a task alone is as good as all tasks together.
//!
//! Together is taken on half of the training rows too, so that there is measured curve beyond: on all of them, help can only be said to
//! be worth more labels than there are.

use polytask_information::usable::{Equivalent, label_equivalents};
use polytask_information::{Flag, Measure, Unit};
use serde::Serialize;

use super::runs::{MeasuredRun, Run};
use crate::number::count;

/// One task.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TaskEquivalents {
    pub(super) task: String,
    /// Alone: labels and bits per example that the label still costs, calibrated, means over seeds.
    pub(super) curve: Vec<(f64, Measure)>,
    /// Together on half of the rows, and on all.
    pub(super) together: Vec<Worth>,
}

/// All tasks together on some share of the rows.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Worth {
    /// Labels of the task, mean over seeds.
    pub(super) labels: f64,
    /// Bits per example that its label still costs, mean over seeds.
    pub(super) cost: Measure,
    /// Labels with which it is as good alone, on the mean curve.
    pub(super) alone: Measure,
    /// The same of each seed by itself.
    pub(super) by_seed: Vec<Measure>,
}

/// Of every task whose curve was measured.
pub(super) fn of(tasks: &[String], measured: &[MeasuredRun]) -> Vec<TaskEquivalents> {
    tasks
        .iter()
        .filter_map(|task| {
            Measured {
                task,
                tasks,
                measured,
            }
            .equivalents()
        })
        .collect()
}

struct Measured<'a> {
    task: &'a str,
    tasks: &'a [String],
    measured: &'a [MeasuredRun],
}

impl Measured<'_> {
    fn equivalents(&self) -> Option<TaskEquivalents> {
        let mut seeds: Vec<u64> = self.measured.iter().map(|one| one.run.seed).collect();
        seeds.dedup();
        let curves: Vec<Vec<[f64; 2]>> = seeds
            .iter()
            .map(|&seed| self.points(seed, |tasks| tasks == [self.task]))
            .collect();
        let joint: Vec<Vec<[f64; 2]>> = seeds
            .iter()
            .map(|&seed| self.points(seed, |tasks| tasks == self.tasks))
            .collect();
        let curve = mean(&curves)?;
        let together = mean(&joint)?.into_iter().enumerate();
        let together = together.filter_map(|(place, [labels, cost])| {
            let by_seed = curves.iter().zip(&joint).filter_map(|(curve, joint)| {
                let [_, cost] = *joint.get(place)?;
                Some(record(read(curve, cost)?, 1))
            });
            Some(Worth {
                labels,
                cost: record_of_cost(cost, place, &joint),
                alone: record(read(&curve, cost)?, joint.len()),
                by_seed: by_seed.collect(),
            })
        });
        let together = together.collect();
        let points = curve.iter().enumerate();
        let points =
            points.map(|(place, &[labels, cost])| (labels, record_of_cost(cost, place, &curves)));
        Some(TaskEquivalents {
            task: self.task.to_owned(),
            curve: points.collect(),
            together,
        })
    }

    /// (labels, bits) of the runs of a seed whose tasks are these, fewest labels first.
    fn points(&self, seed: u64, is_wanted: impl Fn(&[String]) -> bool) -> Vec<[f64; 2]> {
        let runs = self.measured.iter();
        let runs = runs.filter(|one| {
            one.run.seed == seed && is_wanted(&one.run.tasks) && Run::is_on_curve(&one.run)
        });
        let mut points: Vec<[f64; 2]> = runs
            .filter_map(|one| {
                let found = one.evaluation.information.measured.get(self.task)?;
                let costs = &found.costs.calibrated;
                let nats = costs.iter().sum::<f64>() / costs.len().max(1) as f64;
                let labels = *one.labelled.get(self.task)?;
                Some([labels as f64, nats / std::f64::consts::LN_2])
            })
            .collect();
        points.sort_by(|left, right| left[0].total_cmp(&right[0]));
        points
    }
}

fn read(curve: &[[f64; 2]], cost: f64) -> Option<Equivalent> {
    let curve: Vec<(f64, f64)> = curve.iter().map(|&[labels, cost]| (labels, cost)).collect();
    label_equivalents(&curve, cost).ok()
}

/// Point by point; none if the seeds do not have the same points.
fn mean(seeds: &[Vec<[f64; 2]>]) -> Option<Vec<[f64; 2]>> {
    let first = seeds.first().filter(|first| !first.is_empty())?;
    if seeds.iter().any(|seed| seed.len() != first.len()) {
        return None;
    }
    let count = seeds.len() as f64;
    let at = |place: usize, axis: usize| {
        let values = seeds.iter().filter_map(|seed| seed.get(place)?.get(axis));
        values.sum::<f64>() / count
    };
    Some(
        (0..first.len())
            .map(|place| [at(place, 0), at(place, 1)])
            .collect(),
    )
}

/// The mean over `seeds` at a place of their curves.
fn record_of_cost(mean: f64, place: usize, seeds: &[Vec<[f64; 2]>]) -> Measure {
    let costs = seeds.iter().filter_map(|seed| Some(seed.get(place)?[1]));
    let costs: Vec<f64> = costs.collect();
    let estimator = "log loss of test rows, calibrated, mean over seeds";
    Measure::of(mean, Unit::Bits, estimator, costs.len()).with_spread(&costs)
}

fn record(equivalent: Equivalent, seeds: usize) -> Measure {
    let of = |labels: f64| {
        let estimator =
            "where the mean curve alone costs as much, log-linear between measured points";
        Measure::of(labels, Unit::Labels, estimator, seeds)
    };
    match equivalent {
        Equivalent::Below(least) => of(least).flagged(Flag::UpperBound),
        Equivalent::Labels(labels) => of(labels),
        Equivalent::Above(most) => of(most).flagged(Flag::LowerBound),
    }
}

/// `1,234`, `< 100` or `> 5,000`.
pub(super) fn shown(labels: &Measure) -> String {
    let number = labels
        .value
        .map_or("n/a".to_owned(), |number| count(number.round() as u64));
    let bound = [(Flag::UpperBound, "< "), (Flag::LowerBound, "> ")];
    let mut bound = bound.iter().filter(|(flag, _)| labels.flags.contains(flag));
    format!("{}{number}", bound.next().map_or("", |(_, sign)| sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_averaged_point_by_point() {
        let seeds = [
            vec![[10.0, 2.0], [20.0, 1.0]],
            vec![[12.0, 1.0], [22.0, 0.0]],
        ];
        assert_eq!(mean(&seeds), Some(vec![[11.0, 1.5], [21.0, 0.5]]));
        assert_eq!(mean(&[vec![[1.0, 1.0]], vec![]]), None);
        assert_eq!(shown(&record(Equivalent::Above(1234.4), 1)), "> 1,234");
    }
}
