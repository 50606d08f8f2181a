//! Sections 7.2 and 7.4 of the specification: many labels, bounds, codes.

use super::{SplitMix64, near, within};
use crate::bounds::*;
use crate::codes::*;
use crate::discrete::{MutualInformation, Table};
use crate::gates::*;
use crate::many::*;

fn bits(nats: f64) -> f64 {
    nats / 2f64.ln()
}

/// Counts of all binary triples from a weight per triple.
fn triples(weight: impl Fn(usize, usize, usize) -> u64) -> Joint {
    let counts = (0..8).map(|i| weight(i >> 2, i >> 1 & 1, i & 1)).collect();
    Joint::of_counts(counts, &[2, 2, 2]).unwrap()
}

fn flips(root: usize, bit: usize) -> u64 {
    if root == bit { 9 } else { 1 }
}

#[test]
fn many_label_measures_are_known() {
    let xor = triples(|a, b, c| u64::from(a ^ b == c));
    let copies = triples(|a, b, c| u64::from(a == b && b == c));
    let and = triples(|a, b, c| u64::from(a & b == c));
    let cause = triples(|a, b, c| {
        (0..2)
            .map(|root| flips(root, a) * flips(root, b) * flips(root, c))
            .sum()
    });
    // Two bits -> pair: the third label names the pair.
    let mut counts = vec![0; 16];
    (0..4).for_each(|pair| counts[pair * 4 + pair] = 1);
    let pair = Joint::of_counts(counts, &[2, 2, 4]).unwrap();
    let cases = [
        (xor, [1.0, 2.0, -1.0, 1.0, 0.0, 1.0]),
        (copies, [2.0, 1.0, 1.0, 1.0, 1.0, 0.0]),
        (
            and,
            [
                0.811_278_124_5,
                1.0,
                -0.188_721_875_5,
                0.811_278_124_5,
                0.311_278_124_5,
                0.5,
            ],
        ),
        (pair, [2.0, 2.0, 0.0, 2.0, 1.0, 1.0]),
        (
            cause,
            [
                0.730_595_488_6,
                0.501_422_114_4,
                0.229_173_374_2,
                0.410_672_534_3,
                0.319_922_954_3,
                0.090_749_580_1,
            ],
        ),
    ];
    for (joint, [total, dual, o, both, redundant, synergy]) in cases {
        let totals = Totals::of(&joint);
        near(bits(totals.total), total);
        near(bits(totals.dual), dual);
        near(bits(totals.o_information), o);
        near(bits(joint.information(&[0, 1], &[2])), both);
        near(bits(co_information(&joint)), o);
        let parts = Partial::of(&joint, 0, 1, 2, Redundancy::Specific);
        near(bits(parts.redundant), redundant);
        near(bits(parts.synergistic), synergy);
        for redundancy in [Redundancy::Specific, Redundancy::Smaller] {
            let parts = Partial::of(&joint, 0, 1, 2, redundancy);
            near(
                bits(parts.redundant + parts.first + parts.second + parts.synergistic),
                both,
            );
        }
        // I(1;2) - I(1;2|3) is the co-information.
        let co = joint.information(&[0], &[1]) - joint.conditional_information(&[0], &[1], &[2]);
        near(bits(co), o);
    }
}

#[test]
fn the_smaller_redundancy_keeps_two_bits_apart() {
    let mut counts = vec![0; 16];
    (0..4).for_each(|pair| counts[pair * 4 + pair] = 1);
    let pair = Joint::of_counts(counts, &[2, 2, 4]).unwrap();
    // Both informations are one bit, and so is their smaller: MMI repeats the verdict of I_min here.
    near(
        bits(Partial::of(&pair, 0, 1, 2, Redundancy::Smaller).redundant),
        1.0,
    );
    // Unequal sources: MMI leaves the larger one something of its own.
    let skewed = triples(|a, b, c| flips(a, c) * if b == c { 7 } else { 3 });
    let parts = Partial::of(&skewed, 0, 1, 2, Redundancy::Smaller);
    near(parts.second, 0.0);
    assert!(parts.first > 0.1);
}

