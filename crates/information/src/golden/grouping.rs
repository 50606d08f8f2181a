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
    let two = cover(&affinity, 2).unwrap();
    near(two.score, 1.065);
    assert_eq!(two.groups, [vec![0, 1], vec![2, 3, 4]]);
    let three = cover(&affinity, 3).unwrap();
    near(three.score, 1.130);
    assert_eq!(three.groups, [vec![0, 1], vec![2, 4], vec![3, 4]]);
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
        for most in 1..=4usize {
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
        }
    }
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
    let together = co_membership(&copies, 0.0, None).unwrap();
    near(together[1], 1.0);
    near(together[2], 0.0);
}
