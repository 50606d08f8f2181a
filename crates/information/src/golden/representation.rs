//! Section 7.4 of the specification: critics, transferability, similarity.

use super::{SplitMix64, near, normals, within};
use crate::continuous::Points;
use crate::similarity::*;
use crate::transferability::*;
use crate::{Scores, gaussian_rate};

#[test]
fn critics_are_known() {
    let scores = Scores::new(vec![2.0, 0.0, -1.0, 0.5, 1.5, 0.0, -1.0, 0.0, 1.0], 3).unwrap();
    near(scores.info_nce(), 0.751_338_699_3);
    near(scores.info_nce_symmetric(), 0.755_325_761_2);
    near(scores.donsker_varadhan(), 1.608_238_699_4);
    near(scores.nguyen_wainwright_jordan(), 1.602_586_641_2);
    near(scores.smile(0.5), 1.523_305_715_6);
    near(scores.smile(1.0), 1.608_238_699_4);
    near(scores.club(), 1.166_666_666_7);
    near(
        gaussian_rate(&[0.5, -1.0], &[0.25, 2.0]).unwrap(),
        1.096_573_590_3,
    );
    near(crate::barber_agakov(1.0, 0.4), 0.6);
}

#[test]
fn class_scores_are_known() {
    let source = [
        [0.7, 0.2, 0.1],
        [0.6, 0.3, 0.1],
        [0.1, 0.8, 0.1],
        [0.2, 0.5, 0.3],
        [0.1, 0.2, 0.7],
        [0.3, 0.3, 0.4],
    ]
    .map(|row| row.to_vec());
    let labels = [0, 0, 1, 1, 1, 0];
    near(leep(&labels, &source).unwrap(), -0.532_354_737_4);
    near(nce(&labels, &[0, 0, 1, 1, 2, 2]).unwrap(), -0.231_049_060_2);
}

#[test]
fn feature_scores_are_known() {
    let mut generator = SplitMix64::new(11);
    let labels: Vec<u32> = (0..60).map(|i| i % 3).collect();
    let values = labels.iter().flat_map(|&y| {
        (0..4u32)
            .map(|j| 1.5 * f64::from(u8::from(j == y)) + generator.normal())
            .collect::<Vec<_>>()
    });
    let features = Points::new(values.collect(), 4).unwrap();
    near(h_score(&labels, &features).unwrap(), 0.866_622_992_3);
    near(
        trans_rate(&labels, &features, 1e-4).unwrap(),
        0.312_025_624_8,
    );
    let (mean, classes) = log_me(&labels, &features).unwrap();
    near(mean, -0.670_459_740_7);
    classes
        .iter()
        .zip([-0.659_249_831_4, -0.721_879_680_1, -0.630_249_710_5])
        .for_each(|(found, wanted)| near(*found, wanted));
}

#[test]
fn evidence_counts_the_null_directions() {
    let features = Points::new(normals(&mut SplitMix64::new(13), 40), 8).unwrap();
    let target = [1.0, 0.0, 1.0, 0.0, 0.0];
    near(
        evidence(&features, &target, 1.0, 2.0).unwrap(),
        -9.026_800_791_7,
    );
    // The same as the density of t under N(0, F F'/alpha + I/beta).
    let f = nalgebra::DMatrix::from_row_slice(5, 8, features.values());
    let covariance = &f * f.transpose() + nalgebra::DMatrix::identity(5, 5) * 0.5;
    let t = nalgebra::DVector::from_column_slice(&target);
    let factor = covariance.cholesky().unwrap();
    let quadratic = t.dot(&factor.solve(&t));
    let density = -0.5 * (5.0 * std::f64::consts::TAU.ln() + factor.determinant().ln() + quadratic);
    near(density, -9.026_800_791_7);
}

#[test]
fn a_small_sample_is_shrunk_not_singular() {
    // 6 rows of 8 axes: the plain covariance has no inverse.
    let mut generator = SplitMix64::new(14);
    let features = Points::new(normals(&mut generator, 48), 8).unwrap();
    let labels: Vec<u32> = (0..6).map(|i| i % 3).collect();
    let score = h_score(&labels, &features).unwrap();
    // By scikit-learn's `ledoit_wolf`.
    near(score, 2.456_186_844_322_294_5);
}

#[test]
fn similarities_are_known() {
    let mut generator = SplitMix64::new(21);
    let x = normals(&mut generator, 60);
    let y: Vec<f64> = x
        .chunks_exact(3)
        .flat_map(|row| [row[0] + 0.5 * generator.normal(), generator.normal()])
        .collect();
    let (x, y) = (Points::new(x, 3).unwrap(), Points::new(y, 2).unwrap());
    near(linear_cka(&x, &y).unwrap(), 0.477_792_661_8);
    near(debiased_cka(&x, &y).unwrap(), 0.398_459_441_9);
    // Invariant to rotation.
    let (s, c) = 0.7f64.sin_cos();
    let turned = y
        .values()
        .chunks_exact(2)
        .flat_map(|row| [c * row[0] - s * row[1], s * row[0] + c * row[1]]);
    let turned = Points::new(turned.collect(), 2).unwrap();
    near(linear_cka(&x, &turned).unwrap(), 0.477_792_661_8);
    near(debiased_cka(&x, &turned).unwrap(), 0.398_459_441_9);
}

#[test]
fn task_affinities_are_known() {
    let centres = [[1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]];
    let loss =
        |at: [f64; 2], c: [f64; 2]| 0.5 * ((at[0] - c[0]).powi(2) + (at[1] - c[1]).powi(2)) + 0.1;
    let before: Vec<f64> = centres.iter().map(|c| loss([0.0, 0.0], *c)).collect();
    // The gradient at 0 is -c.
    let after: Vec<Vec<f64>> = centres
        .iter()
        .map(|step| {
            centres
                .iter()
                .map(|c| loss([0.1 * step[0], 0.1 * step[1]], *c))
                .collect()
        })
        .collect();
    let found = task_affinity(&before, &after).unwrap();
    let wanted = [
        0.158_333_3,
        0.125,
        -0.175,
        0.125,
        0.158_333_3,
        -0.141_666_7,
        -0.175,
        -0.141_666_7,
        0.158_333_3,
    ];
    found
        .iter()
        .zip(wanted)
        .for_each(|(found, wanted)| within(found.unwrap(), wanted, 1e-7));
    let angles = cosines(&centres.map(|c| c.to_vec())).unwrap();
    within(angles[1], 0.8, 1e-12);
    within(angles[2], -1.0, 1e-12);
    within(angles[5], -0.8, 1e-12);
    assert_eq!(task_affinity(&[1e-9], &[vec![0.0]]).unwrap(), [None]);
}
