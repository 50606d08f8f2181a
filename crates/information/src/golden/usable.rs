//! Sections 3 and 7.4 of the specification: usable information and bits transferred.

use super::{SplitMix64, near, within};
use crate::continuous::correlation;
use crate::usable::*;
use polytask_random::Seed;

const LN_2: f64 = std::f64::consts::LN_2;

#[test]
fn paired_bits_are_known() {
    let alone = [0.20, 0.90, 0.40, 1.30, 0.10, 0.70, 0.55, 0.35];
    let joint = [0.15, 0.60, 0.45, 1.00, 0.10, 0.50, 0.50, 0.20];
    let found = transferred(&alone, &joint, None).unwrap();
    near(found.value.unwrap(), 0.180_336_880_1);
    near(found.se.unwrap(), 0.068_160_933_9);
    // Groups of one are rows; two copies of every row as groups tell no more than one.
    let single: Vec<u32> = (0..8).collect();
    let clustered = transferred(&alone, &joint, Some(&single)).unwrap();
    near(clustered.se.unwrap(), 0.068_160_933_9);
    let twice = |values: [f64; 8]| values.iter().flat_map(|v| [*v; 2]).collect::<Vec<_>>();
    let pairs: Vec<u32> = (0..16).map(|row| row / 2).collect();
    let doubled = transferred(&twice(alone), &twice(joint), Some(&pairs)).unwrap();
    near(doubled.se.unwrap(), 0.068_160_933_9);
}

#[test]
fn the_identity_holds_on_a_finite_table() {
    // p(x, y) in 40ths; q(.|x) and q0 wrong on purpose. Rows are the table, repeated by its counts.
    let counts = [[10u32, 5, 5], [2, 8, 10]];
    let q = [[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]];
    let q0 = [0.4, 0.3, 0.3];
    let (mut logits, mut truth) = (Vec::new(), Vec::new());
    for (row, q) in counts.iter().zip(q) {
        for (class, count) in row.iter().enumerate() {
            for _ in 0..*count {
                logits.extend(q.map(f64::ln));
                truth.push(class as u32);
            }
        }
    }
    let head = Head::Classes {
        logits: &logits,
        classes: 3,
        truth: &truth,
    };
    let baseline = Baseline::Classes {
        law: q0.to_vec(),
        rows: 40,
    };
    let found = usable(head, head, &baseline, None).unwrap();
    let kl = |p: [f64; 3], q: [f64; 3]| p.iter().zip(q).map(|(p, q)| p * (p / q).ln()).sum::<f64>();
    let law = |row: [u32; 3]| row.map(|c| f64::from(c) / f64::from(row.iter().sum::<u32>()));
    let misfit = 0.5 * kl(law(counts[0]), q[0]) + 0.5 * kl(law(counts[1]), q[1]);
    let shift = kl(law([12, 13, 15]), q0);
    near(found.label_shift.value.unwrap() * LN_2, shift);
    near(
        found.raw.value.unwrap() * LN_2,
        0.102_745_511_004_729_3 - misfit + shift,
    );
    assert!(found.miscalibration.value.unwrap() > 0.0);
}

#[test]
fn calibration_finds_the_temperature() {
    // True logits, made three times too large: the fit must divide by three.
    let mut generator = SplitMix64::new(5);
    let (mut logits, mut truth) = (Vec::new(), Vec::new());
    for _ in 0..20_000 {
        let row: Vec<f64> = (0..4).map(|_| 1.5 * generator.normal()).collect();
        let shares = crate::gates::softmax(&row);
        let u = generator.uniform();
        let mut sum = 0.0;
        let class = shares
            .iter()
            .position(|p| {
                sum += p;
                u < sum
            })
            .unwrap_or(3);
        truth.push(class as u32);
        logits.extend(row.iter().map(|z| 3.0 * z));
    }
    let map = ClassCalibration::fit(&logits, 4, &truth).unwrap();
    within(map.scale, 1.0 / 3.0, 0.01);
    map.shift.iter().for_each(|b| within(*b, 0.0, 0.06));
    // A model that is wrong on purpose is taken for ignorant.
    let wrong: Vec<f64> = logits.iter().map(|z| -z).collect();
    let map = ClassCalibration::fit(&wrong, 4, &truth).unwrap();
    assert_eq!(map.scale, 0.0);
    let head = |logits| Head::Classes {
        logits,
        classes: 4,
        truth: &truth,
    };
    let baseline = Baseline::of_counts(&[1, 1, 1, 1]);
    let found = usable(head(&wrong), head(&wrong), &baseline, None).unwrap();
    assert!(found.raw.value.unwrap() < -1.0);
    within(found.calibrated.value.unwrap(), 0.0, 0.002);
}

