//! The bits that sharing gave or cost, from the measured runs.

use std::collections::BTreeMap;

use polytask_information::Measure;
use polytask_information::usable::{RowCosts, Rows, transferred_over_seeds};
use polytask_metrics::{Better, summary};
use polytask_random::Seed;
use polytask_training::information::TaskInformation;
use serde::Serialize;

use super::equivalents::TaskEquivalents;
use super::runs::MeasuredRun;
use crate::exit::{Exit, Failure};
use crate::measures::better;

/// Resamples of the two-level bootstrap.
const RESAMPLES: usize = 2000;

/// Everything that is said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Transfer {
    pub(super) name: String,
    /// The split that was measured.
    pub(super) split: &'static str,
    pub(super) seeds: Vec<u64>,
    /// In order of the config.
    pub(super) tasks: Vec<TaskTransfer>,
    /// What leaving `source` out costs `target`; empty unless it was asked for.
    pub(super) leave_one_out: Vec<Helped>,
    /// What training together is worth in labels; empty unless it was asked for.
    pub(super) equivalents: Vec<TaskEquivalents>,
    pub(super) summary: Summary,
    pub(super) runs: Vec<RunFacts>,
}

/// A task together with the others and alone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TaskTransfer {
    pub(super) task: String,
    /// Usable bits, calibrated, mean over seeds.
    pub(super) alone: Option<f64>,
    /// The same, trained with the others.
    pub(super) together: Option<f64>,
    /// Bits per example that training together gave; negative where it cost.
    pub(super) transferred: Option<Measure>,
    /// The same of the models as they are: where calibration suits the test rows badly the two differ.
    pub(super) uncalibrated: Option<Measure>,
    /// Of each seed by itself, calibrated.
    pub(super) by_seed: Vec<f64>,
    /// Whether the seeds have their test rows in common.
    pub(super) same_rows: bool,
    /// Whether usable bits, alone and together, are no more than two of their standard errors above 0.
    pub(super) neither_knows: bool,
    /// Why there are no bits.
    pub(super) why_not: Option<String>,
    /// Every metric: mean over seeds alone and together.
    pub(super) metrics: BTreeMap<String, [f64; 2]>,
}

/// What one task gives another.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Helped {
    pub(super) source: String,
    pub(super) target: String,
    /// Bits per example of the target that go if the source is left out.
    pub(super) transferred: Option<Measure>,
}

/// Three ways to put all metrics into one number; they do not agree with each other, nor with bits.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Summary {
    /// Mean over all metrics of the relative drop, per cent; lower is better (Navon et al. 2022).
    pub(super) delta_m: Option<f64>,
    /// Mean over tasks of the mean relative gain of their metrics, per cent; higher is better (Lin and Zhang 2023).
    pub(super) delta_p: Option<f64>,
    /// Mean over all metrics of the rank, 1 being better: alone and together.
    pub(super) mean_rank: Option<[f64; 2]>,
}

/// Where a run is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunFacts {
    pub(super) seed: u64,
    pub(super) tasks: Vec<String>,
    /// Of the training rows.
    pub(super) share: f64,
    pub(super) run: String,
}

impl Transfer {
    /// # Errors
    /// Runs that cannot be compared.
    pub(super) fn of(
        name: &str,
        tasks: &[String],
        measured: &[MeasuredRun],
        seed: u64,
    ) -> Result<Self, Failure> {
        let seeds = seeds_of(measured);
        let compared = Compared {
            measured,
            seeds: &seeds,
            seed,
        };
        let is_alone = |task: &str| vec![task.to_owned()];
        let tasks_found: Vec<TaskTransfer> = tasks
            .iter()
            .map(|task| compared.task(task, tasks, &is_alone(task)))
            .collect::<Result<_, Failure>>()?;
        let has_left_out = measured
            .iter()
            .any(|one| one.run.name.starts_with("without-"));
        let mut leave_one_out = Vec::new();
        for source in tasks.iter().filter(|_| has_left_out) {
            let rest: Vec<String> = tasks
                .iter()
                .filter(|task| *task != source)
                .cloned()
                .collect();
            for target in &rest {
                leave_one_out.push(Helped {
                    source: source.clone(),
                    target: target.clone(),
                    transferred: compared
                        .bits(target, tasks, &rest)?
                        .ok()
                        .map(|bits| bits.calibrated),
                });
            }
        }
        Ok(Self {
            name: name.to_owned(),
            split: measured.first().map_or("test", |one| one.split),
            seeds: seeds.clone(),
            summary: Summary::of(&tasks_found),
            tasks: tasks_found,
            leave_one_out,
            equivalents: Vec::new(),
            runs: measured
                .iter()
                .map(|one| RunFacts {
                    seed: one.run.seed,
                    tasks: one.run.tasks.clone(),
                    share: one.run.share,
                    run: one.path.display().to_string(),
                })
                .collect(),
        })
    }
}

