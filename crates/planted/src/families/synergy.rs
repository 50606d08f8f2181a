//! P6: the exclusive or. Every pair of the three labels shares nothing, all three a whole bit; the screen must flag this triple and no
//! other among twenty.

use polytask_data::builtin::planted_synergy::PlantedSynergy;
use polytask_data::{Part, Reading, Source as _};
use polytask_information::bounds::noise_entropy;
use polytask_information::many::totals_tested;
use polytask_information::report::{Report, ReportOptions};
use polytask_random::Seed;
use serde_json::json;

use super::written;
use crate::columns::{classes, labels, rows_of};
use crate::instance::{Instance, tasks};
use crate::{Check, Mark, PlantedError};

fn options(seed: u64) -> PlantedSynergy {
    PlantedSynergy {
        data_seed: seed,
        ..PlantedSynergy::default()
    }
}

/// What the pair beside the triple shares, bits.
fn beside(options: &PlantedSynergy) -> f64 {
    1.0 - noise_entropy(options.error, 2).unwrap_or(f64::NAN) / std::f64::consts::LN_2
}

/// One data set.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    let options = options(seed);
    let rows = options.rows;
    vec![Instance {
        name: "synergy".to_owned(),
        written: format!(
            "{{ type = \"planted_synergy\", error = {:?}, spread = {:?}, train = {}, val = {}, test = {}, data_seed = {seed} }}",
            options.error, options.spread, rows.train, rows.val, rows.test
        ),
        truth: json!({
            "triple": [0, 1, 2], "pair_bits": 0.0, "total_correlation_bits": 1.0, "o_information_bits": -1.0,
            "pair_beside": [3, 4], "pair_beside_bits": beside(&options),
        }),
        tasks: tasks(6, "binary"),
        model:
            "[encoder]\ntype = \"mlp\"\nhidden = [32]\n\n[train]\nepochs = 20\nbatch_size = 100\n"
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
    let table = options.load(&Reading::new(Seed(0)))?;
    let columns = labels(&table, &rows_of(&table, Part::Train));
    let first: Vec<_> = columns.iter().take(3).map(classes).collect();
    let (seen, widths): (Vec<_>, Vec<_>) = first.into_iter().unzip();
    let mut stream = Seed(seed).stream("planted/synergy", 0);
    let tested = totals_tested(&seen, &widths, None, 199, &mut stream)?;
    let bits = |nats: f64| nats / std::f64::consts::LN_2;
    let report = Report::of(
        &columns,
        &[],
        &ReportOptions {
            seed,
            ..ReportOptions::default()
        },
    )?;
    let pair = |one: usize, other: usize| {
        let value = report
            .pair(one, other)
            .and_then(|pair| pair.information.value);
        value.unwrap_or(f64::NAN)
    };
    let largest = [(0, 1), (0, 2), (1, 2)].map(|(one, other)| pair(one, other).abs());
    let largest = largest.into_iter().fold(0.0, f64::max);
    let flagged: Vec<Vec<usize>> = report
        .synergies
        .iter()
        .map(|found| {
            let mut triple = vec![found.sources[0], found.sources[1], found.target];
            triple.sort_unstable();
            triple
        })
        .collect();
    // 2n I of two coins is chi-squared with one degree of freedom, which exceeds 15.14 once in 10,000 times.
    let chance = bits(15.14 / (2.0 * tested.n as f64));
    let checks = vec![
        Check::of(
            "information of its pairs, largest, bits",
            largest,
            Mark::AtMost(chance),
        )
        .with_truth(0.0),
        Check::near(
            "total correlation of the triple, bits",
            bits(tested.observed.total - tested.null_mean.total),
            1.0,
            0.01,
        ),
        Check::near(
            "O-information of the triple, bits",
            bits(tested.observed.o_information - tested.null_mean.o_information),
            -1.0,
            0.01,
        ),
        Check::near(
            "information of the pair beside it, bits",
            pair(3, 4),
            beside(&options),
            0.06,
        ),
        Check::of(
            "triples that the screen flags",
            written(&flagged),
            Mark::Truth,
        )
        .with_truth("0 1 2"),
    ];
    let rows = tested.n as u64;
    Ok(Check::all_by(
        checks,
        "plug-in less its mean under the null",
        rows,
    ))
}
