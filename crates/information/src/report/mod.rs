//! The report before training: what the labels say about each other, about their features, and by being missing.
//!
//! Plain data in ([`Column`]s), plain data out ([`Report`]), with a text ([`Report::text`]) and a self-contained page
//! ([`Report::html`]) made from the same records. Same input and seed, same bytes, on any number of threads.
//!
//! Label information measures the dependence of *labels*, not the relatedness of *mechanisms*: tasks with independent labels can gain
//! from shared features, and tasks on separate inputs have no label information at all. The report proposes; bits transferred decide.
//!
//! ```
//! use polytask_information::report::{Column, Report, ReportOptions, Values};
//!
//! let classes = |name: &str, label: fn(u32) -> u32| Column {
//!     name: name.into(),
//!     values: Values::Classes {
//!         labels: (0..600).map(|row| Some(label(row))).collect(),
//!         names: vec!["no".into(), "yes".into()],
//!     },
//! };
//! let tasks = [classes("even", |row| row % 2), classes("odd", |row| 1 - row % 2), classes("late", |row| u32::from(row > 300))];
//! let report = Report::of(&tasks, &[], &ReportOptions::default())?;
//! // The first two name the same bit; the third knows nothing of it.
//! assert!((report.pairs[0].information.value.unwrap() - 1.0).abs() < 0.01);
//! assert!(report.pairs[1].information.q.unwrap() > 0.05);
//! assert_eq!(report.tree.edges.len(), 1);
//! # Ok::<(), polytask_information::InformationError>(())
//! ```

mod ceilings;
mod divergences;
mod estimate;
mod features;
mod floors;
mod grouped;
mod html;
mod input;
mod many;
mod missing;
mod nearest;
mod order;
mod pair;
mod prepared;
mod proposed;
mod shown;
mod squared;
mod synergy;
mod tasks;
mod tested;
mod text;
mod tree;

pub use ceilings::Ceiling;
pub use divergences::{Divergence, Space};
pub use features::Ranking;
pub use grouped::grouped;
pub use html::{Cell, Page};
pub use input::{Column, Features, ReportOptions, Values};
pub use many::{Many, ManyFacts, Triple};
pub use missing::Missing;
pub use nearest::NearestFloor;
pub use pair::Pair;
pub use proposed::{Affinities, Grouped};
pub use squared::SquaredFloor;
pub use synergy::Synergy;
pub use tasks::{ClassFacts, RealFacts, TaskFacts};
pub use tree::{Branch, LabelTree};

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use crate::error::at_least;
use crate::many::{Edge, TaskTree};
use crate::{Flag, InformationError, Measure, benjamini_hochberg};
use prepared::Prepared;

/// Everything the labels say before training. Tasks are named by their places in `tasks`; all information is in bits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Rows, labelled or not.
    pub rows: u64,
    /// How it was made.
    pub options: ReportOptions,
    /// What a reader must know first.
    pub notes: Vec<String>,
    /// Each task by itself.
    pub tasks: Vec<TaskFacts>,
    /// Every pair of tasks, (0, 1), (0, 2), ... (1, 2), ...
    pub pairs: Vec<Pair>,
    /// Places of the tasks, related ones side by side.
    pub order: Vec<usize>,
    /// Pairs of tasks with the same class names.
    pub divergences: Vec<Divergence>,
    /// Label spaces that several tasks share.
    pub spaces: Vec<Space>,
    /// All tasks with classes at once.
    pub many: Many,
    /// The Chow-Liu tree over significant pairs.
    pub tree: LabelTree,
    /// The tree's weight, bits: a lower bound of the total correlation.
    pub tree_weight: Measure,
    /// Triples that only speak together.
    pub synergies: Vec<Synergy>,
    /// Each task's best features; empty without features.
    pub features: Vec<Ranking>,
    /// Cosines of the tasks' feature profiles, `[tasks, tasks]` row by row.
    pub overlap: Vec<Measure>,
    /// How well a label is told from another alone.
    pub ceilings: Vec<Ceiling>,
    /// How near a number is told from another label alone.
    pub squared: Vec<SquaredFloor>,
    /// The floor that the nearest neighbour sets, of tasks with classes; empty without features.
    pub nearest: Vec<NearestFloor>,
    /// What missing labels go with.
    pub missing: Vec<Missing>,
}

impl Report {
    /// The report of `tasks`, with `features` if there are any.
    ///
    /// # Errors
    /// If there is no task, columns differ in rows, a class is not below its number of classes or a value is not finite.
    pub fn of(
        tasks: &[Column],
        features: &[Column],
        options: &ReportOptions,
    ) -> Result<Self, InformationError> {
        Self::with(tasks, &features, options)
    }

