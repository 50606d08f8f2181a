//! `info RUN --wider`: what is left between labels once the trunk is twice as wide. A trunk that underfits leaves bits in V2 that are
//! no coupling of labels, so both are told.

use std::path::Path;

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};
use polytask_training::information::Residuals;
use serde::Serialize;

use super::Arguments;
use crate::arguments::{ConfigArguments, Overrides};
use crate::command::transfer::{Wanted, signed};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::panics::Watch;
use crate::progress::Ui;
use crate::table::{Side, Table};
use crate::terminal::Terminal;

/// Keys that say how wide a trunk is.
const WIDTHS: [&str; 4] = [
    "encoder.hidden",
    "encoder.channels",
    "encoder.dense",
    "sharing.dimension",
];

/// Rows of a long table that are printed; JSON and the page have all.
const PAIRS: usize = 40;

/// The same run with a trunk twice as wide.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Wider {
    /// Where it is.
    pub(super) run: String,
    /// What it says otherwise, as `KEY=VALUE`.
    pub(super) set: Vec<String>,
    pub(super) residual: Residuals,
}

/// The config of a run with every width of its trunk doubled, and what was changed.
///
/// # Errors
/// A config that cannot be read, or has no width.
fn doubled(run: &Path, over: &Overrides) -> Result<(ConfigArguments, Vec<String>), Failure> {
    let mut config = ConfigArguments {
        config: run.join("config.resolved.toml"),
        over: Overrides {
            place: over.place.clone(),
            ..Overrides::default()
        },
    };
    let settings = Configuration::read(&config)?.resolved.origins();
    let widths = settings
        .iter()
        .filter(|setting| WIDTHS.contains(&setting.key.as_str()));
    let set: Vec<String> = widths
        .filter_map(|setting| {
            let text = setting.value.to_string();
            let wider = twice(&text);
            (wider != text).then(|| format!("{}={wider}", setting.key))
        })
        .collect();
    if set.is_empty() {
        return Err(Failure::usage(format!(
            "this trunk has no width to double: none of {}",
            WIDTHS.join(", ")
        )));
    }
    config.over.sets.clone_from(&set);
    Ok((config, set))
}

/// A number or a list of numbers, each doubled.
fn twice(text: &str) -> String {
    let mut wider = String::new();
    let mut digits = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if let Ok(width) = digits.parse::<u64>() {
            wider.push_str(&width.saturating_mul(2).to_string());
        }
        digits.clear();
        wider.push(character);
    }
    wider.truncate(wider.len() - 1);
    wider
}

/// The wider run, trained if it is not there yet, and what `measured` says of it.
///
/// # Errors
/// Whatever ends a run badly, or a signal.
pub(super) fn of(
    arguments: &Arguments,
    run: &Path,
    terminal: &Terminal,
    watch: &Watch,
    measured: impl FnOnce(&Path) -> Result<Residuals, Failure>,
) -> Result<Wider, Ended> {
    let (config, set) = doubled(run, &arguments.over)?;
    let wanted = Wanted {
        config: &config,
        seeds: 1,
        run_dir: None,
        ui: Ui::Auto,
        is_json: arguments.json,
    };
    let paths = wanted.together(terminal, watch)?;
    let path = paths.first().cloned().unwrap_or_default();
    Ok(Wider {
        residual: measured(&path)?,
        run: path.display().to_string(),
        set,
    })
}

/// from, about, V1 and V2 as they are and wider
type Row<'a> = (&'a str, &'a str, [Option<&'a Measure>; 4]);

/// Those with the largest V2 first.
fn rows<'a>(own: &'a Residuals, wider: &'a Wider) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = own
        .pairs
        .iter()
        .map(|pair| {
            let mut others = wider.residual.pairs.iter();
            let is_same = |other: &&polytask_training::information::PairResidual| {
                (&other.source, &other.target) == (&pair.source, &pair.target)
            };
            let other = others
                .find(is_same)
                .and_then(|other| other.residual.as_ref());
            let this = pair.residual.as_ref();
            let figures = [
                this.map(|found| &found.missed),
                other.map(|found| &found.missed),
                this.map(|found| &found.coupled),
                other.map(|found| &found.coupled),
            ];
            (pair.source.as_str(), pair.target.as_str(), figures)
        })
        .collect();
    let coupled = |row: &Row<'_>| {
        let [_, _, coupled, _] = row.2;
        coupled.and_then(|bits| bits.value).unwrap_or(f64::MIN)
    };
    rows.sort_by(|left, right| coupled(right).total_cmp(&coupled(left)));
    rows
}

fn told(wider: &Wider) -> String {
    format!(
        "{}, in {}; what V2 loses by it the trunk had missed and labels are not coupled by",
        wider.set.join(", "),
        wider.run
    )
}

pub(super) fn text(own: &Residuals, wider: &Wider, color: bool) -> String {
    let mut table = Table::new([
        ("from", Side::Left),
        ("about", Side::Left),
        ("V1", Side::Right),
        ("V1, wider", Side::Right),
        ("V2", Side::Right),
        ("V2, wider", Side::Right),
    ]);
    for (from, about, figures) in rows(own, wider).into_iter().take(PAIRS) {
        let [a, b, c, d] = figures.map(|bits| bits.map_or("-".to_owned(), signed));
        table.row([from.to_owned(), about.to_owned(), a, b, c, d]);
    }
    format!(
        "\nThe same with a trunk twice as wide, bits\n({})\n{}",
        told(wider),
        table.text(color)
    )
}

pub(super) fn page(own: &Residuals, wider: &Wider, page: &mut Page) {
    page.heading("The same with a trunk twice as wide");
    page.paragraph(&format!("{}.", told(wider)));
    let rows = rows(own, wider).into_iter().map(|(from, about, figures)| {
        let name = Cell::Text(format!("{from} → {about}"));
        [name].into_iter().chain(figures.map(Cell::told)).collect()
    });
    page.table(
        &["from → about", "V1", "V1, wider", "V2", "V2, wider"],
        rows.collect(),
    );
}

#[cfg(test)]
mod tests {
    use super::twice;

    #[test]
    fn every_width_is_doubled() {
        assert_eq!(twice("[128, 64]"), "[256, 128]");
        assert_eq!(
            (twice("9"), twice("[]")),
            ("18".to_owned(), "[]".to_owned())
        );
    }
}
