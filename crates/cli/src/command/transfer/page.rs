//! A transfer as a page.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};

use super::prequential;
use super::report::Transfer;
use super::shown::{interval, signed};
use crate::number::{count, figure};

impl Transfer {
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
