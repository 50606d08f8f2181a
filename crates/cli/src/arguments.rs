//! The command line: which commands there are, and the arguments that several of them share.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use polytask_config::Choice;
use polytask_training::device::Backend;

use crate::command;

/// Trains several tasks at once: one file per experiment, results that resume bit for bit.
#[derive(Debug, Parser)]
#[command(name = "polytask", version, arg_required_else_help = true, max_term_width = 110, after_help = AFTER_HELP)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  polytask init students.csv --output student.toml   write a starter config for a table
  polytask train student.toml --set train.epochs=5   train, with one key changed
  polytask evaluate latest --split test              metrics of the newest run

RUN is a run directory or `latest`, CKPT a checkpoint file. Results go to standard output, progress to standard error.
Exit codes: 0 done, 1 bug, 2 usage, 3 config, 4 data, 5 device, 6 checkpoint, 7 diverged, 8 gate missed, 9 run locked,
10 input/output, 128+n stopped by signal n with the state saved.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train from a config file
    Train(command::train::Arguments),
    /// Continue a run bit for bit from its last complete checkpoint
    Resume(command::resume::Arguments),
    /// Metrics per task, on a split or on a new file
    #[command(visible_alias = "eval")]
    Evaluate(command::evaluate::Arguments),
    /// Predictions for the rows of a file
    Predict(command::predict::Arguments),
    /// What labels tell about each other before training, and what a model knows after it, in bits
    Info(command::info::Arguments),
    /// Whether sharing helped: each task together and alone, in bits with an interval
    Transfer(command::transfer::Arguments),
    /// Who should train with whom: a proposal from the labels, and what it gives
    Group(command::group::Arguments),
    /// Everything short of training: config, data, shapes, one forward and backward pass
    Check(command::check::Arguments),
    /// Write a commented starter config
    Init(command::init::Arguments),
    /// Modules with shapes and parameter counts, and where a checkpoint comes from
    Inspect(command::inspect::Arguments),
    /// BLAKE3 over the weights: equal weights give equal digests
    Digest(command::digest::Arguments),
    /// Check every checksum, and list what can be resumed
    Verify(command::verify::Arguments),
    /// Any balancing method on gradients or losses that are given
    Balance(command::balance::Arguments),
    /// Benchmarks whose answers are known
    #[command(subcommand)]
    Bench(command::bench::Command),
    /// What can be chosen: weightings, encoders, metrics, …
    List(command::list::Arguments),
    /// The backends of this build and the devices they find
    Devices(command::devices::Arguments),
    /// Show, explain and compare configs
    #[command(subcommand)]
    Config(command::config::Command),
    /// Self test: train, stop and resume a tiny run on every backend
    Doctor(command::doctor::Arguments),
    /// Completions for a shell
    Completions(command::completions::Arguments),
    /// The manual page, in roff
    Man,
}

impl Command {
    /// Whether it may look for graphics adapters.
    pub(crate) fn may_ask_for_adapters(&self) -> bool {
        match self {
            Self::Init(_)
            | Self::Inspect(_)
            | Self::Digest(_)
            | Self::Verify(_)
            | Self::Balance(_)
            | Self::List(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man => false,
            Self::Train(_)
            | Self::Resume(_)
            | Self::Evaluate(_)
            | Self::Predict(_)
            | Self::Info(_)
            | Self::Transfer(_)
            | Self::Group(_)
            | Self::Check(_)
            | Self::Bench(_)
            | Self::Devices(_)
            | Self::Doctor(_) => true,
        }
    }
}

/// A config file and what the command line puts over it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArguments {
    /// TOML file; `-` reads standard input
    #[arg(value_name = "CONFIG")]
    pub(crate) config: PathBuf,

    #[command(flatten)]
    pub(crate) over: Overrides,
}

/// What the command line puts over a config file.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Overrides {
    /// Set one key: VALUE is TOML or else a string; repeatable, the last one wins. A table adds its keys to the file's table;
    /// one with another `type` takes over none of the former type's options
    #[arg(short, long = "set", value_name = "KEY=VALUE", help_heading = "Config")]
    pub(crate) sets: Vec<String>,

    /// Put [profiles.NAME] over the file
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub(crate) profile: Option<String>,

    /// Name of the run's folder under runs/ (key `name`)
    #[arg(long, value_name = "NAME", help_heading = "Config")]
    pub(crate) name: Option<String>,

    /// The one seed (key `seed`)
    #[arg(long, value_name = "N", help_heading = "Config")]
    pub(crate) seed: Option<u64>,

    #[command(flatten)]
    pub(crate) place: PlaceArguments,
}

/// Where to compute.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlaceArguments {
    /// What computes
    #[arg(long, value_name = "BACKEND", value_parser = backends(), help_heading = "Device")]
    pub(crate) backend: Option<Backend>,

    /// Which device of the backend, see `polytask devices`
    #[arg(long, value_name = "N", help_heading = "Device")]
    pub(crate) device: Option<usize>,

    /// Threads of the CPU backends; all cores if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Device")]
    pub(crate) threads: Option<u16>,
}

/// What is asked of a run or a checkpoint.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArguments {
    /// Run directory, `latest`, or checkpoint file
    #[arg(value_name = "RUN|CKPT")]
    pub(crate) run: PathBuf,

    /// Which checkpoint of a run: `best`, `last` or `step-N`; best if there is one, else last
    #[arg(long, value_name = "WHICH", value_parser = crate::runs::Which::parse)]
    pub(crate) checkpoint: Option<crate::runs::Which>,
}

/// Parses a backend's name, listing them all in the help.
fn backends() -> impl TypedValueParser<Value = Backend> {
    let names = Backend::ALL
        .iter()
        .map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names.collect::<Vec<_>>()).map(|given| {
        let found = Backend::ALL.iter().find(|(name, _, _)| *name == given);
        found.map_or(Backend::Auto, |(_, backend, _)| *backend)
    })
}

/// Parses one of a closed set of words, listing them all in the help.
pub(crate) fn choices<C: Choice + Send + Sync>() -> impl TypedValueParser<Value = C> {
    let names = C::ALL
        .iter()
        .map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(names.collect::<Vec<_>>()).try_map(|given| {
        let found = C::ALL.iter().find(|(name, _, _)| *name == given);
        found.map(|(_, value, _)| *value).ok_or("no such word")
    })
}

/// The name of a backend.
pub(crate) fn backend_name(backend: Backend) -> &'static str {
    Backend::ALL
        .iter()
        .find(|(_, candidate, _)| *candidate == backend)
        .map_or("auto", |(name, _, _)| name)
}
