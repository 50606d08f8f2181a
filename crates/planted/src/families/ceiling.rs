//! P5: labels that are wrong with a known probability, on inputs that show the class. No model can know more of them than
//! U = ln K − H(Y|X) nats, and one that reports more has seen the label.

use polytask_data::builtin::Rows;
use polytask_data::builtin::planted_channels::PlantedChannels;
use polytask_information::Measure;
use polytask_information::bounds::{fano_floor, noise_entropy};
use serde_json::json;

use super::channels::source;
use crate::instance::{Instance, tasks};
use crate::{Check, Mark};

const CLASSES: usize = 10;
const ERROR: f64 = 0.2;
/// Standard errors that a model may be above the ceiling.
const ERRORS: f64 = 3.0;

/// H(Y|X), nats; it cannot fail for these constants.
fn noise() -> f64 {
    noise_entropy(ERROR, CLASSES).unwrap_or(f64::NAN)
}

/// The most bits that a model can know.
fn ceiling_bits() -> f64 {
    ((CLASSES as f64).ln() - noise()) / std::f64::consts::LN_2
}

/// An honest one, and one whose inputs hold the label.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    let instance = |name: &str, leaks: bool| {
        let options = PlantedChannels {
            groups: 1,
            errors: vec![ERROR],
            classes: CLASSES,
            spread: 0.1,
            leaks,
            rows: Rows {
                train: 4_000,
                val: 2_000,
                test: 4_000,
            },
            data_seed: seed,
        };
        Instance {
            name: name.to_owned(),
            written: source(&options),
            truth: json!({
                "error": ERROR, "noise_entropy_nats": noise(), "ceiling_bits": ceiling_bits(),
                "best_accuracy": 1.0 - ERROR, "leaks": leaks,
            }),
            tasks: tasks(1, "multiclass"),
            model: "[encoder]\ntype = \"mlp\"\nhidden = [32]\n\n[train]\nepochs = 15\nbatch_size = 100\noptimizer = { type = \"adam\", lr = 0.01 }\nschedule = \"cosine\"\n".to_owned(),
            source: Box::new(options),
        }
    };
    vec![
        instance("noise", false),
        instance("noise-with-a-leak", true),
    ]
}

/// What noise of 20 % among ten classes leaves: closed forms, against numbers that were computed elsewhere (information.md 6).
#[must_use]
pub fn of_noise() -> Vec<Check> {
    let checks = vec![
        Check::near("H(Y|X), nats", noise(), 0.939_847_339_0, 1e-9),
        Check::near(
            "most usable information, nats",
            (CLASSES as f64).ln() - noise(),
            1.362_737_754_0,
            1e-9,
        ),
        Check::near(
            "Fano's floor of the error, tight here",
            fano_floor(noise(), CLASSES).unwrap_or(f64::NAN),
            ERROR,
            1e-9,
        ),
    ];
    Check::all_by(checks, "closed form", 0)
}

/// A trained model: its usable bits, calibrated, and its accuracy on the test rows; and the bits of one that saw the label.
#[must_use]
pub fn of_models(honest: &Measure, accuracy: f64, leaking: &Measure) -> Vec<Check> {
    let se = |measure: &Measure| measure.se.unwrap_or(0.0);
    let most = 1.0 - ERROR;
    let spread = (most * ERROR / honest.n.max(1) as f64).sqrt();
    let checks = vec![
        Check::of(
            "usable information of a model",
            honest.clone(),
            Mark::AtMost(ceiling_bits() + ERRORS * se(honest)),
        )
        .with_truth(ceiling_bits()),
        Check::of(
            "of them, at least nine tenths",
            honest.clone(),
            Mark::AtLeast(0.9 * ceiling_bits()),
        )
        .with_truth(ceiling_bits()),
        Check::of(
            "its accuracy",
            accuracy,
            Mark::AtMost(most + ERRORS * spread),
        )
        .with_truth(most),
        Check::of(
            "usable information of a model that saw the label, caught above",
            leaking.clone(),
            Mark::AtLeast(ceiling_bits() + ERRORS * se(leaking)),
        )
        .with_truth((CLASSES as f64).log2()),
    ];
    Check::all_by(checks, "share of test rows", honest.n)
}
