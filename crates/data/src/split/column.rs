//! A column of the table names each row's part.

use polytask_config::{Entry, Fields};

use super::{Part, Rest, Split};
use crate::error::DataErrors;

pub(crate) const ENTRY: Entry<Split> = Entry {
    name: "column",
    summary: "a column names each row's part",
    source: "",
    new: |fields| Split::Column(ByColumn::options(fields)),
    facts: (),
};

/// The options of `column`.
#[derive(Clone, Debug, PartialEq)]
pub struct ByColumn {
    pub(super) column: String,
    pub(super) key: String,
    names: [Vec<String>; 3],
}

impl ByColumn {
    fn options(fields: &mut Fields<'_>) -> Self {
        let column = fields
            .text("column", "the column that names the part")
            .or("split");
        let mut names = |key, help, usual: &[&str]| {
            fields
                .texts(key, help)
                .or(usual.iter().map(|name| (*name).to_owned()).collect())
        };
        Self {
            column,
            names: [
                names("train", "values that mean training", &["train", "training"]),
                names(
                    "val",
                    "values that mean validation",
                    &["val", "valid", "validation", "dev"],
                ),
                names("test", "values that mean test", &["test"]),
            ],
            key: fields.key_path("column"),
        }
    }

    pub(super) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        let part_of: Vec<Option<Part>> = rest
            .words
            .dictionary()
            .iter()
            .map(|word| {
                let names = Part::ALL.into_iter().zip(&self.names);
                names
                    .into_iter()
                    .find(|(_, names)| names.iter().any(|name| **name == **word))
                    .map(|(part, _)| part)
            })
            .collect();
        let all: Vec<&str> = self.names.iter().flatten().map(String::as_str).collect();
        let wanted = format!("one of {}", all.join(", "));
        let mut errors = DataErrors::default();
        let mut parts = Vec::with_capacity(rest.rows.len());
        for &row in rest.rows {
            let code = rest
                .words
                .codes()
                .get(row)
                .map_or(usize::MAX, |&code| code as usize);
            let part = part_of.get(code).copied().flatten();
            if part.is_none() {
                let value = rest.words.get(row).unwrap_or_default();
                let table = rest.table;
                errors.push(table.bad_cell(row, &self.column, value, &wanted, None));
            }
            parts.push(part.unwrap_or(Part::Train));
        }
        errors.into_result(parts)
    }
}
