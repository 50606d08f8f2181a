//! `Fields`: one table of the document, on which a component lists its options.

mod entries;
mod entry;
mod family;
mod fault;
mod list;
mod number;
mod slot;
mod table;
mod texts_or_table;
mod word;

use std::sync::Arc;

pub use entries::{EntriesField, Listed};
pub(crate) use entry::live_options;
pub use entry::{EntryField, PathOrEntryField};
pub use list::{IntegerList, List, NumberList, PairList, PathList, TextList, TextLists};
pub use number::{Integer, Number};
pub use texts_or_table::TextsOrTableField;
pub use word::{ChoiceField, Flag, PathField, Text};

use crate::choice::Choice;
use crate::codes;
use crate::document::{Document, Node, Table, join};
use crate::entry::Entry;
use crate::problem::Problem;
use crate::resolved::Item;
use crate::schema;
use slot::Slot;

/// One table, in which a component lists its options.
///
/// With a document it reads: it collects every problem with its place, and goes on with the default, so that all
/// mistakes are reported together. Without one it only describes.
///
/// ```
/// use polytask_config::{Document, Fields, Layers, read};
///
/// struct Dropout { share: f64, seed: Option<usize> }
///
/// fn options(fields: &mut Fields<'_>) -> Dropout {
///     Dropout {
///         share: fields.number("share", "of the values that are set to zero").within(0.0..=1.0).or(0.5),
///         seed: fields.integer("seed", "of its random stream").optional(),
///     }
/// }
///
/// let document = Document::load(Layers::text("demo.toml", "share = 0.1", "/")).unwrap();
/// let reading = read(&document, options);
/// assert_eq!((reading.value.share, reading.value.seed), (0.1, None));
/// assert_eq!(reading.resolved.to_toml(), "share = 0.1\n");
/// ```
pub struct Fields<'a> {
    work: &'a mut Work,
    scope: Scope,
}

/// What the whole listing shares.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) document: Option<Document>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) families: Vec<(family::Identity, schema::Family)>,
    /// How many families are being described within each other.
    pub(crate) nesting: usize,
}

/// What one table holds and has gathered.
pub(crate) struct Scope {
    pub(crate) path: String,
    pub(crate) is_reading: bool,
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) schema: Vec<schema::Node>,
    pub(crate) resolved: Vec<(String, Item)>,
}

impl Scope {
    pub(crate) fn reading(path: &str, node: Option<Arc<Node>>) -> Self {
        Self {
            path: path.to_owned(),
            is_reading: true,
            node,
            schema: Vec::new(),
            resolved: Vec::new(),
        }
    }

    pub(crate) fn describing(path: &str) -> Self {
        Self {
            is_reading: false,
            ..Self::reading(path, None)
        }
    }

    pub(crate) fn table(&self) -> Option<&Table> {
        self.node.as_ref().and_then(|node| node.table())
    }

    pub(crate) fn child(&self, key: &str) -> Option<Arc<Node>> {
        self.table().and_then(|table| table.get(key)).cloned()
    }

    /// Whether somebody gave `key`, of this table or `table.key` of one below, and not its default.
    pub(crate) fn stands_out(&self, key: &str) -> bool {
        let (mut node, mut items, mut nodes) =
            (self.node.clone(), &self.resolved, Some(&self.schema));
        let mut steps = key.split('.').peekable();
        while let Some(step) = steps.next() {
            node = node.and_then(|node| node.table()?.get(step).cloned());
            let item = items.iter().find(|(known, _)| known == step);
            let declared = nodes.and_then(|nodes| nodes.iter().find(|node| node.key == step));
            match item {
                Some((_, Item::Table { items: below, .. })) if steps.peek().is_some() => {
                    items = below;
                    nodes = match declared.map(|node| &node.kind) {
                        Some(schema::Kind::Table(keys)) => Some(keys),
                        _ => None,
                    };
                }
                Some((_, Item::Leaf { value, .. })) => {
                    let default = declared.and_then(|node| node.default.as_ref());
                    return node.is_some() && !default.is_some_and(|known| known.is_same(value));
                }
                _ => return node.is_some(),
            }
        }
        false
    }

    /// A key listed twice (by two branches of a listing) is described once.
    pub(crate) fn declare(&mut self, node: schema::Node) {
        if !self.schema.iter().any(|known| known.key == node.key) {
            self.schema.push(node);
        }
    }

    pub(crate) fn resolve(&mut self, key: &str, item: Item) {
        match self.resolved.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => *known = item,
            None => self.resolved.push((key.to_owned(), item)),
        }
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn new(work: &'a mut Work, scope: Scope) -> Self {
        Self { work, scope }
    }

    pub(crate) fn into_scope(self) -> Scope {
        self.scope
    }

