//! Tables within tables.

use std::sync::Arc;

use super::fault::{bad_name, wrong_type};
use super::number::number;
use super::{Fields, Scope};
use crate::codes;
use crate::document::{Node, Table, join};
use crate::literal::Literal;
use crate::resolved::{Form, Item, Origin};
use crate::schema::{self, Kind, Range};
use crate::suggest;

impl Fields<'_> {
    /// A table; an absent one is all its defaults, and its required keys are missing.
    pub fn table<T>(
        &mut self,
        key: &'static str,
        help: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> T {
        let is_reading = self.scope.is_reading;
        let node = self.table_node(key, help);
        let path = self.key_path(key);
        let scope = match node {
            // Of what is no table nothing can be said, not even that a key is missing.
            Some(Err(())) => Scope::describing(&path),
            None if !is_reading => Scope::describing(&path),
            given => Scope::reading(&path, given.and_then(Result::ok)),
        };
        let mut slot = self.slot(key, help);
        let (value, below) = slot.below(scope, read);
        // Absent, it is all its defaults, if all have one.
        let is_required = below.schema.iter().any(|node| node.is_required);
        slot.declare(Kind::Table(below.schema), None, is_required);
        slot.scope
            .resolve(key, Item::table(below.resolved, Form::Section));
        value
    }

    /// A table that may be absent.
    pub fn optional_table<T>(
        &mut self,
        key: &'static str,
        help: &'static str,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let path = self.key_path(key);
        let node = self.table_node(key, help).and_then(Result::ok);
        let is_given = node.is_some();
        let scope = if is_given {
            Scope::reading(&path, node)
        } else {
            Scope::describing(&path)
        };
        let mut slot = self.slot(key, help);
        let (value, below) = slot.below(scope, read);
        slot.declare(Kind::Table(below.schema), None, false);
        if !is_given {
            return None;
        }
        slot.scope
            .resolve(key, Item::table(below.resolved, Form::Kept));
        Some(value)
    }

    /// Tables by name, in the order of the document: `[tasks.digit]`.
    pub fn tables<T>(
        &mut self,
        key: &'static str,
        help: &'static str,
        mut read: impl FnMut(&str, &mut Fields<'_>) -> T,
    ) -> Vec<(String, T)> {
        let path = self.key_path(key);
        let node = self.table_node(key, help).and_then(Result::ok);
        let mut values = Vec::new();
        let mut keys: Vec<schema::Node> = Vec::new();
        let mut items = Vec::new();
        let entries = node
            .as_deref()
            .and_then(Node::table)
            .map(named)
            .unwrap_or_default();
        let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
        for (name, node) in entries {
            let before = self.work.problems.len();
            let path = join(&path, &name);
            if !is_name(&name) {
                self.work.problems.push(bad_name(&path, &name, &node));
                continue;
            }
            if node.table().is_none() {
                self.work
                    .problems
                    .push(wrong_type(&path, "a table", "a table", &node));
                continue;
            }
            let scope = Scope::reading(&path, Some(node));
            let (value, below) = self
                .slot(key, help)
                .below(scope, |fields| read(&name, fields));
            self.hint_at_other_names(before, &name, &names);
            for node in below.schema {
                if !keys.iter().any(|known| known.key == node.key) {
                    keys.push(node);
                }
            }
            items.push((name.clone(), Item::table(below.resolved, Form::Kept)));
            values.push((name, value));
        }
        if values.is_empty() {
            let (_, below) =
                self.slot(key, help)
                    .below(Scope::describing(&join(&path, "name")), |fields| {
                        drop(read("name", fields));
                    });
            keys = below.schema;
        }
        let slot = &mut self.slot(key, help);
        slot.declare(Kind::Tables(keys), None, false);
        if !items.is_empty() {
            slot.scope.resolve(key, Item::table(items, Form::Section));
        }
        values
    }

    /// A table that lacks a key may be another one with its name mistyped (`--set tasks.pased.weight=2`).
    fn hint_at_other_names(&mut self, first: usize, name: &str, names: &[String]) {
        let others = names.iter().map(String::as_str);
        let Some(near) = suggest::nearest(name, others.filter(|other| *other != name)) else {
            return;
        };
        let lack = self
            .work
            .problems
            .iter_mut()
            .skip(first)
            .find(|problem| problem.code == codes::MISSING_KEY);
        if let Some(problem) = lack {
            let hint = format!("did you mean `{near}` where it says `{name}`?");
            problem.help = Some(match problem.help.take() {
                Some(help) => format!("{hint}\nor {help}"),
                None => hint,
            });
        }
    }

    /// A table of free keys, each with a number, in the order of the document: `[score]`.
    pub fn weights(&mut self, key: &'static str, help: &'static str) -> Vec<(String, f64)> {
        let path = self.key_path(key);
        let node = self.table_node(key, help).and_then(Result::ok);
        let mut slot = self.slot(key, help);
        slot.declare(Kind::Weights, None, false);
        let mut weights = Vec::new();
        let mut items = Vec::new();
        for (name, node) in node
            .as_deref()
            .and_then(Node::table)
            .map(named)
            .unwrap_or_default()
        {
            match number(&join(&path, &name), &node, &Range::default()) {
                Ok(weight) => {
                    let origin = Origin::of(&node);
                    items.push((name.clone(), Item::leaf(Literal::Number(weight), origin)));
                    weights.push((name, weight));
                }
                Err(problem) => slot.report(problem),
            }
        }
        if !items.is_empty() {
            slot.scope.resolve(key, Item::table(items, Form::Section));
        }
        weights
    }

    /// The node, if it is given; an error, reported, if it is no table.
    fn table_node(
        &mut self,
        key: &'static str,
        help: &'static str,
    ) -> Option<Result<Arc<Node>, ()>> {
        let mut slot = self.slot(key, help);
        let node = slot.node().filter(|_| slot.scope.is_reading)?;
        if node.table().is_some() {
            return Some(Ok(node));
        }
        let problem = wrong_type(&slot.path(), "a table", "a table", &node);
        slot.report(problem);
        Some(Err(()))
    }
}

fn named(table: &Table) -> Vec<(String, Arc<Node>)> {
    table
        .iter()
        .map(|(name, node)| (name.to_owned(), Arc::clone(node)))
        .collect()
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
