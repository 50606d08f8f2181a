//! From a word on the command line to a run, and how a run directory comes to be.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use polytask_store::{
    Class, Located, Log, NameFlaw, RunDir, RunRecord, Status, StoreError, Text, Writer, latest,
    locate,
};
use serde_json::json;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_451_880 + seconds)
}

fn begun(base: &Path, name: &str, now: SystemTime) -> Writer {
    let mut run = RunDir::create(base, name, now).unwrap();
    run.write_record(&RunRecord::begun(run.id(), name, now))
        .unwrap();
    run
}

#[test]
fn a_new_run_has_its_place() {
    let base = tempfile::tempdir().unwrap();
    let run = begun(&base.path().join("deep/runs"), "student", at(0));
    let id = run.id();
    assert!(
        id.starts_with("2026-11-23T16-38-00Z-") && id.len() == 25,
        "{id}"
    );
    assert_eq!(run.path(), base.path().join("deep/runs/student").join(&id));
    let pointer = std::fs::read_to_string(base.path().join("deep/runs/student/latest")).unwrap();
    assert_eq!(pointer, format!("{id}\n"));
    run.write_text(Text::Config, "seed = 1\n").unwrap();
    assert_eq!(run.text(Text::Config).unwrap(), "seed = 1\n");
    let (mut metrics, _) = run.journal(Log::Metrics).unwrap();
    metrics.append(&json!({"step": 1})).unwrap();
    assert_eq!(run.log(Log::Metrics).unwrap(), [json!({"step": 1})]);
}

#[test]
fn runs_of_the_same_second_do_not_share_a_directory() {
    let base = tempfile::tempdir().unwrap();
    let mut paths: Vec<_> = (0..40)
        .map(|_| begun(base.path(), "student", at(0)).path().to_owned())
        .collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 40);
}

#[test]
fn latest_is_the_newest_run_of_any_name() {
    let base = tempfile::tempdir().unwrap();
    assert_eq!(latest(base.path()).unwrap_err().class(), Class::Missing);
    begun(base.path(), "zebra", at(0));
    begun(base.path(), "ant", at(5));
    let newest = begun(base.path(), "middle", at(5) + Duration::from_millis(1))
        .path()
        .to_owned();
    assert_eq!(latest(base.path()).unwrap().path(), newest);
    let first = begun(base.path(), "zebra", at(60)).path().to_owned();
    assert_eq!(latest(base.path()).unwrap().path(), first);
    // A folder of runs means its newest, and so does its pointer.
    for named in [
        Path::new("latest"),
        &base.path().join("zebra"),
        &base.path().join("zebra/latest"),
        &first,
    ] {
        assert_eq!(
            locate(base.path(), named).unwrap(),
            Located::Run(RunDir::open(&first).unwrap()),
            "{named:?}"
        );
    }
}

#[test]
fn a_spoilt_pointer_is_not_followed_and_the_runs_are_searched() {
    let base = tempfile::tempdir().unwrap();
    let elsewhere = begun(&base.path().join("elsewhere"), "other", at(900))
        .path()
        .to_owned();
    let runs = base.path().join("runs");
    begun(&runs, "student", at(0));
    let newest = begun(&runs, "student", at(7)).path().to_owned();
    let pointer = runs.join("student/latest");
    for spoilt in [
        "",
        "\n",
        "gone\n",
        "../../elsewhere/other\n",
        &format!("{}\n", elsewhere.display()),
        "a\0b",
    ] {
        std::fs::write(&pointer, spoilt).unwrap();
        assert_eq!(latest(&runs).unwrap().path(), newest, "{spoilt:?}");
    }
    std::fs::remove_file(&pointer).unwrap();
    assert_eq!(latest(&runs).unwrap().path(), newest);
    // Without run.json the name tells the age.
    std::fs::remove_file(newest.join("run.json")).unwrap();
    assert_eq!(latest(&runs).unwrap().path(), newest);
}

#[test]
fn a_checkpoint_file_knows_its_run() {
    let base = tempfile::tempdir().unwrap();
    let run = crate::samples::run(base.path(), &[7]);
    let path = run.checkpoints_path().join("step-00000007.ckpt");
    let found = locate(base.path(), &path).unwrap();
    assert_eq!(
        found,
        Located::Checkpoint {
            path: path.clone(),
            run: Some(RunDir::open(run.path()).unwrap())
        }
    );
    let copy = base.path().join("copy.ckpt");
    std::fs::copy(&path, &copy).unwrap();
    assert_eq!(
        locate(base.path(), &copy).unwrap(),
        Located::Checkpoint {
            path: copy,
            run: None
        }
    );
    assert_eq!(
        locate(base.path(), Path::new("nowhere"))
            .unwrap_err()
            .class(),
        Class::Missing
    );
}

