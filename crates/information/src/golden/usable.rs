//! Sections 3 and 7.4 of the specification: usable information, bits transferred, residual label information.

use super::{SplitMix, near, within};
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
    let mut generator = SplitMix(5);
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
    let mut generator = SplitMix(6);
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
        let mut generator = SplitMix(run);
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

/// Family P8: unit signals of cosine `rho`, unit noises of correlation `r`; predictions are the signals.
fn same_information(rho: f64, r: f64, seed: u64) -> [Vec<f64>; 4] {
    let mut generator = SplitMix(seed);
    let mut columns: [Vec<f64>; 4] = Default::default();
    for _ in 0..2000 {
        let (a, b) = (generator.normal(), generator.normal());
        let (c, d) = (generator.normal(), generator.normal());
        let signals = [a, rho * a + (1.0 - rho * rho).sqrt() * b];
        let noises = [c, r * c + (1.0 - r * r).sqrt() * d];
        columns[0].push(signals[0]);
        columns[1].push(signals[1]);
        columns[2].push(signals[0] + noises[0]);
        columns[3].push(signals[1] + noises[1]);
    }
    columns
}

#[test]
fn the_same_information_needs_opposite_cures() {
    for (rho, r, wanted, reading) in [
        (0.8, 0.0, 0.0, Verdict::Trunk),
        (0.0, 0.8, 0.510_825_6, Verdict::JointHead),
    ] {
        let [fit_s, fit_t, fit_ys, fit_yt] = same_information(rho, r, 1);
        let [s, t, ys, yt] = same_information(rho, r, 2);
        // The labels share the same in both.
        let label = -0.5 * (1.0 - correlation(&ys, &yt).powi(2)).ln();
        within(label, 0.087_176_7, 0.02);
        let found = residual(
            (
                Head::Real {
                    prediction: &fit_t,
                    truth: &fit_yt,
                },
                Hint::Real {
                    prediction: &fit_s,
                    label: &fit_ys,
                },
            ),
            (
                Head::Real {
                    prediction: &t,
                    truth: &yt,
                },
                Hint::Real {
                    prediction: &s,
                    label: &ys,
                },
            ),
            199,
            &mut Seed(3).stream("golden", 0),
        )
        .unwrap();
        within(found.missed.value.unwrap() * LN_2, 0.0, 0.005);
        within(found.coupled.value.unwrap() * LN_2, wanted, 0.05);
        let label = crate::Measure::of(label, crate::Unit::Nats, "Gaussian", 2000)
            .with_null(0.0, Some(0.001));
        assert_eq!(verdict(&label, Some(&found), 0.05, 0.01), reading);
        assert_eq!(verdict(&label, None, 0.05, 0.01), Verdict::Unknown);
    }
}

#[test]
fn a_head_that_misses_what_the_other_sees_is_found() {
    // Two binary tasks on x = (a, b): y_t follows a + b, but head t knows a only; head s knows b.
    let make = |seed: u64| {
        let mut generator = SplitMix(seed);
        let (mut t, mut s, mut yt, mut ys) = (vec![], vec![], vec![], vec![]);
        for _ in 0..3000 {
            let (a, b) = (generator.normal(), generator.normal());
            let mut draw = |z: f64| u32::from(generator.uniform() < 1.0 / (1.0 + (-z).exp()));
            yt.push(draw(2.0 * (a + b)));
            ys.push(draw(2.0 * b));
            t.extend([0.0, 1.3 * a]);
            s.extend([0.0, 2.0 * b]);
        }
        (t, s, yt, ys)
    };
    let (ft, fs, fyt, fys) = make(1);
    let (t, s, yt, ys) = make(2);
    let head = |logits, truth| Head::Classes {
        logits,
        classes: 2,
        truth,
    };
    let hint = |logits, label| Hint::Classes {
        logits,
        classes: 2,
        label,
    };
    let found = residual(
        (head(&ft, &fyt), hint(&fs, &fys)),
        (head(&t, &yt), hint(&s, &ys)),
        99,
        &mut Seed(1).stream("golden", 0),
    )
    .unwrap();
    assert!(found.missed.value.unwrap() > 0.15, "{}", found.missed);
    within(found.missed.p.unwrap(), 0.01, 1e-12);
    // Given the prediction of b, its label says nothing more about y_t.
    assert!(found.coupled.value.unwrap() < 0.01, "{}", found.coupled);
    assert!(found.missed.null_mean.unwrap() < 0.0);
    let label =
        crate::Measure::of(0.1, crate::Unit::Bits, "corrected", 3000).with_null(0.0, Some(0.001));
    assert_eq!(
        verdict(&label, Some(&found), 0.05, 0.01),
        Verdict::ShareMore
    );
}

#[test]
fn coupled_classes_are_found() {
    // Both labels are the same fair coin, whatever x: V2 is a bit (less smoothing), V1 nothing.
    let make = |seed: u64| {
        let mut generator = SplitMix(seed);
        let labels: Vec<u32> = (0..2000).map(|_| (generator.raw() % 2) as u32).collect();
        let logits: Vec<f64> = (0..2000)
            .flat_map(|_| [0.0, 0.1 * generator.normal()])
            .collect();
        (labels, logits)
    };
    let (fl, fz) = make(1);
    let (l, z) = make(2);
    let found = residual(
        (
            Head::Classes {
                logits: &fz,
                classes: 2,
                truth: &fl,
            },
            Hint::Classes {
                logits: &fz,
                classes: 2,
                label: &fl,
            },
        ),
        (
            Head::Classes {
                logits: &z,
                classes: 2,
                truth: &l,
            },
            Hint::Classes {
                logits: &z,
                classes: 2,
                label: &l,
            },
        ),
        99,
        &mut Seed(1).stream("golden", 0),
    )
    .unwrap();
    within(found.missed.value.unwrap(), 0.0, 0.01);
    within(found.coupled.value.unwrap(), 1.0, 0.05);
}
