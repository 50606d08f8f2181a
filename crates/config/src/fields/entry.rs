//! A key that chooses a member of a family.

use std::path::PathBuf;
use std::sync::Arc;

use super::Scope;
use super::family::{Member, Members};
use super::fault::{unknown_name, wrong_type};
use super::slot::Slot;
use super::word::PlacedPath;
use crate::codes;
use crate::document::{Node, Table, Value, join};
use crate::entry::{Chosen, Entry, PathOr};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::resolved::{Form, Item, Origin};
use crate::schema::Kind;

/// A member of a family: end with `or`, `required` or `optional`.
pub struct EntryField<'f, T> {
    slot: Slot<'f>,
    members: Members<T>,
}

impl<'f, T: 'static> EntryField<'f, T> {
    pub(crate) fn new<X: 'static>(slot: Slot<'f>, family: &'static [Entry<T, X>]) -> Self {
        Self {
            slot,
            members: Members::new(family),
        }
    }

    /// The member, or the one of this name with its defaults. A table without `type` holds options of this one.
    ///
    /// # Panics
    /// If the family is empty, which is a bug in the listing.
    pub fn or(mut self, name: &'static str) -> Chosen<T> {
        self.declare(Some(name), false);
        match self.read(Some(name), false) {
            Some(chosen) => chosen,
            None => self.slot.placeholder(&self.members, Some(name)),
        }
    }

    /// The member; none is a problem.
    ///
    /// # Panics
    /// If the family is empty, which is a bug in the listing.
    pub fn required(mut self) -> Chosen<T> {
        self.declare(None, true);
        match self.read(None, true) {
            Some(chosen) => chosen,
            None => self.slot.placeholder(&self.members, None),
        }
    }

    /// The member, if one is given.
    pub fn optional(mut self) -> Option<Chosen<T>> {
        self.declare(None, false);
        self.read(None, false)
    }

    fn declare(&mut self, default: Option<&str>, is_required: bool) {
        let family = self.members.describe(self.slot.work, self.slot.key);
        let names = self.members.names().collect();
        let default = default.map(|name| Literal::Text(name.to_owned()));
        self.slot
            .declare(Kind::Entry { family, names }, default, is_required);
    }

    fn read(&mut self, default: Option<&'static str>, is_required: bool) -> Option<Chosen<T>> {
        if !self.slot.scope.is_reading {
            return None;
        }
        let Some(node) = self.slot.node() else {
            if is_required {
                self.slot.missing(&Kind::Entry {
                    family: 0,
                    names: self.members.names().collect(),
                });
            }
            let member = self.members.find(default?)?;
            return Some(self.slot.make(member, None, Origin::Default));
        };
        match &node.value {
            Value::Text(name) => self.slot.named(&self.members, name, &node, None),
            Value::Table(_) => self.slot.read_table(&self.members, &node, default),
            _ => {
                let kind = "a name or a table with `type`";
                let names: Vec<&str> = self.members.names().collect();
                let problem = wrong_type(&self.slot.path(), kind, kind, &node)
                    .with_help(format!("allowed: {}", names.join(", ")));
                self.slot.report(problem);
                None
            }
        }
    }
}

/// A path or a member of a family: end with `required` or `optional`.
pub struct PathOrEntryField<'f, T> {
    slot: Slot<'f>,
    members: Members<T>,
}

impl<'f, T: 'static> PathOrEntryField<'f, T> {
    pub(crate) fn new<X: 'static>(slot: Slot<'f>, family: &'static [Entry<T, X>]) -> Self {
        Self {
            slot,
            members: Members::new(family),
        }
    }

    /// What is given; nothing is a problem.
    pub fn required(self) -> PathOr<T> {
        self.end(true).unwrap_or(PathOr::Path(PathBuf::new()))
    }

    /// What is given, if anything is.
    pub fn optional(self) -> Option<PathOr<T>> {
        self.end(false)
    }

    fn end(mut self, is_required: bool) -> Option<PathOr<T>> {
        let family = self.members.describe(self.slot.work, self.slot.key);
        let kind = Kind::PathOrEntry {
            family,
            names: self.members.names().collect(),
        };
        self.slot.declare(kind.clone(), None, is_required);
        if !self.slot.scope.is_reading {
            return None;
        }
        let Some(node) = self.slot.node() else {
            if is_required {
                self.slot.missing(&kind);
            }
            return None;
        };
        match &node.value {
            Value::Text(_) => {
                let path = PlacedPath::read(&self.slot.path(), &node).ok()?;
                self.slot.resolve(path.literal(), Origin::of(&node));
                Some(PathOr::Path(path.absolute))
            }
            Value::Table(_) => self
                .slot
                .read_table(&self.members, &node, None)
                .map(PathOr::Entry),
            _ => {
                let kind = "a path or a table with `type`";
                let names: Vec<&str> = self.members.names().collect();
                let problem = wrong_type(&self.slot.path(), kind, kind, &node)
                    .with_help(format!("allowed: {}", names.join(", ")));
                self.slot.report(problem);
                None
            }
        }
    }
}

