//! What another file must have to be read with a fitted preprocessing, and as what each of its columns is read.

use crate::error::{DataError, DataErrors};
use crate::options::MissingPolicy;
use crate::preprocessing::Preprocessing;
use crate::read::require;
use crate::source::{Given, Want};
use crate::table::Table;
use crate::target::Target;

impl Preprocessing {
    /// Files of labels that no task reads, or none at all where labels stand in files of their own.
    pub(crate) fn check_named(&self, given: &Given) -> Result<(), DataErrors> {
        let targets: Vec<String> = self
            .targets
            .iter()
            .flat_map(|target| target.columns.clone())
            .collect();
        let wrong = |problem: String, help: String| {
            DataErrors::from(DataError::Format {
                file: given.shown(),
                line: None,
                problem,
                help: Some(help),
            })
        };
        match given {
            Given::File(_) if self.layout.has_label_files() => {
                let named: Vec<String> =
                    targets.iter().map(|name| format!("{name}=FILE")).collect();
                Err(wrong(
                    "the labels of idx images stand in files of their own".to_owned(),
                    format!(
                        "name them all: `images={},{}` (one of the columns is enough)",
                        given.shown(),
                        named.join(",")
                    ),
                ))
            }
            Given::Named(files) => {
                let is_stray = |name: &&String| *name != "images" && !targets.contains(name);
                match files.iter().map(|(name, _)| name).find(is_stray) {
                    Some(stray) => Err(wrong(
                        format!("no task has the target `{stray}`"),
                        format!("the targets are: {}", targets.join(", ")),
                    )),
                    None => Ok(()),
                }
            }
            Given::File(_) => Ok(()),
        }
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &str> {
        let numeric = self.numeric.iter().map(|fit| fit.name.as_str());
        numeric.chain(
            self.categorical
                .iter()
                .map(|vocabulary| vocabulary.name.as_str()),
        )
    }

    pub(crate) fn want(&self, name: &str, want_labels: bool, keeps: bool) -> Want {
        let mut want = Want {
            number: self.numeric.iter().any(|fit| fit.name == name),
            text: self
                .categorical
                .iter()
                .any(|vocabulary| vocabulary.name == name),
            ..Want::default()
        };
        let mut is_target = false;
        for (target, fit) in self.targets.iter().zip(&self.tasks) {
            if target.columns.iter().any(|column| column == name) {
                is_target = true;
                let is_text = Target::is_text(&fit.kind);
                want.text |= want_labels && is_text;
                want.blank |= want_labels && target.reads_blanks();
                want.exact |= want_labels && !is_text;
            }
        }
        want.raw = keeps && !is_target && !want.number && !want.text;
        want
    }

    pub(crate) fn check_labelled(&self, file: &str, names: &[String]) -> Result<(), DataErrors> {
        require(file, names, self.inputs(), None)?;
        let is_there = |target: &Target| target.columns.iter().all(|column| names.contains(column));
        if self.targets.iter().any(is_there) {
            return Ok(());
        }
        let targets = self
            .targets
            .iter()
            .flat_map(|target| &target.columns)
            .map(String::as_str);
        require(file, names, targets, None)
    }

    pub(crate) fn complete(
        &self,
        table: &Table,
        missing: MissingPolicy,
    ) -> Result<Vec<bool>, DataErrors> {
        let numeric: Vec<&str> = self.numeric.iter().map(|fit| fit.name.as_str()).collect();
        let categorical: Vec<&str> = self
            .categorical
            .iter()
            .map(|vocabulary| vocabulary.name.as_str())
            .collect();
        Self::complete_rows(table, (&numeric, &categorical), missing)
    }
}
