//! One step of a request, checked, of the tasks that are present in it.

use super::request::{Numbers, Step, Table, long};
use super::{RequestError, possible};
use crate::{Cross, Gram, Losses, Moment};

/// What a method is given in a step: of present tasks alone, in their order.
pub(super) struct Given {
    pub(super) moment: Moment,
    pub(super) present: Vec<usize>,
    pub(super) losses: Option<Losses>,
    pub(super) losses_after: Option<Losses>,
    pub(super) look_ahead: Option<Losses>,
    pub(super) gram: Option<Gram>,
    pub(super) cross: Option<Cross>,
    pub(super) jacobian: Option<Vec<Vec<f64>>>,
    pub(super) end_epoch: bool,
}

/// How many tasks a step is of, if it is of any.
pub(super) fn count(step: &Step) -> Option<usize> {
    let given = [
        step.losses.as_ref().map(Vec::len),
        step.cross.as_ref().map(Vec::len),
        step.jacobian.as_ref().map(Vec::len),
        step.gram.as_ref().map(Vec::len),
        step.losses_after.as_ref().map(Vec::len),
        step.look_ahead.as_ref().map(Vec::len),
    ];
    given.into_iter().flatten().next()
}

impl Given {
    /// A step of so many tasks.
    pub(super) fn of(step: Step, count: usize, moment: Moment) -> Result<Self, RequestError> {
        let mut is_absent = vec![false; count];
        let lists = [
            ("losses", &step.losses),
            ("losses_after", &step.losses_after),
            ("look_ahead", &step.look_ahead),
        ];
        for (what, list) in lists {
            if let Some(list) = list {
                mark(&mut is_absent, long(what, list, count)?);
            }
        }
        let tables = [
            ("gram", &step.gram),
            ("cross", &step.cross),
            ("jacobian", &step.jacobian),
        ];
        for (what, table) in tables {
            if let Some(table) = table {
                mark(&mut is_absent, long(what, table, count)?);
            }
        }
        let tasks = is_absent.into_iter().enumerate();
        let tasks = tasks.filter(|(_, is_absent)| !is_absent);
        let present: Vec<usize> = tasks.map(|(task, _)| task).collect();
        let numbers = |list: Option<Numbers>| list.map(|list| losses(&list, &present));
        let products = |what, row, table: &Option<Table>| {
            let table = table.as_ref();
            table
                .map(|table| dense(what, row, table, &present, count))
                .transpose()
        };
        let gram = products("gram", "a row of gram", &step.gram)?;
        let cross = products("cross", "a row of cross", &step.cross)?;
        let jacobian = match &step.jacobian {
            Some(table) => Some(rows(table, &present)?),
            None => None,
        };
        Ok(Self {
            moment,
            losses: numbers(step.losses),
            losses_after: numbers(step.losses_after),
            look_ahead: numbers(step.look_ahead),
            gram: match gram {
                Some(values) => Some(possible(Gram::new(present.clone(), values)?)?),
                None => None,
            },
            cross: match cross {
                Some(values) => Some(Cross::new(present.clone(), values)?),
                None => None,
            },
            jacobian,
            present,
            end_epoch: step.end_epoch,
        })
    }

    /// The inner products as they were given, or of the gradients.
    pub(super) fn products(&self) -> Result<Option<Gram>, RequestError> {
        match (&self.gram, &self.jacobian) {
            (Some(gram), _) => Ok(Some(gram.clone())),
            (None, Some(rows)) => Ok(Some(Gram::of_rows(self.present.clone(), rows)?)),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn has_gradients(&self) -> bool {
        self.gram.is_some() || self.cross.is_some() || self.jacobian.is_some()
    }

    /// The losses, 1 each if none were given.
    pub(super) fn some_losses(&self) -> Losses {
        self.losses.clone().unwrap_or_else(|| {
            let ones = vec![Some(1.0); self.present.last().map_or(0, |last| last + 1)];
            losses(&ones, &self.present)
        })
    }
}

fn mark<X>(is_absent: &mut [bool], list: &[Option<X>]) {
    for (is_absent, entry) in is_absent.iter_mut().zip(list) {
        *is_absent |= entry.is_none();
    }
}

fn losses(list: &[Option<f64>], present: &[usize]) -> Losses {
    let values = present.iter().filter_map(|&task| list.get(task).copied());
    Losses {
        present: present.to_vec(),
        values: values.flatten().collect(),
        rows: vec![1; present.len()],
    }
}

/// The products `[present, present]`, row by row.
fn dense(
    what: &'static str,
    row: &'static str,
    table: &[Option<Numbers>],
    present: &[usize],
    count: usize,
) -> Result<Vec<f64>, RequestError> {
    let mut values = Vec::with_capacity(present.len() * present.len());
    for &first in present {
        let Some(Some(numbers)) = table.get(first) else {
            continue;
        };
        let numbers = long(row, numbers, count)?;
        for &second in present {
            let value = numbers.get(second).copied().flatten();
            values.push(value.ok_or(RequestError::Null {
                what,
                first,
                second,
            })?);
        }
    }
    Ok(values)
}

/// The rows of the present tasks, of one length.
fn rows(table: &[Option<Numbers>], present: &[usize]) -> Result<Vec<Vec<f64>>, RequestError> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(present.len());
    for &first in present {
        let Some(Some(numbers)) = table.get(first) else {
            continue;
        };
        let wanted = rows.first().map_or(numbers.len(), Vec::len);
        let row = long("a row of jacobian", numbers, wanted)?.iter();
        let row = row.enumerate().map(|(second, value)| {
            value.ok_or(RequestError::Null {
                what: "jacobian",
                first,
                second,
            })
        });
        rows.push(row.collect::<Result<_, _>>()?);
    }
    Ok(rows)
}
