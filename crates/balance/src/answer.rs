//! Any method on numbers that are given: for study, and for comparing with other libraries.

mod given;
mod request;
mod toml;

use polytask_config::{Document, Entry, Layers, read};
use polytask_random::Seed;
use serde_json::{Map, Value};

use crate::rows::single;
use crate::{
    AGGREGATORS, Aggregator, Block, Gram, Losses, Moment, Needs, Observation, RowAggregator, Rows,
    TaskFacts, WEIGHTINGS, Weighting, Weights,
};
use given::{Given, count};

pub use request::{Answer, Numbers, Request, RequestError, Step, Table};

/// Answers with a method of either registry. A name that is in both is the aggregator's if there are gradients.
///
/// ```
/// use polytask_balance::{Request, answer};
///
/// // Two gradients that point against each other: the shortest convex combination.
/// let text = r#"{ "jacobian": [[2.0, 0.0], [-1.0, 1.0]], "options": { "normalize": "none" } }"#;
/// let request: Request = serde_json::from_str(text).unwrap();
/// let answer = answer("mgda", &request).unwrap();
/// assert!((answer.weights.unwrap()[0].unwrap() - 0.4).abs() < 1e-12);
/// assert!((answer.direction.unwrap()[1] - 0.6).abs() < 1e-12);
/// ```
///
/// # Errors
/// There is no such method, the numbers do not fit together, or the options are wrong.
pub fn answer(method: &str, request: &Request) -> Result<Answer, RequestError> {
    let (steps, first, places) = request.run()?;
    let has_gradients = steps.iter().any(|step| {
        let given = [&step.gram, &step.cross, &step.jacobian];
        given.into_iter().any(Option::is_some)
    });
    let aggregator = AGGREGATORS.iter().find(|entry| entry.name == method);
    let weighting = WEIGHTINGS.iter().find(|entry| entry.name == method);
    let (entry, usual) = match (aggregator, weighting) {
        (Some(entry), other) if has_gradients || other.is_none() => {
            let native = ("gain".to_owned(), Value::String("native".to_owned()));
            (Ok(entry), Map::from_iter([native]))
        }
        (_, Some(entry)) => (Err(entry), Map::new()),
        _ => {
            return Err(RequestError::UnknownMethod {
                name: method.to_owned(),
            });
        }
    };
    let mut options = request.wrap.clone().unwrap_or(usual);
    options.extend(request.options.clone());
    let (mut asked, clip) = match entry {
        Ok(entry) => {
            let made = made(std::slice::from_ref(entry), method, options)?;
            (Asked::Aggregator(made.method), made.clip)
        }
        Err(entry) => {
            let made = made(std::slice::from_ref(entry), method, options)?;
            (Asked::Weighting(made), None)
        }
    };
    let tasks = steps.iter().find_map(count);
    let tasks = tasks.ok_or_else(|| missing(method, asked.wants()))?;
    let run = Run {
        method,
        facts: request.tasks(tasks)?,
        uses_own: request.task_weights.is_some() && asked.uses_task_weights(),
        clip,
    };
    asked.start(&run.facts);
    let mut answers = Vec::with_capacity(steps.len());
    for ((step, place), number) in steps.into_iter().zip(places).zip(first..) {
        let seed = Seed(request.seed);
        let moment = Moment { seed, step: number };
        let answered = Given::of(step, tasks, moment)
            .and_then(|given| asked.take(&run, &given))
            .map_err(|error| {
                if place.is_empty() {
                    return error;
                }
                let error = Box::new(error);
                RequestError::Step { place, error }
            });
        answers.push(answered?);
    }
    let last = answers.last().cloned().unwrap_or_default();
    let steps = if request.steps.is_empty() {
        Vec::new()
    } else {
        answers
    };
    Ok(Answer { steps, ..last })
}

/// What is the same at every step.
struct Run<'a> {
    method: &'a str,
    facts: Vec<TaskFacts>,
    /// Whether the tasks' own weights are multiplied in.
    uses_own: bool,
    /// The longest that the shared gradient may be.
    clip: Option<f64>,
}

enum Asked {
    Weighting(Box<dyn Weighting>),
    Aggregator(Aggregator),
}

