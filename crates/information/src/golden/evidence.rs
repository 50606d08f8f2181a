//! What is said of a number is said of that number: p, strata and groups against simulated truths.

use super::{SplitMix64, near, within};
use crate::Flag;
use crate::grouping::Objective;
use crate::report::*;

fn classes(name: &str, labels: Vec<u32>, count: usize) -> Column {
    Column {
        name: name.into(),
        values: Values::Classes {
            labels: labels.into_iter().map(Some).collect(),
            names: (0..count).map(|class| class.to_string()).collect(),
        },
    }
}

fn real(name: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.into(),
        values: Values::Real(values.into_iter().map(Some).collect()),
    }
}

const PARTITION: Objective = Objective::Partition { largest: None };

#[test]
fn what_chance_pairs_does_not_stay_together() {
    let (mut apart, mut count) = (0.0, 0.0);
    for seed in 0..4 {
        let mut generator = SplitMix64::new(300 + seed);
        let mut labels = vec![Vec::new(); 6];
        let (mut u, mut v) = (Vec::new(), Vec::new());
        for _ in 0..1000 {
            let root = generator.word() % 8;
            for (task, labels) in labels.iter_mut().enumerate() {
                let own = generator.word() % 8;
                // The last two copy one root half of the time, the others nothing.
                let is_copy = task >= 4 && generator.uniform() < 0.7;
                labels.push(if is_copy { root } else { own } as u32);
            }
            u.push(generator.normal());
            v.push(generator.normal());
        }
        let mut tasks: Vec<Column> = labels
            .into_iter()
            .map(|labels| classes("task", labels, 8))
            .collect();
        tasks.extend([real("u", u), real("v", v)]);
        let options = ReportOptions {
            seed,
            ..ReportOptions::default()
        };
        let found = grouped(&tasks, &[0, 1, 2, 3, 4, 5, 6, 7], PARTITION, &options).unwrap();
        for left in 0..8 {
            for right in left + 1..8 {
                let share = found.together[left][right].value.unwrap();
                if (left, right) == (4, 5) {
                    assert!(share > 0.99, "{share}");
                } else {
                    apart += share;
                    count += 1.0;
                }
            }
        }
    }
    // A resample's own noise passes the threshold of 1 in 20 somewhat more often than 1 in 20.
    assert!(apart / count < 0.2, "{}", apart / count);
}

#[test]
fn what_neighbours_see_and_bins_blur_is_significant() {
    let mut generator = SplitMix64::new(41);
    let (mut number, mut other, mut parity) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..1500 {
        let s = generator.uniform();
        number.push(s);
        other.push(generator.normal());
        parity.push((32.0 * s) as u32 % 2);
    }
    let tasks = [
        real("number", number),
        real("other", other),
        classes("parity", parity, 2),
    ];
    let report = Report::of(&tasks, &[], &ReportOptions::default()).unwrap();
    let measure = &report.pairs[1].information;
    assert!(measure.value.unwrap() > 0.7, "{measure}");
    assert!(measure.q.unwrap() < 1e-6, "{:?}", measure.q);
    assert!(!report.pairs[0].information.is_significant(0.01));
    assert_eq!(report.tree.edges.len(), 1);
    let found = grouped(&tasks, &[0, 1, 2], PARTITION, &ReportOptions::default()).unwrap();
    assert_eq!(found.proposal.groups, [vec![0, 2], vec![1]]);
    // The group's number is the report's, with its p.
    for pair in &report.pairs {
        let mut affinity = found.affinity[pair.left][pair.right].clone().unwrap();
        affinity.q = pair.information.q;
        assert_eq!(affinity, pair.information);
    }
}

#[test]
fn independent_numbers_are_significant_as_often_as_promised() {
    let (mut least, mut count) = (0, 0);
    for seed in 0..25 {
        let mut generator = SplitMix64::new(900 + seed);
        let (mut a, mut b, mut class, mut whole) = (vec![], vec![], vec![], vec![]);
        for _ in 0..200 {
            a.push(generator.normal());
            b.push(generator.normal());
            class.push((generator.word() % 3) as u32);
            whole.push((3.0 * generator.normal()).round());
        }
        let tasks = [
            real("a", a),
            real("b", b),
            classes("class", class, 3),
            real("whole", whole),
        ];
        let options = ReportOptions {
            seed,
            resamples: 0,
            ..ReportOptions::default()
        };
        let report = Report::of(&tasks, &[], &options).unwrap();
        for pair in &report.pairs {
            let p = pair.information.p.unwrap();
            assert!(p > 1e-4, "{p}");
            assert!(pair.information.value.unwrap() > 0.0 || p >= 1.0);
            least += u32::from(p <= 0.05);
            count += 1;
        }
    }
    // 150 tests, 7.5 by chance at most: 17 is 3.5 standard deviations away.
    assert_eq!(count, 150);
    assert!(least <= 17, "{least}");
}

