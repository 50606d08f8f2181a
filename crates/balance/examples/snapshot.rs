//! What it costs to copy what entry-wise aggregators remember, which every step does before it: 40 tasks, 1.7 million parameters.
//!
//! `cargo run --release -p polytask-balance --example snapshot`

#![expect(clippy::print_stdout, reason = "a table is what this is for")]

use std::time::Instant;

use polytask_balance::{Block, Family, Losses, Moment, ROW_AGGREGATORS, Rows, TaskFacts};
use polytask_config::{State, describe};

const TASKS: usize = 40;
const PARAMETERS: usize = 1_700_000;
const STEPS: u64 = 3;

fn main() {
    let number = |task: usize, place: usize| ((place * 31 + task * 17) % 1000) as f32 / 500.0 - 1.0;
    let row = |task: usize| (0..PARAMETERS).map(move |place| number(task, place));
    let gradients: Vec<Vec<f32>> = (0..TASKS).map(|task| row(task).collect()).collect();
    let facts = (0..TASKS).map(|task| TaskFacts {
        name: format!("task_{task}"),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.0,
        variance: 1.0,
    });
    let facts: Vec<TaskFacts> = facts.collect();
    for entry in ROW_AGGREGATORS {
        let mut made = None;
        describe(|fields| made = Some((entry.new)(fields)));
        let Some(mut method) = made else { continue };
        method.start(&facts);
        for step in 0..STEPS {
            let moment = Moment {
                step,
                ..Moment::default()
            };
            let present: Vec<usize> = (0..TASKS).collect();
            let visited = method.visits(&present, moment);
            let rows = visited.iter().filter_map(|&task| gradients.get(task));
            let block = Block {
                name: "parameters",
                rows: rows.map(Vec::as_slice).collect(),
            };
            let losses = Losses {
                present: visited.clone(),
                values: vec![1.0; visited.len()],
                rows: vec![8; visited.len()],
            };
            let Ok(rows) = Rows::new(visited, vec![block]) else {
                continue;
            };
            let begun = Instant::now();
            drop(method.combine(&rows, &losses, moment));
            let combined = begun.elapsed();
            let begun = Instant::now();
            let mut state = State::save();
            method.state(&mut state);
            let saved = state.finish();
            let copied = begun.elapsed();
            drop(saved);
            println!(
                "{:14} step {step}: combine {:6.0} ms, copy {:4.0} ms",
                entry.name,
                combined.as_secs_f64() * 1e3,
                copied.as_secs_f64() * 1e3
            );
        }
    }
}
