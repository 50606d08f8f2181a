//! B7: random histories on a file system that can be fooled with, and the promise checked after every single deletion.

use std::collections::BTreeMap;

use super::*;
use crate::Flaw;
use crate::name::checkpoint_step;

/// SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Health {
    Sound,
    /// The header can be read and a part is spoilt.
    RottenPart,
    RottenHeader,
}

/// A folder of checkpoints, and what must hold whenever anybody looks at it.
struct Disk {
    files: BTreeMap<String, (Option<f64>, Health)>,
    retention: Retention,
    /// Every step that was ever completed, with its latest score.
    completed: BTreeMap<u64, Option<f64>>,
    /// Deletions until the process is killed.
    deletions_left: u64,
    fails_to_delete: bool,
    rots: bool,
}

impl Disk {
    fn sound(&self) -> impl Iterator<Item = (&String, Option<f64>)> {
        let sound = |(name, (score, health)): (_, &(Option<f64>, Health))| {
            (*health == Health::Sound).then_some((name, *score))
        };
        self.files.iter().filter_map(sound)
    }

    /// The promise. With rotten files the number that was ever completed is not owed any more; then at least nothing
    /// sound that is needed may go, which `remove` checks.
    fn check(&self) {
        if self.rots {
            return;
        }
        let owed = self.retention.keep_last.min(self.completed.len());
        assert!(self.sound().count() >= owed, "{:?}", self.files);
        if let Some((latest, _)) = self.completed.last_key_value() {
            assert!(
                self.files.contains_key(&checkpoint_name(*latest)),
                "the latest is gone"
            );
        }
        let best = self
            .completed
            .iter()
            .filter_map(|(step, score)| Some((score.filter(|s| s.is_finite())?, step)));
        let best = best.max_by(|(a, x), (b, y)| a.total_cmp(b).then(y.cmp(x)));
        if let Some((_, step)) = best
            && self.retention.keep_best > 0
        {
            assert!(
                self.files.contains_key(&checkpoint_name(*step)),
                "the best is gone"
            );
        }
    }
}

impl Shelf for Disk {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self
            .files
            .keys()
            .filter(|name| checkpoint_step(name).is_some())
            .cloned()
            .collect())
    }

    fn header(&self, name: &str) -> Result<Kept, StoreError> {
        match self.files.get(name) {
            Some((score, Health::Sound | Health::RottenPart)) => Ok(Kept {
                name: name.to_owned(),
                step: checkpoint_step(name).unwrap(),
                score: *score,
            }),
            _ => Err(spoilt(name)),
        }
    }

    fn verify(&self, name: &str) -> Result<(), StoreError> {
        match self.files.get(name) {
            Some((_, Health::Sound)) => Ok(()),
            _ => Err(spoilt(name)),
        }
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        if self.deletions_left == 0 || self.fails_to_delete {
            return Err(StoreError::io(
                name.as_ref(),
                "delete",
                std::io::ErrorKind::Other.into(),
            ));
        }
        self.deletions_left -= 1;
        self.files.remove(name).expect("deletes only what is there");
        let keep = self.retention.keep_last.max(1);
        assert!(
            self.sound().count() >= keep,
            "{name} was needed: {:?}",
            self.files
        );
        self.check();
        Ok(())
    }
}

fn spoilt(name: &str) -> StoreError {
    StoreError::corrupt(name.as_ref(), "header.blake3", Flaw::Empty)
}

