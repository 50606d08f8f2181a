//! `list WHAT`: what can be chosen, from the tables that the config is read with.

use clap::{Args, ValueEnum};
use polytask_balance::{AGGREGATORS, AggregatorEntry, Sight, WEIGHTINGS, Wrapping};
use polytask_config::{Choice, Entry, Family, Fields, Kind, Literal, Node, describe, options_of};
use polytask_data::SOURCES;
use polytask_metrics::METRICS;
use polytask_model::{BOTTLENECKS, ENCODERS, LOSSES, RELATIONS, SHARINGS};
use polytask_training::device::Backend;
use polytask_training::experiment::TREES;
use polytask_training::optimizer::OPTIMIZERS;
use polytask_training::schedule::SCHEDULES;
use serde_json::{Value, json};

use crate::command::config::schema;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::table::{Side, Table};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  polytask list\n  polytask list weightings aggregators\n  polytask list optimizers --json"
)]
pub(crate) struct Arguments {
    /// What to list; the families if not given
    #[arg(value_name = "WHAT")]
    what: Vec<What>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// How losses become weights
    Weightings,
    /// How gradients become one
    Aggregators,
    /// From inputs to the shared representation
    Encoders,
    /// How tasks share
    Sharings,
    /// Limits on what the shared representation tells of the inputs
    Bottlenecks,
    /// Which labels a joint head couples
    Trees,
    /// What ties the weights of heads
    Relations,
    /// Kinds of tasks
    Tasks,
    /// From predictions and labels to a number per row
    Losses,
    /// What is reported
    Metrics,
    /// Rules that move the weights
    Optimizers,
    /// The learning rate over time
    Schedules,
    /// Where rows come from
    Sources,
    /// What computes
    Backends,
}

/// One thing that can be chosen.
struct Listed {
    name: String,
    summary: String,
    source: String,
    /// For whom, if not for all.
    only_for: Vec<String>,
    /// What it is given, where members of a family differ in that.
    needs: Option<&'static str>,
    options: Vec<Node>,
}

pub(crate) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    match arguments.what.as_slice() {
        [] => families(arguments.json, terminal),
        &[what] if arguments.json => {
            json::print(terminal, document(what, &listed(what)))?;
            Ok(Exit::Done)
        }
        several if arguments.json => {
            let lists: Vec<Value> = several
                .iter()
                .map(|&what| document(what, &listed(what)))
                .collect();
            json::print(terminal, json!({"lists": lists}))?;
            Ok(Exit::Done)
        }
        several => {
            for (place, &what) in several.iter().enumerate() {
                if several.len() > 1 {
                    let (bold, _, reset) = styles(terminal.colors_results);
                    let gap = if place == 0 { "" } else { "\n" };
                    terminal.result(&format!("{gap}{bold}{}{reset}\n\n", names(what).0))?;
                }
                show(what, terminal)?;
            }
            Ok(Exit::Done)
        }
    }
}

/// One family as text.
fn show(what: What, terminal: &Terminal) -> Result<(), Failure> {
    let listed = listed(what);
    let (listed, shared) = match what {
        What::Aggregators => apart(listed, |fields| {
            Wrapping::options(fields);
        }),
        What::Weightings => apart(listed, |fields| {
            Wrapping::weighting_options(fields, "", &[]);
        }),
        _ => (listed, Vec::new()),
    };
    terminal.result(&text(&listed, terminal.colors_results))?;
    if !shared.is_empty() {
        let heading = "\nand of each, as far as it makes sense around what it is given:\n";
        let lines = options("  ", &shared, terminal.colors_results);
        terminal.result(&format!("{heading}{lines}"))?;
    }
    Ok(())
}

/// Methods with their own options alone, and those of the wrappers, which nearly all have.
fn apart(
    mut listed: Vec<Listed>,
    wrappers: impl FnOnce(&mut Fields<'_>),
) -> (Vec<Listed>, Vec<Node>) {
    let wrapping = describe(wrappers).keys;
    for one in &mut listed {
        let is_own = |option: &Node| wrapping.iter().all(|shared| shared.key != option.key);
        one.options.retain(is_own);
    }
    (listed, wrapping)
}

fn names(what: What) -> (String, String) {
    let value = what.to_possible_value();
    let name = value
        .as_ref()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default();
    let help = value
        .and_then(|value| value.get_help().map(ToString::to_string))
        .unwrap_or_default();
    (name, help)
}

fn families(is_json: bool, terminal: &Terminal) -> Result<Exit, Failure> {
    let all: Vec<(String, String, usize)> = What::value_variants()
        .iter()
        .map(|&what| {
            let (name, help) = names(what);
            (name, help, listed(what).len())
        })
        .collect();
    if is_json {
        let families: Vec<Value> = all
            .iter()
            .map(|(name, help, count)| json!({"name": name, "summary": help, "count": count}))
            .collect();
        json::print(terminal, json!({"families": families}))?;
    } else {
        let mut table = Table::new([
            ("family", Side::Left),
            ("members", Side::Right),
            ("what", Side::Left),
        ]);
        for (name, help, count) in all {
            table.row([name, count.to_string(), help]);
        }
        terminal.result(&table.text(terminal.colors_results))?;
    }
    Ok(Exit::Done)
}

/// What an aggregator needs of the gradients; some give weights without looking at them.
fn needs(entry: &AggregatorEntry) -> Option<&'static str> {
    let mut sight = Sight::Whole;
    describe(|fields| sight = (entry.new)(fields).method.sight());
    (sight != Sight::Nothing).then(|| entry.facts.needs())
}

