//! B10: a journal survives being cut anywhere, and a resumed run tells every step once.

use polytask_store::{Class, Journal, Repair, read_journal};
use serde_json::json;

fn entry(step: u64) -> serde_json::Value {
    json!({"step": step, "epoch": step / 10, "split": "train", "task": "digit", "metric": "loss", "value": 0.1 + step as f64})
}

fn steps(path: &std::path::Path) -> Vec<u64> {
    read_journal(path)
        .unwrap()
        .iter()
        .filter_map(|entry| entry["step"].as_u64())
        .collect()
}

#[test]
fn cut_at_every_byte_and_resumed_it_tells_every_step_once() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.jsonl");
    let (mut journal, _) = Journal::open(&whole).unwrap();
    for step in 1..=8 {
        journal.append(&entry(step)).unwrap();
    }
    let reference = std::fs::read(&whole).unwrap();
    let path = folder.path().join("metrics.jsonl");
    for cut in 0..=reference.len() {
        for resumed_from in [0, 3, 8] {
            std::fs::write(&path, &reference[..cut]).unwrap();
            let (mut journal, repair) = Journal::open(&path).unwrap();
            let lines = reference[..cut]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count() as u64;
            let torn = reference[..cut]
                .iter()
                .rev()
                .take_while(|&&byte| byte != b'\n')
                .count() as u64;
            assert_eq!(
                repair,
                Repair {
                    torn_bytes: torn,
                    ..Repair::default()
                }
            );
            let dropped = journal.truncate_after(resumed_from).unwrap();
            assert_eq!(dropped.later_lines, lines.saturating_sub(resumed_from));
            // A checkpoint is published after its lines are durable, so the lines up to it are there.
            if lines >= resumed_from {
                for step in resumed_from + 1..=8 {
                    journal.append(&entry(step)).unwrap();
                }
                assert_eq!(
                    std::fs::read(&path).unwrap(),
                    reference,
                    "cut {cut}, from {resumed_from}"
                );
            }
        }
    }
}

#[test]
fn values_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let (mut journal, _) = Journal::open(&path).unwrap();
    let values = [
        0.1 + 0.2,
        f64::MIN_POSITIVE,
        5e-324,
        1.0 / 3.0,
        -0.0,
        1e300,
        0.999_999_999_999_999_9,
    ];
    for value in values {
        journal.append(&json!({"value": value})).unwrap();
    }
    let read: Vec<u64> = read_journal(&path)
        .unwrap()
        .iter()
        .map(|e| e["value"].as_f64().unwrap().to_bits())
        .collect();
    assert_eq!(read, values.map(f64::to_bits));
}

#[test]
fn entries_without_a_step_stay_and_damage_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let text = "{\"event\":\"started\"}\n{\"step\":1}\n\0\0\0\0\n{\"step\":2}\nnonsense\n{\"step\":3}\n{\"event\":\"resumed\"}\n{\"step\"";
    std::fs::write(&path, text).unwrap();
    let damaged = read_journal(&path).unwrap_err();
    assert_eq!(damaged.class(), Class::Corrupt);
    assert!(damaged.to_string().contains("line 3: "), "{damaged}");
    let (mut journal, repair) = Journal::open(&path).unwrap();
    assert_eq!(repair.torn_bytes, 7);
    let dropped = journal.truncate_after(2).unwrap();
    assert_eq!(
        dropped,
        Repair {
            torn_bytes: 0,
            later_lines: 1,
            damaged_lines: 2
        }
    );
    journal.append(&json!({"step": 3, "again": true})).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "{\"event\":\"started\"}\n{\"step\":1}\n{\"step\":2}\n{\"event\":\"resumed\"}\n{\"again\":true,\"step\":3}\n"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_line_without_end_and_a_line_beyond_measure_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    std::fs::write(&path, vec![b'x'; 200_000]).unwrap();
    let (_, repair) = Journal::open(&path).unwrap();
    assert_eq!(repair.torn_bytes, 200_000);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);

    let monster = [
        b"{\"step\":1}\n".to_vec(),
        vec![b' '; 17 << 20],
        b"\n{\"step\":2}\n".to_vec(),
    ]
    .concat();
    std::fs::write(&path, monster).unwrap();
    let (mut journal, _) = Journal::open(&path).unwrap();
    assert_eq!(journal.truncate_after(9).unwrap().damaged_lines, 1);
    assert_eq!(steps(&path), [1, 2]);
}

#[test]
fn readers_need_nothing_and_see_whole_lines_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    assert_eq!(read_journal(&path).unwrap_err().class(), Class::Missing);
    std::fs::write(&path, "{\"step\":1}\n{\"step\":2").unwrap();
    assert_eq!(steps(&path), [1]);
}
