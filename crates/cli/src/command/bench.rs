//! `bench`: benchmarks whose answers are known.

mod planted;

use clap::Subcommand;

use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::terminal::Terminal;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plants a structure in data, and says whether estimators and models find it again
    Planted(planted::Arguments),
}

pub(crate) fn run(command: &Command, terminal: &Terminal, watch: &Watch) -> Result<Exit, Failure> {
    match command {
        Command::Planted(arguments) => planted::run(arguments, terminal, watch),
    }
}
