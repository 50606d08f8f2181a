//! A list of members of a family, each by its name or as a table with options.

use std::sync::Arc;

use super::Scope;
use super::family::{Member, Members};
use super::fault::{named, unknown_name, wrong_type};
use super::slot::Slot;
use crate::called::called;
use crate::codes;
use crate::document::{Node, Value, join};
use crate::entry::Entry;
use crate::literal::Literal;
use crate::problem::Problem;
use crate::resolved::{Item, Origin};
use crate::schema::{self, Kind};
use crate::suggest;

/// A member of a family in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the list.
    pub index: usize,
    /// As [`options_in`](crate::options_in) reads it: `name`, or `name(key=value)` with the options that are given.
    pub text: String,
    /// The same with all options: two members that do the same have the same.
    pub whole: String,
}

/// A list of members of a family: end with `or_none`.
pub struct EntriesField<'f, T> {
    slot: Slot<'f>,
    members: Members<T>,
}

impl<'f, T: 'static> EntriesField<'f, T> {
    pub(crate) fn new<X: 'static>(slot: Slot<'f>, family: &'static [Entry<T, X>]) -> Self {
        Self {
            slot,
            members: Members::new(family),
        }
    }

    /// The members. One that is wrong is left out; without the key there are none.
    pub fn or_none(mut self) -> Vec<Listed> {
        let family = self.members.describe(self.slot.work, self.slot.key);
        let kind = Kind::Entries {
            family,
            names: self.members.names().collect(),
        };
        let none = Literal::List(Vec::new());
        self.slot.declare(kind.clone(), Some(none.clone()), false);
        if !self.slot.scope.is_reading {
            return Vec::new();
        }
        let Some(node) = self.slot.node() else {
            self.slot.resolve(none, Origin::Default);
            return Vec::new();
        };
        let path = self.slot.path();
        let items: Vec<(String, &Arc<Node>)> = match &node.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (format!("{path}[{index}]"), item))
                .collect(),
            // A single one is a list of one.
            Value::Text(_) | Value::Table(_) => vec![(path, &node)],
            _ => {
                let problem = wrong_type(&path, &kind.to_string(), "a list", &node);
                self.slot.report(problem);
                return Vec::new();
            }
        };
        let (listed, literals): (Vec<Listed>, Vec<Literal>) = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, (path, item))| self.member(index, &path, item))
            .unzip();
        self.slot
            .resolve(Literal::List(literals), Origin::of(&node));
        listed
    }

    /// One item, and what the resolved configuration has for it.
    fn member(&mut self, index: usize, path: &str, node: &Arc<Node>) -> Option<(Listed, Literal)> {
        let (kind, options) = match &node.value {
            Value::Text(_) => (Arc::clone(node), None),
            Value::Table(table) => match table.get("type") {
                Some(kind) => (Arc::clone(kind), Some(Arc::clone(node))),
                None => {
                    let path = join(path, "type");
                    let allowed: Vec<&str> = self.members.names().collect();
                    let problem = Problem::new(
                        codes::MISSING_KEY,
                        path.clone(),
                        format!("{} is missing", named(&path)),
                    )
                    .with_label("`type` is missing here")
                    .with_help(format!("allowed: {}", allowed.join(", ")))
                    .at(node.place.clone());
                    self.slot.report(problem);
                    return None;
                }
            },
            _ => {
                let wanted = "a name or a table with `type`";
                self.slot.report(wrong_type(path, wanted, wanted, node));
                return None;
            }
        };
        let Value::Text(name) = &kind.value else {
            let problem = wrong_type(&join(path, "type"), "a name", "a string", &kind);
            self.slot.report(problem);
            return None;
        };
        let Some(member) = self.members.find(name) else {
            let path = if options.is_some() {
                join(path, "type")
            } else {
                path.to_owned()
            };
            let names = self.members.names();
            self.slot.report(unknown_name(&path, &kind, name, names));
            return None;
        };
        let before = self.slot.work.problems.len();
        let options = self.slot.options(member, path, options);
        if self.slot.work.problems.len() > before {
            return None;
        }
        Some(written(index, member.name, options))
    }
}

impl Slot<'_> {
    /// All options of a member, checked, and whether each is given.
    fn options<T>(
        &mut self,
        member: &Member<T>,
        path: &str,
        node: Option<Arc<Node>>,
    ) -> Vec<(String, Literal, bool)> {
        let (_, below) = self.below(Scope::reading(path, node.clone()), member.new);
        let table = node.as_ref().and_then(|node| node.table());
        for (key, given) in table.iter().flat_map(|table| table.iter()) {
            if key != "type" && !below.schema.iter().any(|known| known.key == key) {
                let problem = unknown_option(member.name, &join(path, key), &below.schema, given);
                self.report(problem);
            }
        }
        let option = |(key, item): (String, Item)| match item {
            Item::Leaf { value, origin } => Some((key, value, origin != Origin::Default)),
            Item::Table { .. } => None,
        };
        below.resolved.into_iter().filter_map(option).collect()
    }
}

fn unknown_option(member: &str, path: &str, known: &[schema::Node], node: &Node) -> Problem {
    let key = path.rsplit('.').next().unwrap_or(path);
    let names: Vec<&str> = known.iter().map(|node| node.key.as_str()).collect();
    let problem = Problem::new(
        codes::UNKNOWN_KEY,
        path,
        format!("\"{member}\" has no option {}", named(key)),
    )
    .with_label("nothing reads this")
    .at(node.key_place());
    let near = suggest::nearest(key, names.iter().copied());
    let problem = match near {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.with_help(match names.is_empty() {
        true => "it has none".to_owned(),
        false => format!("options: {}", names.join(", ")),
    })
}

/// `name(key=value)` and `{ type = "name", key = value }`, or the name alone.
fn written(
    index: usize,
    name: &str,
    mut options: Vec<(String, Literal, bool)>,
) -> (Listed, Literal) {
    let all = |options: &[(String, Literal, bool)]| -> Vec<(String, Literal)> {
        let pairs = options.iter();
        pairs
            .map(|(key, value, _)| (key.clone(), value.clone()))
            .collect()
    };
    let whole = called(name, &all(&options));
    options.retain(|(_, _, is_given)| *is_given);
    let given = all(&options);
    let listed = Listed {
        index,
        text: called(name, &given),
        whole,
    };
    let named = Literal::Text(name.to_owned());
    if given.is_empty() {
        return (listed, named);
    }
    let items = [("type".to_owned(), named)].into_iter().chain(given);
    (listed, Literal::Table(items.collect()))
}
