//! `resume`: the same bits, and only what may change changes.

use crate::harness::{Folder, PICTURES};

#[test]
fn more_epochs_later_are_the_same_as_more_epochs_at_once() {
    let folder = Folder::new(PICTURES);
    let whole = folder.train("whole", &["-s", "train.epochs=5"]);
    folder.train("pieces", &["-s", "train.epochs=2"]);
    folder
        .run(&["resume", "pieces", "--set", "train.epochs=5"])
        .expect(0);
    assert_eq!(whole, folder.digest("pieces"));
    assert_eq!(folder.record("pieces")["resumes"], 1);
}

#[test]
fn the_log_tells_what_happened_in_both_processes() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &["-s", "train.epochs=1"]);
    folder
        .run(&["resume", "r", "--set", "train.epochs=2"])
        .expect(0);
    let log: Vec<serde_json::Value> = folder
        .read("r/log.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<&str> = log
        .iter()
        .filter_map(|entry| entry["event"].as_str())
        .filter(|&event| event != "note")
        .collect();
    let session = ["started", "epoch", "checkpoint", "ended"];
    let expected = [&session[..], &["resumed"], &session].concat();
    assert_eq!(told, expected);
    let of = |event: &str| log.iter().find(|entry| entry["event"] == event).unwrap();
    assert_eq!(of("ended")["status"], "finished");
    let from = of("resumed")["checkpoint"].as_str().unwrap();
    assert!(from.ends_with("step-00000006.ckpt"), "{from}");
    assert_eq!(of("epoch")["step"], 6);
    // Times are text that sorts as time does.
    assert!(log.is_sorted_by_key(|entry| entry["time"].as_str().unwrap().to_owned()));
}

#[test]
fn the_log_tells_why_a_run_failed() {
    let folder = Folder::new(PICTURES);
    folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "-s",
            "train.optimizer={type='sgd',lr=1e30}",
        ])
        .expect(7);
    let log = folder.read("r/log.jsonl");
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["status"], "diverged");
    assert!(
        last["reason"].as_str().unwrap().contains("not finite"),
        "{last}"
    );
}

#[test]
fn a_run_goes_on_from_an_older_checkpoint() {
    let folder = Folder::new(PICTURES);
    let whole = folder.train("r", &["-s", "checkpoint.keep_last=3"]);
    folder.run(&["resume", "r", "--from", "step-6"]).expect(0);
    assert_eq!(whole, folder.digest("r"));
    let steps: Vec<u64> = folder
        .read("r/metrics.jsonl")
        .lines()
        .filter(|line| {
            line.contains("\"val\"") && line.contains("\"digit\"") && line.contains("\"accuracy\"")
        })
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["step"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(steps, [6, 12, 18]);
}

#[test]
fn other_keys_may_not_change() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    let ended = folder
        .run(&[
            "resume",
            "r",
            "--set",
            "train.batch_size=10",
            "--set",
            "seed=1",
        ])
        .expect(3);
    for word in ["train.batch_size", "seed", "train.epochs"] {
        assert!(ended.err.contains(word), "{word} in {}", ended.err);
    }
    // The same value again changes nothing.
    folder
        .run(&["resume", "r", "--set", "train.batch_size=20"])
        .expect(0);
}

#[test]
fn epochs_that_are_done_are_not_taken_back() {
    let folder = Folder::new(PICTURES);
    let whole = folder.train("r", &["-s", "checkpoint.keep_last=3"]);
    let resolved = folder.read("r/config.resolved.toml");
    folder
        .run(&["resume", "r", "--set", "train.epochs=2"])
        .expect(3)
        .said("[P0604]: 3 epochs are done already")
        .said("train.epochs");
    assert_eq!(resolved, folder.read("r/config.resolved.toml"));
    folder
        .run(&["resume", "r"])
        .expect(0)
        .said("nothing to train: 3 epochs are done");
    assert_eq!(whole, folder.digest("r"));
}

#[test]
fn a_corrupt_checkpoint_is_passed_over_aloud_unless_that_is_forbidden() {
    let folder = Folder::new(PICTURES);
    let whole = folder.train("r", &["-s", "checkpoint.keep_last=2"]);
    let newest = folder.path("r/checkpoints/step-00000018.ckpt");
    let mut bytes = std::fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest, bytes).unwrap();

    folder.run(&["verify", "r"]).expect(6);
    folder
        .run(&["evaluate", "r", "--checkpoint", "last"])
        .expect(6);
    folder.run(&["resume", "r", "--strict"]).expect(6);
    let ended = folder.run(&["resume", "r"]).expect(0);
    assert!(
        ended.err.contains("warning") && ended.err.contains("step-00000018.ckpt"),
        "{}",
        ended.err
    );
    assert_eq!(whole, folder.digest("r"));
}

#[test]
fn a_run_without_a_valid_checkpoint_never_starts_from_scratch() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    for entry in std::fs::read_dir(folder.path("r/checkpoints")).unwrap() {
        std::fs::write(entry.unwrap().path(), "torn").unwrap();
    }
    let ended = folder.run(&["resume", "r"]).expect(6);
    assert!(ended.err.contains("step-"), "{}", ended.err);
    folder.run(&["resume", "nowhere"]).expect(6);
}
