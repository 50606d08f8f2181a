//! What a key holds.

use std::fmt;

use super::Node;

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A finite number.
    Number(Range<f64>),
    /// A count.
    Integer(Range<usize>),
    /// `true` or `false`.
    Flag,
    /// A string.
    Text,
    /// A string that names a file.
    Path,
    /// One of these words; each with one line.
    Choice(Vec<(&'static str, &'static str)>),
    /// A list of numbers.
    Numbers {
        /// What each may be.
        each: Range<f64>,
        /// How many there may be.
        length: Range<usize>,
    },
    /// A list of counts.
    Integers {
        /// What each may be.
        each: Range<usize>,
        /// How many there may be.
        length: Range<usize>,
    },
    /// A string or a list of strings.
    Texts {
        /// How many there may be.
        length: Range<usize>,
    },
    /// A list of pairs of strings.
    Pairs {
        /// How many there may be.
        length: Range<usize>,
    },
    /// A list of lists of strings.
    Lists {
        /// How many there may be.
        length: Range<usize>,
    },
    /// A string or a list of strings that name files.
    Paths {
        /// How many there may be.
        length: Range<usize>,
    },
    /// A table of free keys, each with a number.
    Weights,
    /// A table.
    Table(Vec<Node>),
    /// Tables by free names, all alike.
    Tables(Vec<Node>),
    /// `"name"` or `{ type = "name", … }`.
    Entry {
        /// Index in [`Schema::families`](super::Schema::families).
        family: usize,
        /// The names in it.
        names: Vec<&'static str>,
    },
    /// A list of such names and tables.
    Entries {
        /// Index in [`Schema::families`](super::Schema::families).
        family: usize,
        /// The names in it.
        names: Vec<&'static str>,
    },
    /// A path, or `{ type = "name", … }`.
    PathOrEntry {
        /// Index in [`Schema::families`](super::Schema::families).
        family: usize,
        /// The names in it.
        names: Vec<&'static str>,
    },
    /// A list of strings, or a table.
    TextsOrTable {
        /// How many strings there may be.
        length: Range<usize>,
        /// The table's keys.
        keys: Vec<Node>,
    },
}

impl Kind {
    /// The family it chooses from.
    pub(crate) fn family(&self) -> Option<usize> {
        match self {
            Self::Entry { family, .. }
            | Self::Entries { family, .. }
            | Self::PathOrEntry { family, .. } => Some(*family),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    /// What the key wants: `a number from 0 to 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(range) => write!(f, "a number{range}"),
            Self::Integer(range) => write!(f, "an integer{range}"),
            Self::Flag => f.write_str("true or false"),
            Self::Text => f.write_str("a string"),
            Self::Path => f.write_str("a path"),
            Self::Choice(_) => f.write_str("a word"),
            Self::Numbers { each, .. } => write!(f, "a list of numbers{}", each.of_each()),
            Self::Integers { each, .. } => write!(f, "a list of integers{}", each.of_each()),
            Self::Texts { .. } => f.write_str("a list of strings"),
            Self::Pairs { .. } => f.write_str("a list of pairs of strings"),
            Self::Lists { .. } => f.write_str("a list of lists of strings"),
            Self::Paths { .. } => f.write_str("a list of paths"),
            Self::Weights => f.write_str("a table of numbers"),
            Self::Table(_) => f.write_str("a table"),
            Self::Tables(_) => f.write_str("tables by name"),
            Self::Entry { .. } => f.write_str("a name or a table with `type`"),
            Self::Entries { .. } => f.write_str("a list of names or tables with `type`"),
            Self::PathOrEntry { .. } => f.write_str("a path or a table with `type`"),
            Self::TextsOrTable { .. } => f.write_str("a list of strings or a table"),
        }
    }
}

/// Bounds; its `Display` starts with a space: ` from 0 to 1`, ` of at least 1`, ` above 0 and below 1`, or is nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range<N> {
    /// The least value.
    pub at_least: Option<N>,
    /// What the value must exceed.
    pub above: Option<N>,
    /// The greatest value.
    pub at_most: Option<N>,
    /// What must exceed the value.
    pub below: Option<N>,
}

impl<N> Default for Range<N> {
    fn default() -> Self {
        Self {
            at_least: None,
            above: None,
            at_most: None,
            below: None,
        }
    }
}

impl<N: PartialOrd> Range<N> {
    /// Whether the value is within all bounds.
    #[must_use]
    pub fn holds(&self, value: &N) -> bool {
        self.at_least.as_ref().is_none_or(|bound| value >= bound)
            && self.above.as_ref().is_none_or(|bound| value > bound)
            && self.at_most.as_ref().is_none_or(|bound| value <= bound)
            && self.below.as_ref().is_none_or(|bound| value < bound)
    }
}

impl<N: fmt::Display + PartialOrd> Range<N> {
    fn of_each(&self) -> String {
        let text = self.to_string();
        if text.is_empty() {
            text
        } else {
            format!(", each{text}")
        }
    }
}

impl<N: fmt::Display + PartialOrd> fmt::Display for Range<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(least), None, Some(most), None) =
            (&self.at_least, &self.above, &self.at_most, &self.below)
        {
            return write!(f, " from {least} to {most}");
        }
        // Of two bounds on one side only the tighter one is told.
        let (least, most) = (self.at_least.as_ref(), self.at_most.as_ref());
        let least = least.filter(|least| self.above.as_ref().is_none_or(|above| above < *least));
        let above = self.above.as_ref().filter(|_| least.is_none());
        let most = most.filter(|most| self.below.as_ref().is_none_or(|below| below > *most));
        let below = self.below.as_ref().filter(|_| most.is_none());
        let parts = [
            ("of at least", least),
            ("above", above),
            ("of at most", most),
            ("below", below),
        ];
        let mut word = " ";
        for (bound, value) in parts {
            if let Some(value) = value {
                write!(f, "{word}{bound} {value}")?;
                word = " and ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn of_two_bounds_on_one_side_the_tighter_one_is_told() {
        let told = |at_least, above, at_most, below| {
            let range = Range {
                at_least,
                above,
                at_most,
                below,
            };
            range.to_string()
        };
        assert_eq!(
            told(Some(0.0), Some(0.0), Some(1.0), None),
            " above 0 and of at most 1"
        );
        assert_eq!(told(Some(0.5), Some(0.0), None, None), " of at least 0.5");
        assert_eq!(
            told(None, Some(0.0), Some(1.0), Some(1.0)),
            " above 0 and below 1"
        );
        assert_eq!(told(Some(0.0), None, Some(1.0), None), " from 0 to 1");
        assert_eq!(told(None, None, None, None), "");
    }
}
