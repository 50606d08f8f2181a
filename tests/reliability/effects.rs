//! Each key of the schema does something: with another value a small run ends with other weights, or a warning says why not,
//! or it is one of the keys that are no matter of weights.

use serde_json::Value;

use super::strictness::{Leaf, leaves};
use super::times;
use crate::harness::Folder;

/// Two tasks, short, with something of everything that a key may need.
const BASE: &[&str] = &[
    "train.epochs=6",
    "train.batch_size=8",
    "encoder.hidden=[8,8]",
    "encoder.dropout=0.1",
    "train.accumulate=3",
];

/// Keys that are no matter of the weights, or not of every data set; each with its reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("checkpoint.", "which checkpoints are kept"),
    ("data.limits.", "how much of a file is believed"),
    ("data.missing", "no feature is missing here"),
    ("data.missing_values", "no cell holds such a text here"),
    ("data.unparsable", "no cell is unreadable here"),
    (
        "device.",
        "where it computes, which the results must not show",
    ),
    (
        "early_stopping.",
        "each epoch is better than the one before",
    ),
    ("grouping.", "read by `group`"),
    ("info.", "read by `info`"),
    ("inputs.profile.indicator", "no feature is missing here"),
    ("logging.", "what metrics.jsonl holds"),
    ("name", "a folder's name"),
    ("tasks.passed.metrics", "what is reported"),
    ("tasks.passed.type", "the same labels, read alike"),
    ("tasks.passed.unseen", "no label is unseen here"),
    (
        "train.drop_last",
        "128 rows: the last batch is not left alone",
    ),
    ("train.on_nan", "everything is finite here"),
    ("train.prefetch", "the order of batches must not show it"),
    ("version", "there is one"),
];

/// Options of entries, or of one type of them, of which the same can be said.
const SELDOM: &[(&str, &str)] = &[
    ("clip", "a limit that is not reached"),
    ("floor", "a limit that is not reached"),
    ("entropy_floor", "a limit that is not reached"),
    ("decay_floor", "a limit that is not reached"),
    ("every_epochs", "later than the sixth epoch"),
    ("factor", "later than the sixth epoch"),
    ("warmup_steps", "the second value may be a ramp of one step"),
    ("warmup_epochs", "later than the sixth epoch"),
    ("warmup", "later than the sixth epoch"),
    ("rate", "later than the sixth epoch"),
    ("mu", "later than the sixth epoch"),
    ("groups", "two tasks have no other groups"),
    ("ideal", "the larger of two stays the larger"),
    ("between", "two tasks are one cluster"),
    ("heads", "the name of what the method does by itself"),
    ("gain", "the name of the method's own scale"),
    ("moving_average", "weights that are the same at each step"),
    ("update_every", "weights that are the same at each step"),
    ("normalize_rows", "weights that do not depend on lengths"),
    ("scale", "of two tasks the same"),
    ("trim", "of two tasks nothing is left to cut"),
    ("byzantine", "of two tasks none can be spared"),
    ("selected", "of two tasks both"),
    ("engine", "the same gradients, computed otherwise"),
    (
        "dualproj.ridge",
        "what keeps a system solvable that is solvable here",
    ),
    (
        "upgrad.ridge",
        "what keeps a system solvable that is solvable here",
    ),
    (
        "sdmgrad.lr",
        "so large that one step ends at the edge with either",
    ),
    ("level", "a method that sees the last layer alone"),
];

/// Another value of its type, within its range.
fn another(leaf: &Leaf) -> Option<String> {
    let schema = &leaf.schema;
    let number = |key: &str| schema[key].as_f64();
    if let Some(words) = schema["enum"].as_array() {
        let other = words.iter().find(|word| **word != schema["default"])?;
        return Some(other.to_string());
    }
    match schema["type"].as_str()? {
        "boolean" => Some((schema["default"] != true).to_string()),
        "integer" => {
            let least = number("minimum").unwrap_or(0.0);
            let usual = number("default").unwrap_or(least);
            let most = number("maximum").unwrap_or(f64::MAX);
            let other = [usual + 1.0, usual - 1.0];
            let other = other
                .into_iter()
                .find(|value| (least..=most).contains(value))?;
            Some(format!("{other}"))
        }
        "number" => {
            let usual = number("default").unwrap_or(0.0);
            let is_inside = |value: &f64| {
                *value != usual
                    && number("minimum").is_none_or(|least| *value >= least)
                    && number("exclusiveMinimum").is_none_or(|least| *value > least)
                    && number("maximum").is_none_or(|most| *value <= most)
                    && number("exclusiveMaximum").is_none_or(|most| *value < most)
            };
            let other = [usual / 2.0, usual * 2.0, 0.25, 0.75, 2.0];
            other
                .into_iter()
                .find(is_inside)
                .map(|value| format!("{value:?}"))
        }
        _ => None,
    }
}

