//! All aggregators under one key, whatever they are given: inner products, entries, or two batches.
//!
//! ```toml
//! [multitask]
//! aggregator = { type = "cagrad", c = 0.5, moving_average = 0.9 }
//! ```
//!
//! Beside a method's own options stand those of the wrappers that make sense around its kind, so that no method lists them.

use polytask_config::{Entry, Fields, State};

use crate::NO_EFFECT;
use crate::aggregation as gram;
use crate::crosswise as cross;
use crate::rowwise as row;
use crate::{
    CrossAggregator, Gain, GramAggregator, Level, RowAggregator, Scale, Sight, TaskFacts, View,
    Wrapper, Wrapping,
};

/// An aggregator of any kind, in its wrappers.
///
/// ```
/// use polytask_balance::{AGGREGATORS, Aggregator};
/// use polytask_config::{Document, Layers, read};
///
/// let text = "aggregator = { type = \"cagrad\", c = 0.25, moving_average = 0.9 }";
/// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
/// let reading = read(&document, |fields| fields.entry("aggregator", "how gradients become one", AGGREGATORS).or("sum"));
/// assert!(reading.problems.is_empty());
/// assert!(matches!(reading.value.value.method, Aggregator::Gram(_)));
///
/// // What a row aggregator answers is no list of weights that could be averaged.
/// let text = "aggregator = { type = \"graddrop\", moving_average = 0.9 }";
/// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
/// let reading = read(&document, |fields| fields.entry("aggregator", "how gradients become one", AGGREGATORS).or("sum"));
/// assert!(!reading.problems.is_empty());
/// ```
pub enum Aggregator {
    /// Needs the inner products of the gradients.
    Gram(Box<dyn GramAggregator>),
    /// Needs the gradients entry by entry.
    Rows(Box<dyn RowAggregator>),
    /// Needs inner products of the gradients of two independent batches, and a third to step with.
    Cross(Box<dyn CrossAggregator>),
}

/// What an aggregator is given, as its listing says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregatorKind {
    /// Inner products.
    Gram,
    /// Entries.
    Rows,
    /// Inner products of two batches.
    Cross,
}

impl AggregatorKind {
    /// What it needs, in words.
    ///
    /// ```
    /// assert_eq!(polytask_balance::AggregatorKind::Gram.needs(), "inner products of the gradients");
    /// ```
    #[must_use]
    pub fn needs(self) -> &'static str {
        match self {
            Self::Gram => "inner products of the gradients",
            Self::Rows => "gradients entry by entry",
            Self::Cross => "three batches a step",
        }
    }
}

/// What `multitask.aggregator` says.
pub struct AggregatorOptions {
    /// What the configuration calls it.
    pub name: &'static str,
    /// The method in its wrappers, but for the bound below.
    pub method: Aggregator,
    /// The largest norm of the shared gradient, which is for whoever makes this gradient to keep: what the method is shown need not
    /// tell the norm.
    pub clip: Option<f64>,
    /// Whether the wrappers have nothing to do.
    pub is_bare: bool,
    /// Which gradients it is shown.
    pub view: View,
}

/// An aggregator of any kind by name, with its own options, those of its wrappers and what it is shown.
pub type AggregatorEntry = Entry<AggregatorOptions, AggregatorKind>;

/// Warns of options about a scale that the method does not have, or does not keep.
fn unscaled(fields: &mut Fields<'_>, scale: Scale, gain: Gain) {
    if scale == Scale::Lost {
        fields.unused("gain", "on a method whose result has no scale of its own");
    }
    if gain != Gain::Native {
        let beside = "unless gain = \"native\": any other brings the result to a scale of its own";
        fields.unused("rescale", beside);
    }
}

/// What the method is shown, with a warning where it looks at less.
fn view(fields: &mut Fields<'_>, method: &Aggregator) -> View {
    let view = View::options(fields);
    if method.sight() == Sight::Nothing {
        for key in ["level", "engine", "micro_batch"] {
            fields.unused(key, "on a method that looks at no gradients");
        }
    } else if view.level == Level::Representation {
        let beside =
            "beside level = \"representation\", where no gradient of a parameter is told apart";
        fields.unused("engine", beside);
    } else if view.level == Level::LastShared && method.sight() == Sight::LastShared {
        fields.unused("level", "on a method that sees the last shared layer alone");
    }
    view
}

