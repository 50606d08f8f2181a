//! B6 and B13: the newest *valid* checkpoint by its own word, a reason for each that was passed over, nothing deleted.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use polytask_store::{Class, Fallback, Pick, RunDir, RunRecord, StoreError, write};

use crate::samples::{checkpoint, run};

const STEPS: [u64; 6] = [7, 14, 21, 28, 35, 42];

fn file(run: &RunDir, step: u64) -> PathBuf {
    run.checkpoints_path().join(format!("step-{step:08}.ckpt"))
}

type Lose = fn(&Path);

/// Ways to lose a checkpoint, each with a word that the reason must have.
const WAYS: [(&str, Lose); 8] = [
    ("is refused by its checksum", |path| flip(path, 600)),
    ("header.blake3", |path| flip(path, 70)),
    ("not a Polytask", |path| flip(path, 0)),
    ("newer than 1", |path| flip(path, 18)),
    ("empty", |path| std::fs::write(path, "").unwrap()),
    (" bytes, ", |path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() - 64]).unwrap();
    }),
    ("not a regular file", |path| {
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
    }),
    ("not a regular file", |path| {
        std::fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    }),
];

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = if at == 600 { bytes.len() - 100 } else { at };
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_newest_valid_one_is_taken_and_each_that_was_passed_over_is_named() {
    for (because, lose) in WAYS {
        for lost in 1..STEPS.len() {
            let base = tempfile::tempdir().unwrap();
            let run = run(base.path(), &STEPS);
            let (good, bad) = STEPS.split_at(STEPS.len() - lost);
            for &step in bad {
                lose(&file(&run, step));
            }
            let chosen = run.select(Pick::Last, Fallback::Allowed).unwrap();
            assert_eq!(chosen.step, *good.last().unwrap());
            assert_eq!(chosen.checkpoint.step(), Some(chosen.step));
            let named: Vec<_> = chosen.skipped.iter().map(|one| one.path.clone()).collect();
            let expected: Vec<_> = bad.iter().rev().map(|&step| file(&run, step)).collect();
            assert_eq!(named, expected, "{because}");
            for one in &chosen.skipped {
                let text = one.reason.to_string();
                assert!(
                    because.contains("checksum") || text.contains(because),
                    "{because}: {text}"
                );
                assert!(one.path.symlink_metadata().is_ok(), "kept");
            }
            let strict = run.select(Pick::Last, Fallback::Refused).unwrap_err();
            assert!(matches!(strict, StoreError::NoFallback { .. }), "{strict}");
            assert!(matches!(
                strict.class(),
                Class::Corrupt | Class::Incompatible
            ));
        }
    }
}

#[test]
fn a_checkpoint_whose_score_cannot_be_read_is_refused_as_the_best_with_the_reason() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &STEPS);
    std::fs::write(file(&run, STEPS[0]), "torn").unwrap();
    let best = run.select(Pick::Best, Fallback::Refused).unwrap_err();
    let why = "its score cannot be read, so it may be the best checkpoint";
    assert!(best.to_string().contains(why), "{best}");
    let own = run.select(Pick::Step(STEPS[0]), Fallback::Refused);
    let own = own.unwrap_err().to_string();
    assert!(own.contains("the wanted checkpoint is refused"), "{own}");
}

#[test]
fn if_none_is_valid_all_are_listed_and_none_is_lost() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &STEPS);
    for (&step, (_, lose)) in STEPS.iter().zip(WAYS) {
        lose(&file(&run, step));
    }
    match run.select(Pick::Last, Fallback::Allowed) {
        Err(error @ StoreError::NoneValid { .. }) => {
            assert_eq!(error.class(), Class::Corrupt);
            let StoreError::NoneValid { skipped, .. } = error else {
                unreachable!()
            };
            assert_eq!(skipped.len(), STEPS.len());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(run.checkpoints().unwrap().len(), STEPS.len());
}

#[test]
fn a_run_without_checkpoints_is_an_error_and_not_a_fresh_start() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[]);
    let error = run.select(Pick::Last, Fallback::Allowed).unwrap_err();
    assert_eq!(error.class(), Class::Missing);
    std::fs::remove_dir(run.checkpoints_path()).unwrap();
    assert_eq!(
        run.select(Pick::Last, Fallback::Allowed)
            .unwrap_err()
            .class(),
        Class::Missing
    );
}

#[test]
fn a_deleted_newest_is_simply_not_there() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &STEPS);
    std::fs::remove_file(file(&run, 42)).unwrap();
    let chosen = run.select(Pick::Last, Fallback::Refused).unwrap();
    assert_eq!((chosen.step, chosen.skipped.len()), (35, 0));
}

