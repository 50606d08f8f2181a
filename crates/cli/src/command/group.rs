//! `group CONFIG|RUN`: who should train with whom. A proposal with its margin and how often resamples agree; `--verify` trains it, all
//! together and all alone, and says in bits what it gave. Nothing is switched.

mod shown;
mod sources;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use polytask_information::grouping::Objective;
use polytask_information::report::Grouped;
use polytask_training::experiment::{AffinitySource, Goal, GroupingOptions};
use serde::Serialize;
use serde_json::json;

use self::sources::Sourced;
use crate::arguments::{ConfigArguments, Overrides, choices};
use crate::command::info::{is_run, publish};
use crate::command::transfer::{Comparison, Wanted};
use crate::exit::{Ended, Exit, Failure};
use crate::json;
use crate::panics::Watch;
use crate::progress::Ui;
use crate::terminal::{Terminal, safe};

#[derive(Debug, Args)]
#[command(after_help = "\
The proposal comes from what the training labels share (label_mi), from the gradients of a run with all tasks (cosine, tag),
or from runs with all tasks but one (bits). All of them predict the gain of training together poorly, bits least so:
--verify asks the runs themselves. Of a CONFIG, runs are trained as `transfer` does, and found again.

Examples:
  polytask group student.toml
  polytask group latest --from tag
  polytask group student.toml --from bits --objective cover --max-groups 2
  polytask group student.toml --largest 3 --verify --seeds 5 --json")]
pub(crate) struct Arguments {
    /// Config file, run directory or `latest`
    #[arg(value_name = "CONFIG|RUN")]
    target: PathBuf,

    #[command(flatten)]
    over: Overrides,

    /// Where affinities come from (key `grouping.from`); label_mi of a config and cosine of a run if nothing is said
    #[arg(long, value_name = "SOURCE", value_parser = choices::<AffinitySource>())]
    from: Option<AffinitySource>,

    /// What the groups are (key `grouping.objective`)
    #[arg(long, value_name = "OBJECTIVE", value_parser = choices::<Goal>())]
    objective: Option<Goal>,

    /// Groups of a cover at most (key `grouping.max_groups`)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    max_groups: Option<u16>,

    /// Tasks of a group at most, of a partition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    largest: Option<u16>,

    /// With cosine and tag: batches of training rows of each run
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    batches: u32,

    /// Train each group, all tasks together and each alone, and compare them in bits
    #[arg(long)]
    verify: bool,

    /// Seeds of what is trained, counted up from the config's
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// Keep what is trained in this folder, which `transfer` shares; transfers/NAME-CONFIG if not given
    #[arg(long, value_name = "DIR")]
    run_dir: Option<PathBuf>,

    /// How progress is shown
    #[arg(long, value_name = "UI", default_value = "auto")]
    ui: Ui,

    /// Also write one page that needs nothing else to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is proposed.
#[derive(Serialize)]
struct Proposed {
    name: String,
    tasks: Vec<String>,
    from: &'static str,
    groups: Vec<Vec<String>>,
    proposal: Grouped,
    /// What to know of pairs whose gradients are of different rows.
    apart: Option<String>,
    verified: Option<BTreeMap<String, Comparison>>,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    told(arguments, terminal, watch).or_else(Ended::exit)
}

fn told(arguments: &Arguments, terminal: &Terminal, watch: &Watch) -> Result<Exit, Ended> {
    let subject = if is_run(&arguments.target) {
        sources::of_run(arguments, terminal, watch)?
    } else {
        sources::of_config(arguments, terminal)?
    };
    if subject.tasks.len() < 2 {
        return Err(Failure::usage("there is one task, so there is nothing to group").into());
    }
    let objective = arguments.objective(&subject.grouping)?;
    let Sourced { from, found, apart } = subject.grouped(arguments, objective, terminal, watch)?;
    let named = |group: &Vec<usize>| -> Vec<String> {
        let names = group.iter().filter_map(|&task| subject.tasks.get(task));
        names.cloned().collect()
    };
    let groups: Vec<Vec<String>> = found.proposal.groups.iter().map(named).collect();
    let verified = if arguments.verify {
        let serving = found.proposal.served.iter();
        let serving = serving.filter_map(|&place| groups.get(place).cloned());
        let serving = subject.tasks.iter().cloned().zip(serving).collect();
        let wanted = arguments.wanted(&subject.config);
        Some(wanted.compare(&serving, terminal, watch)?)
    } else {
        None
    };
    let proposed = Proposed {
        name: subject.name,
        tasks: subject.tasks,
        from,
        groups,
        proposal: found,
        apart,
        verified,
    };
    if let Some(path) = &arguments.html {
        publish(path, &proposed.page())?;
    }
    if arguments.json {
        json::print(terminal, json!(proposed))?;
    } else {
        terminal.result(&safe(&proposed.text(terminal.colors_results)))?;
    }
    Ok(Exit::Done)
}

impl Arguments {
    /// What the flags say, else what the config says.
    fn objective(&self, options: &GroupingOptions) -> Result<Objective, Failure> {
        match self.objective.unwrap_or(options.objective) {
            Goal::Partition if self.max_groups.is_some() => Err(Failure::usage(
                "--max-groups is for --objective cover; --largest limits the groups of a partition",
            )),
            Goal::Partition => Ok(Objective::Partition {
                largest: self.largest.map(usize::from),
            }),
            Goal::Cover if self.largest.is_some() => Err(Failure::usage(
                "--largest is for a partition; --max-groups limits a cover",
            )),
            Goal::Cover => Ok(Objective::Cover {
                most: self.max_groups.map_or(options.max_groups, usize::from),
            }),
        }
    }

    fn wanted<'a>(&'a self, config: &'a ConfigArguments) -> Wanted<'a> {
        Wanted {
            config,
            seeds: self.seeds,
            run_dir: self.run_dir.as_ref(),
            ui: self.ui,
            is_json: self.json,
        }
    }
}
