//! Whole runs in one number: three aggregates that are not comparable with each other, each under its own name.
//!
//! | | formula | better |
//! |---|---|---|
//! | [`delta_m`] | 100/K Σ_k ± (M_k − B_k)/\|B_k\| over all metrics, + where lower is better | lower |
//! | [`delta_p`] | mean over tasks of the mean over the task's metrics of ∓ 100 (M − B)/\|B\| | higher |
//! | [`mean_ranks`] | mean over metrics of the rank among the compared runs | lower |
//!
//! M is the run's value and B the baseline's, in general the model trained on that task alone. delta_m is that of the
//! Nash-MTL, FAMO and FairGrad papers, delta_p that of LibMTL; Auto-λ's Δ is delta_p with one main metric a task. The papers
//! divide by B; we divide by |B|, which differs only where B is negative (an R² below 0), and has the right sign there.

use crate::Better;
use crate::mean::Mean;
use crate::ranked::average_ranks;

/// One metric of a run beside the baseline's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// The run's value.
    pub value: f64,
    /// The baseline's value.
    pub baseline: f64,
    /// Which direction is good.
    pub better: Better,
}

impl Compared {
    /// By how many percent of the baseline the run is better; negative if it is worse. `None` if the baseline is 0 or one of
    /// the two is not finite.
    ///
    /// ```
    /// use polytask_metrics::{Better, summary::Compared};
    ///
    /// let error = Compared { value: 0.15, baseline: 0.20, better: Better::Lower };
    /// assert!((error.gain().unwrap() - 25.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn gain(&self) -> Option<f64> {
        let change = 100.0 * (self.value - self.baseline) / self.baseline.abs();
        let gain = match self.better {
            Better::Higher => change,
            Better::Lower => -change,
        };
        (self.baseline.is_finite() && gain.is_finite()).then_some(gain)
    }
}

/// Mean drop over all metrics in percent, flat over tasks: lower is better, negative means better than the baseline.
///
/// `None` if there is no metric, or one has no [gain](Compared::gain): a mean over the rest would be of something else.
///
/// ```
/// use polytask_metrics::{Better, summary::{Compared, delta_m}};
///
/// // Accuracy up by a tenth, error down by a fifth of the baseline: 15 % better on average.
/// let accuracy = Compared { value: 0.55, baseline: 0.50, better: Better::Higher };
/// let error = Compared { value: 0.40, baseline: 0.50, better: Better::Lower };
/// assert!((delta_m(&[accuracy, error]).unwrap() - -15.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn delta_m(metrics: &[Compared]) -> Option<f64> {
    mean(metrics.iter().map(Compared::gain)).map(|gain| -gain)
}

/// Mean gain in percent, every task counting the same however many metrics it has: higher is better.
///
/// `None` if there is no task, a task has no metric, or a metric has no [gain](Compared::gain).
///
/// ```
/// use polytask_metrics::{Better, summary::{Compared, delta_m, delta_p}};
///
/// let gain = |percent: f64| Compared { value: 1.0 + percent / 100.0, baseline: 1.0, better: Better::Higher };
/// let (one, three) = (vec![gain(8.0)], vec![gain(0.0), gain(2.0), gain(4.0)]);
/// // The task means are 8 and 2; the flat mean over all four metrics is 3.5.
/// assert!((delta_p(&[one.clone(), three.clone()]).unwrap() - 5.0).abs() < 1e-12);
/// assert!((delta_m(&[one, three].concat()).unwrap() - -3.5).abs() < 1e-12);
/// ```
#[must_use]
pub fn delta_p(tasks: &[Vec<Compared>]) -> Option<f64> {
    mean(
        tasks
            .iter()
            .map(|metrics| mean(metrics.iter().map(Compared::gain))),
    )
}

