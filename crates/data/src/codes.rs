//! Codes of the problems that this crate's options can have.

/// Two options that do not go together, or neither of two that are needed.
pub(crate) const CONFLICT: &str = "P0401";
/// An option that has no effect on what it stands beside.
pub(crate) const NO_EFFECT: &str = "P0402";
/// A value that breaks a rule that no range expresses.
pub(crate) const BAD_VALUE: &str = "P0403";
