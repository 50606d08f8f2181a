//! Section 7.3 of the specification: nearest neighbours.

use super::{SplitMix64, near, normals, within};
use crate::continuous::*;

fn pair(rho: f64) -> (Points, Points) {
    let mut generator = SplitMix64::new(1);
    let (x, y): (Vec<f64>, Vec<f64>) = (0..400)
        .map(|_| {
            let x = generator.normal();
            (x, rho * x + (1.0 - rho * rho).sqrt() * generator.normal())
        })
        .unzip();
    (Points::line(&x).unwrap(), Points::line(&y).unwrap())
}

#[test]
fn kraskov_and_mixed_are_known() {
    let cases = [
        (
            0.6,
            [0.231_054_806_546, 0.244_759_818_478, 0.212_137_409_949],
            [0.180_025_774_066, 0.239_773_610_407, 0.212_264_054_039],
            0.246_010_339_311,
            0.603_182_749_4,
        ),
        (
            0.0,
            [-0.003_128_478_842, 0.016_034_791_568, 0.004_534_257_845],
            [-0.037_845_656_728, 0.018_300_313_630, 0.008_182_679_758],
            0.017_285_312_401,
            0.053_911_979_8,
        ),
        (
            0.9,
            [0.784_087_451_670, 0.785_871_825_661, 0.764_853_573_440],
            [0.809_063_910_303, 0.794_894_879_269, 0.764_660_466_042],
            0.787_122_346_494,
            0.893_281_413_6,
        ),
    ];
    for (rho, first, second, tied, r) in cases {
        let (x, y) = pair(rho);
        near(correlation(x.values(), y.values()), r);
        for (k, (first, second)) in [3, 5, 10].into_iter().zip(first.into_iter().zip(second)) {
            within(kraskov(&x, &y, k, Kraskov::First).unwrap(), first, 1e-6);
            within(kraskov(&x, &y, k, Kraskov::Second).unwrap(), second, 1e-6);
        }
        within(mixed(&x, &y, 5).unwrap(), tied, 1e-6);
    }
}

#[test]
fn differential_entropies_are_known() {
    let line = Points::line(&normals(&mut SplitMix64::new(1), 400)).unwrap();
    within(
        differential_entropy(&line, 3).unwrap(),
        1.360_659_401_640,
        1e-6,
    );
    within(
        differential_entropy(&line, 5).unwrap(),
        1.395_203_534_490,
        1e-6,
    );
}

#[test]
fn ross_is_known() {
    let mut generator = SplitMix64::new(1);
    let labels: Vec<u32> = (0..400).map(|i| i % 2).collect();
    let x: Vec<f64> = labels
        .iter()
        .map(|&y| 2.0 * f64::from(y) + generator.normal())
        .collect();
    let x = Points::line(&x).unwrap();
    for (k, wanted) in [
        (3, 0.352_714_578_778),
        (5, 0.350_872_801_740),
        (10, 0.358_583_847_639),
    ] {
        within(ross(&labels, &x, k).unwrap().0, wanted, 1e-6);
    }
}

#[test]
fn mixed_on_pure_classes_is_the_plug_in() {
    // Every row ties with many: the estimator must find the table.
    let mut generator = SplitMix64::new(8);
    let mut table = [0u64; 4];
    let (x, y): (Vec<f64>, Vec<f64>) = (0..2000)
        .map(|_| {
            let x = generator.word() % 2;
            let y = if generator.uniform() < 0.2 { 1 - x } else { x };
            table[(2 * x + y) as usize] += 1;
            (x as f64, y as f64)
        })
        .unzip();
    let (x, y) = (Points::line(&x).unwrap(), Points::line(&y).unwrap());
    let plug_in = crate::discrete::MutualInformation::of(
        &crate::discrete::Table::of_counts(table.to_vec(), 2).unwrap(),
    )
    .plug_in;
    within(mixed(&x, &y, 5).unwrap(), plug_in, 0.003);
    assert_eq!(x.tie_share(), 1.0);
}

#[test]
fn the_copula_sees_through_monotone_change() {
    let (x, y) = pair(0.6);
    let bent: Vec<f64> = y.values().iter().map(|y| (3.0 * y).exp()).collect();
    let bent = Points::line(&bent).unwrap();
    let straight = gaussian_copula(&x, &y).unwrap();
    within(gaussian_copula(&x, &bent).unwrap(), straight, 1e-12);
    within(straight, 0.223_143_551_3, 0.05);
    near(
        gaussian(&x, &y).unwrap(),
        -0.5 * (1.0 - 0.603_182_749_4f64.powi(2)).ln(),
    );
    // Vectors: two independent pairs add up.
    let (other_x, other_y) = {
        let mut generator = SplitMix64::new(77);
        let a = normals(&mut generator, 400);
        let b: Vec<f64> = a
            .iter()
            .map(|a| 0.8 * a + 0.6 * generator.normal())
            .collect();
        (Points::line(&a).unwrap(), Points::line(&b).unwrap())
    };
    let both = gaussian(&x.beside(&other_x).unwrap(), &y.beside(&other_y).unwrap()).unwrap();
    let apart = gaussian(&x, &y).unwrap() + gaussian(&other_x, &other_y).unwrap();
    within(both, apart, 0.02);
}

#[test]
fn too_many_axes_are_refused() {
    let points = Points::new(vec![0.5; 30], 3).unwrap();
    assert!(kraskov(&points, &points, 3, Kraskov::First).is_err());
}