/// The options that belong to the table's `type`.
///
/// When a higher layer changed the `type` (`--set train.optimizer.type=sgd`), the options that lower layers gave are
/// those of the former type and are gone with it.
pub(crate) fn live_options(table: &Table) -> Table {
    let mut live = Table::default();
    let changed = table.get("type").filter(|kind| {
        let text = |node: &Node| {
            if let Value::Text(text) = &node.value {
                Some(text.clone())
            } else {
                None
            }
        };
        kind.before
            .as_ref()
            .is_some_and(|before| text(before) != text(kind))
    });
    for (key, node) in table.iter() {
        if changed.is_none_or(|kind| key == "type" || node.rank >= kind.rank) {
            live.set(key, Arc::clone(node));
        }
    }
    live
}

impl Slot<'_> {
    /// Reads `{ type = "name", … }`.
    fn read_table<T: 'static>(
        &mut self,
        members: &Members<T>,
        node: &Arc<Node>,
        default: Option<&'static str>,
    ) -> Option<Chosen<T>> {
        let table = node.table()?;
        // Where another layer says which type it is, that is where the type's options are missing.
        let place = match table.get("type") {
            Some(kind) if kind.place.source != node.place.source => &kind.place,
            _ => &node.place,
        };
        let options = Node {
            value: Value::Table(live_options(table)),
            place: place.clone(),
            key: node.key.clone(),
            rank: node.rank,
            profile: node.profile.clone(),
            before: None,
        };
        let options = Arc::new(options);
        let path = join(&self.path(), "type");
        match table.get("type") {
            Some(kind) => match &kind.value {
                Value::Text(name) => self.named(members, name, kind, Some(options)),
                _ => {
                    let problem = wrong_type(&path, "a name", "a string", kind);
                    self.report(problem);
                    None
                }
            },
            None => {
                if let Some(member) = default.and_then(|name| members.find(name)) {
                    return Some(self.make(member, Some(options), Origin::Default));
                }
                let names: Vec<&str> = members.names().collect();
                let problem = Problem::new(
                    codes::MISSING_KEY,
                    path.clone(),
                    format!("`{path}` is missing"),
                )
                .with_label("`type` is missing here")
                .with_help(format!("allowed: {}", names.join(", ")))
                .at(node.place.clone());
                self.report(problem);
                None
            }
        }
    }

    /// Makes the member of that name; `node` holds the name.
    fn named<T: 'static>(
        &mut self,
        members: &Members<T>,
        name: &str,
        node: &Node,
        options: Option<Arc<Node>>,
    ) -> Option<Chosen<T>> {
        if let Some(member) = members.find(name) {
            return Some(self.make(member, options, Origin::of(node)));
        }
        let path = if options.is_some() {
            join(&self.path(), "type")
        } else {
            self.path()
        };
        self.report(unknown_name(&path, node, name, members.names()));
        None
    }

    fn make<T>(
        &mut self,
        member: &Member<T>,
        options: Option<Arc<Node>>,
        origin: Origin,
    ) -> Chosen<T> {
        let scope = Scope::reading(&self.path(), options);
        let (value, below) = self.below(scope, member.new);
        let mut items = vec![(
            "type".to_owned(),
            Item::leaf(Literal::Text(member.name.to_owned()), origin),
        )];
        items.extend(below.resolved);
        self.scope
            .resolve(self.key, Item::table(items, Form::Inline));
        Chosen {
            name: member.name,
            value,
        }
    }

    /// Something to go on with, after a problem or when only describing.
    ///
    /// # Panics
    /// If the family is empty, which is a bug in its table and not in what is read.
    #[expect(clippy::panic, reason = "a family is a constant of the program")]
    fn placeholder<T: 'static>(&mut self, members: &Members<T>, name: Option<&str>) -> Chosen<T> {
        let member = name
            .and_then(|name| members.find(name))
            .or(members.list.first());
        let Some(member) = member else {
            panic!("`{}` chooses from an empty family", self.path())
        };
        let scope = Scope::describing(&self.path());
        let (value, _) = self.below(scope, member.new);
        Chosen {
            name: member.name,
            value,
        }
    }
}
