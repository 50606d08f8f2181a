//! Targets: what the training rows say of a task's labels, and every row's label as a number.

mod classes;
mod flags;
mod values;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, DataErrors};
use crate::label::{LabelColumn, LabelValues};
use crate::options::{EmptyCell, TaskOptions, TaskType, UnseenLabels};
use crate::table::Table;
use crate::task::{TaskFit, TaskKind};

/// Where a task's labels are, kept in the checkpoint beside its [`TaskFit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) columns: Vec<String>,
    /// Multilabel in one column: what stands between the labels of a cell.
    pub(crate) separator: Option<String>,
    /// What an empty cell there means; older checkpoints know one meaning.
    #[serde(default)]
    pub(crate) empty: EmptyCell,
    pub(crate) unseen: UnseenLabels,
}

/// Rows whose label is not taken though something stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masked {
    /// Training never saw the label.
    pub(crate) unseen: u64,
    /// Some of the target's columns are missing.
    pub(crate) partial: u64,
}

/// A task while its labels are fitted.
pub(crate) struct Fitting<'a> {
    pub(crate) name: &'a str,
    pub(crate) options: &'a TaskOptions,
    pub(crate) table: &'a Table,
    /// The training rows, whose labels name the classes.
    pub(crate) named: &'a [u32],
    /// Those that anything is learnt from.
    pub(crate) train: &'a [u32],
}

impl Target {
    pub(crate) fn new(options: &TaskOptions) -> Self {
        Self {
            columns: options.target.clone(),
            separator: options.separator.clone(),
            empty: options.empty,
            unseen: options.unseen,
        }
    }

    /// Whether an empty cell says something: that the row has none of the labels.
    pub(crate) fn reads_blanks(&self) -> bool {
        self.separator.is_some() && self.empty == EmptyCell::None
    }

    /// Whether the labels are read as text; else as exact numbers.
    pub(crate) fn is_text(kind: &TaskKind) -> bool {
        !matches!(kind, TaskKind::Regression { .. })
    }

    /// Every row's label. Labels that training never saw are errors, or are masked and counted, as are those of which a part is
    /// missing. Columns that no target of
    /// those `later` reads are used up, so that their numbers are not held twice.
    pub(crate) fn take(
        &self,
        fit: &TaskFit,
        table: &mut Table,
        later: &[Self],
    ) -> Result<(LabelColumn, Masked), DataErrors> {
        let is_over = |name: &String| !later.iter().any(|other| other.columns.contains(name));
        if let TaskKind::Regression { .. } = fit.kind {
            let rows = table.rows();
            let columns = self.columns.iter().map(|name| {
                let cells = if is_over(name) {
                    table.take_exact(name)
                } else {
                    table.exact(name).map(<[f64]>::to_vec)
                };
                cells.unwrap_or_else(|| vec![f64::NAN; rows])
            });
            return Ok(LabelColumn::of_values(fit, columns.collect()));
        }
        let coded = self.encode(fit, table)?;
        for name in self.columns.iter().filter(|name| is_over(name)) {
            table.take_words(name);
        }
        Ok(coded)
    }

    /// Every row's class or flags.
    pub(crate) fn encode(
        &self,
        fit: &TaskFit,
        table: &Table,
    ) -> Result<(LabelColumn, Masked), DataErrors> {
        let mut column = LabelColumn::absent(fit, table.rows());
        let LabelColumn {
            values, present, ..
        } = &mut column;
        let mut coding = Coding {
            target: self,
            fit,
            table,
            errors: DataErrors::default(),
            masked: Masked::default(),
        };
        match values {
            LabelValues::Classes(classes) => coding.classes(classes, present),
            LabelValues::Flags(flags) => coding.flags(flags, present),
            LabelValues::Values(_) => {}
        }
        let Coding { errors, masked, .. } = coding;
        errors.into_result((column, masked))
    }
}

/// Labels while they are coded.
struct Coding<'a> {
    target: &'a Target,
    fit: &'a TaskFit,
    table: &'a Table,
    errors: DataErrors,
    masked: Masked,
}

impl Coding<'_> {
    /// A label that training never saw.
    fn unseen(&mut self, row: usize, column: &str, value: &str) {
        if self.target.unseen == UnseenLabels::Mask {
            self.masked.unseen += 1;
            return;
        }
        const LISTED: usize = 12;
        let classes = self.fit.classes.iter();
        let known: Vec<String> = classes
            .take(LISTED)
            .map(|class| crate::quoted::quoted(class))
            .collect();
        let more = match self.fit.classes.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let name = &self.fit.name;
        let wanted = format!("a label of task {name}");
        let help = format!(
            "its labels are {}{more}; `tasks.{name}.unseen = \"mask\"` takes any other as missing",
            known.join(", ")
        );
        let error = self.table.bad_cell(row, column, value, &wanted, Some(help));
        self.errors.push(error);
    }
}

impl Fitting<'_> {
    /// What the training rows say.
    pub(crate) fn fit(&self) -> Result<TaskFit, DataErrors> {
        let fit = match self.options.kind {
            TaskType::Binary | TaskType::Multiclass | TaskType::Ordinal => self.classes(),
            TaskType::Multilabel => self.flags(),
            TaskType::Regression => Ok(self.values()),
        }?;
        if fit.labelled == 0 {
            let problem = format!("task {}: no training row has a label", self.name);
            return Err(DataError::Option {
                key: None,
                problem,
                help: None,
            }
            .into());
        }
        Ok(fit)
    }

    /// A problem that the configuration can mend.
    fn wrong(&self, key: &str, problem: String, help: Option<&str>) -> DataErrors {
        DataError::Option {
            key: Some(format!("{}.{key}", self.options.key)),
            problem: format!("task {}: {problem}", self.name),
            help: help.map(str::to_owned),
        }
        .into()
    }

    /// A problem of the data itself.
    fn unfit(&self, problem: String, help: Option<&str>) -> DataErrors {
        let problem = format!("task {}: {problem}", self.name);
        DataError::Option {
            key: None,
            problem,
            help: help.map(str::to_owned),
        }
        .into()
    }
}

/// −Σ p ln p in nats, of counts.
pub(crate) fn entropy(counts: &[u64]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f64 / total;
            -share * share.ln()
        })
        .sum()
}

#[cfg(test)]
mod tests;
