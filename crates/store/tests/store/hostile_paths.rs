//! B24: nothing outside the run directory changes, whatever is planted inside it or put in its place.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use polytask_store::{Log, Retention, RunDir, RunRecord, StoreError, Text};

use crate::samples::{checkpoint, run};

const KEEP: Retention = Retention {
    keep_last: 1,
    keep_best: 0,
};

/// A folder that must not change.
fn sentinel(base: &Path) -> PathBuf {
    let folder = base.join("sentinel");
    std::fs::create_dir(&folder).unwrap();
    for name in [
        "run.json",
        "config.toml",
        "metrics.jsonl",
        "lock",
        "step-00000001.ckpt",
        "latest",
    ] {
        std::fs::write(folder.join(name), "precious").unwrap();
    }
    folder
}

fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn a_symbolic_link_in_place_of_the_run_directory_is_not_taken() {
    let base = tempfile::tempdir().unwrap();
    let sentinel = sentinel(base.path());
    let before = snapshot(&sentinel);
    let empty = base.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (name, target) in [
        ("to-full", &sentinel),
        ("to-empty", &empty),
        ("to-nowhere", &base.path().join("nowhere")),
    ] {
        let link = base.path().join(name);
        symlink(target, &link).unwrap();
        let error = RunDir::create_at(&link, SystemTime::now()).unwrap_err();
        assert!(
            matches!(error, StoreError::Symlink { .. }),
            "{name}: {error}"
        );
    }
    // The folder of one name's runs.
    let runs = base.path().join("runs");
    std::fs::create_dir(&runs).unwrap();
    symlink(&sentinel, runs.join("student")).unwrap();
    assert!(RunDir::create(&runs, "student", SystemTime::now()).is_err());
    // A run that is a link can be read, not locked.
    let real = run(base.path(), &[1]).path().to_owned();
    let link = base.path().join("run-link");
    symlink(&real, &link).unwrap();
    assert!(matches!(
        RunDir::open(&link).unwrap().lock(),
        Err(StoreError::Symlink { .. })
    ));
    assert_eq!(snapshot(&sentinel), before);
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
}

#[test]
fn symbolic_links_planted_inside_are_replaced_or_refused_and_never_followed() {
    let base = tempfile::tempdir().unwrap();
    let sentinel = sentinel(base.path());
    let before = snapshot(&sentinel);
    let path = run(base.path(), &[1]).path().to_owned();
    let plant = |name: &str, target: &Path| {
        let _ = std::fs::remove_file(path.join(name));
        symlink(target, path.join(name)).unwrap();
    };
    plant("run.json", &sentinel.join("run.json"));
    plant("config.toml", &sentinel.join("config.toml"));
    plant("metrics.jsonl", &sentinel.join("metrics.jsonl"));
    plant(
        "checkpoints/step-00000002.ckpt",
        &sentinel.join("step-00000001.ckpt"),
    );
    plant("checkpoints/index.json", &sentinel.join("latest"));
    let pid = std::process::id();
    for attempt in 0..3 {
        plant(
            &format!(".run.json.{pid}-{attempt}.tmp"),
            &sentinel.join("run.json"),
        );
        plant(
            &format!("checkpoints/.step-00000002.ckpt.{pid}-{attempt}.tmp"),
            &sentinel.join("new"),
        );
    }
    let mut writer = RunDir::open(&path).unwrap().lock().unwrap();
    assert!(writer.swept().is_empty(), "a link is not ours to delete");
    writer
        .write_record(&RunRecord::begun("id", "student", SystemTime::now()))
        .unwrap();
    writer.write_text(Text::Config, "seed = 1").unwrap();
    assert!(matches!(
        writer.journal(Log::Metrics),
        Err(StoreError::Symlink { .. })
    ));
    writer.publish(&checkpoint(2), &KEEP).unwrap();
    for name in [
        "run.json",
        "config.toml",
        "checkpoints/step-00000002.ckpt",
        "checkpoints/index.json",
    ] {
        assert!(
            path.join(name).symlink_metadata().unwrap().is_file(),
            "{name}"
        );
    }
    drop(writer);
    plant("lock", &sentinel.join("lock"));
    assert!(matches!(
        RunDir::open(&path).unwrap().lock(),
        Err(StoreError::Symlink { .. })
    ));
    assert_eq!(snapshot(&sentinel), before);
}

