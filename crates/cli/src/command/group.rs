//! `group CONFIG`: who should train with whom. A proposal from the labels, with its margin and how often resamples agree; `--verify`
//! trains it, all together and all alone, and says in bits what it gave. Nothing is switched.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use polytask_information::report::{Grouped, grouped};
use polytask_training::information::label_columns;
use polytask_training::plan::Plan;
use serde_json::json;

use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::command::info::immeasurable;
use crate::command::transfer::{Comparison, Grouping, compare};
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::progress::Ui;
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe};
use crate::{json, place};

#[derive(Debug, Args)]
#[command(after_help = "\
The proposal comes from what the training labels share, which predicts the gain of training together poorly: tasks
with silent labels may help each other, and related ones may not. --verify asks the runs themselves.

Examples:
  polytask group student.toml
  polytask group student.toml --largest 3 --verify --seeds 5 --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// Tasks of a group at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    largest: Option<u16>,

    /// Train each group, all tasks together and each alone, and compare them in bits
    #[arg(long)]
    verify: bool,

    /// With --verify: seeds, counted up from the config's
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// With --verify: keep the runs in this folder, which `transfer` shares; transfers/NAME-CONFIG if not given
    #[arg(long, value_name = "DIR")]
    run_dir: Option<PathBuf>,

    /// With --verify: how progress is shown
    #[arg(long, value_name = "UI", default_value = "auto")]
    ui: Ui,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    place::limit_threads(&arguments.config.over.place)?;
    let Configuration {
        document,
        experiment,
        ..
    } = check::sound(Configuration::read(&arguments.config)?, terminal)?;
    let (name, seed, info) = (experiment.name.clone(), experiment.seed, experiment.info);
    let (plan, _) = Plan::resolve(experiment, polytask_training::device::Place::cpu())
        .map_err(|error| unplanned(&document, error, terminal))?;
    let fits: Vec<_> = plan.tasks.iter().map(|task| task.fit.clone()).collect();
    let tasks: Vec<String> = fits.iter().map(|fit| fit.name.clone()).collect();
    if tasks.len() < 2 {
        return Err(Failure::usage(
            "there is one task, so there is nothing to group",
        ));
    }
    let mut rows = plan.splits.train.clone();
    rows.sort_unstable();
    let columns = label_columns(&fits, &plan.encoded, &rows);
    // A task's columns: its labels or outputs, in order.
    let owners: Vec<usize> = fits
        .iter()
        .enumerate()
        .flat_map(|(task, fit)| {
            let parts = if fit.kind.classes().is_some() {
                1
            } else {
                fit.kind.width()
            };
            vec![task; parts]
        })
        .collect();
    let largest = arguments.largest.map(usize::from);
    let mut options = info.report(String::new(), seed);
    options.strata = plan.encoded.strata(&rows);
    let found = grouped(&columns, &owners, largest, &options).map_err(|error| {
        immeasurable(error).hint(
            "where no row has the labels of two tasks, labels say nothing: `polytask transfer CONFIG --leave-one-out` asks the runs",
        )
    })?;
    let groups: Vec<Vec<String>> = found
        .proposal
        .groups
        .iter()
        .map(|group| {
            group
                .iter()
                .filter_map(|&task| tasks.get(task).cloned())
                .collect()
        })
        .collect();
    let verified = if arguments.verify {
        let grouping = Grouping {
            config: &arguments.config,
            groups: &groups,
            seeds: arguments.seeds,
            run_dir: arguments.run_dir.clone(),
            ui: arguments.ui,
            is_json: arguments.json,
        };
        match compare(&grouping, terminal, watch)? {
            Ok(compared) => Some(compared),
            Err(exit) => return Ok(exit),
        }
    } else {
        None
    };
    if arguments.json {
        json::print(
            terminal,
            json!({"name": name, "tasks": tasks, "groups": groups, "proposal": found, "verified": verified}),
        )?;
    } else {
        let text = text(&name, &tasks, &groups, &found, verified.as_ref(), terminal);
        terminal.result(&safe(&text))?;
    }
    Ok(Exit::Done)
}

