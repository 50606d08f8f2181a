//! The report against planted truths (sections 2 and 6 of the specification).

use super::{SplitMix64, normals, within};
use crate::Flag;
use crate::report::*;

fn classes(name: &str, labels: Vec<Option<u32>>, count: usize) -> Column {
    Column {
        name: name.into(),
        values: Values::Classes {
            labels,
            names: (0..count).map(|class| class.to_string()).collect(),
        },
    }
}

fn quick() -> ReportOptions {
    ReportOptions {
        permutations: 199,
        resamples: 40,
        ..ReportOptions::default()
    }
}

/// Family P1: groups of tasks that copy one root of K symbols, wrong with probability e.
fn channels(groups: usize, each: usize, k: u64, e: f64, rows: usize, seed: u64) -> Vec<Column> {
    let mut generator = SplitMix64::new(seed);
    let mut columns = vec![Vec::with_capacity(rows); groups * each];
    for _ in 0..rows {
        for group in 0..groups {
            let root = generator.word() % k;
            for task in 0..each {
                let is_wrong = generator.uniform() < e;
                let shift = 1 + generator.word() % (k - 1);
                let label = if is_wrong { (root + shift) % k } else { root };
                columns[group * each + task].push(Some(label as u32));
            }
        }
    }
    columns
        .into_iter()
        .enumerate()
        .map(|(task, labels)| classes(&format!("task {task}"), labels, k as usize))
        .collect()
}

#[test]
fn planted_groups_are_found() {
    let tasks = channels(3, 3, 4, 0.3, 500, 7);
    let options = ReportOptions {
        rate: 0.01,
        ..quick()
    };
    let report = Report::of(&tasks, &[], &options).unwrap();
    for pair in &report.pairs {
        let is_related = pair.left / 3 == pair.right / 3;
        let bits = pair.information.value.unwrap();
        let truth = if is_related {
            0.166_61 / 2f64.ln()
        } else {
            0.0
        };
        within(bits, truth, 0.11);
        assert_eq!(
            pair.information.is_significant(0.01),
            is_related,
            "{pair:?}"
        );
        let record = &pair.information;
        assert!(
            record.null_mean.is_some()
                && record.p.is_some()
                && record.q.is_some()
                && record.interval.is_some()
        );
        assert_eq!(report.pair(pair.right, pair.left), Some(pair));
    }
    // Two edges a group, and groups side by side.
    assert_eq!(report.tree.edges.len(), 6);
    assert_eq!(report.tree.trees, [0, 0, 0, 3, 3, 3, 6, 6, 6]);
    let groups: Vec<usize> = report.order.iter().map(|task| task / 3).collect();
    assert_eq!(groups.chunk_by(|a, b| a == b).count(), 3);
    // 4^9 combinations for 500 rows.
    assert!(matches!(report.many, Many::Refused(_)));
    // All nine have the same classes.
    assert_eq!(report.divergences.len(), 36);
    assert_eq!(report.spaces.len(), 1);
    for ceiling in &report.ceilings {
        let value = |measure: &crate::Measure| measure.value.unwrap();
        assert_eq!(ceiling.task / 3, ceiling.from / 3);
        assert!(value(&ceiling.floor) <= value(&ceiling.best) + 1e-12);
        assert!(value(&ceiling.best) <= value(&ceiling.ceiling) + 1e-12);
    }
}

