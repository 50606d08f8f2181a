//! `info RUN RUN2 …`: how alike the representations of runs are; and with --expert how well one suits each label.

use std::path::PathBuf;

use polytask_data::Prepared;
use polytask_information::Measure;
use polytask_information::continuous::Points;
use polytask_information::report::{Cell, Page};
use polytask_training::information::{Transferability, alike, few, represented, transferability};
use polytask_training::load::{Loaded, from_checkpoint, rows_of};
use serde::Serialize;

use super::{Arguments, immeasurable};
use crate::arguments::RunArguments;
use crate::exit::Failure;
use crate::runs::{Found, Unasked};
use crate::table::{Side, Table};

/// Two runs on the same rows.
#[derive(Debug, Serialize)]
pub(super) struct AlikeRuns {
    pub(super) runs: [String; 2],
    pub(super) cka: Measure,
}

/// What the heads of each of these runs read of the same rows: those of the first, `rows` of `split`.
///
/// # Errors
/// A run that cannot be read, or whose split holds other rows.
fn compared(
    first: (String, Points),
    others: &[PathBuf],
    (split, few): (&str, &[u32]),
    own: &Prepared,
    loaded: &Loaded,
) -> Result<Vec<AlikeRuns>, Failure> {
    let mut points = vec![first];
    for run in others {
        let asked = RunArguments {
            run: run.clone(),
            checkpoint: None,
        };
        let Found { checkpoint, .. } = asked.open(Unasked::Best)?;
        let other = from_checkpoint(checkpoint, loaded.place.clone())?;
        let prepared = other.prepare()?;
        let is_same = prepared.encoded.rows() == own.encoded.rows()
            && rows_of(&prepared, split)? == rows_of(own, split)?;
        if !is_same {
            return Err(Failure::usage(format!(
                "{} has other rows in split '{split}' than the first run, so that their representations cannot be compared",
                run.display()
            ))
            .hint("compare runs of one data set and seed, such as those of one `transfer`"));
        }
        let found = represented(
            &other.predictor(),
            &prepared.encoded,
            few,
            other.batch_size(),
        )
        .map_err(immeasurable)?;
        points.push((run.display().to_string(), found));
    }
    let mut compared = Vec::new();
    for (place, (left, one)) in points.iter().enumerate() {
        for (right, other) in points.iter().skip(place + 1) {
            compared.push(AlikeRuns {
                runs: [left.clone(), right.clone()],
                cka: alike(one, other).map_err(immeasurable)?,
            });
        }
    }
    Ok(compared)
}

/// How alike the representations of the run and the others are, and if asked for how well the run's suits each label.
///
/// # Errors
/// As [`compared`].
pub(super) fn of(
    arguments: &Arguments,
    loaded: &Loaded,
    prepared: &Prepared,
    (split, rows): (&str, &[u32]),
) -> Result<(Vec<AlikeRuns>, Option<Transferability>), Failure> {
    if arguments.others.is_empty() && !arguments.expert {
        return Ok((Vec::new(), None));
    }
    let (encoded, few, size) = (&prepared.encoded, few(rows), loaded.batch_size());
    let points = represented(&loaded.predictor(), encoded, &few, size).map_err(immeasurable)?;
    let expert = arguments
        .expert
        .then(|| transferability(&loaded.predictor(), encoded, &few, &points, size));
    let alike = if arguments.others.is_empty() {
        Vec::new()
    } else {
        let first = (arguments.target.display().to_string(), points);
        compared(first, &arguments.others, (split, &few), prepared, loaded)?
    };
    Ok((alike, expert))
}

const ALIKE: &str = "1: equal up to rotation and scale, 0: unrelated; ranks within one comparison, no score of quality";

pub(super) fn alike_text(alike: &[AlikeRuns], color: bool) -> String {
    let Some(first) = alike.first() else {
        return String::new();
    };
    let mut table = Table::new([
        ("run", Side::Left),
        ("run", Side::Left),
        ("CKA", Side::Right),
    ]);
    for pair in alike {
        let [left, right] = pair.runs.clone();
        table.row([left, right, format!("{:.3}", pair.cka)]);
    }
    format!(
        "\nHow alike the representations are ({}, {} rows)\n({ALIKE})\n{}",
        first.cka.estimator,
        first.cka.n,
        table.text(color)
    )
}

pub(super) fn alike_page(alike: &[AlikeRuns], page: &mut Page) {
    if alike.is_empty() {
        return;
    }
    page.heading("How alike the representations are");
    page.paragraph(ALIKE);
    let rows = alike.iter().map(|pair| {
        let [left, right] = pair.runs.clone();
        vec![Cell::Text(left), Cell::Text(right), Cell::Told(&pair.cka)]
    });
    page.table(&["run", "run", "linear CKA"], rows.collect());
}

/// As its heading says.
const EXPERT: &str = "scores of transferability, without training: ranks within one run only; on realistic pools of models the size \
                      of a model ranked as well";

fn shown(measure: Option<&Measure>) -> String {
    let value = measure.and_then(|measure| measure.value);
    value.map_or("-".to_owned(), |value| format!("{value:.4}"))
}

pub(super) fn expert_text(expert: &Transferability, color: bool) -> String {
    let mut table = Table::new([
        ("label", Side::Left),
        ("H-score", Side::Right),
        ("TransRate, nats", Side::Right),
        ("LogME, nats", Side::Right),
    ]);
    for suited in &expert.labels {
        table.row([
            suited.label.clone(),
            shown(suited.h_score.as_ref()),
            shown(suited.trans_rate.as_ref()),
            shown(suited.log_me.as_ref()),
        ]);
    }
    let mut text = format!(
        "\nHow the representation suits each label (expert)\n({EXPERT})\n{}",
        table.text(color)
    );
    if !expert.heads.is_empty() {
        let mut table = Table::new([
            ("head", Side::Left),
            ("label", Side::Left),
            ("LEEP, nats", Side::Right),
            ("NCE, nats", Side::Right),
            ("rows", Side::Right),
        ]);
        for pair in &expert.heads {
            table.row([
                pair.source.clone(),
                pair.target.clone(),
                shown(Some(&pair.leep)),
                shown(Some(&pair.nce)),
                pair.leep.n.to_string(),
            ]);
        }
        text.push_str("\nHow a head suits another label (expert; 0 is best)\n");
        text.push_str(&table.text(color));
    }
    text
}

pub(super) fn expert_page(expert: &Transferability, page: &mut Page) {
    page.heading("How the representation suits each label (expert)");
    page.paragraph(EXPERT);
    let cell = |measure: &'_ Option<Measure>| match measure {
        Some(measure) => Cell::Text(format!("{measure:.4}")),
        None => Cell::Text("–".to_owned()),
    };
    let rows = expert.labels.iter().map(|suited| {
        vec![
            Cell::Text(suited.label.clone()),
            cell(&suited.h_score),
            cell(&suited.trans_rate),
            cell(&suited.log_me),
        ]
    });
    page.table(&["label", "H-score", "TransRate", "LogME"], rows.collect());
    let rows = expert.heads.iter().map(|pair| {
        vec![
            Cell::Text(format!("{} → {}", pair.source, pair.target)),
            Cell::Told(&pair.leep),
            Cell::Told(&pair.nce),
        ]
    });
    page.table(&["head → label", "LEEP", "NCE"], rows.collect());
}
