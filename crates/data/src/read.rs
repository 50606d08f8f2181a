//! Reads the sources of a data set into one table, with the columns that are wanted as what they are wanted for.

use polytask_random::Seed;

use crate::error::{DataError, DataErrors};
use crate::nearest::nearest;
use crate::options::{DataOptions, InputOptions, TaskOptions};
use crate::roles::{Question, Roles};
use crate::source::{Reading, Source, Want, as_wanted};
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
    let question = |file: &str, names: &[String], has_images| {
        Question {
            file,
            names,
            has_images,
            data,
            inputs,
            tasks,
        }
        .answer()
    };
    let begun = data.source.open(&reading).and_then(|rows| match rows {
        Some(rows) => Ok((Some(rows), Table::default())),
        None => Ok((None, data.source.load(&reading)?)),
    });
    let (rows, table) = begun.map_err(|errors| and_unopened(errors, data, &reading))?;
    let (main, roles, columns) = if let Some(mut rows) = rows {
        let names = rows.columns().to_vec();
        let roles = question(&rows.name(), &names, rows.has_images())?;
        let wants: Vec<Want> = names.iter().map(|name| roles.want(name)).collect();
        if roles.image.is_none() {
            rows.leave_images();
        }
        let table = rows
            .chunk(&wants, usize::MAX)
            .map(Option::unwrap_or_default);
        (table, roles, names.len())
    } else {
        let mut table = table;
        let names = table.names();
        let roles = question(table.file(), &names, table.images().is_some())?;
        let typed = as_wanted(&mut table, |name| roles.want(name));
        (typed.map(|()| table), roles, names.len())
    };
    // All files are read before anything is said, so that all that is wrong is said at once.
    let val = data
        .val
        .as_ref()
        .map(|source| again(source.as_ref(), &reading, &roles));
    let test = data
        .test
        .as_ref()
        .map(|source| again(source.as_ref(), &reading, &roles));
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

/// The errors of the main source, and which of the other sources' files cannot be opened either: what is missing is
/// named in one go.
fn and_unopened(mut errors: DataErrors, data: &DataOptions, reading: &Reading) -> DataErrors {
    for source in [&data.val, &data.test].into_iter().flatten() {
        let tried = source.open(reading).and_then(|rows| match rows {
            Some(_) => Ok(()),
            None => source.load(reading).map(drop),
        });
        let found = tried.err().unwrap_or_default();
        for error in found.errors {
            if matches!(error, DataError::Open { .. }) {
                errors.push(error);
            }
        }
    }
    errors
}

/// A separate file of the same columns.
fn again(source: &dyn Source, reading: &Reading, roles: &Roles) -> Result<Table, DataErrors> {
    let Some(mut rows) = source.open(reading)? else {
        let mut table = source.load(reading)?;
        let names = table.names();
        require(table.file(), &names, roles.names())?;
        as_wanted(&mut table, |name| roles.want(name))?;
        return Ok(table);
    };
    let names = rows.columns().to_vec();
    require(&rows.name(), &names, roles.names())?;
    let wants: Vec<Want> = names.iter().map(|name| roles.want(name)).collect();
    if roles.image.is_none() {
        rows.leave_images();
    }
    Ok(rows.chunk(&wants, usize::MAX)?.unwrap_or_default())
}

/// Refuses a file that lacks one of these columns.
pub(crate) fn require<'a>(
    file: &str,
    names: &[String],
    wanted: impl Iterator<Item = &'a str>,
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
            key: None,
            file: file.to_owned(),
            column: column.to_owned(),
            near: nearest(column, names),
            columns: names.to_vec(),
        });
    }
    errors.into_result(())
}
