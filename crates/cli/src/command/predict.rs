//! `predict RUN|CKPT --input FILE --output FILE`: streams rows through the model.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use polytask_training::load::from_checkpoint;
use polytask_training::predict::PredictedRows;
use polytask_training::save::meta;
use serde_json::json;

use crate::arguments::{PlaceArguments, RunArguments};
use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::panics::Watch;
use crate::predictions::{Columns, Format, Output, RowWriter, is_same_file, writer};
use crate::runs::{Found, Unasked};
use crate::signals::Signals;
use crate::terminal::{Terminal, look_at, safe};
use crate::{json, place};

#[derive(Debug, Args)]
#[command(after_help = "\
Columns of the input that are neither inputs nor targets are kept. A class is written by its name; with --proba each
class has a column TASK:CLASS, and each number that a joint head couples a column TASK:deviation. Every row of the input
has one in the output; a model that was trained without the rows that lack a feature (data.missing = \"drop_row\") leaves
the predictions of such rows empty. The output appears under its name only when it is complete.

Examples:
  polytask predict latest --input new.csv --output predictions.csv
  polytask predict latest --proba -i new.jsonl -o - --format jsonl
  polytask predict latest -i new.csv --given digit=7 --given vowel=no")]
pub(crate) struct Arguments {
    #[command(flatten)]
    run: RunArguments,

    /// Rows to predict, in the layout of the training data unless the name says otherwise; `-` reads standard input, CSV or
    /// JSON lines by how it begins
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,

    /// Where predictions go, as CSV, TSV or JSON lines by the extension; `-` writes to standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// How to write, whatever the extension
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Add the probability of every class, and the standard deviation of every number that a joint head couples
    #[arg(long)]
    proba: bool,

    /// A label that is known for all rows, TASK=CLASS, TASK/LABEL=0|1 or TASK=NUMBER, which a joint head lets the others know;
    /// repeatable
    #[arg(long, value_name = "TASK=LABEL", value_parser = parse_given)]
    given: Vec<(String, String)>,

    /// Labels that stand in the input's target columns are known, row by row; empty cells are not
    #[arg(long)]
    given_columns: bool,

    #[command(flatten)]
    place: PlaceArguments,

    /// Print one JSON document when done (not with the output on standard output)
    #[arg(long)]
    pub(crate) json: bool,
}

fn parse_given(text: &str) -> Result<(String, String), String> {
    let (task, class) = text
        .split_once('=')
        .ok_or("write TASK=LABEL, such as digit=7")?;
    Ok((task.trim().to_owned(), class.trim().to_owned()))
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    let is_streamed = arguments.output == Path::new("-");
    if arguments.json && is_streamed {
        return Err(
            Failure::usage("--json and predictions cannot both go to standard output")
                .hint("name an --output file"),
        );
    }
    if is_same_file(&arguments.input, &arguments.output) {
        return Err(Failure::usage(format!(
            "{} is the input: predictions would replace it",
            arguments.output.display()
        ))
        .hint("name another --output"));
    }
    let is_checkpoint = arguments
        .output
        .extension()
        .is_some_and(|kind| kind == "ckpt");
    if is_checkpoint && arguments.output.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!(
            "{} is a checkpoint: predictions would replace it",
            arguments.output.display()
        ))
        .hint("name another --output"));
    }
    let format = arguments
        .format
        .or_else(|| Format::of(&arguments.output))
        .ok_or_else(|| {
            Failure::usage(format!(
                "{}: the extension names no format",
                arguments.output.display()
            ))
            .hint("use .csv, .tsv or .jsonl, or say --format")
        })?;
    let Found {
        path, checkpoint, ..
    } = arguments.run.open(Unasked::Best)?;
    let trained_on = checkpoint.meta.get(meta::BACKEND).cloned();
    let place = place::for_trained(&arguments.place, trained_on.as_deref(), terminal, watch)?;
    let loaded = from_checkpoint(checkpoint, place)?;
    let given = loaded
        .given(&arguments.given, arguments.given_columns)
        .map_err(|problem| Failure::usage(format!("--given: {problem}")))?;
    let signals = Signals::install();
    let mut sink = Sink {
        output: Output::open(&arguments.output)?,
        writer: writer(format),
        columns: None,
        with_probabilities: arguments.proba,
    };
    let predicted = loaded.predict(&arguments.input, &given, &mut |rows| {
        if signals.is_asked() {
            Err(io::Error::other("interrupted"))
        } else {
            sink.take(rows)
        }
    });
    let predicted = match predicted {
        Err(_) if signals.is_asked() => {
            terminal.note(&format!(
                "stopped by {}; nothing was written",
                signals.name()
            ));
            return Ok(signals.exit());
        }
        predicted => predicted?,
    };
    sink.output.publish().map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::closed_pipe(),
        _ => Failure::new(
            Exit::Io,
            format!("cannot write {}: {error}", arguments.output.display()),
        ),
    })?;
    terminal.message(&look_at(&predicted.oddities.notes()));
    if arguments.json {
        json::print(
            terminal,
            json!({
                "rows": predicted.rows, "oddities": predicted.oddities, "output": arguments.output.display().to_string(),
                "columns": sink.columns.map(|columns| columns.heads),
                "checkpoint": {
                    "path": path.display().to_string(), "step": loaded.step, "epoch": loaded.epoch, "digest": loaded.digest,
                },
                "backend": loaded.place.backend,
            }),
        )?;
    } else if !is_streamed {
        let done = format!(
            "{} rows to {}\n",
            count(predicted.rows),
            arguments.output.display()
        );
        terminal.message(&safe(&done));
    }
    Ok(Exit::Done)
}

/// Writes chunks of predictions.
struct Sink {
    output: Output,
    writer: Box<dyn RowWriter>,
    /// Known from the first chunk on.
    columns: Option<Columns>,
    with_probabilities: bool,
}

impl Sink {
    fn take(&mut self, rows: &PredictedRows<'_>) -> io::Result<()> {
        let columns = match &self.columns {
            Some(columns) => columns,
            None => {
                let columns = Columns::new(rows, self.with_probabilities);
                self.writer.heads(&columns.heads, &mut self.output)?;
                self.columns.insert(columns)
            }
        };
        let mut cells = Vec::with_capacity(columns.heads.len());
        for row in 0..rows.rows() {
            columns.row(rows, row, &mut cells);
            self.writer.row(&cells, &mut self.output)?;
        }
        Ok(())
    }
}
