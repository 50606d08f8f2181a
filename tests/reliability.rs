//! The promises that the program makes when something goes wrong, each tested through the binary: a run that is killed,
//! stopped, filled up or damaged. `POLYTASK_RELIABILITY=10` does everything ten times as often; `scripts/reliability.sh`
//! runs the full counts.

mod concurrency;
mod damage;
mod effects;
mod faults;
mod full_disk;
mod interrupts;
mod kills;
mod not_finite;
mod random;
mod same_bits;
mod stops;
mod strictness;
mod terminal;

use std::path::Path;

use crate::harness::{Ended, Folder, students};

/// Two tasks, dropout, shuffling, Adam with a cosine, two batches a step, a checkpoint every 7 steps, 240 steps: about a
/// second.
const MICRO: &str = r#"
version = 1
name = "micro"
[data]
source = "students.csv"
ids = ["id"]
[inputs.profile]
columns = ["age", "hours", "school"]
categorical = ["school"]
[encoder]
hidden = [16]
dropout = 0.2
[tasks.passed]
type = "binary"
target = "passed"
[tasks.grade]
type = "regression"
target = "final grade"
[multitask]
weighting = "uncertainty"
[device]
backend = "cpu"
[train]
epochs = 30
batch_size = 8
accumulate = 2
optimizer = { type = "adam", lr = 0.01 }
schedule = { type = "cosine", warmup_steps = 20 }
[checkpoint]
every = "7 steps"
keep_last = 3
"#;

fn micro() -> Folder {
    let folder = Folder::new(MICRO);
    folder.write("students.csv", &students(0..160));
    folder
}

/// `count` times the factor that `POLYTASK_RELIABILITY` asks for.
fn times(count: usize) -> usize {
    let factor = std::env::var("POLYTASK_RELIABILITY").map_or(1, |text| {
        text.parse()
            .expect("POLYTASK_RELIABILITY is a whole number")
    });
    count * factor
}

/// Asserts that no panic reached the user.
#[track_caller]
fn refuse_panics(text: &str) {
    for bad in ["panicked at", "RUST_BACKTRACE", "stack backtrace"] {
        assert!(!text.contains(bad), "{text}");
    }
}

/// Asserts that it ended with one of `codes`.
#[track_caller]
fn expect_one_of(ended: &Ended, codes: &[i32]) {
    refuse_panics(&ended.err);
    assert!(
        codes.contains(&ended.code),
        "exit code {} is none of {codes:?}\nstdout:\n{}\nstderr:\n{}",
        ended.code,
        ended.out,
        ended.err
    );
}

/// Goes on with a run that was killed or stopped, or starts it if it had not come as far as its config.
fn go_on(folder: &Folder, directory: &str) {
    let has_begun = folder.path(directory).join("config.resolved.toml").exists();
    if has_begun {
        folder.run(&["resume", directory]).expect(0);
    } else {
        folder
            .run(&["train", "config.toml", "--run-dir", directory])
            .expect(0);
    }
}

/// Every line of the run's metrics, without the time at which it was written.
fn metrics(folder: &Folder, directory: &str) -> Vec<String> {
    folder
        .read(&format!("{directory}/metrics.jsonl"))
        .lines()
        .map(|line| {
            let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
            entry.as_object_mut().unwrap().remove("t");
            entry.to_string()
        })
        .collect()
}

/// The run's checkpoints, the newest first; none if it has not begun.
fn newest_first(folder: &Folder, directory: &str) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.path(directory).join("checkpoints")) else {
        return Vec::new();
    };
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ckpt"))
        .collect();
    found.sort();
    found.reverse();
    found
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
