//! Any method on numbers that are given: for study, and for comparing with other libraries.

mod toml;

use polytask_config::{Document, Entry, Layers, read};
use polytask_random::Seed;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Family, GRAM_AGGREGATORS, Gram, GramAggregator, GramError, Losses, Moment, TaskFacts,
    WEIGHTINGS, Weighting, Weights, Wrapping,
};

/// What a method is asked: the first step of a run whose tasks are called `task_0`, `task_1`, ….
///
/// ```
/// use polytask_balance::Request;
///
/// let request: Request = serde_json::from_str(r#"{ "jacobian": [[1.0, 0.0], [0.0, 2.0]], "seed": 3 }"#).unwrap();
/// assert_eq!(request.seed, 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Inner products of the gradients `[tasks][tasks]`. Left out, they are those of `jacobian`.
    pub gram: Option<Vec<Vec<f64>>>,
    /// The losses `[tasks]`. Left out, they are 1; a weighting that needs them wants them.
    pub losses: Option<Vec<f64>>,
    /// The gradients `[tasks][parameters]`; given, the answer has a direction.
    pub jacobian: Option<Vec<Vec<f64>>>,
    /// The method's options.
    pub options: Map<String, Value>,
    /// The wrappers' options; left out, there is no wrapper and the scale is the method's own.
    pub wrap: Option<Map<String, Value>>,
    /// The seed of what is drawn at random.
    pub seed: u64,
    /// The step, from 0: what is drawn depends on it.
    pub step: u64,
}

