//! `init [DATA]`: a commented starter config.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use polytask_config::{Document, Layers, read};
use polytask_data::{DataErrors, DataOptions, Reading, RowReader, Source};
use polytask_random::Seed;

use crate::configuration::{current_directory, data_failure, keyed};
use crate::exit::{Exit, Failure};
use crate::starter::{self, BUILTIN, Beginning, Form, Guess, Origin, Sample, Unusable};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  polytask init > digits-letters.toml
  polytask init students.csv --target passed --target grade --output student.toml
  polytask init iris.data.csv --header no --target column_5")]
pub(crate) struct Arguments {
    /// CSV, TSV or JSON lines; without it the starter uses a built-in generator
    #[arg(value_name = "DATA")]
    data: Option<PathBuf>,

    /// Whether the first record names the columns (CSV, TSV); judged by its cells if not given. Columns without names are
    /// called column_1, column_2, and so on
    #[arg(long, value_name = "YES|NO", requires = "data")]
    header: Option<Header>,

    /// Column to predict; repeatable; guessed from the header if not given
    #[arg(long = "target", value_name = "COLUMN", requires = "data")]
    targets: Vec<String>,

    /// Write to this file, which must not exist yet; `-` writes to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace the output if it exists
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Header {
    Yes,
    No,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let text = match &arguments.data {
        None => BUILTIN.to_owned(),
        Some(data) if data == Path::new("-") => {
            return Err(Failure::usage(
                "the config names its data, which standard input cannot be",
            )
            .hint("write the rows to a file, and name that"));
        }
        Some(data) => {
            let (sample, form) = sample(data, arguments.header)?;
            let guess = starter::guess(&sample, &arguments.targets).map_err(unusable)?;
            if let Some(delimiter) = form.delimiter {
                terminal.note(&format!(
                    "cells are divided by {delimiter:?}, as the first record says"
                ));
            }
            if form.is_bare && arguments.header.is_none() {
                terminal.note(
                    "the first record looks like the others, so there is no header; --header yes says that it is one",
                );
            }
            say(&guess, terminal);
            let origin = Origin {
                path: &source(data, arguments.output.as_deref())?,
                form,
            };
            starter::text(&guess, &origin, &run_name(data))
        }
    };
    match arguments
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"))
    {
        None => terminal.result(&text)?,
        Some(path) => {
            write(path, &text, arguments.force)?;
            terminal.message(&crate::terminal::safe(&format!(
                "wrote {}\n",
                path.display()
            )));
        }
    }
    Ok(Exit::Done)
}

/// What the file holds, and what its name does not say of how it is written.
fn sample(data: &Path, header: Option<Header>) -> Result<(Sample, Form), Failure> {
    let mut form = Form::default();
    if source_of(data, form)?.layout().is_delimited() {
        // Whether or not the first record names the columns, it is read as one of cells.
        form.is_bare = true;
        let mut first =
            Beginning::of(opened(data, form)?.as_mut()).map_err(|errors| unread(&errors))?;
        form.delimiter = first.only_cell().and_then(other_delimiter);
        if form.delimiter.is_some() {
            first =
                Beginning::of(opened(data, form)?.as_mut()).map_err(|errors| unread(&errors))?;
        }
        form.is_bare =
            header.map_or_else(|| first.is_like_the_rest(), |header| header == Header::No);
    } else if header.is_some() {
        return Err(Failure::usage("--header is for delimited text, CSV or TSV"));
    }
    let sample = Sample::of(opened(data, form)?.as_mut()).map_err(|errors| unread(&errors))?;
    Ok((sample, form))
}

/// Of a first record that is one cell, the character that divides it into most parts.
fn other_delimiter(cell: &str) -> Option<char> {
    let count = |delimiter: &char| cell.matches(*delimiter).count();
    let best = [';', '\t', '|', ','].into_iter().max_by_key(count)?;
    (count(&best) > 0).then_some(best)
}

/// The source, as a config would write it.
fn source_of(data: &Path, form: Form) -> Result<Arc<dyn Source>, Failure> {
    let text = format!(
        "[data]\nsource = {}\n",
        form.source(&data.to_string_lossy())
    );
    let layers = Layers::text("DATA", text, current_directory()?);
    let document = Document::load(layers)
        .map_err(|problems| Failure::new(Exit::Data, problems.to_string()))?;
    let reading = read(&document, |fields| {
        fields.table("data", "", DataOptions::options)
    });
    if let Some(problem) = reading.problems.0.first() {
        let failure = Failure::new(Exit::Data, problem.message.clone());
        return Err(problem
            .help
            .iter()
            .fold(failure, |failure, help| failure.hint(help)));
    }
    Ok(reading.value.source)
}

/// Its rows.
fn opened(data: &Path, form: Form) -> Result<Box<dyn RowReader>, Failure> {
    let source = source_of(data, form)?;
    let reader = source.open(&Reading::new(Seed(0)));
    reader
        .map_err(|errors| unread(&errors))?
        .filter(|_| source.layout().is_text())
        .ok_or_else(|| {
            Failure::new(
                Exit::Data,
                format!("{}: only files of text can be guessed from", data.display()),
            )
        })
}

/// There is no config yet that could be at fault.
fn unread(errors: &DataErrors) -> Failure {
    let (problems, rest) = keyed(errors.clone());
    if rest.is_empty() && !problems.is_empty() {
        data_failure(errors)
    } else {
        data_failure(&rest)
    }
}

fn unusable(error: Unusable) -> Failure {
    let exit = match error {
        Unusable::NoSuchColumn { .. } => Exit::Usage,
        _ => Exit::Data,
    };
    Failure::new(exit, error.to_string())
}

fn say(guess: &Guess, terminal: &Terminal) {
    let tasks: Vec<String> = guess
        .tasks
        .iter()
        .map(|task| format!("{} ({}, {})", task.name, task.kind.name(), task.reason))
        .collect();
    terminal.note(&format!("tasks: {}", tasks.join("; ")));
    if guess.is_last_resort {
        terminal.note("no header says what is to be predicted, so the last column is; name others with --target");
    }
}

/// How the config names the data: paths in it are relative to the config.
fn source(data: &Path, output: Option<&Path>) -> Result<String, Failure> {
    let elsewhere = output
        .and_then(Path::parent)
        .is_some_and(|folder| !folder.as_os_str().is_empty());
    let path = if elsewhere {
        data.canonicalize()
            .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", data.display())))?
    } else {
        data.to_owned()
    };
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(
            Exit::Data,
            format!(
                "{}: a path that is not UTF-8 cannot stand in a config",
                path.display()
            ),
        )
    })
}

/// The run's name from the file's.
fn run_name(data: &Path) -> String {
    let stem = data
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    let stem = stem.split('.').next().unwrap_or_default();
    let is_plain =
        |character: &char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let name: String = stem
        .chars()
        .map(|character| if is_plain(&character) { character } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    if polytask_store::checked_name("run", name).is_ok() {
        name.to_owned()
    } else {
        "run".to_owned()
    }
}

fn write(path: &Path, text: &str, may_replace: bool) -> Result<(), Failure> {
    use std::io::Write;

    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if may_replace {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} exists already", path.display())).hint("--force replaces it")
        }
        _ => Failure::new(
            Exit::Io,
            format!("cannot write {}: {error}", path.display()),
        ),
    })
}
