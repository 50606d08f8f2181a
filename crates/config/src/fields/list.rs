//! Lists.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::fault::{wrong_length, wrong_type};
use super::number::{integer, number};
use super::slot::{Ending, Slot};
use super::word::{PlacedPath, text};
use crate::document::{Node, Value};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::schema::{Kind, Range};

/// A list of finite numbers: give its bounds, then end with `or`, `required` or `optional`.
pub type NumberList<'f> = List<'f, f64, f64>;
/// A list of counts: give its bounds, then end with `or`, `required` or `optional`.
pub type IntegerList<'f> = List<'f, usize, usize>;
/// A list of strings: end with `or`, `required` or `optional`.
pub type TextList<'f> = List<'f, String, ()>;
/// A list of pairs of strings: end with `or`, `required` or `optional`.
pub type PairList<'f> = List<'f, [String; 2], ()>;
/// A list of lists of strings: end with `or`, `required` or `optional`.
pub type TextLists<'f> = List<'f, Vec<String>, ()>;
/// A list of paths: end with `or`, `required` or `optional`.
pub type PathList<'f> = List<'f, PathBuf, ()>;

/// A list of `T`, bounded by `B`: give its bounds, then end with `or`, `required` or `optional`.
pub struct List<'f, T: 'static, B: 'static> {
    slot: Slot<'f>,
    each: Range<B>,
    length: Range<usize>,
    way: &'static Way<T, B>,
}

/// An item, with what the resolved text says of it.
type Item<T> = (T, Literal);

/// Reads one item, within a range.
type Read<T, B> = fn(&str, &Node, &Range<B>) -> Result<Item<T>, Problem>;

/// How items of one type are read.
pub(crate) struct Way<T: 'static, B: 'static> {
    kind: fn(Range<B>, Range<usize>) -> Kind,
    read: Read<T, B>,
    default: fn(&Slot<'_>, T) -> Item<T>,
    /// Whether a single string stands for a list of one.
    is_single: bool,
}

pub(crate) const NUMBERS: &Way<f64, f64> = &Way {
    kind: |each, length| Kind::Numbers { each, length },
    read: |path, node, each| number(path, node, each).map(|item| (item, Literal::Number(item))),
    default: |_, item| (item, Literal::Number(item)),
    is_single: false,
};

pub(crate) const INTEGERS: &Way<usize, usize> = &Way {
    kind: |each, length| Kind::Integers { each, length },
    read: |path, node, each| integer(path, node, each).map(|item| (item, Literal::Integer(item))),
    default: |_, item| (item, Literal::Integer(item)),
    is_single: false,
};

pub(crate) const TEXTS: &Way<String, ()> = &Way {
    kind: |_, length| Kind::Texts { length },
    read: |path, node, _| text(path, node).map(|item| (item.clone(), Literal::Text(item))),
    default: |_, item| (item.clone(), Literal::Text(item)),
    is_single: true,
};

pub(crate) const PAIRS: &Way<[String; 2], ()> = &Way {
    kind: |_, length| Kind::Pairs { length },
    read: |path, node, _| {
        let two = Range {
            at_least: Some(2),
            at_most: Some(2),
            ..Range::default()
        };
        let read = items(path, node, ("a pair of strings", &two, false), text);
        match read.map(<[String; 2]>::try_from) {
            Ok(Ok(pair)) => Ok((pair.clone(), texts_literal(&pair))),
            Ok(Err(_)) => Err(wrong_type(
                path,
                "a pair of strings",
                "a pair of strings",
                node,
            )),
            Err(problems) => Err(problems.into_iter().next().unwrap_or_else(|| {
                wrong_type(path, "a pair of strings", "a pair of strings", node)
            })),
        }
    },
    default: |_, item| (item.clone(), texts_literal(&item)),
    is_single: false,
};

pub(crate) const LISTS: &Way<Vec<String>, ()> = &Way {
    kind: |_, length| Kind::Lists { length },
    read: |path, node, _| {
        let any = Range::default();
        let read = items(path, node, ("a list of strings", &any, false), text);
        match read {
            Ok(list) => Ok((list.clone(), texts_literal(&list))),
            Err(problems) => Err(problems.into_iter().next().unwrap_or_else(|| {
                wrong_type(path, "a list of strings", "a list of strings", node)
            })),
        }
    },
    default: |_, item| (item.clone(), texts_literal(&item)),
    is_single: false,
};

fn texts_literal(texts: &[String]) -> Literal {
    Literal::List(texts.iter().cloned().map(Literal::Text).collect())
}

pub(crate) const PATHS: &Way<PathBuf, ()> = &Way {
    kind: |_, length| Kind::Paths { length },
    read: |path, node, _| {
        PlacedPath::read(path, node).map(|item| (item.absolute.clone(), item.literal()))
    },
    default: |slot, item| {
        let item = PlacedPath::of_default(slot, item);
        (item.absolute.clone(), item.literal())
    },
    is_single: true,
};

impl<'f, T: 'static, B: Copy + 'static> List<'f, T, B> {
    pub(crate) fn new(slot: Slot<'f>, way: &'static Way<T, B>) -> Self {
        Self {
            slot,
            each: Range::default(),
            length: Range::default(),
            way,
        }
    }

