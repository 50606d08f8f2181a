//! A proposal as text and as a page.

use std::collections::BTreeMap;

use polytask_information::Measure;
use polytask_information::grouping::Objective;
use polytask_information::report::{Cell, Page};

use super::Proposed;
use crate::command::transfer::{Comparison, interval, signed};
use crate::table::{Side, Table};

/// What an affinity of this source is.
fn source(from: &str) -> &'static str {
    match from {
        "tag" => "what a step on one task takes off the loss of another",
        "cosine" => "the cosines of the tasks' gradients",
        "bits" => "what leaving one task out costs another",
        _ => "what the training labels share",
    }
}

/// An affinity of a source; what a step takes off a loss as a percentage of it.
fn number(from: &str, measure: &Measure, decimals: usize) -> String {
    let Some(value) = measure.value else {
        return measure.to_string();
    };
    let unit = measure.unit.name();
    match from {
        "tag" => format!("{:.decimals$} %", 100.0 * value),
        _ => format!("{value:.decimals$} {unit}").trim_end().to_owned(),
    }
}

impl Proposed {
    fn lede(&self) -> String {
        format!("{}: a proposal from {}", self.name, source(self.from))
    }

    fn group_lines(&self) -> Vec<String> {
        let is_cover = matches!(self.proposal.objective, Objective::Cover { .. });
        let groups = self.groups.iter().enumerate();
        let lines = groups.map(|(place, group)| {
            let served = self.tasks.iter().zip(&self.proposal.proposal.served);
            let served: Vec<&str> = served
                .filter(|(_, serving)| **serving == place)
                .map(|(task, _)| task.as_str())
                .collect();
            let serves = if is_cover {
                format!(" (serves {})", served.join(", "))
            } else {
                String::new()
            };
            format!("group {}: {}{serves}", place + 1, group.join(", "))
        });
        lines.collect()
    }

    fn certainty(&self) -> String {
        let proof = if self.proposal.proposal.is_exact {
            "the best of all"
        } else {
            "found by search, not proven the best"
        };
        let margin = self.proposal.margin.as_ref();
        let margin = margin.map_or("unknown".to_owned(), |margin| number(self.from, margin, 3));
        let counts = match (self.from, &self.proposal.threshold) {
            (_, None) => {
                "a task counts by what the others of its group give it on average, alone by 0"
                    .to_owned()
            }
            ("label_mi", Some(threshold)) => format!(
                "a pair counts by what it shares above {threshold:.4} (95 % of shuffled labels share less)"
            ),
            (_, Some(_)) => {
                "a pair counts by the mean of both directions, for or against".to_owned()
            }
        };
        format!("{proof}; margin over the second best {margin}; {counts}")
    }

    /// pair, affinity, affinity the other way, together in resamples, group
    fn pairs(&self) -> Vec<[String; 5]> {
        let unknown = if self.from == "label_mi" {
            "not co-observed"
        } else {
            "unknown"
        };
        let affinity = |from: usize, to: usize| {
            let value = self.affinity(from, to);
            value.map_or(unknown.to_owned(), |value| number(self.from, value, 4))
        };
        let share = |from: usize, to: usize| {
            let share = self
                .proposal
                .together
                .get(from)
                .and_then(|row| row.get(to)?.value);
            100.0 * share.unwrap_or(0.0)
        };
        let mut rows = Vec::new();
        for (left, one) in self.tasks.iter().enumerate() {
            for (right, other) in self.tasks.iter().enumerate().skip(left + 1) {
                let is_one = self
                    .groups
                    .iter()
                    .any(|group| group.contains(one) && group.contains(other));
                let shares = match self.proposal.objective {
                    Objective::Partition { .. } => format!("{:.0} %", share(left, right)),
                    Objective::Cover { .. } => {
                        format!("{:.0} / {:.0} %", share(left, right), share(right, left))
                    }
                };
                rows.push([
                    format!("{one} - {other}"),
                    affinity(left, right),
                    affinity(right, left),
                    shares,
                    if is_one { "same" } else { "" }.to_owned(),
                ]);
            }
        }
        rows
    }

    /// What one task gives another, if anything is known of it.
    fn affinity(&self, from: usize, to: usize) -> Option<&Measure> {
        self.proposal.affinity.get(from)?.get(to)?.as_ref()
    }

    fn is_directed(&self) -> bool {
        matches!(self.from, "tag" | "bits")
    }

    /// How to train a group: by leaving the others out.
    fn commands(&self) -> impl Iterator<Item = String> {
        self.groups.iter().map(|group| {
            let out = self.tasks.iter().filter(|task| !group.contains(task));
            let out: Vec<String> = out
                .map(|task| format!(" -s tasks.{task}.active=false"))
                .collect();
            format!("polytask train CONFIG{}", out.concat())
        })
    }

