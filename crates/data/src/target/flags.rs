//! Multilabel tasks: a column of 0 and 1 for each label, or one column whose cells list labels.
//!
//! A row has a label only if it has all of them: one missing flag masks the row. In a listing column an empty cell is
//! missing unless `empty = "none"` says that it means none of the labels; the separator alone always means that.

use super::{Coding, Fitting, entropy};
use crate::column::Words;
use crate::error::DataErrors;
use crate::label::Bitmap;
use crate::natural::natural_order;
use crate::task::{TaskFit, TaskKind};

impl Coding<'_> {
    pub(super) fn flags(&mut self, flags: &mut [bool], present: &mut Bitmap) {
        match self.target.separator.clone() {
            Some(separator) => self.listed(&separator, flags, present),
            None => self.columns(flags, present),
        }
    }

    /// A column for each label.
    fn columns(&mut self, flags: &mut [bool], present: &mut Bitmap) {
        let labels = self.target.columns.len();
        let columns: Vec<(&String, &Words, Vec<Option<bool>>)> = self
            .target
            .columns
            .iter()
            .filter_map(|name| {
                let words = self.table.words(name)?;
                Some((
                    name,
                    words,
                    words.dictionary().iter().map(|word| flag(word)).collect(),
                ))
            })
            .collect();
        if columns.len() < labels {
            return;
        }
        for (row, flags) in flags.chunks_exact_mut(labels.max(1)).enumerate() {
            let mut missing = 0;
            let mut is_sound = true;
            for ((name, words, meaning), slot) in columns.iter().zip(flags) {
                match words
                    .codes()
                    .get(row)
                    .and_then(|&code| meaning.get(code as usize))
                {
                    Some(&Some(flag)) => *slot = flag,
                    Some(None) => {
                        is_sound = false;
                        let value = words.get(row).unwrap_or_default();
                        let wanted = "a flag: 0 or 1, false or true, no or yes";
                        self.errors
                            .push(self.table.bad_cell(row, name, value, wanted, None));
                    }
                    None => missing += 1,
                }
            }
            if missing > 0 {
                self.masked.partial += u64::from(missing < labels);
            } else if is_sound {
                present.set(row);
            }
        }
    }

    /// One column whose cells list labels.
    fn listed(&mut self, separator: &str, flags: &mut [bool], present: &mut Bitmap) {
        let Some(name) = self.target.columns.first() else {
            return;
        };
        let Some(words) = self.table.words(name) else {
            return;
        };
        let labels = self.fit.classes.len();
        for (row, flags) in flags.chunks_exact_mut(labels.max(1)).enumerate() {
            let Some(cell) = words.get(row) else { continue };
            let mut is_known = true;
            for label in parts(cell, separator) {
                match self
                    .fit
                    .classes
                    .iter()
                    .position(|class| class == label)
                    .and_then(|index| flags.get_mut(index))
                {
                    Some(flag) => *flag = true,
                    None => {
                        is_known = false;
                        self.unseen(row, name, label);
                    }
                }
            }
            if is_known {
                present.set(row);
            }
        }
    }
}

impl Fitting<'_> {
    pub(super) fn flags(&self) -> Result<TaskFit, DataErrors> {
        let names = match &self.options.separator {
            None => self.options.target.clone(),
            Some(_) if !self.options.classes.is_empty() => self.options.classes.clone(),
            Some(separator) => self.labels(separator),
        };
        if names.is_empty() {
            return Err(self.unfit("no training row has a label".to_owned(), None));
        }
        let mut fit = TaskFit {
            name: self.name.to_owned(),
            kind: TaskKind::Multilabel {
                labels: names.len(),
            },
            counts: vec![0; names.len()],
            classes: names,
            labelled: 0,
            mean: Vec::new(),
            std: Vec::new(),
            center: Vec::new(),
            variance: 0.0,
            entropy: 0.0,
        };
        let mut target = super::Target::new(self.options);
        // What other splits hold is judged when they are coded.
        target.unseen = crate::options::UnseenLabels::Mask;
        let (column, _) = target.encode(&fit, self.table)?;
        let batch = column.batch(self.train);
        for (row, mask) in batch.values.chunks_exact(fit.counts.len()).zip(&batch.mask) {
            if *mask > 0.0 {
                for (count, flag) in fit.counts.iter_mut().zip(row) {
                    *count += u64::from(*flag > 0.0);
                }
            }
        }
        fit.labelled = batch.labelled as u64;
        fit.entropy = fit
            .counts
            .iter()
            .map(|&count| entropy(&[count, fit.labelled - count]))
            .sum();
        Ok(fit)
    }

    /// All labels in the cells of the training rows.
    fn labels(&self, separator: &str) -> Vec<String> {
        let Some(words) = self
            .options
            .target
            .first()
            .and_then(|name| self.table.words(name))
        else {
            return Vec::new();
        };
        let cells = self.named.iter().filter_map(|&row| words.get(row as usize));
        let labels: std::collections::BTreeSet<&str> =
            cells.flat_map(|cell| parts(cell, separator)).collect();
        let mut labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
        natural_order(&mut labels);
        labels
    }
}

fn parts<'a>(cell: &'a str, separator: &'a str) -> impl Iterator<Item = &'a str> {
    cell.split(separator)
        .map(str::trim)
        .filter(|label| !label.is_empty())
}

fn flag(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "0" | "0.0" | "false" | "no" | "n" | "f" => Some(false),
        "1" | "1.0" | "true" | "yes" | "y" | "t" => Some(true),
        _ => None,
    }
}
