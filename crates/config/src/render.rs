//! Problems as a compiler shows them.

use crate::document::Document;
use crate::problem::Problems;

/// All problems as text.
#[must_use]
pub fn render(document: &Document, problems: &Problems, color: bool) -> String {
    let _ = (document, color);
    problems.to_string()
}
