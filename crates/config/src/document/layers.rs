//! Which texts make up a configuration, in order of precedence.

use std::path::{Path, PathBuf};

/// The file (or a text), and what the command line puts over it.
///
/// Precedence: defaults, then `extends` files, the file, the profile, named flags, `--set`.
///
/// ```
/// use polytask_config::Layers;
///
/// let layers = Layers::text("-", "seed = 1", "/home/me")
///     .profile("smoke")
///     .flag("--seed", "seed", "7")
///     .set("train.optimizer.lr=0.1");
/// # let _ = layers;
/// ```
#[derive(Clone, Debug)]
pub struct Layers {
    pub(crate) main: Main,
    /// What relative paths on the command line are relative to.
    pub(crate) directory: PathBuf,
    pub(crate) profile: Option<String>,
    pub(crate) flags: Vec<NamedFlag>,
    pub(crate) sets: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Main {
    File(PathBuf),
    Text { name: String, bytes: Vec<u8> },
}

#[derive(Clone, Debug)]
pub(crate) struct NamedFlag {
    pub(crate) flag: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Layers {
    /// A file. `directory` is the current one: a relative `path`, and paths in flags, are relative to it.
    #[must_use]
    pub fn file(path: impl AsRef<Path>, directory: impl AsRef<Path>) -> Self {
        Self::new(Main::File(path.as_ref().to_owned()), directory.as_ref())
    }

    /// A text, such as what standard input held (its name is then `-`); paths in it are relative to `directory`.
    #[must_use]
    pub fn text(
        name: impl Into<String>,
        text: impl Into<String>,
        directory: impl AsRef<Path>,
    ) -> Self {
        Self::bytes(name, text.into(), directory)
    }

    /// The same before it is known whether the bytes are UTF-8.
    #[must_use]
    pub fn bytes(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        directory: impl AsRef<Path>,
    ) -> Self {
        Self::new(
            Main::Text {
                name: name.into(),
                bytes: bytes.into(),
            },
            directory.as_ref(),
        )
    }

    fn new(main: Main, directory: &Path) -> Self {
        Self {
            main,
            directory: directory.to_owned(),
            profile: None,
            flags: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Puts `[profiles.NAME]` over the file.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// A named flag that sets one key: `--seed 7` is `flag("--seed", "seed", "7")`.
    #[must_use]
    pub fn flag(
        mut self,
        flag: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.flags.push(NamedFlag {
            flag: flag.into(),
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// One `--set`: `"a.b=VALUE"`. Later ones win.
    #[must_use]
    pub fn set(mut self, assignment: impl Into<String>) -> Self {
        self.sets.push(assignment.into());
        self
    }
}
