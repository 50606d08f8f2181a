//! Which rows are for training, validation and test.
//!
//! A row that a separate file or the source itself assigns to val or test stays there; the rule divides the rest. Every
//! draw comes from the stream `data/split`.

mod column;
mod hash;
mod random;
mod shares;
mod stratified;

use polytask_config::Entry;
use polytask_random::Seed;
use serde::{Deserialize, Serialize};

pub(crate) use shares::{Brought, Shares};
pub(crate) use stratified::stratified_by;

use crate::column::Words;
use crate::error::{DataError, DataErrors};
use crate::table::Table;

/// One of the three parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Weights are fitted here, and every mean, scale, vocabulary and class list.
    Train,
    /// Decides what is best and when to stop.
    Val,
    /// Looked at once.
    Test,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// What configurations and metric keys call it.
    ///
    /// ```
    /// assert_eq!(polytask_data::Part::Val.name(), "val");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// The rows of each part, in the source's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// For training.
    pub train: Vec<u32>,
    /// For validation.
    pub val: Vec<u32>,
    /// For the test.
    pub test: Vec<u32>,
}

impl Splits {
    /// The rows of one part.
    ///
    /// ```
    /// use polytask_data::{Part, Splits};
    ///
    /// let splits = Splits { train: vec![0, 2], val: vec![1], test: vec![] };
    /// assert_eq!(splits.of(Part::Train), [0, 2]);
    /// ```
    #[must_use]
    pub fn of(&self, part: Part) -> &[u32] {
        match part {
            Part::Train => &self.train,
            Part::Val => &self.val,
            Part::Test => &self.test,
        }
    }

    /// Leaves all but a share of the training rows out, at least one; smaller shares are parts of larger ones.
    pub(crate) fn learn_from(&mut self, share: f64, seed: Seed) {
        if share >= 1.0 {
            return;
        }
        let count = (share * self.train.len() as f64).round().max(1.0) as usize;
        seed.stream("data/train_share", 0).shuffle(&mut self.train);
        self.train.truncate(count);
        self.train.sort_unstable();
    }

    /// Row `index` is in `parts[index]`.
    pub(crate) fn new(parts: &[Part]) -> Self {
        let rows = |part| {
            (0u32..)
                .zip(parts)
                .filter(|(_, found)| **found == part)
                .map(|(row, _)| row)
                .collect()
        };
        Self {
            train: rows(Part::Train),
            val: rows(Part::Val),
            test: rows(Part::Test),
        }
    }
}

/// How rows are divided.
#[derive(Clone, Debug, PartialEq)]
pub enum Split {
    /// Every division of these sizes is equally likely.
    Random(random::Random),
    /// The same, but every class has the same share of each part.
    Stratified(stratified::Stratified),
    /// By a hash of a column: equal values stay together, and adding rows moves none.
    Hash(hash::Hash),
    /// A column names the part.
    Column(column::ByColumn),
}

/// All rules.
pub static SPLITS: &[Entry<Split>] =
    &[random::ENTRY, stratified::ENTRY, hash::ENTRY, column::ENTRY];

/// What a rule is given.
pub(crate) struct Rest<'a> {
    pub(crate) table: &'a Table,
    /// The rows to divide.
    pub(crate) rows: &'a [usize],
    /// The text column of a name that the rule asked for.
    pub(crate) words: &'a Words,
    pub(crate) seed: Seed,
    pub(crate) brought: Brought,
}

impl Split {
    /// The column that the rule reads as text, and the key that names it.
    pub(crate) fn column(&self) -> Option<(&str, &str)> {
        match self {
            Self::Random(_) | Self::Stratified(_) => None,
            Self::Hash(rule) => Some((&rule.column, &rule.key)),
            Self::Column(rule) => Some((&rule.column, &rule.key)),
        }
    }

    /// The column whose equal values the rule keeps together.
    pub(crate) fn groups(&self) -> Option<&str> {
        match self {
            Self::Hash(rule) => Some(&rule.column),
            _ => None,
        }
    }

    /// The task whose classes the rule looks at, and the key that names it; an empty name is the first task with classes.
    pub(crate) fn task(&self) -> Option<(&str, &str)> {
        match self {
            Self::Stratified(rule) => Some((&rule.task, &rule.key)),
            _ => None,
        }
    }

    /// The shares of train, val and test by which the rule divides; none if a column says.
    pub(crate) fn shares(&self, brought: Brought) -> Result<Option<[f64; 3]>, DataError> {
        let shares = match self {
            Self::Random(rule) => &rule.shares,
            Self::Stratified(rule) => &rule.shares,
            Self::Hash(rule) => &rule.shares,
            Self::Column(_) => return Ok(None),
        };
        shares.resolve(brought).map(Some)
    }

    /// The part of each of the rows.
    pub(crate) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        match self {
            Self::Random(rule) => rule.assign(rest),
            Self::Stratified(rule) => rule.assign(rest),
            Self::Hash(rule) => rule.assign(rest),
            Self::Column(rule) => rule.assign(rest),
        }
    }
}

#[cfg(test)]
mod tests;
