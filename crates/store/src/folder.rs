//! A folder held open: everything that we write happens relative to this handle.
//!
//! A path can be made to mean something else between two calls (a symbolic link planted, a folder exchanged); a handle
//! cannot. So a file is created, renamed and deleted by `openat`, `renameat` and `unlinkat` on the folder that was
//! opened at first, and never through a symbolic link.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags};

use crate::StoreError;

/// Read and write for all, less the umask: what `File::create` uses.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o777);

/// An open folder and the path under which it was opened, which is for messages only.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Opens a folder that the user named; symbolic links on the way are the user's own business.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        Self::open_with(path, OFlags::empty())
    }

    /// Opens a folder that must not be a symbolic link itself.
    pub(crate) fn open_own(path: &Path) -> Result<Self, StoreError> {
        if path
            .symlink_metadata()
            .is_ok_and(|found| found.is_symlink())
        {
            return Err(StoreError::Symlink {
                path: path.to_owned(),
            });
        }
        Self::open_with(path, OFlags::NOFOLLOW)
    }

    fn open_with(path: &Path, flags: OFlags) -> Result<Self, StoreError> {
        let flags = flags | OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        match fs::open(path, flags, Mode::empty()) {
            Ok(handle) => Ok(Self {
                path: path.to_owned(),
                handle: handle.into(),
            }),
            Err(rustix::io::Errno::LOOP) => Err(StoreError::Symlink {
                path: path.to_owned(),
            }),
            Err(error) => Err(StoreError::io(path, "open the folder", error.into())),
        }
    }

    /// Makes the folder `name` in this one, or opens it if it is there and no symbolic link.
    pub(crate) fn subfolder(&self, name: &str) -> Result<Self, StoreError> {
        let path = self.join(name);
        match fs::mkdirat(&self.handle, name, FOLDER_MODE) {
            Ok(()) => self.sync()?,
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(StoreError::io(&path, "make the folder", error.into())),
        }
        if self.kind(name) == Some(FileType::Symlink) {
            return Err(StoreError::Symlink { path });
        }
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => Ok(Self {
                path,
                handle: handle.into(),
            }),
            Err(error) => Err(StoreError::io(&path, "open the folder", error.into())),
        }
    }

    /// Makes the folder `name`, which must not be there yet; false if it is.
    pub(crate) fn make_new(&self, name: &str) -> Result<bool, StoreError> {
        match fs::mkdirat(&self.handle, name, FOLDER_MODE) {
            Ok(()) => self.sync().map(|()| true),
            Err(rustix::io::Errno::EXIST) => Ok(false),
            Err(error) => Err(StoreError::io(
                &self.join(name),
                "make the folder",
                error.into(),
            )),
        }
    }

    pub(crate) fn try_clone(&self) -> Result<Self, StoreError> {
        let handle = self
            .handle
            .try_clone()
            .map_err(|error| StoreError::io(&self.path, "open the folder", error))?;
        Ok(Self {
            path: self.path.clone(),
            handle,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A new file for reading and writing; an error if the name is taken, be it by a symbolic link to nowhere.
    pub(crate) fn create_new(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(&self.handle, name, flags, FILE_MODE)?.into())
    }

    /// A regular file for reading and writing, made if it is not there; never through a symbolic link.
    pub(crate) fn open_or_create(&self, name: &str) -> Result<File, StoreError> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let path = self.join(name);
        match fs::openat(&self.handle, name, flags, FILE_MODE) {
            Ok(handle) => {
                regular(handle.into()).map_err(|error| StoreError::io(&path, "open", error))
            }
            Err(rustix::io::Errno::LOOP) => Err(StoreError::Symlink { path }),
            Err(error) => Err(StoreError::io(&path, "open", error.into())),
        }
    }

    /// A regular file for reading ([`NOT_A_FILE`] if it is something else); never through a symbolic link, and a pipe does not make us wait.
    pub(crate) fn open_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => regular(handle.into()),
            // What Linux says of a symbolic link that must not be followed.
            Err(rustix::io::Errno::LOOP) => Err(NOT_A_FILE.into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.handle, from, &self.handle, to)?)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Makes creations, renames and deletions in this folder durable.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        match self.handle.sync_all() {
            // Some network and user-space file systems have no such thing as syncing a folder and say so.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced.map_err(|error| StoreError::io(&self.path, "fsync the folder", error)),
        }
    }

    pub(crate) fn is_regular(&self, name: &str) -> bool {
        self.kind(name) == Some(FileType::RegularFile)
    }

    pub(crate) fn is_there(&self, name: &str) -> bool {
        self.kind(name).is_some()
    }

    fn kind(&self, name: &str) -> Option<FileType> {
        let stat = fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(stat.st_mode))
    }

    /// Every name in the folder that is UTF-8, sorted; what is not UTF-8 is not ours.
    pub(crate) fn names(&self) -> Result<Vec<String>, StoreError> {
        let list = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in Dir::read_from(&self.handle)? {
                if let Ok(name) = entry?.file_name().to_str()
                    && !matches!(name, "." | "..")
                {
                    names.push(name.to_owned());
                }
            }
            names.sort();
            Ok(names)
        };
        list().map_err(|error| StoreError::io(&self.path, "list", error))
    }
}

/// How an open says that the name is there but no regular file.
pub(crate) const NOT_A_FILE: io::ErrorKind = io::ErrorKind::IsADirectory;

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(NOT_A_FILE.into())
    }
}
