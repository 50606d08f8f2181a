//! Section 7.4 of the specification: who trains with whom.

use super::{SplitMix64, near, normals};
use crate::grouping::*;

fn affinity_of_the_specification() -> Affinity {
    let values = [
        [0.0, 0.30, 0.02, -0.10, 0.01],
        [0.25, 0.0, 0.05, -0.08, 0.0],
        [0.01, 0.03, 0.0, 0.12, 0.20],
        [-0.12, -0.05, 0.15, 0.0, 0.18],
        [0.02, 0.01, 0.22, 0.16, 0.0],
    ];
    Affinity::new(values.concat(), 5).unwrap()
}

#[test]
fn groups_are_known() {
    let affinity = affinity_of_the_specification();
    let one = cover(&affinity, 1).unwrap();
    near(one.score, 0.345);
    // Any other single group leaves somebody out.
    assert_eq!(one.margin(), None);
    let two = cover(&affinity, 2).unwrap();
    near(two.score, 1.065);
    assert_eq!(two.groups, [vec![0, 1], vec![2, 3, 4]]);
    assert_eq!(two.served, [0, 0, 1, 1, 1]);
    let three = cover(&affinity, 3).unwrap();
    near(three.score, 1.130);
    assert_eq!(three.groups, [vec![0, 1], vec![2, 4], vec![3, 4]]);
    assert_eq!(three.served, [0, 0, 1, 2, 1]);
    let shares = co_membership(
        std::slice::from_ref(&affinity),
        0.0,
        Objective::Cover { most: 3 },
    )
    .unwrap();
    // 4 helps 3, but 3 is not in the group that serves 4.
    assert_eq!((shares[4 * 5 + 3], shares[3 * 5 + 4]), (1.0, 0.0));
    let loose = partition(&affinity, 0.0, None).unwrap();
    near(loose.score, 0.79);
    assert_eq!(loose.groups, [vec![0, 1], vec![2, 3, 4]]);
    let tight = partition(&affinity, 0.17, None).unwrap();
    near(tight.score, 0.145);
    assert_eq!(tight.groups, [vec![0, 1], vec![2, 4], vec![3]]);
}

/// Every partition, by giving each task an old or a new group.
fn all_partitions(tasks: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for _ in 0..tasks {
        all = all
            .iter()
            .flat_map(|groups: &Vec<usize>| {
                let next = groups.iter().max().map_or(0, |max| max + 1);
                (0..=next).map(move |group| [groups.as_slice(), &[group]].concat())
            })
            .collect();
    }
    all
}

#[test]
fn the_programme_finds_what_trying_all_finds() {
    let mut generator = SplitMix64::new(9);
    for largest in [2, 6] {
        for _ in 0..20 {
            let affinity = Affinity::new(normals(&mut generator, 36), 6).unwrap();
            let mut scores: Vec<f64> = all_partitions(6)
                .iter()
                .filter(|groups| {
                    (0..6).all(|g| groups.iter().filter(|&&x| x == g).count() <= largest)
                })
                .map(|groups| {
                    let mut score = 0.0;
                    for s in 0..6 {
                        for t in s + 1..6 {
                            if groups[s] == groups[t] {
                                score += affinity.mutual(s, t) - 0.1;
                            }
                        }
                    }
                    score
                })
                .collect();
            scores.sort_by(|a, b| b.total_cmp(a));
            let found = partition(&affinity, 0.1, Some(largest)).unwrap();
            near(found.score, scores[0]);
            near(found.runner_up.unwrap(), scores[1]);
        }
    }
}

