//! Where affinities come from: labels, gradients of runs with all tasks, runs with all tasks but one.

use polytask_config::{Choice, Document};
use polytask_data::TaskFit;
use polytask_information::grouping::Objective;
use polytask_information::report::{Affinities, Grouped, grouped};
use polytask_information::{InformationError, Measure};
use polytask_store::RunDir;
use polytask_training::device::Place;
use polytask_training::experiment::{AffinitySource, GroupingOptions, InfoOptions};
use polytask_training::information::{Asked, OVERLAP, Relations, label_columns, relations};
use polytask_training::load::{Loaded, from_checkpoint};
use polytask_training::plan::Plan;

use super::Arguments;
use crate::arguments::{ConfigArguments, Overrides, RunArguments};
use crate::command::check;
use crate::command::info::immeasurable;
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Ended, Failure};
use crate::panics::Watch;
use crate::place;
use crate::runs::{Found, Unasked, best_or_last};
use crate::terminal::Terminal;

/// A step or a gain above nothing helps: these sources need no other threshold.
const NOTHING: f64 = 0.0;

/// What is to be grouped.
pub(super) struct Subject {
    pub(super) name: String,
    /// Those that are learnt.
    pub(super) tasks: Vec<String>,
    pub(super) grouping: GroupingOptions,
    /// What further runs are trained from.
    pub(super) config: ConfigArguments,
    seed: u64,
    info: InfoOptions,
    origin: Origin,
}

/// A proposal, and where it is from.
pub(super) struct Sourced {
    /// The name of the source.
    pub(super) from: &'static str,
    pub(super) found: Grouped,
    /// What to know of pairs whose gradients are of different rows.
    pub(super) apart: Option<String>,
}

enum Origin {
    Config(Box<Document>),
    Run(Box<Loaded>),
}

/// # Errors
/// A config that is not sound.
pub(super) fn of_config(arguments: &Arguments, terminal: &Terminal) -> Result<Subject, Failure> {
    place::limit_threads(&arguments.over.place)?;
    let config = ConfigArguments {
        config: arguments.target.clone(),
        over: arguments.over.clone(),
    };
    let Configuration {
        document,
        experiment,
        ..
    } = check::sound(Configuration::read(&config)?, terminal)?;
    let active = experiment.tasks.iter().filter(|task| task.data.active);
    Ok(Subject {
        tasks: active.map(|task| task.name.clone()).collect(),
        name: experiment.name,
        grouping: experiment.grouping,
        config,
        seed: experiment.seed,
        info: experiment.info,
        origin: Origin::Config(Box::new(document)),
    })
}

/// # Errors
/// A run that cannot be read.
pub(super) fn of_run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Subject, Failure> {
    let over = &arguments.over;
    if !over.sets.is_empty() || over.profile.is_some() || over.name.is_some() || over.seed.is_some()
    {
        return Err(Failure::usage(
            "a run has its own config: --set, --profile, --name and --seed are for a config",
        ));
    }
    let asked = RunArguments {
        run: arguments.target.clone(),
        checkpoint: None,
    };
    let Found {
        run, checkpoint, ..
    } = asked.open(Unasked::Best)?;
    let trained_on = checkpoint
        .meta
        .get(polytask_training::save::meta::BACKEND)
        .cloned();
    let place = place::for_trained(&over.place, trained_on.as_deref(), terminal, watch)?;
    let loaded = from_checkpoint(checkpoint, place)?;
    let experiment = loaded.experiment();
    let Some(run) = run else {
        return Err(Failure::usage(
            "a checkpoint by itself has no folder with its config: name the run",
        ));
    };
    Ok(Subject {
        name: experiment.name.clone(),
        tasks: loaded.tasks.iter().map(|task| task.name.clone()).collect(),
        grouping: experiment.grouping,
        config: ConfigArguments {
            config: run.join("config.resolved.toml"),
            over: Overrides {
                place: over.place.clone(),
                ..Overrides::default()
            },
        },
        seed: experiment.seed,
        info: experiment.info.clone(),
        origin: Origin::Run(Box::new(loaded)),
    })
}