/// What it answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// The weights `[tasks]`.
    pub weights: Vec<f64>,
    /// The heads' weights `[tasks]`, if they are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<Vec<f64>>,
    /// The shared gradient Jᵀα `[parameters]`, if the gradients were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Vec<f64>>,
    /// How far the answer is from what it should solve; 0 for a closed form.
    pub residual: f64,
    /// Something out of the ordinary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// No weighting or aggregator has this name.
    #[error("there is no weighting or Gram aggregator '{name}'")]
    UnknownMethod {
        /// As asked for.
        name: String,
    },
    /// What was asked of is not there.
    #[error("the request has no {what}, which {method} needs")]
    Missing {
        /// The method.
        method: String,
        /// The key.
        what: &'static str,
    },
    /// Two lists are not of one length.
    #[error("{what} has {found} entries, wanted {wanted}")]
    Length {
        /// The key.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// The numbers are no Gram matrix.
    #[error(transparent)]
    Gram(#[from] GramError),
    /// Options that the method does not have, or out of their range.
    #[error("{0}")]
    Options(String),
}

/// Answers with a method of either registry. A name that is in both is the aggregator's if there are gradients.
///
/// ```
/// use polytask_balance::{Request, answer};
///
/// // Two gradients that point against each other: the shortest convex combination.
/// let request = Request {
///     jacobian: Some(vec![vec![2.0, 0.0], vec![-1.0, 1.0]]),
///     options: serde_json::from_str(r#"{ "normalize": "none" }"#).unwrap(),
///     ..Request::default()
/// };
/// let answer = answer("mgda", &request).unwrap();
/// assert!((answer.weights[0] - 0.4).abs() < 1e-12);
/// assert!((answer.direction.unwrap()[1] - 0.6).abs() < 1e-12);
/// ```
///
/// # Errors
/// There is no such method, the numbers do not fit together, or the options are wrong.
pub fn answer(method: &str, request: &Request) -> Result<Answer, RequestError> {
    let has_gradients = request.gram.is_some() || request.jacobian.is_some();
    let aggregator = GRAM_AGGREGATORS.iter().find(|entry| entry.name == method);
    let weighting = WEIGHTINGS.iter().find(|entry| entry.name == method);
    let weights = match (aggregator, weighting) {
        (Some(entry), other) if has_gradients || other.is_none() => {
            let gram = gram(method, request)?;
            let losses = losses(request, gram.tasks())?;
            let made = made(std::slice::from_ref(entry), method, &request.options)?;
            let mut aggregator: Box<dyn GramAggregator> = match &request.wrap {
                Some(options) => wrapping(options)?.around(made),
                None => made,
            };
            aggregator.start(&tasks(gram.tasks()));
            aggregator.weights(&gram, &losses, moment(request))
        }
        (_, Some(entry)) => {
            let given = [
                request.losses.as_ref().map(Vec::len),
                request.jacobian.as_ref().map(Vec::len),
                request.gram.as_ref().map(Vec::len),
            ];
            let count = given.into_iter().flatten().next();
            let count = count.ok_or_else(|| RequestError::Missing {
                method: method.to_owned(),
                what: "losses",
            })?;
            let losses = losses(request, count)?;
            let mut weighting: Box<dyn Weighting> =
                made(std::slice::from_ref(entry), method, &request.options)?;
            weighting.start(&tasks(count));
            weighting.begin(moment(request));
            weighting.weights(&losses)
        }
        _ => {
            return Err(RequestError::UnknownMethod {
                name: method.to_owned(),
            });
        }
    };
    let direction = match &request.jacobian {
        Some(rows) => Some(direction(rows, &weights)?),
        None => None,
    };
    Ok(Answer {
        weights: weights.alpha,
        heads: weights.heads,
        direction,
        residual: weights.residual,
        note: weights.note.map(|note| note.to_string()),
    })
}

fn moment(request: &Request) -> Moment {
    Moment {
        seed: Seed(request.seed),
        step: request.step,
    }
}

fn tasks(count: usize) -> Vec<TaskFacts> {
    let task = |index| TaskFacts {
        name: format!("task_{index}"),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.0,
        variance: 0.0,
    };
    (0..count).map(task).collect()
}

fn gram(method: &str, request: &Request) -> Result<Gram, RequestError> {
    if let Some(rows) = &request.gram {
        let found = rows.iter().find(|row| row.len() != rows.len());
        if let Some(row) = found {
            return Err(RequestError::Length {
                what: "a row of gram",
                found: row.len(),
                wanted: rows.len(),
            });
        }
        return Ok(Gram::new((0..rows.len()).collect(), rows.concat())?);
    }
    let rows = request
        .jacobian
        .as_ref()
        .ok_or_else(|| RequestError::Missing {
            method: method.to_owned(),
            what: "gram or jacobian",
        })?;
    rectangular(rows)?;
    Ok(Gram::of_rows((0..rows.len()).collect(), rows)?)
}

fn rectangular(rows: &[Vec<f64>]) -> Result<(), RequestError> {
    let wanted = rows.first().map_or(0, Vec::len);
    match rows.iter().find(|row| row.len() != wanted) {
        Some(row) => Err(RequestError::Length {
            what: "a row of jacobian",
            found: row.len(),
            wanted,
        }),
        None => Ok(()),
    }
}

fn losses(request: &Request, count: usize) -> Result<Losses, RequestError> {
    let values = request.losses.clone().unwrap_or_else(|| vec![1.0; count]);
    if values.len() != count {
        return Err(RequestError::Length {
            what: "losses",
            found: values.len(),
            wanted: count,
        });
    }
    Ok(Losses {
        present: (0..count).collect(),
        values,
        rows: vec![1; count],
    })
}

fn direction(rows: &[Vec<f64>], weights: &Weights) -> Result<Vec<f64>, RequestError> {
    rectangular(rows)?;
    if rows.len() != weights.alpha.len() {
        return Err(RequestError::Length {
            what: "jacobian",
            found: rows.len(),
            wanted: weights.alpha.len(),
        });
    }
    let mut direction = vec![0.0; rows.first().map_or(0, Vec::len)];
    for (row, weight) in rows.iter().zip(&weights.alpha) {
        for (sum, value) in direction.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
    Ok(direction)
}

/// The method with options as JSON gives them.
fn made<T: 'static, X: 'static>(
    family: &'static [Entry<T, X>],
    name: &str,
    options: &Map<String, Value>,
) -> Result<T, RequestError> {
    let mut table = options.clone();
    table.insert("type".to_owned(), Value::String(name.to_owned()));
    let text = format!("method = {}", toml::inline(&Value::Object(table))?);
    parsed(&text, |fields| {
        fields
            .entry("method", "the method that is asked", family)
            .required()
            .value
    })
}

fn wrapping(options: &Map<String, Value>) -> Result<Wrapping, RequestError> {
    let text = format!("wrap = {}", toml::inline(&Value::Object(options.clone()))?);
    parsed(&text, |fields| {
        fields.table("wrap", "the wrappers", Wrapping::options)
    })
}

fn parsed<T>(
    text: &str,
    listing: impl FnOnce(&mut polytask_config::Fields<'_>) -> T,
) -> Result<T, RequestError> {
    let layers = Layers::text("request", text, "/");
    let document =
        Document::load(layers).map_err(|problems| RequestError::Options(problems.to_string()))?;
    let reading = read(&document, listing);
    if reading.problems.is_empty() {
        Ok(reading.value)
    } else {
        Err(RequestError::Options(reading.problems.to_string()))
    }
}

#[cfg(test)]
mod tests;
