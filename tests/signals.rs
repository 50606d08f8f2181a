//! Signals: the state is saved, the exit code tells which, and the run goes on bit for bit.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Folder, PICTURES};

const LONG: &[&str] = &[
    "-s",
    "train.epochs=200",
    "-s",
    "checkpoint.every=50 epochs",
    "-s",
    "checkpoint.keep_best=0",
];

/// Starts a run, and returns when it has begun its third epoch.
fn started(folder: &Folder, directory: &str) -> Child {
    let arguments = [
        &["train", "config.toml", "--run-dir", directory, "--json"],
        LONG,
    ]
    .concat();
    let mut child = folder
        .command(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut epochs = 0;
    while epochs < 2 {
        let mut line = String::new();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the run ended early"
        );
        epochs += usize::from(line.contains("\"event\":\"epoch\""));
    }
    // Goes on reading, as a closed pipe is another test.
    std::thread::spawn(move || lines.read_to_string(&mut String::new()));
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// As under `nohup`: what is ignored stays ignored in the programs that are started.
pub(crate) fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_never_stopped() {
    let folder = Folder::new(PICTURES);
    let whole = folder.train("whole", LONG);
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        if signal == "-HUP" && hangup_is_ignored() {
            println!("skipped: whoever started the tests ignores SIGHUP, and so does the program");
            continue;
        }
        let directory = format!("stopped{signal}");
        let mut child = started(&folder, &directory);
        let begun = Instant::now();
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        let record = folder.record(&directory);
        assert_eq!(
            (&record["status"], &record["exit_code"]),
            (&"interrupted".into(), &code.into())
        );
        assert_ne!(folder.digest(&directory), whole);
        folder.run(&["resume", &directory]).expect(0);
        assert_eq!(folder.digest(&directory), whole, "{signal}");
    }
}

#[test]
fn a_second_interrupt_ends_at_once_and_spoils_nothing() {
    let folder = Folder::new(PICTURES);
    let mut child = started(&folder, "r");
    let begun = Instant::now();
    send("-INT", &child);
    // It may be gone already, which is as good.
    drop(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .stderr(Stdio::null())
            .status(),
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(1));
    let verified = folder.run(&["verify", "r", "--json"]);
    assert!(verified.code == 0, "{}", verified.err);
}
