//! Section 7.2 of the specification: entropies, information, divergences.

use super::{SplitMix64, near, within};
use crate::discrete::*;
use polytask_random::Seed;

fn table_a() -> Table {
    Table::of_counts(vec![10, 5, 5, 2, 8, 10], 3).unwrap()
}

#[test]
fn table_a_is_known() {
    let table = table_a();
    let information = MutualInformation::of(&table);
    near(information.x_entropy, std::f64::consts::LN_2);
    near(information.y_entropy, 1.094_280_092_589_208);
    near(information.joint_entropy, 1.684_681_762_144_423_9);
    near(information.plug_in, 0.102_745_511_004_729_3);
    near(information.plug_in / 2f64.ln(), 0.148_230_439_2);
    near(information.y_given_x(), 0.991_534_581_584_478_6);
    near(information.x_given_y(), 0.590_401_669_555_215_9);
    near(information.over_mean().unwrap(), 0.114_964_689_8);
    near(information.over_geometric().unwrap(), 0.117_973_883_7);
    near(information.over_smaller().unwrap(), 0.148_230_439_2);
    near(information.over_joint().unwrap(), 0.060_988_082_9);
    near(
        Entropy::MillerMadow.of(table.row_sums()),
        0.705_647_180_559_945_2,
    );
    near(
        Entropy::MillerMadow.of(table.column_sums()),
        1.119_280_092_589_208,
    );
    near(
        Entropy::MillerMadow.of(table.counts()),
        1.747_181_762_144_423_9,
    );
    near(MutualInformation::miller_madow(&table), 0.077_745_511_0);
    near(information.expected, 0.026_377_523_833_2);
    near(information.corrected(), 0.076_367_987_171_5);
    near(information.adjusted().unwrap(), 0.088_048_896_0);
    let g = information.g();
    near(g.value, 8.219_640_880_4);
    assert_eq!(g.freedom, 2);
    within(g.p, 0.016_410_7, 1e-7);
}

#[test]
fn the_permutation_test_agrees_with_all_pairings() {
    let table = table_a();
    near(exact_permutation_p(&table).unwrap(), 0.025_064_146_2);
    for seed in 0..5 {
        let mut stream = Seed(seed).stream("golden", 0);
        let found = permutation_test(&[table_a()], 999, &mut stream).unwrap();
        within(found.p, 0.025_064_146_2, 0.015);
        // One null for the estimate and the test.
        within(found.null_mean, 0.026_377_523_833_2, 0.004);
    }
}

#[test]
fn one_row_per_class_says_nothing() {
    let mut counts = vec![0; 100];
    (0..10).for_each(|row| counts[row * 11] = 1);
    let information = MutualInformation::of(&Table::of_counts(counts, 10).unwrap());
    near(information.plug_in, 10f64.ln());
    near(information.expected, 10f64.ln());
    within(information.corrected(), 0.0, 1e-12);
}

#[test]
fn chance_shows_what_the_specification_says() {
    // Independent digits and letters: mean plug-in information over random labels.
    for (n, wanted) in [(260usize, 0.520), (2600, 0.0442), (26000, 0.004_34)] {
        let mut generator = SplitMix64::new(n as u64);
        let mut draw = |classes: u64| -> Vec<Option<u32>> {
            (0..n)
                .map(|_| Some((generator.word() % classes) as u32))
                .collect()
        };
        let table = Table::of_labels(&draw(10), 10, &draw(26), 26).unwrap();
        within(expected_information(&table), wanted, 0.03 * wanted);
    }
}

#[test]
fn entropies_are_known() {
    let cases: [(&[u64], [f64; 5]); 2] = [
        (
            &[4, 2, 3, 0, 2, 4, 0, 0, 2],
            [
                1.742_326_588_9,
                1.889_385_412_4,
                1.918_435_627_9,
                1.789_850_699_3,
                1.863_359_635_3,
            ],
        ),
        (
            &[10, 5, 3, 1, 1],
            [
                1.277_288_405_6,
                1.377_288_405_6,
                1.432_955_594_8,
                1.512_126_865_0,
                1.446_832_132_5,
            ],
        ),
    ];
    let estimators = [
        Entropy::MaximumLikelihood,
        Entropy::MillerMadow,
        Entropy::Jackknife,
        Entropy::Grassberger,
        Entropy::ChaoShen,
    ];
    for (counts, wanted) in cases {
        for (estimator, wanted) in estimators.into_iter().zip(wanted) {
            near(estimator.of(counts), wanted);
        }
    }
    within(Entropy::Nsb { classes: 9 }.of(cases[0].0), 1.940_647, 1e-5);
    within(Entropy::Nsb { classes: 5 }.of(cases[1].0), 1.346_327, 1e-5);
    within(Entropy::Nsb { classes: 10 }.of(cases[1].0), 1.445_171, 1e-5);
}

