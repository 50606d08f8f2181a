//! The table of docs/balance.md: `cargo bench --manifest-path benches/balance/Cargo.toml --bench table -- 40 256`.
//!
//! Milliseconds a call of every Gram aggregator on every scene, or of the aggregators and on the scenes that are named, at so
//! many tasks: the fastest of up to nine calls in half a second, so that whatever else the machine does counts for little. A `*`
//! is an answer that its solver does not vouch for.

#![expect(clippy::print_stdout, reason = "prints its table")]

use std::hint::black_box;
use std::time::Instant;

use polytask_balance::{GRAM_AGGREGATORS, Gram, GramAggregatorEntry, Note};

mod asked;
mod scenes;

use asked::Asked;
use scenes::{SCENES, Scene};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![40, 256];
    }
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let names_methods = GRAM_AGGREGATORS.iter().any(|entry| is_named(entry.name));
    let names_scenes = SCENES.iter().any(|scene| is_named(scene.name));
    let scenes = SCENES.iter();
    let scenes: Vec<&Scene> = scenes
        .filter(|scene| !names_scenes || is_named(scene.name))
        .collect();
    for tasks in sizes {
        let grams: Vec<Gram> = scenes.iter().map(|scene| scene.gram(tasks)).collect();
        let heads: Vec<&str> = scenes.iter().map(|scene| scene.name).collect();
        println!("\n| T = {tasks} | {} |", heads.join(" | "));
        println!("|---|{}", "---|".repeat(heads.len()));
        for entry in GRAM_AGGREGATORS {
            if !names_methods || is_named(entry.name) {
                let cells: Vec<String> = grams.iter().map(|gram| cell(entry, gram)).collect();
                println!("| {} | {} |", entry.name, cells.join(" | "));
            }
        }
    }
}

fn cell(entry: &GramAggregatorEntry, gram: &Gram) -> String {
    const CALLS: usize = 9;
    const ENOUGH: f64 = 500.0;
    let mut asked = Asked::new(entry, gram);
    let unsolved = [Some(Note::Unsolved), Some(Note::Unbounded)];
    let is_solved = !unsolved.contains(&asked.weights().note);
    let (mut total, mut fastest) = (0.0, f64::INFINITY);
    for _ in 0..CALLS {
        let start = Instant::now();
        black_box(asked.weights());
        let taken = start.elapsed().as_secs_f64() * 1e3;
        fastest = taken.min(fastest);
        total += taken;
        if total > ENOUGH {
            break;
        }
    }
    let mark = if is_solved { "" } else { "*" };
    if fastest < 0.001 {
        return format!("<0.001{mark}");
    }
    // Two digits.
    let digits = (1.0 - fastest.log10().floor()).max(0.0) as usize;
    format!("{fastest:.digits$}{mark}")
}
