//! A key of the configuration that was typed as a flag of its own (`--epochs 3`).

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::arguments::CommandLine;
use crate::command::config::schema;

/// Where no flag is spelled alike, says in place of clap's tip which key may be meant and how it is set.
pub(crate) fn suggest_key(error: &mut clap::Error, arguments: &[String]) {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let is_alike = error.get(ContextKind::SuggestedArg).is_some();
    if error.kind() != ErrorKind::UnknownArgument || is_alike || !takes_keys(arguments) {
        return;
    }
    let word = flag.trim_start_matches('-').replace('-', "_");
    // Most of what is changed from run to run stands in this table.
    if let Some(keys) = schema().near(&format!("train.{word}")) {
        let tip = format!("a key of the configuration is set with '--set KEY=VALUE': {keys}");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    }
}

/// Whether the command that was typed has `--set`.
fn takes_keys(arguments: &[String]) -> bool {
    let line = CommandLine::command();
    let typed = |name: &str| arguments.iter().any(|given| given == name);
    let mut commands = line
        .get_subcommands()
        .filter(|command| typed(command.get_name()));
    commands.any(|command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| argument.get_long() == Some("set"))
    })
}