#[test]
fn what_the_site_explains_is_taken_off_numbers_and_groups() {
    let mut generator = SplitMix64::new(17);
    let (mut sites, mut class, mut copy) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers = vec![Vec::new(); 3];
    for row in 0..1200u32 {
        let site = row % 20;
        let middle = f64::from(site % 2);
        let own = generator.normal();
        numbers[0].push(middle + 0.3 * own);
        numbers[1].push(middle + 0.3 * generator.normal());
        // Goes with the first within a site too.
        numbers[2].push(middle + 0.3 * (0.8 * own + 0.6 * generator.normal()));
        let label = u32::from(generator.uniform() < 0.2 + 0.6 * middle);
        class.push(label);
        copy.push(label ^ u32::from(generator.uniform() < 0.2));
        sites.push(site);
    }
    let mut tasks: Vec<Column> = numbers
        .into_iter()
        .map(|values| real("number", values))
        .collect();
    tasks.push(classes("class", class, 2));
    tasks.push(classes("copy", copy, 2));
    let options = ReportOptions {
        strata: Some(sites),
        ..ReportOptions::default()
    };
    let plain = Report::of(&tasks, &[], &ReportOptions::default()).unwrap();
    let report = Report::of(&tasks, &[], &options).unwrap();
    let found = grouped(&tasks, &[0, 1, 2, 3, 4], PARTITION, &options).unwrap();
    for (pair, without) in report.pairs.iter().zip(&plain.pairs) {
        let value = pair.information.value.unwrap();
        assert!(without.information.value.unwrap() > 0.02);
        if [(0, 2), (3, 4)].contains(&(pair.left, pair.right)) {
            assert!(value > 0.1 && pair.information.is_significant(0.01));
        } else {
            assert!(value.abs() < 0.1, "{}", pair.information);
        }
        let affinity = found.affinity[pair.left][pair.right].as_ref().unwrap();
        assert_eq!(
            (affinity.value, affinity.p, affinity.q),
            (
                pair.information.value,
                pair.information.p,
                pair.information.q
            )
        );
    }
    assert_eq!(found.proposal.groups, [vec![0, 2], vec![1], vec![3, 4]]);
    // What the site explains of two classes is no part of their threshold.
    let found = grouped(&tasks[3..], &[0, 1], PARTITION, &options).unwrap();
    assert!(found.threshold.unwrap().value.unwrap() < 0.02);
}

#[test]
fn a_floor_above_what_is_attained_is_flagged_and_not_printed() {
    // Every fifth row on a line is of the rarer class, and its lower neighbour is nearer: two of five neighbours differ.
    let rows = 500;
    let x = (0..rows).map(|row| f64::from(row) + 1e-6 * f64::from(row * row));
    let label = (0..rows).map(|row| u32::from(row % 5 == 4)).collect();
    let even = (0..rows).map(|row| (row % 2) as u32).collect();
    let tasks = [classes("fifth", label, 2), classes("even", even, 2)];
    let report = Report::of(&tasks, &[real("x", x.collect())], &ReportOptions::default()).unwrap();
    let fifth = &report.nearest[0];
    within(fifth.neighbour.value.unwrap(), 0.4, 0.003);
    near(fifth.majority.value.unwrap(), 0.2);
    // (1 - √(1 - 0.8))/2 = 0.276, where always saying "no" errs on 0.2.
    within(fifth.floor.value.unwrap(), 0.2764, 0.005);
    assert!(fifth.floor.flags.contains(&Flag::AboveAttained));
    // Every neighbour differs: above 1/2 there is no floor at all.
    let even = &report.nearest[1];
    assert_eq!(even.floor.value, None);
    assert!(even.floor.flags.contains(&Flag::AboveAttained));
    for (shown, title) in [
        (report.text(), "(Cover-Hart"),
        (report.html(), "Cover and Hart"),
    ] {
        let (_, table) = shown.split_once(title).unwrap();
        assert!(table.contains("above attained") && !table.contains("0.276"));
    }
}

