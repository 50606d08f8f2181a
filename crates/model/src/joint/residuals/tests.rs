//! Covariances against moments, regressions and likelihoods written out.

use polytask_random::Seed;

use super::*;
use crate::joint::conditional::Conditional;
use crate::joint::likelihood::Sums;

/// Residuals with this factor, of which some are known.
fn residuals(
    factor: &[&[f64]],
    rows: usize,
    is_known: impl Fn(usize, usize) -> bool,
) -> (Residuals, Vec<Vec<f64>>) {
    let mut stream = Seed(7).stream("residuals", 0);
    let (mut residuals, mut all) = (Residuals::default(), Vec::new());
    for row in 0..rows {
        let noise: Vec<f64> = factor.iter().map(|_| stream.normal()).collect();
        let known: Vec<bool> = (0..factor.len()).map(|at| is_known(row, at)).collect();
        let error = |(place, own): (usize, &&[f64])| match known[place] {
            true => own.iter().zip(&noise).map(|(own, noise)| own * noise).sum(),
            false => 0.0,
        };
        let errors: Vec<f64> = factor.iter().enumerate().map(error).collect();
        residuals.add(row, &errors, known);
        all.push(errors);
    }
    (residuals, all)
}

fn covariance(residuals: &Residuals, numbers: usize) -> Vec<Vec<f64>> {
    let fitted = residuals.fit(&vec![1.0; numbers], &vec![1e-6; numbers]);
    let factor = fitted.unwrap().of_all;
    let dot = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum();
    let row = |a| factor.iter().map(|b| dot(a, b)).collect();
    factor.iter().map(row).collect()
}

#[track_caller]
fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() < tolerance, "{found} for {wanted}");
}

#[test]
fn of_whole_rows_it_is_the_mean_of_squares() {
    let (residuals, all) = residuals(&[&[0.5], &[0.9, 0.1]], 300, |_, _| true);
    let found = covariance(&residuals, 2);
    for a in 0..2 {
        for b in 0..2 {
            let mean = all.iter().map(|errors| errors[a] * errors[b]).sum::<f64>() / 300.0;
            near(found[a][b], mean, 1e-9);
        }
    }
}

/// Where the second number is known only with the first, the most likely law is the first's variance, from all rows, and the
/// regression of the second on it, from those with both (Little and Rubin 2019, section 7.2).
#[test]
fn of_a_monotone_pattern_it_is_the_regression() {
    let is_known = |row: usize, place: usize| place == 0 || row.is_multiple_of(3);
    let (residuals, all) = residuals(&[&[0.5], &[0.9, 0.1]], 600, is_known);
    let found = covariance(&residuals, 2);
    let mean = |every: usize, of: &dyn Fn(&[f64]) -> f64| {
        let rows: Vec<f64> = all.iter().step_by(every).map(|errors| of(errors)).collect();
        rows.iter().sum::<f64>() / rows.len() as f64
    };
    let variance = mean(1, &|errors| errors[0] * errors[0]);
    let slope = mean(3, &|errors| errors[0] * errors[1]) / mean(3, &|errors| errors[0].powi(2));
    let left = mean(3, &|errors| (errors[1] - slope * errors[0]).powi(2));
    near(found[0][0], variance, 1e-3);
    near(found[0][1], slope * variance, 1e-3);
    near(found[1][1], slope * slope * variance + left, 1e-3);
}

/// With holes anywhere no small change of Σ makes the rows likelier, where nothing is taken off.
#[test]
fn with_holes_it_is_most_likely() {
    let is_known =
        |row: usize, place: usize| !(row + place).is_multiple_of(4) || row.is_multiple_of(5);
    let factor: [&[f64]; 3] = [&[1.0], &[0.9, 0.3], &[-0.8, 0.2, 0.3]];
    let (residuals, _) = residuals(&factor, 800, is_known);
    let found = covariance(&residuals, 3);
    let seen = residuals.seen(&[true; 3], |_| true);
    let best = seen.cost(found.clone());
    for a in 0..3 {
        for b in 0..=a {
            for step in [-0.004, 0.004] {
                let mut moved = found.clone();
                moved[a][b] += step;
                moved[b][a] = moved[a][b];
                let cost = seen.cost(moved);
                assert!(cost > best, "{a} {b} {step}: {cost} for {best}");
            }
        }
    }
}

