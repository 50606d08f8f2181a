//! The schema as JSON Schema (draft-07), which editors understand.

use serde_json::{Map, Value, json};

use super::demands::Demands;
use super::{Family, Kind, Node, Range, Schema, Variant};

/// What a table's free names look like.
const NAME: &str = "^[a-z][a-z0-9_]*$";

impl Schema {
    /// JSON Schema draft-07; no table takes keys that are not listed.
    ///
    /// A file with `extends` need not give what is required, at the top or in its tables, for the files that it extends
    /// may.
    ///
    /// ```
    /// # use polytask_config::describe;
    /// let schema = describe(|fields| { fields.integer("epochs", "passes over the rows").at_least(1).or(10); });
    /// let json = schema.json_schema();
    /// assert_eq!(json["properties"]["epochs"]["minimum"], 1);
    /// assert_eq!(json["additionalProperties"], false);
    /// ```
    #[must_use]
    pub fn json_schema(&self) -> Value {
        let names = DefinitionNames::new(&self.families);
        let mut root = table(&self.keys, &names);
        if let Some(Value::Object(properties)) = root.get_mut("properties") {
            for (key, schema) in own_keys() {
                properties.entry(key).or_insert(schema);
            }
        }
        let mut document = Map::new();
        document.insert(
            "$schema".to_owned(),
            "http://json-schema.org/draft-07/schema#".into(),
        );
        document.append(&mut root);
        let demands = Demands::new(&self.families, &names);
        if let Some(demanded) = demands.table(&self.keys) {
            document.insert(
                "if".to_owned(),
                json!({ "not": { "required": ["extends"] } }),
            );
            document.insert("then".to_owned(), demanded.into());
        }
        let mut definitions = Map::new();
        for (index, family) in self.families.iter().enumerate() {
            let tables: Vec<Value> = family
                .variants
                .iter()
                .map(|variant| variant_table(variant, &names))
                .collect();
            definitions.insert(names.table(index), json!({ "anyOf": tables }));
            let words: Vec<&str> = family
                .variants
                .iter()
                .filter(|one| needs_nothing(one))
                .map(|one| one.name)
                .collect();
            let table = reference(&names.table(index));
            definitions.insert(
                names.entry(index),
                json!({ "anyOf": [{ "enum": words }, table] }),
            );
        }
        definitions.extend(demands.definitions());
        if !definitions.is_empty() {
            document.insert("definitions".to_owned(), definitions.into());
        }
        document.into()
    }
}