fn listed(what: What) -> Vec<Listed> {
    match what {
        What::Weightings => entries(WEIGHTINGS),
        What::Aggregators => AGGREGATORS
            .iter()
            .zip(entries(AGGREGATORS))
            .map(|(entry, listed)| Listed {
                needs: needs(entry),
                ..listed
            })
            .collect(),
        What::Encoders => entries(ENCODERS),
        What::Sharings => entries(SHARINGS),
        What::Bottlenecks => entries(BOTTLENECKS),
        What::Trees => entries(TREES),
        What::Relations => entries(RELATIONS),
        What::Tasks => kinds(),
        What::Losses => with_facts(LOSSES, |facts| {
            facts.kinds.iter().map(|kind| (*kind).to_owned()).collect()
        }),
        What::Metrics => with_facts(METRICS, |facts| {
            facts
                .shapes
                .iter()
                .map(|shape| shape.name().to_owned())
                .collect()
        }),
        What::Optimizers => entries(OPTIMIZERS),
        What::Schedules => entries(SCHEDULES),
        What::Sources => entries(SOURCES),
        What::Backends => Backend::ALL
            .iter()
            .map(|(name, _, help)| Listed {
                name: (*name).to_owned(),
                summary: (*help).to_owned(),
                source: String::new(),
                only_for: Vec::new(),
                needs: None,
                options: Vec::new(),
            })
            .collect(),
    }
}

fn entries<T: 'static, X: 'static>(family: &'static [Entry<T, X>]) -> Vec<Listed> {
    with_facts(family, |_| Vec::new())
}

fn with_facts<T: 'static, X: 'static>(
    family: &'static [Entry<T, X>],
    only_for: impl Fn(&X) -> Vec<String>,
) -> Vec<Listed> {
    let facts = family.iter().map(|entry| only_for(&entry.facts));
    let Family { variants, .. } = options_of(family);
    variants
        .into_iter()
        .zip(facts)
        .map(|(variant, only_for)| Listed {
            name: variant.name.to_owned(),
            summary: variant.summary.to_owned(),
            source: variant.source.to_owned(),
            only_for,
            needs: None,
            options: variant.options,
        })
        .collect()
}

/// The kinds of tasks, from the key that chooses one.
fn kinds() -> Vec<Listed> {
    let schema = schema();
    let Some(Kind::Choice(words)) = schema.find("tasks.x.type").map(|node| node.kind.clone())
    else {
        return Vec::new();
    };
    words
        .iter()
        .map(|(name, help)| Listed {
            name: (*name).to_owned(),
            summary: (*help).to_owned(),
            source: String::new(),
            only_for: Vec::new(),
            needs: None,
            options: Vec::new(),
        })
        .collect()
}

fn text(listed: &[Listed], color: bool) -> String {
    let (bold, dim, reset) = styles(color);
    let width = listed
        .iter()
        .map(|one| one.name.chars().count())
        .max()
        .unwrap_or(0);
    let margin = " ".repeat(width + 2);
    let mut text = String::new();
    for one in listed {
        text.push_str(&format!(
            "{bold}{:width$}{reset}  {}\n",
            one.name, one.summary
        ));
        if !one.only_for.is_empty() {
            text.push_str(&format!("{margin}for {}\n", one.only_for.join(", ")));
        }
        if let Some(needs) = one.needs {
            text.push_str(&format!("{margin}needs {needs}\n"));
        }
        text.push_str(&options(&margin, &one.options, color));
        if !one.source.is_empty() {
            text.push_str(&format!("{margin}{dim}{}{reset}\n", one.source));
        }
    }
    text
}

/// Bold, dim, and back to plain.
fn styles(color: bool) -> (&'static str, &'static str, &'static str) {
    if color {
        ("\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m")
    } else {
        ("", "", "")
    }
}

/// Options with their defaults, a line each.
fn options(margin: &str, options: &[Node], color: bool) -> String {
    let (_, dim, reset) = styles(color);
    let line = |option: &Node| {
        let default = default(option);
        format!(
            "{margin}{} = {default}  {dim}{}{reset}\n",
            option.key, option.help
        )
    };
    options.iter().map(line).collect()
}

fn default(option: &Node) -> String {
    match &option.default {
        Some(default) => default.to_string(),
        None if option.is_required => "(required)".to_owned(),
        None => "(not set)".to_owned(),
    }
}

fn document(what: What, listed: &[Listed]) -> Value {
    let entries: Vec<Value> = listed
        .iter()
        .map(|one| {
            let options: Vec<Value> = one
                .options
                .iter()
                .map(|option| {
                    json!({
                        "key": option.key, "help": option.help, "wants": option.kind.to_string(),
                        "default": option.default.as_ref().map(Literal::to_json), "required": option.is_required,
                    })
                })
                .collect();
            json!({
                "name": one.name, "summary": one.summary, "source": one.source, "only_for": one.only_for,
                "needs": one.needs, "options": options,
            })
        })
        .collect();
    json!({"what": names(what).0, "entries": entries})
}
