//! One key of one table: what all kinds of fields do alike.

use std::sync::Arc;

use super::fault::named;
use super::{Fields, Scope, Work};
use crate::codes;
use crate::document::{Node, join};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::resolved::{Item, Origin};
use crate::schema::{self, Kind};

pub(crate) struct Slot<'f> {
    pub(crate) work: &'f mut Work,
    pub(crate) scope: &'f mut Scope,
    pub(crate) key: &'static str,
    pub(crate) help: &'static str,
}

/// What a field is when it is not given.
pub(crate) enum Ending<T> {
    /// This.
    Or(T),
    /// A problem; reading goes on with this.
    Required(T),
    /// Absent.
    Optional,
}

impl<T> Ending<T> {
    pub(crate) fn fallback(self) -> Option<T> {
        match self {
            Self::Or(value) | Self::Required(value) => Some(value),
            Self::Optional => None,
        }
    }
}

impl Slot<'_> {
    pub(crate) fn path(&self) -> String {
        join(&self.scope.path, self.key)
    }

    pub(crate) fn node(&self) -> Option<Arc<Node>> {
        self.scope.child(self.key)
    }

    pub(crate) fn declare(&mut self, kind: Kind, default: Option<Literal>, is_required: bool) {
        let (key, help) = (self.key.to_owned(), self.help.to_owned());
        self.scope.declare(schema::Node {
            key,
            help,
            kind,
            default,
            is_required,
        });
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        self.work.problems.push(problem);
    }

    pub(crate) fn missing(&mut self, kind: &Kind) {
        let is_broken = self
            .work
            .document
            .as_ref()
            .is_some_and(|document| document.0.is_broken);
        if is_broken {
            return;
        }
        let message = format!("{} is missing", named(&self.path()));
        let table = self
            .scope
            .node
            .as_ref()
            .filter(|_| !self.scope.path.is_empty());
        let wanted = format!("`{} = …`: {}, {kind}", self.key, self.help);
        let mut problem = Problem::new(codes::MISSING_KEY, self.path(), message);
        problem = match table {
            Some(table) => problem
                .with_label(format!("`{}` is missing here", self.key))
                .with_help(format!("add {wanted}"))
                .at(table.place.clone()),
            None if self.scope.path.is_empty() => {
                problem.with_help(format!("add at the top {wanted}"))
            }
            None => problem.with_help(format!("add a table [{}] with {wanted}", self.scope.path)),
        };
        self.report(problem);
    }

    pub(crate) fn resolve(&mut self, value: Literal, origin: Origin) {
        self.scope.resolve(self.key, Item::Leaf { value, origin });
    }

    /// Declares the field and reads it.
    pub(crate) fn end<T>(
        &mut self,
        kind: Kind,
        ending: Ending<T>,
        write: impl Fn(&T) -> Literal,
        parse: impl FnOnce(&Self, &Node) -> Result<T, Vec<Problem>>,
    ) -> Option<T> {
        let default = if let Ending::Or(value) = &ending {
            Some(write(value))
        } else {
            None
        };
        let is_required = matches!(ending, Ending::Required(_));
        self.declare(kind.clone(), default.clone(), is_required);
        if !self.scope.is_reading {
            return ending.fallback();
        }
        let Some(node) = self.node() else {
            if is_required {
                self.missing(&kind);
            }
            if let Some(default) = default {
                self.resolve(default, Origin::Default);
            }
            return ending.fallback();
        };
        match parse(self, &node) {
            Ok(value) => {
                self.resolve(write(&value), Origin::of(&node));
                Some(value)
            }
            Err(problems) => {
                self.work.problems.extend(problems);
                ending.fallback()
            }
        }
    }

    /// Runs a listing on a table below this key, and gives back what it gathered.
    pub(crate) fn below<T>(
        &mut self,
        scope: Scope,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> (T, Scope) {
        let mut fields = Fields::new(self.work, scope);
        let value = read(&mut fields);
        (value, fields.into_scope())
    }
}
