//! Faults at named points of the program, through the binary: `cargo test --release -p polytask --features failpoints`.
#![cfg(all(unix, feature = "failpoints"))]

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::stops::send;
use super::{micro, newest_first};
use crate::harness::{Ended, Folder, ended};

fn start(folder: &Folder, arguments: &[&str], fault: &str) -> Child {
    folder
        .command(arguments)
        .env("POLYTASK_FAILPOINT", fault)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(folder: &Folder, arguments: &[&str], fault: &str) -> Ended {
    ended(start(folder, arguments, fault))
}

/// How long the disk is stuck: `POLYTASK_STUCK_MS`, or 2 s.
fn stuck() -> u64 {
    std::env::var("POLYTASK_STUCK_MS").map_or(2000, |text| text.parse().unwrap())
}

/// Returns when one and the same unfinished checkpoint has been there for a while: the disk is stuck.
fn wait_until_stuck(checkpoints: &Path) {
    let unfinished = || {
        let entries = std::fs::read_dir(checkpoints).ok()?;
        let mut names = entries
            .flatten()
            .map(|entry| entry.file_name().into_string().unwrap());
        names.find(|name| name.ends_with(".tmp"))
    };
    let begun = Instant::now();
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the disk was never stuck"
        );
        let seen = unfinished();
        std::thread::sleep(Duration::from_millis(300));
        if seen.is_some() && seen == unfinished() {
            return;
        }
    }
}

#[test]
fn a_worker_that_dies_ends_the_run_as_a_bug_and_never_an_epoch() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    for (number, prefetch) in [0, 1, 4].into_iter().enumerate() {
        let directory = format!("r-{number}");
        let prefetch = format!("train.prefetch={prefetch}");
        let arguments = [
            "train",
            "config.toml",
            "--run-dir",
            &directory,
            "--set",
            &prefetch,
        ];
        // In the middle of the fifth epoch of 16 batches, and of a step of two.
        let ended = run(&folder, &arguments, "training.batch:74:panic");
        super::expect_one_of(&ended, &[1]);
        assert!(ended.err.contains("a bug in polytask"), "{}", ended.err);
        assert!(ended.err.contains("please report"), "{}", ended.err);
        let good = newest_first(&folder, &directory).remove(0);
        let name = good.file_name().unwrap().to_str().unwrap();
        let last = ended
            .err
            .lines()
            .rfind(|line| line.contains("checkpoint is"));
        let is_named = last.is_some_and(|line| line.contains(name));
        assert!(is_named, "{name} in {}", ended.err);
        folder
            .run(&["verify", &format!("{directory}/checkpoints/{name}")])
            .expect(0);
        assert_eq!(folder.record(&directory)["status"], "failed");
        // Four epochs were ended, and the fifth was not.
        let epochs = super::metrics(&folder, &directory);
        let epochs = epochs
            .iter()
            .filter(|line| line.contains("\"val\"") && line.contains("\"loss\""));
        let last = epochs.filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["epoch"].as_u64()
        });
        assert_eq!(last.max(), Some(4));
        folder.run(&["resume", &directory]).expect(0);
        assert_eq!(folder.digest(&directory), whole, "{prefetch}");
    }
}

#[test]
fn a_stop_with_a_stuck_disk_saves_as_soon_as_the_disk_goes_on() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let time = stuck();
    let fault = format!("checkpoint.fsync.before:3:sleep-{time}");
    let child = start(&folder, &["train", "config.toml", "--run-dir", "r"], &fault);
    wait_until_stuck(&folder.path("r/checkpoints"));
    let sent = Instant::now();
    send("-TERM", child.id());
    let ended = ended(child);
    super::expect_one_of(&ended, &[143]);
    assert!(
        sent.elapsed() < Duration::from_millis(time + 5000),
        "{:?}",
        sent.elapsed()
    );
    folder.run(&["verify", "r"]).expect(0);
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}

#[test]
fn a_second_interrupt_does_not_wait_for_a_stuck_disk() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let fault = format!("checkpoint.fsync.before:3:sleep-{}", stuck().max(5000));
    let child = start(&folder, &["train", "config.toml", "--run-dir", "r"], &fault);
    wait_until_stuck(&folder.path("r/checkpoints"));
    send("-INT", child.id());
    std::thread::sleep(Duration::from_millis(200));
    let sent = Instant::now();
    send("-INT", child.id());
    let ended = ended(child);
    assert!(
        sent.elapsed() < Duration::from_secs(1),
        "{:?}",
        sent.elapsed()
    );
    super::expect_one_of(&ended, &[130]);
    folder.run(&["verify", "r"]).expect(0);
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}
