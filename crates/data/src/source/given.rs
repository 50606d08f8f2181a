//! What a command names to be read like the data of a trained model: a file, or the several files of an idx data set.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A file, or several by the names that a configuration gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// One file.
    File(PathBuf),
    /// `images` and a file of labels for each column that has one.
    Named(Vec<(String, PathBuf)>),
}

impl Given {
    /// How several files are written.
    pub(crate) const HELP: &'static str = "write `images=FILE,COLUMN=FILE`, such as `images=t10k-images.idx3.gz,digit=t10k-labels.idx1.gz`";

    /// What messages call it.
    ///
    /// ```
    /// let given: polytask_data::Given = "images=a.idx,digit=b.idx".parse()?;
    /// assert_eq!(given.shown(), "images=a.idx,digit=b.idx");
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Named(files) => {
                let pairs = files
                    .iter()
                    .map(|(name, path)| format!("{name}={}", path.display()));
                pairs.collect::<Vec<_>>().join(",")
            }
        }
    }
}

// From paths alone: from a text, one must say whether it is parsed.
impl From<&Path> for Given {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Given {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// `NAME=FILE,NAME=FILE`, the first of them `images`; any other text is the name of a file.
impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.starts_with("images=") || Path::new(text).exists() {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let mut files: Vec<(String, PathBuf)> = Vec::new();
        for pair in text.split(',') {
            let named = pair
                .split_once('=')
                .map(|(name, path)| (name.trim().to_owned(), PathBuf::from(path.trim())));
            match named {
                Some((name, path)) if !name.is_empty() && !path.as_os_str().is_empty() => {
                    if files.iter().any(|(known, _)| *known == name) {
                        return Err(format!("`{name}` is given twice"));
                    }
                    files.push((name, path));
                }
                _ => return Err(format!("`{pair}` is no NAME=FILE; {}", Self::HELP)),
            }
        }
        Ok(Self::Named(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_names() {
        let named = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, path)| ((*name).to_owned(), PathBuf::from(path)));
            Ok(Given::Named(pairs.collect()))
        };
        assert_eq!("a=b.csv".parse(), Ok(Given::File("a=b.csv".into())));
        assert_eq!(
            "images=x.idx, digit = d=1.idx".parse(),
            named(&[("images", "x.idx"), ("digit", "d=1.idx")])
        );
        for wrong in ["images=x.idx,digit", "images=", "images=a,d=b,d=c"] {
            assert!(wrong.parse::<Given>().is_err(), "{wrong}");
        }
    }
}
