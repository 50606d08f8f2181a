//! One table of two labels with its estimate, null, interval and test.

use polytask_random::Stream;

use super::input::ReportOptions;
use crate::discrete::{G, MutualInformation, Table, bootstrap_information, permutation_test};
use crate::{Flag, InformationError, Measure, Unit};

/// Expected rows per cell that let a chi-squared p be trusted.
const EXPECTED: f64 = 5.0;

/// p of a table, and by what: permutations, but for a p they cannot resolve where G can be trusted. Hundreds of pairs need p-values
/// far below 1/(R+1) for any of them to be significant among all.
pub(super) fn p_value(
    table: &Table,
    g: G,
    permutations: usize,
    stream: &mut Stream,
) -> Result<(f64, String), InformationError> {
    if g.p * (permutations as f64 + 1.0) < 1.0 && table.smallest_expected() >= EXPECTED {
        return Ok((g.p, "p by G".into()));
    }
    let test = permutation_test(std::slice::from_ref(table), permutations, stream)?;
    Ok((test.p, format!("p by {permutations} permutations")))
}

/// The corrected information of two labels, bits, with the exact null mean (or, in strata, the permuted one).
pub(super) struct Tested {
    pub(super) information: MutualInformation,
    pub(super) measure: Measure,
    pub(super) table: Table,
}

impl Tested {
    pub(super) fn of(
        left: (&[Option<u32>], usize),
        right: (&[Option<u32>], usize),
        options: &ReportOptions,
        resamples: usize,
        stream: &mut Stream,
    ) -> Result<Self, InformationError> {
        let table = Table::of_labels(left.0, left.1, right.0, right.1)?;
        let information = MutualInformation::of(&table);
        let n = table.n() as usize;
        if n == 0 {
            let measure = Measure::absent(Unit::Bits, "plug-in - EMI", 0, Flag::NotCoObserved);
            return Ok(Self {
                information,
                measure,
                table,
            });
        }
        if table.freedom() == 0 {
            // One of them is the same in all rows: whether it would go with the other cannot be seen.
            let measure = Measure::absent(Unit::Bits, "plug-in - EMI", n, Flag::Undefined);
            return Ok(Self {
                information,
                measure,
                table,
            });
        }
        let mut measure = match &options.strata {
            None => {
                let value = Measure::of(information.corrected(), Unit::Nats, "plug-in - EMI", n);
                let (p, how) = p_value(&table, information.g(), options.permutations, stream)?;
                let mut value = value.with_null(information.expected, Some(p));
                value.estimator = format!("plug-in - EMI; {how}").into();
                value
            }
            Some(strata) => {
                let tables = in_strata(left, right, strata)?;
                let test = permutation_test(&tables, options.permutations, stream)?;
                let estimator = format!(
                    "plug-in - mean of {} permutations within strata",
                    test.permutations
                );
                Measure::of(
                    information.plug_in - test.null_mean,
                    Unit::Nats,
                    estimator,
                    n,
                )
                .with_null(test.null_mean, Some(test.p))
            }
        };
        // The delta method vanishes near independence; chance leaves the deviation of chi-squared/2n there.
        let chance = (table.freedom() as f64 / 2.0).sqrt() / n as f64;
        measure = measure.with_se(information.se.max(chance));
        // Rows of a stratum are no independent draws: no interval is better than one too narrow.
        if resamples >= 40 && options.strata.is_none() {
            measure = measure.with_interval(bootstrap_information(&table, resamples, stream)?);
        }
        let entropy = information.x_entropy.min(information.y_entropy);
        Ok(Self {
            information,
            measure: measure.checked_against(Some(entropy)).in_bits(),
            table,
        })
    }
}

fn in_strata(
    left: (&[Option<u32>], usize),
    right: (&[Option<u32>], usize),
    strata: &[u32],
) -> Result<Vec<Table>, InformationError> {
    crate::error::same_length("rows and strata", left.0.len(), strata.len())?;
    let mut order: Vec<(u32, usize)> = strata.iter().copied().zip(0..).collect();
    order.sort_unstable();
    order
        .chunk_by(|one, other| one.0 == other.0)
        .map(|run| {
            let take = |labels: &[Option<u32>]| -> Vec<Option<u32>> {
                run.iter()
                    .map(|(_, row)| labels.get(*row).copied().flatten())
                    .collect()
            };
            Table::of_labels(&take(left.0), left.1, &take(right.0), right.1)
        })
        .filter(|table| table.as_ref().map_or(true, |table| table.n() > 0))
        .collect()
}
