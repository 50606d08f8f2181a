//! What is known of coupled labels: read from what is said, told to the model, and said again as it was given.

use polytask_data::{Batch, Encoded, TaskFit, TaskKind};
use polytask_model::{CoupledLabel, Known};

use crate::joint;
use crate::load::Loaded;

/// What is known of coupled labels before they are predicted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// For all rows.
    fixed: Vec<Fixed>,
    /// Whether the input's own columns of labels are known, row by row.
    pub(super) from_columns: bool,
}

/// A label that is known for all rows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fixed {
    /// Its place among the coupled ones.
    label: usize,
    /// Its class, or its number as the loss sees it.
    seen: f32,
    /// Its class, or its number as it was given.
    given: f64,
}

impl Given {
    pub(super) fn is_nothing(&self) -> bool {
        self.fixed.is_empty() && !self.from_columns
    }

    /// Of a batch; nothing is known where nothing is given.
    pub(super) fn known(&self, loaded: &Loaded, batch: &Batch) -> Known {
        let labels = loaded.model.coupled().len();
        let mut known = joint::known(&loaded.model, batch);
        if !self.from_columns {
            known.mask.fill(0.0);
        }
        let rows = known.values.chunks_mut(labels.max(1));
        for (values, mask) in rows.zip(known.mask.chunks_mut(labels.max(1))) {
            for fixed in &self.fixed {
                let cell = values.get_mut(fixed.label).zip(mask.get_mut(fixed.label));
                if let Some((slot, mask)) = cell {
                    (*slot, *mask) = (fixed.seen, 1.0);
                }
            }
        }
        known
    }

    /// Puts numbers that are known where they are predicted, digit by digit as they were given: on their way through the scale of
    /// training they were rounded.
    pub(super) fn restore(
        &self,
        loaded: &Loaded,
        chunk: (&Encoded, &[u32]),
        tasks: &mut [Vec<f64>],
    ) {
        let (encoded, rows) = chunk;
        let coupled = loaded.model.coupled().iter().enumerate();
        for (place, label) in coupled.filter(|(_, label)| label.is_number()) {
            let fixed = self.fixed.iter().find(|fixed| fixed.label == place);
            let of_column = |row: u32| encoded.value(label.task, row as usize, label.place);
            let Some(all) = tasks.get_mut(label.task) else {
                continue;
            };
            let width = all.len() / rows.len().max(1);
            for (values, &row) in all.chunks_mut(width.max(1)).zip(rows) {
                let given = match fixed {
                    Some(fixed) => Some(fixed.given),
                    None => of_column(row).filter(|_| self.from_columns),
                };
                if let Some((slot, given)) = values.get_mut(label.place).zip(given) {
                    *slot = given;
                }
            }
        }
    }
}

impl Loaded {
    /// Labels known for all rows, as (`TASK` or `TASK/LABEL`, class or number), and whether the input's columns of labels are known.
    ///
    /// # Errors
    /// What is not coupled, no class or no number, in words.
    pub fn given(&self, labels: &[(String, String)], from_columns: bool) -> Result<Given, String> {
        let coupled = self.model.coupled();
        if coupled.is_empty() && (from_columns || !labels.is_empty()) {
            return Err(
                "a known label tells this model nothing of the others: it has no joint head (`multitask.joint`)".to_owned(),
            );
        }
        let mut fixed: Vec<Fixed> = Vec::with_capacity(labels.len());
        for (name, class) in labels {
            let found = coupled
                .iter()
                .enumerate()
                .find(|(_, label)| label.name == *name);
            let Some((place, label)) = found else {
                let names: Vec<&str> = coupled.iter().map(|label| label.name.as_str()).collect();
                return Err(format!(
                    "`{name}` is not coupled; coupled are: {}",
                    names.join(", ")
                ));
            };
            let found = if label.is_number() {
                self.number_of(place, label, class)?
            } else {
                let class = self.class_of(label, class)?;
                Fixed {
                    label: place,
                    seen: class as f32,
                    given: class as f64,
                }
            };
            // Every row has one class, or number, of each label.
            if fixed
                .iter()
                .any(|other| other.label == place && *other != found)
            {
                let two = if label.is_number() {
                    "numbers"
                } else {
                    "classes"
                };
                return Err(format!(
                    "`{name}` is given as two {two}, one of them `{class}`"
                ));
            }
            fixed.push(found);
        }
        Ok(Given {
            fixed,
            from_columns,
        })
    }

    /// A number as it is in the file, and as the loss sees it.
    fn number_of(&self, place: usize, label: &CoupledLabel, number: &str) -> Result<Fixed, String> {
        let given = number.parse::<f64>().ok().filter(|given| given.is_finite());
        let given = given.ok_or_else(|| format!("`{}` is a number, not `{number}`", label.name))?;
        let fit = self.tasks.get(label.task).map(|task| &task.fit);
        let of = |values: fn(&TaskFit) -> &Vec<f64>, none: f64| {
            let own = fit.and_then(|fit| values(fit).get(label.place));
            own.copied().unwrap_or(none)
        };
        let seen = ((given - of(|fit| &fit.mean, 0.0)) / of(|fit| &fit.std, 1.0)) as f32;
        if !seen.is_finite() {
            return Err(format!(
                "`{number}` is too large for `{}`: on the scale of its training labels it is not finite in single precision",
                label.name
            ));
        }
        Ok(Fixed {
            label: place,
            seen,
            given,
        })
    }

    fn class_of(&self, label: &CoupledLabel, class: &str) -> Result<usize, String> {
        const FLAGS: [&[&str]; 2] = [&["0", "no", "false"], &["1", "yes", "true"]];
        let task = self.tasks.get(label.task);
        let (found, classes) = match task.map(|task| (&task.kind, &task.fit.classes)) {
            Some((TaskKind::Multilabel { .. }, _)) => (
                FLAGS.iter().position(|words| words.contains(&class)),
                "0, 1".to_owned(),
            ),
            Some((_, classes)) => (
                classes.iter().position(|own| own == class),
                classes.join(", "),
            ),
            None => (None, String::new()),
        };
        found.ok_or_else(|| format!("`{}` has no class `{class}`; it has {classes}", label.name))
    }
}
