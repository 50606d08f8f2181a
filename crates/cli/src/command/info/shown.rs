//! What `info RUN` found, as text and as a page.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};
use polytask_information::usable::Verdict;
use polytask_training::information::PairResidual;

use super::after::After;
use super::{coupling, relations, representation, wider};
use crate::number::count;
use crate::results;
use crate::table::{Side, Table};

/// Rows of a long table that are printed; JSON and the page have all.
const PAIRS: usize = 40;

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

    /// The pairs, those with the most to gain first.
    fn by_gain(&self) -> Vec<&PairResidual> {
        let mut pairs: Vec<&PairResidual> = self.residuals.pairs.iter().collect();
        let gain = |pair: &PairResidual| {
            pair.residual.as_ref().map_or(f64::MIN, |found| {
                let bits = |measure: &Measure| measure.value.unwrap_or(f64::MIN);
                bits(&found.missed).max(bits(&found.coupled))
            })
        };
        pairs.sort_by(|left, right| gain(right).total_cmp(&gain(left)));
        pairs
    }

    /// The readings that occur, each with its advice.
    fn advice(&self) -> Vec<(Verdict, String)> {
        let mut found: Vec<Verdict> = Vec::new();
        let mut first: Vec<String> = Vec::new();
        for pair in self.by_gain() {
            found.extend(pair.verdicts());
            first.extend(pair.first.iter().map(|setting| format!("`{setting}`")));
        }
        let mut seen: Vec<Verdict> = Vec::new();
        found.retain(|verdict| {
            let is_new = !seen.contains(verdict);
            seen.push(*verdict);
            is_new
        });
        first.sort();
        first.dedup();
        let told = |verdict: Verdict| {
            let mut advice = verdict.advice().to_owned();
            if verdict == Verdict::JointHead && !first.is_empty() {
                advice.push_str("; other losses have none: first ");
                advice.push_str(&first.join(", "));
            }
            (verdict, advice)
        };
        found.into_iter().map(told).collect()
    }

    fn tested(&self) -> String {
        format!(
            "{} permutations within bins of the prediction; q over all pairs; gains below {} bits are not read",
            self.residuals.permutations, self.residuals.least
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
        self.residual_text(&mut text, color);
        if let Some(found) = &self.wider {
            text.push_str(&wider::text(&self.residuals, found, color));
        }
        if let Some(joint) = &self.joint {
            text.push_str(&coupling::text(joint, color));
        }
        self.codes_text(&mut text, color);
        if let Some(relations) = &self.relations {
            text.push_str(&relations::text(relations, color));
        }
        text.push_str(&representation::alike_text(&self.alike, color));
        if let Some(expert) = &self.expert {
            text.push_str(&representation::expert_text(expert, color));
        }
        text
    }

    fn residual_text(&self, text: &mut String, color: bool) {
        let pairs = self.by_gain();
        if pairs.is_empty() {
            return;
        }
        let mut table = Table::new([
            ("from", Side::Left),
            ("about", Side::Left),
            ("V1: prediction", Side::Right),
            ("q", Side::Right),
            ("V2: label", Side::Right),
            ("q", Side::Right),
            ("labels share", Side::Right),
            ("rows", Side::Right),
            ("reading", Side::Left),
        ]);
        for pair in pairs.iter().take(PAIRS) {
            let [missed, missed_q, coupled, coupled_q] = match &pair.residual {
                Some(found) => [
                    with_error(&found.missed),
                    level(found.missed.q),
                    with_error(&found.coupled),
                    level(found.coupled.q),
                ],
                None => ["-"; 4].map(str::to_owned),
            };
            table.row([
                pair.source.clone(),
                pair.target.clone(),
                missed,
                missed_q,
                coupled,
                coupled_q,
                pair.label.as_ref().map_or("-".to_owned(), bits),
                count(pair.rows),
                readings(pair),
            ]);
        }
        let shown = if pairs.len() > PAIRS {
            format!(", {PAIRS} of {} shown", pairs.len())
        } else {
            String::new()
        };
        text.push_str(&format!(
            "\nWhat a task's prediction (V1), and beyond it its label (V2), still says about another, bits{shown}\n({})\n",
            self.tested()
        ));
        text.push_str(&table.text(color));
        for (verdict, advice) in self.advice() {
            text.push_str(&format!("{}: {advice}\n", reading(verdict)));
        }
    }

    fn codes_text(&self, text: &mut String, color: bool) {
        let Some(codes) = &self.codes else { return };
        text.push_str(&format!(
            "\nCode-task information {} of at most {:.3} bits: 0 is one mix for all tasks, the most is codes of their own\n",
            bits(&codes.information),
            codes.most
        ));
        let mut table = Table::new([
            ("task", Side::Left),
            ("effective codes", Side::Right),
            ("most used (share)", Side::Left),
        ]);
        for ((task, effective), usage) in self.tasks.iter().zip(&codes.effective).zip(&codes.usage)
        {
            table.row([task.clone(), bits(effective), most_used(usage)]);
        }
        text.push_str(&table.text(color));
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
        page.heading("What one task still says about another");
        page.paragraph(&format!(
            "V1: gain from the source's prediction, which the target's head missed. V2: further gain from the source's label, which no \
             predictor from the input alone can have. {}.",
            self.tested()
        ));
        let rows = self.by_gain().into_iter().map(|pair| {
            let told = |measure: Option<&'_ Measure>| match measure {
                Some(measure) => Cell::Text(format!("{measure:.3}")),
                None => Cell::Text("–".to_owned()),
            };
            let residual = pair.residual.as_ref();
            vec![
                Cell::Text(format!("{} → {}", pair.source, pair.target)),
                residual.map_or_else(|| told(None), |found| Cell::Told(&found.missed)),
                Cell::Text(level(residual.and_then(|found| found.missed.q))),
                residual.map_or_else(|| told(None), |found| Cell::Told(&found.coupled)),
                Cell::Text(level(residual.and_then(|found| found.coupled.q))),
                pair.label.as_ref().map_or_else(|| told(None), Cell::Told),
                Cell::Text(count(pair.rows)),
                Cell::Text(readings(pair)),
            ]
        });
        page.table(
            &[
                "from → about",
                "V1",
                "q",
                "V2",
                "q",
                "labels share",
                "rows",
                "reading",
            ],
            rows.collect(),
        );
        for (verdict, advice) in self.advice() {
            page.paragraph(&format!("{}: {advice}.", reading(verdict)));
        }
        if let Some(found) = &self.wider {
            wider::page(&self.residuals, found, &mut page);
        }
        if let Some(joint) = &self.joint {
            coupling::page(joint, &mut page);
        }
        if let Some(codes) = &self.codes {
            page.heading("Shared codes");
            page.paragraph(&format!(
                "Code-task information {:.3} of at most {:.3} bits: 0 is one mix for all tasks, the most is codes of their own.",
                codes.information, codes.most
            ));
            let rows = self.tasks.iter().zip(&codes.effective).zip(&codes.usage);
            let rows = rows.map(|((task, effective), usage)| {
                vec![
                    Cell::Text(task.clone()),
                    Cell::Told(effective),
                    Cell::Text(most_used(usage)),
                ]
            });
            page.table(
                &["task", "effective codes", "most used (share)"],
                rows.collect(),
            );
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

fn bits(measure: &Measure) -> String {
    match measure.value {
        Some(value) => format!("{value:.3}"),
        None => measure.to_string(),
    }
}

fn with_error(measure: &Measure) -> String {
    match measure.se {
        Some(se) => format!("{} ± {se:.3}", bits(measure)),
        None => bits(measure),
    }
}

fn level(q: Option<f64>) -> String {
    q.map_or("-".to_owned(), |q| format!("{q:.3}"))
}

/// The main one first.
fn readings(pair: &PairResidual) -> String {
    let each: Vec<&str> = pair.verdicts().map(reading).collect();
    each.join(", ")
}

fn reading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Trunk => "shared trunk",
        Verdict::ShareMore => "share more",
        Verdict::JointHead => "joint head",
        Verdict::KnownLabel => "known label",
        Verdict::Silent => "silent",
        Verdict::Unknown => "unknown",
    }
}

/// Up to four codes, by their places from 1.
fn most_used(usage: &[f64]) -> String {
    let mut ranked: Vec<(usize, f64)> = usage.iter().copied().enumerate().collect();
    ranked.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let shown = ranked.iter().take(4);
    let shown: Vec<String> = shown
        .map(|(code, share)| format!("{} ({:.0} %)", code + 1, 100.0 * share))
        .collect();
    shown.join(", ")
}
