//! From the command line to a config that was read: layers, problems, and how both are shown.

use std::io::Read;
use std::path::{Path, PathBuf};

use polytask_config::{Document, Layers, Literal, Problem, Problems, Resolved};
use polytask_data::{DataError, DataErrors};
use polytask_training::experiment::Experiment;
use polytask_training::plan::PlanError;

use serde_json::{Value, json};

use crate::arguments::{ConfigArguments, Overrides, backend_name};
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// A config that was read, with whatever is wrong in it.
pub(crate) struct Configuration {
    pub(crate) document: Document,
    /// Good only if there are no problems.
    pub(crate) experiment: Experiment,
    pub(crate) problems: Problems,
    pub(crate) warnings: Problems,
    pub(crate) resolved: Resolved,
    /// The file's text, unchanged.
    pub(crate) written: String,
}

/// Longest config that is read from standard input; one byte more than a file may have, so that it is refused as one.
const LONGEST: u64 = 1_000_001;

impl Configuration {
    /// Reads what the command line names.
    ///
    /// # Errors
    /// A file that cannot be read. What is wrong with its content is among the problems.
    pub(crate) fn read(arguments: &ConfigArguments) -> Result<Self, Failure> {
        let directory = current_directory()?;
        let (layers, written) = if arguments.config == Path::new("-") {
            let text = standard_input()?;
            (Layers::text("-", text.clone(), &directory), Some(text))
        } else {
            (Layers::file(&arguments.config, &directory), None)
        };
        let mut configuration = Self::load(arguments.over.put_over(layers))?;
        configuration.written = match written {
            Some(text) => text,
            // It was read a moment ago; if it is gone, the resolved config still says everything.
            None => std::fs::read_to_string(&arguments.config).unwrap_or_default(),
        };
        Ok(configuration)
    }

    /// Reads layers.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn load(layers: Layers) -> Result<Self, Failure> {
        let document = Document::load(layers).map_err(|problems| unread(&problems))?;
        let reading = polytask_config::read(&document, Experiment::options);
        let mut problems = reading.problems;
        check_name(&reading.value.name, &mut problems);
        Ok(Self {
            document,
            experiment: reading.value,
            problems,
            warnings: reading.warnings,
            resolved: reading.resolved,
            written: String::new(),
        })
    }

    /// The config if nothing is wrong with it.
    ///
    /// # Errors
    /// All problems, rendered.
    pub(crate) fn sound(self, terminal: &Terminal) -> Result<Self, Failure> {
        if self.problems.is_empty() {
            Ok(self)
        } else {
            Err(refused(&self.document, &self.problems, terminal))
        }
    }
}

impl Overrides {
    /// These flags over a file.
    pub(crate) fn put_over(&self, mut layers: Layers) -> Layers {
        // A name is a string, whatever it looks like.
        let quoted = |text: &str| Literal::Text(text.to_owned()).to_string();
        if let Some(profile) = &self.profile {
            layers = layers.profile(profile);
        }
        if let Some(name) = &self.name {
            layers = layers.flag("--name", "name", quoted(name));
        }
        if let Some(seed) = self.seed {
            layers = layers.flag("--seed", "seed", seed.to_string());
        }
        if let Some(backend) = self.place.backend {
            layers = layers.flag("--backend", "device.backend", quoted(backend_name(backend)));
        }
        if let Some(index) = self.place.device {
            layers = layers.flag("--device", "device.index", index.to_string());
        }
        self.sets.iter().fold(layers, |layers, set| layers.set(set))
    }
}

/// The run's name becomes a folder's.
fn check_name(name: &str, problems: &mut Problems) {
    if let Err(error) = polytask_store::checked_name("run", name)
        && !problems.0.iter().any(|problem| problem.key == "name")
    {
        let help = "it names the folder under runs/: letters, digits, `_`, `-` and `.`";
        problems
            .0
            .push(Problem::new("P0601", "name", error.to_string()).with_help(help));
    }
}

/// Shows what is hardly meant, on the document that it is about.
pub(crate) fn warn(document: &Document, warnings: &Problems, terminal: &Terminal) {
    if !warnings.is_empty() {
        let text = polytask_config::render(document, warnings, terminal.colors_messages);
        terminal.message(&format!("{text}\n"));
    }
}