#[test]
fn synergy_is_found_and_only_it() {
    // Family P6 beside two tasks that share a root and one that stands alone.
    let mut generator = SplitMix64::new(3);
    let mut columns = vec![Vec::new(); 6];
    for _ in 0..1000 {
        let (a, b, root) = (
            generator.word() % 2,
            generator.word() % 2,
            generator.word() % 2,
        );
        let mut flip = |bit: u64| {
            if generator.uniform() < 0.1 {
                1 - bit
            } else {
                bit
            }
        };
        let row = [a, b, a ^ b, flip(root), flip(root), flip(0)];
        columns
            .iter_mut()
            .zip(row)
            .for_each(|(column, label)| column.push(Some(label as u32)));
    }
    let tasks: Vec<Column> = columns
        .into_iter()
        .enumerate()
        .map(|(task, labels)| classes(&format!("t{task}"), labels, 2))
        .collect();
    let report = Report::of(&tasks, &[], &quick()).unwrap();
    assert_eq!(report.synergies.len(), 1, "{:?}", report.synergies);
    let found = &report.synergies[0];
    let mut places = [found.sources[0], found.sources[1], found.target];
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2]);
    within(found.excess.value.unwrap(), 1.0, 0.01);
    // 2^6 combinations are fewer than 1000/10.
    let Many::Measured(many) = &report.many else {
        panic!("{:?}", report.many)
    };
    // A bit from the triple, and the pair's I = ln 2 - h_b(.18).
    within(many.total.value.unwrap(), 1.0 + 0.319_9, 0.06);
}

#[test]
fn what_was_never_seen_together_is_not_zero() {
    let half = |first: bool| -> Vec<Option<u32>> {
        (0..400u32)
            .map(|row| ((row < 200) == first).then_some(row % 3))
            .collect()
    };
    let report = Report::of(
        &[
            classes("digits", half(true), 3),
            classes("letters", half(false), 3),
        ],
        &[],
        &quick(),
    )
    .unwrap();
    let pair = &report.pairs[0];
    assert_eq!((pair.co_observed, pair.information.value), (0, None));
    assert!(pair.information.flags.contains(&Flag::NotCoObserved));
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["pairs"][0]["information"]["value"].is_null());
    assert!(report.text().contains("not co-observed"));
    // No pair was seen together: the tree has no weight rather than a weight of 0.
    assert_eq!(report.tree_weight.value, None);
    assert_eq!(report.tree_weight.flags, [Flag::NotCoObserved]);
    assert!(json["tree_weight"]["value"].is_null());
    // Each label is there exactly where the other is not: as far from random as can be.
    assert!(
        report
            .missing
            .iter()
            .any(|one| one.with_mask && one.information.is_significant(0.01))
    );
    // Where no row has both there is no number that the absence could bias: it is said to be unknown, and why.
    assert_eq!(pair.information.flags, [Flag::NotCoObserved]);
    assert!(report.notes[1].contains("digits and letters") && report.notes.len() == 2);
}

#[test]
fn ties_do_not_look_like_information() {
    let mut generator = SplitMix64::new(17);
    let rounded: Vec<Option<f64>> = (0..1200)
        .map(|_| Some((generator.normal() * 60.0).round()))
        .collect();
    let coin: Vec<Option<u32>> = (0..1200)
        .map(|_| Some(u32::from(generator.normal() > 0.0)))
        .collect();
    let sign = |value: &Option<f64>| value.map(|value| u32::from(value > 0.0));
    let tasks = [
        Column {
            name: "grade".into(),
            values: Values::Real(rounded.clone()),
        },
        classes("coin", coin, 2),
        classes("sign", rounded.iter().map(sign).collect(), 2),
    ];
    let report = Report::of(&tasks, &[], &quick()).unwrap();
    let coin = &report.pair(0, 1).unwrap().information;
    assert!(coin.flags.contains(&Flag::Ties) && coin.estimator.starts_with("mixed"));
    // Chance alone shows a quarter of a bit here.
    assert!(coin.null_mean.unwrap() > 0.15, "{coin:?}");
    within(coin.value.unwrap(), 0.0, 0.03);
    // A bit that is there is found; taking chance off costs a part of it.
    let sign = report.pair(0, 2).unwrap().information.value.unwrap();
    assert!((0.6..1.05).contains(&sign), "{sign}");
}