    pub(super) fn text(&self, color: bool) -> String {
        let mut text = format!("{}\n\n", self.lede());
        for line in self.group_lines() {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!("\n{}\n\n", self.certainty()));
        let mut table = if self.is_directed() {
            Table::new([
                ("pair", Side::Left),
                ("left to right", Side::Right),
                ("right to left", Side::Right),
                ("together in resamples", Side::Right),
                ("group", Side::Left),
            ])
        } else {
            let affinity = if self.from == "cosine" {
                "cosine"
            } else {
                "labels share"
            };
            Table::new([
                ("pair", Side::Left),
                (affinity, Side::Right),
                ("together in resamples", Side::Right),
                ("group", Side::Left),
            ])
        };
        for [pair, there, back, share, group] in self.pairs() {
            if self.is_directed() {
                table.row([pair, there, back, share, group]);
            } else {
                table.row([pair, there, share, group]);
            }
        }
        text.push_str(&table.text(color));
        if let Some(apart) = &self.apart {
            text.push_str(&format!("\n! {apart}\n"));
        }
        match &self.verified {
            Some(verified) => {
                verified_text(&mut text, &self.tasks, verified, color);
                if self.is_self_verified() {
                    text.push_str(&format!("! {SELF_VERIFIED}\n"));
                }
            }
            None => text.push_str(&format!("\n! {}\n", self.caution())),
        }
        text.push_str("\nTo train a group, leave the others out:\n");
        for command in self.commands() {
            text.push_str(&format!("  {command}\n"));
        }
        text
    }

    /// Whether the groups were chosen by the very figures that they are verified with.
    fn is_self_verified(&self) -> bool {
        self.from == "bits" && self.verified.is_some()
    }

    fn caution(&self) -> &'static str {
        match self.from {
            "label_mi" => {
                "Labels predict the gain of training together poorly: --verify trains the groups, all together and all alone."
            }
            "bits" => {
                "Each gain was measured among all other tasks, not in the group: --verify trains the groups."
            }
            _ => {
                "Gradients predict the gain of training together poorly: --verify trains the groups, all together and all alone."
            }
        }
    }

    pub(super) fn page(&self) -> String {
        let mut page = Page::new("Who should train with whom?", &self.lede());
        if self.verified.is_none() {
            page.note(self.caution());
        }
        if self.is_self_verified() {
            page.note(SELF_VERIFIED);
        }
        if let Some(apart) = &self.apart {
            page.note(apart);
        }
        for line in self.group_lines() {
            page.paragraph(&line);
        }
        page.paragraph(&format!("{}.", self.certainty()));
        if let Some(verified) = &self.verified {
            page.heading("Trained and measured, bits per example over the task alone");
            let rows = |of: fn(&Comparison) -> Option<&Measure>, what: &str| {
                let found = self
                    .tasks
                    .iter()
                    .filter_map(|task| Some((format!("{task}, {what}"), of(verified.get(task)?)?)));
                found.collect::<Vec<_>>()
            };
            let mut both = rows(|found| found.in_group.as_ref(), "in its group");
            both.extend(rows(|found| found.all_together.as_ref(), "all together"));
            page.intervals(&both);
        }
        page.heading("Pairs");
        let pairs = self.pairs();
        let places = (0..self.tasks.len())
            .flat_map(|left| (left + 1..self.tasks.len()).map(move |right| (left, right)));
        let rows = pairs.into_iter().zip(places).map(|(row, (left, right))| {
            let [pair, there, back, share, group] = row;
            let agreed = self.proposal.together.get(left);
            vec![
                Cell::Text(pair),
                Cell::worded(there, self.affinity(left, right)),
                Cell::worded(back, self.affinity(right, left)),
                Cell::worded(share, agreed.and_then(|row| row.get(right))),
                Cell::Text(group),
            ]
        });
        page.table(
            &[
                "pair",
                "left to right",
                "right to left",
                "together in resamples",
                "group",
            ],
            rows.collect(),
        );
        page.heading("To train a group");
        for command in self.commands() {
            page.paragraph(&command);
        }
        page.finish()
    }
}

/// Said of a proposal from bits that was verified.
const SELF_VERIFIED: &str = "The groups were chosen by bits on the same test rows (and seeds) that verify them, so the groups look better than they are; rows that neither has seen would tell.";

fn verified_text(
    text: &mut String,
    tasks: &[String],
    verified: &BTreeMap<String, Comparison>,
    color: bool,
) {
    text.push_str("\nTrained and measured, bits per example over the task alone\n");
    let mut table = Table::new([
        ("task", Side::Left),
        ("in its group", Side::Right),
        ("95 % interval", Side::Right),
        ("all together", Side::Right),
        ("95 % interval", Side::Right),
    ]);
    let shown = |bits: &Option<Measure>| match bits {
        Some(bits) => [signed(bits), interval(bits)],
        None => ["n/a".to_owned(), String::new()],
    };
    for task in tasks {
        let Some(found) = verified.get(task) else {
            continue;
        };
        let [group, group_range] = shown(&found.in_group);
        let [all, all_range] = shown(&found.all_together);
        table.row([task.clone(), group, group_range, all, all_range]);
    }
    text.push_str(&table.text(color));
    let total = |of: fn(&Comparison) -> Option<f64>| verified.values().filter_map(of).sum::<f64>();
    text.push_str(&format!(
        "sum over tasks: {:+.3} in groups, {:+.3} together\n",
        total(|found| found.in_group.as_ref()?.value),
        total(|found| found.all_together.as_ref()?.value)
    ));
}
