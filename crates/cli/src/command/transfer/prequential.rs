//! Prequential bits saved: the labels of the training rows sent block by block, each block under the model trained on the rows before
//! it (Blier and Ollivier 2018; Voita and Titov 2020).
//!
//! The sender and the receiver train the same model on what was sent, so the length of the code is what the model knew of each block
//! before it saw it. The first block costs both sides the same and is left out. Both also have the validation rows, which choose
//! the checkpoint and calibrate: they are not sent.

use polytask_information::{Flag, Measure, Unit};
use polytask_training::information::TaskInformation;
use serde::Serialize;

use super::compared::seeds_of;
use super::report::Transfer;
use super::runs::{BLOCKS, MeasuredRun};
use super::shown::signed;
use crate::number::count;
use crate::table::{Side, Table};

/// Every task.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Prequential {
    /// Shares of the training rows at which blocks begin and end.
    pub(super) schedule: Vec<f64>,
    pub(super) tasks: Vec<Saved>,
}

/// One task.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Saved {
    pub(super) task: String,
    /// Labels that are sent, mean over seeds.
    pub(super) labels: f64,
    /// Bits of the code of all these labels, alone and together.
    pub(super) alone: Option<Measure>,
    pub(super) together: Option<Measure>,
    /// The difference: bits that training together saves.
    pub(super) saved: Option<Measure>,
    /// The same per label.
    pub(super) per_label: Option<Measure>,
    /// Bits saved of each block.
    pub(super) blocks: Vec<Measure>,
    /// Why there are none.
    pub(super) why_not: Option<String>,
}

/// A block of one seed, nats of each label.
struct Block<'a> {
    alone: &'a [f64],
    together: &'a [f64],
}

impl Block<'_> {
    fn bits(costs: &[f64]) -> f64 {
        costs.iter().sum::<f64>() / std::f64::consts::LN_2
    }

    fn saved(&self) -> f64 {
        Self::bits(self.alone) - Self::bits(self.together)
    }

    /// Of the sum over rows that are drawn independently, bits squared.
    fn variance(&self) -> f64 {
        let pairs = self.alone.iter().zip(self.together);
        let gains: Vec<f64> = pairs.map(|(alone, together)| alone - together).collect();
        let count = gains.len() as f64;
        let mean = gains.iter().sum::<f64>() / count;
        let squares: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
        count * squares / (count - 1.0).max(1.0) / std::f64::consts::LN_2.powi(2)
    }
}

impl Prequential {
    pub(super) fn of(tasks: &[String], measured: &[MeasuredRun]) -> Self {
        let seeds = seeds_of(measured);
        Self {
            schedule: BLOCKS.iter().copied().chain([1.0]).collect(),
            tasks: tasks
                .iter()
                .map(|task| {
                    let found = seeds
                        .iter()
                        .map(|&seed| blocks(task, tasks, measured, seed));
                    match found.collect::<Result<Vec<_>, String>>() {
                        Ok(seeds) => Saved::of(task, &seeds),
                        Err(why) => Saved::none(task, why),
                    }
                })
                .collect(),
        }
    }
}

/// The blocks of a seed; or why one cannot be had.
fn blocks<'a>(
    task: &str,
    tasks: &[String],
    measured: &'a [MeasuredRun],
    seed: u64,
) -> Result<Vec<Block<'a>>, String> {
    let found = |share: f64, tasks: &[String]| -> Result<&'a TaskInformation, String> {
        let is_it = |one: &&MeasuredRun| {
            one.run.seed == seed && one.run.share == share && one.run.tasks == tasks
        };
        let ahead = measured
            .iter()
            .find(is_it)
            .and_then(|one| one.ahead.as_ref());
        let information = ahead.map(|ahead| &ahead.information);
        let information = information.ok_or_else(|| format!("there is no run of seed {seed}"))?;
        information.measured.get(task).ok_or_else(|| {
            let why = information.unmeasured.get(task);
            let why = why.map_or("it was not measured", String::as_str);
            format!("the block after {share} of the rows: {why}")
        })
    };
    let alone = [task.to_owned()];
    let blocks = BLOCKS.iter().map(|&share| {
        let (one, other) = (found(share, &alone)?, found(share, tasks)?);
        if one.digest != other.digest {
            return Err(format!("the runs of seed {seed} have different blocks"));
        }
        Ok(Block {
            alone: &one.costs.calibrated,
            together: &other.costs.calibrated,
        })
    });
    blocks.collect()
}

impl Saved {
    fn none(task: &str, why: String) -> Self {
        Self {
            task: task.to_owned(),
            labels: 0.0,
            alone: None,
            together: None,
            saved: None,
            per_label: None,
            blocks: Vec::new(),
            why_not: Some(why),
        }
    }

