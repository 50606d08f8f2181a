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
