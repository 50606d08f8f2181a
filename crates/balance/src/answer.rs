//! Any method on numbers that are given: for study, and for comparing with other libraries.

mod request;
mod toml;

use polytask_config::{Document, Entry, Layers, read};
use polytask_random::Seed;
use serde_json::{Map, Value};

use crate::rows::single;
use crate::{
    AGGREGATORS, Aggregator, Block, Cross, Family, Gram, Losses, Moment, Observation,
    RowAggregator, Rows, TaskFacts, WEIGHTINGS, Weighting, Weights,
};

pub use request::{Answer, Earlier, Request, RequestError};

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
/// assert!((answer.weights.unwrap()[0] - 0.4).abs() < 1e-12);
/// assert!((answer.direction.unwrap()[1] - 0.6).abs() < 1e-12);
/// ```
///
/// # Errors
/// There is no such method, the numbers do not fit together, or the options are wrong.
pub fn answer(method: &str, request: &Request) -> Result<Answer, RequestError> {
    let given = [&request.gram, &request.cross, &request.jacobian];
    let has_gradients = given.into_iter().any(Option::is_some);
    let aggregator = AGGREGATORS.iter().find(|entry| entry.name == method);
    let weighting = WEIGHTINGS.iter().find(|entry| entry.name == method);
    match (aggregator, weighting) {
        (Some(entry), other) if has_gradients || other.is_none() => {
            let native = || {
                let gain = ("gain".to_owned(), Value::String("native".to_owned()));
                Map::from_iter([gain])
            };
            let mut options = request.wrap.clone().unwrap_or_else(native);
            options.extend(request.options.clone());
            let made = made(std::slice::from_ref(entry), method, options)?;
            let answer = aggregated(made.method, method, request)?;
            clipped(answer, made.clip, method, request)
        }
        (_, Some(entry)) => {
            let mut options = request.wrap.clone().unwrap_or_default();
            options.extend(request.options.clone());
            let weighting = made(std::slice::from_ref(entry), method, options)?;
            weighted(weighting, method, request)
        }
        _ => Err(RequestError::UnknownMethod {
            name: method.to_owned(),
        }),
    }
}

/// The answer to the last step of the run.
fn aggregated(
    mut aggregator: Aggregator,
    method: &str,
    request: &Request,
) -> Result<Answer, RequestError> {
    aggregator.start(&tasks(count(request).unwrap_or(0)));
    let mut last = Answer::default();
    for step in request.steps() {
        last = aggregated_step(&mut aggregator, method, &step)?;
    }
    Ok(last)
}

/// How many tasks the request is of.
fn count(request: &Request) -> Option<usize> {
    let given = [
        request.losses.as_ref().map(Vec::len),
        request.cross.as_ref().map(Vec::len),
        request.jacobian.as_ref().map(Vec::len),
        request.gram.as_ref().map(Vec::len),
    ];
    given.into_iter().flatten().next()
}

fn aggregated_step(
    aggregator: &mut Aggregator,
    method: &str,
    request: &Request,
) -> Result<Answer, RequestError> {
    match aggregator {
        Aggregator::Gram(aggregator) => {
            let gram = gram(method, request)?;
            let losses = losses(request, gram.tasks())?;
            told(request, aggregator.weights(&gram, &losses, moment(request)))
        }
        Aggregator::Rows(aggregator) => combined(aggregator.as_mut(), method, request),
        Aggregator::Cross(aggregator) => {
            let matrix = request.cross.as_ref();
            let matrix = matrix.ok_or_else(|| missing(method, "cross"))?;
            square("a row of cross", matrix)?;
            let losses = losses(request, matrix.len())?;
            let cross = Cross::new(losses.present.clone(), matrix.concat())?;
            if aggregator.learns() {
                let values = &losses.values;
                aggregator.learn(&cross.with_losses([values.clone(), values.clone()]));
            }
            told(request, aggregator.weights(&losses))
        }
    }
}

/// Row aggregators are given numbers in single precision, as the engine has them.
fn combined(
    aggregator: &mut dyn RowAggregator,
    method: &str,
    request: &Request,
) -> Result<Answer, RequestError> {
    let matrix = request.jacobian.as_ref();
    let matrix = matrix.ok_or_else(|| missing(method, "jacobian"))?;
    rectangular(matrix)?;
    let losses = losses(request, matrix.len())?;
    let visited = aggregator.visits(&losses.present, moment(request));
    let values: Vec<Vec<f32>> = visited
        .iter()
        .filter_map(|&task| matrix.get(task))
        .map(|row| row.iter().map(|value| single(*value)).collect())
        .collect();
    let seen = losses.seen().filter(|seen| visited.contains(&seen.task));
    let losses = Losses {
        values: seen.map(|seen| seen.loss).collect(),
        rows: vec![1; visited.len()],
        present: visited.clone(),
    };
    let block = Block {
        name: "parameters",
        rows: values.iter().map(Vec::as_slice).collect(),
    };
    let rows = Rows::new(visited, vec![block])?;
    let shared = aggregator.combine(&rows, &losses, moment(request));
    let direction = shared.blocks.concat();
    Ok(Answer {
        weights: shared.alpha,
        heads: shared.heads,
        direction: Some(direction.into_iter().map(f64::from).collect()),
        residual: shared.residual,
        note: shared.note.map(|note| note.to_string()),
    })
}

