//! All metrics in one number, in three ways, each with its spread over seeds.

use polytask_information::{Measure, Unit};
use polytask_metrics::{Better, summary};
use serde::Serialize;

use super::report::TaskTransfer;
use crate::measures::better;

/// A metric of a task alone and together, under every seed; written as the records of its two means.
#[derive(Clone, Debug, Serialize)]
#[serde(into = "[Measure; 2]")]
pub(super) struct Metric {
    /// Alone and together, `[seeds]`.
    seeds: Vec<[f64; 2]>,
}

impl Metric {
    pub(super) fn of(alone: Vec<f64>, together: Vec<f64>) -> Self {
        let seeds = alone.into_iter().zip(together);
        Self {
            seeds: seeds.map(|(alone, together)| [alone, together]).collect(),
        }
    }

    /// Means over seeds, alone and together.
    pub(super) fn records(&self) -> [Measure; 2] {
        [0, 1].map(|side| {
            let of_side = |pair: &[f64; 2]| pair.get(side).copied();
            let values: Vec<f64> = self.seeds.iter().filter_map(of_side).collect();
            let count = values.len();
            let mean = values.iter().sum::<f64>() / count as f64;
            Measure::of(mean, Unit::One, "mean over seeds", count).with_spread(&values)
        })
    }

    /// Means over seeds, alone and together.
    pub(super) fn means(&self) -> [f64; 2] {
        self.records()
            .map(|record| record.value.unwrap_or(f64::NAN))
    }
}

impl From<Metric> for [Measure; 2] {
    fn from(metric: Metric) -> Self {
        metric.records()
    }
}

/// Three ways to put all metrics into one number; they do not agree with each other, nor with bits. Each is that of the metrics' means
/// over seeds, with the spread of the seeds by themselves; `n` counts seeds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Mean over all metrics of the relative drop, per cent; lower is better (Navon et al. 2022).
    pub(super) delta_m: Option<Measure>,
    /// Mean over tasks of the mean relative gain of their metrics, per cent; higher is better (Lin and Zhang 2023).
    pub(super) delta_p: Option<Measure>,
    /// Mean over all metrics of the rank, 1 being better: alone and together.
    pub(super) mean_rank: Option<[Measure; 2]>,
}

impl Summary {
    pub(super) fn of(tasks: &[TaskTransfer]) -> Self {
        let seeds = tasks.iter().flat_map(|task| task.metrics.values());
        let seeds = seeds.map(|metric| metric.seeds.len()).min().unwrap_or(0);
        let whole = Figures::of(tasks, Metric::means);
        let by_seed: Vec<Figures> = (0..seeds)
            .map(|seed| {
                Figures::of(tasks, |metric| {
                    let pair = metric.seeds.get(seed).copied();
                    pair.unwrap_or([f64::NAN; 2])
                })
            })
            .collect();
        let record = |of: fn(&Figures) -> Option<f64>, unit, estimator: &'static str| {
            let values: Vec<f64> = by_seed.iter().filter_map(of).collect();
            let measure = Measure::of(of(&whole)?, unit, estimator, seeds);
            // A seed without the figure says nothing of the spread of all.
            Some(if values.len() == seeds {
                measure.with_spread(&values)
            } else {
                measure
            })
        };
        let drop = "mean relative drop over metrics (Navon et al. 2022)";
        let gain = "mean relative gain over tasks (Lin and Zhang 2023)";
        let rank = "mean rank over metrics";
        let alone = record(|found| Some(found.mean_rank?[0]), Unit::One, rank);
        let together = record(|found| Some(found.mean_rank?[1]), Unit::One, rank);
        Self {
            delta_m: record(|found| found.delta_m, Unit::Percent, drop),
            delta_p: record(|found| found.delta_p, Unit::Percent, gain),
            mean_rank: alone
                .zip(together)
                .map(|(alone, together)| [alone, together]),
        }
    }
}

/// Of one value a metric, alone and together.
struct Figures {
    delta_m: Option<f64>,
    delta_p: Option<f64>,
    mean_rank: Option<[f64; 2]>,
}

impl Figures {
    fn of(tasks: &[TaskTransfer], pair: impl Fn(&Metric) -> [f64; 2]) -> Self {
        let each = tasks.iter().flat_map(|task| &task.metrics);
        let (alone, together) = each
            .clone()
            .map(|(_, metric)| pair(metric).into())
            .unzip::<f64, f64, Vec<f64>, Vec<f64>>();
        let directions: Vec<Better> = each.map(|(name, _)| better(name)).collect();
        // Relative to nothing there is no gain.
        let gains = tasks.iter().map(|task| -> Vec<summary::Compared> {
            let all = task.metrics.iter().map(|(name, metric)| {
                let [baseline, value] = pair(metric);
                summary::Compared {
                    value,
                    baseline,
                    better: better(name),
                }
            });
            all.filter(|metric| metric.gain().is_some()).collect()
        });
        let gains: Vec<Vec<_>> = gains.filter(|task| !task.is_empty()).collect();
        let ranks = summary::mean_ranks(&[alone, together], &directions);
        Self {
            delta_m: summary::delta_m(&gains.concat()),
            delta_p: summary::delta_p(&gains),
            mean_rank: ranks.and_then(|ranks| ranks.try_into().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(metrics: &[(&str, [&[f64]; 2])]) -> TaskTransfer {
        TaskTransfer {
            task: "t".to_owned(),
            alone: None,
            together: None,
            transferred: None,
            uncalibrated: None,
            by_seed: Vec::new(),
            same_rows: true,
            neither_knows: false,
            why_not: None,
            metrics: metrics
                .iter()
                .map(|(name, [alone, together])| {
                    let metric = Metric::of(alone.to_vec(), together.to_vec());
                    ((*name).to_owned(), metric)
                })
                .collect(),
        }
    }

    fn value(found: Option<&Measure>) -> f64 {
        found.unwrap().value.unwrap()
    }

    #[test]
    fn the_summaries_are_those_of_their_papers() {
        // Accuracy from 0.8 to 0.84 is 5 % better; log-loss from 0.5 to 0.6 is 20 % worse; mae from 2 to 1 is 50 % better.
        let tasks = [
            task(&[
                ("accuracy", [&[0.8], &[0.84]]),
                ("log_loss", [&[0.5], &[0.6]]),
            ]),
            task(&[("mae", [&[2.0], &[1.0]])]),
        ];
        let summary = Summary::of(&tasks);
        let near = |found: Option<&Measure>, wanted: f64| {
            assert!((value(found) - wanted).abs() < 1e-9, "{found:?}");
        };
        near(summary.delta_m.as_ref(), (-5.0 + 20.0 - 50.0) / 3.0);
        near(summary.delta_p.as_ref(), ((5.0 - 20.0) / 2.0 + 50.0) / 2.0);
        let [alone, together] = summary.mean_rank.unwrap();
        near(Some(&alone), 5.0 / 3.0);
        near(Some(&together), 4.0 / 3.0);
        assert_eq!(alone.se, None);
    }

    #[test]
    fn seeds_by_themselves_give_the_error() {
        // Together errs 10 % and 30 % less: the mean 20, s = 14.14 over two seeds, so 10 the error of their mean.
        let tasks = [task(&[("mae", [&[1.0, 1.0], &[0.9, 0.7]])])];
        let found = Summary::of(&tasks).delta_p.unwrap();
        assert!((value(Some(&found)) - 20.0).abs() < 1e-9);
        assert!((found.se.unwrap() - 10.0).abs() < 1e-9);
        assert_eq!((found.n, found.unit), (2, Unit::Percent));
    }
}
