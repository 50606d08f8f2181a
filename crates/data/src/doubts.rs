//! Keys whose values could not be read: what would follow from the values in their place is nobody's mistake.

/// Keys of a configuration that are known to be wrong, and for which a default stands in.
///
/// ```
/// let doubts = polytask_data::Doubts(vec!["tasks.a.target[1]".into(), "data.split".into()]);
/// assert!(doubts.touch("tasks.a.target") && doubts.touch("data.split.column"));
/// assert!(!doubts.touch("tasks.a.type") && !doubts.touch("data.splitter"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Doubts(pub Vec<String>);

impl Doubts {
    /// Whether one of them is at this key, above it or below it.
    #[must_use]
    pub fn touch(&self, key: &str) -> bool {
        self.reach(key) || self.0.iter().any(|doubt| is_within(doubt, key))
    }

    /// Whether one of them is at this key or above it.
    #[must_use]
    pub fn reach(&self, key: &str) -> bool {
        self.0.iter().any(|doubt| is_within(key, doubt))
    }
}

/// Whether `key` is `table` or something in it.
fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