impl Asked {
    /// The key that it cannot do without.
    fn wants(&self) -> &'static str {
        match self {
            Self::Weighting(_) => "losses",
            Self::Aggregator(Aggregator::Gram(_)) => "gram or jacobian",
            Self::Aggregator(Aggregator::Rows(_)) => "jacobian",
            Self::Aggregator(Aggregator::Cross(_)) => "cross",
        }
    }

    fn uses_task_weights(&self) -> bool {
        match self {
            Self::Weighting(weighting) => weighting.uses_task_weights(),
            Self::Aggregator(_) => true,
        }
    }

    fn start(&mut self, tasks: &[TaskFacts]) {
        match self {
            Self::Weighting(weighting) => weighting.start(tasks),
            Self::Aggregator(aggregator) => aggregator.start(tasks),
        }
    }

    fn needs(&self) -> Needs {
        match self {
            Self::Weighting(weighting) => weighting.needs(),
            Self::Aggregator(_) => Needs::Losses,
        }
    }

    fn take(&mut self, run: &Run<'_>, given: &Given) -> Result<Answer, RequestError> {
        let looked_at = [
            ("losses_after", &given.losses_after, Needs::LossesAgain),
            ("look_ahead", &given.look_ahead, Needs::LookAhead),
        ];
        for (what, numbers, needs) in looked_at {
            if numbers.is_some() && self.needs() != needs {
                let method = run.method.to_owned();
                return Err(RequestError::Unused { method, what });
            }
        }
        let answered = match self {
            Self::Weighting(weighting) => weighted(weighting.as_mut(), run, given)?,
            Self::Aggregator(aggregator) => {
                clipped(aggregated(aggregator, run, given)?, run, given)?
            }
        };
        if given.end_epoch {
            match self {
                Self::Weighting(weighting) => weighting.end_epoch(),
                Self::Aggregator(aggregator) => aggregator.end_epoch(),
            }
        }
        Ok(answered)
    }
}

impl Run<'_> {
    /// The present tasks' own weights, or 1 each.
    fn own(&self, present: &[usize]) -> Weights {
        let weights = present.iter().map(|&task| match self.facts.get(task) {
            Some(task) if self.uses_own => task.weight,
            _ => 1.0,
        });
        Weights::of(weights.collect())
    }

    fn missing(&self, what: &'static str) -> RequestError {
        missing(self.method, what)
    }

    /// Numbers of the present tasks in the places of all.
    fn placed(&self, numbers: &[f64], present: &[usize]) -> Numbers {
        let mut all = vec![None; self.facts.len()];
        for (&task, &number) in present.iter().zip(numbers) {
            if let Some(place) = all.get_mut(task) {
                *place = Some(number);
            }
        }
        all
    }

    /// These weights, and the direction if the gradients are known. Heads that are trained with the weights are not told
    /// again.
    fn told(&self, given: &Given, weights: Weights) -> Answer {
        let rows = given.jacobian.as_ref();
        let heads = weights.heads.filter(|heads| *heads != weights.alpha);
        Answer {
            heads: heads.map(|heads| self.placed(&heads, &given.present)),
            direction: rows.map(|rows| direction(rows, &weights.alpha)),
            weights: Some(self.placed(&weights.alpha, &given.present)),
            residual: weights.residual,
            note: weights.note.map(|note| note.to_string()),
            steps: Vec::new(),
        }
    }
}

/// An aggregator is shown the gradients of the losses times the tasks' own weights, as in training.
fn aggregated(
    aggregator: &mut Aggregator,
    run: &Run<'_>,
    given: &Given,
) -> Result<Answer, RequestError> {
    let own = run.own(&given.present);
    match aggregator {
        Aggregator::Gram(aggregator) => {
            let gram = given.products()?;
            let gram = gram.ok_or_else(|| run.missing("gram or jacobian"))?;
            let gram = gram.scaled(&own.alpha);
            let weights = aggregator.weights(&gram, &given.some_losses(), given.moment);
            Ok(run.told(given, weights.on_top_of(&own)))
        }
        Aggregator::Rows(aggregator) => combined(aggregator.as_mut(), run, given, &own),
        Aggregator::Cross(aggregator) => {
            let cross = given.cross.as_ref();
            let cross = cross.ok_or_else(|| run.missing("cross"))?;
            let losses = given.some_losses();
            if aggregator.learns() {
                let values = [losses.values.clone(), losses.values.clone()];
                aggregator.learn(&cross.clone().with_losses(values).weighted(&own.alpha));
            }
            let weights = aggregator.weights(&losses);
            Ok(run.told(given, weights.on_top_of(&own)))
        }
    }
}