#[test]
fn the_cover_is_the_best_of_all() {
    // Another exact way: disjoint sets of served tasks, each with the best group around it.
    let mut generator = SplitMix64::new(10);
    for _ in 0..20 {
        let tasks = 5;
        let affinity = Affinity::new(normals(&mut generator, 25), tasks).unwrap();
        let score = |set: u32, task: usize| {
            let others: Vec<usize> = (0..tasks)
                .filter(|&o| o != task && set >> o & 1 == 1)
                .collect();
            let sum: f64 = others.iter().map(|&o| affinity.given(o, task)).sum();
            if others.is_empty() {
                0.0
            } else {
                sum / others.len() as f64
            }
        };
        let worth = |served: u32| {
            (1..1u32 << tasks)
                .filter(|set| set & served == served)
                .map(|set| {
                    (0..tasks)
                        .filter(|t| served >> t & 1 == 1)
                        .map(|t| score(set, t))
                        .sum::<f64>()
                })
                .fold(f64::NEG_INFINITY, f64::max)
        };
        for most in 1..=3usize {
            let wanted = all_partitions(tasks)
                .iter()
                .filter(|groups| groups.iter().max().unwrap() < &most)
                .map(|groups| {
                    (0..=*groups.iter().max().unwrap())
                        .map(|g| {
                            let served = (0..tasks)
                                .filter(|&t| groups[t] == g)
                                .map(|t| 1u32 << t)
                                .sum();
                            worth(served)
                        })
                        .sum::<f64>()
                })
                .fold(f64::NEG_INFINITY, f64::max);
            let found = cover(&affinity, most).unwrap();
            assert!(found.is_exact && found.groups.len() <= most);
            near(found.score, wanted);
            // The best that gives somebody another group.
            let mut scores: Vec<(f64, Vec<u32>)> = combinations(1 << tasks, most)
                .into_iter()
                .filter_map(|sets| {
                    let best = (0..tasks).map(|task| {
                        let own = sets.iter().filter(|set| *set >> task & 1 == 1);
                        own.map(|&set| (score(set, task), set))
                            .max_by(|a, b| a.0.total_cmp(&b.0))
                    });
                    let best: Option<Vec<(f64, u32)>> = best.collect();
                    let best = best?;
                    let mut used: Vec<u32> = best.iter().map(|(_, set)| *set).collect();
                    used.sort_unstable();
                    used.dedup();
                    Some((best.iter().map(|(score, _)| score).sum(), used))
                })
                .collect();
            scores.sort_by(|a, b| b.0.total_cmp(&a.0));
            let second = scores.iter().find(|(_, used)| *used != scores[0].1);
            assert_eq!(found.runner_up.is_some(), second.is_some());
            if let Some((second, _)) = second {
                near(found.runner_up.unwrap(), *second);
            }
        }
    }
}

/// Up to `most` of the sets 1, 2, ... below `end`.
fn combinations(end: u32, most: usize) -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..most {
        last = last
            .iter()
            .flat_map(|sets| {
                let first = sets.last().map_or(1, |set| set + 1);
                (first..end).map(move |set| [sets.as_slice(), &[set]].concat())
            })
            .collect();
        all.extend(last.clone());
    }
    all.retain(|sets| !sets.is_empty());
    all
}

#[test]
fn many_tasks_are_grouped_by_heuristic() {
    // Twenty tasks in four planted groups.
    let mut generator = SplitMix64::new(12);
    let values = (0..400).map(|cell| {
        let same = cell / 20 % 4 == cell % 20 % 4;
        f64::from(u8::from(same)) * 0.5 + 0.1 * generator.normal()
    });
    let found = partition(&Affinity::new(values.collect(), 20).unwrap(), 0.25, None).unwrap();
    let wanted: Vec<Vec<usize>> = (0..4)
        .map(|g| (0..5).map(|i| g + 4 * i).collect())
        .collect();
    assert_eq!(found.groups, wanted);
    assert!(!found.is_exact);
    let copies = vec![affinity_of_the_specification(); 3];
    let together = co_membership(&copies, 0.0, Objective::Partition { largest: None }).unwrap();
    near(together[1], 1.0);
    near(together[2], 0.0);
}

#[test]
fn planted_groups_of_fourteen_tasks_are_found_without_looking_at_all() {
    let mut generator = SplitMix64::new(14);
    let values = (0..196).map(|cell| {
        let same = cell / 14 % 4 == cell % 14 % 4;
        f64::from(u8::from(same)) * 0.5 + 0.05 * generator.normal()
    });
    let affinity = Affinity::new(values.collect(), 14).unwrap();
    let resamples = vec![affinity; 3];
    let together = co_membership(&resamples, 0.0, Objective::Cover { most: 4 }).unwrap();
    for (cell, share) in together.iter().enumerate() {
        let (s, t) = (cell / 14, cell % 14);
        // Help is a mean, so that a task may do without some of its group; of another group it wants nobody.
        assert!(s % 4 == t % 4 || *share == 0.0, "{s} {t} {share}");
    }
}
