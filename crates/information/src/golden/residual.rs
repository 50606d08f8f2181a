//! Sections 3.3 and 6 of the specification: residual label information on planted pairs.

use super::{SplitMix64, within};
use crate::continuous::correlation;
use crate::usable::*;
use polytask_random::Seed;

const LN_2: f64 = std::f64::consts::LN_2;

/// Family P8: unit signals of cosine `rho`, unit noises of correlation `r`; predictions are the signals.
fn same_information(rho: f64, r: f64, seed: u64) -> [Vec<f64>; 4] {
    let mut generator = SplitMix64::new(seed);
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
            .with_null(0.0, Some(0.001))
            .in_bits();
        assert_eq!(verdict(&label, Some(&found), 0.05, 0.01).main, reading);
        assert_eq!(verdict(&label, None, 0.05, 0.01).main, Verdict::Unknown);
        // Significant, but less than is read.
        let trifle = crate::Measure::of(0.009, crate::Unit::Bits, "stated", 2000)
            .with_null(0.0, Some(0.001));
        let read = verdict(&trifle, Some(&found), 0.05, 0.01).main;
        let silent = reading == Verdict::Trunk;
        assert_eq!(read, if silent { Verdict::Silent } else { reading });
    }
}

#[test]
fn a_head_that_misses_what_the_other_sees_is_found() {
    // Two binary tasks on x = (a, b): y_t follows a + b, but head t knows a only; head s knows b.
    let make = |seed: u64| {
        let mut generator = SplitMix64::new(seed);
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
        verdict(&label, Some(&found), 0.05, 0.01).main,
        Verdict::ShareMore
    );
}

#[test]
fn coupled_classes_are_found() {
    // Both labels are the same fair coin, whatever x: V2 is a bit (less smoothing), V1 nothing.
    let make = |seed: u64| {
        let mut generator = SplitMix64::new(seed);
        let labels: Vec<u32> = (0..2000).map(|_| (generator.word() % 2) as u32).collect();
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
