//! The floors of errors as text: of numbers told from another label, of labels told from features.

use std::fmt::Write;

use super::Report;
use super::shown::{Table, flags, floor, plain};

/// What a reader must know of the nearest neighbour's floor.
pub(super) const NEAREST: &str = "asymptotic: of few rows or many features the neighbour errs too much, and the floor is too high; one above the \
     majority's error, which is attained, shows that these rows are too few for it and is not printed";

impl Report {
    /// What numbers allow, and what features do.
    pub(super) fn floors_text(&self, text: &mut String) {
        if !self.squared.is_empty() {
            let mut table = Table::new(&[
                "task",
                "told from",
                "h(task|from)",
                "a linear fit leaves",
                "squared error at least, of the variance",
                "n",
                "flags",
            ]);
            for one in &self.squared {
                table.row(vec![
                    self.name(one.task).into(),
                    self.name(one.from).into(),
                    format!("{:.4}", one.entropy),
                    plain(&one.attained),
                    plain(&floor(&one.floor)),
                    one.floor.n.to_string(),
                    flags(&one.entropy),
                ]);
            }
            let _ = writeln!(
                text,
                "A number told from one other label alone (e^(2h)/(2πe), h by Kozachenko-Leonenko: an estimate, no proof; not printed where a \
                 linear fit, leave-one-out, leaves less)\n{}",
                table.render()
            );
        }
        if !self.nearest.is_empty() {
            let mut table = Table::new(&[
                "task",
                "nearest neighbour errs",
                "majority errs",
                "error at least",
                "n",
            ]);
            for one in &self.nearest {
                table.row(vec![
                    self.name(one.task).into(),
                    plain(&one.neighbour),
                    plain(&one.majority),
                    plain(&floor(&one.floor)),
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
