//! A walk over the landscape: any method of the house, steps by Adam.

use polytask_balance::{
    AGGREGATORS, Aggregator, Block, Cross, Family, Gram, Losses, Moment, Needs, Rows, Seed,
    TaskFacts, WEIGHTINGS, Weighting,
};
use polytask_config::{Document, Layers, read};
use polytask_random::Stream;

use super::landscape::{FRONT, Seen, look};

/// The five points of Nash-MTL and FAMO, and the one of CAGrad's three that is not among them.
pub(crate) const STARTS: [[f64; 2]; 6] = [
    [-8.5, 7.5],
    [0.0, 0.0],
    [9.0, 9.0],
    [-7.5, -0.5],
    [9.0, -1.0],
    [-8.5, -5.0],
];

/// How a walk is made.
#[derive(Clone, Copy)]
pub(crate) struct Protocol {
    /// What the first loss is multiplied by.
    pub(crate) scale: f64,
    /// Learning rate of Adam.
    pub(crate) rate: f64,
    /// How many steps.
    pub(crate) steps: usize,
    /// Standard deviation of what is added to each entry of each gradient.
    pub(crate) noise: f64,
}

/// Nash-MTL's and FAMO's: the first loss counts a tenth.
pub(crate) const UNEVEN: Protocol = Protocol {
    scale: 0.1,
    rate: 1e-3,
    steps: 100_000,
    noise: 0.0,
};

/// CAGrad's: both as they are.
pub(crate) const EVEN: Protocol = Protocol {
    scale: 1.0,
    ..UNEVEN
};

/// What decides about the direction.
enum Method {
    Losses(Box<dyn Weighting>),
    Gradients(Aggregator),
}

impl Method {
    /// From what a configuration would say: `name` or `{ type = "name", … }`.
    ///
    /// # Errors
    /// There is no such method, or it has no such option.
    fn read(text: &str) -> Result<Self, String> {
        let name = text.trim_matches('"');
        let is_weighting = WEIGHTINGS
            .iter()
            .any(|entry| text.contains(&format!("\"{}\"", entry.name)) || entry.name == name);
        let written = if text.starts_with('{') {
            text.to_owned()
        } else {
            format!("\"{name}\"")
        };
        let layers = Layers::text("toy", format!("method = {written}"), "/");
        let document = Document::load(layers).map_err(|problems| problems.to_string())?;
        let help = "what decides about the direction";
        let (method, problems) = if is_weighting {
            let reading = read(&document, |fields| {
                fields.entry("method", help, WEIGHTINGS).required().value
            });
            (Self::Losses(reading.value), reading.problems)
        } else {
            let reading = read(&document, |fields| {
                fields.entry("method", help, AGGREGATORS).required().value
            });
            (Self::Gradients(reading.value.method), reading.problems)
        };
        if problems.is_empty() {
            Ok(method)
        } else {
            Err(problems.to_string())
        }
    }