/// Of a method whose answer is a direction.
const UNWEIGHTED: &[(Wrapper, &str)] = &[
    (Wrapper::UpdateEvery, "whose answer is no list of weights"),
    (Wrapper::MovingAverage, "whose answer is no list of weights"),
];

/// Of a method that has weights, and adds something up to find them.
const EVERY_STEP: &[(Wrapper, &str)] = &[(
    Wrapper::UpdateEvery,
    "which adds up what it sees at each step",
)];

macro_rules! entry {
    ($kind:ident, $method:path, $without:expr, $around:ident) => {{
        use $method as method;
        AggregatorEntry {
            name: method::ENTRY.name,
            summary: method::ENTRY.summary,
            source: method::ENTRY.source,
            new: |fields| {
                let made = (method::ENTRY.new)(fields);
                let wrapping = Wrapping::aggregator_options(fields, method::ENTRY.name, $without);
                unscaled(fields, made.scale(), wrapping.gain);
                let method = Aggregator::$kind(wrapping.without_clip().$around(made));
                AggregatorOptions {
                    name: method::ENTRY.name,
                    view: view(fields, &method),
                    method,
                    clip: wrapping.clip,
                    is_bare: wrapping == Wrapping::default(),
                }
            },
            facts: AggregatorKind::$kind,
        }
    }};
}

macro_rules! gram {
    ($method:path) => {
        entry!(Gram, $method, &[], around)
    };
}

macro_rules! row {
    ($method:path) => {
        entry!(Rows, $method, UNWEIGHTED, around_rows)
    };
    ($method:path, $without:expr) => {
        entry!(Rows, $method, $without, around_rows)
    };
}

macro_rules! cross {
    ($method:path) => {
        entry!(Cross, $method, &[], around_cross)
    };
}

/// Every aggregator, in the order of the listing.
///
/// ```
/// use polytask_balance::AGGREGATORS;
///
/// assert_eq!(AGGREGATORS[0].name, "sum");
/// assert!(AGGREGATORS.iter().any(|entry| entry.name == "modo"));
/// ```
pub static AGGREGATORS: &[AggregatorEntry] = &[
    gram!(gram::sum),
    gram!(gram::mean),
    gram!(gram::constant),
    gram!(gram::random),
    gram!(gram::mgda),
    gram!(gram::pcgrad),
    gram!(gram::gradvac),
    gram!(gram::imtl_g),
    gram!(gram::imtl),
    gram!(gram::cagrad),
    gram!(gram::nash_mtl),
    gram!(gram::fairgrad),
    gram!(gram::aligned_mtl),
    gram!(gram::upgrad),
    gram!(gram::dualproj),
    gram!(gram::config),
    gram!(gram::gradnorm),
    gram!(gram::pcd),
    gram!(gram::pe_ltr),
    gram!(gram::krum),
    DB_MTL,
    row!(row::graddrop),
    row!(row::trimmed_mean),
    row!(row::moco),
    row!(row::excess_mtl, EVERY_STEP),
    row!(row::m_config),
    cross!(cross::modo),
    cross!(cross::sdmgrad),
];

/// The one method of two kinds: what it remembers needs entries, and without a memory inner products are enough.
const DB_MTL: AggregatorEntry = AggregatorEntry {
    new: |fields| {
        let beta = row::db_mtl::beta(fields);
        let wrapping = Wrapping::options(fields);
        let method = if beta > 0.0 {
            for key in ["update_every", "moving_average"] {
                fields.no_effect(key, NO_EFFECT, "unless `beta` is 0");
            }
            let made = Box::new(row::db_mtl::DbMtl::new(beta));
            unscaled(fields, made.scale(), wrapping.gain);
            Aggregator::Rows(wrapping.without_clip().around_rows(made))
        } else {
            let made = (gram::db_mtl::ENTRY.new)(fields);
            Aggregator::Gram(wrapping.without_clip().around(made))
        };
        AggregatorOptions {
            name: row::db_mtl::ENTRY.name,
            view: view(fields, &method),
            method,
            clip: wrapping.clip,
            is_bare: wrapping == Wrapping::default(),
        }
    },
    ..row!(row::db_mtl)
};

