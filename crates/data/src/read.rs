//! Reads the sources of a data set into one table, with the columns that are wanted as what they are wanted for.

use polytask_random::Seed;

use crate::doubts::Doubts;
use crate::error::{DataError, DataErrors};
use crate::headers::Files;
use crate::nearest::nearest;
use crate::options::{DataOptions, InputOptions, TaskOptions};
use crate::roles::Roles;
use crate::source::Reading;
use crate::split::Part;
use crate::table::Table;

/// The rows of all sources, those of separate files at the end, and what each column is for.
pub(crate) fn read(
    data: &DataOptions,
    inputs: &[(String, InputOptions)],
    tasks: &[(String, TaskOptions)],
    seed: Seed,
) -> Result<(Table, Roles, usize), DataErrors> {
    let reading = Reading {
        limits: data.limits.clone(),
        cells: data.cells.clone(),
        ..Reading::new(seed)
    };
    let Files {
        source,
        val,
        test,
        roles,
    } = Files::open(data, inputs, tasks, &reading, &Doubts::default())?;
    let columns = source.columns().len();
    // All files are read before anything is said, so that all that is wrong is said at once.
    let main = source.rows(&roles);
    let val = val.map(|opened| opened.rows(&roles));
    let test = test.map(|opened| opened.rows(&roles));
    let mut errors = DataErrors::default();
    let mut table = main.map_err(|more| errors.extend(more)).ok();
    for (part, loaded) in [(Part::Val, val), (Part::Test, test)] {
        match loaded {
            Some(Ok(more)) => {
                let appended = table
                    .as_mut()
                    .map_or(Ok(()), |table| table.append(more, part));
                appended.unwrap_or_else(|more| errors.extend(more));
            }
            Some(Err(more)) => errors.extend(more),
            None => {}
        }
    }
    let table = roles
        .explain(errors, tasks)
        .into_result(table)?
        .unwrap_or_default();
    Ok((table, roles, columns))
}

/// Refuses a file that lacks one of these columns; `key` names it in the configuration.
pub(crate) fn require<'a>(
    file: &str,
    names: &[String],
    wanted: impl Iterator<Item = &'a str>,
    key: Option<&str>,
) -> Result<(), DataErrors> {
    let mut errors = DataErrors::default();
    // Two tasks may have one target; it is missing once.
    let mut told = Vec::new();
    for column in wanted.filter(|column| !names.iter().any(|name| name == column)) {
        if told.contains(&column) {
            continue;
        }
        told.push(column);
        errors.push(DataError::UnknownColumn {
            key: key.map(str::to_owned),
            file: file.to_owned(),
            column: column.to_owned(),
            near: nearest(column, names),
            columns: names.to_vec(),
        });
    }
    errors.into_result(())
}
