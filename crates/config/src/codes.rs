//! Every kind of problem has a code that stays.
//!
//! P01xx: the text and its layers. P02xx: keys and values. Higher hundreds belong to the crates above, which check what
//! values mean together.

/// A code and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `P0201`.
    pub code: &'static str,
    /// One line.
    pub explanation: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $explanation:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*
        /// All codes of this crate, in order.
        pub const CODES: &[Code] = &[$(Code { code: $code, explanation: $explanation }),*];
    };
}

codes! {
    SYNTAX = "P0101", "the text is not TOML";
    DUPLICATE_KEY = "P0102", "a key or table is given twice";
    UNREADABLE = "P0103", "a file cannot be read";
    NOT_UTF8 = "P0104", "a file is not UTF-8";
    TOO_LARGE = "P0105", "a file is larger than 1 MB";
    TOO_DEEP = "P0106", "tables or lists are nested more than 64 deep";
    EXTENDS = "P0107", "`extends` does not name files, or goes round in a circle";
    PROFILE = "P0108", "there is no such profile, or it is not a table";
    VERSION = "P0109", "the format's version is not the one that this build reads";
    BAD_SET = "P0110", "a --set is not KEY=VALUE";
    UNKNOWN_KEY = "P0201", "a key that nothing reads";
    MISSING_KEY = "P0202", "a required key is not given";
    WRONG_TYPE = "P0203", "a value of another type than the key wants";
    OUT_OF_RANGE = "P0204", "a number or a list's length outside its range";
    UNKNOWN_NAME = "P0205", "a word that is not among the allowed ones";
    BAD_NAME = "P0206", "a table's name is not [a-z][a-z0-9_]*";
    NOT_FINITE = "P0207", "a number that is not finite";
    UNUSED_KEY = "P0208", "a value that changes nothing beside the others (a warning)";
}

/// The code's line in the table.
///
/// ```
/// assert_eq!(polytask_config::code("P0201").unwrap().explanation, "a key that nothing reads");
/// ```
#[must_use]
pub fn code(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code == code)
}
