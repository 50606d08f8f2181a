//! The data of a family as files: `DIR/NAME/data.csv`, `truth.json`, and a `config.toml` that trains on them.

use std::path::{Path, PathBuf};

use polytask_planted::{Family, csv};

use crate::command::info::publish;
use crate::exit::{Exit, Failure};

/// Writes every data set of a family; gives their folders.
///
/// # Errors
/// A folder or file that cannot be written.
pub(super) fn write(folder: &Path, family: Family, seed: u64) -> Result<Vec<PathBuf>, Failure> {
    let mut folders = Vec::new();
    for instance in family.instances(seed) {
        let folder = folder.join(&instance.name);
        std::fs::create_dir_all(&folder).map_err(|error| {
            Failure::new(
                Exit::Io,
                format!("cannot make {}: {error}", folder.display()),
            )
        })?;
        let table = instance
            .table()
            .map_err(|errors| Failure::new(Exit::Data, errors.to_string()))?;
        publish(&folder.join("data.csv"), &csv(&table))?;
        publish(
            &folder.join("truth.json"),
            &format!("{:#}\n", instance.truth),
        )?;
        publish(
            &folder.join("config.toml"),
            &instance.config_of_file(seed, "data.csv"),
        )?;
        folders.push(folder);
    }
    Ok(folders)
}
