//! What training together is worth in labels: where the learning curve of a task alone is as good as all tasks together.
//!
//! Together is taken on half of the training rows too, so that there is measured curve beyond: on all of them, help can only be said to
//! be worth more labels than there are. Where the curve does not surely rise, labels are worth nothing that can be read off it.

use polytask_information::usable::{Equivalent, label_equivalents};
use polytask_information::{Flag, Measure, Unit};
use serde::Serialize;

use super::compared::{Compared, seeds_of};
use super::runs::{LEAST_SHARE, MeasuredRun, Run};
use crate::number::count;

/// One task.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TaskEquivalents {
    pub(super) task: String,
    /// Alone: labels and bits per example that the label still costs, calibrated, means over seeds.
    pub(super) curve: Vec<(f64, Measure)>,
    /// Usable bits alone with all labels.
    pub(super) usable: Option<Measure>,
    /// How many more than with the fewest.
    pub(super) rise: Option<Measure>,
    /// Why no equivalents are read off the curve.
    pub(super) why_not: Option<String>,
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
    /// Labels with which it is as good alone, on the mean curve; none where that does not rise.
    pub(super) alone: Option<Measure>,
    /// The same of each seed by itself: how far it is to be trusted.
    pub(super) by_seed: Vec<Measure>,
}

/// Of every task whose curve was measured.
pub(super) fn of(tasks: &[String], measured: &[MeasuredRun], seed: u64) -> Vec<TaskEquivalents> {
    let compared = Compared {
        measured,
        seeds: &seeds_of(measured),
        seed,
    };
    let of = |task: &String| {
        Measured {
            task,
            tasks,
            compared: &compared,
        }
        .equivalents()
    };
    tasks.iter().filter_map(of).collect()
}

struct Measured<'a> {
    task: &'a str,
    tasks: &'a [String],
    compared: &'a Compared<'a>,
}

impl Measured<'_> {
    fn equivalents(&self) -> Option<TaskEquivalents> {
        let seeds = self.compared.seeds;
        let curves: Vec<Vec<[f64; 2]>> = seeds
            .iter()
            .map(|&seed| self.points(seed, |tasks| tasks == [self.task]))
            .collect();
        let joint: Vec<Vec<[f64; 2]>> = seeds
            .iter()
            .map(|&seed| self.points(seed, |tasks| tasks == self.tasks))
            .collect();
        let curve = mean(&curves)?;
        let alone = &[self.task.to_owned()][..];
        let usable = self.compared.usable(self.task, alone);
        let rise = self.compared.rise(self.task, LEAST_SHARE);
        let why_not = why_flat(usable.as_ref(), rise.as_ref());
        let together = mean(&joint)?.into_iter().enumerate();
        let together = together.filter_map(|(place, [labels, cost])| {
            let by_seed = curves.iter().zip(&joint).filter_map(|(curve, joint)| {
                let [_, cost] = *joint.get(place)?;
                Some(record(read(curve, cost)?, 1))
            });
            Some(Worth {
                labels,
                cost: record_of_cost(cost, place, &joint),
                alone: match &why_not {
                    Some(_) => None,
                    None => Some(record(read(&curve, cost)?, joint.len())),
                },
                by_seed: match &why_not {
                    Some(_) => Vec::new(),
                    None => by_seed.collect(),
                },
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
            usable,
            rise,
            why_not,
        })
    }

    /// (labels, bits) of the runs of a seed whose tasks are these, fewest labels first.
    fn points(&self, seed: u64, is_wanted: impl Fn(&[String]) -> bool) -> Vec<[f64; 2]> {
        let runs = self.compared.measured.iter();
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

/// Why labels are read off no curve: its end knows nothing surely, or not surely more than its beginning.
fn why_flat(usable: Option<&Measure>, rise: Option<&Measure>) -> Option<String> {
    let of = |bits: Option<&Measure>| bits.and_then(|bits| bits.interval);
    let told = |what: &str, [low, high]: [f64; 2]| {
        format!("the curve does not rise: {what} is {low:+.3} … {high:+.3} bits")
    };
    match (of(usable), of(rise)) {
        (Some(usable), _) if usable[0] <= 0.0 => {
            Some(told("what it knows alone with all labels", usable))
        }
        (_, Some(rise)) if rise[0] <= 0.0 => Some(told(
            "what it knows more with all labels than with the fewest",
            rise,
        )),
        (Some(_), Some(_)) => None,
        _ => Some("the bits of its curve were not measured".to_owned()),
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
    fn labels_are_read_off_a_curve_that_surely_rises() {
        let bits = |low, high| Measure::of(0.0, Unit::Bits, "", 9).with_interval([low, high]);
        let why = |usable: &Measure, rise: &Measure| why_flat(Some(usable), Some(rise));
        let (sure, unsure) = (bits(0.1, 0.2), bits(-0.01, 0.02));
        assert_eq!(why(&sure, &sure), None);
        let knows_nothing = why(&unsure, &sure).unwrap();
        assert!(knows_nothing.ends_with("with all labels is -0.010 … +0.020 bits"));
        assert!(
            why(&sure, &unsure)
                .unwrap()
                .contains("than with the fewest")
        );
        assert!(
            why_flat(Some(&sure), None)
                .unwrap()
                .ends_with("were not measured")
        );
    }

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