/// Trains with `sets` on top of the base; the digest of the weights, and what was warned of. None if the config is refused,
/// which says enough.
fn trained(folder: &Folder, sets: &[String]) -> Option<(String, String)> {
    let mut arguments = vec!["train", "config.toml", "--run-dir", "r", "--ui", "none"];
    for set in BASE.iter().copied().chain(sets.iter().map(String::as_str)) {
        arguments.extend(["--set", set]);
    }
    let ended = folder.run(&arguments);
    super::expect_one_of(&ended, &[0, 3, 4, 5]);
    if ended.code != 0 {
        assert!(ended.err.contains("error"), "{}", ended.err);
        return None;
    }
    let digest = folder.run(&["digest", "r"]).expect(0).out;
    std::fs::remove_dir_all(folder.path("r")).unwrap();
    Some((digest, ended.err))
}

/// Trains with another value of the key: other weights, or a warning that names it.
fn does_something(
    folder: &Folder,
    before: &[String],
    usual: &str,
    leaf: &Leaf,
) -> Result<bool, String> {
    let Some(value) = another(leaf) else {
        return Ok(false);
    };
    let set = format!("{}={value}", leaf.path);
    let sets = [before, std::slice::from_ref(&set)].concat();
    let Some((digest, told)) = trained(folder, &sets) else {
        return Ok(false);
    };
    let key = leaf.path.rsplit('.').next().unwrap();
    let is_told = told.lines().any(|line| {
        line.starts_with("warning[P0208]")
            && (line.contains(&format!("`{key}`")) || line.contains(&leaf.path))
            || line.contains(&format!("P0208 {}", leaf.path))
    });
    match digest == usual && !is_told {
        true => Err(format!(
            "{} {set}: the same weights, and no word of it",
            before.join(" ")
        )),
        false => Ok(true),
    }
}

#[test]
fn each_key_changes_the_weights_or_is_told_to_change_nothing() {
    let folder = Folder::with_table();
    let schema: Value =
        serde_json::from_str(&folder.run(&["config", "schema"]).expect(0).out).unwrap();
    let mut keys = Vec::new();
    leaves(&schema, "", &mut keys);
    keys.retain(|leaf| {
        !ELSEWHERE
            .iter()
            .any(|(start, _)| leaf.path.starts_with(start))
    });
    let (usual, told) = trained(&folder, &[]).unwrap();
    assert!(!told.contains("warning"), "{told}");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for leaf in &keys {
        match does_something(&folder, &[], &usual, leaf) {
            Ok(is_tried) => tried += usize::from(is_tried),
            Err(message) => wrong.push(message),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 15, "only {tried} keys");
}

#[test]
fn each_option_changes_the_weights_or_is_told_to_change_nothing() {
    let folder = Folder::with_table();
    let schema: Value =
        serde_json::from_str(&folder.run(&["config", "schema"]).expect(0).out).unwrap();
    let places = [
        ("encoder", "encoder"),
        ("sharing", "sharing"),
        ("train.optimizer", "optimizer"),
        ("train.schedule", "schedule"),
        ("tasks.passed.loss", "loss"),
        ("multitask.weighting", "weighting"),
        ("multitask.aggregator", "aggregator"),
        ("multitask.relation", "relation"),
        ("bottleneck", "bottleneck"),
    ];
    let mut all = Vec::new();
    for (place, family) in places {
        let variants = &schema["definitions"][format!("{family} (table)")]["anyOf"];
        for variant in variants.as_array().unwrap() {
            let kind = variant["properties"]["type"]["const"].as_str().unwrap();
            let entry = format!("{place}={{ type = \"{kind}\" }}");
            let mut options = Vec::new();
            leaves(
                &serde_json::json!({"properties": {"entry": variant}}),
                "",
                &mut options,
            );
            for mut option in options {
                option.path = option.path.replacen("entry", place, 1);
                let key = option.path.rsplit('.').next().unwrap();
                let own = format!("{kind}.{key}");
                if SELDOM
                    .iter()
                    .all(|(seldom, _)| *seldom != key && *seldom != own)
                {
                    all.push((entry.clone(), option));
                }
            }
        }
    }
    assert!(all.len() > 150, "only {} options", all.len());
    // All of them with the full counts, else a share that is spread over the families.
    let step = 10usize.div_ceil(times(1));
    let mut usual: Option<(String, Option<(String, String)>)> = None;
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (entry, option) in all.iter().step_by(step) {
        if usual.as_ref().is_none_or(|(known, _)| known != entry) {
            usual = Some((entry.clone(), trained(&folder, std::slice::from_ref(entry))));
        }
        let Some((_, Some((digest, _)))) = &usual else {
            continue;
        };
        match does_something(&folder, std::slice::from_ref(entry), digest, option) {
            Ok(is_tried) => tried += usize::from(is_tried),
            Err(message) => wrong.push(message),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 100 / step, "only {tried} options");
}

#[test]
fn a_resolved_config_trains_the_same_run_without_a_warning() {
    let folder = Folder::with_table();
    let whole = folder.train("r", &[]);
    std::fs::copy(
        folder.path("r/config.resolved.toml"),
        folder.path("config.toml"),
    )
    .unwrap();
    let again = folder
        .run(&["train", "config.toml", "--run-dir", "again"])
        .expect(0);
    assert!(!again.err.contains("warning"), "{}", again.err);
    assert_eq!(folder.digest("again"), whole);
}
