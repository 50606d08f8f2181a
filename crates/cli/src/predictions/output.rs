//! Where rows go: standard output, or a file that appears whole and by its name only at the end.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::{Exit, Failure};

/// Bytes written at a time.
const BUFFER: usize = 256 << 10;

/// An output that is being written.
pub(crate) enum Output {
    /// Standard output, a pipe, a device: what cannot be replaced.
    Stream(BufWriter<Box<dyn Write>>),
    /// A scratch file beside the one that it becomes.
    File {
        scratch: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Output {
    /// Opens `path`; `-` is standard output.
    ///
    /// # Errors
    /// A folder that is not there or cannot be written to.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stream(BufWriter::with_capacity(
                BUFFER,
                Box::new(io::stdout()),
            )));
        }
        let failed = |error: io::Error| {
            Failure::new(
                Exit::Io,
                format!("cannot write {}: {error}", path.display()),
            )
        };
        // A link is written through, not replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match path.metadata() {
            Ok(found) if found.is_dir() => {
                return Err(Failure::new(
                    Exit::Io,
                    format!("cannot write {}: it is a folder", path.display()),
                ));
            }
            Ok(found) if !found.is_file() => {
                let file = File::options().write(true).open(&path).map_err(failed)?;
                return Ok(Self::Stream(BufWriter::with_capacity(
                    BUFFER,
                    Box::new(file),
                )));
            }
            _ => {}
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // The system's words would name the scratch file, which means nothing to anybody.
        let scratch = scratch_file(folder).map_err(|error| {
            failed(match error.kind() {
                io::ErrorKind::NotFound => io::Error::other("there is no such folder"),
                kind => kind.into(),
            })
        })?;
        Ok(Self::File {
            scratch: BufWriter::with_capacity(BUFFER, scratch),
            path,
        })
    }

    /// Ends the writing: the file appears. Dropped before, nothing does.
    ///
    /// # Errors
    /// A disk that is full.
    pub(crate) fn publish(self) -> io::Result<()> {
        match self {
            Self::Stream(mut stream) => stream.flush(),
            Self::File { scratch, path } => {
                let scratch = scratch
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)?;
                scratch.as_file().sync_all()?;
                scratch.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// Whether the input and another path lead to one file, by links, by other names or, for the input `-`, by what standard
/// input was opened on.
pub(crate) fn is_same_file(input: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::MetadataExt;
        let identity = |found: io::Result<std::fs::Metadata>| {
            let found = found.ok().filter(std::fs::Metadata::is_file)?;
            Some((found.dev(), found.ino()))
        };
        let own = if input == Path::new("-") {
            let opened = io::stdin().as_fd().try_clone_to_owned();
            opened.and_then(|handle| File::from(handle).metadata())
        } else {
            input.metadata()
        };
        identity(own).is_some_and(|own| identity(other.metadata()) == Some(own))
    }
    #[cfg(not(unix))]
    {
        let full = |path: &Path| path.canonicalize().ok().filter(|path| path.is_file());
        full(input).is_some_and(|own| full(other) == Some(own))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::File { scratch, .. } => scratch.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush(),
            Self::File { scratch, .. } => scratch.flush(),
        }
    }
}

/// With the permissions of any new file, not those of a secret.
fn scratch_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".polytask-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn one_file_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a"), "").unwrap();
        std::fs::write(path("b"), "").unwrap();
        std::os::unix::fs::symlink(path("a"), path("soft")).unwrap();
        std::fs::hard_link(path("a"), path("hard")).unwrap();
        for name in ["a", "./a", "soft", "hard"] {
            assert!(is_same_file(&path("a"), &path(name)), "{name}");
        }
        for name in ["b", "none", "-"] {
            assert!(!is_same_file(&path("a"), &path(name)), "{name}");
        }
        assert!(!is_same_file(&path("none"), &path("none")));
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "before").unwrap();

        let mut output = Output::open(&path).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert_eq!(std::fs::read(&path).unwrap(), b"before");

        let mut output = Output::open(&path).unwrap();
        output.write_all(b"whole").unwrap();
        output.publish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