impl Transfer {
    /// What leaving the row's task out costs the column's, `[tasks, tasks]`; of two tasks that is training alone.
    pub(super) fn gains(&self, tasks: &[String]) -> Vec<Option<Measure>> {
        let gain = |source: &String, target: &String| {
            if source == target {
                return None;
            }
            if tasks.len() == 2 {
                let found = self.tasks.iter().find(|task| task.task == *target)?;
                return found.transferred.clone();
            }
            let helped = self.leave_one_out.iter();
            let mut helped = helped.filter(|one| one.source == *source && one.target == *target);
            helped.next()?.transferred.clone()
        };
        let pairs = tasks
            .iter()
            .flat_map(|source| tasks.iter().map(move |target| (source, target)));
        pairs.map(|(source, target)| gain(source, target)).collect()
    }
}

/// A task in its group and with all tasks, each over alone: bits per example.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) in_group: Option<Measure>,
    pub(crate) all_together: Option<Measure>,
}

impl Comparison {
    /// Of every task; one that is a group by itself has exactly 0 bits there.
    ///
    /// # Errors
    /// Runs that cannot be compared.
    pub(super) fn of(
        tasks: &[String],
        serving: &BTreeMap<String, Vec<String>>,
        measured: &[MeasuredRun],
        seed: u64,
    ) -> Result<BTreeMap<String, Self>, Failure> {
        let compared = Compared {
            measured,
            seeds: &seeds_of(measured),
            seed,
        };
        let mut found = BTreeMap::new();
        for task in tasks {
            let alone = vec![task.clone()];
            let group = serving.get(task).unwrap_or(&alone);
            let bits = |more: &[String]| {
                let bits = compared.bits(task, more, &alone)?;
                Ok::<_, Failure>(bits.ok().map(|found| found.calibrated))
            };
            found.insert(
                task.clone(),
                Self {
                    in_group: bits(group)?,
                    all_together: bits(tasks)?,
                },
            );
        }
        Ok(found)
    }
}

/// In the order in which they come.
fn seeds_of(measured: &[MeasuredRun]) -> Vec<u64> {
    let mut seeds: Vec<u64> = Vec::new();
    for one in measured {
        if !seeds.contains(&one.run.seed) {
            seeds.push(one.run.seed);
        }
    }
    seeds
}

/// Bits per row of one task under more tasks over under fewer.
struct Bits {
    calibrated: Measure,
    raw: Measure,
    /// Calibrated.
    by_seed: Vec<f64>,
    /// Whether the seeds measured the same rows.
    same_rows: bool,
}

/// The measured runs, by seed and tasks.
struct Compared<'a> {
    measured: &'a [MeasuredRun],
    seeds: &'a [u64],
    /// Of the bootstrap.
    seed: u64,
}

