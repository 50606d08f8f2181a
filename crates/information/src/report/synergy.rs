//! The screen for triples of labels that only speak together.
//!
//! Pairwise measures and the tree cannot see an exclusive or. Every triple is counted once; only those whose excess information passes
//! two standard errors at first sight get the exact mean of chance and a permutation test. The others count as tests with p = 1.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use super::tested::p_value;
use crate::discrete::{MutualInformation, Table};
use crate::many::{Joint, Partial, Redundancy};
use crate::{Flag, InformationError, Measure, Unit, benjamini_hochberg};

/// Two tasks that tell more together about a third than one by one: exploratory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Synergy {
    /// The places of the two.
    pub sources: [usize; 2],
    /// The place of the third.
    pub target: usize,
    /// I(both; target), bits.
    pub both: Measure,
    /// I(each; target), bits.
    pub alone: [Measure; 2],
    /// I(both) - I(first) - I(second), all corrected, bits.
    pub excess: Measure,
    /// Synergy by Williams and Beer's redundancy, bits, plug-in.
    pub specific: Measure,
    /// Synergy by the smaller information as redundancy, bits, plug-in.
    pub smaller: Measure,
}

/// Rows looked at by a screen at most, over all triples; some seconds.
const COST: usize = 2_000_000_000;
/// Standard errors an excess must be above 0.
const ERRORS: f64 = 2.0;

type Task<'a> = (usize, &'a Prepared);

