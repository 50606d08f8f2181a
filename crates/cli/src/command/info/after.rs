//! `info RUN`: what the model knows of each label, what is left to share, and how it shares.

use polytask_data::Prepared;
use polytask_store::RunDir;
use polytask_training::evaluate::Yardstick;
use polytask_training::information::{
    Asked, CodeUse, Coupling, Information, Relations, Residuals, Transferability, code_use,
    coupling, label_columns, relations, residuals,
};
use polytask_training::load::{LoadError, Loaded, from_checkpoint, rows_of};
use polytask_training::save::meta;
use serde_json::json;

use super::representation::{self, AlikeRuns};
use super::synergies::{LabelSynergy, synergies};
use super::wider::{self, Wider};
use super::{Arguments, Rows, immeasurable, publish};
use crate::arguments::RunArguments;
use crate::exit::{Ended, Exit, Failure};
use crate::number::count;
use crate::panics::Watch;
use crate::runs::{Found, Unasked, best_or_last};
use crate::terminal::{Terminal, safe};
use crate::{json, place, results};

pub(super) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    told(arguments, terminal, watch).or_else(Ended::exit)
}

fn told(arguments: &Arguments, terminal: &Terminal, watch: &Watch) -> Result<Exit, Ended> {
    arguments.refuse_config()?;
    let asked = RunArguments {
        run: arguments.target.clone(),
        checkpoint: arguments.checkpoint,
    };
    let Found {
        path,
        run,
        checkpoint,
    } = asked.open(Unasked::Best)?;
    let trained_on = checkpoint.meta.get(meta::BACKEND).cloned();
    let place = place::for_trained(
        &arguments.over.place,
        trained_on.as_deref(),
        terminal,
        watch,
    )?;
    let loaded = from_checkpoint(checkpoint, place)?;
    let prepared = loaded.prepare()?;
    let (split, rows) = match arguments.split {
        Some(split) => (split.name(), rows_of(&prepared, split.name())?),
        None => match rows_of(&prepared, "test") {
            Err(LoadError::Split { .. }) => ("val", rows_of(&prepared, "val")?),
            rows => ("test", rows?),
        },
    };

    let wider = match &run {
        Some(run) if arguments.wider => Some(wider::of(arguments, run, terminal, watch, |path| {
            let selected = best_or_last(&RunDir::open(path)?)?;
            let wider = from_checkpoint(selected.checkpoint, loaded.place.clone())?;
            let prepared = wider.prepare()?;
            let rows = rows_of(&prepared, split)?;
            Ok(Seen::of(&wider, &prepared, (split, rows))?.residuals)
        })?),
        None if arguments.wider => {
            return Err(Failure::usage(
                "a checkpoint by itself has no folder with its config: name the run",
            )
            .into());
        }
        _ => None,
    };
    let predictor = loaded.predictor();
    let Seen {
        information,
        residuals,
        synergies,
    } = Seen::of(&loaded, &prepared, (split, rows))?;
    let is_crosswise = Yardstick::new(&prepared.encoded, &prepared.splits, split).is_crosswise();
    let joint = coupling(
        &predictor,
        &prepared.encoded,
        rows,
        loaded.batch_size(),
        is_crosswise,
    )
    .map_err(immeasurable)?;
    let (alike, expert) = representation::of(arguments, &loaded, &prepared, (split, rows))?;
    let asked = Asked {
        split: "train",
        batches: arguments.batches,
        affinities: false,
    };
    let has_pairs = loaded.tasks.len() > 1 && arguments.batches > 0;
    let relations = has_pairs.then(|| relations(&loaded, &asked)).transpose()?;
    let tasks = loaded.tasks.iter().map(|task| task.name.clone()).collect();
    let found = After {
        tasks,
        split,
        rows: rows.len(),
        of: format!("{}, step {}", path.display(), count(loaded.step)),
        information,
        residuals,
        synergies,
        wider,
        joint,
        codes: code_use(&loaded.model),
        relations,
        alike,
        expert,
    };
    if let Some(path) = &arguments.html {
        publish(path, &found.page())?;
    }
    if arguments.json {
        json::print(
            terminal,
            json!({
                "run": run.as_ref().map(|run| run.display().to_string()),
                "checkpoint": {"path": path.display().to_string(), "step": loaded.step, "epoch": loaded.epoch, "digest": loaded.digest},
                "split": split, "rows": rows.len(), "backend": loaded.place.backend,
                "information": results::information_document(&found.information),
                "residual": found.residuals, "synergies": found.synergies, "wider": found.wider, "joint": found.joint, "codes": found.codes, "gradients": found.relations,
                "representations": found.alike, "transferability": found.expert,
            }),
        )?;
    } else {
        terminal.result(&safe(&found.text(terminal.colors_results)))?;
    }
    Ok(Exit::Done)
}