    /// The same of features that are read one at a time.
    ///
    /// # Errors
    /// As [`Report::of`].
    pub fn with(
        tasks: &[Column],
        features: &dyn Features,
        options: &ReportOptions,
    ) -> Result<Self, InformationError> {
        at_least("tasks", tasks.len(), 1)?;
        let rows = tasks.first().map_or(0, Column::rows);
        let prepared = prepared(tasks)?;
        let with_classes = with_classes(&prepared);
        let masks: Vec<Prepared> = tasks.iter().map(Prepared::mask).collect();
        let missing = missing::missingness(&masks, &prepared, options)?;
        let mut pairs = pairs(&prepared, options)?;
        missing::mark_pairs(&mut pairs, &missing);
        let tree = LabelTree::of(tasks.len(), &pairs, options.rate);
        let (divergences, spaces) = divergences::divergences(tasks)?;
        let (mut synergies, unscreened) = synergy::synergies(&with_classes, options)?;
        let mut ceilings = ceilings::ceilings(&with_classes)?;
        let mut squared = squared::floors(&prepared, options)?;
        let mut many = many::many(&with_classes, options)?;
        missing::mark_synergies(&mut synergies, &missing);
        missing::mark_ceilings(&mut ceilings, &missing);
        missing::mark_floors(&mut squared, &missing);
        missing::mark_many(&mut many, &missing);
        let nearest = nearest::floors(features, rows, &with_classes)?;
        let (features, overlap) = if features.count() == 0 {
            (Vec::new(), Vec::new())
        } else {
            features::rankings(features, &prepared, options)?
        };
        Ok(Self {
            rows: rows as u64,
            options: options.clone(),
            notes: notes(tasks, &pairs, &missing, unscreened),
            tasks: tasks
                .iter()
                .zip(&prepared)
                .map(|(column, prepared)| TaskFacts::of(column, prepared.rare))
                .collect(),
            order: order::order(tasks.len(), |a, b| similarity(&pairs, tasks.len(), a, b)),
            divergences,
            spaces,
            many,
            tree_weight: tree.weight(&pairs),
            tree,
            synergies,
            features,
            overlap,
            ceilings,
            squared,
            nearest,
            missing,
            pairs,
        })
    }

    /// The pair of two tasks, in either order.
    #[must_use]
    pub fn pair(&self, one: usize, other: usize) -> Option<&Pair> {
        find(&self.pairs, self.tasks.len(), one, other)
    }

    /// Every pair, the most informative first; those never seen together last.
    fn by_information(&self) -> Vec<&Pair> {
        let mut pairs: Vec<&Pair> = self.pairs.iter().collect();
        pairs.sort_by(|left, right| {
            let value = |pair: &Pair| pair.information.value.unwrap_or(f64::MIN);
            value(right).total_cmp(&value(left))
        });
        pairs
    }

    /// The subject as the beginning of a sentence.
    fn opening(&self) -> String {
        match self.options.subject.as_str() {
            "" => String::new(),
            subject => format!("{subject}: "),
        }
    }

    pub(crate) fn name(&self, task: usize) -> &str {
        self.tasks.get(task).map_or("", |task| &task.name)
    }
}

/// The labels, ready to be counted.
///
/// # Errors
/// As [`Report::of`].
fn prepared(tasks: &[Column]) -> Result<Vec<Prepared>, InformationError> {
    let rows = tasks.first().map_or(0, Column::rows);
    for column in tasks {
        column.check(rows)?;
    }
    Ok(tasks.iter().map(Prepared::of).collect())
}

/// Those with classes, each with its place.
fn with_classes(prepared: &[Prepared]) -> Vec<(usize, &Prepared)> {
    let each = prepared.iter().enumerate();
    each.filter(|(_, task)| task.real.is_none()).collect()
}

/// The Chow-Liu tree over the significant pairs of `tasks`, as in a [`Report`], without the rest of one.
///
/// # Errors
/// As [`Report::of`].
///
/// ```
/// use polytask_information::report::{Column, ReportOptions, Values, label_tree};
///
/// let bit = |name: &str, label: fn(u32) -> u32| Column {
///     name: name.into(),
///     values: Values::Classes {
///         labels: (0..400).map(|row| Some(label(row))).collect(),
///         names: vec!["no".into(), "yes".into()],
///     },
/// };
/// let tasks = [bit("even", |row| row % 2), bit("late", |row| u32::from(row > 199)), bit("odd", |row| 1 - row % 2)];
/// let tree = label_tree(&tasks, &ReportOptions::default())?;
/// assert_eq!(tree.edges.iter().map(|edge| (edge.left, edge.right)).collect::<Vec<_>>(), [(0, 2)]);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn label_tree(tasks: &[Column], options: &ReportOptions) -> Result<TaskTree, InformationError> {
    let prepared = prepared(tasks)?;
    let pairs = pairs(&prepared, options)?;
    Ok(LabelTree::of(tasks.len(), &pairs, options.rate).shape)
}

/// The triples of classes among `tasks` of which two tell more together about the third than one by one, as [`Report::of`] finds
/// them; and why none were looked for, if so.
///
/// # Errors
/// As [`Report::of`].
pub fn label_synergies(
    tasks: &[Column],
    options: &ReportOptions,
) -> Result<Vec<Synergy>, InformationError> {
    let prepared = prepared(tasks)?;
    let (found, _) = synergy::synergies(&with_classes(&prepared), options)?;
    Ok(found)
}

