//! Two labels of a model on the rows that have both: those that gains are fitted on, and those that are measured.

use std::collections::HashMap;

use polytask_information::usable::{Head, Hint, Verdict};

use super::observed::{Observed, ObservedPart};

/// Rows with both labels that each side needs.
pub(super) const NEEDED: usize = 50;
/// Rows of each side that are used at most.
const MOST_ROWS: usize = 5000;

/// A task, and which part of its label.
type Place = (usize, usize);

/// Two labels on the rows that have both.
pub(super) struct Aligned {
    /// Fitted on.
    held: Both,
    measured: Both,
    /// With both labels, fitted on and measured, used or not.
    rows: [usize; 2],
}

/// Why two labels are not compared.
pub(super) struct Missing {
    /// What is read of them.
    pub(super) verdict: Verdict,
    /// As in [`Aligned`].
    pub(super) rows: [usize; 2],
}

/// With both labels, fitted on and measured.
pub(super) fn rows_of(pair: &Result<Aligned, Missing>) -> [usize; 2] {
    match pair {
        Ok(aligned) => aligned.rows,
        Err(missing) => missing.rows,
    }
}

/// Both labels on some rows.
struct Both {
    source: ObservedPart,
    target: ObservedPart,
}

impl Aligned {
    /// The source's label and the target's.
    ///
    /// # Errors
    /// Too few rows, or too many to be kept, or one label that is the same on all of them.
    pub(super) fn of(
        held: &[Observed],
        measured: &[Observed],
        pair: [Place; 2],
    ) -> Result<Self, Missing> {
        let sides = [held, measured].map(|seen| Both::of(seen, pair));
        let rows = sides
            .each_ref()
            .map(|side| side.as_ref().map_or(0, |(_, rows)| *rows));
        let missing = |verdict| Missing { verdict, rows };
        let [Some((held, _)), Some((measured, _))] = sides else {
            return Err(missing(Verdict::Unknown));
        };
        match rows {
            [0, 0] => Err(missing(Verdict::Apart)),
            [fitted, tested] if fitted < NEEDED || tested < NEEDED => {
                Err(missing(Verdict::FewRows))
            }
            _ if held.is_constant() || measured.is_constant() => Err(missing(Verdict::Constant)),
            _ => Ok(Self {
                held,
                measured,
                rows,
            }),
        }
    }

    /// Numbers that one permutation touches.
    pub(super) fn work(&self) -> usize {
        let Both { source, target } = &self.measured;
        2 * target.head().rows() * (target.classes() + source.classes())
    }

    /// The target's head and what the source offers, fitted on and measured.
    pub(super) fn heads_and_hints(&self) -> [(Head<'_>, Hint<'_>); 2] {
        [&self.held, &self.measured].map(|side| (side.target.head(), hint(&side.source)))
    }
}

impl Both {
    /// On the rows that have both, and how many these are; none if there were more than are kept.
    fn of(seen: &[Observed], [source, target]: [Place; 2]) -> Option<(Self, usize)> {
        let (from, to) = (seen.get(source.0)?, seen.get(target.0)?);
        if from.is_too_large || to.is_too_large {
            return None;
        }
        let places: HashMap<u32, usize> = from.rows.iter().copied().zip(0..).collect();
        let both: Vec<(usize, usize)> = to
            .rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| Some((*places.get(row)?, place)))
            .collect();
        let used = both.len().min(MOST_ROWS);
        let (sources, targets): (Vec<usize>, Vec<usize>) = (0..used)
            .filter_map(|place| both.get(place * both.len() / used.max(1)).copied())
            .unzip();
        let labels = Self {
            source: from.parts.get(source.1)?.select(&sources),
            target: to.parts.get(target.1)?.select(&targets),
        };
        Some((labels, both.len()))
    }

    fn is_constant(&self) -> bool {
        self.source.is_constant() || self.target.is_constant()
    }
}

fn hint(part: &ObservedPart) -> Hint<'_> {
    match part.head() {
        Head::Classes {
            logits,
            classes,
            truth,
        } => Hint::Classes {
            logits,
            classes,
            label: truth,
        },
        Head::Real { prediction, truth } => Hint::Real {
            prediction,
            label: truth,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two flags on rows 0 up to `left`, and `first` up to `right`.
    fn flags(left: u32, (first, right): (u32, u32)) -> [Observed; 2] {
        let of = |rows: std::ops::Range<u32>| Observed {
            parts: vec![ObservedPart::Classes {
                logits: vec![-0.7; 2 * rows.len()],
                classes: 2,
                truth: rows.clone().map(|row| row % 2).collect(),
            }],
            rows: rows.collect(),
            is_too_large: false,
        };
        [of(0..left), of(first..right)]
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        let enough = flags(200, (100, 200));
        let of = |held: &[Observed], measured: &[Observed]| {
            let found = Aligned::of(held, measured, [(0, 0), (1, 0)]);
            found.map_or_else(
                |missing| (Some(missing.verdict), missing.rows),
                |found| (None, found.rows),
            )
        };
        assert_eq!(of(&enough, &enough), (None, [100, 100]));
        let few = of(&enough, &flags(112, (100, 200)));
        assert_eq!(few, (Some(Verdict::FewRows), [100, 12]));
        let apart = flags(100, (100, 200));
        let few = of(&apart, &enough);
        assert_eq!(few, (Some(Verdict::FewRows), [0, 100]));
        assert_eq!(of(&apart, &apart), (Some(Verdict::Apart), [0, 0]));
        let mut constant = flags(200, (100, 200));
        let mut large = flags(200, (100, 200));
        large[0].is_too_large = true;
        assert_eq!(of(&enough, &large), (Some(Verdict::Unknown), [100, 0]));
        let ObservedPart::Classes { truth, .. } = &mut constant[1].parts[0] else {
            panic!()
        };
        truth.fill(1);
        let found = of(&constant, &enough);
        assert_eq!(found, (Some(Verdict::Constant), [100, 100]));
    }
}