/// The same with the shared gradient at most as long as it may be; its norm is that of the direction or, without one, follows from
/// the Gram matrix. The heads keep what they had.
fn clipped(mut answer: Answer, run: &Run<'_>, given: &Given) -> Result<Answer, RequestError> {
    let Some(largest) = run.clip else {
        return Ok(answer);
    };
    let norm = match (&answer.direction, &answer.weights) {
        (Some(direction), _) => direction.iter().copied().fold(0.0, f64::hypot),
        (None, Some(weights)) => {
            let alpha: Vec<f64> = weights.iter().flatten().copied().collect();
            let gram = given.products()?;
            gram.ok_or_else(|| run.missing("gram or jacobian"))?
                .shared_norm(&alpha)
        }
        (None, None) => return Ok(answer),
    };
    if norm > largest {
        answer.heads = answer.heads.or(answer.weights.clone());
        let factor = largest / norm;
        let weights = answer.weights.iter_mut().flatten().flatten();
        let all = answer.direction.iter_mut().flatten().chain(weights);
        all.for_each(|value| *value *= factor);
    }
    Ok(answer)
}

/// Row aggregators are given numbers in single precision, as the engine has them.
fn combined(
    aggregator: &mut dyn RowAggregator,
    run: &Run<'_>,
    given: &Given,
    own: &Weights,
) -> Result<Answer, RequestError> {
    let matrix = given.jacobian.as_ref();
    let matrix = matrix.ok_or_else(|| run.missing("jacobian"))?;
    let visited = aggregator.visits(&given.present, given.moment);
    let all = given.present.iter().zip(matrix).zip(&own.alpha);
    let (values, own): (Vec<Vec<f32>>, Vec<f64>) = all
        .filter(|((task, _), _)| visited.contains(task))
        .map(|((_, row), own)| {
            let row = row.iter().map(|value| single(own * value));
            (row.collect::<Vec<f32>>(), own)
        })
        .unzip();
    let losses = given.some_losses();
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
    let rows = Rows::new(visited.clone(), vec![block])?;
    let shared = aggregator.combine(&rows, &losses, given.moment);
    let direction = shared.blocks.concat();
    let placed = |numbers: Option<Vec<f64>>| {
        let numbers = numbers?.into_iter().zip(&own);
        let numbers: Vec<f64> = numbers.map(|(number, own)| number * own).collect();
        Some(run.placed(&numbers, &visited))
    };
    Ok(Answer {
        weights: placed(shared.alpha),
        heads: placed(shared.heads),
        direction: Some(direction.into_iter().map(f64::from).collect()),
        residual: shared.residual,
        note: shared.note.map(|note| note.to_string()),
        steps: Vec::new(),
    })
}

/// In the order of training: the look ahead, the weights, what the step was and what it led to.
fn weighted(
    weighting: &mut dyn Weighting,
    run: &Run<'_>,
    given: &Given,
) -> Result<Answer, RequestError> {
    if given.losses.is_none() && !given.has_gradients() {
        return Err(run.missing("losses"));
    }
    let losses = &given.some_losses();
    weighting.begin(given.moment);
    if let Some(slopes) = &given.look_ahead {
        weighting.look_ahead(slopes);
    }
    let mut weights = weighting.weights(losses);
    weighting.observe(&Observation { losses });
    if let Some(after) = &given.losses_after {
        weighting.after(losses, after);
    }
    let own = run.own(&given.present);
    for (weight, own) in weights.alpha.iter_mut().zip(&own.alpha) {
        *weight *= own;
    }
    Ok(run.told(given, weights))
}

fn missing(method: &str, what: &'static str) -> RequestError {
    RequestError::Missing {
        method: method.to_owned(),
        what,
    }
}

/// Jᵀα of rows of one length.
fn direction(rows: &[Vec<f64>], alpha: &[f64]) -> Vec<f64> {
    let mut direction = vec![0.0; rows.first().map_or(0, Vec::len)];
    for (row, weight) in rows.iter().zip(alpha) {
        for (sum, value) in direction.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
    direction
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
                .map_or(0.0, |other| square.sqrt() * other.sqrt());
            if value.abs() > largest * (1.0 + ROOM) {
                return Err(RequestError::Impossible { first, second });
            }
        }
    }
    Ok(gram)
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
