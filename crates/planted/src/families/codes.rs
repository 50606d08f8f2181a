//! P3: regressions of a few hidden directions. Sparse use makes the directions themselves findable; dense use leaves only their span,
//! and then no claim may be made about directions.

use polytask_data::builtin::planted_codes::{PlantedCodes, Truth, truth};
use polytask_data::{Part, Reading, Source as _};
use polytask_information::codes::{effective_codes, usage};
use polytask_random::Seed;
use serde_json::json;

use super::seeds;
use crate::columns::{numbers, rows_of};
use crate::instance::{Instance, tasks};
use crate::linear::{Matrix, mean, transposed};
use crate::matching::{best_matching, chance, cosines, largest_angle_cosine, matched};
use crate::{Check, Mark, PlantedError};

/// A task uses a code that has more than this share of its largest weight.
const USED: f64 = 0.2;

/// How the codes are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// 40 tasks of one code each.
    One,
    /// 80 tasks of two.
    Two,
    /// 40 tasks of all six.
    All,
}

impl Use {
    /// In the order of the instances.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::All];

    fn name(self) -> &'static str {
        match self {
            Self::One => "one-code",
            Self::Two => "two-codes",
            Self::All => "all-codes",
        }
    }

    /// Draws that are scored.
    #[must_use]
    pub fn draws(self, is_quick: bool) -> u64 {
        match (self, is_quick) {
            (_, false) => 10,
            (Self::One, true) => 2,
            (Self::Two | Self::All, true) => 1,
        }
    }

    fn options(self, seed: u64) -> PlantedCodes {
        let (tasks, sparsity) = match self {
            Self::One => (40, 1),
            Self::Two => (80, 2),
            Self::All => (40, 6),
        };
        PlantedCodes {
            tasks,
            sparsity,
            data_seed: seed,
            ..PlantedCodes::default()
        }
    }

    /// The data set of one seed.
    #[must_use]
    pub fn instance(self, seed: u64) -> Instance {
        let options = self.options(seed);
        let Truth { codes, alpha } = truth(&options, Seed(seed));
        let rows = options.rows;
        Instance {
            name: format!("codes-{}", self.name()),
            written: format!(
                "{{ type = \"planted_codes\", tasks = {}, codes = {}, features = {}, sparsity = {}, noise = {:?}, train = {}, val = {}, test = {}, data_seed = {seed} }}",
                options.tasks,
                options.codes,
                options.features,
                options.sparsity,
                options.noise,
                rows.train,
                rows.val,
                rows.test
            ),
            truth: json!({"codes": codes, "alpha": alpha}),
            tasks: tasks(options.tasks, "regression"),
            model: format!(
                "[encoder]\ntype = \"mlp\"\nhidden = []\n\n[sharing]\ntype = \"codes\"\ncount = {}\nl1 = 0.01\nunit_norm = true\n\n[train]\nepochs = 60\nbatch_size = 240\noptimizer = {{ type = \"adam\", lr = 0.02 }}\nschedule = \"cosine\"\n",
                options.codes
            ),
            source: Box::new(options),
        }
    }
}

/// One for each use.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    Use::ALL.map(|used| used.instance(seed)).into()
}

/// What a model learned.
#[derive(Clone, Debug)]
pub struct Learned {
    /// V on standardised inputs: `[codes, features]`.
    pub codes: Matrix,
    /// |A|: `[tasks, codes]`, of any scale per task.
    pub alpha: Matrix,
}

/// How near it came to the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean |cosine| of the matched codes.
    pub mean: f64,
    /// The smallest.
    pub least: f64,
    /// F1 of which codes tasks use, after matching.
    pub support: f64,
    /// Cosine of the largest principal angle of the spans.
    pub span: f64,
    /// Codes a task effectively uses, mean over tasks: what the model says of itself, without the truth.
    pub effective: f64,
    /// Codes there are.
    pub codes: usize,
}