fn text(
    name: &str,
    tasks: &[String],
    groups: &[Vec<String>],
    found: &Grouped,
    verified: Option<&BTreeMap<String, Comparison>>,
    terminal: &Terminal,
) -> String {
    let mut text = format!("{name}: a proposal from what the training labels share\n\n");
    for (place, group) in groups.iter().enumerate() {
        text.push_str(&format!("group {}: {}\n", place + 1, group.join(", ")));
    }
    let proof = if found.proposal.is_exact {
        "the best of all"
    } else {
        "found by merging and moving, not proven the best"
    };
    let margin = found
        .margin
        .map_or("unknown".to_owned(), |bits| format!("{bits:.3} bits"));
    text.push_str(&format!(
        "\n{proof}; margin over the second best {margin}; a pair counts by what it shares above {:.4} bits (95 % of shuffled labels share less)\n\n",
        found.threshold
    ));
    let mut table = Table::new([
        ("pair", Side::Left),
        ("labels share", Side::Right),
        ("together in resamples", Side::Right),
        ("group", Side::Left),
    ]);
    let at = |matrix: &[Vec<f64>], row: usize, column: usize| {
        matrix.get(row).and_then(|row| row.get(column)).copied()
    };
    for (left, one) in tasks.iter().enumerate() {
        for (right, other) in tasks.iter().enumerate().skip(left + 1) {
            let bits = found
                .affinity
                .get(left)
                .and_then(|row| row.get(right))
                .copied()
                .flatten();
            let share = at(&found.together, left, right).unwrap_or(0.0);
            let is_one = groups
                .iter()
                .any(|group| group.contains(one) && group.contains(other));
            table.row([
                format!("{one} - {other}"),
                bits.map_or("not co-observed".to_owned(), |bits| {
                    format!("{bits:.4} bits")
                }),
                format!("{:.0} %", 100.0 * share),
                if is_one { "same" } else { "" }.to_owned(),
            ]);
        }
    }
    text.push_str(&table.text(terminal.colors_results));
    match verified {
        Some(verified) => verified_text(&mut text, tasks, verified, terminal),
        None => text.push_str(
            "\n! Labels predict the gain of training together poorly: --verify trains the groups, all together and all alone.\n",
        ),
    }
    text.push_str("\nTo train a group, leave the others out:\n");
    for group in groups {
        let out: Vec<String> = tasks
            .iter()
            .filter(|task| !group.contains(task))
            .map(|task| format!(" -s tasks.{task}.active=false"))
            .collect();
        text.push_str(&format!("  polytask train CONFIG{}\n", out.concat()));
    }
    text
}

fn verified_text(
    text: &mut String,
    tasks: &[String],
    verified: &BTreeMap<String, Comparison>,
    terminal: &Terminal,
) {
    text.push_str("\nTrained and measured, bits per example over the task alone\n");
    let mut table = Table::new([
        ("task", Side::Left),
        ("in its group", Side::Right),
        ("95 % interval", Side::Right),
        ("all together", Side::Right),
        ("95 % interval", Side::Right),
    ]);
    for task in tasks {
        let Some(found) = verified.get(task) else {
            continue;
        };
        let [group, group_range] = found.in_group.as_ref().map_or_else(
            || ["n/a".to_owned(), String::new()],
            |bits| {
                [
                    crate::command::transfer::signed(bits),
                    crate::command::transfer::interval(bits),
                ]
            },
        );
        let [all, all_range] = found.all_together.as_ref().map_or_else(
            || ["n/a".to_owned(), String::new()],
            |bits| {
                [
                    crate::command::transfer::signed(bits),
                    crate::command::transfer::interval(bits),
                ]
            },
        );
        table.row([task.clone(), group, group_range, all, all_range]);
    }
    text.push_str(&table.text(terminal.colors_results));
    let total = |of: fn(&Comparison) -> Option<f64>| verified.values().filter_map(of).sum::<f64>();
    text.push_str(&format!(
        "sum over tasks: {:+.3} in groups, {:+.3} together\n",
        total(|found| found.in_group.as_ref()?.value),
        total(|found| found.all_together.as_ref()?.value)
    ));
}
