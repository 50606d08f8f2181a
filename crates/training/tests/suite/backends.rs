//! One gradient on each backend: with plain gradient descent of rate 1 it is what a step takes off the weights.
//!
//! WGPU is tested wherever an adapter is found, be it a software rasterizer; without one its part says that it skips,
//! or fails if `POLYTASK_REQUIRE_WGPU` is set. `tests/backends.rs` compares whole runs.

use std::process::Command;

use polytask_model::names::export;
use polytask_training::device::{Backend, Place, resolve};
use polytask_training::step::step;

use crate::world::{groups, started_on, world};

/// Largest difference of a parameter's gradient between two backends, relative to its norm.
const TOLERANCE: f64 = 1e-4;

/// Three tasks on a small net with convolution, normalization and pooling.
fn config(sharing: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"glyphs\", train = 1200, val = 50, test = 50 }}\n[inputs.image]\n\
         [encoder]\ntype = \"cnn\"\nchannels = [4]\ndense = [8]\nnorm = \"batch\"\nactivation = \"gelu\"\n\
         [sharing]\n{sharing}\n[heads]\ninit = \"random\"\n\
         [tasks.digit]\ntype = \"multiclass\"\n[tasks.letter]\ntype = \"multiclass\"\n[tasks.bold]\ntype = \"binary\"\n\
         [train]\nbatch_size = 24\noptimizer = {{ type = \"sgd\", lr = 1.0 }}\n"
    )
}

/// The gradients of the first step, by name.
fn gradients(text: &str, place: Place) -> Vec<(String, Vec<f64>)> {
    let (plan, mut state) = started_on(text, place);
    let before = export(&state.model);
    let batch = &groups(&plan, 0)[0];
    step(&plan, &mut state, batch).unwrap();
    let after = export(&state.model);
    before
        .into_iter()
        .zip(after)
        .filter(|((name, ..), _)| !name.contains("running_"))
        .map(|((name, _, before), (_, _, after))| {
            let moved = before.iter().zip(&after);
            let gradient = moved.map(|(before, after)| f64::from(*before) - f64::from(*after));
            (name, gradient.collect())
        })
        .collect()
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

const SHARINGS: [&str; 3] = [
    "type = \"codes\"\ncount = 5\ngate = \"entmax15\"\nalpha = \"per_task\"",
    "type = \"latent\"\ndimension = 5",
    "type = \"hard\"",
];

/// Compares with Burn Flex, sharing by sharing.
fn compare(place: &Place, sharings: &[&str]) {
    for sharing in sharings {
        let text = config(sharing);
        // One test at a time: each device has one generator for all of the process.
        let _turn = world(&text);
        let wanted = gradients(&text, Place::cpu());
        assert!(wanted.len() >= 8, "{}", wanted.len());
        let whole = norm(wanted.iter().flat_map(|(_, values)| values.iter().copied()));
        let found = gradients(&text, place.clone());
        for ((name, found), (other, wanted)) in found.iter().zip(&wanted) {
            assert_eq!(name, other);
            let apart = norm(found.iter().zip(wanted).map(|(a, b)| a - b));
            // A bias before batch norm has a gradient of zero, and rounding instead: its share of the whole counts.
            let size = norm(wanted.iter().copied()).max(1e-2 * whole);
            assert!(
                apart <= TOLERANCE * size,
                "{} {sharing} {name}: {apart} of {size}",
                place.backend
            );
        }
    }
}

#[test]
fn gradients_agree_on_ndarray() {
    compare(&resolve(Backend::NdArray, None).unwrap(), &SHARINGS);
}

#[test]
fn gradients_agree_on_wgpu() {
    // In a process of its own, with few kernels tuned: each costs a compilation.
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "backends::on_wgpu", "--nocapture"])
        .env("CUBECL_AUTOTUNE_LEVEL", "minimal")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}");
    eprintln!("{told}");
}

#[test]
#[ignore = "gradients_agree_on_wgpu runs it"]
fn on_wgpu() {
    match resolve(Backend::Wgpu, None) {
        // A software rasterizer takes half a minute to compile the kernels of one model.
        Ok(place) => compare(&place, &SHARINGS[..1]),
        Err(error) => {
            let must = std::env::var_os("POLYTASK_REQUIRE_WGPU").is_some();
            assert!(!must, "there is no WGPU adapter: {error}");
            eprintln!("skipped for wgpu: {error}");
        }
    }
}
