//! The schema's answer to a key path.

use super::{Kind, Node, Schema};
use crate::document::{Step, join, steps};
use crate::suggest::nearest;
use crate::unknown::Index;

/// A key that was found, and which entries have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'s> {
    /// The key.
    pub node: &'s Node,
    /// If it is an option of entries: the types that have it, and the key as each of them has it.
    pub of: Vec<(&'static str, &'s Node)>,
}

impl Found<'_> {
    /// The types that have the key.
    #[must_use]
    pub fn types(&self) -> Vec<&'static str> {
        self.of.iter().map(|(name, _)| *name).collect()
    }
}

impl Schema {
    /// The key at a path; `tasks.digit.weight` finds the key of any task, `train.optimizer.lr` the option of the first
    /// type that has it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Node> {
        self.found(path).map(|found| found.node)
    }

    /// The same, with the types that have the key.
    ///
    /// ```
    /// # use polytask_config::{describe, Entry};
    /// # static SHAPES: &[Entry<f64>] = &[Entry {
    /// #     name: "circle", summary: "round", source: "", facts: (),
    /// #     new: |fields| fields.number("radius", "in metres").above(0.0).or(1.0),
    /// # }];
    /// let schema = describe(|fields| { fields.entry("shape", "what to draw", SHAPES).or("circle"); });
    /// assert_eq!(schema.found("shape.radius").unwrap().types(), ["circle"]);
    /// ```
    #[must_use]
    pub fn found(&self, path: &str) -> Option<Found<'_>> {
        let mut level: Vec<(Option<&'static str>, &[Node])> = vec![(None, &self.keys)];
        let mut steps = steps(path)?.into_iter().peekable();
        while let Some(step) = steps.next() {
            let Step::Key(key) = step else { return None };
            let hits: Vec<(Option<&'static str>, &Node)> = level
                .iter()
                .filter_map(|(name, nodes)| {
                    nodes
                        .iter()
                        .find(|node| node.key == key)
                        .map(|node| (*name, node))
                })
                .collect();
            let (_, first) = *hits.first()?;
            while matches!(steps.peek(), Some(Step::Index(_))) {
                steps.next();
            }
            if matches!(first.kind, Kind::Tables(_) | Kind::Weights) && steps.peek().is_some() {
                steps.next();
                if matches!(first.kind, Kind::Weights) {
                    return steps.peek().is_none().then_some(Found {
                        node: first,
                        of: Vec::new(),
                    });
                }
            }
            if steps.peek().is_none() {
                let of = hits
                    .iter()
                    .filter_map(|(name, node)| Some(((*name)?, *node)))
                    .collect();
                return Some(Found { node: first, of });
            }
            level = hits.iter().flat_map(|(_, node)| self.below(node)).collect();
        }
        None
    }

    /// The key that a path which leads to none may have meant: each word the nearest in its table or, failing that, the
    /// key of the last word elsewhere. In backticks.
    ///
    /// ```
    /// # use polytask_config::describe;
    /// let schema = describe(|fields| {
    ///     fields.table("train", "the loop", |fields| { fields.integer("epochs", "passes over the rows").or(10); });
    /// });
    /// let near = |path| schema.near(path);
    /// assert_eq!(near("trian.epoch").as_deref(), Some("`train.epochs`"));
    /// assert_eq!(near("epochs").as_deref(), Some("`train.epochs`"));
    /// assert_eq!(near("optimizer"), None);
    /// ```
    #[must_use]
    pub fn near(&self, path: &str) -> Option<String> {
        let words: Vec<&str> = path.split('.').collect();
        let mut meant = String::new();
        for (index, word) in words.iter().enumerate() {
            let exact = join(&meant, word);
            if self.found(&exact).is_some() {
                meant = exact;
                continue;
            }
            let level: Vec<(Option<&'static str>, &[Node])> = match self.found(&meant) {
                _ if index == 0 => vec![(None, &self.keys)],
                Some(found) => self.below(found.node),
                None => Vec::new(),
            };
            let keys = level.iter().flat_map(|(_, nodes)| nodes.iter());
            match nearest(word, keys.map(|node| node.key.as_str())) {
                Some(near) => meant = join(&meant, near),
                None => return self.elsewhere(words.last()?, &meant),
            }
        }
        Some(format!("`{meant}`"))
    }

    /// Where there is a key of that name or of one near to it, the nearest to `table` first.
    fn elsewhere(&self, word: &str, table: &str) -> Option<String> {
        let index = Index::new(self);
        let exact = index.exact(word, table);
        match exact.is_empty() {
            true => index.near(word, table),
            false => Some(exact.join(" or ")),
        }
    }

    fn below<'s>(&'s self, node: &'s Node) -> Vec<(Option<&'static str>, &'s [Node])> {
        match &node.kind {
            Kind::Table(keys) | Kind::Tables(keys) | Kind::TextsOrTable { keys, .. } => {
                vec![(None, keys)]
            }
            Kind::Entry { family, .. }
            | Kind::Entries { family, .. }
            | Kind::PathOrEntry { family, .. } => self
                .families
                .get(*family)
                .map(|family| {
                    let options = |variant: &'s super::Variant| {
                        (Some(variant.name), variant.options.as_slice())
                    };
                    family.variants.iter().map(options).collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}