/// The triples whose excess stands out and is significant, largest first; and why there was no screen, if there was none.
pub(super) fn synergies(
    tasks: &[Task<'_>],
    options: &ReportOptions,
) -> Result<(Vec<Synergy>, Option<&'static str>), InformationError> {
    if options.strata.is_some() {
        let why = "the chance of triples is not known within strata";
        return Ok((Vec::new(), Some(why)));
    }
    let rows = tasks.first().map_or(0, |(_, task)| task.labels.len());
    let mut triples = Vec::new();
    for (a, one) in tasks.iter().enumerate() {
        for (b, other) in tasks.iter().enumerate().skip(a + 1) {
            for third in tasks.iter().skip(b + 1) {
                triples.push([*one, *other, *third]);
            }
        }
    }
    if triples.len().saturating_mul(rows) > COST {
        return Ok((Vec::new(), Some("too many triples for these rows")));
    }
    let found = triples
        .par_iter()
        .enumerate()
        .map(|(place, triple)| best_of(triple, options, place as u64))
        .collect::<Result<Vec<Option<Synergy>>, InformationError>>()?;
    let p: Vec<Option<f64>> = found
        .iter()
        .map(|one| one.as_ref().map_or(Some(1.0), |one| one.excess.p))
        .collect();
    let mut kept: Vec<Synergy> = found
        .into_iter()
        .zip(benjamini_hochberg(&p))
        .filter_map(|(one, q)| {
            let mut one = one?;
            one.excess.q = q;
            one.excess.is_significant(options.rate).then_some(one)
        })
        .collect();
    kept.sort_by(|left, right| {
        right
            .excess
            .value
            .unwrap_or(0.0)
            .total_cmp(&left.excess.value.unwrap_or(0.0))
    });
    Ok((kept, None))
}

/// The target of a triple with the largest excess, if one stands out.
fn best_of(
    triple: &[Task<'_>; 3],
    options: &ReportOptions,
    place: u64,
) -> Result<Option<Synergy>, InformationError> {
    let labels: Vec<&[Option<u32>]> = triple
        .iter()
        .map(|(_, task)| task.labels.as_slice())
        .collect();
    let classes: Vec<usize> = triple.iter().map(|(_, task)| task.classes).collect();
    let cells: usize = classes.iter().product();
    // Fewer than five rows per cell: everything looks synergistic. Known before counting for most triples.
    if labels.first().is_none_or(|label| label.len() < 5 * cells) {
        return Ok(None);
    }
    let joint = Joint::of_labels(&labels, &classes)?;
    if joint.n() < 5 * cells as u64 {
        return Ok(None);
    }
    let mut best: Option<Found> = None;
    for order in [[0, 1, 2], [0, 2, 1], [1, 2, 0]] {
        let found = Found::of(&joint, order)?;
        if found.excess > ERRORS * found.se
            && best.as_ref().is_none_or(|best| found.excess > best.excess)
        {
            best = Some(found);
        }
    }
    best.map(|found| found.tested(&joint, triple, options, place))
        .transpose()
}

/// An excess at first sight: every plug-in value less its degrees of freedom over 2n.
struct Found {
    order: [usize; 3],
    both: Table,
    alone: [Table; 2],
    excess: f64,
    se: f64,
}

impl Found {
    fn of(joint: &Joint, order: [usize; 3]) -> Result<Self, InformationError> {
        let [first, second, target] = order;
        let columns = joint.classes(target);
        let table = |tasks: &[usize]| Table::of_counts(joint.marginal(tasks), columns);
        let both = table(&order)?;
        let alone = [table(&[first, target])?, table(&[second, target])?];
        let n = both.n() as f64;
        let (whole, se) = at_sight(&both);
        let parts: f64 = alone.iter().map(|table| at_sight(table).0).sum();
        // Chance alone leaves a corrected value this much spread: the deviation of chi-squared/2n.
        let chance = (both.freedom() as f64 / 2.0).sqrt() / n;
        Ok(Self {
            order,
            excess: whole - parts,
            se: se.max(chance),
            both,
            alone,
        })
    }

    fn tested(
        self,
        joint: &Joint,
        triple: &[Task<'_>; 3],
        options: &ReportOptions,
        place: u64,
    ) -> Result<Synergy, InformationError> {
        let n = self.both.n() as usize;
        let mut stream = Seed(options.seed).stream("information/synergy", place);
        let g = MutualInformation::of(&self.both).g();
        let (p, how) = p_value(&self.both, g, options.permutations, &mut stream)?;
        let measure = |table: &Table| {
            let found = MutualInformation::of(table);
            Measure::of(found.corrected(), Unit::Nats, "plug-in - EMI; p by G", n)
                .with_se(found.se)
                .with_null(found.expected, Some(found.g().p))
                .in_bits()
        };
        let mut both = measure(&self.both);
        both.p = Some(p);
        both.estimator = format!("plug-in - EMI; {how}").into();
        let alone = self.alone.each_ref().map(measure);
        let value = |measure: &Measure| measure.value.unwrap_or(f64::NAN);
        let excess = value(&both) - alone.iter().map(value).sum::<f64>();
        let [first, second, target] = self.order;
        let part = |redundancy, name: &'static str| {
            let parts = Partial::of(joint, first, second, target, redundancy);
            Measure::of(parts.synergistic, Unit::Nats, name, n)
                .flagged(Flag::Exploratory)
                .in_bits()
        };
        let place = |task: usize| triple.get(task).map_or(task, |(place, _)| *place);
        Ok(Synergy {
            sources: [place(first), place(second)],
            target: place(target),
            excess: Measure::of(
                excess,
                Unit::Bits,
                "corrected information of both - of each",
                n,
            )
            .with_se(self.se / std::f64::consts::LN_2)
            .with_null(0.0, Some(p))
            .flagged(Flag::Exploratory),
            specific: part(Redundancy::Specific, "PID synergy, I_min, plug-in"),
            smaller: part(Redundancy::Smaller, "PID synergy, MMI, plug-in"),
            both,
            alone,
        })
    }
}

/// (plug-in less its first bias term, its standard error), nats.
fn at_sight(table: &Table) -> (f64, f64) {
    let (value, se) = MutualInformation::at_sight(table);
    (
        value - table.freedom() as f64 / (2.0 * table.n() as f64),
        se,
    )
}
