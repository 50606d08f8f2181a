//! A panic is a bug, and is told as one: one line, the last good checkpoint, how to report it. Never a trace unless
//! `RUST_BACKTRACE` asks for it.

use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exit::Exit;
use crate::terminal::{Terminal, safe_line};

/// What the hook knows of the command under way. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    checkpoint: Option<PathBuf>,
    backend: &'static str,
    is_device_lost: bool,
}

impl Watch {
    /// A checkpoint is complete.
    pub(crate) fn saved(&self, checkpoint: &Path) {
        self.change(|known| known.checkpoint = Some(checkpoint.to_owned()));
    }

    /// What computes from now on.
    pub(crate) fn computes_on(&self, backend: &'static str) {
        self.change(|known| known.backend = backend);
    }

    /// Which checkpoint is good, in words.
    pub(crate) fn good(&self) -> String {
        self.change(|known| good(known))
    }

    /// How a command ends that panicked.
    pub(crate) fn exit(&self) -> Exit {
        self.change(|known| {
            if known.is_device_lost {
                Exit::Device
            } else {
                Exit::Internal
            }
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Installs the hook.
pub(crate) fn install(terminal: Terminal) -> Watch {
    let watch = Watch::default();
    let known = watch.clone();
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        terminal.message(&told(info, &known));
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            default(info);
        }
    }));
    watch
}

fn good(known: &Known) -> String {
    match &known.checkpoint {
        Some(path) => {
            let path = safe_line(&path.to_string_lossy(), 4096);
            format!("the last complete checkpoint is {path}")
        }
        None => "no checkpoint was written".to_owned(),
    }
}

fn told(info: &PanicHookInfo<'_>, watch: &Watch) -> String {
    let message = safe_line(info.payload_as_str().unwrap_or("no message"), 300);
    let place = info
        .location()
        .map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    watch.change(|known| {
        let good = good(known);
        if known.backend == "wgpu" && is_device_loss(&message) {
            known.is_device_lost = true;
            return format!("error: the wgpu device was lost: {message}; {good}; resume with `polytask resume RUN`\n");
        }
        format!(
            "error: internal failure, a bug in polytask {}: {message}{place}; {good}; please report this line with the \
             command and its config\n",
            env!("CARGO_PKG_VERSION")
        )
    })
}

/// What the drivers and Burn say when a device is gone; after that every call fails until the process ends.
fn is_device_loss(message: &str) -> bool {
    let message = message.to_lowercase();
    let names_device = ["device", "adapter", "surface", "gpu"]
        .iter()
        .any(|word| message.contains(word));
    let names_loss = [
        "lost",
        "poison",
        "out of memory",
        "outofmemory",
        "unable to acquire",
        "destroyed",
    ];
    names_device && names_loss.iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_told_from_a_bug() {
        assert!(is_device_loss("Parent device is lost"));
        assert!(is_device_loss("Unable to acquire wgpu device"));
        assert!(!is_device_loss("index out of bounds: the len is 3"));
        assert_eq!(Watch::default().exit(), Exit::Internal);
    }
}
