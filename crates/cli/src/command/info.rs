//! `info CONFIG`: what the labels say before anything is trained. `info RUN`: what the model knows, and what is left to share.

mod after;
mod before;
mod codes;
mod coupling;
mod pairs;
mod relations;
mod representation;
mod shown;
mod synergies;
mod wider;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use polytask_information::InformationError;

use crate::arguments::Overrides;
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::predictions::Output;
use crate::runs::Which;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "\
Of a CONFIG it reads the data as `train` would and trains nothing: entropy per task, what every pair of labels shares
with the mean of chance taken off, their tree, the best features, and whether labels are missing at random. [info] in the
config sets permutations, false discovery rate and neighbours.
Of a RUN it says what the model knows of each label, what a task's prediction or label still says about another task,
how the tasks' gradients lie to each other, and how a model with shared codes shares them. Of several runs on the same rows
it also says how alike their representations are.

Examples:
  polytask info student.toml
  polytask info student.toml --html labels.html
  polytask info student.toml --split all --json -s info.permutations=9999
  polytask info latest --html run.html
  polytask info latest --wider
  polytask info transfers/student-1234abcd/seed-42/{together,alone-*}")]
pub(crate) struct Arguments {
    /// Config file (`-` reads standard input), run directory, `latest`, or checkpoint file
    #[arg(value_name = "CONFIG|RUN|CKPT")]
    target: PathBuf,

    /// Further runs, whose representations are compared with the first one's
    #[arg(value_name = "RUN")]
    others: Vec<PathBuf>,

    #[command(flatten)]
    over: Overrides,

    /// Whose rows; of a config train if not given, of a run test if there are any, else val
    #[arg(long, value_name = "SPLIT")]
    split: Option<Rows>,

    /// Of a run: `best`, `last` or `step-N`; best if there is one, else last
    #[arg(long, value_name = "WHICH", value_parser = Which::parse)]
    checkpoint: Option<Which>,

    /// Of a run: batches of training rows that gradients are compared on; 0 for none
    #[arg(long, value_name = "N", default_value_t = 32)]
    batches: usize,

    /// Of a run: also scores of how its representation and heads suit each label
    #[arg(long)]
    expert: bool,

    /// Of a run: train it once more with a trunk twice as wide, and say what is left between labels then too
    #[arg(long)]
    wider: bool,

    /// Of a config: leave the features out
    #[arg(long)]
    no_features: bool,

    /// Also write one page that needs nothing else to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rows {
    Train,
    Val,
    Test,
    All,
}

impl Rows {
    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
            Self::All => "all",
        }
    }
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    if arguments.is_of_run() {
        after::run(arguments, terminal, watch)
    } else {
        before::run(arguments, terminal)
    }
}

impl Arguments {
    fn is_of_run(&self) -> bool {
        is_run(&self.target)
    }
}

/// Whether a run or checkpoint is meant, not a config.
pub(crate) fn is_run(target: &Path) -> bool {
    target == Path::new("latest")
        || target.is_dir()
        || target.extension() == Some(OsStr::new("ckpt"))
}

/// Data of which nothing can be said.
pub(crate) fn immeasurable(error: InformationError) -> Failure {
    Failure::new(
        Exit::Data,
        format!("the information in these labels cannot be measured: {error}"),
    )
}

/// Writes a page, whole or not at all.
pub(crate) fn publish(path: &Path, page: &str) -> Result<(), Failure> {
    let mut output = Output::open(path)?;
    output
        .write_all(page.as_bytes())
        .and_then(|()| output.publish())
        .map_err(|error| {
            Failure::new(
                Exit::Io,
                format!("cannot write {}: {error}", path.display()),
            )
        })
}
