//! The floors of errors as text: of numbers told from another label, of labels told from features.

use std::fmt::Write;

use super::Report;
use super::shown::{Table, plain};

/// What a reader must know of the nearest neighbour's floor.
pub(super) const NEAREST: &str = "asymptotic: of few rows or many features the neighbour errs too much, and the floor is too high";

impl Report {
    /// What numbers allow, and what features do.
    pub(super) fn floors_text(&self, text: &mut String) {
        if !self.squared.is_empty() {
            let mut table = Table::new(&[
                "task",
                "told from",
                "h(task|from)",
                "squared error at least, of the variance",
                "n",
            ]);
            for one in &self.squared {
                table.row(vec![
                    self.name(one.task).into(),
                    self.name(one.from).into(),
                    format!("{:.4}", one.entropy),
                    plain(&one.floor),
                    one.floor.n.to_string(),
                ]);
            }
            let _ = writeln!(
                text,
                "A number told from one other label alone (e^(2h)/(2πe), h by Kozachenko-Leonenko: an estimate, no proof)\n{}",
                table.render()
            );
        }
        if !self.nearest.is_empty() {
            let mut table = Table::new(&["task", "nearest neighbour errs", "error at least", "n"]);
            for one in &self.nearest {
                table.row(vec![
                    self.name(one.task).into(),
                    plain(&one.neighbour),
                    plain(&one.floor),
                    one.floor.n.to_string(),
                ]);
            }
            let _ = writeln!(
                text,
                "A label told from these features (Cover-Hart; {NEAREST})\n{}",
                table.render()
            );
        }
    }
}