    fn start(&mut self) {
        let facts = ["first", "second"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        match self {
            Self::Losses(weighting) => weighting.start(&facts),
            Self::Gradients(aggregator) => aggregator.start(&facts),
        }
    }

    /// The direction of a step, given three looks at the same point, which differ by their noise.
    fn direction(&mut self, looks: &[Seen; 3], moment: Moment) -> [f64; 2] {
        let present = vec![0, 1];
        let [seen, second, third] = looks;
        let losses = losses(seen);
        match self {
            Self::Losses(weighting) => {
                weighting.begin(moment);
                weighted(seen, &weighting.weights(&losses).alpha)
            }
            Self::Gradients(Aggregator::Gram(aggregator)) => {
                let Ok(gram) = Gram::new(present, products(seen, seen)) else {
                    return [0.0; 2];
                };
                weighted(seen, &aggregator.weights(&gram, &losses, moment).alpha)
            }
            Self::Gradients(Aggregator::Rows(aggregator)) => {
                let wanted = aggregator.visits(&present, moment);
                let rows: Vec<[f32; 2]> = wanted
                    .iter()
                    .filter_map(|&task| seen.gradients.get(task))
                    .map(|row| row.map(|value| value as f32))
                    .collect();
                let block = Block {
                    name: "x",
                    rows: rows.iter().map(<[f32; 2]>::as_slice).collect(),
                };
                let kept = losses.seen().filter(|seen| wanted.contains(&seen.task));
                let kept = Losses {
                    values: kept.map(|seen| seen.loss).collect(),
                    rows: vec![1; wanted.len()],
                    present: wanted.clone(),
                };
                let Ok(rows) = Rows::new(wanted, vec![block]) else {
                    return [0.0; 2];
                };
                let shared = aggregator.combine(&rows, &kept, moment);
                let mut entries = shared.blocks.into_iter().flatten().map(f64::from);
                [0.0; 2].map(|zero| entries.next().unwrap_or(zero))
            }
            Self::Gradients(Aggregator::Cross(aggregator)) => {
                if let Ok(cross) = Cross::new(present, products(seen, second)) {
                    aggregator.learn(&cross);
                }
                weighted(third, &aggregator.weights(&losses).alpha)
            }
        }
    }
}

/// The losses as methods are told them: counted from below their minimum, for some take logarithms.
fn losses(seen: &Seen) -> Losses {
    Losses {
        present: vec![0, 1],
        values: seen.losses.to_vec(),
        rows: vec![1, 1],
    }
}

fn products(first: &Seen, second: &Seen) -> Vec<f64> {
    let rows = first.gradients.iter();
    rows.flat_map(|a| second.gradients.iter().map(|b| a[0] * b[0] + a[1] * b[1]))
        .collect()
}

fn weighted(seen: &Seen, alpha: &[f64]) -> [f64; 2] {
    let mut sum = [0.0; 2];
    for (row, weight) in seen.gradients.iter().zip(alpha) {
        sum = [sum[0] + weight * row[0], sum[1] + weight * row[1]];
    }
    sum
}

/// Adam (Kingma, Ba 2015) on two numbers.
#[derive(Default)]
struct Adam {
    mean: [f64; 2],
    square: [f64; 2],
    steps: i32,
}

impl Adam {
    fn step(&mut self, point: &mut [f64; 2], gradient: [f64; 2], rate: f64) {
        self.steps += 1;
        let corrections = (
            1.0 - 0.9_f64.powi(self.steps),
            1.0 - 0.999_f64.powi(self.steps),
        );
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((value, gradient), (mean, square)) in point.iter_mut().zip(gradient).zip(moments) {
            *mean = 0.9 * *mean + 0.1 * gradient;
            *square = 0.999 * *square + 0.001 * gradient * gradient;
            *value -= rate * (*mean / corrections.0) / ((*square / corrections.1).sqrt() + 1e-8);
        }
    }
}

fn scaled(point: [f64; 2], protocol: Protocol, noise: &mut Stream) -> Seen {
    /// Below every value of both.
    const MINIMUM: f64 = -20.5;
    let mut seen = look(point);
    seen.losses = seen.losses.map(|loss| loss - MINIMUM);
    seen.losses[0] *= protocol.scale;
    seen.gradients[0] = seen.gradients[0].map(|value| protocol.scale * value);
    if protocol.noise > 0.0 {
        for value in seen.gradients.iter_mut().flatten() {
            *value += protocol.noise * noise.normal();
        }
    }
    seen
}

/// The points before each step and after the last. Steps are Adam's, unless the method makes an Adam step by itself.
///
/// # Errors
/// There is no such method, or it has no such option.
pub(crate) fn walk(
    method: &str,
    start: [f64; 2],
    protocol: Protocol,
) -> Result<Vec<[f64; 2]>, String> {
    let is_adam = method.contains("m_config");
    let mut method = Method::read(method)?;
    method.start();
    let mut adam = Adam::default();
    let mut point = start;
    let mut points = vec![start];
    for step in 0..protocol.steps {
        let moment = Moment {
            seed: Seed(1),
            step: step as u64,
        };
        let mut noise = moment.stream("toy/noise");
        let mut look = || scaled(point, protocol, &mut noise);
        let looks = [look(), look(), look()];
        let direction = method.direction(&looks, moment);
        let before = point;
        if is_adam {
            let [x1, x2] = direction.map(|entry| protocol.rate * entry);
            point = [point[0] - x1, point[1] - x2];
        } else {
            adam.step(&mut point, direction, protocol.rate);
        }
        if let Method::Losses(weighting) = &mut method
            && weighting.needs() == Needs::LossesAgain
        {
            let quiet = Protocol {
                noise: 0.0,
                ..protocol
            };
            let mut look = |point| losses(&scaled(point, quiet, &mut noise));
            weighting.after(&look(before), &look(point));
        }
        points.push(point);
    }
    Ok(points)
}

/// How far a point is from the Pareto front.
pub(crate) fn distance([x1, x2]: [f64; 2]) -> f64 {
    let beside = (x1.abs() - 7.0).max(0.0);
    beside.hypot(x2 - FRONT)
}
