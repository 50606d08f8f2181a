//! P1: noisy copies of hidden roots. The corrected information of every pair is found to its error, related pairs are told from
//! unrelated ones, and the tasks are grouped by their roots.

use polytask_data::builtin::planted_channels::PlantedChannels;
use polytask_data::{Part, Source as _};
use polytask_information::bounds::noise_entropy;
use polytask_information::discrete::{MutualInformation, Table};
use polytask_information::grouping::Objective;
use polytask_information::report::{ReportOptions, grouped};
use serde_json::json;

use super::{side_by_side, written};
use crate::columns::{classes, labels, rows_of};
use crate::instance::{Instance, tasks};
use crate::linear::mean;
use crate::{Check, Mark, PlantedError};

/// I of two tasks of one root, nats: ln K − h_b(e) − e ln(K−1) with e = 1 − (1−e_s)(1−e_t) − e_s e_t/(K−1).
///
/// # Errors
/// Fewer than two classes, or an error that is no probability.
///
/// ```
/// use polytask_planted::families::channels::shared;
///
/// assert!((shared(10, 0.2, 0.1)? - 1.1014026863).abs() < 1e-10);
/// assert!((shared(26, 0.1, 0.3)? - 1.4126612035).abs() < 1e-10);
/// # Ok::<(), polytask_planted::PlantedError>(())
/// ```
pub fn shared(classes: usize, first: f64, second: f64) -> Result<f64, PlantedError> {
    let others = classes as f64 - 1.0;
    let both = 1.0 - (1.0 - first) * (1.0 - second) - first * second / others;
    // Rounding may leave a probability just outside [0, 1].
    Ok((classes as f64).ln() - noise_entropy(both.clamp(0.0, 1.0), classes)?)
}

/// The family's options.
#[must_use]
pub fn options(seed: u64) -> PlantedChannels {
    PlantedChannels {
        data_seed: seed,
        ..PlantedChannels::default()
    }
}

/// As a config says them.
pub(super) fn source(options: &PlantedChannels) -> String {
    let leaks = if options.leaks { ", leaks = true" } else { "" };
    format!(
        "{{ type = \"planted_channels\", groups = {}, errors = {:?}, classes = {}, spread = {:?}, train = {}, val = {}, test = {}, data_seed = {}{leaks} }}",
        options.groups,
        options.errors,
        options.classes,
        options.spread,
        options.rows.train,
        options.rows.val,
        options.rows.test,
        options.data_seed
    )
}

/// Information of every pair, nats: `[tasks, tasks]`, 0 across groups.
pub(super) fn information(options: &PlantedChannels) -> Vec<Vec<f64>> {
    let pair = |one: usize, other: usize| {
        let ((group, first), (same, second)) = (options.task(one)?, options.task(other)?);
        if group != same {
            return Some(0.0);
        }
        shared(options.classes, first, second).ok()
    };
    let tasks = options.tasks();
    let row = |one| (0..tasks).map(move |other| pair(one, other).unwrap_or(f64::NAN));
    (0..tasks).map(|one| row(one).collect()).collect()
}

/// One data set.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    let options = options(seed);
    vec![Instance {
        name: "channels".to_owned(),
        written: source(&options),
        truth: json!({
            "groups": side_by_side(options.groups, options.errors.len()),
            "errors": options.errors,
            "information_nats": information(&options),
        }),
        tasks: tasks(options.tasks(), "multiclass"),
        model:
            "[encoder]\ntype = \"mlp\"\nhidden = [64]\n\n[train]\nepochs = 20\nbatch_size = 100\n"
                .to_owned(),
        source: Box::new(options),
    }]
}

/// What the estimators find on the training rows.
///
/// # Errors
/// Labels that cannot be measured.
pub fn score(seed: u64) -> Result<Vec<Check>, PlantedError> {
    let options = options(seed);
    let table = options.load(&polytask_data::Reading::new(polytask_random::Seed(0)))?;
    let columns = labels(&table, &rows_of(&table, Part::Train));
    let truth = information(&options);
    let (mut within, mut across) = (Vec::new(), Vec::new());
    let (mut errors, mut largest) = (Vec::new(), 0.0f64);
    let mut chance = 0.0f64;
    for (place, (one, truths)) in columns.iter().zip(&truth).enumerate() {
        for (other, &truth) in columns.iter().zip(truths).skip(place + 1) {
            let ((left, rows), (right, width)) = (classes(one), classes(other));
            let found = MutualInformation::of(&Table::of_labels(left, rows, right, width)?);
            let nats = found.corrected();
            if truth > 0.0 {
                within.push(nats);
                errors.push((nats - truth).abs());
                largest = largest.max((nats - truth).abs() / found.se);
            } else {
                across.push(nats);
                // 2n I is chi-squared under independence: of variance twice its degrees of freedom.
                let spread = (found.freedom as f64 / 2.0).sqrt() / found.n as f64;
                chance = chance.max(nats.abs() / spread);
            }
        }
    }
    let owners: Vec<usize> = (0..columns.len()).collect();
    let report = ReportOptions {
        seed,
        ..ReportOptions::default()
    };
    let proposal = grouped(
        &columns,
        &owners,
        Objective::Partition { largest: None },
        &report,
    )?
    .proposal;
    let truths: Vec<f64> = truth
        .iter()
        .enumerate()
        .flat_map(|(place, row)| row.iter().skip(place + 1).copied())
        .filter(|nats| *nats > 0.0)
        .collect();
    let checks = vec![
        Check::of(
            "information within groups, mean, nats",
            mean(&within),
            Mark::Told,
        )
        .with_truth(mean(&truths)),
        Check::of(
            "its error, mean over pairs, nats",
            mean(&errors),
            Mark::Told,
        )
        .with_truth(0.0),
        Check::of(
            "its error, largest, standard errors",
            largest,
            Mark::AtMost(4.0),
        ),
        Check::of(
            "information across groups, mean, nats",
            mean(&across),
            Mark::Told,
        )
        .with_truth(0.0),
        Check::of(
            "information across groups, largest, deviations of chance",
            chance,
            Mark::AtMost(4.5),
        ),
        Check::of(
            "area under the curve, related against unrelated pairs",
            area(&within, &across),
            Mark::AtLeast(1.0),
        )
        .with_truth(1.0),
        Check::of("groups", written(&proposal.groups), Mark::Truth)
            .with_truth(written(&side_by_side(options.groups, options.errors.len()))),
    ];
    let rows = options.rows.train as u64;
    Ok(Check::all_by(checks, "plug-in less its expectation", rows))
}

/// How often a value of the first is above one of the second; ties count half.
fn area(above: &[f64], below: &[f64]) -> f64 {
    let mut sum = 0.0;
    for high in above {
        for low in below {
            sum += match high.total_cmp(low) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    sum / (above.len() * below.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_has_its_area() {
        assert_eq!(area(&[3.0, 2.0], &[1.0, 2.0]), 0.875);
    }
}
