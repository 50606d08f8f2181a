//! The bits that sharing gave or cost, as records.

use std::collections::BTreeMap;

use polytask_information::Measure;
use serde::Serialize;

use super::compared::{Compared, Paired, seeds_of};
use super::equivalents::TaskEquivalents;
use super::prequential::Prequential;
use super::runs::MeasuredRun;
use super::summary::{Metric, Summary};
use crate::exit::Failure;

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
    /// What training together saves a code of the training labels; none unless it was asked for.
    pub(super) prequential: Option<Prequential>,
    pub(super) summary: Summary,
    pub(super) runs: Vec<RunFacts>,
}

/// A task together with the others and alone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TaskTransfer {
    pub(super) task: String,
    /// Usable bits, calibrated, mean over seeds.
    pub(super) alone: Option<Measure>,
    /// The same, trained with the others.
    pub(super) together: Option<Measure>,
    /// Bits per example that training together gave; negative where it cost.
    pub(super) transferred: Option<Measure>,
    /// The same of the models as they are: where calibration suits the test rows badly the two differ.
    pub(super) uncalibrated: Option<Measure>,
    /// Of each seed by itself, calibrated.
    pub(super) by_seed: Vec<Measure>,
    /// Whether the seeds have their test rows in common.
    pub(super) same_rows: bool,
    /// Whether usable bits, alone and together, are no more than two of their standard errors above 0.
    pub(super) neither_knows: bool,
    /// Why there are no bits.
    pub(super) why_not: Option<String>,
    /// Every metric: mean over seeds alone and together.
    pub(super) metrics: BTreeMap<String, Metric>,
}

/// What one task gives another.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Helped {
    pub(super) source: String,
    pub(super) target: String,
    /// Bits per example of the target that go if the source is left out.
    pub(super) transferred: Option<Measure>,
    /// Whether the target is then alone, so that these are its bits transferred.
    pub(super) is_alone: bool,
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
        is_by_source: bool,
    ) -> Result<Self, Failure> {
        let seeds = seeds_of(measured);
        let compared = Compared {
            measured,
            seeds: &seeds,
            seed,
        };
        let tasks_found: Vec<TaskTransfer> = tasks
            .iter()
            .map(|task| TaskTransfer::of(&compared, task, tasks))
            .collect::<Result<_, Failure>>()?;
        let mut leave_one_out = Vec::new();
        for source in tasks.iter().filter(|_| is_by_source) {
            let rest: Vec<String> = tasks
                .iter()
                .filter(|task| *task != source)
                .cloned()
                .collect();
            for target in &rest {
                // Of two tasks, all but one is one alone, and its bits have been measured.
                let is_alone = rest.len() == 1;
                let own = tasks_found.iter().find(|found| found.task == *target);
                leave_one_out.push(Helped {
                    source: source.clone(),
                    target: target.clone(),
                    transferred: match own {
                        Some(own) if is_alone => own.transferred.clone(),
                        _ => compared.bits(target, tasks, &rest)?.calibrated(),
                    },
                    is_alone,
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
            prequential: None,
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

    /// What leaving the row's task out costs the column's, `[tasks, tasks]`.
    pub(super) fn gains(&self, tasks: &[String]) -> Vec<Option<Measure>> {
        let gain = |source: &String, target: &String| {
            if source == target {
                return None;
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

impl TaskTransfer {
    /// `task` with all tasks over by itself.
    ///
    /// # Errors
    /// Runs that cannot be compared.
    fn of(compared: &Compared<'_>, task: &str, together: &[String]) -> Result<Self, Failure> {
        let alone = &[task.to_owned()][..];
        let knows_nothing = |tasks| compared.knows_nothing(task, tasks);
        let mut metrics = BTreeMap::new();
        for name in compared.metric_names(task, together) {
            let pair = [alone, together].map(|tasks| compared.metric(task, &name, tasks));
            if let [Some(alone), Some(together)] = pair {
                metrics.insert(name, Metric::of(alone, together));
            }
        }
        let mut found = Self {
            task: task.to_owned(),
            alone: compared.usable(task, alone),
            together: compared.usable(task, together),
            transferred: None,
            uncalibrated: None,
            by_seed: Vec::new(),
            same_rows: false,
            neither_knows: knows_nothing(alone) && knows_nothing(together),
            why_not: None,
            metrics,
        };
        match compared.bits(task, together, alone)? {
            Paired::Bits(bits) => {
                found.transferred = Some(bits.calibrated);
                found.uncalibrated = Some(bits.raw);
                found.by_seed = bits.by_seed;
                found.same_rows = bits.same_rows;
            }
            Paired::None(why) => found.why_not = Some(why),
        }
        Ok(found)
    }
}
