//! Killed at any moment, a run goes on to the same bits.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::random::Random;
use super::{go_on, metrics, micro, newest_first, times};
use crate::harness::{Folder, ended};

/// Starts the run, or goes on with it, and kills it after `wait`; if `saving` is its directory, in the next moment in which
/// a checkpoint is being written. Whether it was, and what it had told.
pub(super) fn start_and_kill(
    folder: &Folder,
    arguments: &[&str],
    wait: Duration,
    saving: Option<&str>,
) -> (bool, String) {
    let mut child = folder
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    let mut is_saving = false;
    if let Some(directory) = saving {
        let checkpoints = folder.path(directory).join("checkpoints");
        while !is_saving && child.try_wait().unwrap().is_none() {
            is_saving = is_being_written(&checkpoints);
        }
    }
    child.kill().unwrap();
    let ended = ended(child);
    super::refuse_panics(&ended.err);
    (is_saving, ended.out)
}

/// The last step that a run told with `--trace-samples`; 0 if none.
fn last_step(told: &str) -> u64 {
    let events = told.lines().rev().map(serde_json::from_str::<Value>);
    // The last line may be torn.
    let mut steps = events.flatten().filter(|event| event["event"] == "step");
    steps
        .next()
        .map_or(0, |event| event["step"].as_u64().unwrap())
}

/// The step of the newest checkpoint; 0 if there is none.
fn saved_step(folder: &Folder, directory: &str) -> u64 {
    let newest = newest_first(folder, directory).into_iter().next();
    let name = newest.and_then(|path| path.file_stem()?.to_str().map(str::to_owned));
    let step = name.and_then(|name| name.strip_prefix("step-")?.parse().ok());
    step.unwrap_or(0)
}

/// Whether there is a file that has not got its name yet.
fn is_being_written(checkpoints: &Path) -> bool {
    std::fs::read_dir(checkpoints).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
    })
}

#[test]
fn a_run_that_was_killed_anywhere_ends_with_the_same_bits() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(1);
    let (mut saving, mut steps) = (0, 0);
    for kill in 0..times(20) {
        let directory = format!("killed-{kill}");
        let arguments = [
            "train",
            "config.toml",
            "--run-dir",
            &directory,
            "--trace-samples",
        ];
        // Every other one while it writes a checkpoint, which chance alone hits too seldom.
        let aim = (kill % 2 == 1).then_some(directory.as_str());
        let wait = time.mul_f64(random.share());
        let (is_saving, told) = start_and_kill(&folder, &arguments, wait, aim);
        saving += usize::from(is_saving);
        // No more steps are done again than lie between two checkpoints.
        let (done, saved) = (last_step(&told), saved_step(&folder, &directory));
        assert!(
            done <= saved + 7,
            "kill {kill}: step {done} was done, {saved} saved"
        );
        steps += done;
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "kill {kill}");
        assert_eq!(
            metrics(&folder, &directory),
            metrics(&folder, "whole"),
            "kill {kill}"
        );
        std::fs::remove_dir_all(folder.path(&directory)).unwrap();
    }
    // Half of the steps of a run on average.
    assert!(steps > times(20) as u64, "{steps} steps were seen");
    // The later a kill is aimed, the fewer checkpoints are left to hit.
    assert!(saving >= times(4), "{saving} kills hit a checkpoint");
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bits() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(2);
    for chain in 0..times(2) {
        let directory = format!("chain-{chain}");
        for _ in 0..10 {
            let has_begun = folder
                .path(&directory)
                .join("config.resolved.toml")
                .exists();
            let arguments: &[&str] = if has_begun {
                &["resume", &directory]
            } else {
                &["train", "config.toml", "--run-dir", &directory]
            };
            let wait = time.mul_f64(0.5 * random.share());
            start_and_kill(&folder, arguments, wait, None);
        }
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "chain {chain}");
        assert_eq!(metrics(&folder, &directory), metrics(&folder, "whole"));
    }
}
