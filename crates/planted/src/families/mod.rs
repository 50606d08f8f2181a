//! The eight families of planted structure.

pub mod ceiling;
pub mod channels;
pub mod codes;
pub mod groups;
pub mod low_rank;
pub mod pair;
pub mod relatedness;
pub mod synergy;

use crate::{Instance, PlantedError};

/// Which family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// P1.
    Channels,
    /// P2.
    Relatedness,
    /// P3.
    Codes,
    /// P4.
    Groups,
    /// P5.
    Ceiling,
    /// P6.
    Synergy,
    /// P7.
    LowRank,
    /// P8.
    Pair,
}

impl Family {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Channels,
        Self::Relatedness,
        Self::Codes,
        Self::Groups,
        Self::Ceiling,
        Self::Synergy,
        Self::LowRank,
        Self::Pair,
    ];

    /// `P1` to `P8`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Channels => "P1",
            Self::Relatedness => "P2",
            Self::Codes => "P3",
            Self::Groups => "P4",
            Self::Ceiling => "P5",
            Self::Synergy => "P6",
            Self::LowRank => "P7",
            Self::Pair => "P8",
        }
    }

    /// What it plants and what must be found, in a line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::Channels => {
                "labels through noisy channels: information to its error, related pairs, groups"
            }
            Self::Relatedness => {
                "two tasks of chosen relatedness: the more related, the more bits transferred"
            }
            Self::Codes => {
                "regressions of a few hidden directions: the directions, or only their span"
            }
            Self::Groups => {
                "groups of tasks, by weights and by labels: the groups, in 19 draws of 20"
            }
            Self::Ceiling => "labels with known noise: no model reports more bits than there are",
            Self::Synergy => "an exclusive or: no pair shares anything, the triple a bit",
            Self::LowRank => {
                "weights in a plane: bits transferred up to their cap, and harm where there is no plane"
            }
            Self::Pair => "two pairs of tasks with the same label information and opposite cures",
        }
    }

    /// Its data sets for a seed.
    #[must_use]
    pub fn instances(self, seed: u64) -> Vec<Instance> {
        match self {
            Self::Channels => channels::instances(seed),
            Self::Relatedness => relatedness::instances(seed),
            Self::Codes => codes::instances(seed),
            Self::Groups => groups::instances(seed),
            Self::Ceiling => ceiling::instances(seed),
            Self::Synergy => synergy::instances(seed),
            Self::LowRank => low_rank::instances(seed),
            Self::Pair => pair::instances(seed),
        }
    }
}

/// The seeds of several draws: from the first, counted up.
pub(crate) fn seeds(first: u64, draws: u64) -> impl Iterator<Item = u64> {
    (0..draws).map(move |more| first.wrapping_add(more))
}

/// How often something holds of several draws.
pub(crate) fn how_often(
    seeds: impl Iterator<Item = u64>,
    mut holds: impl FnMut(u64) -> Result<bool, PlantedError>,
) -> Result<f64, PlantedError> {
    let mut count = 0.0;
    for seed in seeds {
        if holds(seed)? {
            count += 1.0;
        }
    }
    Ok(count)
}

/// Groups as text: `0 1 2 | 3 4 5`.
pub(crate) fn written(groups: &[Vec<usize>]) -> String {
    let groups = groups.iter().map(|group| {
        let tasks: Vec<String> = group.iter().map(usize::to_string).collect();
        tasks.join(" ")
    });
    groups.collect::<Vec<_>>().join(" | ")
}

/// `groups` groups of `tasks` tasks side by side.
pub(crate) fn side_by_side(groups: usize, tasks: usize) -> Vec<Vec<usize>> {
    let group = |group: usize| (group * tasks..(group + 1) * tasks).collect();
    (0..groups).map(group).collect()
}