/// The keys of the format itself.
fn own_keys() -> [(&'static str, Value); 3] {
    let path = json!({ "type": "string" });
    [
        (
            "version",
            json!({ "description": "version of the format", "const": 1 }),
        ),
        (
            "extends",
            json!({
                "description": "files that this one changes",
                "anyOf": [path, { "type": "array", "items": path }],
            }),
        ),
        (
            "profiles",
            json!({
                "description": "changes for --profile NAME",
                "type": "object",
                "additionalProperties": { "type": "object" },
            }),
        ),
    ]
}

/// A name for each family: that of the key that chooses from it.
pub(super) struct DefinitionNames(Vec<String>);

impl DefinitionNames {
    fn new(families: &[Family]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for family in families {
            let is_taken = |name: &String| names.contains(name);
            let numbered = (2..).map(|number| format!("{}_{number}", family.name));
            let name = std::iter::once(family.name.clone())
                .chain(numbered)
                .find(|name| !is_taken(name));
            names.push(name.unwrap_or_default());
        }
        Self(names)
    }

    fn entry(&self, index: usize) -> String {
        self.0.get(index).cloned().unwrap_or_default()
    }

    fn table(&self, index: usize) -> String {
        format!("{} (table)", self.entry(index))
    }

    pub(super) fn whole(&self, index: usize) -> String {
        format!("{} (whole)", self.entry(index))
    }
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{}", name.replace(' ', "%20")) })
}

fn needs_nothing(variant: &Variant) -> bool {
    !variant.options.iter().any(|option| option.is_required)
}

fn table(nodes: &[Node], names: &DefinitionNames) -> Map<String, Value> {
    let properties: Map<String, Value> = nodes
        .iter()
        .map(|node| (node.key.clone(), Value::Object(property(node, names))))
        .collect();
    let mut table = Map::new();
    table.insert("type".to_owned(), "object".into());
    table.insert("properties".to_owned(), properties.into());
    table.insert("additionalProperties".to_owned(), false.into());
    table
}

fn variant_table(variant: &Variant, names: &DefinitionNames) -> Value {
    let mut table = table(&variant.options, names);
    table.insert("description".to_owned(), variant.summary.into());
    if let Some(Value::Object(properties)) = table.get_mut("properties") {
        properties.insert("type".to_owned(), json!({ "const": variant.name }));
    }
    table.into()
}

fn property(node: &Node, names: &DefinitionNames) -> Map<String, Value> {
    let mut property = kind(node, names);
    property.insert("description".to_owned(), description(node).into());
    if let Some(default) = &node.default {
        property.insert("default".to_owned(), default.to_json());
    }
    property
}

/// The help, and what each allowed word means.
fn description(node: &Node) -> String {
    let Kind::Choice(words) = &node.kind else {
        return node.help.clone();
    };
    let lines = words
        .iter()
        .map(|(word, line)| format!("\n- {word}: {line}"));
    std::iter::once(node.help.clone()).chain(lines).collect()
}

fn kind(node: &Node, names: &DefinitionNames) -> Map<String, Value> {
    let text = || json!({ "type": "string" });
    let texts = |length: &Range<usize>| {
        let mut list = list(text(), length);
        // A single string is a list of one.
        if length.holds(&1) {
            list = json!({ "anyOf": [text(), list] });
        }
        list
    };
    let schema = match &node.kind {
        Kind::Number(range) => number("number", range),
        Kind::Integer(range) => count(range),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text => text(),
        Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Choice(words) => {
            json!({ "enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
        }
        Kind::Numbers { each, length } => list(number("number", each), length),
        Kind::Integers { each, length } => list(count(each), length),
        Kind::Pairs { length } => {
            let two = Range {
                at_least: Some(2),
                at_most: Some(2),
                ..Range::default()
            };
            list(list(text(), &two), length)
        }
        Kind::Lists { length } => list(list(text(), &Range::default()), length),
        Kind::Texts { length } | Kind::Paths { length } => texts(length),
        Kind::Weights => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        Kind::Table(keys) => table(keys, names).into(),
        Kind::Tables(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": table(keys, names),
        }),
        Kind::Entry { family, .. } => entry(reference(&names.entry(*family)), node, *family, names),
        Kind::Entries { family, .. } => {
            let one = reference(&names.entry(*family));
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Kind::PathOrEntry { family, .. } => {
            json!({ "anyOf": [{ "type": "string", "minLength": 1 }, reference(&names.table(*family))] })
        }
        Kind::TextsOrTable { length, keys } => {
            json!({ "anyOf": [texts(length), Value::Object(table(keys, names))] })
        }
    };
    if let Value::Object(schema) = schema {
        schema
    } else {
        Map::new()
    }
}

/// A name or a table. Beside a `$ref` nothing counts in draft-07, hence `anyOf`.
fn entry(named: Value, node: &Node, family: usize, names: &DefinitionNames) -> Value {
    let default = node.default.as_ref().and_then(|default| default.text());
    match default {
        // A table without `type` is one of the default's.
        Some(default) => {
            json!({ "anyOf": [named, reference(&names.table(family)), { "type": "object", "not": { "required": ["type"] }, "$comment": default }] })
        }
        None => json!({ "anyOf": [named] }),
    }
}

fn count(range: &Range<usize>) -> Value {
    let mut schema = number("integer", range);
    if let Value::Object(schema) = &mut schema {
        schema.entry("minimum").or_insert_with(|| 0.into());
    }
    schema
}

fn number<N: Copy + Into<Value>>(kind: &str, range: &Range<N>) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), kind.into());
    let bounds = [
        ("minimum", range.at_least),
        ("exclusiveMinimum", range.above),
        ("maximum", range.at_most),
        ("exclusiveMaximum", range.below),
    ];
    for (word, bound) in bounds {
        if let Some(bound) = bound {
            schema.insert(word.to_owned(), bound.into());
        }
    }
    schema.into()
}

fn list(items: Value, length: &Range<usize>) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "array".into());
    schema.insert("items".to_owned(), items);
    for (word, bound) in [("minItems", length.at_least), ("maxItems", length.at_most)] {
        if let Some(bound) = bound {
            schema.insert(word.to_owned(), bound.into());
        }
    }
    schema.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Fields, describe};

    static SHAPES: &[Entry<f64>] = &[Entry {
        name: "circle",
        summary: "round",
        source: "",
        new: |fields| fields.number("radius", "in metres").required(),
        facts: (),
    }];

    fn listing(fields: &mut Fields<'_>) {
        fields.tables("tasks", "what is learnt", |_, fields| {
            fields.text("kind", "of labels").required();
            fields
                .entry("shape", "what it looks like", SHAPES)
                .optional();
        });
        fields.text("source", "of rows").required();
    }

    #[test]
    fn only_a_file_that_extends_none_must_give_what_is_required() {
        let schema = describe(listing).json_schema();
        for lenient in [
            &schema["properties"],
            &schema["definitions"]["shape (table)"],
        ] {
            assert!(
                !lenient.to_string().contains("\"required\":[\"kind"),
                "{lenient}"
            );
            assert!(
                !lenient.to_string().contains("\"required\":[\"type"),
                "{lenient}"
            );
            assert!(
                !lenient.to_string().contains("\"required\":[\"radius"),
                "{lenient}"
            );
        }
        assert_eq!(schema["if"], json!({ "not": { "required": ["extends"] } }));
        let task = json!({
            "required": ["kind"],
            "properties": { "shape": { "$ref": "#/definitions/shape%20(whole)" } },
        });
        let demanded = json!({
            "required": ["source"],
            "properties": { "tasks": { "additionalProperties": task } },
        });
        assert_eq!(schema["then"], demanded);
        let whole = &schema["definitions"]["shape (whole)"];
        assert_eq!(whole["then"], json!({ "required": ["type"] }));
        assert_eq!(whole["allOf"][0]["then"], json!({ "required": ["radius"] }));
    }
}
