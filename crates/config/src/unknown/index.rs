//! All keys of a schema by their last word, to find the table that a key was meant for.

use std::collections::BTreeMap;

use crate::document::join;
use crate::schema::{Kind, Node, Schema};
use crate::suggest;

/// How deep entries within entries are looked into.
const DEPTH: usize = 6;
/// How many places are named.
const PLACES: usize = 3;

/// The paths of each key.
pub(crate) struct Index(BTreeMap<String, Vec<Place>>);

struct Place {
    /// The table it is in.
    table: String,
    /// How to name it.
    text: String,
}

impl Index {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut index = Self(BTreeMap::new());
        index.add(schema, &schema.keys, "", &[], DEPTH);
        index
    }

    fn add(&mut self, schema: &Schema, nodes: &[Node], table: &str, types: &[&str], depth: usize) {
        if depth == 0 {
            return;
        }
        for node in nodes {
            let path = join(table, &node.key);
            let text = match types {
                [] if table.is_empty() => format!("`{}` at the top of the file", node.key),
                [] => format!("`{path}`"),
                types => format!("`{path}` (of {})", types.join(", ")),
            };
            let places = self.0.entry(node.key.clone()).or_default();
            // Options that several types share are named once.
            if !places.iter().any(|place| place.table == table) {
                places.push(Place {
                    table: table.to_owned(),
                    text,
                });
            }
            match &node.kind {
                Kind::Table(keys) | Kind::TextsOrTable { keys, .. } => {
                    self.add(schema, keys, &path, &[], depth - 1)
                }
                Kind::Tables(keys) => {
                    self.add(schema, keys, &format!("{path}.NAME"), &[], depth - 1)
                }
                Kind::Entry { family, .. }
                | Kind::Entries { family, .. }
                | Kind::PathOrEntry { family, .. } => {
                    self.add_family(schema, *family, &path, depth - 1);
                }
                _ => {}
            }
        }
    }

    fn add_family(&mut self, schema: &Schema, family: usize, path: &str, depth: usize) {
        let Some(family) = schema.families.get(family) else {
            return;
        };
        for variant in &family.variants {
            for option in &variant.options {
                let has = |other: &&crate::schema::Variant| {
                    other.options.iter().any(|node| node.key == option.key)
                };
                let types: Vec<&str> = family
                    .variants
                    .iter()
                    .filter(has)
                    .map(|variant| variant.name)
                    .collect();
                self.add(schema, std::slice::from_ref(option), path, &types, depth);
            }
        }
    }

    /// Where else there is a key of that name, the nearest tables first.
    pub(crate) fn exact(&self, key: &str, table: &str) -> Vec<String> {
        let places = self.0.get(key).map(Vec::as_slice).unwrap_or_default();
        let mut others: Vec<&Place> = places.iter().filter(|place| !is_at(place, table)).collect();
        others.sort_by_key(|place| way(table, &place.table));
        let texts = others.into_iter().map(|place| place.text.clone());
        texts.take(PLACES).collect()
    }

    /// The key elsewhere that is spelled most alike; of several places of it the nearest to `table`.
    pub(crate) fn near(&self, key: &str, table: &str) -> Option<String> {
        let near = suggest::nearest(key, self.0.keys().map(String::as_str))?;
        let places = self.0.get(near)?.iter();
        let place = places.min_by_key(|place| way(table, &place.table));
        place.map(|place| place.text.clone())
    }
}

/// The tables of a path, outermost first.
fn tables(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|name| !name.is_empty())
}

/// Whether two tables have one name in the schema, where `NAME` stands for whatever a user calls one.
fn is_same((given, known): (&str, &str)) -> bool {
    given == known || known == "NAME"
}

fn is_at(place: &Place, table: &str) -> bool {
    let pairs = tables(table).zip(tables(&place.table));
    tables(table).count() == tables(&place.table).count() && pairs.into_iter().all(is_same)
}

/// How many tables one goes up and down to come from one to the other.
fn way(table: &str, known: &str) -> usize {
    let common = tables(table)
        .zip(tables(known))
        .take_while(|pair| is_same(*pair))
        .count();
    tables(table).count() + tables(known).count() - 2 * common
}
