//! A disk that fills up ends a run with exit code 10, and the last good checkpoint survives.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::micro;

/// A file system in memory, unmounted when dropped.
struct Small(PathBuf);

impl Small {
    /// `None` where that is not allowed.
    fn mount(path: PathBuf, bytes: u64) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            Some(Self(path))
        } else {
            eprintln!("skipped: only root may mount a file system of limited size");
            None
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    for size in [4096, 64, 1] {
        while file.write_all(&vec![b'.'; size]).is_ok() {}
    }
}

#[test]
fn a_disk_that_fills_up_leaves_the_last_good_checkpoint() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let Some(_disk) = Small::mount(folder.path("disk"), 4 << 20) else {
        return;
    };
    let mut child = folder
        .command(&["train", "config.toml", "--run-dir", "disk/r", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut saved = 0;
    while saved < 3 {
        let mut line = String::new();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the run ended early"
        );
        saved += usize::from(line.contains("\"event\":\"checkpoint\""));
    }
    std::thread::spawn(move || lines.read_to_string(&mut String::new()));
    let filler = folder.path("disk/filler");
    while child.try_wait().unwrap().is_none() {
        fill(&filler);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let ended = crate::harness::ended(child);
    super::expect_one_of(&ended, &[10]);
    assert!(ended.err.contains("disk/r"), "{}", ended.err);

    std::fs::remove_file(&filler).unwrap();
    folder.run(&["verify", "disk/r"]).expect(0);
    folder.run(&["resume", "disk/r"]).expect(0);
    assert_eq!(folder.digest("disk/r"), whole);
}

#[test]
fn a_disk_with_too_little_room_is_found_out_before_the_first_step() {
    let folder = micro();
    let Some(_disk) = Small::mount(folder.path("disk"), 64 << 10) else {
        return;
    };
    fill(&folder.path("disk/filler"));
    std::fs::File::options()
        .write(true)
        .open(folder.path("disk/filler"))
        .unwrap()
        .set_len(36 << 10)
        .unwrap();
    let ended = folder.run(&["train", "config.toml", "--run-dir", "disk/r"]);
    super::expect_one_of(&ended, &[10]);
    assert!(ended.err.contains("disk/r"), "{}", ended.err);
}

impl Small {
    /// Gives it another size.
    fn resize(&self, bytes: u64) {
        let resized = Command::new("mount")
            .args(["-o", &format!("remount,size={bytes}")])
            .arg(&self.0)
            .status()
            .unwrap();
        assert!(resized.success());
    }
}

/// Wide enough that a checkpoint is many blocks of a disk: about 400 kB.
const WIDE: [&str; 4] = [
    "--set",
    "encoder.hidden=[256,128]",
    "--set",
    "train.epochs=8",
];

#[test]
fn a_disk_of_any_size_keeps_a_good_checkpoint_or_begins_nothing() {
    let folder = micro();
    let whole = folder.train("whole", &WIDE);
    let one = super::newest_first(&folder, "whole").remove(0);
    let one = std::fs::metadata(one).unwrap().len();
    // From 0.3 to 3 checkpoints in twelve steps, for one, two and three of them kept; a quarter of the sizes in the test.
    let sizes: Vec<u64> = (0..12)
        .map(|step| one * (30 + 270 * step / 11) / 100)
        .collect();
    let is_short = super::times(1) == 1;
    let cases = (1..=3).flat_map(|keep| sizes.iter().map(move |size| (keep, *size)));
    let mut endings = std::collections::BTreeMap::new();
    for (number, (keep, size)) in cases.enumerate() {
        if is_short && !matches!(number, 0 | 5 | 23) {
            continue;
        }
        let Some(disk) = Small::mount(folder.path("disk"), size) else {
            return;
        };
        let what = format!("{size} bytes for checkpoints of {one}, {keep} kept");
        let keep = format!("checkpoint.keep_last={keep}");
        let arguments = [
            "train",
            "config.toml",
            "--run-dir",
            "disk/r",
            "--set",
            &keep,
        ];
        let ended = folder.run(&[&arguments[..], &WIDE].concat());
        super::expect_one_of(&ended, &[0, 10]);
        let has_begun = !super::newest_first(&folder, "disk/r").is_empty();
        *endings.entry((ended.code, has_begun)).or_insert(0) += 1;
        if ended.code == 10 {
            assert!(ended.err.contains("disk"), "{what}: {}", ended.err);
            let is_counted = ended.err.contains("free") || ended.err.contains("No space");
            assert!(is_counted, "{what}: {}", ended.err);
        }
        if has_begun {
            let verified = folder.run(&["verify", "disk/r"]);
            super::expect_one_of(&verified, &[0]);
        }
        disk.resize(64 << 20);
        if has_begun {
            folder.run(&["resume", "disk/r"]).expect(0);
        } else {
            drop(std::fs::remove_dir_all(folder.path("disk/r")));
            folder.run(&[&arguments[..], &WIDE].concat()).expect(0);
        }
        assert_eq!(
            weights(&folder, "disk/r"),
            weights(&folder, "whole"),
            "{what}"
        );
    }
    println!(
        "exit code and whether a checkpoint was there: {endings:?}; all of {}",
        whole.trim()
    );
    // Both: some too small to begin.
    assert!(endings.keys().any(|(code, _)| *code == 10), "{endings:?}");
}

/// What is kept is part of the config, and so of the whole digest.
fn weights(folder: &crate::harness::Folder, run: &str) -> String {
    folder.run(&["digest", run]).expect(0).out
}

/// Runs it under a limit on the size of each file, in units of 1 kB.
fn limited(folder: &crate::harness::Folder, directory: &str, limit: u64) -> crate::harness::Ended {
    let program = env!("CARGO_BIN_EXE_polytask");
    let script =
        format!("ulimit -f {limit}; exec \"{program}\" train config.toml --run-dir {directory}");
    let child = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    crate::harness::ended(child)
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_no_silent_death() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let size = |name: &str| std::fs::metadata(folder.path(name)).unwrap().len() / 1024;
    let checkpoint = super::newest_first(&folder, "whole").remove(0);
    let checkpoint = std::fs::metadata(checkpoint).unwrap().len() / 1024;
    // Too small for a checkpoint.
    let ended = limited(&folder, "none", checkpoint / 2);
    super::expect_one_of(&ended, &[10]);
    assert!(ended.err.contains("none/"), "{}", ended.err);
    // Large enough for one, and too small for all metrics.
    let metrics = size("whole/metrics.jsonl");
    assert!(checkpoint + 8 < metrics, "{checkpoint} kB, {metrics} kB");
    let ended = limited(&folder, "r", metrics - 4);
    super::expect_one_of(&ended, &[10]);
    assert!(ended.err.contains("r/metrics.jsonl"), "{}", ended.err);
    folder.run(&["verify", "r"]).expect(0);
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}

#[test]
fn a_full_folder_for_temporary_files_stops_only_what_needs_one() {
    let folder = micro();
    let whole = folder.train("whole", &[]);
    let Some(_disk) = Small::mount(folder.path("tmp"), 64 << 10) else {
        return;
    };
    fill(&folder.path("tmp/filler"));
    let run = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("TMPDIR", folder.path("tmp"));
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        crate::harness::ended(child.unwrap())
    };
    run(&["train", "config.toml", "--run-dir", "r"]).expect(0);
    run(&["evaluate", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
    let passing = run(&["train", "config.toml", "--fast-dev-run"]).expect(10);
    let place = folder.path("tmp");
    assert!(
        passing.err.contains(place.to_str().unwrap()),
        "{}",
        passing.err
    );
}
