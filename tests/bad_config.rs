//! What a user reads who got a config wrong: `tests/bad_config/NAME/` holds `config.toml`, the `stderr` of `polytask check`
//! and, where needed, `arguments` (one per line) and other files. `SNAPSHOTS=overwrite cargo e2e bad_config` writes the
//! `stderr` files anew; read what changed before it is committed.

use std::path::{Path, PathBuf};

use crate::harness::{Ended, Folder};

/// The exit code is pinned too; the folder of the test is another each time.
fn snapshot(ended: &Ended, folder: &Folder) -> String {
    let directory = folder.path("").canonicalize().unwrap();
    let text = ended
        .err
        .replace(&format!("{}/", directory.display()), "FOLDER/");
    format!("exit code {}\n{text}", ended.code)
}

fn cases() -> Vec<PathBuf> {
    // Tests start in the folder of their package, crates/cli.
    let mut cases: Vec<PathBuf> = std::fs::read_dir("../../tests/bad_config")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

/// How `check` ends on a case, and what of it is pinned.
fn check(case: &Path) -> (Ended, String) {
    let folder = Folder::new("");
    let mut level = vec!["--level".to_owned(), "data".to_owned()];
    for entry in std::fs::read_dir(case).unwrap() {
        let path = entry.unwrap().path();
        match path.file_name().unwrap().to_str().unwrap() {
            "stderr" => {}
            "arguments" => {
                level = std::fs::read_to_string(&path)
                    .unwrap()
                    .lines()
                    .map(str::to_owned)
                    .collect();
            }
            name => {
                std::fs::copy(&path, folder.path(name)).unwrap();
            }
        }
    }
    let mut arguments = vec!["check", "config.toml"];
    arguments.extend(level.iter().map(String::as_str));
    let ended = folder.run(&arguments);
    let text = snapshot(&ended, &folder);
    (ended, text)
}

#[test]
fn each_wrong_config_is_told_as_it_was_read_and_approved() {
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite");
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let (ended, now) = check(case);
        let name = case.file_name().unwrap().to_string_lossy();
        // What changes nothing or is unusual is a warning, and stops nobody.
        let is_fine = match name.starts_with("unus") {
            true => matches!(ended.code, 0 | 3) && ended.err.contains("warning["),
            false => matches!(ended.code, 2..=5),
        };
        assert!(
            is_fine && !ended.err.contains("panicked"),
            "{name}: exit code {}\n{}{}",
            ended.code,
            ended.out,
            ended.err
        );
        let file = case.join("stderr");
        if overwrite {
            std::fs::write(&file, now).unwrap();
        } else {
            let approved = std::fs::read_to_string(&file).unwrap_or_default();
            if approved != now {
                wrong.push(format!(
                    "=== {name}\n--- approved\n{approved}\n--- now\n{now}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
