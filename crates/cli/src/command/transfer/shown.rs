//! A transfer as text.

use polytask_information::Measure;

use super::report::Transfer;
use crate::number::{count, figure};
use crate::table::{Side, Table};

impl Transfer {
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
