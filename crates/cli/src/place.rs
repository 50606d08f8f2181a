//! Where to compute: from flags and configs to a device.

use polytask_training::device::{self, Backend, Place};

use crate::arguments::{PlaceArguments, backend_name};
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::terminal::Terminal;

/// Sets the size of the thread pool, before anything uses it.
///
/// # Errors
/// A pool that already runs, which is a bug.
pub(crate) fn limit_threads(arguments: &PlaceArguments) -> Result<(), Failure> {
    let Some(threads) = arguments.threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build_global()
        .map_err(|error| {
            Failure::new(
                Exit::Internal,
                format!("cannot set the number of threads: {error}"),
            )
        })
}

/// The device of a backend.
///
/// # Errors
/// A device that is not to be had.
pub(crate) fn resolve(
    backend: Backend,
    index: Option<usize>,
    watch: &Watch,
) -> Result<Place, Failure> {
    // A driver that dies while it is probed is a device problem too.
    if matches!(backend, Backend::Wgpu | Backend::Auto) {
        watch.computes_on("wgpu");
    }
    let place = device::resolve(backend, index)?;
    watch.computes_on(place.backend);
    Ok(place)
}

/// The device for a trained model: what the flags say, else what it was trained on. If that is not here, the CPU.
///
/// # Errors
/// A device that the flags name and that is not to be had.
pub(crate) fn for_trained(
    arguments: &PlaceArguments,
    trained_on: Option<&str>,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Place, Failure> {
    limit_threads(arguments)?;
    if arguments.backend.is_some() || arguments.device.is_some() {
        let place = resolve(
            arguments.backend.unwrap_or(Backend::Auto),
            arguments.device,
            watch,
        )?;
        if let Some(note) = &place.note {
            terminal.note(note);
        }
        return Ok(place);
    }
    let backend = trained_on.map_or(Backend::Cpu, named);
    match resolve(backend, None, watch) {
        Ok(place) => Ok(place),
        Err(_) => {
            let name = backend_name(backend);
            terminal.note(&format!(
                "it was trained on {name}, which is not available here: the CPU computes instead"
            ));
            Ok(Place::cpu())
        }
    }
}

/// The backend of that name.
pub(crate) fn named(name: &str) -> Backend {
    use polytask_config::Choice;
    let found = Backend::ALL.iter().find(|(known, _, _)| *known == name);
    found.map_or(Backend::Cpu, |(_, backend, _)| *backend)
}
