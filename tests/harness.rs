//! A folder of its own for each test, and the binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Two tasks on small pictures, of which each row has one label: half a second.
pub(crate) const PICTURES: &str = r#"
version = 1
name = "pictures"
[data]
source = { type = "glyphs", train = 120, val = 60, test = 60 }
[inputs.image]
[encoder]
type = "mlp"
hidden = [16]
dropout = 0.1
[tasks.digit]
type = "multiclass"
unseen = "mask"
[tasks.bold]
type = "binary"
[device]
backend = "cpu"
[train]
epochs = 3
batch_size = 20
"#;

/// Two tasks on the table of [`Folder::with_table`].
pub(crate) const TABLE: &str = r#"
version = 1
name = "table"
[data]
source = "students.csv"
ids = ["id"]
[inputs.profile]
columns = ["age", "hours", "school"]
categorical = ["school"]
[encoder]
hidden = [8]
[tasks.passed]
type = "binary"
target = "passed"
[tasks.grade]
type = "regression"
target = "final grade"
[device]
backend = "cpu"
[train]
epochs = 4
batch_size = 16
optimizer = { type = "adam", lr = 0.01 }
"#;

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Its one JSON document, which has a version.
    pub(crate) fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error} in\n{}", self.out));
        assert_eq!(document["schema_version"], 1, "{}", self.out);
        document
    }

    /// Its JSON lines.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
            })
            .collect()
    }

    /// Asserts the exit code, showing everything if it is another.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        for bad in ["panicked at", "RUST_BACKTRACE"] {
            assert!(!self.err.contains(bad), "{}", self.err);
        }
        self
    }
}

impl Ended {
    /// Asserts what standard error holds.
    #[track_caller]
    pub(crate) fn said(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no {text:?} in\n{}", self.err);
        self
    }
}

/// A working directory.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// With `config.toml`.
    pub(crate) fn new(config: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("config.toml", config);
        folder
    }

    /// With `config.toml` for `students.csv`: 160 rows, a few labels missing in each task.
    pub(crate) fn with_table() -> Self {
        let folder = Self::new(TABLE);
        folder.write("students.csv", &students(0..160));
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polytask"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(
            self.command(arguments)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// Runs it with a text on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        use std::io::Write;

        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let written = child.stdin.take().unwrap().write_all(input.as_bytes());
        if let Err(error) = written {
            // A command that is refused by its arguments ends before it reads.
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        }
        ended(child)
    }

    /// Trains `config.toml` into `directory`, and gives the digest of what comes out.
    pub(crate) fn train(&self, directory: &str, more: &[&str]) -> String {
        let arguments = [&["train", "config.toml", "--run-dir", directory][..], more].concat();
        self.run(&arguments).expect(0);
        self.digest(directory)
    }

    /// The digest of a run's last checkpoint, all of it.
    pub(crate) fn digest(&self, directory: &str) -> String {
        self.run(&["digest", directory, "--all"]).expect(0).out
    }

    /// What `run.json` says.
    pub(crate) fn record(&self, directory: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{directory}/run.json"))).unwrap()
    }
}

/// Waits for a process whose output is piped.
pub(crate) fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Rows whose labels follow from their inputs.
pub(crate) fn students(rows: std::ops::Range<usize>) -> String {
    let mut text = String::from("id,age,hours,school,passed,final grade\n");
    for row in rows {
        let (age, hours, school) = (
            15 + row * 5 % 8,
            row * 13 % 29,
            ["GP", "MS", "St. Mary, North"][row % 3],
        );
        let passed = match row % 11 {
            0 => "",
            _ if hours * 2 + age > 45 => "yes",
            _ => "no",
        };
        let grade = if row % 7 == 3 {
            String::new()
        } else {
            format!("{:.1}", 2.0 + hours as f64 / 4.0 + (row % 3) as f64)
        };
        text.push_str(&format!(
            "s{row:03},{age},{hours},\"{school}\",{passed},{grade}\n"
        ));
    }
    text
}

/// Whether a path is there.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
