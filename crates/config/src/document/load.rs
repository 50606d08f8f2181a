//! From layers to one document: files, `extends`, profile, flags.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layers::{Layers, Main};
use super::merge::merge_tables;
use super::node::{Node, Place, Rank, Source, Table, Value};
use super::parse::{self, Layer};
use super::{Document, Inner, overrides, profile, text};
use crate::codes;
use crate::problem::{Problem, Problems};
use crate::terminal::quoted;

/// The version of the format that this build reads.
const VERSION: i128 = 1;
/// How many files one configuration may be made of.
const FILES: usize = 64;

pub(crate) fn load(layers: &Layers) -> Result<Document, Problems> {
    let mut loader = Loader::default();
    let failed = |problem| Problems(vec![problem]);
    let (source, path) = match &layers.main {
        Main::File(path) => {
            let full = layers.directory.join(path);
            let name = path.display().to_string();
            let bytes = text::bytes_of(&full, &name).map_err(failed)?;
            let directory = full.parent().unwrap_or(&layers.directory);
            (
                text::source(&name, &bytes, directory).map_err(failed)?,
                Some(full),
            )
        }
        Main::Text { name, bytes } => (
            text::source(name, bytes, &layers.directory).map_err(failed)?,
            None,
        ),
    };
    let chain: Vec<PathBuf> = path.iter().map(|path| identity(path)).collect();
    let mut table = loader.file(&source, &chain);
    let profiles = match loader.profiles.remove("profiles") {
        Some(profiles) => profile::expand(&profiles, &mut loader.problems),
        None => Vec::new(),
    };
    if let Some(name) = &layers.profile {
        match profiles.iter().find(|(known, _)| known == name) {
            Some((_, changes)) => {
                let rank = loader.next_rank();
                let name: Arc<str> = Arc::from(name.as_str());
                merge_tables(&mut table, &profile::stamped_table(changes, rank, &name));
            }
            None => loader
                .problems
                .push(profile::unknown(name, &profiles, &layers.directory)),
        }
    }
    let rank = loader.next_rank();
    let flags = layers
        .flags
        .iter()
        .map(|flag| overrides::flag(flag, &layers.directory, rank));
    let sets = layers
        .sets
        .iter()
        .enumerate()
        .map(|(index, set)| overrides::set(set, &layers.directory, rank + 1 + index));
    for change in flags.chain(sets).collect::<Vec<_>>() {
        match change {
            Ok(change) => merge_tables(&mut table, &change),
            Err(problem) => loader.problems.push(problem),
        }
    }
    let version = table.get("version").cloned();
    if let Some(version) = version.filter(|version| !is_this_version(version)) {
        loader.problems.push(other_version(&version));
        // One problem is enough: the listing need not find it again.
        table.remove("version");
    }
    let place = Place { source, span: 0..0 };
    let root = Node {
        value: Value::Table(table),
        place,
        key: 0..0,
        rank: 0,
        profile: None,
        before: None,
    };
    let (problems, is_broken) = (loader.problems, loader.is_broken);
    Ok(Document(Arc::new(Inner {
        root: Arc::new(root),
        profiles,
        problems,
        is_broken,
    })))
}

/// What all files of one configuration share.
#[derive(Default)]
struct Loader {
    problems: Vec<Problem>,
    is_broken: bool,
    files: usize,
    rank: Rank,
    /// One key, `profiles`: those of all files, merged.
    profiles: Table,
}

impl Loader {
    fn next_rank(&mut self) -> Rank {
        self.rank += 1;
        self.rank
    }

    /// A file over the files that it extends. `chain` is the way here, for `extends` that goes round in a circle.
    fn file(&mut self, source: &Arc<Source>, chain: &[PathBuf]) -> Table {
        self.files += 1;
        let parsed = parse::document(&Layer {
            source: Arc::clone(source),
            rank: 0,
            profile: None,
        });
        self.is_broken |= !parsed.problems.is_empty();
        self.problems.extend(parsed.problems);
        let mut merged = Table::default();
        let extends = parsed.table.get("extends");
        for (path, place) in extends.map(|node| self.extended(node)).unwrap_or_default() {
            if let Some(base) = self.base(source, &path, place, chain) {
                merge_tables(&mut merged, &base);
            }
        }
        // Only now is it known how many layers lie below this one.
        let rank = self.next_rank();
        let mut table = parse::ranked(&parsed.table, rank);
        table.remove("extends");
        if let Some(profiles) = table.remove("profiles") {
            let mut own = Table::default();
            own.set("profiles", profiles);
            merge_tables(&mut self.profiles, &own);
        }
        merge_tables(&mut merged, &table);
        merged
    }

    /// The file names in `extends`, each with its place.
    fn extended(&mut self, node: &Node) -> Vec<(String, Place)> {
        let single = [node];
        let items: Vec<&Node> = match &node.value {
            Value::List(items) => items.iter().map(AsRef::as_ref).collect(),
            _ => single.to_vec(),
        };
        let mut paths = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(path) => paths.push((path.clone(), item.place.clone())),
                _ => self.problems.push(
                    Problem::new(
                        codes::EXTENDS,
                        "extends",
                        "`extends` must be a path or a list of paths".to_owned(),
                    )
                    .with_label(format!("expected a string, found {}", item.kind()))
                    .at(item.place.clone()),
                ),
            }
        }
        paths
    }

    fn base(
        &mut self,
        from: &Source,
        path: &str,
        place: Place,
        chain: &[PathBuf],
    ) -> Option<Table> {
        let full = from.directory.join(path);
        let id = identity(&full);
        let refuse = |loader: &mut Self, problem: Problem| {
            loader.is_broken = true;
            loader.problems.push(problem);
            None
        };
        if chain.contains(&id) {
            let message = format!("extending {} goes round in a circle", quoted(path));
            let label = "this file is being read already";
            return refuse(
                self,
                Problem::new(codes::EXTENDS, "extends", message)
                    .with_label(label)
                    .at(place),
            );
        }
        if self.files >= FILES {
            let message = format!("a configuration is made of at most {FILES} files");
            return refuse(
                self,
                Problem::new(codes::EXTENDS, "extends", message).at(place),
            );
        }
        let name = match Path::new(&from.name).parent() {
            Some(parent) => parent.join(path).display().to_string(),
            None => path.to_owned(),
        };
        let bytes = match text::bytes_of(&full, &name) {
            Ok(bytes) => bytes,
            Err(problem) => return refuse(self, problem.with_label("extended here").at(place)),
        };
        let directory = full.parent().unwrap_or(&from.directory);
        match text::source(&name, &bytes, directory) {
            Ok(source) => {
                let chain: Vec<PathBuf> = chain.iter().cloned().chain([id]).collect();
                Some(self.file(&source, &chain))
            }
            Err(problem) => refuse(self, problem),
        }
    }
}

/// Which file it is, whatever its path looks like.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_this_version(node: &Node) -> bool {
    matches!(node.value, Value::Integer(VERSION))
}

fn other_version(node: &Node) -> Problem {
    let message = match node.value {
        Value::Integer(version) => {
            format!("this is version {version} of the format; this build reads version {VERSION}")
        }
        _ => {
            format!("`version` must be {VERSION}, the version of the format that this build reads")
        }
    };
    Problem::new(codes::VERSION, "version", message)
        .with_label(format!("expected {VERSION}"))
        .at(node.place.clone())
}
