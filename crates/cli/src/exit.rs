//! Exit codes: each kind of failure has one, and they are given here only.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | internal failure: a bug |
//! | 2 | usage |
//! | 3 | invalid configuration |
//! | 4 | data problem |
//! | 5 | backend or device unavailable or lost |
//! | 6 | checkpoint incompatible, incomplete or corrupt |
//! | 7 | diverged |
//! | 8 | a gate missed: a `--fail-under` of `evaluate`, a mark of `bench` |
//! | 9 | run directory locked by another process |
//! | 10 | input or output failed |
//! | 128 + n | interrupted by signal n, state saved |

mod from;

use serde_json::{Value, json};

use crate::terminal::{Terminal, safe};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Internal,
    Usage,
    Config,
    Data,
    Device,
    Checkpoint,
    Diverged,
    Gate,
    Locked,
    Io,
    /// The number of the signal.
    Signal(u8),
}

impl Exit {
    /// What the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Data => 4,
            Self::Device => 5,
            Self::Checkpoint => 6,
            Self::Diverged => 7,
            Self::Gate => 8,
            Self::Locked => 9,
            Self::Io => 10,
            Self::Signal(signal) => 128_u8.saturating_add(signal),
        }
    }
}

/// What went wrong: text for the user and an exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    text: Text,
    /// What is wrong, one record each, where a config or data is.
    problems: Vec<Value>,
    /// A JSON document that says all of it has been printed.
    is_documented: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// Nothing to say: the reader of our output has gone.
    Silent,
    /// Ready for the terminal.
    Rendered(String),
    /// One message and hints.
    Plain { message: String, hints: Vec<String> },
    /// Several messages, each with what to do about it, and how many more there are.
    List {
        items: Vec<(String, Option<String>)>,
        more: u64,
    },
}

/// Why a command did not go on to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A signal came, and what to do with it was said.
    Interrupted(Exit),
    Failed(Failure),
}

impl Ended {
    /// How the command ends.
    pub(crate) fn exit(self) -> Result<Exit, Failure> {
        match self {
            Self::Interrupted(exit) => Ok(exit),
            Self::Failed(failure) => Err(failure),
        }
    }
}

