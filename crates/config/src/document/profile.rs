//! `[profiles.NAME]`: what to change, by quoted dotted keys or by tables.

use std::sync::Arc;

use super::key_path::{Step, join, steps};
use super::merge::merge;
use super::node::{Node, Place, Rank, Source, SourceKind, Table, Value};
use crate::codes;
use crate::problem::Problem;
use crate::suggest;
use crate::terminal::quoted;

/// All profiles as trees of the keys that they change.
pub(crate) fn expand(profiles: &Node, problems: &mut Vec<Problem>) -> Vec<(String, Table)> {
    let Some(table) = profiles.table() else {
        let message = format!(
            "`profiles` must be a table of tables, not {}",
            profiles.kind()
        );
        problems.push(Problem::new(codes::PROFILE, "profiles", message).at(profiles.place.clone()));
        return Vec::new();
    };
    let mut expanded = Vec::new();
    for (name, node) in table.iter() {
        let path = join("profiles", name);
        match node.table() {
            Some(table) => expanded.push((name.to_owned(), expand_one(&path, table, problems))),
            None => {
                let message = format!(
                    "the profile {} must be a table, not {}",
                    quoted(name),
                    node.kind()
                );
                let help = format!(
                    "write [{path}] and below it the keys to change, such as \"train.epochs\" = 1"
                );
                problems.push(
                    Problem::new(codes::PROFILE, path, message)
                        .with_help(help)
                        .at(node.place.clone()),
                );
            }
        }
    }
    expanded
}

fn expand_one(path: &str, table: &Table, problems: &mut Vec<Problem>) -> Table {
    let mut expanded = Table::default();
    for (key, node) in table.iter() {
        let keys: Vec<String> = match steps(key) {
            Some(steps) if key.contains('.') => steps
                .into_iter()
                .filter_map(|step| {
                    if let Step::Key(key) = step {
                        Some(key)
                    } else {
                        None
                    }
                })
                .collect(),
            _ => vec![key.to_owned()],
        };
        if keys.len() > super::text::DEPTH {
            problems.push(
                Problem::new(
                    codes::TOO_DEEP,
                    join(path, key),
                    "this key nests more than 64 deep".to_owned(),
                )
                .at(node.key_place()),
            );
            continue;
        }
        let Some((first, rest)) = keys.split_first() else {
            continue;
        };
        let mut tree = Arc::clone(node);
        for key in rest.iter().rev() {
            let mut table = Table::default();
            table.set(key, tree);
            tree = node.with_value(Value::Table(table));
        }
        let merged = match expanded.get(first) {
            Some(before) => {
                if let Some(twice) = clash(before, &tree) {
                    problems.push(
                        Problem::new(
                            codes::DUPLICATE_KEY,
                            join(path, key),
                            "duplicate key".to_owned(),
                        )
                        .with_label("given twice in this profile")
                        .at(twice),
                    );
                }
                merge(before, &tree)
            }
            None => tree,
        };
        expanded.set(first, merged);
    }
    expanded
}

/// Where `second` gives a value that `first` gives already.
fn clash(first: &Node, second: &Node) -> Option<Place> {
    match (first.table(), second.table()) {
        (Some(first), Some(second)) => second
            .iter()
            .find_map(|(key, node)| first.get(key).and_then(|before| clash(before, node))),
        _ => Some(second.key_place()),
    }
}

/// The same tree as a layer of its own.
pub(crate) fn stamped(node: &Arc<Node>, rank: Rank, profile: &Arc<str>) -> Arc<Node> {
    let value = match &node.value {
        Value::Table(table) => Value::Table(stamped_table(table, rank, profile)),
        other => other.clone(),
    };
    Arc::new(Node {
        value,
        place: node.place.clone(),
        key: node.key.clone(),
        rank,
        profile: Some(Arc::clone(profile)),
        before: None,
    })
}

pub(crate) fn stamped_table(table: &Table, rank: Rank, profile: &Arc<str>) -> Table {
    let mut stamped_one = Table::default();
    for (key, node) in table.iter() {
        stamped_one.set(key, stamped(node, rank, profile));
    }
    stamped_one
}

/// `--profile` names none of these.
pub(crate) fn unknown(
    name: &str,
    profiles: &[(String, Table)],
    directory: &std::path::Path,
) -> Problem {
    const FLAG: &str = "--profile ";
    let source = Source {
        name: "--profile".to_owned(),
        text: format!("{FLAG}{name}"),
        directory: directory.to_owned(),
        kind: SourceKind::Flag,
    };
    let place = Place {
        span: FLAG.len()..source.text.len(),
        source: Arc::new(source),
    };
    let names = profiles.iter().map(|(name, _)| name.as_str());
    let mut problem = Problem::new(
        codes::PROFILE,
        "",
        format!("there is no profile {}", quoted(name)),
    )
    .with_label("not in the file")
    .at(place);
    if let Some(near) = suggest::nearest(name, names.clone()) {
        problem = problem.with_help(format!("did you mean {}?", quoted(near)));
    }
    let listed: Vec<&str> = names.collect();
    problem.with_help(if listed.is_empty() {
        format!(
            "the file has no profiles; add one with [profiles.{}]",
            crate::literal::toml_key(name)
        )
    } else {
        format!("profiles: {}", listed.join(", "))
    })
}
