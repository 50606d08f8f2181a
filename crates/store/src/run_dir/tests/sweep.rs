//! B2: each step of each commit fails once, in each way, and the newest complete checkpoint can always be loaded.
//!
//! The points are not listed here: a run without faults is recorded and then each point that it passed is failed. Errors
//! and panics happen in this process, kills in a child process that aborts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use super::{KEEP, checkpoint, folder, prepared};
use crate::failpoint::{Plan, record, with_plan};
use crate::name::scratch_target;
use crate::{Class, Fallback, Log, Pick, RunDir, StoreError, verify};

/// What is swept: one save, and all that comes with it.
fn save(path: &Path) -> Result<(), StoreError> {
    let mut run = RunDir::open(path)?.lock()?;
    let record = run.record()?;
    run.write_record(&record.resumed(SystemTime::now()))?;
    let (mut metrics, _) = run.journal(Log::Metrics)?;
    metrics.truncate_after(2)?;
    metrics.append(&serde_json::json!({"step": 3}))?;
    metrics.sync()?;
    run.publish(&checkpoint(3), &KEEP).map(drop)
}

/// Nothing that was complete is lost, whatever is there is whole, and going on ends where it should.
#[track_caller]
fn is_fine_after(path: &Path, fault: &str) {
    let run = RunDir::open(path).unwrap();
    let chosen = run.select(Pick::Last, Fallback::Refused);
    let chosen = chosen.unwrap_or_else(|error| panic!("{fault}: {error}"));
    assert!(matches!(chosen.step, 2 | 3), "{fault}: {}", chosen.step);
    assert_eq!(
        chosen.checkpoint.part("model/weight"),
        checkpoint(chosen.step).part("model/weight"),
        "{fault}"
    );
    let listed = run.checkpoints().unwrap();
    assert!(listed.len() >= 2, "{fault}: {listed:?}");
    for one in &listed {
        assert!(verify(&one.path).is_ok(), "{fault}: {one:?}");
    }
    assert_eq!(run.record().unwrap().id, "run", "{fault}");
}

#[track_caller]
fn can_go_on_after(path: &Path, fault: &str) {
    save(path).unwrap_or_else(|error| panic!("after {fault}: {error}"));
    let run = RunDir::open(path).unwrap();
    let steps: Vec<u64> = run
        .checkpoints()
        .unwrap()
        .iter()
        .map(|one| one.named_step)
        .collect();
    assert_eq!(steps, [2, 3], "after {fault}");
    let told: Vec<_> = run.log(Log::Metrics).unwrap();
    assert_eq!(told, [serde_json::json!({"step": 3})], "after {fault}");
    for folder in [path.to_owned(), run.checkpoints_path()] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert_eq!(scratch_target(&name), None, "litter after {fault}");
        }
    }
}

/// Every point that a save passes, as `name:hit`.
fn points() -> Vec<String> {
    let base = folder();
    let path = prepared(base.path());
    let (saved, passed) = record(|| save(&path));
    saved.unwrap();
    let hit = |index: usize| {
        let name = &passed[index];
        let hits = passed[..=index]
            .iter()
            .filter(|other| *other == name)
            .count();
        format!("{name}:{hits}")
    };
    (0..passed.len()).map(hit).collect()
}

#[test]
fn the_sweep_sees_every_step_of_a_commit() {
    let points = points();
    let steps = [
        "create",
        "write",
        "fsync",
        "verify",
        "rename",
        "fsync-dir",
        "delete",
    ];
    for step in steps {
        for moment in ["before", "after"] {
            let point = format!("checkpoint.{step}.{moment}:1");
            assert!(points.contains(&point), "{point} is not in {points:?}");
        }
    }
    assert!(
        points
            .iter()
            .any(|point| point.starts_with("checkpoint.write.within:5")),
        "{points:?}"
    );
    for file in ["run", "index", "journal"] {
        assert!(
            points
                .iter()
                .any(|point| point.starts_with(&format!("{file}."))),
            "{file}"
        );
    }
}

#[test]
fn every_error_at_every_point_leaves_the_newest_checkpoint() {
    for point in points() {
        for (action, says) in [
            ("eio", "os error 5"),
            ("enospc", "os error 28"),
            ("edquot", "os error"),
        ] {
            let fault = format!("{point}:{action}");
            let base = folder();
            let path = prepared(base.path());
            let failed = with_plan(Plan::parse(&fault).unwrap(), || save(&path));
            let error = failed.expect_err(&fault);
            assert_eq!(error.class(), Class::Io, "{fault}: {error}");
            let text = error.to_string();
            assert!(
                text.contains(says) && text.contains("/run"),
                "{fault}: {text}"
            );
            if action != "eio"
                && (point.contains(".write.") || point.contains(".fsync."))
                && !point.contains("journal.fsync")
            {
                assert!(text.contains(" bytes needed, "), "{fault}: {text}");
            }
            is_fine_after(&path, &fault);
            can_go_on_after(&path, &fault);
        }
    }
}

#[test]
fn a_panic_at_every_point_leaves_the_newest_checkpoint() {
    for point in points() {
        let fault = format!("{point}:panic");
        let base = folder();
        let path = prepared(base.path());
        let plan = Plan::parse(&fault).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| with_plan(plan, || save(&path))));
        assert!(outcome.is_err(), "{fault}");
        is_fine_after(&path, &fault);
        can_go_on_after(&path, &fault);
    }
}

const CHILD: &str = "POLYTASK_TEST_CHILD";

/// The half that is killed: saves in the run directory that it is given, with the environment's faults.
#[test]
fn child_process() {
    if let Ok(path) = std::env::var(CHILD) {
        save(Path::new(&path)).unwrap();
    }
}

/// Saves in a process of its own, which `fault` ends; whether it got to the end.
fn save_in_child(path: &Path, fault: &str) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "run_dir::tests::sweep::child_process",
            "--test-threads=1",
        ])
        .env(CHILD, path)
        .env("POLYTASK_FAILPOINT", fault)
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn a_kill_at_every_point_and_another_fault_while_recovering_lose_nothing() {
    for (index, point) in points().into_iter().enumerate() {
        let fault = format!("{point}:abort");
        let base = folder();
        let path = prepared(base.path());
        assert!(!save_in_child(&path, &fault), "{fault} did nothing");
        is_fine_after(&path, &fault);

        // The second fault: each point of the recovery in turn, spread over the first ones.
        let killed = folder();
        copy(&path, killed.path());
        let (recovered, passed) = record(|| save(killed.path()));
        recovered.unwrap_or_else(|error| panic!("after {fault}: {error}"));
        let second = passed.iter().cycle().skip(index * 7).step_by(5).take(8);
        for point in second {
            let again = folder();
            copy(&path, again.path());
            let both = format!("{fault}, then {point}");
            let plan = Plan::parse(&format!("{point}:1:eio")).unwrap();
            assert!(with_plan(plan, || save(again.path())).is_err(), "{both}");
            is_fine_after(again.path(), &both);
            can_go_on_after(again.path(), &both);
        }
        can_go_on_after(&path, &fault);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
