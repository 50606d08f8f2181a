//! P8: two pairs of tasks whose labels share exactly the same, and which need opposite cures. In the first the input explains the
//! link, and a shared trunk has all of it; in the second the noise is shared, which no predictor from the input can use and a
//! joint model uses in full.

use polytask_data::Part;
use polytask_data::builtin::planted_pair::{PlantedPair, truth};
use polytask_information::continuous::{Points, gaussian_copula};
use polytask_information::usable::{RealCalibration, Residual, Verdict, row_measure};
use polytask_information::{Measure, Unit};
use polytask_random::Seed;
use serde_json::json;

use crate::columns::{numbers, rows_of};
use crate::instance::{Instance, tasks};
use crate::linear::transposed;
use crate::{Check, Mark, PlantedError};

const LN_2: f64 = std::f64::consts::LN_2;

/// Where the link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// (ρ, r) = (.8, 0).
    Signal,
    /// (ρ, r) = (0, .8).
    Noise,
}

impl Link {
    /// In the order of the instances.
    pub const ALL: [Self; 2] = [Self::Signal, Self::Noise];

    fn name(self) -> &'static str {
        match self {
            Self::Signal => "linked by signal",
            Self::Noise => "linked by noise",
        }
    }

    fn options(self, seed: u64) -> PlantedPair {
        let (signal, coupling) = match self {
            Self::Signal => (0.8, 0.0),
            Self::Noise => (0.0, 0.8),
        };
        PlantedPair {
            signal,
            coupling,
            data_seed: seed,
            ..PlantedPair::default()
        }
    }

    /// What 3.3 must read.
    fn verdict(self) -> Verdict {
        match self {
            Self::Signal => Verdict::Trunk,
            Self::Noise => Verdict::JointHead,
        }
    }

    /// The data set of one seed.
    #[must_use]
    pub fn instance(self, seed: u64) -> Instance {
        let options = self.options(seed);
        let rows = options.rows;
        Instance {
            name: match self {
                Self::Signal => "pair-by-signal",
                Self::Noise => "pair-by-noise",
            }
            .to_owned(),
            written: format!(
                "{{ type = \"planted_pair\", features = {}, signal = {:?}, coupling = {:?}, train = {}, val = {}, test = {}, data_seed = {seed} }}",
                options.features,
                options.signal,
                options.coupling,
                rows.train,
                rows.val,
                rows.test
            ),
            truth: json!({
                "signal": options.signal, "coupling": options.coupling,
                "label_information_nats": options.label_information(),
                "v1_nats": 0.0, "v2_nats": options.beyond_inputs(), "cure": verdict_name(self.verdict()),
                "weights": truth(&options, Seed(seed)),
            }),
            tasks: tasks(2, "regression"),
            model: "[encoder]\ntype = \"mlp\"\nhidden = []\n\n[sharing]\ntype = \"latent\"\ndimension = 2\n\n[train]\nepochs = 30\nbatch_size = 100\noptimizer = { type = \"adam\", lr = 0.01 }\nschedule = \"cosine\"\n".to_owned(),
            source: Box::new(options),
        }
    }
}

/// Both.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    Link::ALL.map(|link| link.instance(seed)).into()
}

/// The word for a cure.
#[must_use]
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Trunk => "trunk",
        Verdict::ShareMore => "share more",
        Verdict::JointHead => "joint head",
        Verdict::KnownLabel => "known label",
        Verdict::Silent => "silent",
        Verdict::Constant => "constant",
        Verdict::FewRows => "too few rows",
        Verdict::Apart => "no common rows",
        Verdict::Unknown => "unknown",
    }
}

/// Predictions and labels of both tasks on the same rows.
#[derive(Clone, Debug)]
pub struct Rows {
    /// `[2][rows]`.
    pub predictions: [Vec<f64>; 2],
    /// `[2][rows]`.
    pub labels: [Vec<f64>; 2],
}

/// What was found with a model of both tasks.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the training labels share.
    pub label: Measure,
    /// V1 and V2 of the first about the second, and of the second about the first.
    pub residuals: [Residual; 2],
    /// Their readings.
    pub verdicts: [Verdict; 2],
    /// Bits that each task gained from being trained with the other.
    pub transferred: [Measure; 2],
    /// What a joint law gains over one for each task ([`joint_gain`]).
    pub joint: Measure,
    /// What a trained one gains.
    pub head: JointHead,
}

