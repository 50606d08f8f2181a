//! Keys that nothing reads: a typo, a key in the wrong table, an option of another type.

mod index;

use std::sync::Arc;

use crate::codes;
use crate::document::{Document, Node as Given, Table, Value, join};
use crate::fields::live_options;
use crate::problem::Problem;
use crate::schema::{Family, Kind, Node, Schema};
use crate::suggest;
use crate::terminal::shown;
pub(crate) use index::Index;

/// Beyond so many, no more is guessed about what was meant: guessing compares with every key there is.
const GUESSES: usize = 100;

/// Every key of the document, and of all its profiles, that the schema does not have.
pub(crate) fn unknown_keys(document: &Document, schema: &Schema) -> Vec<Problem> {
    let index = Index::new(schema);
    let mut walk = Walk {
        schema,
        index: &index,
        problems: Vec::new(),
    };
    let is_reserved =
        |key: &str| key == "version" && schema.keys.iter().all(|node| node.key != "version");
    if let Some(table) = document.0.root.table() {
        walk.table(table, &schema.keys, "", &Within::Table, &is_reserved);
    }
    for (name, changes) in &document.0.profiles {
        let path = join("profiles", name);
        walk.table(changes, &schema.keys, &path, &Within::Profile, &is_reserved);
    }
    walk.problems
}

/// What kind of table a key is in.
enum Within<'s> {
    Table,
    Profile,
    Entry {
        family: &'s Family,
        name: &'static str,
        /// No `type` says so.
        is_default: bool,
    },
}

struct Walk<'s> {
    schema: &'s Schema,
    index: &'s Index,
    problems: Vec<Problem>,
}

impl<'s> Walk<'s> {
    fn table(
        &mut self,
        table: &Table,
        nodes: &'s [Node],
        path: &str,
        within: &Within<'s>,
        is_reserved: &dyn Fn(&str) -> bool,
    ) {
        for (key, given) in table.iter() {
            match nodes.iter().find(|node| node.key == key) {
                Some(node) => self.value(given, node, &join(path, key)),
                None if is_reserved(key) => {}
                None => self.report(key, given, nodes, path, within),
            }
        }
    }

    fn value(&mut self, given: &Arc<Given>, node: &'s Node, path: &str) {
        let Some(table) = given.table() else { return };
        match &node.kind {
            Kind::Table(keys) | Kind::TextsOrTable { keys, .. } => {
                self.table(table, keys, path, &Within::Table, &|_| false);
            }
            Kind::Tables(keys) => {
                for (name, given) in table.iter() {
                    if let Some(table) = given.table() {
                        self.table(table, keys, &join(path, name), &Within::Table, &|_| false);
                    }
                }
            }
            Kind::Entry { family, .. } | Kind::PathOrEntry { family, .. } => {
                let Some(family) = self.schema.families.get(*family) else {
                    return;
                };
                let named = match table.get("type").map(|node| &node.value) {
                    Some(Value::Text(name)) => Some(name.clone()),
                    Some(_) => None,
                    None => node
                        .default
                        .as_ref()
                        .and_then(|default| default.text().map(str::to_owned)),
                };
                // A `type` that is none is a problem of its own; what it would have taken, nobody knows.
                let Some(variant) = named.and_then(|name| family.variant(&name)) else {
                    return;
                };
                let within = Within::Entry {
                    family,
                    name: variant.name,
                    is_default: table.get("type").is_none(),
                };
                self.table(
                    &live_options(table),
                    &variant.options,
                    path,
                    &within,
                    &|key| key == "type",
                );
            }
            _ => {}
        }
    }

    fn report(
        &mut self,
        key: &str,
        given: &Given,
        nodes: &[Node],
        path: &str,
        within: &Within<'_>,
    ) {
        let full = join(path, key);
        let what = if given.table().is_some() && path.is_empty() {
            "table"
        } else {
            "key"
        };
        let mut problem = match within {
            Within::Entry { name, .. } => {
                let message = format!("\"{name}\" has no option `{}`", shown(key, 80));
                Problem::new(codes::UNKNOWN_KEY, full, message)
            }
            _ => Problem::new(
                codes::UNKNOWN_KEY,
                full.clone(),
                format!("unknown {what} `{}`", shown(&full, 80)),
            ),
        };
        problem = problem.with_label(if what == "table" {
            "nothing reads this table"
        } else {
            "nothing reads this key"
        });
        if matches!(key, "extends" | "profiles") {
            problem = problem.with_help(format!("`{key}` can only stand at the top of a file"));
        } else if self.problems.len() < GUESSES {
            for help in self.guess(key, nodes, path, within) {
                problem = problem.with_help(help);
            }
        }
        self.problems.push(problem.at(given.key_place()));
    }

    /// What may have been meant, and what there is.
    fn guess(&self, key: &str, nodes: &[Node], path: &str, within: &Within<'_>) -> Vec<String> {
        let mut help = Vec::new();
        let own = nodes.iter().map(|node| node.key.as_str());
        let near = suggest::nearest(key, own.clone());
        let is_path = matches!(within, Within::Profile) && key.contains('.');
        if let Within::Entry { family, .. } = within {
            let has = |variant: &&crate::schema::Variant| {
                variant.options.iter().any(|option| option.key == key)
            };
            let types: Vec<&str> = family
                .variants
                .iter()
                .filter(has)
                .map(|variant| variant.name)
                .collect();
            if !types.is_empty() {
                help.push(format!("types that have it: {}", types.join(", ")));
            }
        }
        // An option of another type here is meant rather than a key of that name elsewhere.
        let elsewhere = match help.is_empty() {
            true => self.index.exact(key, path),
            false => Vec::new(),
        };
        let near = near.filter(|near| elsewhere.is_empty() || suggest::distance(key, near) <= 1);
        let akin = suggest::akin(key, own.clone()).filter(|_| help.is_empty());
        if let (None, Some(akin)) = (near, akin) {
            // This table's word with another ending, or that very word in the nearest other table.
            let other = elsewhere.first().map(|place| format!(" or {place}"));
            help.push(format!(
                "did you mean `{akin}`{}?",
                other.unwrap_or_default()
            ));
        } else if let Some(near) = near {
            help.push(format!("did you mean `{near}`?"));
        } else if !elsewhere.is_empty() {
            help.push(format!("did you mean {}?", elsewhere.join(" or ")));
        } else if let Some(near) = self
            .index
            .near(key, path)
            .filter(|_| help.is_empty() && !is_path)
        {
            help.push(format!("did you mean {near}?"));
        }
        if let Within::Entry {
            family,
            name,
            is_default: true,
        } = within
        {
            let types: Vec<&str> = family.variants.iter().map(|variant| variant.name).collect();
            help.push(format!(
                "the table has no `type`, so it is \"{name}\"; types: {}",
                types.join(", ")
            ));
        }
        let listed = listed(own);
        help.push(match within {
            Within::Entry { name, .. } if listed.is_empty() => format!("\"{name}\" has no options"),
            Within::Entry { name, .. } => format!("options of \"{name}\": {listed}"),
            _ if path.is_empty() || matches!(within, Within::Profile) => {
                format!("keys at the top: {listed}")
            }
            Within::Table | Within::Profile => format!("keys of [{}]: {listed}", shown(path, 80)),
        });
        help
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const LISTED: usize = 24;
    let names: Vec<&str> = names.collect();
    let more = if names.len() > LISTED { ", …" } else { "" };
    let shown: Vec<&str> = names.into_iter().take(LISTED).collect();
    format!("{}{more}", shown.join(", "))
}
