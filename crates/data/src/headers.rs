//! The files of a data set, opened: what they and their headers say against a configuration, all of it in one go.

use polytask_random::Seed;

use crate::doubts::Doubts;
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::options::{DataOptions, InputKind, InputOptions, TaskOptions};
use crate::read::require;
use crate::roles::{Question, Roles};
use crate::shape::{CategoricalShape, InputShape, InputSketch};
use crate::source::{Reading, RowReader, Source, Want, as_wanted};
use crate::split::{Brought, Part, stratified_by};
use crate::table::Table;

/// Opens every file of a data set and says what is wrong with that, and with what the configuration says of columns and
/// of the split. No cell of a text is read. What would follow from a key in doubt is not said.
///
/// ```
/// use polytask_config::{Document, Layers, read};
/// use polytask_data::{DataOptions, Doubts, survey};
/// use polytask_random::Seed;
///
/// let text = "[data]\nsource = \"none.csv\"\nval = \"no.csv\"\nsplit = { type = \"stratified\", task = \"digit\" }";
/// let document = Document::load(Layers::text("demo.toml", text, "/nowhere")).unwrap();
/// let data = read(&document, |fields| fields.table("data", "the rows", DataOptions::options)).value;
/// let keys = |doubts: &[&str]| {
///     let doubts = Doubts(doubts.iter().map(|key| (*key).to_owned()).collect());
///     let found = survey(&data, &[], &[], Seed(1), &doubts);
///     found.errors.errors.iter().filter_map(|error| error.key().map(str::to_owned)).collect::<Vec<_>>()
/// };
/// assert_eq!(keys(&[]), ["data.source", "data.val", "data.split.task"]);
/// assert_eq!(keys(&["data.split.type", "data.val"]), ["data.source", "data.split.task"]);
/// ```
#[must_use]
pub fn survey(
    data: &DataOptions,
    inputs: &[(String, InputOptions)],
    tasks: &[(String, TaskOptions)],
    seed: Seed,
    doubts: &Doubts,
) -> Survey {
    let reading = Reading {
        limits: data.limits.clone(),
        cells: data.cells.clone(),
        ..Reading::new(seed)
    };
    let (found, errors) = Found::open(data, inputs, tasks, &reading, doubts);
    Survey {
        inputs: found.inputs(inputs, errors.is_empty(), doubts),
        errors,
    }
}

/// What files and headers say.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What is wrong.
    pub errors: DataErrors,
    /// What the model would be given; none where that is not known without reading rows, or follows from a key in doubt.
    pub inputs: Option<InputSketch>,
}

/// The files of a data set, and what each column is for.
pub(crate) struct Files {
    pub(crate) source: Opened,
    pub(crate) val: Option<Opened>,
    pub(crate) test: Option<Opened>,
    pub(crate) roles: Roles,
}

/// Those of them that could be opened.
struct Found {
    source: Option<Opened>,
    val: Option<Opened>,
    test: Option<Opened>,
    roles: Roles,
}

/// A file up to its header, or a source that is a table by nature.
pub(crate) enum Opened {
    Rows(Box<dyn RowReader>),
    Table(Box<Table>),
}

impl Opened {
    fn new(source: &dyn Source, reading: &Reading) -> Result<Self, DataErrors> {
        Ok(match source.open(reading)? {
            Some(rows) => Self::Rows(rows),
            None => Self::Table(Box::new(source.load(reading)?)),
        })
    }

    fn file(&self) -> String {
        match self {
            Self::Rows(rows) => rows.name(),
            Self::Table(table) => table.file().to_owned(),
        }
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        match self {
            Self::Rows(rows) => rows.columns().to_vec(),
            Self::Table(table) => table.names(),
        }
    }

    fn has_images(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.has_images(),
            Self::Table(table) => table.images().is_some(),
        }
    }

    fn image_shape(&self) -> Option<[usize; 3]> {
        match self {
            Self::Rows(rows) => rows.image_shape(),
            Self::Table(table) => table.images().map(Images::shape),
        }
    }

    fn images_name(&self) -> Option<&str> {
        match self {
            Self::Rows(rows) => rows.images_name(),
            Self::Table(_) => None,
        }
    }

    /// Whether it says of rows of its own that they are in `part`.
    fn brings(&self, part: Part) -> bool {
        matches!(self, Self::Table(table) if table.split().is_some_and(|parts| parts.contains(&part)))
    }

    /// All rows, each column as it is wanted.
    ///
    /// # Errors
    /// Cells that do not fit, records that break the format.
    pub(crate) fn rows(self, roles: &Roles) -> Result<Table, DataErrors> {
        match self {
            Self::Rows(mut rows) => {
                let wants: Vec<Want> = rows.columns().iter().map(|name| roles.want(name)).collect();
                if roles.image.is_none() {
                    rows.leave_images();
                }
                Ok(rows.chunk(&wants, usize::MAX)?.unwrap_or_default())
            }
            Self::Table(mut table) => {
                as_wanted(&mut table, |name| roles.want(name))?;
                Ok(*table)
            }
        }
    }
}