/// The sums say of rows what the rows cost one by one.
#[test]
fn sums_cost_what_their_rows_do() {
    let is_known = |row: usize, place: usize| row % 3 != place;
    let factor: [&[f64]; 3] = [&[1.0], &[0.9, 0.3], &[-0.8, 0.2, 0.3]];
    let (residuals, all) = residuals(&factor, 60, is_known);
    let law = vec![
        vec![1.0, 0.3, 0.1],
        vec![0.3, 2.0, -0.4],
        vec![0.1, -0.4, 0.5],
    ];
    let mut each = Conditional::with(law.clone());
    let one_by_one = all.iter().enumerate().map(|(row, errors)| {
        let known: Vec<bool> = (0..3).map(|place| is_known(row, place)).collect();
        each.given(&known).cost(errors)
    });
    let sums = residuals.seen(&[true; 3], |_| true).cost(law);
    near(sums, one_by_one.sum::<f64>(), 1e-9);
}

/// A few rows of many numbers that have nothing to do with each other: nothing is made of it. Near copies stay near copies.
#[test]
fn correlations_of_few_rows_are_taken_off() {
    let own: Vec<Vec<f64>> = (0..12)
        .map(|place| {
            (0..=place)
                .map(|at| f64::from(u8::from(at == place)))
                .collect()
        })
        .collect();
    let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
    let (apart, _) = residuals(&own, 60, |_, _| true);
    let found = covariance(&apart, 12);
    let cost = |found: &[Vec<f64>]| {
        let (others, _) = residuals(&own, 5000, |_, _| true);
        others.seen(&[true; 12], |_| true).cost(found.to_vec()) / 5000.0
    };
    let truth = cost(&diagonal((0..12).map(|_| 1.0)));
    let most_likely = apart.seen(&[true; 12], |_| true);
    let most_likely = most_likely.most_likely(&diagonal((0..12).map(|_| 1.0)));
    let (shrunk, whole) = (cost(&found) - truth, cost(&most_likely) - truth);
    assert!(shrunk < 0.3 * whole, "{shrunk} of {whole}");
    let (copies, _) = residuals(&[&[1.0], &[1.0, 0.01]], 60, |_, _| true);
    let found = covariance(&copies, 2);
    let left = found[1][1] - found[0][1].powi(2) / found[0][0];
    assert!((0.5e-4..2e-4).contains(&left), "{left}");
}

/// Of two near copies among eighteen others that have nothing to do with them the coupling stays.
#[test]
fn a_coupling_among_many_others_stays() {
    let mut own: Vec<Vec<f64>> = (0..20)
        .map(|place| {
            (0..=place)
                .map(|at| f64::from(u8::from(at == place)))
                .collect()
        })
        .collect();
    own[1] = vec![1.0, 0.01];
    let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
    let (residuals, _) = residuals(&own, 60, |_, _| true);
    let found = covariance(&residuals, 20);
    let left = found[1][1] - found[0][1].powi(2) / found[0][0];
    assert!((0.5e-4..2e-4).contains(&left), "{left}");
}

/// What is said of a row crosswise is said without it, but for the choice of the candidate, which is the same here.
#[test]
fn parts_are_told_apart() {
    let (one, _) = residuals(&[&[0.5], &[0.9, 0.1]], 100, |_, _| true);
    let mut other = Residuals::default();
    let (_, all) = residuals(&[&[0.5], &[0.9, 0.1]], 100, |_, _| true);
    for (row, errors) in all.iter().enumerate() {
        // Rows 2, 7, 12, … are others here.
        let scale = if row % 5 == 2 { 1.05 } else { 1.0 };
        let errors: Vec<f64> = errors.iter().map(|error| scale * error).collect();
        other.add(row, &errors, vec![true; 2]);
    }
    let fit = |residuals: &Residuals| residuals.fit(&[1.0; 2], &[1e-6; 2]).unwrap();
    let (one, other) = (fit(&one), fit(&other));
    for part in 0..PARTS {
        let each = one.without[part].concat().into_iter();
        let off = each.zip(other.without[part].concat());
        let most = off
            .map(|(one, other)| (one - other).abs())
            .fold(0.0, f64::max);
        assert_eq!(most < 1e-6, part == 2, "{part}: {most}");
    }
}

