//! Each key of the schema is refused by name if it is misspelt, of another type, or out of its range.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::Folder;

/// A key with one number, word, flag or list, as the schema has it.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) schema: Value,
}

/// `path` and the keys below it; tables with names of one's own get the name that the config has.
pub(super) fn leaves(schema: &Value, path: &str, found: &mut Vec<Leaf>) {
    let Some(properties) = schema["properties"].as_object() else {
        if !path.is_empty() {
            found.push(Leaf {
                path: path.to_owned(),
                schema: schema.clone(),
            });
        }
        return;
    };
    for (key, inner) in properties {
        let full = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let named = match full.as_str() {
            // `extends` and `profiles` are no keys of a `--set`; a score's keys are metrics.
            "extends" | "profiles" | "score" => continue,
            "inputs" => Some("profile"),
            "tasks" => Some("passed"),
            _ => None,
        };
        // Which option an entry has depends on its `type`: they are walked by type.
        let is_entry = inner["properties"].is_null()
            && named.is_none()
            && inner.to_string().contains("#/definitions/");
        if inner["const"].is_string() || is_entry {
            continue;
        }
        match named {
            Some(name) => leaves(&one_of_its_own(inner), &format!("{full}.{name}"), found),
            None => leaves(inner, &full, found),
        }
    }
}

/// The schema of the tables in a table with names of one's own.
fn one_of_its_own(schema: &Value) -> Value {
    let by_pattern = schema["patternProperties"]
        .as_object()
        .and_then(|all| all.values().next());
    by_pattern
        .unwrap_or(&schema["additionalProperties"])
        .clone()
}

/// A mutation of each key, and what is wrong with it.
struct Mutation {
    key: String,
    set: String,
    codes: &'static [&'static str],
}

fn misspelt(leaf: &Leaf) -> Mutation {
    let mut key = leaf.path.clone();
    key.insert(key.len() - 1, 'q');
    Mutation {
        set: format!("{key}=1"),
        key,
        codes: &["P0201"],
    }
}

fn of_another_type(leaf: &Leaf) -> Option<Mutation> {
    let text = leaf.schema.to_string();
    let value = match leaf.schema["type"].as_str() {
        Some("integer" | "number" | "boolean" | "array") => "\"a word\"",
        Some("string") => "1",
        // A list of words, or one word.
        _ if leaf.schema["enum"].is_array() || text.contains("\"string\"") => "1",
        _ => return None,
    };
    Some(Mutation {
        key: leaf.path.clone(),
        set: format!("{}={value}", leaf.path),
        codes: &["P0203", "P0109"],
    })
}

fn out_of_range(leaf: &Leaf) -> Vec<Mutation> {
    let bound = |name: &str| leaf.schema[name].as_f64();
    let numbers = [
        bound("minimum").map(|bound| bound - 1.0),
        bound("exclusiveMinimum"),
        bound("maximum").map(|bound| bound + 1.0),
        bound("exclusiveMaximum"),
    ];
    let is_number = leaf.schema["type"] == "number";
    let mut values: Vec<String> = numbers
        .into_iter()
        .flatten()
        .map(|value| value.to_string())
        .collect();
    if is_number {
        values.extend(["nan", "inf"].map(str::to_owned));
    }
    values
        .into_iter()
        .map(|value| Mutation {
            key: leaf.path.clone(),
            set: format!("{}={value}", leaf.path),
            codes: &["P0204", "P0207", "P0109"],
        })
        .collect()
}

