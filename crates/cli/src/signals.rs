//! SIGINT, SIGTERM and SIGHUP ask a run to save and stop; a second SIGINT ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::exit::Exit;

/// What the handlers set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    is_asked: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

/// Turns a limit on the size of files (`ulimit -f`) from a silent death into an error of the write that it stops.
#[cfg(unix)]
pub(crate) fn outlive_file_limit() {
    let nobody_asks = Arc::new(AtomicBool::new(false));
    drop(signal_hook::flag::register(
        signal_hook::consts::SIGXFSZ,
        nobody_asks,
    ));
}

/// There is no such signal on this system.
#[cfg(not(unix))]
pub(crate) fn outlive_file_limit() {}

impl Signals {
    /// Installs the handlers. What cannot be installed keeps its default, which ends the process.
    #[cfg(unix)]
    pub(crate) fn install() -> Self {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::flag;

        let signals = Self::default();
        // Before the flag is set by this very signal: the first SIGINT does not end the process, the second does.
        let exit = i32::from(Exit::Signal(2).code());
        drop(flag::register_conditional_shutdown(
            SIGINT,
            exit,
            Arc::clone(&signals.is_asked),
        ));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if signal == SIGHUP && is_ignored(signal) {
                continue; // started by nohup
            }
            drop(flag::register_usize(
                signal,
                Arc::clone(&signals.which),
                signal as usize,
            ));
            drop(flag::register(signal, Arc::clone(&signals.is_asked)));
        }
        signals
    }

    /// No handlers on this system.
    #[cfg(not(unix))]
    pub(crate) fn install() -> Self {
        Self::default()
    }

    /// The flag that a run looks at.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.is_asked
    }

    /// Whether a signal came.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// How a run ends that a signal stopped.
    pub(crate) fn exit(&self) -> Exit {
        match u8::try_from(self.which.load(Ordering::Relaxed)) {
            Ok(signal) if signal > 0 => Exit::Signal(signal),
            _ => Exit::Signal(2),
        }
    }

    /// The signal's name.
    pub(crate) fn name(&self) -> &'static str {
        match self.exit() {
            Exit::Signal(1) => "SIGHUP",
            Exit::Signal(15) => "SIGTERM",
            _ => "SIGINT",
        }
    }
}

/// Whether the signal was ignored when the process started, where the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| {
        mask.checked_shr(bit)
            .is_some_and(|shifted| shifted & 1 == 1)
    })
}