#[test]
fn three_quarters_explained_is_a_bit() {
    let mut generator = SplitMix64::new(6);
    let (prediction, truth): (Vec<f64>, Vec<f64>) = (0..40_000)
        .map(|_| {
            let signal = 3f64.sqrt() * generator.normal();
            (signal, signal + generator.normal())
        })
        .unzip();
    let head = Head::Real {
        prediction: &prediction,
        truth: &truth,
    };
    let found = usable(head, head, &Baseline::of_values(&truth), None).unwrap();
    within(found.calibrated.value.unwrap(), 1.0, 0.02);
    let r = correlation(&prediction, &truth);
    // Fitted and tested on the same rows the law is exact, up to n - 1 for n in the variance.
    within(
        found.calibrated.value.unwrap() * LN_2,
        -0.5 * (1.0 - r * r).ln(),
        1e-4,
    );
    assert!(found.explained.is_none());
}

#[test]
fn the_two_level_interval_covers() {
    // D = 0.1 + seed effect (sd .05) + row effect shared by seeds (sd .5) + noise, nats.
    let mut covered = 0;
    let mut ratio = 0.0;
    for run in 0..200 {
        let mut generator = SplitMix64::new(run);
        let shared: Vec<f64> = (0..400).map(|_| 0.5 * generator.normal()).collect();
        let joint: Vec<Vec<f64>> = (0..5)
            .map(|_| {
                let seed = 0.05 * generator.normal();
                shared
                    .iter()
                    .map(|row| -(0.1 + seed + row + 0.2 * generator.normal()))
                    .collect()
            })
            .collect();
        let alone = vec![vec![0.0; 400]; 5];
        let mut stream = Seed(run).stream("golden", 0);
        let found =
            transferred_over_seeds(&alone, &joint, Rows::Shared(None), 400, &mut stream).unwrap();
        let [low, high] = found.interval.unwrap();
        covered += u32::from(low <= 0.1 / LN_2 && 0.1 / LN_2 <= high);
        let se = (0.05f64.powi(2) / 5.0 + 0.5f64.powi(2) / 400.0 + 0.04 / 2000.0).sqrt() / LN_2;
        ratio += found.se.unwrap() / se / 200.0;
    }
    assert!(covered >= 176, "{covered} of 200");
    within(ratio, 1.0, 0.08);
}

#[test]
fn three_seeds_that_differ_are_enough_for_an_interval() {
    // Seeds dominate: their sd is 50 times the standard error over rows (.02/sqrt(200)). Of 400 intervals
    // 380 should hold the truth, give or take 13 (three standard errors); t(.975; 2) = 4.302653 (any table).
    let trials = 400;
    let truth = 0.1 / LN_2;
    let (mut covered, mut ratio) = (0, 0.0);
    for run in 0..trials {
        let mut generator = SplitMix64::new(1000 + run);
        let joint: Vec<Vec<f64>> = (0..3)
            .map(|_| {
                let seed = 50.0 * 0.02 / 200f64.sqrt() * generator.normal();
                (0..200)
                    .map(|_| -(0.1 + seed + 0.02 * generator.normal()))
                    .collect()
            })
            .collect();
        let alone = vec![vec![0.0; 200]; 3];
        let mut stream = Seed(run).stream("golden", 1);
        let found =
            transferred_over_seeds(&alone, &joint, Rows::Shared(None), 2000, &mut stream).unwrap();
        let [low, high] = found.interval.unwrap();
        covered += u32::from(low <= truth && truth <= high);
        ratio += (high - low) / 2.0 / found.se.unwrap() / trials as f64;
    }
    // A few runs have seeds that agree by chance, and there rows give the width.
    within(ratio, 4.302_653, 0.1);
    assert!((367..=393).contains(&covered), "{covered} of {trials}");
}