impl Files {
    /// Opens all of them.
    ///
    /// # Errors
    /// Every file that cannot be opened, every header that breaks the format, and whatever else the headers say against
    /// the configuration.
    pub(crate) fn open(
        data: &DataOptions,
        inputs: &[(String, InputOptions)],
        tasks: &[(String, TaskOptions)],
        reading: &Reading,
        doubts: &Doubts,
    ) -> Result<Self, DataErrors> {
        let (found, errors) = Found::open(data, inputs, tasks, reading, doubts);
        match found.source {
            Some(source) => errors.into_result(Self {
                source,
                val: found.val,
                test: found.test,
                roles: found.roles,
            }),
            None => Err(errors),
        }
    }
}

impl Found {
    /// Opens what can be opened; and what is wrong.
    fn open(
        data: &DataOptions,
        inputs: &[(String, InputOptions)],
        tasks: &[(String, TaskOptions)],
        reading: &Reading,
        doubts: &Doubts,
    ) -> (Self, DataErrors) {
        let mut errors = DataErrors::default();
        let key = |name: &str| format!("{}.{name}", data.key);
        let mut opened = |name: &str, source: &dyn Source, is_readable: bool| {
            let found = open(source, &key(name), reading, doubts, is_readable);
            found.map_err(|more| errors.extend(more)).ok().flatten()
        };
        let is_readable = !doubts.touch(&key("source"));
        let source = opened("source", data.source.as_ref(), is_readable);
        let mut separate = |name: &str, given: &Option<std::sync::Arc<dyn Source>>| {
            // A separate file is read as the source is.
            let is_readable = is_readable && !doubts.touch(&key(name));
            let given = given.as_ref()?;
            opened(name, given.as_ref(), is_readable)
        };
        let (val, test) = (separate("val", &data.val), separate("test", &data.test));

        let (file, names) = source
            .as_ref()
            .map_or_else(Default::default, |source| (source.file(), source.columns()));
        let (roles, wrong) = Question {
            file: &file,
            names: &names,
            has_images: source.as_ref().is_some_and(Opened::has_images),
            images_name: source.as_ref().and_then(Opened::images_name),
            data,
            inputs,
            tasks,
            doubts,
        }
        .answer();
        if source.is_some() {
            errors.extend(wrong);
        }
        let brings = |part| source.as_ref().is_some_and(|source| source.brings(part));
        let brought = Brought {
            // One that was given and could not be read would bring them too.
            val: data.val.is_some() || brings(Part::Val) || doubts.touch(&key("val")),
            test: data.test.is_some() || brings(Part::Test) || doubts.touch(&key("test")),
        };
        if let Err(error) = split(data, tasks, brought, doubts) {
            errors.extend(error);
        }
        for (name, opened) in [("val", &val), ("test", &test)] {
            let Some(opened) = opened else { continue };
            // What the source lacks has been said of it.
            let wanted = roles
                .names()
                .filter(|column| source.is_none() || names.iter().any(|name| name == column));
            require(&opened.file(), &opened.columns(), wanted, Some(&key(name)))
                .unwrap_or_else(|more| errors.extend(more));
        }
        let found = Self {
            source,
            val,
            test,
            roles,
        };
        (found, errors)
    }

    /// What the model would be given.
    fn inputs(
        &self,
        options: &[(String, InputOptions)],
        is_sound: bool,
        doubts: &Doubts,
    ) -> Option<InputSketch> {
        let source = self.source.as_ref()?;
        let image = match self.roles.image {
            Some(_) => Some(source.image_shape()?),
            None => None,
        };
        let asks_for_image = (options.iter()).any(|(_, input)| input.kind == InputKind::Image);
        if doubts.touch("inputs") || asks_for_image && image.is_none() {
            return None;
        }
        let category = |name: &String| CategoricalShape {
            name: name.clone(),
            categories: 1,
            counts: Vec::new(),
        };
        let least = InputShape {
            numeric: self.roles.numeric.len(),
            categorical: self.roles.categorical.iter().map(category).collect(),
            image,
        };
        let is_exact = is_sound
            && doubts.0.is_empty()
            && least.categorical.is_empty()
            && !self.roles.numeric.iter().any(|numeric| numeric.indicator);
        let is_empty = least.numeric == 0 && least.categorical.is_empty() && image.is_none();
        (!is_empty).then_some(InputSketch { least, is_exact })
    }
}

/// The source that `key` names; none if how it is to be read is in doubt.
///
/// # Errors
/// A file that cannot be opened or has no sound header; in doubt only the former.
fn open(
    source: &dyn Source,
    key: &str,
    reading: &Reading,
    doubts: &Doubts,
    is_readable: bool,
) -> Result<Option<Opened>, DataErrors> {
    if doubts.reach(&format!("{key}.type")) {
        return Ok(None);
    }
    let opened = Opened::new(source, reading);
    if is_readable {
        return opened.map(Some);
    }
    let mut errors = opened.err().unwrap_or_default();
    errors.more = 0;
    errors.errors.retain(|error| {
        matches!(error, DataError::Open { .. }) && error.key().is_some_and(|key| !doubts.touch(key))
    });
    errors.into_result(None)
}

/// What the split asks for that tasks or files cannot give.
fn split(
    data: &DataOptions,
    tasks: &[(String, TaskOptions)],
    brought: Brought,
    doubts: &Doubts,
) -> Result<(), DataErrors> {
    let mut errors = DataErrors::default();
    if let Some(stratified) = data.split.task()
        && let Err(error) = stratified_by(stratified, tasks, doubts)
    {
        errors.push(error);
    }
    if !doubts.touch(&format!("{}.split", data.key))
        && let Err(error) = data.split.shares(brought)
    {
        errors.push(error);
    }
    errors.into_result(())
}
