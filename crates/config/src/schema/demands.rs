//! What a file must give that extends no other: all of JSON Schema's `required`, apart from what keys may hold.

use serde_json::{Map, Value, json};

use super::json::{DefinitionNames, reference};
use super::{Family, Kind, Node, Variant};

/// The demands of tables and families.
pub(super) struct Demands<'s> {
    families: &'s [Family],
    names: &'s DefinitionNames,
}

impl<'s> Demands<'s> {
    pub(super) fn new(families: &'s [Family], names: &'s DefinitionNames) -> Self {
        Self { families, names }
    }

    /// Of a table of these keys; none if nothing in it is required.
    pub(super) fn table(&self, nodes: &[Node]) -> Option<Map<String, Value>> {
        let required: Vec<&str> = nodes
            .iter()
            .filter(|node| node.is_required)
            .map(|node| node.key.as_str())
            .collect();
        let below: Map<String, Value> = nodes
            .iter()
            .filter_map(|node| Some((node.key.clone(), self.value(node)?)))
            .collect();
        let mut demanded = Map::new();
        if !required.is_empty() {
            demanded.insert("required".to_owned(), required.into());
        }
        if !below.is_empty() {
            demanded.insert("properties".to_owned(), below.into());
        }
        (!demanded.is_empty()).then_some(demanded)
    }

    /// Of what a key holds. `required` and `properties` say nothing of what is no table.
    fn value(&self, node: &Node) -> Option<Value> {
        match &node.kind {
            Kind::Table(keys) | Kind::TextsOrTable { keys, .. } => {
                self.table(keys).map(Value::Object)
            }
            Kind::Tables(keys) => Some(json!({ "additionalProperties": self.table(keys)? })),
            Kind::Entry { family, .. } => {
                let whole = reference(&self.names.whole(*family));
                // A table without `type` is one of the default's.
                let named = json!({ "required": ["type"] });
                Some(match &node.default {
                    Some(_) => json!({ "if": named, "then": whole }),
                    None => whole,
                })
            }
            Kind::PathOrEntry { family, .. } => Some(reference(&self.names.whole(*family))),
            Kind::Entries { family, .. } => {
                let whole = reference(&self.names.whole(*family));
                Some(json!({ "allOf": [whole, { "items": whole }] }))
            }
            _ => None,
        }
    }

    /// One for each family: a table has a `type`, and what that type requires.
    pub(super) fn definitions(&self) -> Map<String, Value> {
        let families = self.families.iter().enumerate();
        families
            .map(|(index, family)| {
                let demanding: Vec<Value> = family
                    .variants
                    .iter()
                    .filter_map(|variant| self.variant(variant))
                    .collect();
                let mut whole =
                    json!({ "if": { "type": "object" }, "then": { "required": ["type"] } });
                if !demanding.is_empty()
                    && let Value::Object(whole) = &mut whole
                {
                    whole.insert("allOf".to_owned(), demanding.into());
                }
                (self.names.whole(index), whole)
            })
            .collect()
    }

    fn variant(&self, variant: &Variant) -> Option<Value> {
        let demanded = self.table(&variant.options)?;
        let is_it =
            json!({ "properties": { "type": { "const": variant.name } }, "required": ["type"] });
        Some(json!({ "if": is_it, "then": demanded }))
    }
}
