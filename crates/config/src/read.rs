//! The two directions of a listing of options: reading a document, and describing.

use std::sync::Arc;

use crate::document::Document;
use crate::fields::{Fields, Scope, Work};
use crate::problem::Problems;
use crate::resolved::Resolved;
use crate::schema::Schema;
use crate::unknown::unknown_keys;

/// What reading gave.
#[derive(Debug)]
pub struct Reading<T> {
    /// What the listing made; good only if there are no problems.
    pub value: T,
    /// All that is wrong.
    pub problems: Problems,
    /// What changes nothing or is hardly meant.
    pub warnings: Problems,
    /// Every key with value and origin.
    pub resolved: Resolved,
}

/// Reads a document, collecting every problem.
///
/// The listing is also asked to describe tables that the document does not have, so it must have no side effects.
///
/// ```
/// use polytask_config::{Document, Layers, read};
///
/// let document = Document::load(Layers::text("demo.toml", "rate = \"fast\"", "/")).unwrap();
/// let reading = read(&document, |fields| fields.number("rate", "step size").above(0.0).or(0.1));
/// assert_eq!(reading.problems.0[0].code, "P0203");
/// ```
pub fn read<T>(document: &Document, listing: impl FnOnce(&mut Fields<'_>) -> T) -> Reading<T> {
    let mut work = Work {
        document: Some(document.clone()),
        ..Work::default()
    };
    let scope = Scope::reading("", Some(Arc::clone(&document.0.root)));
    let mut fields = Fields::new(&mut work, scope);
    let value = listing(&mut fields);
    let scope = fields.into_scope();
    let schema = Schema {
        keys: scope.schema,
        families: work
            .families
            .into_iter()
            .map(|(_, family)| family)
            .collect(),
    };
    let mut problems = Problems(document.0.problems.clone());
    problems.0.append(&mut work.problems);
    problems.0.extend(unknown_keys(document, &schema));
    problems.place(document);
    problems.keep_causes();
    problems.sort(document);
    let mut warnings = Problems(work.warnings);
    warnings.place(document);
    warnings.sort(document);
    Reading {
        value,
        problems,
        warnings,
        resolved: Resolved {
            items: scope.resolved,
        },
    }
}

/// Asks a listing what it would read.
pub fn describe(listing: impl FnOnce(&mut Fields<'_>)) -> Schema {
    let mut work = Work::default();
    let mut fields = Fields::new(&mut work, Scope::describing(""));
    listing(&mut fields);
    let keys = fields.into_scope().schema;
    Schema {
        keys,
        families: work
            .families
            .into_iter()
            .map(|(_, family)| family)
            .collect(),
    }
}
