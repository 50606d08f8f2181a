//! The config as text, with a comment beside each guess.

use std::fmt::Write;

use polytask_config::Literal;

use super::guess::{Guess, TaskType};

/// Columns that are listed by name; of more, the exceptions are listed.
const LISTED: usize = 24;

/// A starter that needs no file.
pub(crate) const BUILTIN: &str = r#"# Two tasks on pictures: digits and letters share an encoder. Needs no file.
#   polytask check CONFIG      before training
#   polytask train CONFIG
version = 1
name = "digits-letters"
seed = 42                       # every random stream is derived from it

[data]
# A built-in generator: 28 x 28 pictures, each with a digit or a letter; the other label is missing.
source = { type = "glyphs", train = 6000, val = 1000, test = 2000 }

[inputs.image]                  # the source's pictures

[encoder]
type = "cnn"                    # polytask list encoders

[tasks.digit]
type = "multiclass"             # polytask list tasks

[tasks.letter]
type = "multiclass"

[multitask]
weighting = "equal"             # polytask list weightings

[train]
epochs = 10
batch_size = 128
optimizer = { type = "adamw", lr = 1e-3 }
schedule = "cosine"

[early_stopping]
patience = 5
"#;

/// The file that a guess is about.
pub(crate) struct Origin<'a> {
    pub(crate) path: &'a str,
    pub(crate) form: Form,
}

/// What a file's name does not say of how it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// What stands between its cells, if its name does not say so.
    pub(crate) delimiter: Option<char>,
    /// It has no header.
    pub(crate) is_bare: bool,
}

impl Form {
    /// The source as a config names it.
    pub(crate) fn source(self, path: &str) -> String {
        match self.options() {
            options if options.is_empty() => quoted(path),
            options => format!("{{ type = \"csv\", file = {}{options} }}", quoted(path)),
        }
    }

    /// The options of the source that say so.
    fn options(self) -> String {
        let delimiter = self
            .delimiter
            .map(|delimiter| format!(", delimiter = {}", quoted(&delimiter.to_string())));
        let header = self.is_bare.then(|| ", header = false".to_owned());
        [delimiter, header].into_iter().flatten().collect()
    }
}

/// The config for a guess.
pub(crate) fn text(guess: &Guess, origin: &Origin<'_>, name: &str) -> String {
    let mut text = format!(
        "# Written by `polytask init` from {rows} rows; every line is a guess to be looked at.\n\
         #   polytask check CONFIG      before training\n\
         #   polytask train CONFIG\n\
         version = 1\n\
         name = {name}\n\
         seed = 42                       # every random stream is derived from it\n\n",
        rows = guess.rows,
        name = quoted(name),
    );
    data(&mut text, guess, origin);
    inputs(&mut text, guess);
    text.push_str(match guess.picture {
        Some(_) => "\n[encoder]\ntype = \"cnn\"                    # polytask list encoders\n",
        None => "\n[encoder]\ntype = \"mlp\"                    # polytask list encoders\nhidden = [128, 64]\ndropout = 0.1\n",
    });
    tasks(&mut text, guess);
    let batch = (guess.rows / 20).clamp(8, 128).next_power_of_two();
    if guess.tasks.len() > 1 {
        text.push_str(
            "\n[multitask]\nweighting = \"equal\"             # polytask list weightings\n",
        );
    }
    let _ = write!(
        text,
        "\n[train]\n\
         epochs = 30\n\
         batch_size = {batch}\n\
         optimizer = {{ type = \"adamw\", lr = 1e-3, weight_decay = 0.01 }}\n\
         schedule = \"cosine\"\n\n\
         [early_stopping]\n\
         patience = 8\n"
    );
    text
}

// Writing to a string cannot fail, so results of `write!` are dropped below.

