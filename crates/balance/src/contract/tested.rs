//! What the contract has to know of a kind of methods.

use std::fmt::Debug;

use polytask_config::{Entry, State};

use super::bits;
use super::made::is_last_of_epoch;
use super::scene::Given;
use crate::{SharedGradient, TaskFacts, Weights, Wrapping};

/// A kind of methods, run as the engine runs them.
pub(super) trait Tested: 'static {
    /// What is known of each before it is made.
    type Facts: 'static;
    /// What one step gives it.
    type Given: Given;
    /// What it answers.
    type Answer: Answer;

    /// Where a configuration names it.
    const KEY: &'static str;

    /// Every option with a value that is not its default, as the inside of an inline TOML table.
    fn trial(facts: &Self::Facts) -> &'static str;

    /// The same in wrappers.
    fn wrap(method: Box<Self>, wrapping: &Wrapping) -> Box<Self>;

    /// The wrappers that have a meaning around it, one by one and all together.
    fn wrappings(facts: &Self::Facts) -> Vec<Wrapping>;

    /// Begins a run with these tasks.
    fn enter(&mut self, tasks: &[TaskFacts]);

    /// The step of this number as the engine takes it.
    fn take(&mut self, given: &Self::Given, number: usize) -> Self::Answer;

    /// Ends an epoch.
    fn end(&mut self);

    /// Ends the epoch if the step of this number is its last.
    fn turn(&mut self, number: usize) {
        if is_last_of_epoch(number) {
            self.end();
        }
    }

    /// Lists what it remembers.
    fn list(&mut self, state: &mut State);
}

/// The entry of a method of such a kind.
pub(super) type EntryOf<T> = Entry<Box<T>, <T as Tested>::Facts>;

/// What a method answers.
pub(super) trait Answer: Debug + PartialEq {
    /// Every number in it.
    fn numbers(&self) -> Vec<f64>;

    fn is_finite(&self) -> bool {
        self.numbers().into_iter().all(f64::is_finite)
    }

    /// Bit for bit, whatever else is in it included. No number is NaN, or `Finite` would fail.
    fn is_same(&self, other: &Self) -> bool {
        self == other && bits(&self.numbers()) == bits(&other.numbers())
    }
}

impl Answer for Weights {
    fn numbers(&self) -> Vec<f64> {
        let heads = self.heads.iter().flatten();
        let weights = self.alpha.iter().chain(heads);
        weights.chain([&self.residual]).copied().collect()
    }
}

impl Answer for SharedGradient {
    fn numbers(&self) -> Vec<f64> {
        let weights = self.alpha.iter().chain(&self.heads).flatten().copied();
        let entries = self.blocks.iter().flatten().copied().map(f64::from);
        weights.chain(entries).chain([self.residual]).collect()
    }
}
