//! `[train]` and `[early_stopping]`.

use polytask_config::{Choice, Chosen, Fields};

use crate::optimizer::{OPTIMIZERS, Recipe};
use crate::schedule::{SCHEDULES, Schedule};

/// `[train]`.
pub struct TrainOptions {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of one forward and backward pass.
    pub batch_size: usize,
    /// Batches whose gradients make one optimizer step.
    pub accumulate: usize,
    /// Leave out the last batch of an epoch if it is not full.
    pub drop_last: bool,
    /// Another order of rows each epoch.
    pub shuffle: bool,
    /// The rule that moves the weights.
    pub optimizer: Chosen<Recipe>,
    /// The learning rate over time.
    pub schedule: Chosen<Schedule>,
    /// The largest global gradient norm.
    pub gradient_clip_norm: Option<f64>,
    /// What a loss or gradient that is not finite does.
    pub on_nan: OnNan,
    /// Steps in a row that `skip_step` may skip.
    pub max_skips: usize,
    /// Decay of the moving average of the weights.
    pub ema: Option<f64>,
    /// Batches prepared ahead of the step.
    pub prefetch: usize,
}

/// What a loss or gradient that is not finite does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNan {
    /// Ends the run with exit code 7.
    Stop,
    /// Leaves weights and optimizer as they were and goes on.
    SkipStep,
}

impl Choice for OnNan {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "stop",
            OnNan::Stop,
            "end the run, naming task, step and rows",
        ),
        (
            "skip_step",
            OnNan::SkipStep,
            "leave weights and optimizer untouched and go on, at most max_skips times in a row",
        ),
    ];
}

/// `[early_stopping]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// Epochs without a better score after which the run ends.
    pub patience: u64,
    /// How much better counts.
    pub min_delta: f64,
}

impl TrainOptions {
    /// For an aggregator that needs so many batches a step.
    pub(super) fn options(fields: &mut Fields<'_>, batches: usize) -> Self {
        let options = Self {
            epochs: fields
                .integer("epochs", "passes over the training rows")
                .at_least(1)
                .or(10),
            batch_size: fields
                .integer("batch_size", "rows of one forward and backward pass")
                .at_least(1)
                .or(128),
            accumulate: fields
                .integer(
                    "accumulate",
                    "batches whose gradients make one optimizer step; of a method that learns from two for a third 3, if not more",
                )
                .at_least(1)
                .or(batches),
            drop_last: fields
                .flag(
                    "drop_last",
                    "leave out the last batch of an epoch if it is not full",
                )
                .or(false),
            shuffle: fields
                .flag("shuffle", "another order of the rows each epoch")
                .or(true),
            optimizer: fields
                .entry("optimizer", "the rule that moves the weights", OPTIMIZERS)
                .or("adamw"),
            schedule: fields
                .entry("schedule", "the learning rate over time", SCHEDULES)
                .or("constant"),
            gradient_clip_norm: fields
                .number("gradient_clip_norm", "largest global norm of the gradient")
                .above(0.0)
                .optional(),
            on_nan: fields
                .choice("on_nan", "what a loss or gradient that is not finite does")
                .or(OnNan::Stop),
            max_skips: fields
                .integer("max_skips", "steps in a row that skip_step may skip")
                .at_least(1)
                .or(10),
            ema: fields
                .number(
                    "ema",
                    "decay of a moving average of the weights, which is then what is evaluated",
                )
                .within(0.0..=0.999_999)
                .optional(),
            prefetch: fields
                .integer("prefetch", "batches prepared ahead of the step")
                .within(0..=64)
                .or(2),
        };
        if options.accumulate < batches {
            let message = "the aggregator learns from two batches of a step for a third, and a step has fewer than three".to_owned();
            let help = "left out, a step has three";
            fields.problem("accumulate", "P0310", message, Some(help.to_owned()));
        }
        if options.on_nan == OnNan::Stop {
            fields.unused("max_skips", "with on_nan = \"stop\"");
        }
        if options.ema == Some(0.0) {
            fields.unused("ema", "at 0, where the average is the weights themselves");
        }
        options
    }
}

impl EarlyStopping {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            patience: fields
                .integer("patience", "epochs without a better score")
                .at_least(1)
                .or(10) as u64,
            min_delta: fields
                .number("min_delta", "how much better counts")
                .at_least(0.0)
                .or(0.0),
        }
    }
}
