//! What each column is for, as the configuration says.

use crate::doubts::Doubts;
use crate::error::{DataError, DataErrors};
use crate::nearest::nearest;
use crate::options::{
    Columns, DataOptions, ImageScaling, InputKind, InputOptions, TaskOptions, TaskType, twice,
};
use crate::source::Want;
use crate::split::Split;
use crate::target::Target;

/// The inputs and what else is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    pub(crate) numeric: Vec<Numeric>,
    pub(crate) categorical: Vec<String>,
    pub(crate) image: Option<ImageScaling>,
    /// Class targets, and the columns that the split and permutation tests read.
    texts: Vec<String>,
    /// Regression targets.
    exacts: Vec<String>,
    /// Targets whose empty cells say something.
    blanks: Vec<String>,
}

/// A numeric input.
#[derive(Clone, Debug)]
pub(crate) struct Numeric {
    pub(crate) name: String,
    pub(crate) indicator: bool,
    /// The key of the input's columns.
    key: String,
}

/// What the roles are worked out from.
pub(crate) struct Question<'a> {
    pub(crate) file: &'a str,
    pub(crate) names: &'a [String],
    pub(crate) has_images: bool,
    /// What the images are called in the file, where that is no column.
    pub(crate) images_name: Option<&'a str>,
    pub(crate) data: &'a DataOptions,
    pub(crate) inputs: &'a [(String, InputOptions)],
    pub(crate) tasks: &'a [(String, TaskOptions)],
    /// Keys of which nothing is said, and nothing that would follow from them.
    pub(crate) doubts: &'a Doubts,
}

impl Roles {
    /// How a column is to be read.
    pub(crate) fn want(&self, name: &str) -> Want {
        Want {
            number: self.numeric.iter().any(|numeric| numeric.name == name),
            text: self
                .categorical
                .iter()
                .chain(&self.texts)
                .any(|text| text == name),
            exact: self.exacts.iter().any(|exact| exact == name),
            raw: false,
            blank: self.blanks.iter().any(|blank| blank == name),
        }
    }

    /// All columns that are read.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let numeric = self.numeric.iter().map(|numeric| &numeric.name);
        numeric
            .chain(&self.categorical)
            .chain(&self.texts)
            .chain(&self.exacts)
            .map(String::as_str)
    }

    /// Says of a column that holds text which key makes it a number, and what to write instead.
    pub(crate) fn explain(
        &self,
        errors: DataErrors,
        tasks: &[(String, TaskOptions)],
    ) -> DataErrors {
        let mut explained = DataErrors {
            errors: Vec::new(),
            more: errors.more,
        };
        for mut error in errors.errors {
            if let DataError::NotNumeric {
                key, column, help, ..
            } = &mut error
            {
                if let Some(numeric) = self.numeric.iter().find(|numeric| numeric.name == *column) {
                    *key = Some(numeric.key.clone());
                    let usual = || match numeric.key.strip_suffix(".columns") {
                        Some(input) => format!(
                            "list it in `{input}.categorical`, or leave it out: `columns = {{ all_except = [\"{column}\"] }}`"
                        ),
                        None => format!(
                            "say what it is: `[inputs.table]` with `categorical = [\"{column}\"]`, or leave it out: \
                             `columns = {{ all_except = [\"{column}\"] }}`"
                        ),
                    };
                    help.get_or_insert_with(usual);
                } else if let Some((_, task)) =
                    tasks.iter().find(|(_, task)| task.target.contains(column))
                {
                    *key = Some(format!("{}.target", task.key));
                    help.get_or_insert_with(|| {
                        "labels that are text are for `type = \"multiclass\"` or `\"binary\"`"
                            .to_owned()
                    });
                }
            }
            explained.errors.push(error);
        }
        explained
    }
}

