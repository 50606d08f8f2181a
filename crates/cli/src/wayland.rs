//! What graphics drivers say before we do.
//!
//! Mesa's drivers ask the Wayland library for a display, which writes "error: XDG_RUNTIME_DIR is invalid or not set" to
//! standard error where that variable is not set, several times for each look at the adapters: on servers and in
//! containers, which have no display. Any absolute path keeps it quiet.

/// Begins the program anew with the variable set, if it is not: a process cannot change its own environment safely. The
/// process, its arguments and its streams stay the same; if it cannot be done, nothing is lost but silence.
#[cfg(target_os = "linux")]
pub(crate) fn quieten() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const VARIABLE: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let mut arguments = std::env::args_os();
    // Also there when the file was replaced by a newer one.
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command.args(arguments).env(VARIABLE, std::env::temp_dir());
    // It returns only if it failed.
    drop(command.exec());
}

/// Other systems have no such library.
#[cfg(not(target_os = "linux"))]
pub(crate) fn quieten() {}