/// Checks mutations of different keys at once: all are to be named. Gives how many had the right key guessed.
fn check(folder: &Folder, before: &[String], mutations: &[Mutation]) -> usize {
    let mut arguments = vec!["check", "config.toml", "--level", "config", "--json"];
    for set in before {
        arguments.extend(["--set", set]);
    }
    for mutation in mutations {
        arguments.extend(["--set", &mutation.set]);
    }
    let ended = folder.run(&arguments).expect(3);
    let document = ended.json();
    let problems = document["problems"].as_array().unwrap();
    let mut guessed = 0;
    for mutation in mutations {
        let told = problems.iter().find(|problem| {
            let key = problem["key"].as_str().unwrap();
            (key == mutation.key || key.starts_with(&format!("{}[", mutation.key)))
                && mutation.codes.contains(&problem["code"].as_str().unwrap())
        });
        let told = told.unwrap_or_else(|| panic!("nobody objects to {}: {document}", mutation.set));
        let mut meant = mutation.key.rsplit('.').next().unwrap().to_owned();
        // The letter that `misspelt` put in.
        meant.remove(meant.len().saturating_sub(2));
        let help = told["help"].to_string();
        guessed += usize::from(help.contains(&format!("did you mean `{meant}`")));
    }
    guessed
}

/// Mutations of the same key go in turns.
fn in_turns(mutations: Vec<Mutation>) -> Vec<Vec<Mutation>> {
    let mut turns: Vec<Vec<Mutation>> = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for mutation in mutations {
        let turn = taken.entry(mutation.key.clone()).or_default();
        if turns.len() <= *turn {
            turns.push(Vec::new());
        }
        turns[*turn].push(mutation);
        *turn += 1;
    }
    turns
}

/// Tests all keys, after `before`; gives how many misspelt ones there were, and how many were guessed.
fn test(folder: &Folder, before: &[String], leaves: &[Leaf]) -> (usize, usize) {
    if leaves.is_empty() {
        return (0, 0);
    }
    let misspelt: Vec<Mutation> = leaves.iter().map(misspelt).collect();
    let guessed = check(folder, before, &misspelt);
    let wrong_type = leaves.iter().filter_map(of_another_type).collect();
    let wrong_range = leaves.iter().flat_map(out_of_range).collect();
    for turn in in_turns(wrong_type)
        .into_iter()
        .chain(in_turns(wrong_range))
    {
        check(folder, before, &turn);
    }
    (misspelt.len(), guessed)
}

#[test]
fn each_key_of_the_schema_is_strict() {
    let folder = Folder::with_table();
    let schema: Value =
        serde_json::from_str(&folder.run(&["config", "schema"]).expect(0).out).unwrap();
    let mut keys = Vec::new();
    leaves(&schema, "", &mut keys);
    assert!(keys.len() > 40, "only {} keys", keys.len());
    let (mut misspelt, mut guessed) = test(&folder, &[], &keys);

    // Entries, each type in turn. The keys that they stand at:
    let places = [
        ("encoder", "encoder"),
        ("sharing", "sharing"),
        ("train.optimizer", "optimizer"),
        ("train.schedule", "schedule"),
        ("tasks.passed.loss", "loss"),
        ("multitask.weighting", "weighting"),
        ("data.split", "split"),
        ("data.source", "source"),
    ];
    let mut types = 0;
    for (place, family) in places {
        let variants = &schema["definitions"][format!("{family} (table)")]["anyOf"];
        for variant in variants.as_array().unwrap() {
            let kind = variant["properties"]["type"]["const"].as_str().unwrap();
            let mut options = Vec::new();
            let prefixed = serde_json::json!({"properties": {"entry": variant}});
            leaves(&prefixed, "", &mut options);
            for option in &mut options {
                option.path = option.path.replacen("entry", place, 1);
            }
            // Tables in an entry have names of one's own.
            options.retain(|option| option.schema["type"] != "object");
            let before = [format!("{place}={{ type = \"{kind}\" }}")];
            let (some, right) = test(&folder, &before, &options);
            misspelt += some;
            guessed += right;
            types += 1;
        }
    }
    assert!(types > 30, "only {types} types");
    assert!(
        guessed * 100 >= misspelt * 95,
        "{guessed} of {misspelt} guessed"
    );
}
