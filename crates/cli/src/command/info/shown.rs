//! What `info RUN` found, as text and as a page.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};

use super::after::After;
use super::{codes, coupling, pairs, relations, representation, synergies, wider};
use crate::number::count;
use crate::results;
use crate::table::{Side, Table};

impl After {
    /// Of what, on which rows.
    fn title(&self) -> String {
        format!(
            "{} on the {} rows of {}",
            self.of,
            count(self.rows as u64),
            self.split
        )
    }

    pub(super) fn text(&self, color: bool) -> String {
        let mut text = format!("{}\n\n", self.title());
        let mut table = Table::new([
            ("task", Side::Left),
            ("uncertainty", Side::Right),
            ("usable bits, raw", Side::Right),
            ("calibrated", Side::Right),
            ("lost", Side::Right),
            ("explained", Side::Right),
            ("label shift", Side::Right),
        ]);
        for task in &self.tasks {
            let Some(found) = self.information.measured.get(task) else {
                continue;
            };
            let usable = &found.usable;
            table.row([
                task.clone(),
                bits(&usable.baseline),
                with_error(&usable.raw),
                with_error(&usable.calibrated),
                with_error(&usable.miscalibration),
                usable.explained.as_ref().map_or("-".to_owned(), bits),
                bits(&usable.label_shift),
            ]);
        }
        text.push_str("What the model knows, bits per example\n");
        text.push_str(&table.text(color));
        for note in results::notes(&self.information, self.split) {
            text.push_str(&format!("! {note}\n"));
        }
        text.push_str(&pairs::text(&self.residuals, color));
        text.push_str(&synergies::text(&self.synergies, color));
        if let Some(found) = &self.wider {
            text.push_str(&wider::text(&self.residuals, found, color));
        }
        if let Some(joint) = &self.joint {
            text.push_str(&coupling::text(joint, color));
        }
        if let Some(codes) = &self.codes {
            text.push_str(&codes::text(&self.tasks, codes, color));
        }
        if let Some(relations) = &self.relations {
            text.push_str(&relations::text(relations, color));
        }
        text.push_str(&representation::alike_text(&self.alike, color));
        if let Some(expert) = &self.expert {
            text.push_str(&representation::expert_text(expert, color));
        }
        text
    }

    pub(super) fn page(&self) -> String {
        let mut page = Page::new("What the model knows", &self.title());
        for note in results::notes(&self.information, self.split) {
            page.note(&note);
        }
        page.heading("Usable bits per example");
        let found = |task: &String| self.information.measured.get(task);
        let rows = self.tasks.iter().filter_map(|task| {
            let usable = &found(task)?.usable;
            let explained = usable.explained.as_ref();
            Some(vec![
                Cell::Text(task.clone()),
                Cell::Told(&usable.baseline),
                Cell::Told(&usable.raw),
                Cell::Told(&usable.calibrated),
                Cell::Told(&usable.miscalibration),
                explained.map_or(Cell::Text("–".to_owned()), Cell::Told),
                Cell::Told(&usable.label_shift),
            ])
        });
        page.table(
            &[
                "task",
                "uncertainty",
                "raw",
                "calibrated",
                "lost to miscalibration",
                "explained",
                "label shift",
            ],
            rows.collect(),
        );
        let intervals: Vec<(String, &Measure)> = self
            .tasks
            .iter()
            .filter_map(|task| Some((task.clone(), &found(task)?.usable.calibrated)))
            .collect();
        page.intervals(&intervals);
        pairs::page(&self.residuals, &mut page);
        synergies::page(&self.synergies, &mut page);
        if let Some(found) = &self.wider {
            wider::page(&self.residuals, found, &mut page);
        }
        if let Some(joint) = &self.joint {
            coupling::page(joint, &mut page);
        }
        if let Some(codes) = &self.codes {
            codes::page(&self.tasks, codes, &mut page);
        }
        if let Some(relations) = &self.relations {
            relations::page(relations, &mut page);
        }
        representation::alike_page(&self.alike, &mut page);
        if let Some(expert) = &self.expert {
            representation::expert_page(expert, &mut page);
        }
        page.finish()
    }
}

pub(super) fn bits(measure: &Measure) -> String {
    match measure.value {
        Some(value) => format!("{value:.3}"),
        None => measure.to_string(),
    }
}

pub(super) fn with_error(measure: &Measure) -> String {
    match measure.se {
        Some(se) => format!("{} ± {se:.3}", bits(measure)),
        None => bits(measure),
    }
}
