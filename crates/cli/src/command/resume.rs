//! `resume RUN`: goes on bit for bit from the last complete checkpoint. A short list of keys may change.

use std::path::{Path, PathBuf};

use clap::Args;
use polytask_config::{Document, Layers, Origin, Problem, Problems, Resolved};
use polytask_store::{Fallback, Located, Pick, RunDir, Selected, StoreError, Text, Writer, locate};
use polytask_training::device::{Backend, Place};
use polytask_training::save::meta;
use polytask_training::session::{self, MAY_CHANGE, Texts};

use crate::arguments::{Overrides, PlaceArguments};
use crate::command::train::{Shown, ShownArguments};
use crate::configuration::{Configuration, current_directory, refused};
use crate::exit::{Exit, Failure};
use crate::measures::TaskMeasures;
use crate::panics::Watch;
use crate::place;
use crate::runs::{RUNS, Which, warn_of_skipped};
use crate::signals::Signals;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Run directory, or `latest`
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Go on from this checkpoint: a file, `best`, `last` or `step-N`
    #[arg(long, value_name = "CKPT")]
    from: Option<PathBuf>,

    /// Refuse to fall back to an older checkpoint if the newest is not valid
    #[arg(long)]
    strict: bool,

    /// Set one of the keys that may change; repeatable
    #[arg(short, long = "set", value_name = "KEY=VALUE", help_heading = "Config")]
    sets: Vec<String>,

    #[command(flatten)]
    place: PlaceArguments,

    #[command(flatten)]
    shown: ShownArguments,
}

fn after_help() -> String {
    format!(
        "Keys that may change: {}.\n\nExamples:\n  polytask resume latest\n  polytask resume latest --set train.epochs=100",
        MAY_CHANGE.join(", ")
    )
}

pub(crate) fn run(
    arguments: Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    arguments.shown.refuse_tui()?;
    place::limit_threads(&arguments.place)?;
    let signals = Signals::install();
    let (run, named) = find(&arguments.run)?;
    let writer = run.lock()?;
    for path in writer.swept() {
        terminal.note(&format!(
            "a scratch file of a killed process was deleted: {}",
            path.display()
        ));
    }
    let from = select(&writer, &arguments, named, terminal)?;
    watch.saved(&from.path);
    let configuration = changed(&writer, &from, &arguments, terminal)?;
    let Configuration {
        document,
        experiment,
        resolved,
        written,
        ..
    } = configuration;
    let place = place(
        &resolved,
        experiment.device.backend,
        experiment.device.index,
        &from,
        watch,
    )?;
    let texts = Texts {
        config: written,
        resolved: resolved.to_toml(),
    };
    let shown = Shown::new(
        &experiment.name,
        &writer,
        TaskMeasures::of(&experiment),
        arguments.shown,
        *terminal,
    );
    let mut views = shown.views(watch);
    let options = arguments.shown.options();
    let ended = session::resume(
        writer,
        experiment,
        &texts,
        place,
        from,
        &mut views,
        signals.flag(),
        &options,
    );
    drop(views);
    shown.end(ended, &document, &signals)
}

/// The run, and the checkpoint if one was named instead of a run.
fn find(named: &Path) -> Result<(RunDir, Option<PathBuf>), Failure> {
    match locate(Path::new(RUNS), named)? {
        Located::Run(run) => Ok((run, None)),
        Located::Checkpoint {
            path,
            run: Some(run),
        } => Ok((run, Some(path))),
        Located::Checkpoint { path, run: None } => Err(Failure::usage(format!(
            "{} lies in no run directory, so there is no run to go on with",
            path.display()
        ))),
    }
}

fn select(
    writer: &Writer,
    arguments: &Arguments,
    named: Option<PathBuf>,
    terminal: &Terminal,
) -> Result<Selected, Failure> {
    let fallback = if arguments.strict {
        Fallback::Refused
    } else {
        Fallback::Allowed
    };
    let Some(from) = arguments.from.clone().or(named) else {
        let selected = writer.select(Pick::Last, fallback)?;
        warn_of_skipped(&selected, terminal);
        return Ok(selected);
    };
    match from.to_str().map(Which::parse) {
        // Who names one wants that one.
        Some(Ok(which)) => Ok(writer.select(which.pick(), Fallback::Refused)?),
        _ => {
            let checkpoint = polytask_store::read(&from)?;
            let step = checkpoint.step().unwrap_or(0);
            Ok(Selected {
                path: from,
                step,
                checkpoint,
                skipped: Vec::new(),
            })
        }
    }
}

/// The run's config with what may change, changed.
fn changed(
    writer: &Writer,
    from: &Selected,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Configuration, Failure> {
    let directory = current_directory()?;
    let over = Overrides {
        sets: arguments.sets.clone(),
        place: arguments.place.clone(),
        ..Overrides::default()
    };
    let missing = || {
        Failure::new(
            Exit::Checkpoint,
            format!("{}: it holds no config", from.path.display()),
        )
    };
    let trained = from.checkpoint.meta.get(meta::CONFIG).ok_or_else(missing)?;
    let before = Configuration::load(Layers::text("the checkpoint's config", trained, &directory))?;
    if !before.problems.is_empty() {
        return Err(Failure::new(
            Exit::Checkpoint,
            "the checkpoint's config is not one that this build reads",
        )
        .hint(before.problems.to_string()));
    }
    // What an earlier resume changed is in the run's own file.
    let name = Text::ResolvedConfig.file_name();
    let text = match writer.text(Text::ResolvedConfig) {
        Ok(text) => text,
        Err(StoreError::Missing { .. }) => {
            terminal.note(&format!(
                "the run has no {name}; the checkpoint's own config is used"
            ));
            trained.clone()
        }
        Err(error) => return Err(error.into()),
    };
    let now = Configuration::load(over.put_over(Layers::text(name, text, &directory)))?
        .sound(terminal)?;
    refuse_other_changes(&before.resolved, &now.resolved, &now.document, terminal)?;
    Ok(now)
}

/// # Errors
/// Every key that differs and may not.
fn refuse_other_changes(
    before: &Resolved,
    now: &Resolved,
    document: &Document,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let value = |value: &Option<polytask_config::Literal>| {
        value
            .as_ref()
            .map_or("nothing".to_owned(), ToString::to_string)
    };
    let problems: Vec<Problem> = before
        .diff(now)
        .into_iter()
        .filter(|difference| !MAY_CHANGE.contains(&difference.key.as_str()))
        .map(|difference| {
            let message = format!(
                "the run has {}, not {}",
                value(&difference.left),
                value(&difference.right)
            );
            Problem::new("P0602", difference.key, message)
                .with_label("cannot change when a run goes on")
                .with_help(format!("these may: {}", MAY_CHANGE.join(", ")))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(refused(document, &Problems(problems), terminal))
    }
}

/// Where the run goes on: where it was, unless the command line says otherwise. `auto` does not choose anew.
fn place(
    resolved: &Resolved,
    backend: Backend,
    index: Option<usize>,
    from: &Selected,
    watch: &Watch,
) -> Result<Place, Failure> {
    let is_asked = resolved.origins().iter().any(|setting| {
        setting.key.starts_with("device.")
            && matches!(setting.origin, Origin::Flag(_) | Origin::Set)
    });
    let trained_on = from
        .checkpoint
        .meta
        .get(meta::BACKEND)
        .map(|name| place::named(name));
    let backend = if is_asked {
        backend
    } else {
        trained_on.unwrap_or(backend)
    };
    place::resolve(backend, index, watch)
}