#[test]
fn numbers_are_measured_and_ranked() {
    let mut generator = SplitMix64::new(11);
    let rows = 1500;
    let mut features = vec![Vec::new(); 4];
    let (mut one, mut other, mut class) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let x: Vec<f64> = normals(&mut generator, 4);
        let shared = x[0];
        one.push(Some(0.8 * shared + 0.6 * generator.normal()));
        other.push(Some(0.8 * shared + 0.6 * generator.normal()));
        class.push(Some(u32::from(x[1] + 0.5 * generator.normal() > 0.0)));
        features
            .iter_mut()
            .zip(&x)
            .for_each(|(column, value)| column.push(Some(*value)));
    }
    let real = |name: &str, values: Vec<Option<f64>>| Column {
        name: name.into(),
        values: Values::Real(values),
    };
    let tasks = [
        real("one", one),
        real("other", other),
        classes("class", class, 2),
    ];
    let features: Vec<Column> = features
        .into_iter()
        .enumerate()
        .map(|(j, values)| real(&format!("x{j}"), values))
        .collect();
    let report = Report::of(&tasks, &features, &quick()).unwrap();
    // r = 0.64.
    let truth = -0.5 * (1.0f64 - 0.64 * 0.64).log2();
    let pair = &report.pairs[0];
    within(pair.information.value.unwrap(), truth, 0.08);
    within(pair.companion.as_ref().unwrap().value.unwrap(), truth, 0.06);
    assert!(
        pair.information.estimator.starts_with("KSG-I") && pair.information.is_significant(0.01)
    );
    let mixed = &report.pairs[1];
    within(mixed.information.value.unwrap(), 0.0, 0.05);
    assert!(
        !mixed.information.is_significant(0.01) && mixed.information.estimator.starts_with("Ross")
    );
    let best: Vec<&str> = report
        .features
        .iter()
        .map(|ranking| ranking.best[0].0.as_str())
        .collect();
    assert_eq!(best, ["x0", "x0", "x1"]);
    assert!(
        report
            .features
            .iter()
            .all(|ranking| ranking.significant == 1),
        "{:?}",
        report.features
    );
    // The two real tasks use the same feature.
    assert!(report.overlap[1].value.unwrap() > 0.95 && report.overlap[2].value.unwrap() < 0.1);
    // One of four features in both: 1 in 4 by chance, and the cosine of two profiles with one spike each is 1/4 on average.
    let same = &report.overlap[1];
    within(same.p.unwrap(), 0.25, 0.1);
    within(same.null_mean.unwrap(), 0.25, 0.05);
    assert_eq!(same.flags, [Flag::Exploratory]);
    assert_eq!(report.overlap[3], *same);
}

#[test]
fn a_label_that_never_varies_has_no_number() {
    // Where both are known the first is always class 0, or the number always 1.
    let half = |row: u32| row < 200;
    let first = (0..400).map(|row| Some(u32::from(!half(row)))).collect();
    let second = (0..400).map(|row| half(row).then_some(row % 3)).collect();
    let third = (0..400).map(|row| Some(if half(row) { 1.0 } else { f64::from(row) }));
    let tasks = [
        classes("first", first, 2),
        classes("second", second, 3),
        Column {
            name: "third".into(),
            values: Values::Real(third.collect()),
        },
    ];
    let mut generator = SplitMix64::new(4);
    let noise = (0..3).map(|j| Column {
        name: format!("x{j}"),
        values: Values::Real((0..400).map(|_| Some(generator.normal())).collect()),
    });
    let report = Report::of(&tasks, &noise.collect::<Vec<_>>(), &quick()).unwrap();
    for pair in [report.pair(0, 1), report.pair(1, 2)].map(Option::unwrap) {
        let found = &pair.information;
        assert_eq!((found.value, pair.co_observed), (None, 200), "{pair:?}");
        assert_eq!(found.flags, [Flag::Undefined]);
        assert_eq!(format!("{found:.4}"), "undefined");
    }
    assert!(report.pair(0, 2).unwrap().information.value.is_some());
    // Two pairs, both ways.
    assert_eq!(report.html().matches("fill=\"url(#none)\"").count(), 4);
    // No feature tells about any task: two profiles of noise have no cosine worth a figure.
    assert!(report.overlap.iter().all(|one| one.value.is_none()));
}

