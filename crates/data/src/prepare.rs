//! From a configuration to rows that can be trained on: read, leave out, divide, fit on the training rows, code.

use std::sync::Arc;

use polytask_random::Seed;

use crate::column::Words;
use crate::doubts::Doubts;
use crate::encoded::Encoded;
use crate::error::{DataError, DataErrors};
use crate::facts::{self, DataFacts};
use crate::normalize::NumericFit;
use crate::options::{DataOptions, InputOptions, MissingPolicy, TaskOptions};
use crate::preprocessing::{ImageFit, Preprocessing};
use crate::read::read;
use crate::roles::Roles;
use crate::split::{Brought, Part, Rest, Split, Splits, stratified_by};
use crate::table::Table;
use crate::target::{Fitting, Target};
use crate::task::TaskFit;
use crate::vocabulary::Vocabulary;

/// A data set that is ready to be trained on.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// How rows become numbers; goes into every checkpoint.
    pub preprocessing: Preprocessing,
    /// The rows, once.
    pub encoded: Arc<Encoded>,
    /// Which row is in which part.
    pub splits: Splits,
    /// The shares of train, val and test by which the split rule divided; none if a column said.
    pub shares: Option<[f64; 3]>,
    /// What `data.json` says.
    pub facts: DataFacts,
}

/// Reads and fits everything. What is fitted is fitted on the training rows only.
///
/// # Errors
/// All problems that can be found in one go: first those of the configuration with the files' headers, then those of
/// all cells, then those of the labels.
///
/// ```
/// use polytask_config::{Document, Layers, read};
/// use polytask_data::{DataOptions, InputOptions, TaskOptions, prepare};
/// use polytask_random::Seed;
///
/// let folder = std::env::temp_dir().join(format!("polytask-prepare-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let rows: String = (0..40).map(|row| format!("{row},{},{}\n", row % 7, if row % 3 == 0 { "yes" } else { "no" })).collect();
/// std::fs::write(folder.join("students.csv"), format!("age,hours,passed\n{rows}"))?;
///
/// let text = "[data]\nsource = \"students.csv\"\n[tasks.passed]\ntype = \"binary\"";
/// let document = Document::load(Layers::text("demo.toml", text, &folder)).unwrap();
/// let reading = read(&document, |fields| {
///     let data = fields.table("data", "the rows", DataOptions::options);
///     (data, fields.tables("tasks", "what is learnt", TaskOptions::options))
/// });
/// let (data, tasks) = reading.value;
/// let prepared = prepare(&data, &[], &tasks, Seed(1))?;
///
/// assert_eq!(prepared.preprocessing.input_shape().numeric, 2); // age and hours
/// assert_eq!(prepared.preprocessing.tasks()[0].classes, ["no", "yes"]);
/// assert_eq!((prepared.splits.train.len(), prepared.splits.val.len(), prepared.splits.test.len()), (32, 4, 4));
/// assert_eq!(prepared.encoded.batch(&prepared.splits.train[..8]).numeric.len(), 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prepare(
    data: &DataOptions,
    inputs: &[(String, InputOptions)],
    tasks: &[(String, TaskOptions)],
    seed: Seed,
) -> Result<Prepared, DataErrors> {
    let (mut table, roles, columns) = read(data, inputs, tasks, seed)?;
    let dropped = leave_out(&mut table, &roles, data.missing)?;
    let (parts, shares) = divide(&table, data, tasks, seed)?;
    let mut splits = Splits::new(&parts);
    // A share of the training rows is of the same classes as all of them.
    let named = splits.train.clone();
    splits.learn_from(data.train_share, seed);
    let active: Vec<(String, TaskOptions)> = tasks
        .iter()
        .filter(|(_, options)| options.active)
        .cloned()
        .collect();
    let preprocessing = fit(&table, &roles, data, &active, (&named, &splits.train))?;
    let unseen = facts::unseen(&preprocessing, &table, &splits);
    let filled = preprocessing.oddities(&table, dropped).filled;
    let (file, unparsable) = (table.file().to_owned(), table.unparsable());
    let flattened = table.flattened().to_vec();
    let codes = |column: &str| table.words(column).map(|words| words.codes().to_vec());
    let groups = data.split.groups().and_then(codes);
    let strata = data.strata.as_ref().and_then(|(column, _)| codes(column));
    let mut coded = preprocessing.encode(table, true)?;
    (coded.encoded.groups, coded.encoded.strata) = (groups, strata);
    let facts = DataFacts::new(&facts::Found {
        preprocessing: &preprocessing,
        encoded: &coded.encoded,
        splits: &splits,
        shares,
        file,
        columns,
        dropped,
        unparsable,
        flattened,
        filled,
        masked: coded.masked,
        unseen,
    });
    Ok(Prepared {
        preprocessing,
        encoded: Arc::new(coded.encoded),
        splits,
        shares,
        facts,
    })
}

