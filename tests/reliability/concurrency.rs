//! One run directory has one writer.
#![cfg(unix)]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::stops::send;
use super::{expect_one_of, micro, times};
use crate::harness::{Ended, Folder, ended};

/// Long enough to be under way when the last of eight has looked.
const LONG: &str = "train.epochs=200";
/// The longest that a process may take to find out that it is not alone.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Starts the run in `directory`, and returns when its first checkpoint is there.
fn held(folder: &Folder, directory: &str) -> Child {
    let child = folder
        .command(&[
            "train",
            "config.toml",
            "--run-dir",
            directory,
            "--set",
            LONG,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while super::newest_first(folder, directory).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Runs it to its end, and how long that took.
fn timed(folder: &Folder, arguments: &[&str]) -> (Ended, Duration) {
    let begun = Instant::now();
    let ended = folder.run(arguments);
    (ended, begun.elapsed())
}

#[test]
fn of_eight_runs_at_once_in_one_directory_one_proceeds() {
    let folder = micro();
    for round in 0..times(5) {
        let directory = format!("r-{round}");
        let arguments = [
            "train",
            "config.toml",
            "--run-dir",
            &directory,
            "--set",
            LONG,
        ];
        let started: Vec<_> = (0..8)
            .map(|_| {
                let child = folder
                    .command(&arguments)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                let (begun, process) = (Instant::now(), child.id());
                let waiting = std::thread::spawn(move || (ended(child), begun.elapsed()));
                (process, waiting)
            })
            .collect();
        // The losers end by themselves; the one that proceeds is stopped, as its end is another test's.
        let is_through = |waiting: &std::thread::JoinHandle<_>| !waiting.is_finished();
        let begun = Instant::now();
        while started
            .iter()
            .filter(|(_, waiting)| is_through(waiting))
            .count()
            > 1
        {
            assert!(begun.elapsed() < Duration::from_secs(20), "several go on");
            std::thread::sleep(Duration::from_millis(2));
        }
        let through = started.iter().find(|(_, waiting)| is_through(waiting));
        let holder = through.expect("none proceeded").0;
        send("-TERM", holder);
        for (process, waiting) in started {
            let (ended, time) = waiting.join().unwrap();
            if process == holder {
                expect_one_of(&ended, &[143]);
                continue;
            }
            expect_one_of(&ended, &[9]);
            assert!(time < AT_ONCE, "round {round}: refused after {time:?}");
            let named = format!("process {holder}");
            assert!(ended.err.contains(&named), "{named} in {}", ended.err);
        }
        folder.run(&["verify", &directory]).expect(0);
        std::fs::remove_dir_all(folder.path(&directory)).unwrap();
    }
}

#[test]
fn a_holder_that_is_killed_leaves_no_lock() {
    let folder = micro();
    let whole = folder.train("whole", &["--set", LONG]);
    let mut child = held(&folder, "r");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(folder.path("r/lock").exists());
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}

#[test]
fn a_suspended_holder_keeps_its_lock_and_stops_no_reader() {
    let folder = micro();
    let child = held(&folder, "r");
    let process = child.id();
    send("-STOP", process);
    for arguments in [
        &["resume", "r"][..],
        &["train", "config.toml", "--run-dir", "r"],
    ] {
        let (ended, time) = timed(&folder, arguments);
        expect_one_of(&ended, &[9]);
        let holder = format!("process {process}");
        assert!(ended.err.contains(&holder), "{holder} in {}", ended.err);
        assert!(time < AT_ONCE, "refused after {time:?}");
    }
    for reader in ["digest", "verify", "evaluate", "inspect"] {
        let (ended, time) = timed(&folder, &[reader, "r"]);
        expect_one_of(&ended, &[0]);
        assert!(time < Duration::from_secs(5), "{reader} took {time:?}");
    }
    send("-CONT", process);
    send("-TERM", process);
    expect_one_of(&ended(child), &[143]);
    folder.run(&["verify", "r"]).expect(0);
}

#[test]
fn who_resumes_holds_the_lock_too() {
    let folder = micro();
    let mut child = held(&folder, "r");
    child.kill().unwrap();
    child.wait().unwrap();
    let resuming = folder
        .command(&["resume", "r"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let holder = resuming.id().to_string();
    let begun = Instant::now();
    while folder.read("r/lock").trim() != holder {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it never resumed"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    let (second, time) = timed(&folder, &["resume", "r"]);
    expect_one_of(&second, &[9]);
    assert!(
        second.err.contains(&format!("process {holder}")),
        "{}",
        second.err
    );
    assert!(time < AT_ONCE, "refused after {time:?}");
    send("-TERM", resuming.id());
    expect_one_of(&ended(resuming), &[143]);
}

#[test]
fn readers_are_never_in_the_way_of_a_run() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let mut child = folder
        .command(&["train", "config.toml", "--run-dir", "r"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut read = 0;
    while child.try_wait().unwrap().is_none() {
        let ended = folder.run(&["digest", "r"]);
        // Before the first checkpoint there is nothing to read.
        expect_one_of(&ended, if read == 0 { &[0, 6] } else { &[0] });
        read += usize::from(ended.code == 0);
        if read > 0 {
            for reader in ["verify", "evaluate"] {
                let (ended, time) = timed(&folder, &[reader, "r"]);
                expect_one_of(&ended, &[0]);
                assert!(time < Duration::from_secs(5), "{reader} took {time:?}");
            }
        }
    }
    assert!(read > 0);
    assert!(child.wait().unwrap().success());
    assert_eq!(folder.digest("r"), whole);
}