/// Bits that a model with a joint head of both tasks gained, over seeds.
#[derive(Clone, Debug)]
pub struct JointHead {
    /// Each task by itself, over the same model without it.
    pub marginal: [Measure; 2],
    /// Both labels together, over its own marginals.
    pub together: Measure,
    /// The predictions of each task given the label of the other, over those that are given nothing.
    pub given: [Measure; 2],
}

/// What a config says of it.
pub const JOINT_HEAD: &str =
    "\n[multitask]\njoint = { type = \"given\", numbers = [\"y_0\", \"y_1\"] }\n";

/// The gain of a joint Gaussian law of both residuals over a law for each, per test row: ln N₂(a, b) − ln N(a) − ln N(b), with
/// calibration, variances and correlation fitted on `held`. Row by row it is also what either label gains once the other is known.
///
/// # Errors
/// Too few rows, or lengths that differ.
pub fn joint_gain(held: &Rows, tested: &Rows) -> Result<Measure, PlantedError> {
    let (first, second) = (
        Standardised::of(held, tested, 0)?,
        Standardised::of(held, tested, 1)?,
    );
    let pairs = first.held.iter().zip(&second.held);
    let correlation = pairs.map(|(a, b)| a * b).sum::<f64>() / first.held.len() as f64;
    let left = 1.0 - correlation * correlation;
    let rows = first.tested.iter().zip(&second.tested);
    let gains: Vec<f64> = rows
        .map(|(a, b)| {
            let given = left.ln() + (a - correlation * b).powi(2) / left;
            0.5 * (a * a - given)
        })
        .collect();
    Ok(row_measure(
        &gains,
        None,
        "joint Gaussian of the residuals",
    )?)
}

/// Residuals of a task, calibrated and in units of their deviation on the held rows.
struct Standardised {
    held: Vec<f64>,
    tested: Vec<f64>,
}

impl Standardised {
    fn of(held: &Rows, tested: &Rows, task: usize) -> Result<Self, PlantedError> {
        let side = |rows: &Rows| {
            let at = |values: &[Vec<f64>; 2]| values.get(task).cloned().unwrap_or_default();
            (at(&rows.predictions), at(&rows.labels))
        };
        let (prediction, label) = side(held);
        let map = RealCalibration::fit(&prediction, &label)?;
        let residuals = |(prediction, label): (Vec<f64>, Vec<f64>)| -> Vec<f64> {
            let rows = prediction.iter().zip(label);
            rows.map(|(prediction, label)| (label - map.mean(*prediction)) / map.variance.sqrt())
                .collect()
        };
        Ok(Self {
            held: residuals((prediction.clone(), label)),
            tested: residuals(side(tested)),
        })
    }
}

/// The marks of one of the two, over a model of both tasks.
///
/// # Errors
/// Labels that cannot be measured.
pub fn checks(link: Link, seed: u64, found: &Found) -> Result<Vec<Check>, PlantedError> {
    let options = link.options(seed);
    let table = link.instance(seed).table()?;
    let labels = transposed(&numbers(&table, &rows_of(&table, Part::Train)).1);
    let side = |task: usize| Points::line(labels.get(task).map_or(&[], Vec::as_slice));
    let gaussian = gaussian_copula(&side(0)?, &side(1)?)?;
    let beyond = options.beyond_inputs();
    let nats = |measure: &Measure| measure.value.unwrap_or(f64::NAN) * LN_2;
    let name = |what: &str| format!("{}: {what}", link.name());
    let far = |of: fn(&Residual) -> &Measure, truth: f64| {
        let far = |measure: &Measure| (nats(measure) - truth).abs();
        let [one, other] = found.residuals.each_ref().map(of);
        in_nats(if far(other) > far(one) { other } else { one })
    };
    let verdicts: Vec<&str> = found
        .verdicts
        .iter()
        .map(|one| verdict_name(*one))
        .collect();
    let wanted = verdict_name(link.verdict());
    let bits = |measure: &Measure| measure.value.unwrap_or(f64::NAN);
    let larger = |both: &[Measure; 2]| {
        let [first, second] = both;
        let is_first = bits(first).abs() > bits(second).abs();
        if is_first { first } else { second }.clone()
    };
    let farther = |both: &[Measure; 2]| {
        let far = |measure: &Measure| (nats(measure) - beyond).abs();
        let [first, second] = both;
        in_nats(if far(second) > far(first) {
            second
        } else {
            first
        })
    };
    let by = if link == Link::Noise { 0.05 } else { 0.01 };
    let checks = vec![
        // Its deviation is r/√n = 0.009 nats; the other estimator's is twice that.
        Check::near(
            name("label information, Gaussian, nats"),
            gaussian,
            options.label_information(),
            0.04,
        ),
        Check::near(
            name("label information, nearest neighbours"),
            in_nats(&found.label),
            options.label_information(),
            0.05,
        ),
        Check::near(
            name("V1, a task's gain from the other's prediction"),
            far(|r| &r.missed, 0.0),
            0.0,
            0.01,
        ),
        Check::near(
            name("V2, a task's gain once the other's label is known"),
            far(|r| &r.coupled, beyond),
            beyond,
            by,
        ),
        Check::of(
            name("cures, both directions"),
            verdicts.join(", "),
            Mark::Truth,
        )
        .with_truth(format!("{wanted}, {wanted}")),
        Check::near(
            name("transferred to a task by training together, the larger"),
            larger(&found.transferred),
            0.0,
            0.01,
        ),
        Check::near(name("a joint law gains"), in_nats(&found.joint), beyond, by),
        Check::near(
            name("trained joint head: transferred to a task by itself, the larger"),
            larger(&found.head.marginal),
            0.0,
            0.01,
        ),
        Check::near(
            name("trained joint head: both labels together gain"),
            in_nats(&found.head.together),
            beyond,
            by,
        ),
        Check::near(
            name("trained joint head: a task gains once the other's label is known"),
            farther(&found.head.given),
            beyond,
            by,
        ),
    ];
    let rows = labels.first().map_or(0, Vec::len);
    Ok(Check::all_by(
        checks,
        "Gaussian of normal scores",
        rows as u64,
    ))
}