impl Score {
    /// Of a model trained on the instance of `used` and `seed`.
    ///
    /// # Errors
    /// Another number of codes than was planted.
    pub fn of(used: Use, seed: u64, learned: &Learned) -> Result<Self, PlantedError> {
        let options = used.options(seed);
        let planted = truth(&options, Seed(seed));
        if learned.codes.len() != planted.codes.len() {
            return Err(PlantedError::Shape {
                what: "codes",
                found: learned.codes.len(),
                wanted: planted.codes.len(),
            });
        }
        // A weight of a standardised input is its own weight times the input's deviation.
        let table = options.load(&Reading::new(Seed(0)))?;
        let (x, _) = numbers(&table, &rows_of(&table, Part::Train));
        let deviations: Vec<f64> = transposed(&x)
            .iter()
            .map(|column| deviation(column))
            .collect();
        let codes: Matrix = learned
            .codes
            .iter()
            .map(|code| code.iter().zip(&deviations).map(|(v, sd)| v / sd).collect())
            .collect();
        let gains = cosines(&codes, &planted.codes);
        let columns = best_matching(&gains);
        let cosines = matched(&gains, &columns);
        let effective: Vec<f64> = learned
            .alpha
            .iter()
            .map(|alpha| effective_codes(&usage(alpha)))
            .collect();
        Ok(Self {
            mean: mean(&cosines),
            least: cosines.iter().copied().fold(f64::INFINITY, f64::min),
            support: support(&learned.alpha, &planted.alpha, &columns),
            span: largest_angle_cosine(&codes, &planted.codes),
            effective: mean(&effective),
            codes: codes.len(),
        })
    }

    /// Whether the codes may be named: tasks use at most half of them, so that no rotation of the codes would do as well.
    #[must_use]
    pub fn claims_codes(&self) -> bool {
        self.effective <= self.codes as f64 / 2.0
    }
}

fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares = values.iter().map(|value| (value - centre).powi(2));
    (squares.sum::<f64>() / values.len() as f64).sqrt()
}

/// F1 of used codes over all tasks; code c of the model is code `columns[c]` of the truth.
fn support(learned: &[Vec<f64>], planted: &[Vec<f64>], columns: &[usize]) -> f64 {
    let (mut both, mut found, mut wanted) = (0.0, 0.0, 0.0);
    for (learned, planted) in learned.iter().zip(planted) {
        let largest = learned
            .iter()
            .fold(0.0f64, |most, weight| most.max(weight.abs()));
        for (weight, &column) in learned.iter().zip(columns) {
            let is_found = weight.abs() > USED * largest;
            let is_wanted = planted.get(column).is_some_and(|weight| *weight != 0.0);
            both += f64::from(u8::from(is_found && is_wanted));
            found += f64::from(u8::from(is_found));
            wanted += f64::from(u8::from(is_wanted));
        }
    }
    2.0 * both / (found + wanted)
}

/// The marks of one use, over its draws.
#[must_use]
pub fn checks(used: Use, seed: u64, scores: &[Score]) -> Vec<Check> {
    let all = |of: fn(&Score) -> f64| -> Vec<f64> { scores.iter().map(of).collect() };
    let least = |values: Vec<f64>| values.into_iter().fold(f64::INFINITY, f64::min);
    let draws = scores.len();
    let name = |what: &str| format!("{}: {what}", used.name());
    let claims = scores.iter().filter(|score| score.claims_codes()).count() as f64;
    let means = all(|score| score.mean);
    let mut checks = match used {
        Use::One => vec![
            Check::of(
                name("mean |cosine|, least"),
                least(means.clone()),
                Mark::AtLeast(0.99),
            )
            .with_truth(1.0),
        ],
        Use::Two => {
            let good = means.iter().filter(|mean| **mean >= 0.95).count() as f64;
            let forgiven = if draws >= 10 { 1.0 } else { 0.0 };
            vec![
                Check::of(
                    name("those of mean |cosine| 0.95"),
                    good,
                    Mark::AtLeast(draws as f64 - forgiven),
                )
                .with_truth(draws as f64),
                Check::of(
                    name("mean |cosine|, median"),
                    median(&means),
                    Mark::AtLeast(0.99),
                )
                .with_truth(1.0),
            ]
        }
        Use::All => vec![
            Check::of(
                name("cosine of the spans' angle, least"),
                least(all(|s| s.span)),
                Mark::AtLeast(0.99),
            )
            .with_truth(1.0),
            Check::of(name("those that claim codes"), claims, Mark::AtMost(0.0)).with_truth(0.0),
            Check::of(name("mean |cosine|, median"), median(&means), Mark::Told),
        ],
    };
    if used != Use::All {
        let told = [
            (
                "smallest |cosine|, least",
                least(all(|score| score.least)),
                1.0,
            ),
            (
                "F1 of the codes in use, least",
                least(all(|score| score.support)),
                1.0,
            ),
            (
                "cosine of the spans' angle, least",
                least(all(|score| score.span)),
                1.0,
            ),
        ];
        checks.extend(told.map(|(what, found, truth)| {
            Check::of(name(what), found, Mark::Told).with_truth(truth)
        }));
        checks.push(
            Check::of(
                name("those that claim codes"),
                claims,
                Mark::AtLeast(draws as f64),
            )
            .with_truth(draws as f64),
        );
    }
    let planted = used.options(seed).codes;
    let mut stream = Seed(seed).stream("planted/chance", 0);
    checks.push(Check::of(
        name("mean |cosine| of a random rotation in the true span"),
        chance(planted, 100, &mut stream),
        Mark::Told,
    ));
    Check::all_by(checks, "over draws", draws as u64)
}

