//! `info RUN`: how the gradients of its tasks lie to each other.

use polytask_information::Measure;
use polytask_information::report::{Cell, Page};
use polytask_training::information::{OVERLAP, PairRelation, Relations};

use crate::table::{Side, Table};

/// Pairs of a long table that are printed: the most opposed and the most aligned.
const PAIRS: usize = 40;

fn name(relations: &Relations, task: usize) -> String {
    relations.tasks.get(task).cloned().unwrap_or_default()
}

fn reading(pair: &PairRelation) -> String {
    if pair.cosine.is_none() {
        "never in one batch".to_owned()
    } else if pair.is_shift {
        "about rows, not tasks".to_owned()
    } else {
        String::new()
    }
}

fn told(relations: &Relations) -> String {
    format!(
        "{} batches of the {} rows; {}. Pairs below {:.0} % common rows show how their rows differ, not their tasks",
        relations.batches,
        relations.split,
        relations.engine,
        100.0 * OVERLAP
    )
}

/// The most opposed first.
fn ordered(relations: &Relations) -> Vec<&PairRelation> {
    let value = |pair: &PairRelation| {
        let cosine = pair.cosine.as_ref().and_then(|cosine| cosine.value);
        cosine.unwrap_or(f64::INFINITY)
    };
    let mut pairs: Vec<&PairRelation> = relations.pairs.iter().collect();
    pairs.sort_by(|left, right| value(left).total_cmp(&value(right)));
    pairs
}

fn cells(relations: &Relations, pair: &PairRelation) -> [String; 5] {
    let cosine = pair.cosine.as_ref().map_or("-".to_owned(), |cosine| {
        let se = cosine.se.map_or(String::new(), |se| format!(" ± {se:.3}"));
        format!("{:+.3}{se}", cosine.value.unwrap_or(f64::NAN))
    });
    let percent = |share: &Measure| {
        let share = share.value.map(|share| format!("{:.0} %", 100.0 * share));
        share.unwrap_or_else(|| "-".to_owned())
    };
    [
        format!(
            "{} - {}",
            name(relations, pair.left),
            name(relations, pair.right)
        ),
        cosine,
        pair.negative.as_ref().map_or("-".to_owned(), percent),
        percent(&pair.overlap),
        reading(pair),
    ]
}

pub(super) fn text(relations: &Relations, color: bool) -> String {
    let pairs = ordered(relations);
    let mut table = Table::new([
        ("pair", Side::Left),
        ("cosine", Side::Right),
        ("negative", Side::Right),
        ("common rows", Side::Right),
        ("", Side::Left),
    ]);
    let half = PAIRS / 2;
    let is_shown = |place: usize| place < half || place + half >= pairs.len();
    let shown = pairs
        .iter()
        .enumerate()
        .filter(|(place, _)| is_shown(*place));
    for (_, pair) in shown {
        table.row(cells(relations, pair));
    }
    let left_out = if pairs.len() > PAIRS {
        format!(
            ", the {half} lowest and the {half} highest of {}",
            pairs.len()
        )
    } else {
        String::new()
    };
    format!(
        "\nCosines of the tasks' gradients{left_out}\n({})\n{}",
        told(relations),
        table.text(color)
    )
}

pub(super) fn page(relations: &Relations, page: &mut Page) {
    page.heading("Cosines of the tasks' gradients");
    page.paragraph(&format!("{}.", told(relations)));
    let rows = ordered(relations).into_iter().map(|pair| {
        let [name, cosine, negative, overlap, reading] = cells(relations, pair);
        vec![
            Cell::Text(name),
            Cell::worded(cosine, pair.cosine.as_ref()),
            Cell::worded(negative, pair.negative.as_ref()),
            Cell::worded(overlap, Some(&pair.overlap)),
            Cell::Text(reading),
        ]
    });
    page.table(
        &["pair", "cosine", "negative", "common rows", ""],
        rows.collect(),
    );
}
