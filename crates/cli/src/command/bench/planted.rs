//! `bench planted`: eight families of planted structure, what is true of each, what is found, and whether that reaches its mark.

mod coupled;
mod scored;
mod trained;
mod written;

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use polytask_planted::{Check, Family, PlantedError};
use polytask_training::device::Backend;
use serde_json::{Map, json};

use crate::arguments::PlaceArguments;
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::signals::Signals;
use crate::table::{Side, Table};
use crate::terminal::{Terminal, safe};
use crate::{json, place};
use trained::Trainer;

#[derive(Debug, Args)]
#[command(after_help = "\
Each family makes data from the seed, knows the truth about them, and scores what the estimators and, where a model is
needed, training finds. Exits with 8 if a mark is missed. docs/planted.md has the marks and what was measured.

Examples:
  polytask bench planted --quick
  polytask bench planted --family P3,P8 --seed 7 --json
  polytask bench planted --family P8 --output same    data.csv, truth.json and config.toml to try yourself")]
pub(crate) struct Arguments {
    /// Which families, with commas between; all if not given
    #[arg(long, value_name = "FAMILY", value_delimiter = ',', value_parser = families())]
    family: Vec<Asked>,

    /// Seed of the data and of the training; a family of several draws counts up from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Fewer draws and seeds
    #[arg(long)]
    quick: bool,

    /// Also write every data set with its truth and a config into a folder of this one
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,

    #[command(flatten)]
    place: PlaceArguments,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// One value of `--family`.
#[derive(Clone, Copy, Debug)]
enum Asked {
    All,
    One(Family),
}

fn families() -> impl TypedValueParser<Value = Asked> {
    let named = Family::ALL.map(|family| PossibleValue::new(family.code()).help(family.summary()));
    let all = PossibleValue::new("all").help("every one of them");
    PossibleValuesParser::new(named.into_iter().chain([all])).map(|given| {
        let found = Family::ALL
            .into_iter()
            .find(|family| family.code() == given);
        found.map_or(Asked::All, Asked::One)
    })
}

impl Arguments {
    /// In their order, each once.
    fn families(&self) -> Vec<Family> {
        let is_asked = |family: &Family| {
            self.family.is_empty()
                || self.family.iter().any(|asked| match asked {
                    Asked::All => true,
                    Asked::One(one) => one == family,
                })
        };
        Family::ALL.into_iter().filter(is_asked).collect()
    }
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    place::limit_threads(&arguments.place)?;
    // The models are too small for a GPU to be worth its while.
    let backend = arguments.place.backend.unwrap_or(Backend::Cpu);
    let trainer = Trainer {
        place: place::resolve(backend, arguments.place.device, watch)?,
        signals: Signals::install(),
        terminal,
        seed: arguments.seed,
        is_quick: arguments.quick,
    };
    let families = arguments.families();
    if let Some(folder) = &arguments.output {
        for family in &families {
            for path in written::write(folder, *family, arguments.seed)? {
                terminal.message(&format!("{}: wrote {}\n", family.code(), path.display()));
            }
        }
    }
    let mut scores = Vec::new();
    for family in families {
        let checks = scored::checks(family, &trainer)?;
        if !arguments.json {
            let is_first = scores.is_empty();
            let text = text(family, &checks, is_first, terminal);
            terminal.result(&safe(&text))?;
        }
        scores.push((family, checks));
    }
    let missed: Vec<String> = scores
        .iter()
        .flat_map(|(family, checks)| {
            let missed = checks.iter().filter(|check| check.passed() == Some(false));
            missed.map(|check| {
                format!(
                    "mark missed: {} {}: {}, not {}",
                    family.code(),
                    check.name(),
                    check.found,
                    match (&check.mark, &check.truth) {
                        (polytask_planted::Mark::Truth, Some(truth)) => truth.to_string(),
                        (mark, _) => mark.to_string(),
                    }
                )
            })
        })
        .collect();
    if arguments.json {
        let families: Vec<_> = scores.iter().map(|(family, checks)| {
            let truths: Map<_, _> = family
                .instances(arguments.seed)
                .into_iter()
                .map(|instance| (instance.name, instance.truth))
                .collect();
            json!({
                "family": family.code(), "summary": family.summary(), "passed": has_passed(checks),
                "checks": checks, "truth": truths,
            })
        }).collect();
        json::print(
            terminal,
            json!({
                "seed": arguments.seed, "quick": arguments.quick, "backend": trainer.place.backend,
                "passed": missed.is_empty(), "families": families,
            }),
        )?;
    }
    if missed.is_empty() {
        Ok(Exit::Done)
    } else {
        Err(Failure::new(Exit::Gate, missed.join("\n")))
    }
}

fn has_passed(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.passed() != Some(false))
}

fn text(family: Family, checks: &[Check], is_first: bool, terminal: &Terminal) -> String {
    let mut table = Table::new([
        ("quantity", Side::Left),
        ("truth", Side::Right),
        ("found", Side::Right),
        ("mark", Side::Left),
        ("passed", Side::Left),
    ]);
    for check in checks {
        table.row([
            check.name(),
            check
                .truth
                .as_ref()
                .map_or(String::new(), ToString::to_string),
            check.found.to_string(),
            check.mark.to_string(),
            match check.passed() {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            }
            .to_owned(),
        ]);
    }
    format!(
        "{}{}: {}\n\n{}",
        if is_first { "" } else { "\n" },
        family.code(),
        family.summary(),
        table.text(terminal.colors_results)
    )
}

/// A family that cannot be scored: its data are the program's own, so this is a bug.
fn unscored(error: &PlantedError) -> Failure {
    Failure::new(
        Exit::Internal,
        format!("a planted family cannot be scored: {error}"),
    )
}
