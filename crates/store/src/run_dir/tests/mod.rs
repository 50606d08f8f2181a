//! Single faults, each for a promise of its own; every fault of a whole save is in `sweep.rs`.

mod sweep;

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::failpoint::{Plan, record, trace, with_plan};
use crate::{Checkpoint, Class, Part, Retention};

const KEEP: Retention = Retention {
    keep_last: 2,
    keep_best: 0,
};

fn checkpoint(step: u64) -> Checkpoint {
    Checkpoint::at_step(step)
        .with_part(Part::u64("progress/step", vec![], &[step]))
        .with_part(Part::f32("model/weight", vec![300], &[step as f32; 300]))
}

/// A run directory with the checkpoints 1 and 2; the next save will delete one.
fn prepared(base: &Path) -> PathBuf {
    let path = base.join("run");
    let mut run = RunDir::create_at(&path, SystemTime::now()).unwrap();
    run.write_record(&RunRecord::begun("run", "sample", UNIX_EPOCH))
        .unwrap();
    for step in [1, 2] {
        run.publish(&checkpoint(step), &KEEP).unwrap();
    }
    path
}

/// A folder in memory if there is one: the faults are ours, and a real fsync for each of thousands of saves takes minutes.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

#[test]
fn replacing_a_checkpoint_of_the_same_step_is_all_or_nothing() {
    let other = |step| checkpoint(step).with_meta("try", "second");
    let base = folder();
    let path = prepared(base.path());
    let run = RunDir::open(&path).unwrap().lock().unwrap();
    let (_, passed) = record(|| run.publish(&other(2), &KEEP).unwrap());
    drop(run);
    for point in passed {
        let base = folder();
        let path = prepared(base.path());
        let run = RunDir::open(&path).unwrap().lock().unwrap();
        let plan = Plan::parse(&format!("{point}:1:eio")).unwrap();
        assert!(
            with_plan(plan, || run.publish(&other(2), &KEEP)).is_err(),
            "{point}"
        );
        let chosen = run.select(Pick::Last, Fallback::Refused).unwrap();
        assert!(
            chosen.checkpoint == checkpoint_sorted(checkpoint(2))
                || chosen.checkpoint == checkpoint_sorted(other(2)),
            "{point}"
        );
    }
}

fn checkpoint_sorted(mut checkpoint: Checkpoint) -> Checkpoint {
    checkpoint.parts.sort_by(|a, b| a.name.cmp(&b.name));
    checkpoint
}

#[test]
fn a_fsync_that_failed_is_not_tried_again_on_the_same_file() {
    let base = folder();
    let path = prepared(base.path());
    let run = RunDir::open(&path).unwrap().lock().unwrap();
    let plan = Plan::parse("checkpoint.fsync.before:*:eio").unwrap();
    let (failed, passed) = trace(plan, || run.publish(&checkpoint(3), &KEEP));
    assert_eq!(failed.unwrap_err().class(), Class::Io);
    let count = |point: &str| passed.iter().filter(|other| *other == point).count();
    assert_eq!(count("checkpoint.create.before"), 1);
    assert_eq!(count("checkpoint.fsync.before"), 1);
    assert_eq!(passed.last().unwrap(), "checkpoint.fsync.before");
}

#[test]
fn the_pointer_and_the_record_are_never_torn() {
    let points = {
        let base = folder();
        record(|| begin(base.path(), "new").unwrap()).1
    };
    assert!(
        points
            .iter()
            .any(|point| point.starts_with("latest.rename")),
        "{points:?}"
    );
    for point in points {
        let base = folder();
        let first = begin(base.path(), "student").unwrap();
        let plan = Plan::parse(&format!("{point}:1:eio")).unwrap();
        assert!(
            with_plan(plan, || begin(base.path(), "student")).is_err(),
            "{point}"
        );
        let found = latest(base.path()).unwrap();
        assert!(found.record().is_ok(), "{point}");
        assert!(
            found.path() == first || point.starts_with("latest"),
            "{point}"
        );
    }
}

fn begin(base: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let mut run = RunDir::create(base, name, SystemTime::now())?;
    run.write_record(&RunRecord::begun(run.id(), name, SystemTime::now()))?;
    Ok(run.path().to_owned())
}

#[test]
fn a_failed_append_leaves_no_half_line() {
    let base = folder();
    let path = prepared(base.path());
    let run = RunDir::open(&path).unwrap().lock().unwrap();
    let (mut log, _) = run.journal(Log::Events).unwrap();
    log.append(&serde_json::json!({"event": "one"})).unwrap();
    for moment in ["before", "after"] {
        let plan = Plan::parse(&format!("journal.write.{moment}:1:enospc")).unwrap();
        let failed = with_plan(plan, || log.append(&serde_json::json!({"event": "lost"})));
        assert!(failed.unwrap_err().to_string().contains("log.jsonl"));
        log.append(&serde_json::json!({"event": moment})).unwrap();
    }
    let told: Vec<_> = run
        .log(Log::Events)
        .unwrap()
        .iter()
        .map(|e| e["event"].clone())
        .collect();
    assert_eq!(told, ["one", "before", "after"]);
}
