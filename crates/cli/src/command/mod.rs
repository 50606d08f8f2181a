//! The commands: each is a file with its arguments and a `run`.

pub(crate) mod balance;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod devices;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod evaluate;
pub(crate) mod group;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod predict;
pub(crate) mod resume;
pub(crate) mod train;
pub(crate) mod transfer;
pub(crate) mod verify;

use crate::arguments::Command;
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::terminal::Terminal;

/// Runs one command.
///
/// # Errors
/// Whatever ends it otherwise than well.
pub(crate) fn run(command: Command, terminal: &Terminal, watch: &Watch) -> Result<Exit, Failure> {
    let is_json = is_one_document(&command);
    let streamed = match &command {
        Command::Train(arguments) => Some(arguments.shown),
        Command::Resume(arguments) => Some(arguments.shown),
        _ => None,
    };
    let ended = dispatch(command, terminal, watch);
    if let Err(failure) = &ended {
        if is_json {
            failure.print_document(terminal);
        }
        if let Some(shown) = streamed {
            shown.tell(failure, None, terminal);
        }
    }
    ended
}

/// Whether a command was asked for one JSON document, which then tells of its failure too. Those that tell more of it tell it
/// themselves.
fn is_one_document(command: &Command) -> bool {
    match command {
        Command::Evaluate(arguments) => arguments.json,
        Command::Predict(arguments) => arguments.json,
        Command::Inspect(arguments) => arguments.json,
        Command::Digest(arguments) => arguments.json,
        Command::Verify(arguments) => arguments.json,
        Command::Balance(arguments) => arguments.json,
        Command::Info(arguments) => arguments.json,
        Command::Transfer(arguments) => arguments.json,
        Command::Group(arguments) => arguments.json,
        Command::List(arguments) => arguments.json,
        Command::Devices(arguments) => arguments.json,
        Command::Config(command) => command.is_json(),
        _ => false,
    }
}

fn dispatch(command: Command, terminal: &Terminal, watch: &Watch) -> Result<Exit, Failure> {
    match command {
        Command::Train(arguments) => train::run(arguments, terminal, watch),
        Command::Resume(arguments) => resume::run(arguments, terminal, watch),
        Command::Evaluate(arguments) => evaluate::run(&arguments, terminal, watch),
        Command::Predict(arguments) => predict::run(&arguments, terminal, watch),
        Command::Info(arguments) => info::run(&arguments, terminal, watch),
        Command::Transfer(arguments) => transfer::run(&arguments, terminal, watch),
        Command::Group(arguments) => group::run(&arguments, terminal, watch),
        Command::Check(arguments) => check::run(&arguments, terminal, watch),
        Command::Init(arguments) => init::run(&arguments, terminal),
        Command::Inspect(arguments) => inspect::run(&arguments, terminal),
        Command::Digest(arguments) => digest::run(&arguments, terminal),
        Command::Verify(arguments) => verify::run(&arguments, terminal),
        Command::Balance(arguments) => balance::run(&arguments, terminal),
        Command::Bench(command) => bench::run(&command, terminal, watch),
        Command::List(arguments) => list::run(&arguments, terminal),
        Command::Devices(arguments) => devices::run(&arguments, terminal, watch),
        Command::Config(command) => config::run(&command, terminal),
        Command::Doctor(arguments) => doctor::run(&arguments, terminal, watch),
        Command::Completions(arguments) => completions::run(&arguments, terminal),
        Command::Man => completions::manual(terminal),
    }
}