/// What a model says of some rows.
struct Seen {
    information: Information,
    residuals: Residuals,
    synergies: Vec<LabelSynergy>,
}

impl Seen {
    /// # Errors
    /// Labels of which nothing can be said.
    fn of(
        loaded: &Loaded,
        prepared: &Prepared,
        (split, rows): (&str, &[u32]),
    ) -> Result<Self, Failure> {
        let predictor = loaded.predictor();
        let yardstick = Yardstick::new(&prepared.encoded, &prepared.splits, split);
        let measured = predictor
            .observe(&prepared.encoded, rows, loaded.batch_size())
            .map_err(LoadError::from)?;
        let held = yardstick
            .held(&predictor, loaded.batch_size())
            .map_err(LoadError::from)?;
        let fits = prepared.preprocessing.tasks();
        let baselines = yardstick.baselines(&loaded.tasks);
        let information = Information::of(
            &loaded.tasks,
            held.as_deref(),
            &measured,
            &baselines,
            &prepared.encoded,
        );
        let experiment = loaded.experiment();
        let mut options = experiment.info.report(String::new(), experiment.seed);
        options.strata = prepared.encoded.strata(&prepared.splits.train);
        let columns = label_columns(fits, &prepared.encoded, &prepared.splits.train);
        let residuals = match &held {
            Some(held) => residuals(&loaded.tasks, &columns, held, &measured, &options),
            None => {
                let (fitted, tested): (Vec<_>, Vec<_>) =
                    measured.iter().map(|seen| seen.halves()).unzip();
                residuals(&loaded.tasks, &columns, &fitted, &tested, &options)
            }
        }
        .map_err(immeasurable)?;
        Ok(Self {
            information,
            residuals,
            synergies: synergies(&columns, &options).map_err(immeasurable)?,
        })
    }
}

impl Arguments {
    /// # Errors
    /// What only a config has.
    fn refuse_config(&self) -> Result<(), Failure> {
        let over = &self.over;
        if !over.sets.is_empty()
            || over.profile.is_some()
            || over.name.is_some()
            || over.seed.is_some()
        {
            return Err(Failure::usage(
                "a run has its own config: --set, --profile, --name and --seed are for a config",
            ));
        }
        if self.split == Some(Rows::All) {
            return Err(Failure::usage(
                "a run is measured on one split: train, val or test",
            ));
        }
        Ok(())
    }
}

/// Everything that is said.
pub(super) struct After {
    pub(super) tasks: Vec<String>,
    pub(super) split: &'static str,
    pub(super) rows: usize,
    /// The checkpoint.
    pub(super) of: String,
    pub(super) information: Information,
    pub(super) residuals: Residuals,
    pub(super) synergies: Vec<LabelSynergy>,
    /// If asked for.
    pub(super) wider: Option<Wider>,
    /// Of a model with a joint head.
    pub(super) joint: Option<Coupling>,
    pub(super) codes: Option<CodeUse>,
    /// None of one task.
    pub(super) relations: Option<Relations>,
    /// Empty of one run.
    pub(super) alike: Vec<AlikeRuns>,
    /// If asked for.
    pub(super) expert: Option<Transferability>,
}
