//! Engines: how the tasks' losses become one gradient on the shared parameters.
//!
//! [`plain`] is the weighted sum: one forward and one backward pass, exact for every method that turns losses into
//! weights.

pub(crate) mod plain;
