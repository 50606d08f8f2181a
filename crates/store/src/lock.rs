//! One writer per run directory: an advisory lock that the kernel frees when its holder dies, however it dies.
//!
//! The file `lock` stays behind and says nothing by being there; only the lock on it counts. Its content is the holder's
//! process id, so that a refusal can name it. Readers take no lock. On NFS the lock is as good as the server's lock
//! daemon; where a file system has no locks at all, taking it is an error rather than a pretence.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use crate::StoreError;
use crate::folder::Folder;

pub(crate) const LOCK: &str = "lock";

/// How often a refused process looks for the holder's pid, which is written a moment after the lock is taken.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: a process that another thread is just starting has a copy of every open file
    /// until it runs its program, and with it the lock.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock of `folder` or says at once who has it.
    pub(crate) fn take(folder: &Folder) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        let failed = |operation| {
            let path = path.clone();
            move |error| StoreError::io(&path, operation, error)
        };
        loop {
            let mut file = folder.open_or_create(LOCK)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let pid = holder(&mut file);
                    return Err(StoreError::Locked {
                        path: folder.path().to_owned(),
                        pid,
                    });
                }
                Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
            }
            // Somebody may have deleted the file between opening and locking it: then the lock is on nothing.
            if !is_still(folder, &file) {
                continue;
            }
            write_pid(&mut file).map_err(failed("write"))?;
            return Ok(Self { file });
        }
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// The pid in the lock file; none if the holder has not written it within a fifth of a second.
fn holder(file: &mut File) -> Option<u32> {
    for _ in 0..LOOKS {
        let mut text = String::new();
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.take(32).read_to_string(&mut text));
        if read.is_ok()
            && let Some(pid) = text.strip_suffix('\n').and_then(|text| text.parse().ok())
        {
            return Some(pid);
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    None
}

fn is_still(folder: &Folder, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |other: File| -> io::Result<bool> {
        let (mine, other) = (file.metadata()?, other.metadata()?);
        Ok(mine.ino() == other.ino() && mine.dev() == other.dev())
    };
    folder.open_file(LOCK).and_then(same).unwrap_or(false)
}