impl Aggregator {
    /// Begins a run with these tasks; whatever was learned before is forgotten.
    pub fn start(&mut self, tasks: &[TaskFacts]) {
        match self {
            Self::Gram(aggregator) => aggregator.start(tasks),
            Self::Rows(aggregator) => aggregator.start(tasks),
            Self::Cross(aggregator) => aggregator.start(tasks),
        }
    }

    /// Ends an epoch.
    pub fn end_epoch(&mut self) {
        match self {
            Self::Gram(aggregator) => aggregator.end_epoch(),
            Self::Rows(aggregator) => aggregator.end_epoch(),
            Self::Cross(aggregator) => aggregator.end_epoch(),
        }
    }

    /// The tasks that its options name, for a config to check.
    #[must_use]
    pub fn named(&self) -> Vec<&str> {
        match self {
            Self::Gram(aggregator) => aggregator.named(),
            Self::Rows(_) | Self::Cross(_) => Vec::new(),
        }
    }

    /// What of the gradients it looks at.
    #[must_use]
    pub fn sight(&self) -> Sight {
        match self {
            Self::Gram(aggregator) => aggregator.sight(),
            Self::Rows(_) | Self::Cross(_) => Sight::Whole,
        }
    }

    /// Lists everything that a step changes.
    pub fn state(&mut self, state: &mut State) {
        match self {
            Self::Gram(aggregator) => aggregator.state(state),
            Self::Rows(aggregator) => aggregator.state(state),
            Self::Cross(aggregator) => aggregator.state(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{CROSS_AGGREGATORS, GRAM_AGGREGATORS, ROW_AGGREGATORS};
    use polytask_config::{Document, Layers, options_of, read};

    #[test]
    fn all_of_every_kind_are_there_once() {
        let gram = GRAM_AGGREGATORS.iter().map(|entry| entry.name);
        let rows = ROW_AGGREGATORS.iter().map(|entry| entry.name);
        let cross = CROSS_AGGREGATORS.iter().map(|entry| entry.name);
        let wanted: BTreeSet<&str> = gram.chain(rows).chain(cross).collect();
        let found: Vec<&str> = AGGREGATORS.iter().map(|entry| entry.name).collect();
        assert_eq!(found.len(), wanted.len());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), wanted);
    }

    /// A key that a method and a wrapper both list would be read by both.
    #[test]
    fn no_method_has_an_option_of_a_wrapper() {
        let own = [
            options_of(GRAM_AGGREGATORS),
            options_of(ROW_AGGREGATORS),
            options_of(CROSS_AGGREGATORS),
        ];
        let wrappers = polytask_config::describe(|fields| {
            Wrapping::options(fields);
            View::options(fields);
        });
        let wrappers: Vec<String> = wrappers.keys.iter().map(|node| node.key.clone()).collect();
        assert!(wrappers.iter().any(|key| key == "moving_average"));
        for variant in own.iter().flat_map(|family| &family.variants) {
            for option in &variant.options {
                assert!(
                    !wrappers.contains(&option.key),
                    "{} {}",
                    variant.name,
                    option.key
                );
            }
        }
    }

    #[test]
    fn what_db_mtl_needs_follows_from_its_memory() {
        let made = |options: &str| {
            let text = format!("aggregator = {{ type = \"db_mtl\"{options} }}");
            let document = Document::load(Layers::text("test.toml", text, "/")).unwrap();
            let reading = read(&document, |fields| {
                fields
                    .entry("aggregator", "how gradients become one", AGGREGATORS)
                    .or("sum")
            });
            (reading.value.value.method, reading.problems.0.len())
        };
        assert!(matches!(made(""), (Aggregator::Rows(_), 0)));
        assert!(matches!(made(", beta = 0"), (Aggregator::Gram(_), 0)));
        assert!(matches!(
            made(", beta = 0, update_every = 4"),
            (Aggregator::Gram(_), 0)
        ));
        assert_eq!(made(", update_every = 4").1, 1);
    }
}