impl Question<'_> {
    /// The roles, and everything that the configuration says wrongly of the columns.
    pub(crate) fn answer(&self) -> (Roles, DataErrors) {
        let mut roles = Roles::default();
        let mut errors = DataErrors::default();
        self.targets(&mut roles, &mut errors);
        for (index, id) in self.data.ids.iter().enumerate() {
            self.known(
                id,
                || format!("{}.ids[{index}]", self.data.key),
                &mut errors,
            );
        }
        if let Some((column, key)) = self.data.split.column()
            && !self.doubts.touch(key)
        {
            self.known(column, || key.to_owned(), &mut errors);
            roles.texts.push(column.to_owned());
        }
        if let Some((column, key)) = &self.data.strata
            && !self.doubts.touch(key)
        {
            self.known(column, || key.clone(), &mut errors);
            roles.texts.push(column.clone());
        }
        if self.inputs.is_empty() && !self.doubts.touch("inputs") {
            self.default_input(&mut roles);
        }
        for (_, input) in self.inputs {
            match input.kind {
                InputKind::Columns => self.columns(input, &mut roles, &mut errors),
                InputKind::Image if self.has_images => roles.image = Some(input.scaling),
                InputKind::Image if self.doubts.touch(&format!("{}.type", input.key)) => {}
                InputKind::Image => errors.push(DataError::Option {
                    key: Some(input.key.clone()),
                    problem: format!("{} has no images", crate::quoted::shown(self.file)),
                    help: None,
                }),
            }
        }
        let taken: Vec<String> = roles
            .numeric
            .iter()
            .map(|numeric| &numeric.name)
            .chain(&roles.categorical)
            .cloned()
            .collect();
        let is_read = |names: &[&str]| {
            !self
                .doubts
                .0
                .iter()
                .any(|doubt| names.iter().any(|name| doubt.starts_with(name)))
        };
        if let Some(name) = twice(&taken).filter(|_| is_read(&["inputs"])) {
            let problem = format!("column `{name}` is an input twice");
            errors.push(DataError::Option {
                key: self.inputs.first().map(|(_, input)| input.key.clone()),
                problem,
                help: None,
            });
        }
        if errors.is_empty()
            && taken.is_empty()
            && roles.image.is_none()
            && is_read(&["inputs", "tasks", "data"])
        {
            let file = crate::quoted::shown(self.file);
            let key = match self.inputs.first() {
                Some((_, input)) => format!("{}.columns", input.key),
                None => format!("{}.source", self.data.key),
            };
            errors.push(DataError::Option {
                key: Some(key),
                problem: format!("no column of {file} is left to be an input"),
                help: Some(
                    "targets, `data.ids` and the column that says the split are none".to_owned(),
                ),
            });
        }
        (roles, errors)
    }

    fn targets(&self, roles: &mut Roles, errors: &mut DataErrors) {
        for (_, task) in self.tasks {
            if self.doubts.touch(&format!("{}.target", task.key)) {
                continue;
            }
            for (index, column) in task.target.iter().enumerate() {
                let key = || match task.target.len() {
                    1 => format!("{}.target", task.key),
                    _ => format!("{}.target[{index}]", task.key),
                };
                self.known(column, key, errors);
                let list = if task.kind == TaskType::Regression {
                    &mut roles.exacts
                } else {
                    &mut roles.texts
                };
                list.push(column.clone());
                if Target::new(task).reads_blanks() {
                    roles.blanks.push(column.clone());
                }
            }
        }
    }

    fn known(&self, column: &str, key: impl FnOnce() -> String, errors: &mut DataErrors) -> bool {
        let is_known = self.names.iter().any(|name| name == column);
        if !is_known && self.images_name == Some(column) {
            errors.push(DataError::Option {
                key: Some(key()),
                problem: format!(
                    "`{column}` in {} is an array of pictures (of three or four axes), not a column",
                    self.file
                ),
                help: Some("pictures are an input of their own: `[inputs.image]`, with `columns` left out".to_owned()),
            });
        } else if !is_known {
            errors.push(DataError::UnknownColumn {
                key: Some(key()),
                file: self.file.to_owned(),
                column: column.to_owned(),
                near: nearest(column, self.names),
                columns: self.names.to_vec(),
            });
        }
        is_known
    }

    /// Without `[inputs]`: the images, or all columns that are free.
    fn default_input(&self, roles: &mut Roles) {
        if self.has_images {
            roles.image = Some(ImageScaling::Standard);
            return;
        }
        roles.numeric = self
            .free()
            .map(|name| Numeric {
                name: name.clone(),
                indicator: false,
                key: format!("{}.source", self.data.key),
            })
            .collect();
    }

    /// The columns that are no target and no id, and do not say how to split.
    fn free(&self) -> impl Iterator<Item = &String> {
        let split = self.data.split.column().map(|(column, _)| column);
        self.names.iter().filter(move |name| {
            let is_target = self
                .tasks
                .iter()
                .any(|(_, task)| task.target.contains(name));
            !is_target && !self.data.ids.contains(name) && split != Some(name.as_str())
        })
    }

    fn columns(&self, input: &InputOptions, roles: &mut Roles, errors: &mut DataErrors) {
        let key = format!("{}.columns", input.key);
        let is_doubtful = self.doubts.touch(&key);
        let columns: Vec<String> = match &input.columns {
            Columns::Listed(listed) => {
                for (index, column) in listed.iter().enumerate() {
                    let key = || format!("{key}[{index}]");
                    if self.known(column, key, errors) {
                        self.check_free(column, key(), errors);
                    }
                }
                listed.clone()
            }
            Columns::AllExcept(except) => {
                for (index, column) in except.iter().enumerate() {
                    self.known(column, || format!("{key}.all_except[{index}]"), errors);
                }
                self.free()
                    .filter(|name| !except.contains(name))
                    .cloned()
                    .collect()
            }
        };
        for (index, column) in input.categorical.iter().enumerate() {
            let key = || format!("{}.categorical[{index}]", input.key);
            if self.known(column, key, errors) && !columns.contains(column) && !is_doubtful {
                let problem = format!("`{column}` is not among the columns of this input");
                errors.push(DataError::Option {
                    key: Some(key()),
                    problem,
                    help: None,
                });
            }
        }
        if is_doubtful {
            return;
        }
        for name in columns {
            if input.categorical.contains(&name) {
                roles.categorical.push(name);
            } else {
                roles.numeric.push(Numeric {
                    name,
                    indicator: input.indicator,
                    key: key.clone(),
                });
            }
        }
    }

    /// An input that tells the answer is none.
    fn check_free(&self, column: &str, key: String, errors: &mut DataErrors) {
        let target = self
            .tasks
            .iter()
            .find(|(_, task)| task.target.iter().any(|target| target == column))
            .filter(|(_, task)| !self.doubts.touch(&format!("{}.target", task.key)));
        let problem = match target {
            Some((name, _)) => format!(
                "`{column}` is the target of task {name}: as an input it would tell the answer"
            ),
            None if self.data.ids.iter().any(|id| id == column) => {
                format!("`{column}` is listed in `data.ids`")
            }
            None if matches!(self.data.split, Split::Column(_))
                && self
                    .data
                    .split
                    .column()
                    .is_some_and(|(name, _)| name == column) =>
            {
                format!("`{column}` says which split a row is in")
            }
            None => return,
        };
        errors.push(DataError::Option {
            key: Some(key),
            problem,
            help: None,
        });
    }
}
