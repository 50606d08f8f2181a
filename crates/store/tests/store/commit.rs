//! What a save promises when nothing goes wrong, and what it refuses to save.

use polytask_store::{Checkpoint, Class, Part, Retention, RunDir, StoreError, read, write};

use crate::samples::{checkpoint, run};

#[test]
fn a_checkpoint_of_the_same_step_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("step-00000005.ckpt");
    write(&path, &checkpoint(5)).unwrap();
    let other = checkpoint(5).with_meta("note", "the second");
    write(&path, &other).unwrap();
    assert_eq!(read(&path).unwrap().meta["note"], "the second");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_read_back_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("step-00000001.ckpt");
    let text = |name: &str| Part::text(name, "x");
    let bad = [
        (
            "appears twice",
            Checkpoint::at_step(1)
                .with_part(text("a"))
                .with_part(text("b"))
                .with_part(text("a")),
        ),
        ("empty", Checkpoint::at_step(1).with_part(text(""))),
        (
            "plain text",
            Checkpoint::at_step(1).with_part(text("a\u{7}")),
        ),
        (
            "limit",
            Checkpoint::at_step(1).with_part(text(&"x".repeat(2000))),
        ),
        (
            "12 bytes, 8 expected",
            Checkpoint::at_step(1).with_part(Part::f32("a", vec![2], &[1., 2., 3.])),
        ),
        (
            "limit",
            Checkpoint::at_step(1).with_part(Part::f32("a", vec![1; 17], &[1.])),
        ),
        (
            "limit",
            Checkpoint::at_step(1).with_meta("config", "x".repeat(17 << 20)),
        ),
        (
            "way we write",
            Checkpoint::at_step(1).with_meta("step", "007"),
        ),
    ];
    for (because, checkpoint) in bad {
        let error = write(&path, &checkpoint).unwrap_err();
        assert_eq!(error.class(), Class::Refused);
        assert!(error.to_string().contains(because), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn retention_keeps_the_last_and_the_best_and_tells_what_it_deleted() {
    let base = tempfile::tempdir().unwrap();
    let run = RunDir::create(base.path(), "kept", std::time::SystemTime::now()).unwrap();
    let retention = Retention {
        keep_last: 2,
        keep_best: 1,
    };
    let mut deleted = Vec::new();
    for (step, score) in [(1, 0.5), (2, 0.9), (3, f64::NAN), (4, 0.9), (5, 0.1)] {
        let saved = run
            .publish(
                &Checkpoint::at_step(step).with_score(Some(score)),
                &retention,
            )
            .unwrap();
        assert!(saved.path.is_file());
        deleted.extend(saved.deleted);
    }
    let names: Vec<_> = deleted
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["step-00000001.ckpt", "step-00000003.ckpt"]);
    let steps: Vec<_> = run
        .checkpoints()
        .unwrap()
        .iter()
        .map(|one| one.named_step)
        .collect();
    assert_eq!(steps, [2, 4, 5]);
    let index = std::fs::read_to_string(run.checkpoints_path().join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    assert_eq!(index["checkpoints"][0]["file"], "step-00000002.ckpt");
    assert_eq!(index["checkpoints"][0]["score"], 0.9);
    assert_eq!(index["checkpoints"].as_array().unwrap().len(), 3);
}

#[test]
fn only_our_own_sound_files_are_deleted() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[1, 2, 3, 4]);
    let folder = run.checkpoints_path();
    let spoilt = folder.join("step-00000003.ckpt");
    let mut bytes = std::fs::read(&spoilt).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&spoilt, &bytes).unwrap();
    // A copy under another name, one with another step's name, somebody's notes, a file that only has our name.
    std::fs::copy(
        folder.join("step-00000001.ckpt"),
        folder.join("before-tuning.ckpt"),
    )
    .unwrap();
    std::fs::copy(
        folder.join("step-00000001.ckpt"),
        folder.join("step-00000000.ckpt"),
    )
    .unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    std::fs::write(folder.join("step-00000999.ckpt"), "not a checkpoint").unwrap();

    let saved = run
        .publish(
            &checkpoint(5),
            &Retention {
                keep_last: 2,
                keep_best: 0,
            },
        )
        .unwrap();
    let mut left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    // 3 is spoilt, so it does not count: 4 and 5 are the last two.
    assert_eq!(
        left,
        [
            "before-tuning.ckpt",
            "index.json",
            "notes.txt",
            "step-00000000.ckpt",
            "step-00000003.ckpt",
            "step-00000004.ckpt",
            "step-00000005.ckpt",
            "step-00000999.ckpt"
        ]
    );
    assert_eq!(saved.deleted.len(), 2);
    assert_eq!(saved.invalid.len(), 2, "{:?}", saved.invalid);
}

#[test]
fn a_spoilt_file_that_should_stay_is_replaced_in_the_count_by_an_older_one() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[1, 2, 3]);
    let spoilt = run.checkpoints_path().join("step-00000003.ckpt");
    let mut bytes = std::fs::read(&spoilt).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&spoilt, &bytes).unwrap();
    let saved = run
        .publish(
            &checkpoint(4),
            &Retention {
                keep_last: 2,
                keep_best: 0,
            },
        )
        .unwrap();
    let names = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&saved.deleted), ["step-00000001.ckpt"]);
    assert_eq!(saved.invalid.len(), 1);
    assert_eq!(saved.invalid[0].path, spoilt);
    assert!(spoilt.is_file());
}

#[test]
fn what_stands_in_the_way_is_set_aside_and_kept() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[1]);
    let folder = run.checkpoints_path();
    std::fs::create_dir(folder.join("step-00000002.ckpt")).unwrap();
    std::fs::write(folder.join("step-00000002.ckpt").join("precious"), "x").unwrap();
    std::fs::write(folder.join("step-00000003.ckpt"), "torn").unwrap();
    let keep = Retention {
        keep_last: 9,
        keep_best: 0,
    };
    run.publish(&checkpoint(2), &keep).unwrap();
    run.publish(&checkpoint(3), &keep).unwrap();
    assert!(
        folder
            .join("step-00000002.ckpt.refused-0")
            .join("precious")
            .is_file()
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("step-00000003.ckpt.refused-0")).unwrap(),
        "torn"
    );
    assert!(
        run.checkpoints()
            .unwrap()
            .iter()
            .all(|one| one.found.is_ok())
    );
}

#[test]
fn a_checkpoint_without_a_step_is_no_commit_point() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[]);
    let error = run
        .publish(
            &Checkpoint::default(),
            &Retention {
                keep_last: 1,
                keep_best: 0,
            },
        )
        .unwrap_err();
    assert!(matches!(error, StoreError::Unsavable { .. }), "{error}");
}

#[test]
fn a_disk_that_is_too_small_is_refused_with_its_numbers() {
    let here = std::env::temp_dir();
    let error =
        polytask_store::require_space(&here, u64::MAX / 2, "save two checkpoints").unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("no room to save two checkpoints: 9223372036854775807 bytes needed, "),
        "{text}"
    );
    assert!(text.ends_with(" free"), "{text}");
}
