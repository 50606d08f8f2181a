//! The shares of the three parts.

use polytask_config::Fields;

use super::Part;
use crate::codes::BAD_VALUE;
use crate::error::DataError;

/// What the configuration says of the shares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shares {
    train: Option<f64>,
    val: Option<f64>,
    test: Option<f64>,
    key: String,
}

/// How far from 1 the sum of shares may be.
const TOLERANCE: f64 = 1e-6;

fn off(sum: f64) -> String {
    let sum = (sum * 1e6).round() / 1e6;
    format!("the shares add up to {sum}, not to 1")
}

/// Which parts a separate file or the source brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) val: bool,
    pub(crate) test: bool,
}

impl Shares {
    /// Lists `train`, `val` and `test`.
    pub(crate) fn options(fields: &mut Fields<'_>) -> Self {
        let mut share = |key, help| fields.number(key, help).within(0.0..=1.0).optional();
        let train = share(
            "train",
            "share of the rows for training; what the others leave by default",
        );
        let val = share(
            "val",
            "share for validation; 0.1, or 0 if a file or the source brings it",
        );
        let test = share(
            "test",
            "share for the test; 0.1, or 0 if a file or the source brings it",
        );
        let given = [train, val, test];
        let sum: f64 = given.iter().flatten().sum();
        if sum > 1.0 + TOLERANCE || given.iter().all(Option::is_some) && sum < 1.0 - TOLERANCE {
            fields.problem("train", BAD_VALUE, off(sum), None);
        }
        Self {
            train,
            val,
            test,
            key: fields.key_path("train"),
        }
    }

    /// The three shares, which add up to 1.
    ///
    /// What is not given shares what the given ones leave; a part that is brought takes nothing.
    pub(crate) fn resolve(&self, brought: Brought) -> Result<[f64; 3], DataError> {
        let wrong = |part: Part, problem: String| DataError::Option {
            key: Some(self.key.replace("train", part.name())),
            problem,
            help: None,
        };
        for (part, share, is_brought) in [
            (Part::Val, self.val, brought.val),
            (Part::Test, self.test, brought.test),
        ] {
            if is_brought && share.is_some_and(|share| share > 0.0) {
                let name = part.name();
                let problem = format!(
                    "a file or the source brings the {name} rows, so their share is 0 here"
                );
                return Err(wrong(part, problem));
            }
        }
        let usual = |given: Option<f64>, is_brought: bool| match given {
            Some(share) => share,
            None if is_brought => 0.0,
            None => 0.1,
        };
        let (mut val, mut test) = (usual(self.val, brought.val), usual(self.test, brought.test));
        if let Some(train) = self.train {
            let is_open = |given: Option<f64>, is_brought: bool| given.is_none() && !is_brought;
            let (val_is_open, test_is_open) = (
                is_open(self.val, brought.val),
                is_open(self.test, brought.test),
            );
            let left = (1.0 - train - self.val.unwrap_or(0.0) - self.test.unwrap_or(0.0)).max(0.0);
            let each = left / f64::from(u8::from(val_is_open) + u8::from(test_is_open)).max(1.0);
            val = if val_is_open { each } else { val };
            test = if test_is_open { each } else { test };
        }
        let train = self.train.unwrap_or(1.0 - val - test);
        let sum = train + val + test;
        if (sum - 1.0).abs() > TOLERANCE {
            return Err(wrong(Part::Train, off(sum)));
        }
        if train <= 0.0 {
            return Err(wrong(
                Part::Train,
                "no rows are left for training".to_owned(),
            ));
        }
        Ok([train, val, test])
    }
}

/// Deals rows to the parts, one after the other, each to the part that is furthest behind its share; so each part's
/// count is within one of its share after any number of rows.
pub(crate) struct Dealer {
    shares: [f64; 3],
    counts: [f64; 3],
}

impl Dealer {
    pub(crate) fn new(shares: [f64; 3]) -> Self {
        Self {
            shares,
            counts: [0.0; 3],
        }
    }

    pub(crate) fn next(&mut self) -> Part {
        let dealt: f64 = self.counts.iter().sum::<f64>() + 1.0;
        let mut best = (Part::Train, f64::NEG_INFINITY);
        for ((part, share), count) in Part::ALL.into_iter().zip(self.shares).zip(self.counts) {
            let behind = share * dealt - count;
            if share > 0.0 && behind > best.1 + 1e-9 {
                best = (part, behind);
            }
        }
        for (part, count) in Part::ALL.into_iter().zip(&mut self.counts) {
            *count += f64::from(u8::from(part == best.0));
        }
        best.0
    }
}