#[test]
fn a_squared_floor_stands_only_below_a_linear_fit() {
    let (mut above, mut below) = (0, 0);
    for seed in 0..20 {
        let mut generator = SplitMix64::new(seed);
        let mut draw = || (0..80).map(|_| generator.normal()).collect();
        let tasks = [real("one", draw()), real("other", draw())];
        let report = Report::of(&tasks, &[], &ReportOptions::default()).unwrap();
        for one in &report.squared {
            let (floor, attained) = (one.floor.value.unwrap(), one.attained.value.unwrap());
            let is_above = floor > attained.min(1.0);
            assert_eq!(one.floor.flags.contains(&Flag::AboveAttained), is_above);
            above += u32::from(is_above);
            below += u32::from(!is_above);
        }
        let flagged = |one: &SquaredFloor| one.floor.flags.contains(&Flag::AboveAttained);
        let is_said = report.text().contains("above attained");
        assert_eq!(report.squared.iter().any(flagged), is_said);
    }
    // Nothing is told by the other: the truth is 1, and the estimate is on either side of it.
    assert!(above > 3 && below > 3, "{above} above, {below} below");
}

#[test]
fn every_number_of_a_pair_tells_that_labels_are_missing_by_each_other() {
    let mut generator = SplitMix64::new(23);
    let mut labels = vec![Vec::new(); 3];
    for _ in 0..2000 {
        let a = (generator.word() % 2) as u32;
        let is_copy = generator.uniform() < 0.7;
        let b = if is_copy { a } else { 1 - a };
        let is_there = generator.uniform() < if a == 1 { 0.8 } else { 0.2 };
        labels[0].push(Some(a));
        labels[1].push(is_there.then_some(b));
        labels[2].push(Some((generator.word() % 2) as u32));
    }
    let column = |(name, labels): (&str, Vec<Option<u32>>)| Column {
        name: name.into(),
        values: Values::Classes {
            labels,
            names: vec!["no".into(), "yes".into()],
        },
    };
    let tasks: Vec<Column> = ["a", "b", "c"]
        .into_iter()
        .zip(labels)
        .map(column)
        .collect();
    let report = Report::of(&tasks, &[], &ReportOptions::default()).unwrap();
    let is_flagged = |measure: &crate::Measure| measure.flags.contains(&Flag::NotMissingAtRandom);
    assert!(is_flagged(&report.pairs[0].information) && !is_flagged(&report.pairs[1].information));
    assert!(is_flagged(report.pairs[0].adjusted.as_ref().unwrap()));
    let told = report
        .ceilings
        .iter()
        .find(|one| (one.task, one.from) == (1, 0));
    let told = told.unwrap();
    assert!(is_flagged(&told.entropy) && is_flagged(&told.floor) && is_flagged(&told.best));
    let Many::Measured(facts) = &report.many else {
        panic!("three binary labels are few enough")
    };
    assert!(is_flagged(&facts.total) && is_flagged(&facts.triples[0].information));
    assert!(is_flagged(&report.tree_weight));
    let found = grouped(&tasks, &[0, 1, 2], PARTITION, &ReportOptions::default()).unwrap();
    assert!(is_flagged(found.affinity[0][1].as_ref().unwrap()));
    assert!(!is_flagged(found.affinity[0][2].as_ref().unwrap()));
}

#[test]
fn a_number_tells_a_share_of_the_class() {
    let mut generator = SplitMix64::new(29);
    let number: Vec<f64> = (0..1500).map(|_| generator.normal()).collect();
    let sign = number.iter().map(|value| u32::from(*value > 0.0)).collect();
    let quarter = (0..1500).map(|row| u32::from(row % 4 == 0)).collect();
    let tasks = [
        real("number", number),
        classes("sign", sign, 2),
        classes("quarter", quarter, 2),
    ];
    let report = Report::of(&tasks, &[], &ReportOptions::default()).unwrap();
    let share = report.pairs[0].right_from_left.as_ref().unwrap();
    within(share.value.unwrap(), 1.0, 0.05);
    // The share's q is that of the pair; a number has no entropy to take a share of.
    assert_eq!(share.q, report.pairs[0].information.q);
    assert_eq!(report.pairs[0].left_from_right, None);
    let text = report.text();
    let head = text.lines().find(|line| line.contains("U(left|right)"));
    assert!(head.unwrap().contains("AMI") && head.unwrap().contains("Gaussian"));
}
