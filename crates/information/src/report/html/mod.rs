//! The report as one page that needs nothing else: inline styles and drawings, no script, no address.
//!
//! Every number is shown with, or on hovering tells, its estimator, rows and null.

mod bars;
mod cells;
mod floors;
mod heat;
mod page;
mod tree;

use std::fmt::Write;

use super::{Many, Report};
use crate::Measure;
use cells::{RECORD, escaped, record, table, told};
pub use page::{Cell, Page};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;color:#1b1f24}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;font-size:.8rem;\
font-variant-numeric:tabular-nums}th,td{padding:.2rem .6rem;text-align:left;border-bottom:1px solid #e3e6ea;white-space:nowrap}\
th{position:sticky;top:0;background:#fff}tr:hover td{background:#f4f7fb}.note{background:#fff4d6;border-left:4px solid #d9a300;padding:.5rem .8rem;margin:.6rem 0}\
.scroll{overflow-x:auto}.faint{color:#68707a}svg text{font:11px system-ui,sans-serif;fill:#1b1f24}";

impl Report {
    /// The page.
    #[must_use]
    pub fn html(&self) -> String {
        let mut page = String::new();
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>What the labels share</title><style>{STYLE}</style></head><body>\n<h1>What the labels share</h1>\n"
        );
        let _ = writeln!(
            page,
            "<p class=\"faint\">{}{} rows, {} tasks; {} permutations, false discovery rate {}, seed {}. Information is in bits.</p>",
            escaped(&self.opening()),
            self.rows,
            self.tasks.len(),
            self.options.permutations,
            self.options.rate,
            self.options.seed
        );
        for note in &self.notes {
            let _ = writeln!(page, "<p class=\"note\">{}</p>", escaped(note));
        }
        self.tasks_table(&mut page);
        self.pairs_part(&mut page);
        self.tree_part(&mut page);
        self.many_part(&mut page);
        self.features_part(&mut page);
        self.rest(&mut page);
        page.push_str("</body></html>\n");
        page
    }

    fn tasks_table(&self, page: &mut String) {
        let rows = self.tasks.iter().map(|task| {
            let mut cells = vec![
                escaped(&task.name),
                task.labelled.to_string(),
                told(&task.missing),
            ];
            match (&task.classes, &task.real) {
                (Some(facts), _) => cells.extend([
                    format!("{} of {} classes", facts.seen, facts.classes),
                    told(&facts.entropy),
                    told(&facts.perplexity),
                    format!("majority {}", told(&facts.majority)),
                ]),
                (_, Some(facts)) => cells.extend([
                    "real".into(),
                    format!("mean {}", told(&facts.mean)),
                    format!("sd {}", told(&facts.deviation)),
                    format!("skew {}, ties {}", told(&facts.skewness), told(&facts.tied)),
                ]),
                _ => {}
            }
            cells
        });
        page.push_str("<h2>Tasks</h2>\n");
        table(
            page,
            &[
                "task",
                "labelled rows",
                "share missing",
                "kind",
                "entropy; mean",
                "perplexity; sd",
                "majority; skew and ties",
            ],
            rows,
        );
    }

    fn pairs_part(&self, page: &mut String) {
        if self.pairs.is_empty() {
            return;
        }
        page.push_str("<h2>Pairs of labels</h2>\n");
        page.push_str(&heat::map(self));
        let rows = self.by_information().into_iter().map(|pair| {
            let optional = |measure: &Option<Measure>| measure.as_ref().map_or("–".into(), told);
            let mut cells = vec![escaped(&format!(
                "{} – {}",
                self.name(pair.left),
                self.name(pair.right)
            ))];
            cells.extend(record(&pair.information));
            cells.extend([
                optional(&pair.plug_in),
                optional(&pair.right_from_left),
                optional(&pair.left_from_right),
                optional(&pair.adjusted),
                optional(&pair.companion),
            ]);
            cells
        });
        let heads: Vec<&str> = ["pair"]
            .into_iter()
            .chain(RECORD)
            .chain([
                "plug-in",
                "U(right|left)",
                "U(left|right)",
                "AMI",
                "Gaussian copula",
            ])
            .collect();
        table(page, &heads, rows);
        if !self.divergences.is_empty() {
            page.push_str("<h2>How label laws differ</h2><p class=\"faint\">Prior shift, not relatedness.</p>\n");
            let rows = self.divergences.iter().flat_map(|one| {
                let pair = escaped(&format!(
                    "{} – {}",
                    self.name(one.left),
                    self.name(one.right)
                ));
                [
                    ("KL left‖right", &one.forward),
                    ("KL right‖left", &one.backward),
                    ("JS", &one.jensen_shannon),
                ]
                .map(|(what, measure)| {
                    let mut cells = vec![pair.clone(), what.to_string()];
                    cells.extend(record(measure));
                    cells
                })
            });
            let heads: Vec<&str> = ["pair", "what"].into_iter().chain(RECORD).collect();
            table(page, &heads, rows);
        }
        for space in &self.spaces {
            let names: Vec<&str> = space.tasks.iter().map(|&task| self.name(task)).collect();
            let _ = writeln!(
                page,
                "<p>Generalised Jensen–Shannon divergence of {} together: {}</p>",
                escaped(&names.join(", ")),
                told(&space.jensen_shannon)
            );
        }
    }

    fn tree_part(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "<h2>Task tree</h2><p>Weight {}.</p>",
            told(&self.tree_weight)
        );
        if self.tree.edges.is_empty() {
            page.push_str(
                "<p class=\"faint\">No pair of labels is significant, so nothing is joined.</p>\n",
            );
            return;
        }
        page.push_str(&tree::drawing(self));
    }

    fn many_part(&self, page: &mut String) {
        page.push_str("<h2>All tasks at once</h2>\n");
        match &self.many {
            Many::Refused(why) => {
                let _ = writeln!(page, "<p>No number: {}.</p>", escaped(why));
            }
            Many::Measured(facts) => {
                let rows = [
                    ("total correlation", &facts.total),
                    ("dual total correlation", &facts.dual),
                    ("O-information", &facts.o_information),
                ]
                .map(|(what, measure)| {
                    let mut cells = vec![what.to_string()];
                    cells.extend(record(measure));
                    cells
                });
                let heads: Vec<&str> = [""].into_iter().chain(RECORD).collect();
                let triples = facts.triples.iter().map(|triple| {
                    let names = triple.tasks.map(|task| self.name(task));
                    let what = format!("co-information of {}", names.join(", "));
                    let mut cells = vec![escaped(&what)];
                    cells.extend(record(&triple.information));
                    cells
                });
                table(page, &heads, rows.into_iter().chain(triples));
            }
        }
        if !self.synergies.is_empty() {
            page.push_str("<h3>Labels that only speak together (exploratory)</h3>\n");
            let rows = self.synergies.iter().map(|one| {
                let [first, second] = one.sources;
                let what = format!(
                    "{} and {} about {}",
                    self.name(first),
                    self.name(second),
                    self.name(one.target)
                );
                let mut cells = vec![escaped(&what)];
                cells.extend(record(&one.excess));
                cells.extend([told(&one.both), told(&one.specific), told(&one.smaller)]);
                cells
            });
            let heads: Vec<&str> = ["triple"]
                .into_iter()
                .chain(RECORD)
                .chain(["both", "PID I_min", "PID MMI"])
                .collect();
            table(page, &heads, rows);
        }
    }

    fn features_part(&self, page: &mut String) {
        if self.features.is_empty() {
            return;
        }
        page.push_str("<h2>Features</h2>\n");
        for ranking in &self.features {
            let _ = writeln!(
                page,
                "<h3>{}</h3><p class=\"faint\">{} of {} features are significant.</p>",
                escaped(self.name(ranking.task)),
                ranking.significant,
                ranking.tested
            );
            page.push_str(&bars::ranked(ranking, self.options.rate));
        }
        page.push_str("<h3>Overlap of feature profiles</h3>\n");
        let count = self.tasks.len();
        let rows = self
            .overlap
            .chunks_exact(count.max(1))
            .enumerate()
            .map(|(task, row)| {
                let mut cells = vec![escaped(self.name(task))];
                cells.extend(row.iter().map(told));
                cells
            });
        let names: Vec<String> = self.tasks.iter().map(|task| escaped(&task.name)).collect();
        let heads: Vec<&str> = [""]
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        table(page, &heads, rows);
    }

    fn rest(&self, page: &mut String) {
        if !self.ceilings.is_empty() {
            page.push_str("<h2>A label told from one other label alone</h2><p class=\"faint\">Facts of the observed tables.</p>\n");
            let rows = self.ceilings.iter().map(|one| {
                vec![
                    escaped(self.name(one.task)),
                    escaped(self.name(one.from)),
                    told(&one.entropy),
                    told(&one.floor),
                    told(&one.best),
                    told(&one.ceiling),
                ]
            });
            table(
                page,
                &[
                    "task",
                    "from",
                    "H(task|from)",
                    "error at least",
                    "best rule",
                    "error at most",
                ],
                rows,
            );
        }
        floors::page(self, page);
        if !self.missing.is_empty() {
            page.push_str("<h2>Missing labels as a signal</h2>\n");
            let rows = self.missing.iter().map(|one| {
                let kind = if one.with_mask {
                    "missingness"
                } else {
                    "label"
                };
                let what = format!(
                    "whether {} is labelled, with the {kind} of {}",
                    self.name(one.task),
                    self.name(one.other)
                );
                let mut cells = vec![escaped(&what)];
                cells.extend(record(&one.information));
                cells
            });
            let heads: Vec<&str> = [""].into_iter().chain(RECORD).collect();
            table(page, &heads, rows);
        }
    }
}