    /// `seeds` are `[seeds][blocks]`.
    fn of(task: &str, seeds: &[Vec<Block<'_>>]) -> Self {
        let over = |of: &dyn Fn(&[Block<'_>]) -> f64| -> Vec<f64> {
            seeds.iter().map(|blocks| of(blocks)).collect()
        };
        let labels =
            over(&|blocks| blocks.iter().map(|block| block.alone.len()).sum::<usize>() as f64);
        let count = labels.iter().sum::<f64>() / labels.len() as f64;
        let saved = over(&|blocks| blocks.iter().map(Block::saved).sum());
        let per_label: Vec<f64> = saved
            .iter()
            .zip(&labels)
            .map(|(bits, n)| bits / n)
            .collect();
        // What rows alone leave uncertain, where there is one seed.
        let error = |from: usize, to: usize| {
            let blocks = seeds.first().and_then(|blocks| blocks.get(from..to));
            blocks.map(|blocks| blocks.iter().map(Block::variance).sum::<f64>().sqrt())
        };
        let sent = BLOCKS.len();
        let code = |values: &[f64]| Some(record(values, count, CODE, None));
        Self {
            task: task.to_owned(),
            labels: count,
            alone: code(&over(&|blocks| {
                blocks.iter().map(|block| Block::bits(block.alone)).sum()
            })),
            together: code(&over(&|blocks| {
                blocks.iter().map(|block| Block::bits(block.together)).sum()
            })),
            saved: Some(record(&saved, count, CODE, error(0, sent))),
            per_label: Some(record(
                &per_label,
                count,
                "online code length per label, mean over seeds",
                error(0, sent).map(|error| error / count),
            )),
            blocks: (0..sent)
                .map(|place| {
                    let bits = over(&|blocks| blocks.get(place).map_or(f64::NAN, Block::saved));
                    let labels = over(&|blocks| {
                        blocks
                            .get(place)
                            .map_or(0.0, |block| block.alone.len() as f64)
                    });
                    let count = labels.iter().sum::<f64>() / labels.len() as f64;
                    record(&bits, count, CODE, error(place, place + 1))
                })
                .collect(),
            why_not: None,
        }
    }
}

const CODE: &str = "online code length, calibrated, mean over seeds";

/// The mean of the seeds with Student's interval; of one seed with the error of its rows, if there is one.
fn record(values: &[f64], labels: f64, estimator: &'static str, rows: Option<f64>) -> Measure {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let measure = Measure::of(mean, Unit::Bits, estimator, labels.round() as usize);
    match rows.filter(|_| values.len() < 2) {
        Some(se) => measure
            .with_se(se)
            .with_interval([mean - 1.96 * se, mean + 1.96 * se])
            .flagged(Flag::FewRows),
        None => measure.with_spread(values),
    }
}

/// What is said above the table.
pub(super) const TOLD: &str = "the training labels sent block by block, each under the model trained on the rows before it; the first block is the same for both, validation rows are known to both";

/// task, labels, alone, together, saved, interval, per label
pub(super) const HEADS: [&str; 7] = [
    "task",
    "labels sent",
    "bits alone",
    "together",
    "saved",
    "95 % interval",
    "per label",
];

pub(super) fn cells(saved: &Saved) -> [String; 7] {
    let whole = |bits: &Option<Measure>| match bits.as_ref().and_then(|bits| bits.value) {
        Some(value) => format!("{value:.0}"),
        None => "n/a".to_owned(),
    };
    let bits = saved.saved.as_ref();
    let gain = bits.and_then(|bits| bits.value);
    let error = bits.and_then(|bits| bits.se);
    let error = error.map_or(String::new(), |se| format!(" ± {se:.1}"));
    let range = bits.and_then(|bits| bits.interval);
    [
        saved.task.clone(),
        count(saved.labels.round() as u64),
        whole(&saved.alone),
        whole(&saved.together),
        gain.map_or("n/a".to_owned(), |gain| format!("{gain:+.1}{error}")),
        range.map_or(String::new(), |[low, high]| {
            format!("{low:+.1} … {high:+.1}")
        }),
        saved.per_label.as_ref().map_or(String::new(), signed),
    ]
}

impl Transfer {
    pub(super) fn prequential_text(&self, text: &mut String, color: bool) {
        let Some(found) = &self.prequential else {
            return;
        };
        text.push_str(&format!("\nPrequential bits saved\n({TOLD})\n"));
        let [task, rest @ ..] = HEADS.map(|head| (head, Side::Right));
        let [a, b, c, d, e, f] = rest;
        let mut table = Table::new([(task.0, Side::Left), a, b, c, d, e, f]);
        for saved in &found.tasks {
            table.row(cells(saved));
        }
        text.push_str(&table.text(color));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_the_difference_of_two_codes() {
        let nats = |bits: &[f64]| -> Vec<f64> {
            bits.iter()
                .map(|bits| bits * std::f64::consts::LN_2)
                .collect()
        };
        let (alone, together) = (nats(&[3.0, 2.0, 2.0]), nats(&[1.0, 1.0, 2.0]));
        let seed = |more: usize| -> Vec<Block<'_>> {
            let block = |place: usize| Block {
                alone: &alone,
                together: if place < more { &together } else { &alone },
            };
            (0..4).map(block).collect()
        };
        let saved = Saved::of("t", &[seed(4)]);
        let value = |bits: &Option<Measure>| bits.as_ref().unwrap().value.unwrap();
        assert_eq!(saved.labels, 12.0);
        assert!((value(&saved.alone) - 28.0).abs() < 1e-9);
        assert!((value(&saved.together) - 16.0).abs() < 1e-9);
        assert!((value(&saved.saved) - 12.0).abs() < 1e-9);
        assert!((value(&saved.per_label) - 1.0).abs() < 1e-9);
        // Gains 2, 1, 0 of a row: variance 1, three rows a block, four blocks.
        assert!((saved.saved.unwrap().se.unwrap() - 12f64.sqrt()).abs() < 1e-9);
        // Seeds that save 12 and 6: 9 ± 3.
        let saved = Saved::of("t", &[seed(4), seed(2)]);
        assert!((value(&saved.saved) - 9.0).abs() < 1e-9);
        assert!((saved.saved.unwrap().se.unwrap() - 3.0).abs() < 1e-9);
        assert_eq!(saved.blocks.len(), 4);
        assert!((saved.blocks[3].value.unwrap() - 1.5).abs() < 1e-9);
    }
}