/// One history: saves that work, fail or are killed anywhere, new bests, NaN metrics, resumes.
fn history(seed: u64, rots: bool) -> usize {
    let mut numbers = Numbers(seed);
    let retention = Retention {
        keep_last: 1 + numbers.below(5) as usize,
        keep_best: numbers.below(3) as usize,
    };
    let mut disk = Disk {
        files: BTreeMap::from([("notes.txt".to_owned(), (None, Health::RottenHeader))]),
        retention,
        completed: BTreeMap::new(),
        deletions_left: 0,
        fails_to_delete: false,
        rots,
    };
    let mut step = 0;
    let mut best = 0.0;
    for _ in 0..5 + numbers.below(30) {
        step += 1 + numbers.below(3);
        let score = match numbers.below(5) {
            0 => Some(f64::NAN),
            1 => None,
            2 => {
                best += 1.0;
                Some(best)
            }
            // Ties, and numbers below zero.
            _ => Some(best - numbers.below(3) as f64),
        };
        let name = checkpoint_name(step);
        match numbers.below(8) {
            // A save that fails, or a kill before the rename: nothing happened but litter.
            0 => {
                disk.files
                    .insert(format!(".{name}.1-0.tmp"), (score, Health::RottenHeader));
            }
            // A kill, or an error, after the rename and some of the deletions.
            event => {
                disk.files.insert(name.clone(), (score, Health::Sound));
                disk.completed.insert(step, score);
                disk.check();
                disk.deletions_left = if event == 1 {
                    numbers.below(3)
                } else {
                    u64::MAX
                };
                disk.fails_to_delete = event == 2;
                let outcome = retain(&mut disk, &retention, &name);
                if event > 2 {
                    let retained = outcome.unwrap();
                    assert!(!retained.deleted.contains(&name));
                    assert!(retained.invalid.is_empty() || rots);
                    let most = retention.keep_last + retention.keep_best;
                    assert!(
                        disk.sound()
                            .filter(|(name, _)| !name.starts_with('.'))
                            .count()
                            <= most
                    );
                }
            }
        }
        if rots && numbers.below(3) == 0 {
            let health = if numbers.below(2) == 0 {
                Health::RottenPart
            } else {
                Health::RottenHeader
            };
            let index = numbers.below(disk.files.len() as u64) as usize;
            if let Some((_, file)) = disk.files.iter_mut().nth(index) {
                file.1 = health;
            }
        }
        disk.check();
        // Resume: sweep the litter, go back to the newest sound step.
        if numbers.below(4) == 0 {
            disk.files.retain(|name, _| !name.starts_with('.'));
            let newest = disk
                .sound()
                .filter_map(|(name, _)| checkpoint_step(name))
                .max();
            step = newest.unwrap_or(0);
            disk.check();
        }
        assert!(disk.files.contains_key("notes.txt"));
    }
    disk.completed.len()
}

#[test]
fn ten_thousand_histories_never_drop_below_the_promise() {
    let completed: usize = (0..10_000).map(|seed| history(seed, false)).sum();
    assert!(completed > 100_000, "{completed}");
}

#[test]
fn with_rotten_files_no_sound_one_goes_that_is_needed_and_no_rotten_one_goes_at_all() {
    for seed in 0..3_000 {
        history(seed, true);
    }
}

#[test]
fn nan_is_never_best() {
    let kept: Vec<Kept> = [
        (1, f64::NAN),
        (2, 0.1),
        (3, f64::INFINITY),
        (4, -1.0),
        (5, f64::NAN),
    ]
    .into_iter()
    .map(|(step, score)| Kept {
        name: checkpoint_name(step),
        step,
        score: Some(score),
    })
    .collect();
    let retention = Retention {
        keep_last: 1,
        keep_best: 1,
    };
    let forgotten = retention.forget(&kept, &checkpoint_name(5));
    assert_eq!(forgotten, [1, 3, 4].map(checkpoint_name));
}

#[test]
fn what_was_just_published_stays_though_later_steps_lie_around() {
    // Resumed from an older checkpoint on purpose: the steps after it are somebody's future that did not happen.
    let kept: Vec<Kept> = [10, 20, 30, 40]
        .into_iter()
        .map(|step| Kept {
            name: checkpoint_name(step),
            step,
            score: None,
        })
        .collect();
    let retention = Retention {
        keep_last: 2,
        keep_best: 0,
    };
    assert_eq!(
        retention.forget(&kept, &checkpoint_name(20)),
        [checkpoint_name(10)]
    );
}
