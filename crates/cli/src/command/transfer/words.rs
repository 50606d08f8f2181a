//! A transfer in plain words: what it is of, what a reader must know first, and what was found.

use polytask_information::Measure;

use super::effect::{Effect, SEEDS};
use super::equivalents::{TaskEquivalents, shown as labels};
use super::report::{TaskTransfer, Transfer};
use crate::number::count;

impl Transfer {
    /// Of what, over which seeds.
    pub(super) fn lede(&self) -> String {
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let many = if self.seeds.len() == 1 {
            "seed"
        } else {
            "seeds"
        };
        format!(
            "{}: {} tasks together and alone, {many} {}, {} rows",
            self.name,
            self.tasks.len(),
            seeds.join(", "),
            self.split
        )
    }

    /// What a reader must know first.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.seeds.len() < SEEDS {
            notes.push(format!(
                "{} about the spread between seeds; take three or more",
                if self.seeds.len() == 1 {
                    "one seed says nothing"
                } else {
                    "two seeds say little"
                }
            ));
        }
        notes.extend(self.tasks.iter().filter_map(|task| {
            let why = task.why_not.as_ref()?;
            Some(format!("{}: no bits, {why}", task.task))
        }));
        notes.extend(self.equivalents.iter().filter_map(|found| {
            let why = found.why_not.as_ref()?;
            Some(format!("{}: no label equivalents, {why}", found.task))
        }));
        let unsaved = self.prequential.iter().flat_map(|found| &found.tasks);
        notes.extend(unsaved.filter_map(|task| {
            let why = task.why_not.as_ref()?;
            Some(format!("{}: no prequential bits, {why}", task.task))
        }));
        notes
    }

    pub(super) fn left_alone(&self) -> &'static str {
        if self.leave_one_out.iter().all(|helped| helped.is_alone) {
            "; of two tasks the target is then alone, so that these are its bits transferred"
        } else {
            ""
        }
    }

    /// What help is worth in labels: task, labels together, as good alone with, by seed.
    pub(super) fn equivalents_rows(&self) -> impl Iterator<Item = [String; 4]> {
        let worth = |task: &TaskEquivalents| {
            let name = task.task.clone();
            // The note below says it in full.
            let why = task.why_not.as_deref();
            let short = why.map(|why| why.split_once(':').map_or(why, |(short, _)| short));
            let rows = task.together.iter().map(move |worth| {
                let seeds: Vec<String> = worth.by_seed.iter().map(labels).collect();
                [
                    name.clone(),
                    count(worth.labels.round() as u64),
                    worth.alone.as_ref().map_or("-".to_owned(), labels),
                    short.map_or_else(|| seeds.join("  "), str::to_owned),
                ]
            });
            rows.collect::<Vec<_>>()
        };
        self.equivalents.iter().flat_map(worth)
    }

    /// The metrics in one line.
    pub(super) fn summary_line(&self) -> String {
        let percent = |measure: &Option<Measure>| match measure.as_ref().and_then(|one| one.value) {
            Some(value) => format!("{value:+.2} %"),
            None => "n/a".to_owned(),
        };
        let rank = |measure: &Measure| format!("{:.2}", measure.value.unwrap_or(f64::NAN));
        let ranks = self.summary.mean_rank.as_ref();
        let ranks = ranks.map_or("n/a".to_owned(), |[alone, together]| {
            format!("{} together, {} alone", rank(together), rank(alone))
        });
        format!(
            "delta_m {} (lower is better)  delta_p {} (higher is better)  mean rank {ranks}",
            percent(&self.summary.delta_m),
            percent(&self.summary.delta_p)
        )
    }

    /// The finding as a sentence.
    pub(super) fn in_words(&self, task: &TaskTransfer) -> Option<String> {
        let bits = task.transferred.as_ref()?;
        let value = bits.value?;
        let others: Vec<&str> = self
            .tasks
            .iter()
            .map(|other| other.task.as_str())
            .filter(|other| *other != task.task)
            .collect();
        let others = match others.as_slice() {
            [one] => (*one).to_owned(),
            [one, other] => format!("{one} and {other}"),
            _ => "the other tasks".to_owned(),
        };
        let se = bits.se.map_or(String::new(), |se| format!(" ± {se:.3}"));
        let [low, high] = bits.interval.unwrap_or([value, value]);
        Some(
            match Effect::of(bits, self.seeds.len(), task.neither_knows) {
                Effect::Helped => {
                    format!(
                        "Learning {others} helped {} by {value:.3}{se} bits per example.",
                        task.task
                    )
                }
                Effect::Hurt => format!(
                    "Learning {others} hurt {}: it cost {:.3}{se} bits per example.",
                    task.task, -value
                ),
                Effect::Unclear => format!(
                    "Whether learning {others} helped {} is not certain: {value:+.3}{se} bits per example, somewhere from {low:+.3} to {high:+.3}.",
                    task.task
                ),
                Effect::FewSeeds => format!(
                    "Whether learning {others} helped {} is not certain ({}): {value:+.3}{se} bits per example.",
                    task.task,
                    if self.seeds.len() == 1 {
                        "1 seed".to_owned()
                    } else {
                        format!("{} seeds", self.seeds.len())
                    }
                ),
                Effect::Ignorant => format!(
                    "Neither model is sure to know anything of {} (usable bits alone and together are not above 0 by two standard errors), so the {value:+.3}{se} bits between them are neither help nor harm of learning {others}.",
                    task.task
                ),
            },
        )
    }
}