impl Compared<'_> {
    fn run(&self, seed: u64, tasks: &[String]) -> Option<&MeasuredRun> {
        self.measured
            .iter()
            .find(|one| one.run.seed == seed && one.run.tasks == tasks && one.run.share >= 1.0)
    }

    fn task(
        &self,
        task: &str,
        together: &[String],
        alone: &[String],
    ) -> Result<TaskTransfer, Failure> {
        let bits = self.bits(task, together, alone)?;
        let over_seeds = |tasks: &[String], of: fn(&Measure) -> Option<f64>| {
            let values: Option<Vec<f64>> = self
                .seeds
                .iter()
                .map(|&seed| {
                    let evaluation = &self.run(seed, tasks)?.evaluation;
                    let found = evaluation.information.measured.get(task)?;
                    of(&found.usable.calibrated)
                })
                .collect();
            values.as_deref().and_then(mean)
        };
        let usable = |tasks: &[String]| over_seeds(tasks, |measure| measure.value);
        // The error of one seed stands for that of the mean: seeds mostly share their rows.
        let knows_nothing = |tasks: &[String]| {
            let error = over_seeds(tasks, |measure| measure.se);
            usable(tasks)
                .zip(error)
                .is_some_and(|(bits, error)| bits <= 2.0 * error)
        };
        let mut metrics = BTreeMap::new();
        for name in self.metric_names(task, together) {
            let pair = [alone, together].map(|tasks| self.metric(task, &name, tasks));
            if let [Some(alone), Some(together)] = pair {
                metrics.insert(name, [alone, together]);
            }
        }
        let (bits, why_not) = match bits {
            Ok(bits) => (Some(bits), None),
            Err(why) => (None, Some(why)),
        };
        Ok(TaskTransfer {
            task: task.to_owned(),
            alone: usable(alone),
            together: usable(together),
            neither_knows: knows_nothing(alone) && knows_nothing(together),
            same_rows: bits.as_ref().is_some_and(|bits| bits.same_rows),
            by_seed: bits
                .as_ref()
                .map_or(Vec::new(), |bits| bits.by_seed.clone()),
            uncalibrated: bits.as_ref().map(|bits| bits.raw.clone()),
            transferred: bits.map(|bits| bits.calibrated),
            why_not,
            metrics,
        })
    }

    /// Bits per row of `task` with `more` tasks over with `fewer`; or why there are none.
    fn bits(
        &self,
        task: &str,
        more: &[String],
        fewer: &[String],
    ) -> Result<Result<Bits, String>, Failure> {
        let (mut alone, mut joint) = (Vec::new(), Vec::new());
        let mut digests = Vec::new();
        let mut groups = None;
        for &seed in self.seeds {
            let pair = self
                .found(seed, fewer, task)
                .and_then(|one| Ok((one, self.found(seed, more, task)?)));
            let (one, other) = match pair {
                Ok(pair) => pair,
                Err(why) => return Ok(Err(why)),
            };
            if (one.digest, &one.rows) != (other.digest, &other.rows) {
                return Err(Failure::new(
                    Exit::Internal,
                    format!("the runs of seed {seed} were not measured on the same rows of {task}"),
                ));
            }
            digests.push(one.digest);
            groups = groups.or(one.groups.as_deref());
            alone.push(&one.costs);
            joint.push(&other.costs);
        }
        let same_rows = digests.windows(2).all(|pair| pair.first() == pair.last());
        let measure = |of: fn(&RowCosts) -> &Vec<f64>| {
            let rows = if same_rows {
                Rows::Shared(groups)
            } else {
                Rows::Own
            };
            let mut stream =
                Seed(self.seed).stream(&format!("transfer/{task}/{}", fewer.join("+")), 0);
            let costs =
                |runs: &[&RowCosts]| runs.iter().map(|run| of(run).clone()).collect::<Vec<_>>();
            transferred_over_seeds(&costs(&alone), &costs(&joint), rows, RESAMPLES, &mut stream)
                .map_err(|error| error.to_string())
        };
        let by_seed = alone.iter().zip(&joint).map(|(alone, joint)| {
            let rows = alone.calibrated.iter().zip(&joint.calibrated);
            let nats: f64 = rows.map(|(alone, joint)| alone - joint).sum();
            nats / alone.calibrated.len().max(1) as f64 / std::f64::consts::LN_2
        });
        let by_seed = by_seed.collect();
        Ok(measure(|run| &run.calibrated).and_then(|calibrated| {
            Ok(Bits {
                calibrated,
                raw: measure(|run| &run.raw)?,
                by_seed,
                same_rows,
            })
        }))
    }

    fn found(&self, seed: u64, tasks: &[String], task: &str) -> Result<&TaskInformation, String> {
        let run = self
            .run(seed, tasks)
            .ok_or_else(|| format!("there is no run of seed {seed}"))?;
        let information = &run.evaluation.information;
        information.measured.get(task).ok_or_else(|| {
            let why = information.unmeasured.get(task);
            why.cloned()
                .unwrap_or_else(|| "it was not measured".to_owned())
        })
    }

    /// The task's own metrics, without losses, weights and bits.
    fn metric_names(&self, task: &str, tasks: &[String]) -> Vec<String> {
        let Some(run) = self.seeds.first().and_then(|&seed| self.run(seed, tasks)) else {
            return Vec::new();
        };
        let prefix = format!("{}/{task}/", run.split);
        let names = run.evaluation.metrics.keys();
        names
            .filter_map(|key| key.strip_prefix(&prefix))
            .filter(|name| {
                polytask_metrics::METRICS
                    .iter()
                    .any(|entry| entry.name == *name)
            })
            .map(str::to_owned)
            .collect()
    }

    fn metric(&self, task: &str, name: &str, tasks: &[String]) -> Option<f64> {
        let values: Option<Vec<f64>> = self
            .seeds
            .iter()
            .map(|&seed| {
                let run = self.run(seed, tasks)?;
                let key = format!("{}/{task}/{name}", run.split);
                run.evaluation.metrics.get(&key).copied()
            })
            .collect();
        mean(&values?)
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

impl Summary {
    fn of(tasks: &[TaskTransfer]) -> Self {
        let each = tasks.iter().flat_map(|task| &task.metrics);
        let (alone, together) = each
            .clone()
            .map(|(_, &[alone, together])| (alone, together))
            .unzip();
        let directions: Vec<Better> = each.map(|(name, _)| better(name)).collect();
        // Relative to nothing there is no gain.
        let gains = tasks.iter().map(|task| -> Vec<summary::Compared> {
            let pairs = task.metrics.iter();
            let all = pairs.map(|(name, &[baseline, value])| summary::Compared {
                value,
                baseline,
                better: better(name),
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

/// Seeds below which nothing is said of the spread between them.
pub(super) const SEEDS: usize = 3;

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Helped,
    Hurt,
    Unclear,
    /// Neither model knows anything of the label: one is not better than the other at that.
    Ignorant,
    /// The interval is over rows, not over what another seed would give.
    FewSeeds,
}

impl Effect {
    /// Of `transferred` bits over `seeds`; `neither_knows` as in [`TaskTransfer`].
    pub(super) fn of(transferred: &Measure, seeds: usize, neither_knows: bool) -> Self {
        match transferred.interval {
            _ if neither_knows => Self::Ignorant,
            _ if seeds < SEEDS => Self::FewSeeds,
            Some([low, _]) if low > 0.0 => Self::Helped,
            Some([_, high]) if high < 0.0 => Self::Hurt,
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use polytask_information::Unit;

    use super::*;

    fn task(metrics: &[(&str, [f64; 2])]) -> TaskTransfer {
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
                .map(|(name, pair)| ((*name).to_owned(), *pair))
                .collect(),
        }
    }

    #[test]
    fn the_summaries_are_those_of_their_papers() {
        // Accuracy from 0.8 to 0.84 is 5 % better; log-loss from 0.5 to 0.6 is 20 % worse; mae from 2 to 1 is 50 % better.
        let tasks = [
            task(&[("accuracy", [0.8, 0.84]), ("log_loss", [0.5, 0.6])]),
            task(&[("mae", [2.0, 1.0])]),
        ];
        let summary = Summary::of(&tasks);
        let near =
            |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 1e-9);
        near(summary.delta_m, (-5.0 + 20.0 - 50.0) / 3.0);
        near(summary.delta_p, ((5.0 - 20.0) / 2.0 + 50.0) / 2.0);
        assert_eq!(summary.mean_rank, Some([5.0 / 3.0, 4.0 / 3.0]));
    }

    #[test]
    fn an_interval_that_holds_0_says_nothing() {
        let with = |interval| Measure::of(0.1, Unit::Bits, "", 9).with_interval(interval);
        let of = |interval| Effect::of(&with(interval), 3, false);
        assert_eq!(of([0.01, 0.2]), Effect::Helped);
        assert_eq!(of([-0.2, -0.01]), Effect::Hurt);
        assert_eq!(of([-0.01, 0.2]), Effect::Unclear);
    }

    #[test]
    fn few_seeds_and_models_that_know_nothing_prove_nothing() {
        let bits = Measure::of(0.1, Unit::Bits, "", 9).with_interval([0.01, 0.2]);
        assert_eq!(Effect::of(&bits, 2, false), Effect::FewSeeds);
        assert_eq!(Effect::of(&bits, 3, true), Effect::Ignorant);
        assert_eq!(Effect::of(&bits, 1, true), Effect::Ignorant);
    }
}