#[test]
fn a_named_run_directory_is_new_or_empty() {
    let base = tempfile::tempdir().unwrap();
    let new = base.path().join("a/b");
    let mut run = RunDir::create_at(&new, at(0)).unwrap();
    run.write_record(&RunRecord::begun("b", "student", at(0)))
        .unwrap();
    assert!(!base.path().join("a/latest").exists());
    drop(run);
    let error = RunDir::create_at(&new, at(0)).unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty { .. }), "{error}");
    assert_eq!(error.class(), Class::Refused);

    let empty = base.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    drop(RunDir::create_at(&empty, at(0)).unwrap());

    let foreign = base.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.tex"), "").unwrap();
    assert!(matches!(
        RunDir::create_at(&foreign, at(0)),
        Err(StoreError::NotEmpty { .. })
    ));
    assert_eq!(
        std::fs::read_dir(&foreign).unwrap().count(),
        1,
        "not even a lock is left there"
    );
    std::fs::write(base.path().join("file"), "").unwrap();
    assert!(RunDir::create_at(&base.path().join("file"), at(0)).is_err());
}

#[test]
fn two_named_run_directories_of_one_name_are_two_runs() {
    let base = tempfile::tempdir().unwrap();
    let ids: Vec<String> = [("a/run", 0), ("b/run", 1)]
        .iter()
        .map(|(path, second)| {
            let path = base.path().join(path);
            let mut run = RunDir::create_at(&path, at(*second)).unwrap();
            let id = run.id();
            run.write_record(&RunRecord::begun(&id, "student", at(*second)))
                .unwrap();
            drop(run);
            // Whoever opens it later finds the same id.
            assert_eq!(RunDir::open(&path).unwrap().lock().unwrap().id(), id);
            id
        })
        .collect();
    assert!(ids[0].starts_with("2026-11-23T16-38-00Z-"), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
    // A clock may stand still.
    let twins = ["c/run", "d/run"].map(|path| {
        let run = RunDir::create_at(&base.path().join(path), at(9));
        run.unwrap().id()
    });
    assert_ne!(twins[0], twins[1]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let base = tempfile::tempdir().unwrap();
    let long = "x".repeat(300);
    for name in [
        "..",
        ".",
        "",
        "a/b",
        "/tmp/x",
        "a\\b",
        "nul",
        "a\0",
        "a\nb",
        "\u{202e}a",
        "latest",
        long.as_str(),
    ] {
        let error = RunDir::create(base.path(), name, at(0)).unwrap_err();
        assert_eq!(error.class(), Class::Refused, "{name:?}");
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }
    assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0);
    for path in [base.path().join("a\0b"), base.path().join(&long)] {
        let error = RunDir::create_at(&path, at(0)).unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::Name {
                    flaw: NameFlaw::Character { .. } | NameFlaw::TooLong { .. },
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn the_record_is_a_state_machine() {
    let base = tempfile::tempdir().unwrap();
    let mut run = RunDir::create(base.path(), "student", at(0)).unwrap();
    let begun = RunRecord::begun(run.id(), "student", at(0));
    run.write_record(&begun).unwrap();
    let ended = begun.ended(
        Status::Diverged,
        Some("loss of 'digit' is NaN at step 9".into()),
        7,
        at(9),
    );
    run.write_record(&ended).unwrap();
    assert_eq!(run.record().unwrap(), ended);
    let impossible = ended.ended(Status::Finished, None, 0, at(10));
    assert!(matches!(
        run.write_record(&impossible),
        Err(StoreError::Transition { .. })
    ));
    run.write_record(&ended.resumed(at(20))).unwrap();
    run.write_record(
        &ended
            .resumed(at(20))
            .ended(Status::Finished, None, 0, at(30)),
    )
    .unwrap();

    let text = std::fs::read_to_string(run.path().join("run.json")).unwrap();
    let newer = text.replace("\"schema_version\": 1", "\"schema_version\": 2");
    std::fs::write(run.path().join("run.json"), newer).unwrap();
    assert_eq!(run.record().unwrap_err().class(), Class::Incompatible);
    assert!(
        run.write_record(&begun).is_err(),
        "a later version's record is not overwritten"
    );
    std::fs::write(run.path().join("run.json"), "{\"schema_version\": 1").unwrap();
    assert_eq!(run.record().unwrap_err().class(), Class::Corrupt);
    run.write_record(&begun).unwrap();
}
