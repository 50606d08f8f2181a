//! What a step costs with an aggregator, as multiples of a step with equal weights in the same program.
//!
//! `cargo bench -p polytask -p polytask-training --bench step_cost` prints the table. Steps of all kinds take turns, so that
//! whatever else the machine does meets all of them, in an order that changes, so that none always follows the same other; the
//! median of each is compared.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints a table, and ends if it cannot"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use polytask_data::Batch;
use polytask_training::device::Place;
use polytask_training::load::experiment;
use polytask_training::plan::Plan;
use polytask_training::state::TrainState;
use polytask_training::step::step;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Case {
    name: &'static str,
    config: String,
    turns: usize,
}

/// A table of standard normal features and targets, all labelled.
fn table(folder: &std::path::Path, features: usize, tasks: usize, rows: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    };
    let names = |what: &str, count: usize| -> Vec<String> {
        (0..count).map(|index| format!("{what}{index}")).collect()
    };
    let columns = [names("x", features), names("y", tasks)].concat();
    let mut text = columns.join(",") + "\n";
    for _ in 0..rows {
        let cells: Vec<String> = columns.iter().map(|_| format!("{:.4}", next())).collect();
        text += &(cells.join(",") + "\n");
    }
    let path = folder.join(format!("{features}-{tasks}.csv"));
    std::fs::write(&path, text).expect("the table is written");
    let mut config = format!(
        "[data]\nsource = \"{}\"\nsplit = {{ type = \"random\", train = 0.8, val = 0.1, test = 0.1 }}\n[inputs.x]\ncolumns = {{ all_except = [{}] }}\n",
        path.display(),
        names("y", tasks)
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join(", ")
    );
    for task in names("y", tasks) {
        let _ = write!(
            config,
            "[tasks.{task}]\ntype = \"regression\"\ntarget = \"{task}\"\n"
        );
    }
    config
}

fn cases(folder: &std::path::Path) -> Vec<Case> {
    vec![
        Case {
            name: "2 tasks, MLP 500-512-256, batch 256",
            config: table(folder, 500, 2, 400)
                + "[encoder]\ntype = \"mlp\"\nhidden = [512, 256]\n[train]\nbatch_size = 256\n",
            turns: 60,
        },
        Case {
            name: "2 tasks, LeNet 10-20-50, 28x28, batch 256",
            config: "[data]\nsource = { type = \"glyphs\", train = 900, val = 4, test = 4 }\n[inputs.image]\n\
                     [tasks.slanted]\ntype = \"binary\"\n[tasks.bold]\ntype = \"binary\"\n[encoder]\ntype = \"cnn\"\n\
                     channels = [10, 20]\nkernel = [5]\npadding = \"valid\"\ndense = [50]\n[heads]\nhidden = [50]\n\
                     [train]\nbatch_size = 256\n"
                .to_owned(),
            turns: 30,
        },
        Case {
            name: "40 tasks, MLP 128-1024-1024-512, batch 128",
            config: table(folder, 128, 40, 200)
                + "[encoder]\ntype = \"mlp\"\nhidden = [1024, 1024, 512]\n[train]\nbatch_size = 128\n",
            turns: 20,
        },
    ]
}

/// What the steps are called in the table, and what stands in the config for it.
const KINDS: &[(&str, &str)] = &[
    ("equal weights", ""),
    ("uncertainty", "weighting = \"uncertainty\""),
    ("famo", "weighting = \"famo\""),
    (
        "imtl_g, representation",
        "aggregator = { type = \"imtl_g\", level = \"representation\" }",
    ),
    ("gradnorm, last layer", "aggregator = \"gradnorm\""),
    ("imtl_g, exact", "aggregator = \"imtl_g\""),
    (
        "imtl_g, a quarter's rows",
        "aggregator = { type = \"imtl_g\", micro_batch = 0.25 }",
    ),
    (
        "imtl_g, one pass a task",
        "aggregator = { type = \"imtl_g\", engine = \"reforward\" }",
    ),
];

/// How far on the next kind of a turn is. Odd, so that eight kinds all have their turn.
const STRIDES: [usize; 4] = [1, 3, 5, 7];
const _: () = assert!(KINDS.len() == 8);

struct Run {
    plan: Plan,
    state: TrainState,
    batch: [Batch; 1],
    times: Vec<Duration>,
}

fn start(config: &str, kind: &str) -> Run {
    let text = format!("{config}[multitask]\n{kind}\n");
    let experiment = experiment(&text).unwrap_or_else(|problems| panic!("{problems}"));
    let (plan, balancing) =
        Plan::resolve(experiment, Place::cpu()).unwrap_or_else(|_| panic!("{text}"));
    let state = plan
        .start(balancing)
        .unwrap_or_else(|problems| panic!("{problems}"));
    let rows: Vec<u32> = plan.sampler.batches(0).next().unwrap_or_default();
    let batch = [plan.encoded.batch(&rows)];
    Run {
        plan,
        state,
        batch,
        times: Vec::new(),
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted
        .get(sorted.len() / 2)
        .map_or(f64::NAN, Duration::as_secs_f64)
}

fn main() {
    let folder = std::env::temp_dir().join(format!("polytask-step-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the tables");
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    for case in cases(&folder) {
        if !only.is_empty() && !only.iter().any(|part| case.name.contains(part.as_str())) {
            continue;
        }
        let mut runs: Vec<Run> = KINDS
            .iter()
            .map(|(_, kind)| start(&case.config, kind))
            .collect();
        for turn in 0..case.turns {
            let stride = STRIDES[turn % STRIDES.len()];
            for place in 0..KINDS.len() {
                let run = &mut runs[(turn + place * stride) % KINDS.len()];
                let begun = Instant::now();
                step(&run.plan, &mut run.state, &run.batch).expect("a finite step");
                // The first ones fill caches.
                if turn >= 3 {
                    run.times.push(begun.elapsed());
                }
            }
        }
        println!("\n{}", case.name);
        let base = median(&runs[0].times);
        for ((name, _), run) in KINDS.iter().zip(&runs) {
            let own = median(&run.times);
            println!("  {name:<26} {:>9.2} ms  {:>6.2}x", own * 1e3, own / base);
        }
    }
    let _ = std::fs::remove_dir_all(folder);
}
