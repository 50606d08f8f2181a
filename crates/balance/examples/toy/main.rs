//! Walks over the two-objective toy, as JSON lines: a line for each method and start, with every so manieth point.
//!
//! ```console
//! $ cargo run --release -p polytask-balance --example toy -- uneven sum mgda '{ type = "cagrad", c = 0.4 }'
//! ```
//!
//! The first argument is the protocol: `uneven` (the first loss counts a tenth, as in Nash-MTL and FAMO), `even` (as in CAGrad) or
//! `noisy` (even, with noise of 0.2 in the gradients, 70,000 steps at 0.002, as in SDMGrad). `scripts/toy.py` draws them.

mod landscape;
mod walk;

use std::io::{Write, stdout};
use std::process::ExitCode;

use serde_json::json;

use walk::{EVEN, Protocol, STARTS, UNEVEN, distance, walk};

/// Of so many points of a walk one is written.
const EVERY: usize = 250;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let protocol = match arguments.next().as_deref() {
        Some("uneven") => UNEVEN,
        Some("even") => EVEN,
        Some("noisy") => Protocol {
            rate: 2e-3,
            steps: 70_000,
            noise: 0.2,
            ..EVEN
        },
        _ => return Err("the first argument is uneven, even or noisy".to_owned()),
    };
    let mut output = stdout().lock();
    for method in arguments {
        for start in STARTS {
            let begun = std::time::Instant::now();
            let points = walk(&method, start, protocol)?;
            let seconds = begun.elapsed().as_secs_f64();
            let last = points.last().copied().unwrap_or(start);
            let shown: Vec<[f64; 2]> = points.iter().copied().step_by(EVERY).collect();
            let line = json!({
                "method": method, "start": start, "end": last, "losses": landscape::look(last).losses,
                "distance": distance(last), "seconds": seconds, "points": shown,
            });
            writeln!(output, "{line}").map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
