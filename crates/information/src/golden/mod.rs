//! The numbers of the specification, and the generator that makes their data.

mod continuous;
mod discrete;
mod evidence;
mod grouping;
mod report;
mod representation;
mod residual;
mod structure;
mod usable;

pub(crate) use polytask_random::SplitMix64;

/// So many normal draws.
pub(crate) fn normals(generator: &mut SplitMix64, count: usize) -> Vec<f64> {
    (0..count).map(|_| generator.normal()).collect()
}

/// Equal to 1e-9 relative, or to the digits the specification prints.
#[track_caller]
pub(crate) fn near(found: f64, wanted: f64) {
    within(found, wanted, 1e-9 * wanted.abs().max(1e-3) + 1e-10);
}

#[track_caller]
pub(crate) fn within(found: f64, wanted: f64, tolerance: f64) {
    assert!(
        (found - wanted).abs() <= tolerance,
        "{found} is not {wanted} within {tolerance}"
    );
}