fn data(text: &mut String, guess: &Guess, origin: &Origin<'_>) {
    let _ = match &guess.picture {
        Some(column) => writeln!(
            text,
            "[data]\n# Pictures of different sizes want `size = [HEIGHT, WIDTH]`; grey ones are smaller with `channels = 1`.\n\
             source = {{ type = \"images\", file = {}, column = {}{} }}",
            quoted(origin.path),
            quoted(column),
            origin.form.options()
        ),
        None => writeln!(text, "[data]\nsource = {}", origin.form.source(origin.path)),
    };
    if origin.form.is_bare {
        text.push_str("# Without a header the columns are column_1, column_2, …; `names = [\"…\"]` in the source names them all.\n");
    }
    if let (Some(group), None) = (&guess.group, &guess.split) {
        let _ = writeln!(
            text,
            "# The values of {column} repeat. To be tested on new ones, keep the rows of each together:\n\
             # split = {{ type = \"hash\", column = {column} }}",
            column = quoted(group)
        );
    }
    match &guess.split {
        Some(column) => {
            let _ = writeln!(
                text,
                "split = {{ type = \"column\", column = {} }}",
                quoted(column)
            );
        }
        None => {
            text.push_str("split = { type = \"random\", train = 0.8, val = 0.1, test = 0.1 }\n")
        }
    }
    if !guess.ids.is_empty() {
        let _ = writeln!(
            text,
            "ids = {}                # they name rows: never inputs",
            list(&guess.ids)
        );
    }
    if !guess.markers.is_empty() {
        let _ = writeln!(
            text,
            "missing_values = {}     # besides the empty cell",
            list(&guess.markers)
        );
    }
    if guess.is_incomplete {
        text.push_str("missing = \"impute\"              # error | drop_row | impute; missing labels always mask\n");
    }
}

fn inputs(text: &mut String, guess: &Guess) {
    text.push_str(match guess.picture {
        Some(_) => "\n[inputs.image]\n",
        None => "\n[inputs.table]\n",
    });
    for (name, why) in &guess.left_out {
        let _ = writeln!(text, "# left out: {}, {why}", quoted(name));
    }
    if guess.picture.is_some() {
        return;
    }
    if guess.inputs.len() <= LISTED {
        let _ = writeln!(text, "columns = {}", list(&guess.inputs));
    } else {
        let except: Vec<String> = guess
            .left_out
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let _ = writeln!(text, "columns = {{ all_except = {} }}", list(&except));
    }
    if !guess.categorical.is_empty() {
        let _ = writeln!(
            text,
            "categorical = {}        # the rest is numeric, standardized",
            list(&guess.categorical)
        );
    }
}

fn tasks(text: &mut String, guess: &Guess) {
    if guess.is_last_resort {
        text.push_str("\n# No header says what is to be predicted, so this is the last column: name others with --target.");
    }
    for task in &guess.tasks {
        let _ = write!(
            text,
            "\n[tasks.{}]\ntype = {:24} # {}\ntarget = {}\n",
            task.name,
            quoted(task.kind.name()),
            printable(&task.reason),
            quoted(&task.column),
        );
        if task.kind == TaskType::Regression {
            text.push_str("normalize = \"standard\"          # metrics are in the original unit all the same\n");
        }
        if task.has_rare_class {
            text.push_str(
                "unseen = \"mask\"                 # a rare class may have no training row\n",
            );
        }
    }
}

fn quoted(text: &str) -> String {
    Literal::Text(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    Literal::List(
        texts
            .iter()
            .map(|text| Literal::Text(text.clone()))
            .collect(),
    )
    .to_string()
}

/// A comment ends with its line, and TOML takes no control characters in one.
fn printable(text: &str) -> String {
    crate::terminal::safe_line(text, 80)
}

#[cfg(test)]
mod tests {
    use super::super::guess::Task;
    use super::*;

    #[test]
    fn names_from_the_file_cannot_break_out_of_their_quotes() {
        let hostile = "a\"\n[tasks.x]\n#".to_owned();
        let guess = Guess {
            rows: 100,
            ids: vec![hostile.clone()],
            inputs: vec![hostile.clone()],
            left_out: vec![(hostile.clone(), "why")],
            tasks: vec![Task {
                name: "a".to_owned(),
                column: hostile.clone(),
                kind: TaskType::Binary,
                reason: hostile.clone(),
                has_rare_class: false,
            }],
            group: Some(hostile.clone()),
            ..Guess::default()
        };
        let origin = Origin {
            path: &hostile,
            form: Form {
                delimiter: Some(';'),
                is_bare: true,
            },
        };
        let text = text(&guess, &origin, "run");
        assert_eq!(text.matches("\n[tasks.x]").count(), 0, "{text}");
        assert_eq!(text.matches("\n[tasks.").count(), 1);
    }
}