/// The mean over metrics of each run's rank, 1 being the best; runs that tie share the mean of their ranks.
///
/// `values` is `[runs][metrics]` and `better` `[metrics]`. `None` if there is nothing to rank, a run lacks a metric or a value is
/// NaN.
///
/// ```
/// use polytask_metrics::{Better, summary::mean_ranks};
///
/// let runs = [vec![0.9, 0.30], vec![0.8, 0.20], vec![0.9, 0.25]];
/// // Accuracy: the first and the third share the ranks 1 and 2. Error: 3, 1, 2.
/// assert_eq!(mean_ranks(&runs, &[Better::Higher, Better::Lower]), Some(vec![2.25, 2.0, 1.75]));
/// ```
#[must_use]
pub fn mean_ranks(values: &[Vec<f64>], better: &[Better]) -> Option<Vec<f64>> {
    let is_whole =
        |run: &Vec<f64>| run.len() == better.len() && !run.iter().any(|value| value.is_nan());
    if values.is_empty() || better.is_empty() || !values.iter().all(is_whole) {
        return None;
    }
    let mut sums = vec![0.0; values.len()];
    for (metric, better) in better.iter().enumerate() {
        let sign = match better {
            Better::Higher => -1.0,
            Better::Lower => 1.0,
        };
        let column: Vec<f64> = values
            .iter()
            .filter_map(|run| run.get(metric))
            .map(|value| sign * value)
            .collect();
        sums.iter_mut()
            .zip(average_ranks(&column))
            .for_each(|(sum, rank)| *sum += rank);
    }
    Some(
        sums.into_iter()
            .map(|sum| sum / better.len() as f64)
            .collect(),
    )
}

/// The mean of all; `None` of nothing or if one is undefined.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let mut mean = Mean::default();
    for value in values {
        mean.add(value?);
    }
    mean.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(value: f64, baseline: f64, better: Better) -> Compared {
        Compared {
            value,
            baseline,
            better,
        }
    }

    #[test]
    fn the_papers_formula_and_ours_agree_on_positive_baselines() {
        // 100/K Σ (−1)^s (M − B)/B with s = 1 if higher is better, as it stands in the papers.
        let metrics = [
            compared(0.31, 0.38, Better::Higher),
            compared(0.72, 0.64, Better::Higher),
            compared(0.59, 0.68, Better::Lower),
        ];
        let paper = |sign: f64, m: &Compared| sign * (m.value - m.baseline) / m.baseline;
        let wanted = 100.0 / 3.0
            * (paper(-1.0, &metrics[0]) + paper(-1.0, &metrics[1]) + paper(1.0, &metrics[2]));
        assert!((delta_m(&metrics).unwrap() - wanted).abs() < 1e-12);
        let one_task = delta_p(&[metrics.to_vec()]).unwrap();
        assert!(
            (one_task + wanted).abs() < 1e-12,
            "with one task they mirror each other"
        );
    }

    #[test]
    fn better_than_a_negative_baseline_is_a_gain() {
        let r2 = compared(0.1, -0.2, Better::Higher);
        assert!((r2.gain().unwrap() - 150.0).abs() < 1e-12);
        assert!(delta_m(&[r2]).unwrap() < 0.0);
    }

    #[test]
    fn what_cannot_be_compared_leaves_no_summary() {
        let good = compared(1.0, 2.0, Better::Lower);
        for bad in [
            (1.0, 0.0),
            (0.0, 0.0),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
        ] {
            let bad = compared(bad.0, bad.1, Better::Lower);
            assert_eq!(bad.gain(), None);
            assert_eq!(delta_m(&[good, bad]), None);
            assert_eq!(delta_p(&[vec![good], vec![bad]]), None);
        }
        assert_eq!(delta_m(&[]), None);
        assert_eq!(delta_p(&[]), None);
        assert_eq!(delta_p(&[vec![good], vec![]]), None);
    }

    #[test]
    fn ranks_need_every_metric_of_every_run() {
        let better = [Better::Higher, Better::Lower];
        assert_eq!(mean_ranks(&[vec![1.0, 2.0], vec![1.0]], &better), None);
        assert_eq!(mean_ranks(&[vec![1.0, f64::NAN]], &better), None);
        assert_eq!(mean_ranks(&[], &better), None);
        assert_eq!(mean_ranks(&[vec![]], &[]), None);
        assert_eq!(mean_ranks(&[vec![1.0, 2.0]], &better), Some(vec![1.0]));
    }
}
