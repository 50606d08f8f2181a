//! `--fail-under KEY=VALUE`: a gate on a metric.

use polytask_config::nearest;
use polytask_metrics::Better;
use polytask_training::evaluate::{Evaluation, JOINT, SAMPLED, USABLE};
use polytask_training::load::Loaded;

use crate::exit::{Exit, Failure};
use crate::measures::better;

/// `test/digit/accuracy=0.95`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gate {
    key: String,
    bound: f64,
}

impl Gate {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (key, bound) = text
            .rsplit_once('=')
            .ok_or("write KEY=VALUE, such as test/digit/accuracy=0.95")?;
        let bound = bound
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|bound| bound.is_finite());
        let bound = bound.ok_or_else(|| "the value is no finite number".to_owned())?;
        Ok(Self {
            key: key.trim().to_owned(),
            bound,
        })
    }

    /// How the metric misses the gate; none if it passes.
    ///
    /// # Errors
    /// A key that was not measured.
    fn miss(&self, evaluation: &Evaluation) -> Result<Option<String>, Failure> {
        let (relation, is_met): (_, fn(f64, f64) -> bool) = match better(&self.key) {
            Better::Higher => ("at least", |value, bound| value >= bound),
            Better::Lower => ("at most", |value, bound| value <= bound),
        };
        match evaluation.metrics.get(&self.key) {
            Some(value) if is_met(*value, self.bound) => Ok(None),
            // All digits: a miss by a hair must be seen as one.
            Some(value) => Ok(Some(format!(
                "{} is {value}, wanted {relation} {}",
                self.key, self.bound
            ))),
            None if evaluation.undefined.contains(&self.key) => Ok(Some(format!(
                "{} is undefined on these rows, wanted {relation} {}",
                self.key, self.bound
            ))),
            None => Err(self.unknown(evaluation.metrics.keys().map(String::as_str))),
        }
    }

    /// Refuses a key that is not measured on any of these splits, before anything is measured.
    ///
    /// # Errors
    /// Another split, task or metric.
    pub(super) fn check(&self, splits: &[&'static str], loaded: &Loaded) -> Result<(), Failure> {
        let known: Vec<String> = splits
            .iter()
            .flat_map(|split| {
                measured(loaded)
                    .into_iter()
                    .map(move |name| format!("{split}/{name}"))
            })
            .collect();
        if known.contains(&self.key) {
            return Ok(());
        }
        let known = || known.iter().map(String::as_str);
        let Some((split, rest)) = self.key.split_once('/') else {
            return Err(self.unknown(known()));
        };
        let of_this_split = splits.first().map(|split| format!("{split}/{rest}"));
        match of_this_split.filter(|key| known().any(|known| known == key)) {
            Some(meant) => Err(Failure::usage(format!(
                "--fail-under: '{}' is not measured: this evaluates {}",
                self.key,
                splits.join(" or ")
            ))
            .hint(match split {
                "train" | "val" | "test" => format!("write {meant}, or evaluate --split {split}"),
                "data" => format!("write {meant}, or name a file with --data"),
                _ => format!("did you mean `{meant}`?"),
            })),
            None => Err(self.unknown(known())),
        }
    }

    fn unknown<'k>(&self, known: impl Iterator<Item = &'k str> + Clone) -> Failure {
        const LISTED: usize = 12;
        let hint = match nearest(&self.key, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let more = if known.clone().nth(LISTED).is_some() {
                    ", …"
                } else {
                    ""
                };
                let keys: Vec<&str> = known.take(LISTED).collect();
                format!("there are: {}{more}", keys.join(", "))
            }
        };
        Failure::usage(format!("--fail-under: there is no '{}' here", self.key)).hint(hint)
    }
}

/// What an evaluation of the model measures, without the split before it. What only some models have is among it.
fn measured(loaded: &Loaded) -> Vec<String> {
    let of_task = loaded.tasks.iter().flat_map(|task| {
        let named = task.metrics.iter().map(String::as_str);
        let all = named.chain(["loss", USABLE, "weight", "weighted_loss", SAMPLED]);
        all.map(|metric| format!("{}/{metric}", task.name))
            .collect::<Vec<_>>()
    });
    let of_all = ["loss", "penalty", JOINT, "rate", "rate_bits"].map(str::to_owned);
    let blocks = loaded.model.rate_blocks().map_or(0, |blocks| blocks.len());
    let of_blocks = (1..=blocks).map(|block| format!("rate_block_{block}"));
    of_task.chain(of_all).chain(of_blocks).collect()
}

/// Fails if a gate is missed.
///
/// # Errors
/// The gates that are missed, or a key that was not measured.
pub(super) fn check_gates(gates: &[Gate], evaluation: &Evaluation) -> Result<Exit, Failure> {
    let mut missed = Vec::new();
    for gate in gates {
        missed.extend(gate.miss(evaluation)?);
    }
    if missed.is_empty() {
        return Ok(Exit::Done);
    }
    let lines: Vec<String> = missed
        .iter()
        .map(|miss| format!("gate missed: {miss}"))
        .collect();
    // The document has the metrics.
    Err(Failure::new(Exit::Gate, lines.join("\n")).documented())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(gate: &str) -> Result<Option<String>, Failure> {
        let evaluation = Evaluation {
            metrics: [
                ("test/a/accuracy".to_owned(), 0.9),
                ("test/b/mae".to_owned(), 0.2),
            ]
            .into(),
            undefined: vec!["test/a/auroc".to_owned()],
            ..Evaluation::default()
        };
        Gate::parse(gate).unwrap().miss(&evaluation)
    }

    #[test]
    fn a_gate_goes_in_the_direction_of_its_metric() {
        assert_eq!(miss("test/a/accuracy=0.9"), Ok(None));
        assert!(miss("test/a/accuracy=0.91").unwrap().is_some());
        assert_eq!(miss("test/b/mae=0.2"), Ok(None));
        assert!(miss("test/b/mae=0.19").unwrap().is_some());
        assert!(miss("test/a/auroc=0.1").unwrap().is_some());
        assert_eq!(miss("test/a/acuracy=0.1").unwrap_err().exit, Exit::Usage);
        assert!(Gate::parse("test/a/accuracy=NaN").is_err());
    }
}
