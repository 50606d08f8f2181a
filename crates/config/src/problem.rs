//! What is wrong with a configuration, and where.

use std::fmt;
use std::sync::Arc;

use crate::codes;
use crate::document::{Document, Place, SourceKind};

/// Where something stands in a text, for programs; [`render`](crate::render) shows it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file as messages call it, or the flag.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// One thing that is wrong, or hardly meant.
///
/// Its place is looked up by its key unless it carries one of its own (as syntax errors do).
///
/// ```
/// use polytask_config::Problem;
///
/// let problem = Problem::new("P0401", "inputs.profile.columns[2]", "there is no column 'shool'".to_owned())
///     .with_help("did you mean 'school'?");
/// assert_eq!(problem.to_string(), "P0401 inputs.profile.columns[2]: there is no column 'shool'");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// A stable code; those of this crate are in [`CODES`](crate::CODES).
    pub code: &'static str,
    /// Key path, such as `tasks.digit.metrics[2]`; empty if it is about the text as a whole.
    pub key: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it; several lines are several hints.
    pub help: Option<String>,
    /// A few words at the caret.
    pub label: Option<String>,
    /// Whether the configuration can be used in spite of it.
    pub is_warning: bool,
    pub(crate) place: Option<Place>,
    /// Another place that has to do with it, and a few words there.
    pub(crate) second: Option<(Place, &'static str)>,
}

impl Problem {
    /// Where it stands in `document`, if it has to do with anything there.
    ///
    /// ```
    /// use polytask_config::{Document, Layers, Problem};
    ///
    /// let document = Document::load(Layers::text("demo.toml", "a = 1\n[b]\nc = 2\n", "/")).unwrap();
    /// let position = Problem::new("P0204", "b.c", "too large".to_owned()).position(&document).unwrap();
    /// assert_eq!((position.file.as_str(), position.line, position.column), ("demo.toml", 3, 5));
    /// ```
    #[must_use]
    pub fn position(&self, document: &Document) -> Option<Position> {
        let place = self
            .place
            .clone()
            .or_else(|| document.place_of(&self.key))?;
        let before = place.source.text.get(..place.span.start)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some(Position {
            file: place.source.name.clone(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        })
    }

    /// A problem with the value at `key`.
    #[must_use]
    pub fn new(code: &'static str, key: impl Into<String>, message: String) -> Self {
        Self {
            code,
            key: key.into(),
            message,
            help: None,
            label: None,
            is_warning: false,
            place: None,
            second: None,
        }
    }

    /// Something at `key` that does not stop anybody, but is hardly meant.
    #[must_use]
    pub fn warning(code: &'static str, key: impl Into<String>, message: String) -> Self {
        Self {
            is_warning: true,
            ..Self::new(code, key, message)
        }
    }

    /// Adds a hint.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.help = Some(match self.help.take() {
            Some(before) => format!("{before}\n{help}"),
            None => help,
        });
        self
    }

    /// Sets the words at the caret.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(crate) fn with_second(mut self, place: Place, label: &'static str) -> Self {
        self.second = Some((place, label));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = crate::terminal::shown(&self.key, 200);
        let separator = if key.is_empty() { "" } else { ": " };
        write!(
            f,
            "{} {key}{separator}{}",
            self.code,
            crate::terminal::shown(&self.message, 400)
        )
    }
}

/// Everything that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives each problem that only has a key the place of that key: of its value or, if it is not given, of the
    /// innermost table around it that is.
    pub(crate) fn place(&mut self, document: &Document) {
        for problem in self.0.iter_mut().filter(|problem| problem.place.is_none()) {
            problem.place = document.place_of(&problem.key);
        }
    }

    /// Leaves out what follows from something else. What a text seems to lack may stand in the part of it that is not
    /// TOML; a key of a profile is both the profile's and, with the profile on, the file's.
    pub(crate) fn keep_causes(&mut self) {
        let is_broken = self.0.iter().any(|problem| problem.code == codes::SYNTAX);
        let mut kept: Vec<Problem> = Vec::new();
        for problem in self.0.drain(..) {
            let is_lack = problem.code == codes::MISSING_KEY || problem.place.is_none();
            let is_told = problem.code == codes::UNKNOWN_KEY
                && kept
                    .iter()
                    .any(|other| other.code == problem.code && other.place == problem.place);
            if !(is_broken && is_lack || is_told) {
                kept.push(problem);
            }
        }
        self.0 = kept;
    }

    /// Sorts by position: the main file first, then other files, then the command line.
    pub(crate) fn sort(&mut self, document: &Document) {
        let main = &document.0.root.place.source;
        self.0.sort_by_cached_key(|problem| match &problem.place {
            None => (0, String::new(), 0),
            Some(place) => {
                let is_file = place.source.kind == SourceKind::File;
                match is_file {
                    true if Arc::ptr_eq(&place.source, main) => {
                        (0, String::new(), place.span.start)
                    }
                    true => (1, place.source.name.clone(), place.span.start),
                    // One --set after the other, as they were given.
                    false => (2, String::new(), 0),
                }
            }
        });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
