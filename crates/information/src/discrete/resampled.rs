//! Bootstrap interval of the corrected mutual information of two labels.

use polytask_random::Stream;

use super::{MutualInformation, Table};
use crate::InformationError;
use crate::draw::{LogFactorials, resample};
use crate::error::at_least;
use crate::special::quantile;

/// 95 % interval, nats: rows are drawn with replacement and every resample has its own EMI taken off.
///
/// A resample's plug-in information is inflated twice, once by the sample and once by the resampling. EMI removes the second;
/// in the world of the resamples the truth is the sample's *plug-in* value, so errors are taken from there and reflected around
/// the corrected value (the basic bootstrap, Davison and Hinkley 1997, eq. 2.10). The interval may reach below 0.
///
/// # Errors
/// If there are no rows or fewer than 40 resamples.
pub fn bootstrap_information(
    table: &Table,
    resamples: usize,
    stream: &mut Stream,
) -> Result<[f64; 2], InformationError> {
    at_least("resamples", resamples, 40)?;
    at_least("rows with both labels", table.n() as usize, 1)?;
    let columns = table.column_sums().len();
    let logs = LogFactorials::up_to(table.n());
    let mut counts = Vec::with_capacity(table.counts().len());
    let values = (0..resamples).map(|_| {
        resample(stream, &logs, table.counts(), &mut counts);
        Table::of_counts(counts.clone(), columns)
    });
    reflected(table, values)
}

/// The same with whole groups (users, sites) drawn instead of rows: one table per group.
///
/// # Errors
/// If there are fewer than two groups, their shapes differ, or there are fewer than 40 resamples.
pub fn bootstrap_information_of_groups(
    groups: &[Table],
    resamples: usize,
    stream: &mut Stream,
) -> Result<[f64; 2], InformationError> {
    at_least("resamples", resamples, 40)?;
    at_least("groups", groups.len(), 2)?;
    let whole = super::pooled(groups)?;
    let values = (0..resamples).map(|_| {
        let drawn: Vec<Table> = (0..groups.len())
            .filter_map(|_| groups.get(stream.below(groups.len())).cloned())
            .collect();
        super::pooled(&drawn)
    });
    reflected(&whole, values)
}

fn reflected(
    table: &Table,
    resamples: impl Iterator<Item = Result<Table, InformationError>>,
) -> Result<[f64; 2], InformationError> {
    let sample = MutualInformation::of(table);
    let mut errors = resamples
        .map(|table| Ok(corrected(&table?) - sample.plug_in))
        .collect::<Result<Vec<f64>, InformationError>>()?;
    errors.retain(|error| error.is_finite());
    errors.sort_by(f64::total_cmp);
    Ok([
        sample.corrected() - quantile(&errors, 0.975),
        sample.corrected() - quantile(&errors, 0.025),
    ])
}

/// The corrected information of a resample. Where every cell expects five rows EMI is its first term to the digits an interval has;
/// the exact sum, hundreds of times, would cost more than everything else.
pub(crate) fn corrected(table: &Table) -> f64 {
    if table.smallest_expected() < 5.0 {
        return MutualInformation::of(table).corrected();
    }
    let chance = table.freedom() as f64 / (2.0 * table.n() as f64);
    MutualInformation::at_sight(table).0 - chance
}
