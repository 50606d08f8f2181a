//! The same run on each backend, and backends that are not to be had.
//!
//! WGPU is tested wherever a driver is found, be it a software rasterizer (Debian: `libvulkan1 mesa-vulkan-drivers`).
//! Without one its test says that it skips, or fails if `POLYTASK_REQUIRE_WGPU` is set.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Ended, Folder, ended};

/// Largest relative difference of a number of a run between two backends in f32.
const TOLERANCE: f64 = 1e-5;

/// Runs it with few kernels tuned, as each costs a compilation, and with these variables.
fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = folder.command(arguments);
    command.env("CUBECL_AUTOTUNE_LEVEL", "minimal");
    command.envs(variables.iter().copied());
    ended(
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

/// Every number of a run by step, split, task and metric.
fn numbers(folder: &Folder, backend: &str) -> BTreeMap<String, f64> {
    let arguments = [
        "train",
        "config.toml",
        "--backend",
        backend,
        "--run-dir",
        backend,
        "-s",
        "train.epochs=2",
        "-s",
        "logging.every_steps=1",
    ];
    run(folder, &arguments, &[]).expect(0);
    assert_eq!(folder.record(backend)["backend"], backend);
    folder
        .read(&format!("{backend}/metrics.jsonl"))
        .lines()
        .map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let key = ["step", "split", "task", "metric"].map(|name| entry[name].to_string());
            (key.join("/"), entry["value"].as_f64().unwrap())
        })
        .collect()
}

fn has_wgpu(folder: &Folder) -> bool {
    let devices = run(folder, &["devices", "--json"], &[]).expect(0).json();
    let backends = devices["backends"].as_array().unwrap();
    backends.iter().any(|backend| {
        backend["name"] == "wgpu"
            && backend["devices"]
                .as_array()
                .is_some_and(|found| !found.is_empty())
    })
}

#[test]
fn backends_agree_at_every_step() {
    let folder = Folder::with_table();
    let mut backends = vec!["ndarray"];
    if has_wgpu(&folder) {
        backends.push("wgpu");
    } else {
        assert!(
            std::env::var_os("POLYTASK_REQUIRE_WGPU").is_none(),
            "there is no WGPU adapter"
        );
        eprintln!("skipped for wgpu: there is no adapter");
    }
    let cpu = numbers(&folder, "cpu");
    assert!(cpu.len() > 50, "{}", cpu.len());
    for backend in backends {
        let other = numbers(&folder, backend);
        assert!(cpu.keys().eq(other.keys()));
        for (key, value) in &cpu {
            let apart = (value - other[key]).abs();
            assert!(
                apart <= TOLERANCE * value.abs().max(1.0),
                "{backend}: {key}: {value} and {}",
                other[key]
            );
        }
        // What one backend saved another one reads, to the same weights.
        let scored = run(&folder, &["evaluate", backend, "--backend", "cpu"], &[]);
        scored.expect(0);
    }
}

#[test]
fn a_backend_without_an_adapter_is_a_device_error() {
    let folder = Folder::with_table();
    let arguments = [
        "train",
        "config.toml",
        "--backend",
        "wgpu",
        "--run-dir",
        "r",
    ];
    let hidden = [
        ("VK_DRIVER_FILES", "/nonexistent"),
        ("VK_ICD_FILENAMES", "/nonexistent"),
        ("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent"),
    ];
    if cfg!(target_os = "linux") {
        let refused = run(&folder, &arguments, &hidden).expect(5);
        assert!(refused.err.contains("no adapter"), "{}", refused.err);
        assert!(!folder.path("r").exists());
    }
    let refused = run(
        &folder,
        &[&arguments[..], &["--device", "99"]].concat(),
        &[],
    )
    .expect(5);
    assert!(refused.err.contains("adapter"), "{}", refused.err);
    assert!(!folder.path("r").exists());
}
