//! Measured runs beside each other: the bits of a task's test rows under one set of tasks over under another, paired row by row.

use polytask_information::usable::{RowCosts, Rows, transferred, transferred_over_seeds};
use polytask_information::{InformationError, Measure};
use polytask_random::{Seed, Stream};
use polytask_training::information::TaskInformation;

use super::runs::MeasuredRun;
use crate::exit::{Exit, Failure};

/// Usable bits that are 0 as they are printed: all that there is of a constant label.
const NOTHING: f64 = 5e-4;

/// Resamples of the two-level bootstrap.
const RESAMPLES: usize = 2000;

/// In the order in which they come.
pub(super) fn seeds_of(measured: &[MeasuredRun]) -> Vec<u64> {
    let mut seeds: Vec<u64> = Vec::new();
    for one in measured {
        if !seeds.contains(&one.run.seed) {
            seeds.push(one.run.seed);
        }
    }
    seeds
}

/// Bits per row of one task under more tasks over under fewer.
pub(super) struct Bits {
    pub(super) calibrated: Measure,
    pub(super) raw: Measure,
    /// Calibrated.
    pub(super) by_seed: Vec<Measure>,
    /// Whether the seeds measured the same rows.
    pub(super) same_rows: bool,
}

/// Two models of a task, row by row.
pub(super) enum Paired {
    Bits(Box<Bits>),
    /// Why there are none.
    None(String),
}

impl Paired {
    pub(super) fn calibrated(self) -> Option<Measure> {
        match self {
            Self::Bits(bits) => Some(bits.calibrated),
            Self::None(_) => None,
        }
    }
}

/// The costs of a task's test rows under every seed.
struct Costs<'a> {
    /// `[seeds]`.
    seeds: Vec<&'a TaskInformation>,
    /// Whether the seeds measured the same rows.
    same_rows: bool,
}

impl<'a> Costs<'a> {
    fn of(&self, which: fn(&RowCosts) -> &Vec<f64>) -> Vec<Vec<f64>> {
        let seeds = self.seeds.iter();
        seeds.map(|seed| which(&seed.costs).clone()).collect()
    }

    fn groups(&self) -> Option<&'a [u32]> {
        self.seeds.iter().find_map(|seed| seed.groups.as_deref())
    }

    fn rows(&self) -> Rows<'a> {
        if self.same_rows {
            Rows::Shared(self.groups())
        } else {
            Rows::Own
        }
    }
}

/// The measured runs, by seed and tasks.
pub(super) struct Compared<'a> {
    pub(super) measured: &'a [MeasuredRun],
    pub(super) seeds: &'a [u64],
    /// Of the bootstrap.
    pub(super) seed: u64,
}