#[test]
fn a_copy_is_told_as_a_lower_bound() {
    // y = 2x shares without limit; the estimate stops at psi(n) - psi(k) = psi(400) - psi(5) = 4.484 nats. Noise of a tenth leaves
    // -1/2 log2(1 - r^2) = 3.3 bits, which 400 rows can tell.
    let mut generator = SplitMix64::new(1);
    let x: Vec<f64> = normals(&mut generator, 400);
    let noisy = x.iter().map(|x| Some(x + 0.1 * generator.normal()));
    let real = |name: &str, values: Vec<Option<f64>>| Column {
        name: name.into(),
        values: Values::Real(values),
    };
    let tasks = [
        real("x", x.iter().copied().map(Some).collect()),
        real("double", x.iter().map(|x| Some(2.0 * x)).collect()),
        real("noisy", noisy.collect()),
    ];
    let report = Report::of(&tasks, &[], &quick()).unwrap();
    let copy = &report.pair(0, 1).unwrap().information;
    assert!(copy.flags.contains(&Flag::Saturated) && copy.se.is_none());
    within(copy.value.unwrap(), 4.484 / 2f64.ln(), 0.3);
    let noisy = &report.pair(0, 2).unwrap().information;
    assert!(!noisy.flags.contains(&Flag::Saturated) && noisy.se.is_some());
    let text = report.text();
    assert!(text.contains(&format!("≥ {:.4} bits", copy.value.unwrap())));
    assert!(text.contains("saturated: at least this"));
}

