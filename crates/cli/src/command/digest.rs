//! `digest RUN|CKPT`: equal weights give equal digests, in any process.

use clap::Args;
use polytask_store::{everything, weights};
use serde_json::json;

use crate::arguments::RunArguments;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::runs::Unasked;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "\
Of a run, the last checkpoint counts unless --checkpoint says otherwise.

Examples:
  polytask digest latest
  test \"$(polytask digest runs/a)\" = \"$(polytask digest runs/b)\"")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: RunArguments,

    /// The whole state: optimizer, balancing and progress too
    #[arg(long)]
    all: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let found = arguments.run.open(Unasked::Last)?;
    let filter = if arguments.all { everything } else { weights };
    let digest = polytask_store::digest(&found.checkpoint, filter).to_string();
    if arguments.json {
        json::print(
            terminal,
            json!({
                "digest": digest, "of": if arguments.all { "state" } else { "weights" },
                "step": found.checkpoint.step(), "path": found.path.display().to_string(),
            }),
        )?;
    } else {
        terminal.result(&format!("{digest}\n"))?;
    }
    Ok(Exit::Done)
}