/// The seeds whose models are scored.
pub fn drawn(used: Use, seed: u64, is_quick: bool) -> impl Iterator<Item = u64> {
    seeds(seed, used.draws(is_quick))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The truth itself as if a model had learned it, in another order and with other signs, turned by `angle` in its first plane.
    fn learned(used: Use, angle: f64) -> Learned {
        let options = used.options(3);
        let planted = truth(&options, Seed(3));
        let table = options.load(&Reading::new(Seed(0))).unwrap();
        let (x, _) = numbers(&table, &rows_of(&table, Part::Train));
        let deviations: Vec<f64> = transposed(&x)
            .iter()
            .map(|column| deviation(column))
            .collect();
        let mut codes = planted.codes.clone();
        let (first, second) = (codes[0].clone(), codes[1].clone());
        for (place, (one, other)) in first.iter().zip(&second).enumerate() {
            codes[0][place] = angle.cos() * one + angle.sin() * other;
            codes[1][place] = angle.cos() * other - angle.sin() * one;
        }
        codes.reverse();
        for code in &mut codes {
            for (value, deviation) in code.iter_mut().zip(&deviations) {
                *value *= -2.0 * deviation;
            }
        }
        let alpha = planted.alpha.iter().map(|alpha| {
            let mut alpha = alpha.clone();
            alpha.reverse();
            alpha
        });
        Learned {
            codes,
            alpha: alpha.collect(),
        }
    }

    #[test]
    fn the_truth_has_full_marks_and_a_rotation_keeps_only_the_span() {
        let score = Score::of(Use::Two, 3, &learned(Use::Two, 0.0)).unwrap();
        for found in [score.mean, score.least, score.support, score.span] {
            assert!((found - 1.0).abs() < 1e-9, "{score:?}");
        }
        assert!(score.claims_codes());
        let turned = Score::of(Use::Two, 3, &learned(Use::Two, 0.6)).unwrap();
        // Oracle: two of six codes are 0.6 off.
        assert!((turned.mean - (4.0 + 2.0 * 0.6f64.cos()) / 6.0).abs() < 1e-9);
        assert!((turned.span - 1.0).abs() < 1e-9);
        let failed = checks(Use::One, 3, &[turned]);
        assert_eq!(failed[0].passed(), Some(false));
        // Dense use is nothing to name codes by.
        let dense = Score::of(Use::All, 3, &learned(Use::All, 0.0)).unwrap();
        assert!(!dense.claims_codes(), "{dense:?}");
    }

    #[test]
    fn one_draw_of_ten_may_fail_but_not_one_of_three() {
        let good = Score::of(Use::Two, 3, &learned(Use::Two, 0.0)).unwrap();
        let bad = Score { mean: 0.9, ..good };
        let mut ten = vec![good; 9];
        ten.push(bad);
        assert_eq!(checks(Use::Two, 3, &ten)[0].passed(), Some(true));
        ten[0] = bad;
        assert_eq!(checks(Use::Two, 3, &ten)[0].passed(), Some(false));
        assert_eq!(
            checks(Use::Two, 3, &[good, good, bad])[0].passed(),
            Some(false)
        );
    }
}
