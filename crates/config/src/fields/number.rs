//! Numbers and counts.

use std::ops::RangeInclusive;

use super::fault::{not_finite, out_of_range, wrong_type};
use super::slot::{Ending, Slot};
use crate::document::{Node, Value};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::schema::{Kind, Range};

/// A finite number: give its bounds, then end with `or`, `required` or `optional`.
pub struct Number<'f> {
    slot: Slot<'f>,
    range: Range<f64>,
}

impl<'f> Number<'f> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self {
            slot,
            range: Range::default(),
        }
    }

    /// Both bounds are allowed.
    #[must_use]
    pub fn within(mut self, range: RangeInclusive<f64>) -> Self {
        self.range.at_least = Some(*range.start());
        self.range.at_most = Some(*range.end());
        self
    }

    /// The bound itself is not allowed.
    #[must_use]
    pub fn above(mut self, bound: f64) -> Self {
        self.range.above = Some(bound);
        self
    }

    /// The bound itself is allowed.
    #[must_use]
    pub fn at_least(mut self, bound: f64) -> Self {
        self.range.at_least = Some(bound);
        self
    }

    /// The bound itself is allowed.
    #[must_use]
    pub fn at_most(mut self, bound: f64) -> Self {
        self.range.at_most = Some(bound);
        self
    }

    /// The bound itself is not allowed.
    #[must_use]
    pub fn below(mut self, bound: f64) -> Self {
        self.range.below = Some(bound);
        self
    }

    /// The number, or this default.
    pub fn or(self, default: f64) -> f64 {
        self.end(Ending::Or(default)).unwrap_or(default)
    }

    /// The number; a missing one is a problem.
    pub fn required(self) -> f64 {
        let placeholder = placeholder(&self.range);
        self.end(Ending::Required(placeholder))
            .unwrap_or(placeholder)
    }

    /// The number, if it is given.
    pub fn optional(self) -> Option<f64> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<f64>) -> Option<f64> {
        let range = self.range;
        self.slot.end(
            Kind::Number(range),
            ending,
            |value| Literal::Number(*value),
            |slot, node| number(&slot.path(), node, &range).map_err(|problem| vec![problem]),
        )
    }
}

/// A count: give its bounds, then end with `or`, `required` or `optional`.
pub struct Integer<'f> {
    slot: Slot<'f>,
    range: Range<usize>,
}

impl<'f> Integer<'f> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self {
            slot,
            range: Range::default(),
        }
    }

    /// Both bounds are allowed.
    #[must_use]
    pub fn within(mut self, range: RangeInclusive<usize>) -> Self {
        self.range.at_least = Some(*range.start());
        self.range.at_most = Some(*range.end());
        self
    }

    /// The bound itself is allowed.
    #[must_use]
    pub fn at_least(mut self, bound: usize) -> Self {
        self.range.at_least = Some(bound);
        self
    }

    /// The bound itself is allowed.
    #[must_use]
    pub fn at_most(mut self, bound: usize) -> Self {
        self.range.at_most = Some(bound);
        self
    }

    /// The count, or this default.
    pub fn or(self, default: usize) -> usize {
        self.end(Ending::Or(default)).unwrap_or(default)
    }

    /// The count; a missing one is a problem.
    pub fn required(self) -> usize {
        let placeholder = self
            .range
            .at_least
            .unwrap_or(1)
            .min(self.range.at_most.unwrap_or(usize::MAX));
        self.end(Ending::Required(placeholder))
            .unwrap_or(placeholder)
    }

    /// The count, if it is given.
    pub fn optional(self) -> Option<usize> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<usize>) -> Option<usize> {
        let range = self.range;
        self.slot.end(
            Kind::Integer(range),
            ending,
            |value| Literal::Integer(*value),
            |slot, node| integer(&slot.path(), node, &range).map_err(|problem| vec![problem]),
        )
    }
}

/// Some number within the range, to go on with.
fn placeholder(range: &Range<f64>) -> f64 {
    let bounds = [
        range.at_least,
        range.at_most,
        range.above.map(|bound| bound + 1.0),
        range.below.map(|bound| bound - 1.0),
    ];
    let middle = range
        .above
        .zip(range.below.or(range.at_most))
        .map(|(low, high)| low.midpoint(high));
    let candidates = [Some(1.0), Some(0.0)]
        .into_iter()
        .chain(bounds)
        .chain([middle]);
    candidates
        .flatten()
        .find(|candidate| range.holds(candidate))
        .unwrap_or(0.0)
}

pub(crate) fn number(path: &str, node: &Node, range: &Range<f64>) -> Result<f64, Problem> {
    let wanted = Kind::Number(*range).to_string();
    let value = match node.value {
        Value::Number(value) => value,
        // Beyond 2^53 not every integer is a float; the nearest one is what TOML's own floats give too.
        Value::Integer(value) => value as f64,
        _ => return Err(wrong_type(path, &wanted, "a number", node)),
    };
    if !value.is_finite() {
        return Err(not_finite(path, &wanted, node));
    }
    if range.holds(&value) {
        Ok(value)
    } else {
        Err(out_of_range(path, &wanted, node))
    }
}

pub(crate) fn integer(path: &str, node: &Node, range: &Range<usize>) -> Result<usize, Problem> {
    let wanted = Kind::Integer(*range).to_string();
    let Value::Integer(value) = node.value else {
        return Err(wrong_type(path, &wanted, "an integer", node));
    };
    match usize::try_from(value) {
        Ok(value) if range.holds(&value) => Ok(value),
        _ if *range == Range::default() => {
            Err(out_of_range(path, "an integer of at least 0", node))
        }
        _ => Err(out_of_range(path, &wanted, node)),
    }
}
