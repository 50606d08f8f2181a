//! At random, but every class of a task has the same share of each part.
//!
//! Rows without a label are a class of their own. A class of a single row is for training.

use polytask_config::Entry;

use super::shares::Dealer;
use super::{Part, Rest, Shares, Split};
use crate::error::DataErrors;

pub(crate) const ENTRY: Entry<Split> = Entry {
    name: "stratified",
    summary: "at random, but every class of a task has the same share of each part",
    source: "",
    new: |fields| {
        Split::Stratified(Stratified {
            task: fields
                .text("task", "the task whose classes are shared out; the first one that has classes by default")
                .or(""),
            key: fields.key_path("task"),
            shares: Shares::options(fields),
        })
    },
    facts: (),
};

/// The options of `stratified`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stratified {
    pub(super) task: String,
    pub(super) key: String,
    pub(super) shares: Shares,
}

impl Stratified {
    pub(super) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        let shares = self.shares.resolve(rest.brought)?;
        let words = rest.words;
        // Positions within `rest.rows` by class, missing labels last.
        let mut classes: Vec<Vec<usize>> = vec![Vec::new(); words.dictionary().len() + 1];
        for (position, &row) in rest.rows.iter().enumerate() {
            let code = words
                .codes()
                .get(row)
                .map_or(usize::MAX, |&code| code as usize);
            let class = code.min(words.dictionary().len());
            if let Some(class) = classes.get_mut(class) {
                class.push(position);
            }
        }
        let mut parts = vec![Part::Train; rest.rows.len()];
        let mut stream = rest.seed.stream("data/split", 0);
        for class in &mut classes {
            stream.shuffle(class);
            // Each class begins anew, with training: a rare one is learnt before it is tested.
            let mut dealer = Dealer::new(shares);
            for &position in class.iter() {
                if let Some(part) = parts.get_mut(position) {
                    *part = dealer.next();
                }
            }
        }
        Ok(parts)
    }
}
