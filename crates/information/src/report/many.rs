//! Measures of all tasks at once.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use crate::many::totals_tested;
use crate::{Flag, InformationError, Measure, Unit};

/// Total correlation and its kin, bits, over the complete rows of all tasks with classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ManyFacts {
    /// The places of the tasks.
    pub tasks: Vec<usize>,
    /// Total correlation.
    pub total: Measure,
    /// Dual total correlation.
    pub dual: Measure,
    /// Their difference: > 0 mostly redundant, < 0 mostly synergistic.
    pub o_information: Measure,
    /// Every triple; empty where there are too many.
    pub triples: Vec<Triple>,
}

/// Three tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Triple {
    /// Their places.
    pub tasks: [usize; 3],
    /// Co-information, bits: > 0 what all three repeat, < 0 what only speaks in all three.
    pub information: Measure,
}

/// Why there is none, or what there is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Many {
    /// The measures.
    Measured(Box<ManyFacts>),
    /// Why the rows do not allow them; the weight of the tree bounds the total correlation from below.
    Refused(String),
}

/// Permutations of whole tables: their mean needs no more.
const PERMUTATIONS: usize = 199;
/// Tasks beyond which triples are too many to be read.
const TRIPLES: usize = 10;

pub(super) fn many(
    tasks: &[(usize, &Prepared)],
    options: &ReportOptions,
) -> Result<Many, InformationError> {
    if tasks.len() < 3 {
        return Ok(Many::Refused("fewer than three tasks with classes".into()));
    }
    let labels: Vec<&[Option<u32>]> = tasks
        .iter()
        .map(|(_, task)| task.labels.as_slice())
        .collect();
    let classes: Vec<usize> = tasks.iter().map(|(_, task)| task.classes).collect();
    let rows = labels.first().map_or(0, |label| label.len());
    let complete = (0..rows)
        .filter(|&row| {
            labels
                .iter()
                .all(|label| matches!(label.get(row), Some(Some(_))))
        })
        .count();
    if complete == 0 {
        return Ok(Many::Refused("no row has all labels".into()));
    }
    let cells = classes
        .iter()
        .try_fold(1usize, |cells, &classes| cells.checked_mul(classes))
        .unwrap_or(usize::MAX);
    if cells > complete / 10 && (tasks.len() > 5 || cells > 1 << 20) {
        let what = if cells == usize::MAX {
            "beyond counting".to_string()
        } else {
            cells.to_string()
        };
        return Ok(Many::Refused(format!(
            "{what} combinations of classes for {complete} complete rows; the tree's weight is a lower bound"
        )));
    }
    let mut stream = Seed(options.seed).stream("information/many", 0);
    let found = totals_tested(
        &labels,
        &classes,
        options.strata.as_deref(),
        options.permutations.min(PERMUTATIONS),
        &mut stream,
    )?;
    let measure = |observed: f64, null: f64, p: Option<f64>| {
        let mut measure = Measure::of(
            observed - null,
            Unit::Nats,
            if options.strata.is_some() {
                "plug-in - mean of permutations within strata"
            } else {
                "plug-in - mean of permutations"
            },
            complete,
        )
        .with_null(null, p);
        if cells > complete / 10 {
            measure.flag(Flag::FewRows);
        }
        measure.in_bits()
    };
    Ok(Many::Measured(Box::new(ManyFacts {
        tasks: tasks.iter().map(|(place, _)| *place).collect(),
        total: measure(found.observed.total, found.null_mean.total, Some(found.p))
            .checked_against(None),
        dual: measure(found.observed.dual, found.null_mean.dual, None).checked_against(None),
        o_information: measure(
            found.observed.o_information,
            found.null_mean.o_information,
            None,
        ),
        triples: triples(tasks, options)?,
    })))
}

/// Of three labels co-information is the O-information; each triple on its own complete rows.
fn triples(
    tasks: &[(usize, &Prepared)],
    options: &ReportOptions,
) -> Result<Vec<Triple>, InformationError> {
    if tasks.len() > TRIPLES {
        return Ok(Vec::new());
    }
    let count = tasks.len();
    let places: Vec<[usize; 3]> = (0..count)
        .flat_map(|a| (a + 1..count).flat_map(move |b| (b + 1..count).map(move |c| [a, b, c])))
        .collect();
    let permutations = options.permutations.min(PERMUTATIONS);
    places
        .par_iter()
        .enumerate()
        .filter_map(|(place, &[a, b, c])| {
            let own = [tasks.get(a)?, tasks.get(b)?, tasks.get(c)?];
            let labels = own.map(|(_, task)| task.labels.as_slice());
            let classes = own.map(|(_, task)| task.classes);
            let mut stream = Seed(options.seed).stream("information/triple", place as u64);
            let strata = options.strata.as_deref();
            let found = totals_tested(&labels, &classes, strata, permutations, &mut stream);
            Some(found.map(|found| {
                let null = found.null_mean.o_information;
                let measure = Measure::of(
                    found.observed.o_information - null,
                    Unit::Nats,
                    "plug-in - mean of permutations",
                    found.n as usize,
                );
                let cells: usize = classes.iter().product();
                let measure = if cells > found.n as usize / 10 {
                    measure.flagged(Flag::FewRows)
                } else {
                    measure
                };
                Triple {
                    tasks: own.map(|(place, _)| *place),
                    information: measure.with_null(null, None).in_bits(),
                }
            }))
        })
        .collect()
}
