//! A run that is interrupted twice ends at once; one that is stopped with its group, or suspended, goes on to the same bits.
#![cfg(unix)]

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::random::Random;
use super::stops::send;
use super::{go_on, micro, times};
use crate::harness::{Folder, ended};

/// Starts the run of `config.toml` in a process group of its own.
fn started(folder: &Folder, directory: &str) -> std::process::Child {
    folder
        .command(&["train", "config.toml", "--run-dir", directory])
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Whether a thread of it is inside the kernel, waiting for a disk, where no signal reaches it.
fn waits_for_a_device(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return false;
    };
    let state = |thread: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let (_, after) = stat.rsplit_once(") ")?;
        after.chars().next()
    };
    threads.flatten().any(|thread| state(thread) == Some('D'))
}

#[test]
fn a_second_interrupt_ends_at_once_at_any_moment() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(6);
    for number in 0..times(5) {
        let directory = format!("stopped-{number}");
        let mut child = started(&folder, &directory);
        std::thread::sleep(time.mul_f64(random.share()));
        send("-INT", child.id());
        std::thread::sleep(Duration::from_millis(200));
        let again = Instant::now();
        send("-INT", child.id());
        while child.try_wait().unwrap().is_none() {
            let is_late = again.elapsed() > Duration::from_secs(1);
            assert!(!is_late || waits_for_a_device(child.id()), "still there");
            std::thread::sleep(Duration::from_millis(1));
        }
        let output = child.wait_with_output().unwrap();
        super::refuse_panics(&String::from_utf8_lossy(&output.stderr));
        let is_too_early = output.status.signal() == Some(2);
        assert!(
            matches!(output.status.code(), Some(0 | 130)) || is_too_early,
            "{:?}",
            output.status
        );
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "stop {number}");
    }
}

#[test]
fn a_signal_to_the_process_group_saves_the_state() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(7);
    for number in 0..times(3) {
        let directory = format!("stopped-{number}");
        let child = started(&folder, &directory);
        std::thread::sleep(time.mul_f64(random.share()));
        let sent = Instant::now();
        // What schedulers of clusters do.
        let group = format!("-{}", child.id());
        let _sent = Command::new("kill")
            .args(["-TERM", "--", &group])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            sent.elapsed() < Duration::from_secs(5),
            "{:?}",
            sent.elapsed()
        );
        let is_too_early = output.status.signal() == Some(15);
        assert!(
            matches!(output.status.code(), Some(0 | 143)) || is_too_early,
            "{:?}",
            output.status
        );
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "stop {number}");
    }
}

#[test]
fn a_run_that_is_suspended_goes_on_as_if_nothing_had_been() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(8);
    for number in 0..times(3) {
        let directory = format!("suspended-{number}");
        let child = started(&folder, &directory);
        for _ in 0..2 {
            std::thread::sleep(time.mul_f64(random.share() / 2.0));
            send("-STOP", child.id());
            std::thread::sleep(Duration::from_millis(100));
            send("-CONT", child.id());
        }
        let ended = ended(child);
        super::expect_one_of(&ended, &[0]);
        assert_eq!(folder.digest(&directory), whole, "run {number}");
        assert_eq!(
            super::metrics(&folder, &directory),
            super::metrics(&folder, "whole")
        );
    }
}

#[test]
fn a_suspended_run_hears_of_its_end_when_it_goes_on() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let child = started(&folder, "r");
    while !folder.path("r/metrics.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    for signal in ["-STOP", "-TERM", "-CONT"] {
        send(signal, child.id());
    }
    super::expect_one_of(&ended(child), &[143]);
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}