    /// An empty list is a problem.
    #[must_use]
    pub fn at_least_one(mut self) -> Self {
        self.length.at_least = Some(1);
        self
    }

    /// Any other number of items is a problem.
    #[must_use]
    pub fn exactly(mut self, items: usize) -> Self {
        self.length.at_least = Some(items);
        self.length.at_most = Some(items);
        self
    }

    /// Bounds of each item.
    #[must_use]
    pub fn each(mut self, range: Range<B>) -> Self {
        self.each = range;
        self
    }

    /// The list, or this default.
    pub fn or(self, default: Vec<T>) -> Vec<T> {
        let default = default
            .into_iter()
            .map(|item| (self.way.default)(&self.slot, item));
        let default = default.collect();
        self.end(Ending::Or(default)).unwrap_or_default()
    }

    /// The list; a missing one is a problem.
    pub fn required(self) -> Vec<T> {
        self.end(Ending::Required(Vec::new())).unwrap_or_default()
    }

    /// The list, if it is given.
    pub fn optional(self) -> Option<Vec<T>> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<Vec<(T, Literal)>>) -> Option<Vec<T>> {
        let (way, each, length) = (self.way, self.each, self.length);
        let kind = (way.kind)(each, length);
        let wanted = kind.to_string();
        let write = |items: &Vec<(T, Literal)>| {
            Literal::List(items.iter().map(|(_, literal)| literal.clone()).collect())
        };
        let read = |slot: &Slot<'_>, node: &Node| {
            items(
                &slot.path(),
                node,
                (&wanted, &length, way.is_single),
                |path, item| (way.read)(path, item, &each),
            )
        };
        let items = self.slot.end(kind, ending, write, read)?;
        Some(items.into_iter().map(|(item, _)| item).collect())
    }
}

impl NumberList<'_> {
    /// Each item is within; both bounds are allowed.
    #[must_use]
    pub fn each_within(mut self, range: RangeInclusive<f64>) -> Self {
        (self.each.at_least, self.each.at_most) = (Some(*range.start()), Some(*range.end()));
        self
    }

    /// Each item is greater.
    #[must_use]
    pub fn each_above(mut self, bound: f64) -> Self {
        self.each.above = Some(bound);
        self
    }

    /// Each item is as great or greater.
    #[must_use]
    pub fn each_at_least(mut self, bound: f64) -> Self {
        self.each.at_least = Some(bound);
        self
    }
}

impl IntegerList<'_> {
    /// Each item is within; both bounds are allowed.
    #[must_use]
    pub fn each_within(mut self, range: RangeInclusive<usize>) -> Self {
        (self.each.at_least, self.each.at_most) = (Some(*range.start()), Some(*range.end()));
        self
    }

    /// Each item is as great or greater.
    #[must_use]
    pub fn each_at_least(mut self, bound: usize) -> Self {
        self.each.at_least = Some(bound);
        self
    }
}

/// Reads each item; all problems at once.
pub(crate) fn items<T>(
    path: &str,
    node: &Node,
    (wanted, length, is_single): (&str, &Range<usize>, bool),
    each: impl Fn(&str, &Node) -> Result<T, Problem>,
) -> Result<Vec<T>, Vec<Problem>> {
    let list = match &node.value {
        Value::List(list) => list,
        Value::Text(_) if is_single => {
            return each(path, node)
                .map(|item| vec![item])
                .map_err(|problem| vec![problem]);
        }
        _ => {
            let kind = wanted.split(',').next().unwrap_or(wanted);
            return Err(vec![wrong_type(path, wanted, kind, node)]);
        }
    };
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for (index, item) in list.iter().enumerate() {
        match each(&format!("{path}[{index}]"), item) {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if !length.holds(&list.len()) {
        problems.push(wrong_length(path, wanted, list.len(), node));
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}
