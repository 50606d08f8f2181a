//! `resume RUN`: goes on bit for bit from the last complete checkpoint. A short list of keys may change.

mod changes;

use std::path::{Path, PathBuf};

use clap::Args;
use polytask_config::{Layers, Origin, Resolved};
use polytask_store::{Fallback, Located, Log, Pick, RunDir, Selected, Text, Writer, locate};
use polytask_training::device::{Backend, Place};
use polytask_training::save::meta;
use polytask_training::session::{self, MAY_CHANGE, Texts};

use self::changes::{changed, refuse_other_changes};
use crate::arguments::{Overrides, PlaceArguments};
use crate::command::train::{Shown, ShownArguments};
use crate::configuration::{Configuration, current_directory};
use crate::exit::{Exit, Failure};
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
    pub(crate) shown: ShownArguments,
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
    if named.is_none() && arguments.from.is_none() && never_began(&writer)? {
        return begin_again(writer, &arguments, terminal, watch, &signals);
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
    let shown = Shown::new(&experiment, &writer, arguments.shown, *terminal);
    shown.around(watch, &document, &signals, |views| {
        session::resume(
            writer,
            experiment,
            &texts,
            place,
            from,
            views,
            signals.flag(),
            &arguments.shown.options(),
        )
    })
}

/// Whether the run was killed before its first checkpoint: a run saves its state before its first step, and writes
/// metrics only after that.
pub(crate) fn never_began(writer: &Writer) -> Result<bool, Failure> {
    let has_metrics = writer
        .log(Log::Metrics)
        .is_ok_and(|entries| !entries.is_empty());
    Ok(!has_metrics
        && writer.checkpoints()?.is_empty()
        && writer.text(Text::ResolvedConfig).is_ok())
}

/// Trains from the run's own config, as if the run had been started just now.
fn begin_again(
    writer: Writer,
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
    signals: &Signals,
) -> Result<Exit, Failure> {
    let resolved = writer.text(Text::ResolvedConfig)?;
    terminal.note("the run was ended before its first checkpoint, so it begins again");
    let directory = current_directory()?;
    let layers = Layers::text(Text::ResolvedConfig.file_name(), resolved, &directory);
    let before = Configuration::load(layers.clone())?.sound(terminal)?;
    let now = Configuration::load(overrides(arguments).put_over(layers))?.sound(terminal)?;
    refuse_other_changes(&before.resolved, &now.resolved, &now.document, terminal)?;
    let place = place::resolve(
        now.experiment.device.backend,
        now.experiment.device.index,
        watch,
    )?;
    let texts = Texts {
        // As the user wrote it, if the process came as far as that.
        config: writer.text(Text::Config).unwrap_or(now.written),
        resolved: now.resolved.to_toml(),
    };
    let shown = Shown::new(&now.experiment, &writer, arguments.shown, *terminal);
    shown.around(watch, &now.document, signals, |views| {
        session::train(
            now.experiment,
            &texts,
            place,
            writer,
            views,
            signals.flag(),
            &arguments.shown.options(),
        )
    })
}

fn overrides(arguments: &Arguments) -> Overrides {
    Overrides {
        sets: arguments.sets.clone(),
        place: arguments.place.clone(),
        ..Overrides::default()
    }
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
    let is_own = named.is_some() && arguments.from.is_none();
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
            if is_own {
                writer.owns(&from, &checkpoint.meta)?;
            }
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