/// Effects of a group are no coupling: groups are left out whole.
#[test]
fn what_a_group_has_in_common_is_not_learnt() {
    let (numbers, groups, rows) = (10, 60, 40);
    let mut stream = Seed(9).stream("groups", 0);
    let (mut whole, mut torn) = (Residuals::default(), Residuals::default());
    for group in 0..groups {
        let effects: Vec<f64> = (0..numbers).map(|_| stream.normal()).collect();
        for row in 0..rows {
            let noisy = |effect: &f64| effect + 0.3 * stream.normal();
            let errors: Vec<f64> = effects.iter().map(noisy).collect();
            whole.add(group, &errors, vec![true; numbers]);
            torn.add(row, &errors, vec![true; numbers]);
        }
    }
    let largest = |residuals: &Residuals| {
        let found = covariance(residuals, numbers);
        let off = |a: usize, b: usize| (found[a][b] / (found[a][a] * found[b][b]).sqrt()).abs();
        let pairs = (0..numbers).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.map(|(a, b)| off(a, b)).fold(0.0, f64::max)
    };
    assert!(largest(&torn) > 0.2 && largest(&whole) < 0.1);
}

/// However many patterns there are, the one of most rows stays.
#[test]
fn patterns_of_many_rows_stay() {
    let mut seen = Seen::default();
    let mut add = |known: Vec<bool>, rows: f64| {
        seen.0.insert(
            known,
            Sums {
                rows,
                squares: Vec::new(),
            },
        );
    };
    add(vec![true; 12], 100.0);
    for pattern in 1..1000_u32 {
        add(
            (0..12).map(|place| pattern >> place & 1 == 1).collect(),
            1.0,
        );
    }
    let thinned = seen.thinned(50);
    assert!((40..=50).contains(&thinned.0.len()));
    assert_eq!(thinned.0[&vec![true; 12]].rows, 100.0);
    // The others are from one end to the other.
    let last = |known: &&Vec<bool>| known[0];
    assert!(thinned.0.keys().filter(last).count() > 10);
    assert!(thinned.0.keys().filter(|known| !known[0]).count() > 10);
}

/// A constant beside two near copies: it stays apart, and they do not.
#[test]
fn a_constant_changes_nothing_for_others() {
    let (copies, _) = residuals(&[&[1.0], &[1.0, 0.01], &[0.0, 0.0, 0.0]], 60, |_, _| true);
    let found = covariance(&copies, 3);
    assert!(found[0][1] / (found[0][0] * found[1][1]).sqrt() > 0.999);
    assert_eq!([found[0][2], found[1][2]], [0.0, 0.0]);
}

/// A number with few residuals stays apart; one that is not finite leaves nothing to learn from.
#[test]
fn what_cannot_be_learnt_is_left() {
    let is_known = |row: usize, place: usize| place == 0 || row < 9;
    let (few, _) = residuals(&[&[0.5], &[0.9, 0.1]], 100, is_known);
    let found = covariance(&few, 2);
    assert_eq!([found[0][1], found[1][1]], [0.0, 1.0]);
    assert!(found[0][0] < 0.5);
    let mut lost = few;
    lost.add(0, &[f64::NAN, 0.0], vec![true, false]);
    assert_eq!(lost.fit(&[1.0; 2], &[1e-6; 2]), None);
    assert_eq!(Residuals::default().fit(&[1.0; 2], &[1e-6; 2]), None);
}