    fn slot(&mut self, key: &'static str, help: &'static str) -> Slot<'_> {
        Slot {
            work: self.work,
            scope: &mut self.scope,
            key,
            help,
        }
    }

    /// A finite number; an integer is accepted.
    pub fn number(&mut self, key: &'static str, help: &'static str) -> Number<'_> {
        Number::new(self.slot(key, help))
    }

    /// A count.
    pub fn integer(&mut self, key: &'static str, help: &'static str) -> Integer<'_> {
        Integer::new(self.slot(key, help))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str, help: &'static str) -> Flag<'_> {
        Flag::new(self.slot(key, help))
    }

    /// A string.
    pub fn text(&mut self, key: &'static str, help: &'static str) -> Text<'_> {
        Text::new(self.slot(key, help))
    }

    /// A path, absolute once read: relative ones are relative to the directory of the file that holds them.
    pub fn path(&mut self, key: &'static str, help: &'static str) -> PathField<'_> {
        PathField::new(self.slot(key, help))
    }

    /// One of the words of `C`.
    pub fn choice<C: Choice>(
        &mut self,
        key: &'static str,
        help: &'static str,
    ) -> ChoiceField<'_, C> {
        ChoiceField::new(self.slot(key, help))
    }

    /// A list of finite numbers.
    pub fn numbers(&mut self, key: &'static str, help: &'static str) -> NumberList<'_> {
        NumberList::new(self.slot(key, help), list::NUMBERS)
    }

    /// A list of counts.
    pub fn integers(&mut self, key: &'static str, help: &'static str) -> IntegerList<'_> {
        IntegerList::new(self.slot(key, help), list::INTEGERS)
    }

    /// A list of strings; a single string is a list of one.
    pub fn texts(&mut self, key: &'static str, help: &'static str) -> TextList<'_> {
        TextList::new(self.slot(key, help), list::TEXTS)
    }

    /// A list of pairs of strings: `edges = [["a", "b"], ["b", "c"]]`.
    ///
    /// ```
    /// use polytask_config::{Document, Layers, read};
    ///
    /// let edges = |text| {
    ///     let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    ///     let reading = read(&document, |fields| fields.pairs("edges", "who is joined").or(Vec::new()));
    ///     let keys: Vec<String> = reading.problems.0.iter().map(|problem| problem.key.clone()).collect();
    ///     (reading.value, keys, reading.resolved.to_toml())
    /// };
    /// let given = r#"edges = [["a", "b"], ["b", "c"]]"#;
    /// let pairs = [["a", "b"], ["b", "c"]].map(|pair| pair.map(str::to_owned)).to_vec();
    /// assert_eq!(edges(given), (pairs, Vec::new(), format!("{given}\n")));
    /// assert_eq!(edges(r#"edges = [["a", "b"], ["c"]]"#).1, ["edges[1]"]);
    /// assert_eq!(edges(r#"edges = ["a", "b"]"#).1, ["edges[0]", "edges[1]"]);
    /// ```
    pub fn pairs(&mut self, key: &'static str, help: &'static str) -> PairList<'_> {
        PairList::new(self.slot(key, help), list::PAIRS)
    }

    /// A list of lists of strings: `groups = [["a", "b"], ["c"]]`.
    pub fn lists(&mut self, key: &'static str, help: &'static str) -> TextLists<'_> {
        TextLists::new(self.slot(key, help), list::LISTS)
    }

    /// A list of paths; a single one is a list of one.
    pub fn paths(&mut self, key: &'static str, help: &'static str) -> PathList<'_> {
        PathList::new(self.slot(key, help), list::PATHS)
    }

    /// One member of a family: `"name"` or `{ type = "name", … }`.
    pub fn entry<T: 'static, X: 'static>(
        &mut self,
        key: &'static str,
        help: &'static str,
        family: &'static [Entry<T, X>],
    ) -> EntryField<'_, T> {
        EntryField::new(self.slot(key, help), family)
    }

    /// A list of members of a family, each `"name"` or `{ type = "name", … }`; a single one is a list of one.
    ///
    /// ```
    /// use polytask_config::{Document, Entry, Layers, options_in, read};
    ///
    /// static METRICS: &[Entry<usize, ()>] = &[Entry {
    ///     name: "top_k",
    ///     summary: "among the k most probable",
    ///     source: "",
    ///     new: |options| options.integer("k", "how many").or(2),
    ///     facts: (),
    /// }];
    /// let text = r#"metrics = ["top_k", { type = "top_k", k = 3 }]"#;
    /// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    /// let reading = read(&document, |fields| fields.entries("metrics", "what is measured", METRICS).or_none());
    /// let texts: Vec<&str> = reading.value.iter().map(|listed| listed.text.as_str()).collect();
    /// assert_eq!(texts, ["top_k", "top_k(k=3)"]);
    /// assert_eq!(reading.value[0].whole, "top_k(k=2)");
    /// assert_eq!(reading.resolved.to_toml(), format!("{text}\n"));
    /// assert_eq!(options_in("top_k(k=3)", METRICS[0].new), Some(3));
    /// ```
    pub fn entries<T: 'static, X: 'static>(
        &mut self,
        key: &'static str,
        help: &'static str,
        family: &'static [Entry<T, X>],
    ) -> EntriesField<'_, T> {
        EntriesField::new(self.slot(key, help), family)
    }

    /// A string that is a path, or `{ type = "name", … }`.
    pub fn path_or_entry<T: 'static, X: 'static>(
        &mut self,
        key: &'static str,
        help: &'static str,
        family: &'static [Entry<T, X>],
    ) -> PathOrEntryField<'_, T> {
        PathOrEntryField::new(self.slot(key, help), family)
    }

    /// A list of strings, or a table: `columns = ["a"]` or `columns = { all_except = ["b"] }`.
    pub fn texts_or_table<T, R: FnOnce(&mut Fields<'_>) -> T>(
        &mut self,
        key: &'static str,
        help: &'static str,
        read: R,
    ) -> TextsOrTableField<'_, R> {
        TextsOrTableField::new(self.slot(key, help), read)
    }

    /// Whether the key is in the document.
    #[must_use]
    pub fn is_given(&self, key: &str) -> bool {
        self.scope.child(key).is_some()
    }

    /// Whether the key is in the document and nothing was found wrong with it.
    #[must_use]
    pub fn is_sound(&self, key: &str) -> bool {
        let path = self.key_path(key);
        self.is_given(key) && !self.work.problems.iter().any(|problem| problem.key == path)
    }

    /// Whether nothing was found wrong with what the whole path leads to, nor with anything in it.
    #[must_use]
    pub fn is_faultless(&self, path: &str) -> bool {
        let is_within = |key: &str| {
            key.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self
            .work
            .problems
            .iter()
            .any(|problem| is_within(&problem.key))
    }

    /// Whether all of the document's text was read: what is not in it was then not given.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let document = self.work.document.as_ref();
        document.is_none_or(|document| document.0.problems.is_empty())
    }

    /// Whether this listing reads a document; else it only describes.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.scope.is_reading
    }

    /// The whole path of a key of this table.
    #[must_use]
    pub fn key_path(&self, key: &str) -> String {
        join(&self.scope.path, key)
    }

    /// Says that a key has no effect beside the others: a problem if it is given; if not, its default is left out of the
    /// resolved configuration, so that this can be read again.
    ///
    /// ```
    /// use polytask_config::{Document, Layers, read};
    ///
    /// let resolved = |text| {
    ///     let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    ///     let reading = read(&document, |fields| {
    ///         fields.flag("rest", "take a rest").or(false);
    ///         fields.integer("minutes", "of rest").or(5);
    ///         fields.no_effect("minutes", "P0402", "without a rest");
    ///     });
    ///     (reading.problems.0.len(), reading.resolved.to_toml())
    /// };
    /// assert_eq!(resolved(""), (0, "rest = false\n".to_owned()));
    /// assert_eq!(resolved("minutes = 9").0, 1);
    /// ```
    pub fn no_effect(&mut self, key: &str, code: &'static str, beside: &str) {
        if self.is_given(key) {
            self.problem(key, code, format!("`{key}` has no effect {beside}"), None);
        } else {
            self.scope.resolved.retain(|(known, _)| known != key);
        }
    }

    /// Says that the value of a key that was read, `key` or `table.key`, changes nothing beside the others: a warning,
    /// unless it is the default, which a resolved configuration spells out.
    ///
    /// ```
    /// use polytask_config::{Document, Layers, read};
    ///
    /// let warned = |text| {
    ///     let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    ///     let reading = read(&document, |fields| {
    ///         fields.integers("hidden", "widths").or(vec![]);
    ///         fields.number("dropout", "share set to zero").or(0.0);
    ///         fields.unused("dropout", "with hidden = []");
    ///     });
    ///     assert!(reading.problems.is_empty());
    ///     let told: Vec<String> = reading.warnings.0.iter().map(ToString::to_string).collect();
    ///     (told.join("\n"), reading.resolved.to_toml())
    /// };
    /// let (told, resolved) = warned("dropout = 0.1");
    /// assert_eq!(told, "P0208 dropout: `dropout` has no effect with hidden = []");
    /// assert_eq!(resolved, "hidden = []\ndropout = 0.1\n");
    /// assert_eq!(warned("dropout = 0").0, "");
    /// ```
    pub fn unused(&mut self, key: &str, beside: &str) {
        if self.scope.stands_out(key) {
            let message = format!("`{key}` has no effect {beside}");
            let steps = key.split('.');
            let path = steps.fold(self.scope.path.clone(), |path, step| join(&path, step));
            self.warning(path, codes::UNUSED_KEY, message, None);
        }
    }

    /// Warns of the value at a whole path. Ignored when only describing.
    pub fn warning(
        &mut self,
        path: String,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        if !self.scope.is_reading {
            return;
        }
        let mut warning = Problem::warning(code, path, message);
        warning.help = help;
        self.work.warnings.push(warning);
    }

    /// Reports that a cross-check failed. Ignored when only describing.
    pub fn problem(
        &mut self,
        key: &str,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        self.problem_at(self.key_path(key), code, message, help);
    }

    /// As [`problem`](Self::problem), at a whole path that may lead below this table: `format!("{}[2]", key_path("edges"))`.
    pub fn problem_at(
        &mut self,
        path: String,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) {
        if !self.scope.is_reading {
            return;
        }
        let mut problem = Problem::new(code, path, message);
        problem.help = help;
        self.work.problems.push(problem);
    }
}