#[test]
fn one_of_another_run_is_passed_over() {
    let base = tempfile::tempdir().unwrap();
    let mut mine = run(base.path(), &STEPS);
    let id = "mine";
    mine.write_record(&RunRecord::begun(id, "sample", SystemTime::now()))
        .unwrap();
    let written = |step, run: &str| {
        let checkpoint = checkpoint(step).with_meta(polytask_store::RUN, run);
        write(&file(&mine, step), &checkpoint).unwrap();
        checkpoint.meta
    };
    written(35, id);
    let foreign = written(42, "another");
    let chosen = mine.select(Pick::Last, Fallback::Allowed).unwrap();
    assert_eq!((chosen.step, chosen.skipped.len()), (35, 1));
    let told = format!("it is a checkpoint of run another, and lies in run {id}");
    assert!(chosen.skipped[0].reason.to_string().contains(&told));
    let strict = mine.select(Pick::Last, Fallback::Refused).unwrap_err();
    assert_eq!(strict.class(), Class::Corrupt);
    assert!(mine.owns(&file(&mine, 42), &foreign).is_err());
    // Whose it is can be told only where both say it.
    mine.owns(&file(&mine, 28), &checkpoint(28).meta).unwrap();
    std::fs::remove_file(mine.path().join("run.json")).unwrap();
    assert_eq!(mine.select(Pick::Last, Fallback::Refused).unwrap().step, 42);
}

#[test]
fn an_unreadable_one_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &STEPS);
    let locked = file(&run, 42);
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    let chosen = run.select(Pick::Last, Fallback::Allowed).unwrap();
    // Whoever may read everything (root) reads this one too.
    if std::fs::File::open(&locked).is_err() {
        assert_eq!((chosen.step, chosen.skipped.len()), (35, 1));
        assert_eq!(chosen.skipped[0].reason.class(), Class::Io);
    } else {
        assert_eq!(chosen.step, 42);
    }
}

#[test]
fn neither_file_times_nor_names_decide() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &STEPS);
    let now = SystemTime::now();
    for (age, &step) in STEPS.iter().enumerate() {
        let file = std::fs::File::options()
            .write(true)
            .open(file(&run, step))
            .unwrap();
        file.set_modified(now - Duration::from_secs(age as u64 * 100_000))
            .unwrap();
    }
    assert_eq!(run.select(Pick::Last, Fallback::Allowed).unwrap().step, 42);
    // Step 1 with a name that sorts last.
    write(&file(&run, 99_999_999), &checkpoint(1)).unwrap();
    assert_eq!(run.select(Pick::Last, Fallback::Allowed).unwrap().step, 42);
    // More digits than eight: as text it would sort before the others.
    write(&file(&run, 100_000_000), &checkpoint(100_000_000)).unwrap();
    assert_eq!(
        run.select(Pick::Last, Fallback::Allowed).unwrap().step,
        100_000_000
    );
}

#[test]
fn the_best_is_the_highest_score_and_of_equals_the_earlier() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[]);
    for (step, score) in [
        (1, Some(0.4)),
        (2, Some(0.9)),
        (3, None),
        (4, Some(0.9)),
        (5, Some(f64::NAN)),
    ] {
        write(&file(&run, step), &checkpoint(step).with_score(score)).unwrap();
    }
    let best = |fallback| run.select(Pick::Best, fallback);
    assert_eq!(best(Fallback::Refused).unwrap().step, 2);
    flip(&file(&run, 2), 600);
    let second = best(Fallback::Allowed).unwrap();
    assert_eq!((second.step, second.skipped.len()), (4, 1));
    assert!(best(Fallback::Refused).is_err());
    assert_eq!(
        run.select(Pick::Step(3), Fallback::Refused).unwrap().step,
        3
    );
    assert_eq!(
        run.select(Pick::Step(6), Fallback::Allowed)
            .unwrap_err()
            .class(),
        Class::Missing
    );
    assert!(matches!(
        run.select(Pick::Step(2), Fallback::Allowed),
        Err(StoreError::NoneValid { .. })
    ));
}

#[test]
fn a_run_that_never_had_a_score_has_no_best() {
    let base = tempfile::tempdir().unwrap();
    let run = run(base.path(), &[]);
    write(&file(&run, 1), &checkpoint(1).with_score(None)).unwrap();
    assert_eq!(
        run.select(Pick::Best, Fallback::Allowed)
            .unwrap_err()
            .class(),
        Class::Missing
    );
}
