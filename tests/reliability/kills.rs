//! Killed at any moment, a run goes on to the same bits.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::random::Random;
use super::{go_on, metrics, micro, times};
use crate::harness::{Folder, ended};

/// Starts the run, or goes on with it, and kills it after `wait`.
fn start_and_kill(folder: &Folder, arguments: &[&str], wait: Duration) {
    let mut child = folder
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    child.kill().unwrap();
    super::refuse_panics(&ended(child).err);
}

#[test]
fn a_run_that_was_killed_anywhere_ends_with_the_same_bits() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(1);
    for kill in 0..times(20) {
        let directory = format!("killed-{kill}");
        let arguments = ["train", "config.toml", "--run-dir", &directory];
        start_and_kill(&folder, &arguments, time.mul_f64(random.share()));
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "kill {kill}");
        assert_eq!(
            metrics(&folder, &directory),
            metrics(&folder, "whole"),
            "kill {kill}"
        );
        std::fs::remove_dir_all(folder.path(&directory)).unwrap();
    }
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
            start_and_kill(&folder, arguments, time.mul_f64(0.5 * random.share()));
        }
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "chain {chain}");
        assert_eq!(metrics(&folder, &directory), metrics(&folder, "whole"));
    }
}
