//! Stopped by a signal at any moment, a run goes on with the same rows in the same order, to the same bits.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::random::Random;
use super::{go_on, micro, times};
use crate::harness::{Folder, ended, students};
use crate::signals::hangup_is_ignored;

/// Steps of the run in [`super::MICRO`]: 128 rows, 16 a step, 30 epochs.
const STEPS: usize = 240;

pub(super) fn send(signal: &str, process: u32) {
    // It may have ended by itself a moment ago.
    let _sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
}

/// Step and rows of each step in the lines of `--trace-samples`.
fn traced(text: &str) -> Vec<(u64, Value)> {
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["event"] == "step")
        .map(|event| (event["step"].as_u64().unwrap(), event["samples"].clone()))
        .collect()
}

/// Trains with a trace, and stops the run as soon as `steps` steps are told.
fn traced_until(folder: &Folder, directory: &str, steps: usize) -> String {
    let arguments = [
        "train",
        "config.toml",
        "--run-dir",
        directory,
        "--trace-samples",
    ];
    let mut child = folder
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    let mut seen = 0;
    while seen < steps && lines.read_line(&mut text).unwrap() > 0 {
        seen += 1;
    }
    send("-TERM", child.id());
    lines.read_to_string(&mut text).unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(143 | 0)), "{code:?}");
    // What follows the trace is the result of a run that was through already.
    text.lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn the_rows_of_a_stopped_run_come_in_the_same_order() {
    let folder = micro();
    let whole = traced_until(&folder, "whole", usize::MAX);
    let whole = traced(&whole);
    assert_eq!(whole.len(), STEPS);
    let weights = |run: &str| folder.run(&["digest", run]).expect(0).out;
    let mut random = Random::new(4);
    // The last step of an epoch, the first of the next, and anywhere.
    let stops = [8, 9]
        .into_iter()
        .chain((2..times(10)).map(|_| 1 + random.below(STEPS - 20)));
    for (number, stop) in stops.enumerate() {
        let directory = format!("stopped-{number}");
        let mut text = traced_until(&folder, &directory, stop);
        let prefetch = format!("train.prefetch={}", number % 4);
        let resumed = folder
            .run(&["resume", &directory, "--trace-samples", "--set", &prefetch])
            .expect(0);
        text.extend(
            resumed
                .out
                .lines()
                .filter(|line| line.starts_with('{'))
                .map(|line| format!("{line}\n")),
        );
        assert!(
            traced(&text) == whole,
            "stopped after {stop} steps:\n{text}"
        );
        assert_eq!(weights(&directory), weights("whole"));
    }
}

#[test]
fn a_run_that_is_stopped_before_its_first_step_or_in_validation_goes_on_to_the_same_rows() {
    let folder = micro();
    // Validation takes longer than a signal does to arrive.
    folder.write("val.csv", &students(160..6160));
    let config = folder
        .read("config.toml")
        .replace("ids = [\"id\"]", "ids = [\"id\"]\nval = \"val.csv\"")
        .replace("epochs = 30", "epochs = 2");
    folder.write("config.toml", &config);
    let whole = traced(&traced_until(&folder, "whole", usize::MAX));
    let per_epoch = whole.len() / 2;
    for (number, stop) in [0, per_epoch].into_iter().enumerate() {
        let directory = format!("stopped-{number}");
        let mut text = if stop == 0 {
            stopped_at_the_start(&folder, &directory)
        } else {
            traced_until(&folder, &directory, stop)
        };
        assert_eq!(traced(&text).len(), stop, "{text}");
        let metrics = folder.read(&format!("{directory}/metrics.jsonl"));
        assert!(!metrics.contains("\"val\""), "{metrics}");
        let resumed = folder
            .run(&["resume", &directory, "--trace-samples"])
            .expect(0);
        let lines = resumed.out.lines().filter(|line| line.starts_with('{'));
        text.extend(lines.map(|line| format!("{line}\n")));
        assert!(
            traced(&text) == whole,
            "stopped after {stop} steps:\n{text}"
        );
        assert_eq!(folder.digest(&directory), folder.digest("whole"));
    }
}

/// Stops a run between its first checkpoint, of step 0, and its first step: it is suspended as soon as that file is there, and
/// again from the start if it was too late.
fn stopped_at_the_start(folder: &Folder, directory: &str) -> String {
    let first = folder
        .path(directory)
        .join("checkpoints/step-00000000.ckpt");
    for _ in 0..50 {
        let arguments = [
            "train",
            "config.toml",
            "--run-dir",
            directory,
            "--trace-samples",
        ];
        let child = folder
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !first.exists() {
            std::hint::spin_loop();
        }
        send("-TERM", child.id());
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        if traced(&text).is_empty() {
            return text;
        }
        std::fs::remove_dir_all(folder.path(directory)).unwrap();
    }
    panic!("no signal came before the first step");
}

#[test]
fn a_signal_at_any_moment_saves_the_state() {
    let folder = micro();
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(5);
    // Under nohup SIGHUP is ignored, and another signal takes its place.
    let hangup = match hangup_is_ignored() {
        true => (15, "-TERM", 143),
        false => (1, "-HUP", 129),
    };
    for number in 0..times(15) {
        let (signal, name, code) = [(2, "-INT", 130), (15, "-TERM", 143), hangup][number % 3];
        let directory = format!("stopped-{number}");
        let child = folder
            .command(&["train", "config.toml", "--run-dir", &directory])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(time.mul_f64(random.share()));
        let sent = Instant::now();
        send(name, child.id());
        let output = child.wait_with_output().unwrap();
        assert!(
            sent.elapsed() < Duration::from_secs(5),
            "{:?}",
            sent.elapsed()
        );
        super::refuse_panics(&String::from_utf8_lossy(&output.stderr));
        // Before the run begins there is nothing to save, and the signal does what it does by itself.
        let is_too_early = output.status.signal() == Some(signal);
        let is_too_late = output.status.success();
        assert!(
            output.status.code() == Some(code) || is_too_early || is_too_late,
            "{name}: {:?}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "stop {number} by {name}");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_stop_a_run() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let mut child = folder
        .command(&["train", "config.toml", "--run-dir", "r", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = ended(child);
    super::refuse_panics(&ended.err);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(folder.digest("r"), whole);
}

#[test]
fn a_pipe_into_head_does_not_stop_a_run() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    for (number, more) in ["--json", "--ui lines"].into_iter().enumerate() {
        let program = env!("CARGO_BIN_EXE_polytask");
        let pipe = format!("\"{program}\" train config.toml --run-dir r-{number} {more} | head -1");
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", &pipe])
            .current_dir(folder.path(""))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        super::refuse_panics(&told);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(folder.record(&format!("r-{number}"))["status"], "finished");
        assert_eq!(folder.digest(&format!("r-{number}")), whole);
    }
}
