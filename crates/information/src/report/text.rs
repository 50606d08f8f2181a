//! The report as text tables.

use std::fmt::Write;

use super::shown::{Table, flags, number, plain, probability};
use super::{Many, Missing, Report};
use crate::Measure;

impl Report {
    /// Tables for a terminal; every information with its n, null mean and q.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.options.subject.is_empty() {
            let _ = writeln!(text, "{}\n", self.options.subject);
        }
        for note in &self.notes {
            let _ = writeln!(text, "! {note}");
        }
        self.tasks_text(&mut text);
        self.pairs_text(&mut text);
        self.many_text(&mut text);
        self.features_text(&mut text);
        self.ceilings_text(&mut text);
        self.floors_text(&mut text);
        self.missing_text(&mut text);
        text
    }

    fn tasks_text(&self, text: &mut String) {
        let mut table = Table::new(&[
            "task",
            "rows",
            "missing",
            "classes",
            "entropy",
            "perplexity",
            "majority",
            "flags",
        ]);
        for task in &self.tasks {
            let missing = format!("{:.1} %", 100.0 * task.missing.value.unwrap_or(0.0));
            let mut row = vec![task.name.clone(), task.labelled.to_string(), missing];
            match (&task.classes, &task.real) {
                (Some(facts), _) => row.extend([
                    format!("{} of {}", facts.seen, facts.classes),
                    format!("{:.3}", facts.entropy),
                    plain(&facts.perplexity),
                    plain(&facts.majority),
                    flags(&facts.entropy),
                ]),
                (_, Some(facts)) => row.extend([
                    "real".into(),
                    format!(
                        "mean {}, sd {}",
                        plain(&facts.mean),
                        plain(&facts.deviation)
                    ),
                    format!("skew {}", plain(&facts.skewness)),
                    match flags(&facts.deviation) {
                        none if none.is_empty() => format!("ties {}", plain(&facts.tied)),
                        told => told,
                    },
                ]),
                _ => {}
            }
            table.row(row);
        }
        let _ = writeln!(
            text,
            "\nTasks ({} rows; entropy by Miller-Madow)\n{}",
            self.rows,
            table.render()
        );
    }

    fn pairs_text(&self, text: &mut String) {
        if self.pairs.is_empty() {
            return;
        }
        let pairs = self.by_information();
        let mut table = Table::new(&[
            "pair",
            "information",
            "null",
            "p",
            "q",
            "U(right|left)",
            "U(left|right)",
            "AMI",
            "Gaussian",
            "n",
            "estimator",
            "flags",
        ]);
        for pair in pairs.iter().take(PAIRS) {
            let share = |measure: &Option<Measure>| measure.as_ref().map_or("-".into(), plain);
            table.row(vec![
                format!("{} - {}", self.name(pair.left), self.name(pair.right)),
                format!("{:.4}", pair.information),
                number(pair.information.null_mean),
                probability(pair.information.p),
                probability(pair.information.q),
                share(&pair.right_from_left),
                share(&pair.left_from_right),
                share(&pair.adjusted),
                share(&pair.companion),
                pair.co_observed.to_string(),
                pair.information.estimator.to_string(),
                flags(&pair.information),
            ]);
        }
        let _ = writeln!(
            text,
            "What pairs of labels share ({}{}; q over all of them)\n{}",
            counted(pairs.len(), "pair"),
            if pairs.len() > PAIRS {
                format!(", the {PAIRS} largest shown")
            } else {
                String::new()
            },
            table.render()
        );
        let silent = self
            .pairs
            .iter()
            .filter(|pair| pair.co_observed == 0)
            .count();
        if silent > 0 {
            let _ = writeln!(
                text,
                "Not co-observed: {}, of which no row has both labels. That is not 0 bits.\n",
                counted(silent, "pair")
            );
        }
        if !self.divergences.is_empty() {
            let mut table = Table::new(&[
                "same classes",
                "KL left||right",
                "KL right||left",
                "JS",
                "null of JS",
                "p",
            ]);
            for one in self.divergences.iter().take(PAIRS) {
                table.row(vec![
                    format!("{} - {}", self.name(one.left), self.name(one.right)),
                    format!("{:.4}", one.forward),
                    format!("{:.4}", one.backward),
                    format!("{:.4}", one.jensen_shannon),
                    number(one.jensen_shannon.null_mean),
                    probability(one.jensen_shannon.p),
                ]);
            }
            let _ = writeln!(
                text,
                "How label laws differ: prior shift, not relatedness\n{}",
                table.render()
            );
        }
    }

    fn many_text(&self, text: &mut String) {
        match &self.many {
            Many::Measured(facts) => {
                let _ = writeln!(
                    text,
                    "All tasks at once: total correlation {:.4} (null {}, p {}), dual {:.4}, O-information {:.4}; {}, n {}{}",
                    facts.total,
                    number(facts.total.null_mean),
                    probability(facts.total.p),
                    facts.dual,
                    facts.o_information,
                    facts.total.estimator,
                    facts.total.n,
                    noted(&facts.total),
                );
                for triple in &facts.triples {
                    let names = triple.tasks.map(|task| self.name(task));
                    let _ = writeln!(
                        text,
                        "  co-information of {}: {:.4} (null {}, n {}){}",
                        names.join(", "),
                        triple.information,
                        number(triple.information.null_mean),
                        triple.information.n,
                        noted(&triple.information),
                    );
                }
            }
            Many::Refused(why) => {
                let _ = writeln!(text, "All tasks at once: no number, {why}");
            }
        }
        let _ = writeln!(
            text,
            "Task tree: {}, {:.4} ({})",
            counted(self.tree.edges.len(), "edge"),
            self.tree_weight,
            self.tree_weight.estimator
        );
        for edge in &self.tree.edges {
            let _ = writeln!(
                text,
                "  {} - {}  {:.4}{}",
                self.name(edge.left),
                self.name(edge.right),
                edge.weight,
                noted(&edge.weight),
            );
        }
        for one in &self.synergies {
            let [first, second] = one.sources;
            let _ = writeln!(
                text,
                "Synergy (exploratory): {} and {} tell {:.4} about {}, {:.4} more than one by one (q {}); PID synergy I_min {:.4}, MMI {:.4}{}",
                self.name(first),
                self.name(second),
                one.both,
                self.name(one.target),
                one.excess,
                probability(one.excess.q),
                one.specific,
                one.smaller,
                noted(&one.excess),
            );
        }
        text.push('\n');
    }

    fn features_text(&self, text: &mut String) {
        for ranking in &self.features {
            let mut table = Table::new(&["feature", "information", "null", "q", "n", "estimator"]);
            for (feature, measure) in ranking
                .best
                .iter()
                .filter(|(_, measure)| measure.is_significant(self.options.rate))
            {
                table.row(vec![
                    feature.clone(),
                    format!("{measure:.4}"),
                    number(measure.null_mean),
                    probability(measure.q),
                    measure.n.to_string(),
                    measure.estimator.to_string(),
                ]);
            }
            let rows = if ranking.significant > 0 {
                table.render()
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "Features of {}: {} of {} are significant\n{rows}",
                self.name(ranking.task),
                ranking.significant,
                ranking.tested,
            );
        }
        self.overlap_text(text);
    }

    /// The cosines of feature profiles, the largest first.
    fn overlap_text(&self, text: &mut String) {
        let tasks = self.tasks.len();
        let mut pairs: Vec<(usize, usize, &Measure)> = self
            .overlap
            .iter()
            .enumerate()
            .map(|(place, measure)| (place / tasks.max(1), place % tasks.max(1), measure))
            .filter(|(left, right, _)| left < right)
            .collect();
        if pairs.is_empty() {
            return;
        }
        pairs.sort_by(|left, right| {
            let value = |pair: &(usize, usize, &Measure)| pair.2.value.unwrap_or(f64::MIN);
            value(right).total_cmp(&value(left))
        });
        let mut table = Table::new(&["pair", "cosine", "null", "p", "features", "estimator"]);
        for (left, right, measure) in pairs.iter().take(PAIRS) {
            table.row(vec![
                format!("{} - {}", self.name(*left), self.name(*right)),
                plain(measure),
                number(measure.null_mean),
                probability(measure.p),
                measure.n.to_string(),
                measure.estimator.to_string(),
            ]);
        }
        let _ = writeln!(
            text,
            "Whether the same features tell about both (exploratory; also where no row has both labels)\n{}",
            table.render()
        );
    }

    fn ceilings_text(&self, text: &mut String) {
        if self.ceilings.is_empty() {
            return;
        }
        let mut table = Table::new(&[
            "task",
            "told from",
            "H(task|from)",
            "error at least",
            "best rule",
            "at most",
            "n",
            "flags",
        ]);
        for one in &self.ceilings {
            table.row(vec![
                self.name(one.task).into(),
                self.name(one.from).into(),
                format!("{:.4}", one.entropy),
                plain(&one.floor),
                plain(&one.best),
                plain(&one.ceiling),
                one.entropy.n.to_string(),
                flags(&one.entropy),
            ]);
        }
        let _ = writeln!(
            text,
            "A label told from one other label alone (facts of the table; Fano, Feder-Merhav)\n{}",
            table.render()
        );
    }

    fn missing_text(&self, text: &mut String) {
        let mut found: Vec<&Missing> = self
            .missing
            .iter()
            .filter(|one| one.information.is_significant(self.options.rate))
            .collect();
        if self.missing.is_empty() {
            return;
        }
        found.sort_by(|left, right| {
            right
                .information
                .value
                .unwrap_or(0.0)
                .total_cmp(&left.information.value.unwrap_or(0.0))
        });
        let mut table = Table::new(&["missing", "goes with", "information", "null", "q", "n"]);
        for one in found.iter().take(PAIRS) {
            let kind = if one.with_mask {
                "missingness"
            } else {
                "label"
            };
            table.row(vec![
                self.name(one.task).into(),
                format!("{kind} of {}", self.name(one.other)),
                format!("{:.4}", one.information),
                number(one.information.null_mean),
                probability(one.information.q),
                one.information.n.to_string(),
            ]);
        }
        let _ = writeln!(
            text,
            "Missing labels as a signal: {} of {} tests significant\n{}",
            found.len(),
            self.missing.len(),
            table.render()
        );
    }
}

/// The flags behind a number in a line.
fn noted(measure: &Measure) -> String {
    if measure.flags.is_empty() || measure.value.is_none() {
        return String::new();
    }
    format!(" [{}]", flags(measure))
}

/// A number of things.
fn counted(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{ending}")
}

/// Rows of a long table that are printed; JSON has all.
const PAIRS: usize = 40;