impl Subject {
    /// The proposal with its source.
    ///
    /// # Errors
    /// Data of which nothing can be said, a run that ends badly, or a signal.
    pub(super) fn grouped(
        &self,
        arguments: &Arguments,
        objective: Objective,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Sourced, Ended> {
        let usual = match self.origin {
            Origin::Config(_) => AffinitySource::LabelMi,
            Origin::Run(_) => AffinitySource::Cosine,
        };
        let from = arguments.from.or(self.grouping.from).unwrap_or(usual);
        let mut apart = None;
        let found = match from {
            AffinitySource::LabelMi => self.by_labels(objective, terminal)?,
            AffinitySource::Cosine | AffinitySource::Tag => {
                let runs = self.runs(arguments, terminal, watch)?;
                let batches = arguments.batches as usize;
                let (found, pairs) = self.by_gradients(&runs, from, batches, objective)?;
                apart = pairs;
                found
            }
            AffinitySource::Bits => {
                let wanted = arguments.wanted(&self.config);
                let gains = wanted.gains(terminal, watch)?;
                self.by_bits(&gains, objective).map_err(immeasurable)?
            }
        };
        let names = AffinitySource::ALL.iter();
        let mut names = names.filter(|(_, source, _)| *source == from);
        Ok(Sourced {
            from: names.next().map_or("", |(name, ..)| *name),
            found,
            apart,
        })
    }

    fn by_labels(&self, objective: Objective, terminal: &Terminal) -> Result<Grouped, Failure> {
        let plan = match &self.origin {
            Origin::Config(document) => {
                let experiment =
                    check::sound(Configuration::read(&self.config)?, terminal)?.experiment;
                let planned = Plan::resolve(experiment, Place::cpu());
                planned
                    .map_err(|error| unplanned(document, error, terminal))?
                    .0
            }
            Origin::Run(loaded) => loaded.plan()?,
        };
        let fits: Vec<TaskFit> = plan.tasks.iter().map(|task| task.fit.clone()).collect();
        let mut rows = plan.splits.train.clone();
        rows.sort_unstable();
        let columns = label_columns(&fits, &plan.encoded, &rows);
        let mut options = self.info.report(String::new(), self.seed);
        options.strata = plan.encoded.strata(&rows);
        grouped(&columns, &owners(&fits), objective, &options).map_err(|error| {
            immeasurable(error)
                .hint("where no row has the labels of two tasks, labels say nothing: --from bits asks the runs")
        })
    }

    /// The runs with all tasks: this one, or those of the config, trained if they are not there.
    fn runs(
        &self,
        arguments: &Arguments,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Vec<Loaded>, Ended> {
        let wanted = arguments.wanted(&self.config);
        let paths = match &self.origin {
            Origin::Run(_) => Vec::new(),
            Origin::Config(_) => wanted.together(terminal, watch)?,
        };
        let loaded = paths.iter().map(|path| {
            let run = RunDir::open(path)?;
            let selected = best_or_last(&run)?;
            Ok(from_checkpoint(selected.checkpoint, Place::cpu())?)
        });
        Ok(loaded.collect::<Result<_, Failure>>()?)
    }

    fn by_gradients(
        &self,
        runs: &[Loaded],
        from: AffinitySource,
        batches: usize,
        objective: Objective,
    ) -> Result<(Grouped, Option<String>), Failure> {
        let is_tag = from == AffinitySource::Tag;
        let asked = Asked {
            split: "train",
            batches,
            affinities: is_tag,
        };
        let own = match &self.origin {
            Origin::Run(loaded) => Some(loaded.as_ref()),
            Origin::Config(_) => None,
        };
        let (mut draws, mut apart) = (Vec::new(), None);
        for loaded in own.into_iter().chain(runs) {
            let found = relations(loaded, &asked)?;
            apart = apart.or_else(|| rows_apart(&found));
            draws.extend(if is_tag {
                found.affinities
            } else {
                found.cosines
            });
        }
        let estimator = if is_tag {
            "what a step takes off the loss, mean over batches"
        } else {
            "mean cosine over batches"
        };
        let found = Affinities::of_draws(&draws, self.tasks.len(), estimator, self.seed)
            .and_then(|affinities| affinities.grouped(NOTHING, objective))
            .map_err(immeasurable)?;
        Ok((found, apart))
    }

    fn by_bits(
        &self,
        gains: &[Option<Measure>],
        objective: Objective,
    ) -> Result<Grouped, InformationError> {
        let affinities = Affinities::of_measures(gains, self.tasks.len(), self.seed)?;
        affinities.grouped(NOTHING, objective)
    }
}

/// The pairs with too few rows in common for their gradients to speak of the tasks.
fn rows_apart(found: &Relations) -> Option<String> {
    let apart = found.pairs.iter().filter(|pair| pair.is_shift).count();
    (apart > 0).then(|| {
        format!(
            "{apart} of {} pairs have both labels on less than {:.0} % of the rows of the rarer one: their gradients show how rows differ, not tasks.",
            found.pairs.len(),
            100.0 * OVERLAP
        )
    })
}

/// Of each label column its task: labels and outputs stand in order.
fn owners(fits: &[TaskFit]) -> Vec<usize> {
    let parts = |fit: &TaskFit| match fit.kind.classes() {
        Some(_) => 1,
        None => fit.kind.width(),
    };
    let tasks = fits.iter().enumerate();
    tasks
        .flat_map(|(task, fit)| vec![task; parts(fit)])
        .collect()
}
