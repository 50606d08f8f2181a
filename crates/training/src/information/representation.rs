//! What heads read, as points: how alike two models' representations of the same rows are, and how well one suits each label.

use polytask_data::{Encoded, TaskFit, TaskKind};
use polytask_information::continuous::Points;
use polytask_information::report::{Column, Values};
use polytask_information::similarity::{debiased_cka, linear_cka};
use polytask_information::transferability::{Evidence, h_score, leep, log_me, nce, trans_rate};
use polytask_information::{Flag, InformationError, Measure, Unit};
use serde::Serialize;

use super::columns::label_columns;
use crate::evaluate::Predictor;
use crate::tensors;

/// Rows that these figures are taken from at most: they grow with the square or cube of rows or axes.
const ROWS: usize = 2000;
/// Rows of a label that a score needs.
const FEWEST: usize = 20;
/// Rows per axis below which plain CKA tends to 1 whatever the representations are.
const PER_AXIS: usize = 10;
/// ε of the coding rate.
const DISTORTION: f64 = 1e-4;

/// At most 2000 of the rows, evenly spread.
#[must_use]
pub fn few(rows: &[u32]) -> Vec<u32> {
    let count = rows.len().min(ROWS);
    let spread = (0..count).filter_map(|place| rows.get(place * rows.len() / count.max(1)));
    spread.copied().collect()
}

/// What a model's heads read of these rows, `[rows, width]`.
///
/// # Errors
/// If there is no row.
pub fn represented(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
) -> Result<Points, InformationError> {
    let mut values: Vec<f64> = Vec::new();
    for rows in rows.chunks(batch_size.max(1)) {
        let inputs = tensors::inputs(&encoded.batch(rows), predictor.shape, predictor.device);
        let z = tensors::read(predictor.model.representation(&inputs));
        values.extend(z.into_iter().map(f64::from));
    }
    Points::new(values, predictor.model.representation_width())
}

/// Linear CKA of two representations of the same rows: 1 for equal up to rotation and scale, 0 for unrelated. Debiased where there
/// are fewer than ten rows per axis.
///
/// # Errors
/// If rows differ in number or are fewer than four.
pub fn alike(left: &Points, right: &Points) -> Result<Measure, InformationError> {
    let axes = left.dimensions().max(right.dimensions());
    let (value, estimator) = if left.len() < PER_AXIS * axes {
        (debiased_cka(left, right)?, "linear CKA, debiased")
    } else {
        (linear_cka(left, right)?, "linear CKA")
    };
    Ok(Measure::of(value, Unit::One, estimator, left.len()))
}

/// How well a representation suits the labels: expert figures, ranks within one run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Transferability {
    /// Of the representation to each label.
    pub labels: Vec<Suited>,
    /// Of a head with classes to each other label with classes.
    pub heads: Vec<SuitedPair>,
}

/// One label.
#[derive(Clone, Debug, Serialize)]
pub struct Suited {
    /// Its name.
    pub label: String,
    /// tr(Cov(f)⁻¹ Cov(E[f|y])), of a label with classes.
    pub h_score: Option<Measure>,
    /// R(Z) - Σ (n_k/n) R(Z_k), of a label with classes.
    pub trans_rate: Option<Measure>,
    /// The best ln evidence of a linear model per row; of a number it is that of its standardised values.
    pub log_me: Option<Measure>,
}

/// A head, and a label that it was not trained for.
#[derive(Clone, Debug, Serialize)]
pub struct SuitedPair {
    /// The head.
    pub source: String,
    /// The label.
    pub target: String,
    /// mean ln Σ_z P(y|z) θ(z).
    pub leep: Measure,
    /// -H(Y|argmax of the head).
    pub nce: Measure,
}

/// Every score of a representation `points` of these rows. What cannot be computed is left out.
#[must_use]
pub fn transferability(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    points: &Points,
    batch_size: usize,
) -> Transferability {
    let fits: Vec<TaskFit> = predictor
        .tasks
        .iter()
        .map(|task| task.fit.clone())
        .collect();
    let columns = label_columns(&fits, encoded, rows);
    let laws = laws(predictor, encoded, rows, batch_size);
    let mut heads = Vec::new();
    for (source, law) in laws.iter().enumerate() {
        for (target, column) in columns.iter().enumerate() {
            if let (Some(law), true) = (law, source != target)
                && let Some(name) = columns.get(source).map(|column| column.name.clone())
            {
                heads.extend(pair(name, law, column));
            }
        }
    }
    Transferability {
        labels: columns
            .iter()
            .map(|column| suited(column, points))
            .collect(),
        heads,
    }
}

