//! `completions SHELL` and `man`: both come from the same listing of the command line as its help.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::CommandLine;
use crate::exit::{Exit, Failure};
use crate::terminal::{Terminal, output_failure};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  polytask completions bash > ~/.local/share/bash-completion/completions/polytask"
)]
pub(crate) struct Arguments {
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    // Written to memory first: the generator panics when a pipe closes.
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut CommandLine::command(),
        "polytask",
        &mut script,
    );
    terminal.result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// The manual: one page, with a section per command.
pub(crate) fn manual(terminal: &Terminal) -> Result<Exit, Failure> {
    let mut page = Vec::new();
    let mut command = CommandLine::command();
    command.build();
    render(&command, &mut page).map_err(output_failure)?;
    terminal.result(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

fn render(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(page)?;
    for command in command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let man = clap_mangen::Man::new(command.clone());
        writeln!(
            page,
            ".SH \"{}\"",
            command
                .get_display_name()
                .unwrap_or(command.get_name())
                .to_uppercase()
        )?;
        man.render_synopsis_section(page)?;
        man.render_options_section(page)?;
        if command.get_after_help().is_some() {
            man.render_extra_section(page)?;
        }
    }
    Ok(())
}
