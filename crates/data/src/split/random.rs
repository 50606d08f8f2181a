//! Every division of these sizes is equally likely.

use polytask_config::Entry;

use super::shares::Dealer;
use super::{Part, Rest, Shares, Split};
use crate::error::DataErrors;

pub(crate) const ENTRY: Entry<Split> = Entry {
    name: "random",
    summary: "rows at random",
    source: "",
    new: |fields| {
        Split::Random(Random {
            shares: Shares::options(fields),
        })
    },
    facts: (),
};

/// The options of `random`.
#[derive(Clone, Debug, PartialEq)]
pub struct Random {
    pub(super) shares: Shares,
}

impl Random {
    pub(super) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        let mut dealer = Dealer::new(self.shares.resolve(rest.brought)?);
        let mut parts: Vec<Part> = rest.rows.iter().map(|_| dealer.next()).collect();
        rest.seed.stream("data/split", 0).shuffle(&mut parts);
        Ok(parts)
    }
}
