//! A transfer as text, in plain words, and as a page.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};

use super::effect::{Effect, SEEDS};
use super::equivalents::{TaskEquivalents, shown as labels};
use super::prequential;
use super::report::{TaskTransfer, Transfer};
use crate::number::{count, figure};
use crate::table::{Side, Table};

impl Transfer {
    fn lede(&self) -> String {
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
    fn notes(&self) -> Vec<String> {
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

    pub(super) fn text(&self, color: bool) -> String {
        let mut text = format!("{}\n\n", self.lede());
        let mut table = Table::new([
            ("task", Side::Left),
            ("bits alone", Side::Right),
            ("together", Side::Right),
            ("transferred", Side::Right),
            ("95 % interval", Side::Right),
            ("uncalibrated", Side::Right),
            ("rows", Side::Right),
            ("metric", Side::Left),
            ("alone", Side::Right),
            ("together", Side::Right),
        ]);
        for task in &self.tasks {
            let mut metrics = task.metrics.iter();
            let mut metric = || match metrics.next() {
                Some((name, metric)) => {
                    let [alone, together] = metric.means();
                    [name.clone(), figure(alone), figure(together)]
                }
                None => Default::default(),
            };
            let first = metric();
            let bits = |bits: &Option<Measure>| match bits.as_ref().and_then(|bits| bits.value) {
                Some(value) => format!("{value:.3}"),
                None => "n/a".to_owned(),
            };
            let own = [
                task.task.clone(),
                bits(&task.alone),
                bits(&task.together),
                task.transferred.as_ref().map_or("n/a".to_owned(), signed),
                task.transferred.as_ref().map_or(String::new(), interval),
                task.uncalibrated.as_ref().map_or(String::new(), signed),
                task.transferred
                    .as_ref()
                    .map_or(String::new(), |bits| count(bits.n)),
            ];
            table.row(own.into_iter().chain(first));
            for _ in 1..task.metrics.len() {
                table.row(vec![String::new(); 7].into_iter().chain(metric()));
            }
        }
        text.push_str(&table.text(color));
        self.left_out_text(&mut text, color);
        self.equivalents_text(&mut text, color);
        self.prequential_text(&mut text, color);
        text.push_str(&format!("\n{}\n", self.summary_line()));
        for note in self.notes() {
            text.push_str(&format!("! {note}\n"));
        }
        text.push('\n');
        for task in &self.tasks {
            if let Some(words) = self.in_words(task) {
                text.push_str(&format!("{words}\n"));
            }
        }
        text
    }

    /// What is to be said of a matrix of two tasks.
    fn left_alone(&self) -> &'static str {
        if self.leave_one_out.iter().all(|helped| helped.is_alone) {
            "; of two tasks the target is then alone, so that these are its bits transferred"
        } else {
            ""
        }
    }

    fn left_out_text(&self, text: &mut String, color: bool) {
        if self.leave_one_out.is_empty() {
            return;
        }
        text.push_str(&format!(
            "\nWho helps whom: bits that go if the source is left out{}\n",
            self.left_alone()
        ));
        let mut table = Table::new([
            ("source", Side::Left),
            ("target", Side::Left),
            ("transferred", Side::Right),
            ("95 % interval", Side::Right),
        ]);
        for helped in &self.leave_one_out {
            table.row([
                helped.source.clone(),
                helped.target.clone(),
                helped.transferred.as_ref().map_or("n/a".to_owned(), signed),
                helped.transferred.as_ref().map_or(String::new(), interval),
            ]);
        }
        text.push_str(&table.text(color));
    }

    fn equivalents_text(&self, text: &mut String, color: bool) {
        if self.equivalents.is_empty() {
            return;
        }
        text.push_str("\nWorth in labels: with how many a task alone is as good, on its measured learning curve\n");
        let mut table = Table::new([
            ("task", Side::Left),
            ("together, labels", Side::Right),
            ("as good alone with", Side::Right),
            ("by seed", Side::Left),
        ]);
        for row in self.equivalents_rows() {
            table.row(row);
        }
        text.push_str(&table.text(color));
    }

    fn equivalents_rows(&self) -> impl Iterator<Item = [String; 4]> {
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

    fn summary_line(&self) -> String {
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
    fn in_words(&self, task: &TaskTransfer) -> Option<String> {
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

    pub(super) fn page(&self) -> String {
        let mut page = Page::new("Did sharing help?", &self.lede());
        for note in self.notes() {
            page.note(&note);
        }
        for words in self.tasks.iter().filter_map(|task| self.in_words(task)) {
            page.paragraph(&words);
        }
        page.heading("Bits transferred per example");
        let intervals: Vec<(String, &Measure)> = self
            .tasks
            .iter()
            .filter_map(|task| Some((task.task.clone(), task.transferred.as_ref()?)))
            .collect();
        page.intervals(&intervals);
        let text = |text: String| Cell::Text(text);
        let rows = self.tasks.iter().map(|task| {
            let seeds: Vec<String> = task.by_seed.iter().map(signed).collect();
            let bits_found = task.transferred.as_ref();
            vec![
                text(task.task.clone()),
                Cell::told(task.alone.as_ref()),
                Cell::told(task.together.as_ref()),
                Cell::told(bits_found),
                text(bits_found.map_or(String::new(), interval)),
                Cell::told(task.uncalibrated.as_ref()),
                text(seeds.join(", ")),
                text(
                    if task.same_rows {
                        "the same"
                    } else {
                        "differ by seed"
                    }
                    .to_owned(),
                ),
                text(bits_found.map_or(String::new(), |bits| count(bits.n))),
                text(bits_found.map_or(String::new(), |bits| bits.estimator.to_string())),
            ]
        });
        page.table(
            &[
                "task",
                "bits alone",
                "together",
                "transferred",
                "95 % interval",
                "uncalibrated",
                "by seed",
                "test rows of the seeds",
                "rows",
                "estimator",
            ],
            rows.collect(),
        );
        if !self.leave_one_out.is_empty() {
            page.heading("Who helps whom");
            page.paragraph(&format!(
                "Bits per example of the target that go if the source is left out{}.",
                self.left_alone()
            ));
            let rows: Vec<(String, &Measure)> = self
                .leave_one_out
                .iter()
                .filter_map(|helped| {
                    let bits = helped.transferred.as_ref()?;
                    Some((format!("{} → {}", helped.source, helped.target), bits))
                })
                .collect();
            page.intervals(&rows);
        }
        if !self.equivalents.is_empty() {
            page.heading("Worth in labels");
            page.paragraph("With how many labels a task alone is as good as all together, on its measured learning curve, never beyond it.");
            let rows = self
                .equivalents_rows()
                .map(|row| row.map(Cell::Text).to_vec());
            let heads = ["task", "together, labels", "as good alone with", "by seed"];
            page.table(&heads, rows.collect());
        }
        if let Some(found) = &self.prequential {
            page.heading("Prequential bits saved");
            page.paragraph(&format!("{}.", prequential::TOLD));
            let rows = found.tasks.iter().map(|saved| {
                let [task, labels, alone, together, gain, range, per_label] =
                    prequential::cells(saved);
                vec![
                    Cell::Text(task),
                    Cell::Text(labels),
                    Cell::worded(alone, saved.alone.as_ref()),
                    Cell::worded(together, saved.together.as_ref()),
                    Cell::worded(gain, saved.saved.as_ref()),
                    Cell::Text(range),
                    Cell::worded(per_label, saved.per_label.as_ref()),
                ]
            });
            page.table(&prequential::HEADS, rows.collect());
        }
        page.heading("Metrics");
        page.paragraph(&self.summary_line());
        let summary = &self.summary;
        let ranks = summary.mean_rank.as_ref();
        let records = [
            summary.delta_m.as_ref(),
            summary.delta_p.as_ref(),
            ranks.map(|[alone, _]| alone),
            ranks.map(|[_, together]| together),
        ];
        let heads = [
            "delta_m",
            "delta_p",
            "mean rank alone",
            "mean rank together",
        ];
        page.table(&heads, vec![records.map(Cell::told).to_vec()]);
        let rows = self.tasks.iter().flat_map(|task| {
            task.metrics.iter().map(|(name, metric)| {
                let [alone, together] = metric.records().map(|record| {
                    let se = record
                        .se
                        .map_or(String::new(), |se| format!(" ± {}", figure(se)));
                    format!("{}{se}", figure(record.value.unwrap_or(f64::NAN)))
                });
                let cells = [task.task.clone(), name.clone(), alone, together];
                cells.map(Cell::Text).to_vec()
            })
        });
        page.table(&["task", "metric", "alone", "together"], rows.collect());
        page.finish()
    }
}

pub(crate) fn signed(bits: &Measure) -> String {
    match (bits.value, bits.se) {
        (Some(value), Some(se)) => format!("{value:+.3} ± {se:.3}"),
        (Some(value), None) => format!("{value:+.3}"),
        (None, _) => bits.to_string(),
    }
}

pub(crate) fn interval(bits: &Measure) -> String {
    bits.interval.map_or(String::new(), |[low, high]| {
        format!("{low:+.3} … {high:+.3}")
    })
}