impl Compared<'_> {
    fn run(&self, seed: u64, tasks: &[String]) -> Option<&MeasuredRun> {
        self.run_on(1.0, seed, tasks)
    }

    /// On a share of the training rows.
    fn run_on(&self, share: f64, seed: u64, tasks: &[String]) -> Option<&MeasuredRun> {
        self.measured
            .iter()
            .find(|one| one.run.seed == seed && one.run.tasks == tasks && one.run.share == share)
    }

    /// Usable bits of `task` learnt with `tasks`, calibrated, over seeds; none where one was not measured.
    pub(super) fn usable(&self, task: &str, tasks: &[String]) -> Option<Measure> {
        let costs = self.costs(tasks, task).ok()?;
        let mut stream = self.stream("usable", task, tasks);
        let measure = transferred_over_seeds(
            &costs.of(|costs| &costs.baseline),
            &costs.of(|costs| &costs.calibrated),
            costs.rows(),
            RESAMPLES,
            &mut stream,
        );
        let mut measure = measure.ok()?;
        measure.estimator = "log ratio to the training marginal, calibrated; bootstrap over rows, Student's t over seeds".into();
        Some(measure)
    }

    /// Bits per row that `task` alone has more on all training rows than on this share of them, calibrated, over seeds; none where one
    /// was not measured.
    pub(super) fn rise(&self, task: &str, share: f64) -> Option<Measure> {
        let alone = &[task.to_owned()][..];
        let [least, all] = [share, 1.0].map(|share| self.costs_on(share, alone, task));
        let (least, all) = (least.ok()?, all.ok()?);
        let mut stream = self.stream("rise", task, alone);
        let [few, many] = [&least, &all].map(|costs| costs.of(|costs| &costs.calibrated));
        transferred_over_seeds(&few, &many, all.rows(), RESAMPLES, &mut stream).ok()
    }

    /// Whether usable bits are no more than two standard errors above 0. The error of one seed stands for that of the mean: seeds
    /// mostly share their rows.
    pub(super) fn knows_nothing(&self, task: &str, tasks: &[String]) -> bool {
        let Ok(costs) = self.costs(tasks, task) else {
            return false;
        };
        let over_seeds = |of: fn(&Measure) -> Option<f64>| {
            let seeds = costs.seeds.iter();
            let values: Option<Vec<f64>> = seeds.map(|seed| of(&seed.usable.calibrated)).collect();
            values.as_deref().and_then(mean)
        };
        let error = over_seeds(|measure| measure.se);
        over_seeds(|measure| measure.value)
            .zip(error)
            .is_some_and(|(bits, error)| bits <= f64::max(2.0 * error, NOTHING))
    }

    /// Bits per row of `task` with `more` tasks over with `fewer`.
    ///
    /// # Errors
    /// Runs of one seed that were measured on different rows.
    pub(super) fn bits(
        &self,
        task: &str,
        more: &[String],
        fewer: &[String],
    ) -> Result<Paired, Failure> {
        let pair = self.costs(fewer, task);
        let (alone, joint) = match pair.and_then(|one| Ok((one, self.costs(more, task)?))) {
            Ok(pair) => pair,
            Err(why) => return Ok(Paired::None(why)),
        };
        let seeds = alone.seeds.iter().zip(&joint.seeds).zip(self.seeds);
        for ((one, other), seed) in seeds {
            if (one.digest, &one.rows) != (other.digest, &other.rows) {
                return Err(Failure::new(
                    Exit::Internal,
                    format!("the runs of seed {seed} were not measured on the same rows of {task}"),
                ));
            }
        }
        let bits = self.paired(task, fewer, &alone, &joint);
        Ok(bits.map_or_else(
            |error| Paired::None(error.to_string()),
            |bits| Paired::Bits(Box::new(bits)),
        ))
    }

    fn paired(
        &self,
        task: &str,
        fewer: &[String],
        alone: &Costs<'_>,
        joint: &Costs<'_>,
    ) -> Result<Bits, InformationError> {
        let measure = |which: fn(&RowCosts) -> &Vec<f64>| {
            let mut stream = self.stream("transfer", task, fewer);
            let (alone_costs, joint_costs) = (alone.of(which), joint.of(which));
            let rows = alone.rows();
            transferred_over_seeds(&alone_costs, &joint_costs, rows, RESAMPLES, &mut stream)
        };
        let seeds = alone.seeds.iter().zip(&joint.seeds);
        let by_seed = seeds.map(|(alone, joint)| {
            let (one, other) = (&alone.costs.calibrated, &joint.costs.calibrated);
            Ok(transferred(one, other, alone.groups.as_deref())?.in_bits())
        });
        Ok(Bits {
            calibrated: measure(|costs| &costs.calibrated)?,
            raw: measure(|costs| &costs.raw)?,
            by_seed: by_seed.collect::<Result<_, InformationError>>()?,
            same_rows: alone.same_rows,
        })
    }

    fn stream(&self, what: &str, task: &str, tasks: &[String]) -> Stream {
        Seed(self.seed).stream(&format!("{what}/{task}/{}", tasks.join("+")), 0)
    }

    /// Of every seed; or why one has none.
    fn costs(&self, tasks: &[String], task: &str) -> Result<Costs<'_>, String> {
        self.costs_on(1.0, tasks, task)
    }

    fn costs_on(&self, share: f64, tasks: &[String], task: &str) -> Result<Costs<'_>, String> {
        let seeds = self.seeds.iter();
        let seeds = seeds.map(|&seed| self.found(share, seed, tasks, task));
        let seeds = seeds.collect::<Result<Vec<_>, String>>()?;
        let mut digests = seeds.iter().map(|seed| seed.digest);
        let first = digests.next();
        Ok(Costs {
            same_rows: digests.all(|digest| Some(digest) == first),
            seeds,
        })
    }

    fn found(
        &self,
        share: f64,
        seed: u64,
        tasks: &[String],
        task: &str,
    ) -> Result<&TaskInformation, String> {
        let run = self
            .run_on(share, seed, tasks)
            .ok_or_else(|| format!("there is no run of seed {seed}"))?;
        let information = &run.evaluation.information;
        information.measured.get(task).ok_or_else(|| {
            let why = information.unmeasured.get(task);
            why.cloned()
                .unwrap_or_else(|| "it was not measured".to_owned())
        })
    }

    /// The task's own metrics, without losses, weights and bits.
    pub(super) fn metric_names(&self, task: &str, tasks: &[String]) -> Vec<String> {
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
                    .any(|entry| entry.name == polytask_config::name_in(name))
            })
            .map(str::to_owned)
            .collect()
    }

    /// Of every seed; none where one has none.
    pub(super) fn metric(&self, task: &str, name: &str, tasks: &[String]) -> Option<Vec<f64>> {
        let seeds = self.seeds.iter().map(|&seed| {
            let run = self.run(seed, tasks)?;
            let key = format!("{}/{task}/{name}", run.split);
            run.evaluation.metrics.get(&key).copied()
        });
        seeds.collect()
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