#[test]
fn the_page_needs_nothing_else_and_trusts_no_name() {
    let mut tasks = channels(1, 3, 3, 0.2, 300, 5);
    tasks[0].name = "<script>alert('x')</script> & \"co\"".into();
    let report = Report::of(&tasks, &[], &quick()).unwrap();
    let page = report.html();
    assert!(!page.contains("<script") && !page.contains("http") && !page.contains("url(/"));
    assert!(page.contains("&lt;script&gt;"));
    assert_eq!(page.matches("<svg").count(), 2);
    for name in ["plug-in - EMI", "Miller-Madow", "Fano"] {
        assert!(page.contains(name), "{name}");
    }
    for tag in ["table", "svg", "tr", "td", "span", "g"] {
        let opened =
            page.matches(&format!("<{tag} ")).count() + page.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let tasks = channels(2, 3, 3, 0.3, 200, 9);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let report = pool.install(|| Report::of(&tasks, &[], &quick()).unwrap());
        (
            serde_json::to_string(&report).unwrap(),
            report.text(),
            report.html(),
        )
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn strata_explain_what_only_the_site_does() {
    // Both labels follow the site; within a site they are independent.
    let mut found = 0;
    for seed in 0..20 {
        let mut generator = SplitMix64::new(100 + seed);
        let (mut a, mut b, mut sites) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..1000u32 {
            let site = row % 2;
            let mut draw = || {
                Some(u32::from(
                    generator.uniform() < if site == 0 { 0.2 } else { 0.8 },
                ))
            };
            a.push(draw());
            b.push(draw());
            sites.push(site);
        }
        let tasks = [classes("a", a, 2), classes("b", b, 2)];
        let plain = Report::of(&tasks, &[], &quick()).unwrap();
        assert!(plain.pairs[0].information.is_significant(0.01));
        let options = ReportOptions {
            strata: Some(sites),
            ..quick()
        };
        let within_sites = Report::of(&tasks, &[], &options).unwrap();
        let measure = &within_sites.pairs[0].information;
        found += u32::from(measure.is_significant(0.05));
        within(measure.value.unwrap(), 0.0, 0.04);
        assert_eq!(measure.interval, None);
    }
    // One in twenty by chance.
    assert!(found <= 3, "{found}");
}

#[test]
fn three_labels_that_only_speak_together_have_minus_one_bit() {
    let mut generator = SplitMix64::new(3);
    let bits: Vec<[u32; 2]> = (0..1000)
        .map(|_| [0, 1].map(|_| (generator.word() % 2) as u32))
        .collect();
    let column = |name, of: fn(&[u32; 2]) -> u32| {
        classes(name, bits.iter().map(|pair| Some(of(pair))).collect(), 2)
    };
    let tasks = [
        column("a", |[a, _]| *a),
        column("b", |[_, b]| *b),
        column("a xor b", |[a, b]| a ^ b),
        column("copy of a", |[a, _]| *a),
    ];
    let report = Report::of(&tasks, &[], &quick()).unwrap();
    let Many::Measured(facts) = &report.many else {
        panic!("{:?}", report.many)
    };
    let found: Vec<([usize; 3], f64)> = facts
        .triples
        .iter()
        .map(|triple| (triple.tasks, triple.information.value.unwrap()))
        .collect();
    // Two copies and a bit of its own share nothing that all three have.
    let wanted = [
        ([0, 1, 2], -1.0),
        ([0, 1, 3], 0.0),
        ([0, 2, 3], 0.0),
        ([1, 2, 3], -1.0),
    ];
    for ((tasks, bits), (of, truth)) in found.into_iter().zip(wanted) {
        assert_eq!(tasks, of);
        within(bits, truth, 0.02);
    }
    assert!(report.text().contains("co-information of a, b, a xor b: -"));
}

#[test]
fn floors_are_those_of_planted_noise() {
    let mut generator = SplitMix64::new(5);
    let rows = 3000;
    let noise = normals(&mut SplitMix64::new(6), 2 * rows);
    let (mut feature, mut label, mut sign, mut number, mut line) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows {
        let class = (generator.word() % 2) as u32;
        let is_wrong = generator.uniform() < 0.2;
        feature.push(Some(f64::from(class) + 0.01 * noise[row]));
        label.push(Some(class ^ u32::from(is_wrong)));
        sign.push(Some(class));
        // Variance 1 around -1 or 1, and a line with r² = 0.5.
        let value = 2.0 * f64::from(class) - 1.0 + noise[row];
        number.push(Some(value));
        line.push(Some(value + 2f64.sqrt() * noise[rows + row]));
    }
    let real = |name: &str, values| Column {
        name: name.into(),
        values: Values::Real(values),
    };
    let tasks = [
        classes("noisy", label, 2),
        classes("sign", sign, 2),
        real("number", number),
    ];
    let report = Report::of(&tasks, &[real("x", feature)], &quick()).unwrap();
    // 2e(1-e) = 0.32 of the neighbours differ, and (1 - √(1 - 0.64))/2 = 0.2 = e is the floor.
    let nearest = &report.nearest[0];
    within(nearest.neighbour.value.unwrap(), 0.32, 0.03);
    within(nearest.floor.value.unwrap(), 0.2, 0.03);
    assert!(nearest.floor.flags.contains(&Flag::Asymptotic));
    within(report.nearest[1].floor.value.unwrap(), 0.0, 1e-3);
    // Given the sign half of the variance is left; there is nothing better to tell it from.
    let squared = &report.squared[0];
    assert_eq!((squared.task, squared.from), (2, 1));
    within(squared.floor.value.unwrap(), 0.5, 0.05);

    let pair = [tasks[2].clone(), real("line", line)];
    let report = Report::of(&pair, &[], &quick()).unwrap();
    // line = number + noise of the same variance: each leaves about half of the other's. number is no Gaussian, so not exactly.
    let left = report.squared[1].floor.value.unwrap();
    within(left, 0.5, 0.06);
    assert!(report.nearest.is_empty() && report.html().contains("squared error at least"));
}