fn suited(column: &Column, points: &Points) -> Suited {
    let mut suited = Suited {
        label: column.name.clone(),
        h_score: None,
        trans_rate: None,
        log_me: None,
    };
    match &column.values {
        Values::Classes { labels, .. } => {
            let (places, labels) = known(labels);
            if places.len() < FEWEST {
                return suited;
            }
            let points = points.at(&places);
            let measure = |value: Result<f64, InformationError>, unit, name: &'static str| {
                let value = value.ok()?;
                let expert = Measure::of(value, unit, name, places.len());
                Some(expert.flagged(Flag::Exploratory))
            };
            let log_me = log_me(&labels, &points).map(|(mean, _)| mean);
            suited.h_score = measure(h_score(&labels, &points), Unit::One, "H-score");
            let rate = trans_rate(&labels, &points, DISTORTION);
            suited.trans_rate = measure(rate, Unit::Nats, "TransRate, 1e-4");
            suited.log_me = measure(log_me, Unit::Nats, "LogME");
        }
        Values::Real(values) => {
            let (places, values) = known(values);
            if places.len() < FEWEST {
                return suited;
            }
            let evidence = Points::line(&values).and_then(|line| {
                Evidence::of(&points.at(&places))?.best(line.standardised().values())
            });
            suited.log_me = evidence.ok().map(|value| {
                Measure::of(value, Unit::Nats, "LogME", places.len()).flagged(Flag::Exploratory)
            });
        }
    }
    suited
}

fn pair(source: String, law: &[Vec<f64>], column: &Column) -> Option<SuitedPair> {
    let Values::Classes { labels, .. } = &column.values else {
        return None;
    };
    let (places, labels) = known(labels);
    if places.len() < FEWEST {
        return None;
    }
    let law: Vec<Vec<f64>> = places
        .iter()
        .filter_map(|&row| law.get(row).cloned())
        .collect();
    let hard: Vec<u32> = law.iter().map(|law| most_likely(law)).collect();
    let measure = |value: f64, name: &'static str| {
        Measure::of(value, Unit::Nats, name, places.len()).flagged(Flag::Exploratory)
    };
    Some(SuitedPair {
        source,
        target: column.name.clone(),
        leep: measure(leep(&labels, &law).ok()?, "LEEP"),
        nce: measure(nce(&labels, &hard).ok()?, "NCE"),
    })
}

fn known<T: Copy>(values: &[Option<T>]) -> (Vec<usize>, Vec<T>) {
    let present = values.iter().enumerate();
    present
        .filter_map(|(place, value)| Some((place, (*value)?)))
        .unzip()
}

fn most_likely(law: &[f64]) -> u32 {
    let best = law
        .iter()
        .zip(0..)
        .max_by(|left, right| left.0.total_cmp(right.0));
    best.map_or(0, |(_, class)| class)
}

/// The predicted law of every label with classes on all of the rows, in the order of [`label_columns`]; none of a number.
fn laws(
    predictor: &Predictor<'_>,
    encoded: &Encoded,
    rows: &[u32],
    batch_size: usize,
) -> Vec<Option<Vec<Vec<f64>>>> {
    let mut decoded: Vec<Vec<f64>> = vec![Vec::new(); predictor.tasks.len()];
    for rows in rows.chunks(batch_size.max(1)) {
        let predicted = predictor.predict(&encoded.batch(rows), None);
        for (all, own) in decoded.iter_mut().zip(predicted) {
            all.extend(own);
        }
    }
    let mut laws = Vec::new();
    for (task, decoded) in predictor.tasks.iter().zip(decoded) {
        let width = (decoded.len() / rows.len().max(1)).max(1);
        let flag = |p: f64| vec![1.0 - p, p];
        match task.kind {
            TaskKind::Regression { outputs } => laws.extend(vec![None; outputs]),
            TaskKind::Binary if width == 1 => {
                laws.push(Some(decoded.iter().map(|&p| flag(p)).collect()));
            }
            TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
                laws.push(Some(
                    decoded.chunks_exact(width).map(<[f64]>::to_vec).collect(),
                ));
            }
            TaskKind::Multilabel { labels } => {
                laws.extend((0..labels).map(|label| {
                    let rows = decoded.chunks_exact(width);
                    let own = rows.filter_map(|row| row.get(label).copied());
                    Some(own.map(flag).collect())
                }));
            }
        }
    }
    laws
}
