//! How the label laws of tasks with the same classes differ: prior shift, not relatedness.

use serde::Serialize;

use super::input::{Column, Values};
use crate::discrete::{
    generalised_jensen_shannon, jensen_shannon, krichevsky_trofimov, kullback_leibler,
};
use crate::{InformationError, Measure, Unit};

/// Two tasks with the same class names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// The smaller place.
    pub left: usize,
    /// The larger place.
    pub right: usize,
    /// KL(left || right), bits.
    pub forward: Measure,
    /// KL(right || left), bits.
    pub backward: Measure,
    /// Jensen-Shannon, bits, at most 1.
    pub jensen_shannon: Measure,
}

/// All tasks of one label space.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Space {
    /// Their places.
    pub tasks: Vec<usize>,
    /// Generalised Jensen-Shannon divergence with the tasks' rows as weights, bits.
    pub jensen_shannon: Measure,
}

/// A task's class counts, in the order of the sorted class names.
struct Law {
    task: usize,
    names: Vec<String>,
    counts: Vec<u64>,
}

pub(super) fn divergences(
    tasks: &[Column],
) -> Result<(Vec<Divergence>, Vec<Space>), InformationError> {
    let laws: Vec<Law> = tasks.iter().enumerate().filter_map(law).collect();
    let mut pairs = Vec::new();
    let mut spaces: Vec<Vec<&Law>> = Vec::new();
    for (place, left) in laws.iter().enumerate() {
        for right in laws
            .iter()
            .skip(place + 1)
            .filter(|right| right.names == left.names)
        {
            pairs.push(divergence(left, right)?);
        }
        match spaces
            .iter_mut()
            .find(|space| space.first().is_some_and(|first| first.names == left.names))
        {
            Some(space) => space.push(left),
            None => spaces.push(vec![left]),
        }
    }
    let spaces = spaces
        .into_iter()
        .filter(|space| space.len() > 1)
        .map(|space| {
            let smooth: Vec<Vec<f64>> = space
                .iter()
                .map(|law| krichevsky_trofimov(&law.counts))
                .collect();
            let laws: Vec<&[f64]> = smooth.iter().map(Vec::as_slice).collect();
            let rows: Vec<f64> = space
                .iter()
                .map(|law| law.counts.iter().sum::<u64>() as f64)
                .collect();
            let n: f64 = rows.iter().sum();
            let weights: Vec<f64> = rows.iter().map(|rows| rows / n).collect();
            let value = generalised_jensen_shannon(&laws, &weights)?;
            let classes = laws.first().map_or(0, |law| law.len()) as f64;
            // The first term of its expectation if all laws are one.
            let null = (classes - 1.0) * (space.len() as f64 - 1.0) / (2.0 * n);
            Ok(Space {
                tasks: space.iter().map(|law| law.task).collect(),
                jensen_shannon: Measure::of(
                    value,
                    Unit::Nats,
                    "generalised JS of KT-smoothed laws",
                    n as usize,
                )
                .with_null(null, None)
                .in_bits(),
            })
        })
        .collect::<Result<_, InformationError>>()?;
    Ok((pairs, spaces))
}

fn law((task, column): (usize, &Column)) -> Option<Law> {
    let Values::Classes { labels, names } = &column.values else {
        return None;
    };
    let mut order: Vec<(&String, usize)> = names.iter().zip(0..).collect();
    order.sort();
    let mut counts = vec![0u64; names.len()];
    for label in labels.iter().flatten() {
        if let Some(count) = counts.get_mut(*label as usize) {
            *count += 1;
        }
    }
    let is_labelled = counts.iter().any(|&count| count > 0);
    is_labelled.then(|| Law {
        task,
        names: order.iter().map(|(name, _)| (*name).clone()).collect(),
        counts: order
            .iter()
            .filter_map(|(_, class)| counts.get(*class).copied())
            .collect(),
    })
}

fn divergence(left: &Law, right: &Law) -> Result<Divergence, InformationError> {
    let (p, q) = (
        krichevsky_trofimov(&left.counts),
        krichevsky_trofimov(&right.counts),
    );
    let rows = |law: &Law| law.counts.iter().sum::<u64>() as f64;
    let n = rows(left).min(rows(right));
    // Both laws as samples of one: 2 KL/(1/n + 1/m) is chi-squared with K - 1 degrees.
    let spread = 1.0 / rows(left) + 1.0 / rows(right);
    let freedom = p.len() as f64 - 1.0;
    let measure = |value: f64, scale: f64, estimator: &'static str| {
        let p = crate::special::chi_squared_tail(2.0 * value / (scale * spread), freedom);
        Measure::of(value, Unit::Nats, estimator, n as usize)
            .with_null(freedom / 2.0 * scale * spread, Some(p))
            .in_bits()
    };
    Ok(Divergence {
        left: left.task,
        right: right.task,
        forward: measure(kullback_leibler(&p, &q)?, 1.0, "KL of KT-smoothed laws"),
        backward: measure(kullback_leibler(&q, &p)?, 1.0, "KL of KT-smoothed laws"),
        // Near equality JS is a quarter of KL.
        jensen_shannon: measure(jensen_shannon(&p, &q)?, 0.25, "JS of KT-smoothed laws"),
    })
}