/// Leaves out the rows that the policy on missing features leaves out; says how many.
fn leave_out(table: &mut Table, roles: &Roles, missing: MissingPolicy) -> Result<u64, DataErrors> {
    let numeric: Vec<&str> = roles
        .numeric
        .iter()
        .map(|numeric| numeric.name.as_str())
        .collect();
    let categorical: Vec<&str> = roles.categorical.iter().map(String::as_str).collect();
    let flags = Preprocessing::complete_rows(table, (&numeric, &categorical), missing)?;
    let dropped = flags.iter().filter(|flag| !**flag).count();
    if dropped > 0 {
        if dropped == table.rows() {
            let problem = format!(
                "every row of {} has a missing feature, so none is left",
                table.file()
            );
            return Err(DataError::Option {
                key: None,
                problem,
                help: None,
            }
            .into());
        }
        table.retain(&flags);
    }
    Ok(dropped as u64)
}

/// The part of every row, and the shares that the rule went by.
fn divide(
    table: &Table,
    data: &DataOptions,
    tasks: &[(String, TaskOptions)],
    seed: Seed,
) -> Result<(Vec<Part>, Option<[f64; 3]>), DataErrors> {
    let mut parts = table
        .split()
        .map_or_else(|| vec![Part::Train; table.rows()], <[Part]>::to_vec);
    let rows: Vec<usize> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| **part == Part::Train)
        .map(|(row, _)| row)
        .collect();
    let none = Words::default();
    let words = match (data.split.column(), data.split.task()) {
        (Some((column, _)), _) => table.words(column),
        (_, Some(stratified)) => {
            table.words(&stratified_by(stratified, tasks, &Doubts::default())?)
        }
        _ => None,
    };
    let rest = Rest {
        table,
        rows: &rows,
        words: words.unwrap_or(&none),
        seed,
        brought: Brought {
            val: parts.contains(&Part::Val),
            test: parts.contains(&Part::Test),
        },
    };
    for (row, part) in rows.iter().zip(data.split.assign(&rest)?) {
        if let Some(slot) = parts.get_mut(*row) {
            *slot = part;
        }
    }
    if let Split::Hash(rule) = &data.split {
        rule.check(table, words.unwrap_or(&none), &parts)?;
    }
    if !parts.contains(&Part::Train) {
        let problem = format!(
            "no row of {} is for training ({} rows in all)",
            table.file(),
            table.rows()
        );
        return Err(DataError::Option {
            key: Some(format!("{}.split", data.key)),
            problem,
            help: None,
        }
        .into());
    }
    Ok((parts, data.split.shares(rest.brought)?))
}

/// Fits inputs and labels to the training rows, of `train` of which anything is learnt.
fn fit(
    table: &Table,
    roles: &Roles,
    data: &DataOptions,
    tasks: &[(String, TaskOptions)],
    (named, train): (&[u32], &[u32]),
) -> Result<Preprocessing, DataErrors> {
    let mut errors = DataErrors::default();
    let mut fits: Vec<TaskFit> = Vec::new();
    for (name, options) in tasks {
        match (Fitting {
            name,
            options,
            table,
            named,
            train,
        })
        .fit()
        {
            Ok(fit) => fits.push(fit),
            Err(more) => errors.extend(more),
        }
    }
    let numeric = roles.numeric.iter().map(|numeric| {
        let cells = table.numbers(&numeric.name).unwrap_or_default();
        NumericFit::new(&numeric.name, cells, train, numeric.indicator)
    });
    let none = Words::default();
    let categorical = roles
        .categorical
        .iter()
        .map(|name| Vocabulary::new(name, table.words(name).unwrap_or(&none), train));
    let image = roles
        .image
        .zip(table.images())
        .map(|(scaling, images)| ImageFit::new(images, train, scaling));
    let layout = data.source.layout();
    let preprocessing = Preprocessing {
        numeric: numeric.collect(),
        categorical: categorical.collect(),
        targets: tasks
            .iter()
            .map(|(_, options)| Target::new(options))
            .collect(),
        tasks: fits,
        missing: data.missing,
        cells: data.cells.clone(),
        limits: data.limits.clone(),
        layout: match &image {
            Some(ImageFit {
                shape: [_, height, width],
                ..
            }) => layout.scaled_to([*height, *width]),
            None => layout,
        },
        image,
        ids: data.ids.clone(),
    };
    errors.into_result(preprocessing)
}