#[test]
fn the_tree_is_the_chain() {
    // Four fair bits, each a flip of the one before.
    let counts = (0..16usize)
        .map(|i| {
            let bit = |t: usize| i >> (3 - t) & 1;
            (1..4).map(|t| flips(bit(t - 1), bit(t))).product()
        })
        .collect();
    let joint = Joint::of_counts(counts, &[2; 4]).unwrap();
    let by_distance = [0.368_064_207_2, 0.221_753_693_7, 0.137_500_228_9];
    let mut edges = Vec::new();
    for left in 0..4 {
        for right in left + 1..4 {
            let weight = joint.information(&[left], &[right]);
            near(weight, by_distance[right - left - 1]);
            let table = Table::of_counts(joint.marginal(&[left, right]), 2).unwrap();
            near(MutualInformation::of(&table).plug_in, weight);
            edges.push(Edge {
                left,
                right,
                weight,
            });
        }
    }
    let tree = TaskTree::of(4, &edges);
    let mut chain: Vec<_> = tree
        .edges
        .iter()
        .map(|edge| (edge.left, edge.right))
        .collect();
    chain.sort_unstable();
    assert_eq!(chain, [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(
        tree.rooted(),
        [(0, None), (1, Some(0)), (2, Some(1)), (3, Some(2))]
    );
    near(tree.weight, 1.104_192_621_5);
    near(Totals::of(&joint).total, 1.104_192_621_5);
}

#[test]
fn the_tree_is_below_the_total() {
    let cause = triples(|a, b, c| {
        (0..2)
            .map(|root| flips(root, a) * flips(root, b) * flips(root, c))
            .sum()
    });
    let edges: Vec<Edge> = [(0, 1), (0, 2), (1, 2)]
        .map(|(left, right)| Edge {
            left,
            right,
            weight: cause.information(&[left], &[right]),
        })
        .to_vec();
    near(Totals::of(&cause).total, 0.506_410_203_1);
    near(TaskTree::of(3, &edges).weight, 0.443_507_387_5);
}

#[test]
fn totals_are_tested_against_chance() {
    let mut generator = SplitMix64::new(6);
    let columns: Vec<Vec<Option<u32>>> = (0..3)
        .map(|_| {
            (0..300)
                .map(|_| Some((generator.word() % 3) as u32))
                .collect()
        })
        .collect();
    let mut columns: Vec<&[Option<u32>]> = columns.iter().map(Vec::as_slice).collect();
    let mut stream = polytask_random::Seed(1).stream("golden", 0);
    let chance = totals_tested(&columns, &[3; 3], None, 199, &mut stream).unwrap();
    assert!(chance.p > 0.05);
    // 27 - 1 - 3 (3 - 1) = 20 degrees of freedom.
    within(chance.null_mean.total, 20.0 / 600.0, 0.004);
    columns[2] = columns[0];
    let copied = totals_tested(&columns, &[3; 3], None, 199, &mut stream).unwrap();
    within(copied.p, 1.0 / 200.0, 1e-12);
}

#[test]
fn what_all_tasks_owe_to_the_stratum_alone_is_chance() {
    // All labels are the site's: within a site there is nothing left to pair.
    let sites: Vec<u32> = (0..300).map(|row| row % 3).collect();
    let label: Vec<Option<u32>> = sites.iter().copied().map(Some).collect();
    let columns = [label.as_slice(); 3];
    let mut stream = polytask_random::Seed(1).stream("golden", 0);
    let found = totals_tested(&columns, &[3; 3], Some(&sites), 99, &mut stream).unwrap();
    within(found.p, 1.0, 1e-12);
    within(found.null_mean.total, 2.0 * 3f64.ln(), 1e-9);
}

#[test]
fn bounds_are_known() {
    near(fano_floor(0.5, 2).unwrap(), 0.199_709_902_6);
    near(hellman_raviv_ceiling(0.5), 0.360_673_760_2);
    near(error_envelope(0.5, 2).unwrap(), 0.360_673_760_2);
    near(fano_floor(0.5, 10).unwrap(), 0.089_936_151_8);
    near(fano_floor(1.0, 10).unwrap(), 0.217_033_793_7);
    near(error_envelope(1.0, 10).unwrap(), 0.626_132_028_5);
    near(hellman_raviv_ceiling(1.0), 0.721_347_520_4);
    let noise = noise_entropy(0.2, 10).unwrap();
    near(noise, 0.939_847_339_0);
    near(10f64.ln() - noise, 1.362_737_754_0);
    near(fano_floor(noise, 10).unwrap(), 0.2);
    near(cover_hart_floor(0.3, 10).unwrap(), 0.165_153_077_2);
    near(noise_entropy(0.1, 2).unwrap(), 0.325_082_973_4);
    // A Gaussian's best squared error is its variance.
    let h = 0.5 * (std::f64::consts::TAU * std::f64::consts::E * 0.09).ln();
    near(squared_error_floor(h), 0.09);
    assert!(fano_floor(0.8, 2).is_err());
    for classes in [2, 3, 10] {
        for step in 0..=20 {
            let h = f64::ln(classes as f64) * f64::from(step) / 20.0;
            let (floor, ceiling) = (
                fano_floor(h, classes).unwrap(),
                error_envelope(h, classes).unwrap(),
            );
            assert!(floor <= ceiling + 1e-9 && ceiling <= hellman_raviv_ceiling(h) + 1e-9);
        }
    }
}

#[test]
fn gates_are_known() {
    let scores = [1.0, 0.6, -0.2, -1.0];
    let cases = [
        (
            softmax(&scores),
            [0.474_642_34, 0.318_162_28, 0.142_959_53, 0.064_235_86],
        ),
        (sparsemax(&scores), [0.7, 0.3, 0.0, 0.0]),
        (
            entmax15(&scores),
            [0.619_919_99, 0.344_980_00, 0.035_100_01, 0.0],
        ),
    ];
    for (found, wanted) in cases {
        found
            .iter()
            .zip(wanted)
            .for_each(|(found, wanted)| within(*found, wanted, 1e-8));
        near(found.iter().sum(), 1.0);
    }
}

#[test]
fn code_sharing_is_known() {
    let usages = [
        vec![0.7, 0.3, 0.0],
        vec![0.6, 0.4, 0.0],
        vec![0.0, 0.1, 0.9],
    ];
    let weights = [1.0 / 3.0; 3];
    near(
        code_task_information(&usages, &weights).unwrap(),
        0.539_714_561_6,
    );
    for (usage, wanted) in usages.iter().zip([1.842_02, 1.960_13, 1.384_15]) {
        within(effective_codes(usage), wanted, 1e-5);
    }
    // The gradient against differences along a direction inside the simplex.
    let gradient = code_task_gradient(&usages, &weights).unwrap();
    let h = 1e-6;
    let moved = |h: f64| {
        let mut usages = usages.to_vec();
        usages[1][0] += h;
        usages[1][1] -= h;
        code_task_information(&usages, &weights).unwrap()
    };
    within(
        (moved(h) - moved(-h)) / (2.0 * h),
        gradient[1][0] - gradient[1][1],
        1e-8,
    );
}