#[test]
fn divergences_are_known() {
    let (p, q) = ([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]);
    near(kullback_leibler(&p, &q).unwrap(), 2f64.ln());
    assert_eq!(kullback_leibler(&q, &p).unwrap(), f64::INFINITY);
    near(jensen_shannon(&p, &q).unwrap(), 0.215_761_554_3);
    let (p, q) = ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]);
    near(kullback_leibler(&p, &q).unwrap(), 0.274_887_219_6);
    near(jensen_shannon(&p, &q).unwrap(), 0.066_414_314_4);
    assert!(kullback_leibler(&[0.5, 0.6], &[0.5, 0.5]).is_err());
}

/// I of two labels that copy one root of K symbols with errors s and t, in closed form.
fn channels(k: usize, s: f64, t: f64) -> f64 {
    let wrong = (k - 1) as f64;
    let e = 1.0 - (1.0 - s) * (1.0 - t) - s * t / wrong;
    let (same, other) = ((1.0 - e) / k as f64, e / wrong / k as f64);
    let ratio = |p: f64| p * (p * (k * k) as f64).ln();
    k as f64 * ratio(same) + k as f64 * wrong * ratio(other)
}

#[test]
fn channels_are_known() {
    for (k, s, t, wanted) in [
        (10, 0.2, 0.1, 1.101_402_686_3),
        (2, 0.1, 0.1, 0.221_753_693_7),
        (26, 0.1, 0.3, 1.412_661_203_5),
    ] {
        near(channels(k, s, t), wanted);
        // A table of the expected counts has this information in it.
        let wrong = (k - 1) as f64;
        let e = 1.0 - (1.0 - s) * (1.0 - t) - s * t / wrong;
        let n = 1e13;
        let counts = (0..k * k).map(|cell| {
            let share = if cell % (k + 1) == 0 {
                1.0 - e
            } else {
                e / wrong
            };
            (n * share / k as f64).round() as u64
        });
        let table = Table::of_counts(counts.collect(), k).unwrap();
        let cells: f64 = table
            .counts()
            .iter()
            .map(|&c| {
                let p = c as f64 / table.n() as f64;
                p * (p * (k * k) as f64).ln()
            })
            .sum();
        within(cells, wanted, 1e-9);
    }
}

#[test]
fn identities_hold_on_random_tables() {
    let mut generator = SplitMix64::new(3);
    for _ in 0..200 {
        let rows = 2 + (generator.word() % 5) as usize;
        let columns = 2 + (generator.word() % 5) as usize;
        let counts: Vec<u64> = (0..rows * columns).map(|_| generator.word() % 7).collect();
        let table = Table::of_counts(counts, columns).unwrap();
        if table.n() == 0 {
            continue;
        }
        let i = MutualInformation::of(&table);
        // Conditional entropies are not negative: the sign slip of the source article.
        assert!(i.x_given_y() >= -1e-12 && i.y_given_x() >= -1e-12);
        within(
            i.plug_in,
            i.x_entropy + i.y_entropy - i.joint_entropy,
            1e-12,
        );
        assert!(i.expected >= 0.0 && i.expected <= i.x_entropy.min(i.y_entropy) + 1e-12);
    }
}

#[test]
fn the_bootstrap_covers_the_channel() {
    // Truth known: K = 4, e = .3, n = 500: I = .16661 nats.
    let truth = channels(4, 0.3, 0.3);
    within(truth, 0.166_61, 1e-5);
    let mut covered = 0;
    let runs = 200;
    for run in 0..runs {
        let mut generator = SplitMix64::new(1000 + run);
        let mut copy = |root: u64| {
            let is_wrong = generator.uniform() < 0.3;
            let shift = 1 + generator.word() % 3;
            Some(((root + u64::from(is_wrong) * shift) % 4) as u32)
        };
        let (x, y): (Vec<_>, Vec<_>) = (0..500).map(|row| (copy(row % 4), copy(row % 4))).unzip();
        let table = Table::of_labels(&x, 4, &y, 4).unwrap();
        let mut stream = Seed(run).stream("golden", 0);
        let [low, high] = bootstrap_information(&table, 200, &mut stream).unwrap();
        covered += u32::from(low <= truth && truth <= high);
    }
    // 95 % of 200, less three standard errors.
    assert!(covered >= 180, "{covered} of {runs}");
}

#[test]
fn strata_are_permuted_within() {
    // Both labels follow the site and nothing else: related overall, unrelated within sites.
    let site = |a: u64, b: u64| Table::of_counts(vec![a * a, a * b, a * b, b * b], 2).unwrap();
    let strata = [site(9, 1), site(1, 9)];
    let whole = pooled(&strata).unwrap();
    let mut stream = Seed(1).stream("golden", 0);
    let pooled_p = permutation_test(&[whole], 999, &mut stream).unwrap().p;
    let within_p = permutation_test(&strata, 999, &mut stream).unwrap().p;
    within(pooled_p, 0.001, 1e-12);
    assert!(within_p > 0.2, "{within_p}");
}
