//! A damaged checkpoint is never loaded, and a run falls back to a whole one, aloud.

use std::path::Path;

use super::random::Random;
use super::{copy_folder, micro, newest_first, refuse_panics, times};
use crate::harness::Folder;

/// One damage of a file.
fn damaged(bytes: &[u8], number: usize, random: &mut Random) -> (String, Vec<u8>) {
    let mut bytes = bytes.to_vec();
    // A third each near the front, where the lengths are, near the end, and anywhere.
    let length = bytes.len();
    let at = match number % 3 {
        0 => random.below(256.min(length)),
        1 => length - 1 - random.below(256.min(length)),
        _ => random.below(length),
    };
    let what = match number / 3 % 6 {
        0 | 1 => {
            bytes[at] ^= 1 << random.below(8);
            "one bit turned"
        }
        2 => {
            bytes[at] = !bytes[at];
            "one byte turned"
        }
        3 => {
            bytes.truncate(at);
            "cut"
        }
        4 => {
            let again = bytes[at..(at + 64).min(length)].to_vec();
            bytes.splice(at..at, again);
            "bytes twice"
        }
        _ => {
            bytes.push(0);
            "a byte more"
        }
    };
    (
        format!("mutant {number}, {what} at {at} of {length}"),
        bytes,
    )
}

#[test]
fn each_damage_of_a_checkpoint_is_refused() {
    let folder = micro();
    folder.train("r", &["--set", "train.epochs=2"]);
    let bytes = std::fs::read(&newest_first(&folder, "r")[0]).unwrap();
    let mutant = folder.path("mutant.ckpt");
    std::fs::write(&mutant, &bytes).unwrap();
    // The control: it is the damage that is refused, not the file's name or place.
    for command in ["verify", "evaluate", "digest"] {
        folder.run(&[command, "mutant.ckpt"]).expect(0);
    }
    folder
        .run(&["resume", "r", "--from", "mutant.ckpt"])
        .expect(0);
    let mut random = Random::new(3);
    for number in 0..times(250) {
        let (what, damaged) = damaged(&bytes, number, &mut random);
        std::fs::write(&mutant, damaged).unwrap();
        let resume: &[&str] = &["resume", "r", "--from", "mutant.ckpt"];
        let commands: [&[&str]; 3] = [
            &["verify", "mutant.ckpt"],
            &["evaluate", "mutant.ckpt"],
            resume,
        ];
        // Every third is enough of the slowest.
        for command in &commands[..if number % 3 == 0 { 3 } else { 2 }] {
            let ended = folder.run(command);
            refuse_panics(&ended.err);
            assert_eq!(
                ended.code, 6,
                "{what}, {command:?}: {}\n{}",
                ended.out, ended.err
            );
            assert!(ended.err.contains("mutant.ckpt"), "{what}: {}", ended.err);
        }
    }
}

/// Each makes the file unreadable in another way.
const WAYS: [fn(&Path); 5] = [
    |path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        std::fs::write(path, bytes).unwrap();
    },
    |path| std::fs::write(path, "").unwrap(),
    |path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() - 100]).unwrap();
    },
    |path| {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    },
    |path| {
        std::fs::write(
            path,
            "not a checkpoint at all, though long enough to be one",
        )
        .unwrap()
    },
];

fn warnings(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with("warning"))
        .collect()
}

#[test]
fn a_run_falls_back_with_one_warning_for_each_file_that_it_passes_over() {
    let folder = micro();
    let short = ["--set", "train.epochs=6", "--set", "checkpoint.keep_last=4"];
    let whole = folder.train("r", &short);
    let files = newest_first(&folder, "r");
    assert!(files.len() >= 4, "{files:?}");
    for (number, way) in WAYS.iter().enumerate() {
        let bad = 1 + number % 3;
        let directory = format!("damaged-{number}");
        copy_folder(&folder.path("r"), &folder.path(&directory));
        let damaged = &newest_first(&folder, &directory)[..bad];
        damaged.iter().for_each(|path| way(path));
        folder.run(&["resume", &directory, "--strict"]).expect(6);
        let ended = folder.run(&["resume", &directory]).expect(0);
        let warned = warnings(&ended.err);
        assert_eq!(warned.len(), bad, "way {number}:\n{}", ended.err);
        for (path, line) in damaged.iter().zip(warned) {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(line.contains(name), "{name} in {line}");
        }
        assert_eq!(folder.digest(&directory), whole, "way {number}");
    }
}

#[test]
fn a_checkpoint_that_was_deleted_is_trained_again() {
    let folder = micro();
    let whole = folder.train("r", &["--set", "train.epochs=6"]);
    std::fs::remove_file(&newest_first(&folder, "r")[0]).unwrap();
    folder.run(&["resume", "r"]).expect(0);
    assert_eq!(folder.digest("r"), whole);
}

#[test]
fn without_one_valid_checkpoint_all_are_listed_and_kept() {
    let folder = micro();
    folder.train("r", &["--set", "train.epochs=6"]);
    let files = newest_first(&folder, "r");
    for (path, way) in files.iter().zip(WAYS.iter().cycle()) {
        way(path);
    }
    let ended = folder.run(&["resume", "r"]).expect(6);
    for path in &files {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(ended.err.contains(name), "{name} in {}", ended.err);
        assert!(path.exists(), "{name}");
    }
}

#[test]
fn parts_of_two_runs_do_not_make_one() {
    let folder: Folder = micro();
    folder.train("a", &["--set", "train.epochs=2"]);
    folder.train("b", &["--set", "train.epochs=2", "--seed", "7"]);
    let [a, b] = ["a", "b"].map(|run| std::fs::read(&newest_first(&folder, run)[0]).unwrap());
    let middle = a.len().min(b.len()) / 2;
    let mixed = [&a[..middle], &b[middle..]].concat();
    std::fs::write(folder.path("mixed.ckpt"), mixed).unwrap();
    folder.run(&["verify", "mixed.ckpt"]).expect(6);
    folder.run(&["evaluate", "mixed.ckpt"]).expect(6);
}