/// All problems as text, on the document that they are about.
pub(crate) fn refused(document: &Document, problems: &Problems, terminal: &Terminal) -> Failure {
    Failure::rendered(
        Exit::Config,
        polytask_config::render(document, problems, terminal.colors_messages),
    )
    .with_problems(records(problems, Some(document)))
}

/// One record a problem for `--json`: code, key, message, help and, if it stands in a file, where.
pub(crate) fn records(problems: &Problems, document: Option<&Document>) -> Vec<Value> {
    let record = |problem: &Problem| {
        let position = document.and_then(|document| problem.position(document));
        json!({
            "code": problem.code, "key": problem.key, "message": problem.message, "help": problem.help,
            "file": position.as_ref().map(|position| &position.file),
            "line": position.as_ref().map(|position| position.line),
            "column": position.as_ref().map(|position| position.column),
        })
    };
    problems.0.iter().map(record).collect()
}

/// Problems without a document to show them on.
fn unread(problems: &Problems) -> Failure {
    let text = problems.render(Terminal::of_process().colors_messages);
    Failure::rendered(Exit::Config, text).with_problems(records(problems, None))
}

/// Why there is no plan, on the config that it was made from: what the config can do about it with a caret.
pub(crate) fn unplanned(document: &Document, error: PlanError, terminal: &Terminal) -> Failure {
    let (problems, rest) = unfit(error);
    match problems.is_empty() {
        true => data_failure(&rest),
        false => refused_beside(document, &problems, &rest, terminal),
    }
}

/// All that the config can do about there being no plan, and the errors of its data that no key is to blame for.
pub(crate) fn unfit(error: PlanError) -> (Problems, DataErrors) {
    let (mut problems, rest) = keyed(error.data);
    problems.0.extend(error.config.0);
    (problems, rest)
}

/// All problems of the config, and the errors of its data that no key is to blame for.
pub(crate) fn refused_beside(
    document: &Document,
    problems: &Problems,
    rest: &DataErrors,
    terminal: &Terminal,
) -> Failure {
    let mut text = polytask_config::render(document, problems, terminal.colors_messages);
    if !rest.is_empty() {
        let others = data_failure(rest).text(terminal.colors_messages);
        text.push_str(&format!("\n{others}"));
    }
    let mut listed = records(problems, Some(document));
    listed.extend(messages(rest));
    Failure::rendered(Exit::Config, text).with_problems(listed)
}

/// Errors of the data itself.
pub(crate) fn data_failure(errors: &DataErrors) -> Failure {
    let items = errors
        .errors
        .iter()
        .map(|error| (error.to_string(), error.help()));
    Failure::list(Exit::Data, items.collect(), errors.more).with_problems(messages(errors))
}

fn messages(errors: &DataErrors) -> Vec<Value> {
    let record = |error: &DataError| json!({"message": error.to_string(), "help": error.help()});
    errors.errors.iter().map(record).collect()
}

/// The errors that name a key of the config, as problems of it; and the others.
pub(crate) fn keyed(errors: DataErrors) -> (Problems, DataErrors) {
    let mut problems = Problems::default();
    let mut rest = DataErrors {
        errors: Vec::new(),
        more: errors.more,
    };
    for error in errors.errors {
        let code = match &error {
            DataError::UnknownColumn { .. } | DataError::UnknownArray { .. } => "P0611",
            DataError::Open { .. } => "P0612",
            _ => "P0613",
        };
        match error.key() {
            Some(key) => {
                let mut problem = Problem::new(code, key, error.to_string());
                if let Some(help) = error.help() {
                    problem = problem.with_help(help);
                }
                problems.0.push(problem);
            }
            None => rest.errors.push(error),
        }
    }
    (problems, rest)
}

/// What relative paths are relative to.
///
/// # Errors
/// A directory that was deleted under us.
pub(crate) fn current_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::new(
            Exit::Io,
            format!("the current directory cannot be found: {error}"),
        )
    })
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    match std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut text)
    {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Failure::new(Exit::Config, "standard input is not UTF-8"))
        }
        Err(error) => Err(Failure::new(
            Exit::Io,
            format!("cannot read standard input: {error}"),
        )),
    }
}