#[test]
fn a_linked_folder_of_checkpoints_is_refused() {
    let base = tempfile::tempdir().unwrap();
    let sentinel = sentinel(base.path());
    let before = snapshot(&sentinel);
    let path = run(base.path(), &[1]).path().to_owned();
    std::fs::remove_dir_all(path.join("checkpoints")).unwrap();
    symlink(&sentinel, path.join("checkpoints")).unwrap();
    assert!(matches!(
        RunDir::open(&path).unwrap().lock(),
        Err(StoreError::Symlink { .. })
    ));
    assert_eq!(snapshot(&sentinel), before);
}

#[test]
fn a_run_directory_that_is_exchanged_while_it_is_held_stays_the_one_that_was_locked() {
    let base = tempfile::tempdir().unwrap();
    let sentinel = sentinel(base.path());
    std::fs::create_dir(sentinel.join("checkpoints")).unwrap();
    std::fs::write(sentinel.join("checkpoints/step-00000001.ckpt"), "precious").unwrap();
    let before = (
        snapshot_files(&sentinel),
        snapshot(&sentinel.join("checkpoints")),
    );
    let mut writer = run(base.path(), &[1]);
    let (path, aside) = (writer.path().to_owned(), base.path().join("aside"));
    std::fs::rename(&path, &aside).unwrap();
    symlink(&sentinel, &path).unwrap();

    writer.publish(&checkpoint(2), &KEEP).unwrap();
    writer
        .write_record(&RunRecord::begun("id", "student", SystemTime::now()))
        .unwrap();
    writer.write_text(Text::Config, "seed = 1").unwrap();
    let (mut metrics, _) = writer.journal(Log::Metrics).unwrap();
    metrics.append(&serde_json::json!({"step": 2})).unwrap();
    metrics.truncate_after(1).unwrap();

    assert_eq!(
        (
            snapshot_files(&sentinel),
            snapshot(&sentinel.join("checkpoints"))
        ),
        before
    );
    assert!(aside.join("checkpoints/step-00000002.ckpt").is_file());
    assert!(
        !aside.join("checkpoints/step-00000001.ckpt").exists(),
        "retention went with the handle"
    );
}

fn snapshot_files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn scratch_files_of_the_dead_are_swept_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let path = run(base.path(), &[1]).path().to_owned();
    let litter = [
        ".run.json.1-0.tmp",
        "checkpoints/.step-00000009.ckpt.77-2.tmp",
        "checkpoints/.index.json.5-0.tmp",
    ];
    let others = [
        "notes.tmp",
        ".vimrc.tmp",
        "checkpoints/.cache.tmp",
        "checkpoints/.thesis.tex.1-0.tmp",
        "checkpoints/x.ckpt.tmp",
    ];
    for name in litter.iter().chain(&others) {
        std::fs::write(path.join(name), "half").unwrap();
    }
    let reader = RunDir::open(&path).unwrap();
    assert!(
        litter.iter().all(|name| path.join(name).exists()),
        "only under the lock"
    );
    let writer = reader.lock().unwrap();
    let mut swept: Vec<_> = writer
        .swept()
        .iter()
        .map(|one| one.strip_prefix(&path).unwrap().to_str().unwrap())
        .collect();
    swept.sort_unstable();
    let mut expected = litter.to_vec();
    expected.sort_unstable();
    assert_eq!(swept, expected);
    assert!(others.iter().all(|name| path.join(name).exists()));
}