/// Every significant pair of `tasks`, in their order, with what [`Report::order`] is made from: the adjusted information, or
/// 1 - e^(-2I) where a label is a number. Pairs of no positive value are left out.
///
/// # Errors
/// As [`Report::of`].
pub fn label_graph(
    tasks: &[Column],
    options: &ReportOptions,
) -> Result<Vec<Edge>, InformationError> {
    let prepared = prepared(tasks)?;
    let pairs = pairs(&prepared, options)?;
    let is_related = |pair: &&Pair| pair.information.is_significant(options.rate);
    Ok(pairs
        .iter()
        .filter(is_related)
        .filter_map(|pair| {
            Some(Edge {
                left: pair.left,
                right: pair.right,
                weight: similarity(&pairs, tasks.len(), pair.left, pair.right)
                    .filter(|weight| *weight > 0.0)?,
            })
        })
        .collect())
}

fn pairs(tasks: &[Prepared], options: &ReportOptions) -> Result<Vec<Pair>, InformationError> {
    let places: Vec<(usize, usize)> = (0..tasks.len())
        .flat_map(|left| (left + 1..tasks.len()).map(move |right| (left, right)))
        .collect();
    let mut pairs = places
        .par_iter()
        .enumerate()
        .filter_map(|(place, &(left, right))| {
            let (a, b) = (tasks.get(left)?, tasks.get(right)?);
            let mut stream = Seed(options.seed).stream("information/pair", place as u64);
            Some(Pair::of((left, a), (right, b), options, &mut stream))
        })
        .collect::<Result<Vec<Pair>, InformationError>>()?;
    let p: Vec<Option<f64>> = pairs.iter().map(|pair| pair.information.p).collect();
    for (pair, q) in pairs.iter_mut().zip(benjamini_hochberg(&p)) {
        let same = [
            &mut pair.plug_in,
            &mut pair.right_from_left,
            &mut pair.left_from_right,
            &mut pair.adjusted,
        ];
        same.into_iter().flatten().for_each(|measure| measure.q = q);
        pair.information.q = q;
    }
    Ok(pairs)
}

fn find(pairs: &[Pair], tasks: usize, one: usize, other: usize) -> Option<&Pair> {
    let (left, right) = (one.min(other), one.max(other));
    if left == right || right >= tasks {
        return None;
    }
    // Before row `left` there are (tasks - 1) + (tasks - 2) + ... pairs.
    let before = left * (2 * tasks - left - 1) / 2;
    pairs.get(before + right - left - 1)
}

/// AMI where there is one, else 1 - e^(-2I), which is r² of a Gaussian.
fn similarity(pairs: &[Pair], tasks: usize, one: usize, other: usize) -> Option<f64> {
    let pair = find(pairs, tasks, one, other)?;
    match &pair.adjusted {
        Some(adjusted) => adjusted.value,
        None => Some(1.0 - (-2.0 * std::f64::consts::LN_2 * pair.information.value?).exp()),
    }
}

fn notes(
    tasks: &[Column],
    pairs: &[Pair],
    missing: &[Missing],
    unscreened: Option<&str>,
) -> Vec<String> {
    let mut notes = vec![
        "Label information measures the dependence of labels, not the relatedness of mechanisms. Tasks with independent labels can gain \
         from shared features, and cheap affinities predict joint-training gains poorly (Standley et al. 2020; Azorin et al. 2023). This \
         report proposes; bits transferred decide."
            .to_string(),
    ];
    let name = |place: usize| tasks.get(place).map_or("", |task| task.name.as_str());
    let apart: Vec<&Pair> = pairs.iter().filter(|pair| pair.co_observed == 0).collect();
    if !apart.is_empty() {
        let named: Vec<String> = apart
            .iter()
            .take(6)
            .map(|pair| format!("{} and {}", name(pair.left), name(pair.right)))
            .collect();
        notes.push(format!(
            "Not co-observed: no row has the labels of both {}{}. What they share is not 0 bits but unknown; only bits transferred tell.",
            named.join(", of both "),
            if apart.len() > named.len() { ", …" } else { "" }
        ));
    }
    let not_random: Vec<String> = missing
        .iter()
        .filter(|one| one.information.flags.contains(&Flag::NotMissingAtRandom))
        .filter(|one| {
            find(pairs, tasks.len(), one.task, one.other).is_none_or(|pair| pair.co_observed > 0)
        })
        .take(6)
        .map(|one| {
            let what = if one.with_mask {
                "missingness"
            } else {
                "label"
            };
            format!("{} with the {what} of {}", name(one.task), name(one.other))
        })
        .collect();
    if !not_random.is_empty() {
        notes.push(format!(
            "Labels are not missing at random: whether there is a label goes, for {}. Numbers of such pairs hold for the rows that have \
             both labels, not for all rows.",
            not_random.join("; for ")
        ));
    }
    if let Some(why) = unscreened {
        notes.push(format!("The synergy screen was left out: {why}."));
    }
    notes
}
