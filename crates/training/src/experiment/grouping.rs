//! `[grouping]`: what a proposal of who trains with whom is made from.

use polytask_config::{Choice, Fields};

/// `[grouping]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupingOptions {
    /// Where affinities come from; `label_mi` of a config and `cosine` of a run if nothing is said.
    pub from: Option<AffinitySource>,
    /// Disjoint groups, or groups that may overlap.
    pub objective: Goal,
    /// Groups of a cover at most.
    pub max_groups: usize,
}

/// Where affinities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffinitySource {
    /// What the training labels share.
    LabelMi,
    /// What a step on one task takes off the loss of another.
    Tag,
    /// Cosines of gradients.
    Cosine,
    /// What leaving one task out costs another.
    Bits,
}

impl Choice for AffinitySource {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "label_mi",
            Self::LabelMi,
            "what the training labels share, corrected for chance",
        ),
        (
            "tag",
            Self::Tag,
            "what a step on one task takes off the loss of another, in the run of all tasks (Fifty et al. 2021)",
        ),
        (
            "cosine",
            Self::Cosine,
            "cosines of the gradients of the shared parameters, in the run of all tasks",
        ),
        (
            "bits",
            Self::Bits,
            "bits per example that leaving one task out costs another, from runs of all tasks but one",
        ),
    ];
}

/// What the groups are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Disjoint.
    Partition,
    /// They may overlap; each task is served by one.
    Cover,
}

impl Choice for Goal {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "partition",
            Self::Partition,
            "disjoint groups, one model each",
        ),
        (
            "cover",
            Self::Cover,
            "groups that may overlap, each task served by one of them (Standley et al. 2020)",
        ),
    ];
}

impl GroupingOptions {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        let options = Self {
            from: fields
                .choice(
                    "from",
                    "where affinities come from; label_mi of a config and cosine of a run by default",
                )
                .optional(),
            objective: fields
                .choice("objective", "what the groups are")
                .or(Goal::Partition),
            max_groups: fields
                .integer("max_groups", "groups of a cover at most: so many models are served")
                .at_least(1)
                .or(2),
        };
        if options.objective == Goal::Partition {
            fields.no_effect("max_groups", "P0312", "unless objective = \"cover\"");
        }
        options
    }
}