fn weighted(
    mut weighting: Box<dyn Weighting>,
    method: &str,
    request: &Request,
) -> Result<Answer, RequestError> {
    let count = count(request).ok_or_else(|| missing(method, "losses"))?;
    weighting.start(&tasks(count));
    let mut last = Answer::default();
    for step in request.steps() {
        let losses = losses(&step, count)?;
        weighting.begin(moment(&step));
        last = told(&step, weighting.weights(&losses))?;
        weighting.observe(&Observation { losses: &losses });
    }
    Ok(last)
}

/// These weights, and the direction if the gradients are known. Heads that are trained with the weights are not told again.
fn told(request: &Request, weights: Weights) -> Result<Answer, RequestError> {
    let direction = match &request.jacobian {
        Some(rows) => Some(direction(rows, &weights)?),
        None => None,
    };
    Ok(Answer {
        heads: weights.heads.filter(|heads| *heads != weights.alpha),
        weights: Some(weights.alpha),
        direction,
        residual: weights.residual,
        note: weights.note.map(|note| note.to_string()),
    })
}

/// The same with the shared gradient at most this long; its norm is that of the direction or, without one, follows from the Gram
/// matrix. The heads keep what they had.
fn clipped(
    mut answer: Answer,
    clip: Option<f64>,
    method: &str,
    request: &Request,
) -> Result<Answer, RequestError> {
    let Some(largest) = clip else {
        return Ok(answer);
    };
    let norm = match (&answer.direction, &answer.weights) {
        (Some(direction), _) => direction.iter().copied().fold(0.0, f64::hypot),
        (None, Some(weights)) => gram(method, request)?.shared_norm(weights),
        (None, None) => return Ok(answer),
    };
    if norm > largest {
        answer.heads = answer.heads.or(answer.weights.clone());
        let factor = largest / norm;
        let direction = answer.direction.iter_mut().flatten();
        let all = direction.chain(answer.weights.iter_mut().flatten());
        all.for_each(|value| *value *= factor);
    }
    Ok(answer)
}

fn missing(method: &str, what: &'static str) -> RequestError {
    RequestError::Missing {
        method: method.to_owned(),
        what,
    }
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
        square("a row of gram", rows)?;
        let gram = Gram::new((0..rows.len()).collect(), rows.concat())?;
        return possible(gram);
    }
    let rows = request.jacobian.as_ref();
    let rows = rows.ok_or_else(|| missing(method, "gram or jacobian"))?;
    rectangular(rows)?;
    Ok(Gram::of_rows((0..rows.len()).collect(), rows)?)
}

/// Cauchy and Schwarz, with room for numbers that were computed in single precision.
fn possible(gram: Gram) -> Result<Gram, RequestError> {
    const ROOM: f64 = 1e-5;
    let matrix = gram.matrix();
    let squares = matrix.diagonal();
    for (second, column) in matrix.column_iter().enumerate() {
        for (first, (value, square)) in column.iter().zip(squares.iter()).enumerate() {
            let largest = squares
                .get(second)
                .map_or(0.0, |other| (square * other).sqrt());
            if value.abs() > largest * (1.0 + ROOM) {
                return Err(RequestError::Impossible { first, second });
            }
        }
    }
    Ok(gram)
}

fn square(what: &'static str, rows: &[Vec<f64>]) -> Result<(), RequestError> {
    all_of(what, rows.len(), rows)
}

fn rectangular(rows: &[Vec<f64>]) -> Result<(), RequestError> {
    all_of("a row of jacobian", rows.first().map_or(0, Vec::len), rows)
}

fn all_of(what: &'static str, wanted: usize, rows: &[Vec<f64>]) -> Result<(), RequestError> {
    match rows.iter().find(|row| row.len() != wanted) {
        Some(row) => Err(RequestError::Length {
            what,
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
    mut options: Map<String, Value>,
) -> Result<T, RequestError> {
    options.insert("type".to_owned(), Value::String(name.to_owned()));
    let text = format!("method = {}", toml::inline(&Value::Object(options))?);
    let layers = Layers::text("request", text, "/");
    let refused = |problems: &dyn ToString| RequestError::Options(problems.to_string());
    let document = Document::load(layers).map_err(|problems| refused(&problems))?;
    let reading = read(&document, |fields| {
        fields
            .entry("method", "the method that is asked", family)
            .required()
            .value
    });
    if reading.problems.is_empty() {
        Ok(reading.value)
    } else {
        Err(refused(&reading.problems))
    }
}

#[cfg(test)]
mod tests;