/// A record of bits in nats.
fn in_nats(measure: &Measure) -> Measure {
    let mut nats = measure.clone();
    nats.unit = Unit::Nats;
    nats.value = nats.value.map(|bits| bits * LN_2);
    nats.se = nats.se.map(|bits| bits * LN_2);
    nats.null_mean = nats.null_mean.map(|bits| bits * LN_2);
    nats.interval = nats.interval.map(|ends| ends.map(|bits| bits * LN_2));
    nats
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::dot;
    use polytask_information::usable::{Head, Hint, residual, verdict};

    /// As if a model had learned the signals themselves.
    fn rows(link: Link, part: Part) -> Rows {
        let options = link.options(1);
        let weights = truth(&options, Seed(1));
        let table = link.instance(1).table().unwrap();
        let (x, y) = numbers(&table, &rows_of(&table, part));
        let labels = transposed(&y);
        let predictions = [0, 1].map(|task| x.iter().map(|x| dot(&weights[task], x)).collect());
        Rows {
            predictions,
            labels: [labels[0].clone(), labels[1].clone()],
        }
    }

    fn found(link: Link) -> Found {
        let (held, tested) = (rows(link, Part::Val), rows(link, Part::Test));
        let side = |rows: &'_ Rows, task: usize| {
            (rows.predictions[task].clone(), rows.labels[task].clone())
        };
        let of = |source: usize, target: usize| {
            let sides = [&held, &tested].map(|rows| (side(rows, target), side(rows, source)));
            let [fitted, measured] = sides.each_ref().map(|((own, label), (hint, hinted))| {
                (
                    Head::Real {
                        prediction: own,
                        truth: label,
                    },
                    Hint::Real {
                        prediction: hint,
                        label: hinted,
                    },
                )
            });
            residual(
                fitted,
                measured,
                199,
                &mut Seed(1).stream("test", source as u64),
            )
            .unwrap()
        };
        let residuals = [of(0, 1), of(1, 0)];
        let label = Measure::of(0.126, Unit::Bits, "stated", 2000).with_null(0.0, Some(0.001));
        let nothing = Measure::of(0.0, Unit::Bits, "stated", 2000);
        let gain = joint_gain(&held, &tested).unwrap();
        Found {
            verdicts: residuals
                .each_ref()
                .map(|one| verdict(&label, Some(one), 0.05, 0.01).main),
            label,
            residuals,
            head: JointHead {
                marginal: [nothing.clone(), nothing.clone()],
                together: gain.clone(),
                given: [gain.clone(), gain.clone()],
            },
            joint: gain,
            transferred: [nothing.clone(), nothing],
        }
    }

    #[test]
    fn models_that_know_the_signals_need_opposite_cures() {
        for link in Link::ALL {
            for check in checks(link, 1, &found(link)).unwrap() {
                assert_eq!(check.passed(), Some(true), "{check:?}");
            }
        }
        // What holds of one does not hold of the other.
        let swapped = checks(Link::Signal, 1, &found(Link::Noise)).unwrap();
        let failed = swapped.iter().filter(|check| check.passed() == Some(false));
        assert_eq!(failed.count(), 5, "{swapped:?}");
    }
}