impl<F: Into<Failure>> From<F> for Ended {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

impl Failure {
    /// A failure that is told as `error: MESSAGE`.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            text: Text::Plain {
                message: message.into(),
                hints: Vec::new(),
            },
            problems: Vec::new(),
            is_documented: false,
        }
    }

    /// Several failures of one kind, each told as an error of its own.
    pub(crate) fn list(exit: Exit, items: Vec<(String, Option<String>)>, more: u64) -> Self {
        Self {
            text: Text::List { items, more },
            ..Self::new(exit, "")
        }
    }

    /// A wrong use of the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failure whose text is made already, and safe.
    pub(crate) fn rendered(exit: Exit, text: String) -> Self {
        Self {
            exit,
            text: Text::Rendered(text),
            problems: Vec::new(),
            is_documented: false,
        }
    }

    /// Standard output was closed by whoever read it: no failure at all.
    pub(crate) fn closed_pipe() -> Self {
        Self {
            exit: Exit::Done,
            text: Text::Silent,
            problems: Vec::new(),
            is_documented: false,
        }
    }

    /// Adds a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Text::Plain { hints, .. } = &mut self.text {
            hints.push(hint.into());
        }
        self
    }

    /// Adds what is wrong as records for `--json`.
    pub(crate) fn with_problems(mut self, problems: Vec<Value>) -> Self {
        self.problems = problems;
        self
    }

    /// What is wrong, one record each; of a failure without any its message.
    pub(crate) fn problems(&self) -> Vec<Value> {
        match self.reason() {
            Some(message) if self.problems.is_empty() => vec![json!({"message": message})],
            _ => self.problems.clone(),
        }
    }

    /// Of a failure that the command's own JSON document tells.
    pub(crate) fn documented(mut self) -> Self {
        self.is_documented = true;
        self
    }

    /// What every command says of its failure under `--json`: exit code, message and problems.
    pub(crate) fn document(&self) -> Value {
        let help = match &self.text {
            Text::Plain { hints, .. } if !hints.is_empty() => Some(hints.join("\n")),
            _ => None,
        };
        json!({
            "exit_code": self.exit.code(), "message": self.reason(), "help": help, "problems": self.problems(),
        })
    }

    /// Whether a JSON document that says all of it has been printed.
    pub(crate) fn is_documented(&self) -> bool {
        self.is_documented
    }

    /// Prints that document, unless there is nothing left to say; whether anybody reads it makes no difference.
    pub(crate) fn print_document(&self, terminal: &Terminal) {
        if !self.is_documented && self.text != Text::Silent {
            drop(crate::json::print(terminal, self.document()));
        }
    }

    /// The text, ending in a newline; empty if there is nothing to say.
    pub(crate) fn text(&self, color: bool) -> String {
        let (red, cyan, reset) = if color {
            ("\u{1b}[1;31m", "\u{1b}[1;36m", "\u{1b}[0m")
        } else {
            ("", "", "")
        };
        match &self.text {
            Text::Silent => String::new(),
            Text::Rendered(text) => format!("{}\n", text.trim_end_matches('\n')),
            Text::Plain { message, hints } => {
                let mut text = format!("{red}error{reset}: {}\n", safe(message));
                for hint in hints {
                    text.push_str(&format!("  {cyan}help{reset}: {}\n", safe(hint)));
                }
                text
            }
            Text::List { items, more } => {
                let mut text = String::new();
                for (index, (message, help)) in items.iter().enumerate() {
                    text.push_str(&format!("{red}error{reset}: {}\n", safe(message)));
                    let next = items.get(index + 1).and_then(|(_, help)| help.as_ref());
                    // What holds for one error after the other is said after the last of them.
                    if let Some(help) = help.as_ref().filter(|help| next != Some(help)) {
                        text.push_str(&format!("  {cyan}help{reset}: {}\n", safe(help)));
                    }
                }
                if *more > 0 {
                    text.push_str(&format!("and {more} more\n"));
                }
                text
            }
        }
    }

    /// The first line, for `run.json`.
    pub(crate) fn reason(&self) -> Option<String> {
        match &self.text {
            Text::Silent => None,
            Text::Rendered(text) => text.lines().next().map(str::to_owned),
            Text::Plain { message, .. } => Some(safe(message)),
            Text::List { items, .. } => items.first().map(|(message, _)| safe(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_contract() {
        let codes: Vec<u8> = [
            Exit::Done,
            Exit::Internal,
            Exit::Usage,
            Exit::Config,
            Exit::Data,
            Exit::Device,
            Exit::Checkpoint,
            Exit::Diverged,
            Exit::Gate,
            Exit::Locked,
            Exit::Io,
            Exit::Signal(2),
            Exit::Signal(15),
        ]
        .map(Exit::code)
        .to_vec();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130, 143]);
    }

    #[test]
    fn each_error_of_a_list_is_one_and_a_hint_is_said_once() {
        let item =
            |message: &str, help: Option<&str>| (message.to_owned(), help.map(str::to_owned));
        let items = vec![
            item("a", Some("x")),
            item("b", Some("x")),
            item("c", Some("y")),
            item("d", None),
        ];
        let failure = Failure::list(Exit::Data, items, 7);
        assert_eq!(
            failure.text(false),
            "error: a\nerror: b\n  help: x\nerror: c\n  help: y\nerror: d\nand 7 more\n"
        );
        assert_eq!(failure.reason(), Some("a".to_owned()));
    }

    #[test]
    fn a_message_from_outside_cannot_steer_the_terminal() {
        let text = Failure::usage("a\u{1b}[2J\u{202e}b")
            .hint("c\u{7}")
            .text(false);
        assert_eq!(text, "error: a\\u{1b}[2J\\u{202e}b\n  help: c\\u{7}\n");
        assert_eq!(Failure::closed_pipe().text(true), "");
    }
}
