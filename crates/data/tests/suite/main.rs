//! Whole ways through: a configuration and files in, rows and facts out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it skips"
)]

mod arrays;
mod csv;
mod errors;
mod fuzz;
mod images;
mod inputs;
mod pictures;
mod real;
mod splits;
mod stream;
mod tasks;
mod written;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use polytask_config::{Document, Layers, Problems, read};
use polytask_data::{DataErrors, DataOptions, InputOptions, Prepared, TaskOptions, prepare};
use polytask_random::Seed;

/// A folder of its own, gone at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("polytask-data-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn prepare(&self, config: &str) -> Result<Prepared, DataErrors> {
        self.prepare_with(config, Seed(1))
    }

    pub(crate) fn prepare_with(&self, config: &str, seed: Seed) -> Result<Prepared, DataErrors> {
        let (options, problems) = options(&self.0, config);
        assert_eq!(
            problems,
            Vec::<String>::new(),
            "the configuration itself is fine"
        );
        prepare(&options.data, &options.inputs, &options.tasks, seed)
    }

    /// The errors as text, without the folder's name.
    pub(crate) fn errors(&self, config: &str) -> String {
        let errors = self.prepare(config).expect_err("this must fail");
        errors
            .to_string()
            .replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

pub struct Options {
    pub data: DataOptions,
    pub inputs: Vec<(String, InputOptions)>,
    pub tasks: Vec<(String, TaskOptions)>,
}

/// What a configuration says, and the messages of what is wrong with it.
pub fn options(folder: &Path, config: &str) -> (Options, Vec<String>) {
    let document = Document::load(Layers::text("test.toml", config, folder)).unwrap();
    let reading = read(&document, |fields| Options {
        data: fields.table("data", "rows", DataOptions::options),
        inputs: fields.tables("inputs", "inputs", InputOptions::options),
        tasks: fields.tables("tasks", "tasks", TaskOptions::options),
    });
    let Problems(problems) = reading.problems;
    (
        reading.value,
        problems
            .iter()
            .map(|problem| format!("{}: {}", problem.key, problem.message))
            .collect(),
    )
}

/// `count` rows made by `row`, after a header.
pub fn table(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let mut text = format!("{header}\n");
    for index in 0..count {
        text.push_str(&row(index));
        text.push('\n');
    }
    text
}
