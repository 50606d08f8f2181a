//! The config of a run that goes on: what it was, with the keys that may change, changed.

use std::cmp::Ordering;

use polytask_config::{Document, Layers, Problem, Problems, Resolved};
use polytask_store::{Selected, StoreError, Text, Writer};
use polytask_training::save::meta;
use polytask_training::session::MAY_CHANGE;

use super::{Arguments, overrides};
use crate::configuration::{Configuration, current_directory, refused};
use crate::exit::{Exit, Failure};
use crate::number::counted;
use crate::terminal::Terminal;

/// The run's config with what may change, changed.
pub(super) fn changed(
    writer: &Writer,
    from: &Selected,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Configuration, Failure> {
    let directory = current_directory()?;
    let over = overrides(arguments);
    let missing = || {
        Failure::new(
            Exit::Checkpoint,
            format!("{}: it holds no config", from.path.display()),
        )
    };
    let trained = from.checkpoint.meta.get(meta::CONFIG).ok_or_else(missing)?;
    let before = Configuration::load(Layers::text("the checkpoint's config", trained, &directory))?;
    if !before.problems.is_empty() {
        return Err(Failure::new(
            Exit::Checkpoint,
            "the checkpoint's config is not one that this build reads",
        )
        .hint(before.problems.to_string()));
    }
    // What an earlier resume changed is in the run's own file.
    let name = Text::ResolvedConfig.file_name();
    let text = match writer.text(Text::ResolvedConfig) {
        Ok(text) => text,
        Err(StoreError::Missing { .. }) => {
            terminal.note(&format!(
                "the run has no {name}; the checkpoint's own config is used"
            ));
            trained.clone()
        }
        Err(error) => return Err(error.into()),
    };
    let now = Configuration::load(over.put_over(Layers::text(name, text, &directory)))?
        .sound(terminal)?;
    refuse_other_changes(&before.resolved, &now.resolved, &now.document, terminal)?;
    let [trained, wanted] = [&before, &now].map(|one| &one.experiment.train);
    let done = from.checkpoint.epoch().unwrap_or(0);
    let epochs = counted(done, "epoch is", "epochs are");
    match done.cmp(&(wanted.epochs as u64)) {
        Ordering::Less => {}
        Ordering::Equal => terminal.note(&format!("nothing to train: {epochs} done")),
        Ordering::Greater => {
            let problem = Problem::new("P0604", "train.epochs", format!("{epochs} done already"))
                .with_label("fewer than are done")
                .with_help("an earlier checkpoint can go on with fewer: `--from step-N`");
            return Err(refused(&now.document, &Problems(vec![problem]), terminal));
        }
    }
    if trained.epochs != wanted.epochs && wanted.schedule.name != "constant" {
        terminal.note(&format!(
            "the {} schedule now runs over {} epochs instead of {}: the learning rate goes on from where that curve is",
            wanted.schedule.name, wanted.epochs, trained.epochs
        ));
    }
    Ok(now)
}

/// # Errors
/// Every key that differs and may not.
pub(super) fn refuse_other_changes(
    before: &Resolved,
    now: &Resolved,
    document: &Document,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let value = |value: &Option<polytask_config::Literal>| {
        value
            .as_ref()
            .map_or("nothing".to_owned(), ToString::to_string)
    };
    let problems: Vec<Problem> = before
        .diff(now)
        .into_iter()
        .filter(|difference| !MAY_CHANGE.contains(&difference.key.as_str()))
        .map(|difference| {
            let message = format!(
                "the run has {}, not {}",
                value(&difference.left),
                value(&difference.right)
            );
            Problem::new("P0602", difference.key, message)
                .with_label("cannot change when a run goes on")
                .with_help(format!("these may: {}", MAY_CHANGE.join(", ")))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(refused(document, &Problems(problems), terminal))
    }
}
