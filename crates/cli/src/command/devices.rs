//! `devices`: the backends of this build, and the devices that they find.

use clap::Args;
use polytask_training::device::{Adapter, DeviceError, adapters};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::json;
use crate::number::bytes;
use crate::panics::Watch;
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe_line};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  polytask devices --json")]
pub(crate) struct Arguments {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    watch.computes_on("wgpu");
    let adapters = adapters();
    if arguments.json {
        json::print(terminal, document(&adapters))?;
    } else {
        terminal.result(&text(&adapters, terminal.colors_results))?;
    }
    Ok(Exit::Done)
}

/// Threads that the CPU backends use.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn text(adapters: &[Result<Adapter, DeviceError>], color: bool) -> String {
    let mut table = Table::new([
        ("backend", Side::Left),
        ("device", Side::Right),
        ("name", Side::Left),
        ("kind", Side::Left),
        ("largest buffer", Side::Right),
    ]);
    for backend in ["cpu", "ndarray"] {
        let name = format!("{} threads", threads());
        table.row([
            backend.to_owned(),
            "0".to_owned(),
            name,
            "CPU".to_owned(),
            String::new(),
        ]);
    }
    for (index, adapter) in adapters.iter().enumerate() {
        table.row(match adapter {
            Ok(adapter) => [
                "wgpu".to_owned(),
                adapter.index.to_string(),
                safe_line(&format!("{} ({})", adapter.name, adapter.api), 100),
                adapter.kind.to_owned(),
                bytes(adapter.max_buffer),
            ],
            Err(error) => [
                "wgpu".to_owned(),
                index.to_string(),
                safe_line(&error.to_string(), 100),
                "not usable".to_owned(),
                String::new(),
            ],
        });
    }
    if adapters.is_empty() {
        let none = "none: no Vulkan, Metal, DirectX 12 or OpenGL driver was found".to_owned();
        table.row([
            "wgpu".to_owned(),
            String::new(),
            none,
            String::new(),
            String::new(),
        ]);
    }
    table.text(color)
}

fn document(adapters: &[Result<Adapter, DeviceError>]) -> Value {
    let cpu = json!({"index": 0, "name": "CPU", "kind": "CPU", "threads": threads(), "is_software": false});
    let found: Vec<Value> = adapters
        .iter()
        .enumerate()
        .map(|(index, adapter)| match adapter {
            Ok(adapter) => json!({
                "index": adapter.index, "name": adapter.name, "kind": adapter.kind, "api": adapter.api,
                "max_buffer_bytes": adapter.max_buffer, "is_software": adapter.is_software(), "usable": true,
            }),
            Err(error) => json!({"index": index, "usable": false, "problem": error.to_string()}),
        })
        .collect();
    json!({"backends": [
        {"name": "cpu", "library": "burn-flex", "deterministic": true, "devices": [cpu.clone()]},
        {"name": "ndarray", "library": "burn-ndarray", "deterministic": true, "devices": [cpu]},
        {"name": "wgpu", "library": "burn-wgpu", "deterministic": false, "devices": found},
    ]})
}
