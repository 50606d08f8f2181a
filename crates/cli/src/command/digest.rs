//! `digest RUN|CKPT`: equal weights give equal digests, in any process. The weights are those that evaluate and predict.

use clap::Args;
use polytask_store::{everything, is_averaged, weights_digest};
use serde_json::json;

use crate::arguments::RunArguments;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::runs::Unasked;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "\
Of a run, the last checkpoint counts unless --checkpoint says otherwise.
With `train.ema` the weights are their moving average, which `evaluate` and `predict` use;
--all takes in both.

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
    let checkpoint = &found.checkpoint;
    let (digest, of) = if arguments.all {
        (polytask_store::digest(checkpoint, everything), "state")
    } else if is_averaged(checkpoint) {
        (weights_digest(checkpoint), "averaged weights")
    } else {
        (weights_digest(checkpoint), "weights")
    };
    let digest = digest.to_string();
    if arguments.json {
        json::print(
            terminal,
            json!({
                "digest": digest, "of": of,
                "step": found.checkpoint.step(), "path": found.path.display().to_string(),
            }),
        )?;
    } else {
        terminal.result(&format!("{digest}\n"))?;
    }
    Ok(Exit::Done)
}
