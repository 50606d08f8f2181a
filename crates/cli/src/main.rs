//! `polytask`, the command line: arguments in, a command run, text and an exit code out.
//!
//! Each command is a file in `command`: its arguments and what it does with them. Results go to standard output,
//! progress and diagnostics to standard error; every failure becomes one message and one code, in `exit`.

mod arguments;
mod budget;
mod command;
mod configuration;
mod exit;
mod json;
mod measures;
mod mistaken;
mod number;
mod panics;
mod place;
mod predictions;
mod progress;
mod results;
mod runs;
mod signals;
mod starter;
mod table;
mod terminal;
mod wayland;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::CommandLine;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// Training allocates the same tensors at every step. This one keeps their pages, where glibc's gives them back and faults
/// them in again: two epochs of digits-letters on 6,000 pictures take 5.6 s with it and 7.8 s without.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let terminal = Terminal::of_process();
    let watch = panics::install(terminal);
    signals::outlive_file_limit();
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(mut error) => {
            let arguments: Vec<String> = std::env::args_os()
                .map(|given| given.to_string_lossy().into_owned())
                .collect();
            mistaken::suggest_key(&mut error, &arguments);
            return ExitCode::from(refuse(&error, terminal).code());
        }
    };
    if line.command.may_ask_for_adapters() {
        wayland::quieten();
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        command::run(line.command, &terminal, &watch)
    }));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            terminal.message(&failure.text(terminal.colors_messages));
            failure.exit
        }
        // The hook has said what there is to say.
        Err(_) => watch.exit(),
    };
    ExitCode::from(exit.code())
}

/// Says what is wrong with the arguments, or prints the help that they ask for.
fn refuse(error: &clap::Error, terminal: Terminal) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        // What was typed is shown again, so it is made safe, which no colour survives.
        let text = if terminal.colors_messages
            && !std::env::args().any(|given| terminal::safe(&given) != given)
        {
            text.ansi().to_string()
        } else {
            terminal::safe(&text.to_string())
        };
        terminal.message(&text);
        return Exit::Usage;
    }
    let text = if terminal.colors_results {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    terminal
        .result(&text)
        .map_or_else(|failure: Failure| failure.exit, |()| Exit::Done)
}
