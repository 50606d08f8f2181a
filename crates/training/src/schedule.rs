//! Learning-rate schedules: a factor on the base rate as a pure function of the step.
//!
//! Every schedule starts with a linear warm-up over `warmup_steps` optimizer steps, from 1/warmup to 1; after it the
//! shape runs over the rest of the run. Nothing needs saving: the factor of step s is the same in any process.

use std::f64::consts::PI;

use polytask_config::{Entry, Fields};

/// A schedule with its options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    warmup: usize,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant,
    Linear { end: f64 },
    Cosine { end: f64 },
    Step { every: f64, factor: f64 },
    Exponential { factor: f64 },
}

impl Schedule {
    /// The factor on the base rate at `step` of `steps`, `per_epoch` of them an epoch. In (0, 1].
    ///
    /// ```
    /// # use polytask_config::{describe, Document, Layers};
    /// # use polytask_training::schedule::Schedule;
    /// let constant = Schedule::default();
    /// assert_eq!(constant.factor(10, 100, 10), 1.0);
    /// ```
    #[must_use]
    pub fn factor(&self, step: u64, steps: u64, per_epoch: u64) -> f64 {
        let warmup = self.warmup as u64;
        if step < warmup {
            return (step + 1) as f64 / warmup as f64;
        }
        let after = (step - warmup) as f64;
        let share = (after / (steps.saturating_sub(warmup)).max(1) as f64).min(1.0);
        let epoch = after / per_epoch.max(1) as f64;
        match self.shape {
            Shape::Constant => 1.0,
            Shape::Linear { end } => 1.0 + (end - 1.0) * share,
            Shape::Cosine { end } => end + (1.0 - end) * 0.5 * (1.0 + (PI * share).cos()),
            Shape::Step { every, factor } => factor.powf((epoch / every).floor()),
            Shape::Exponential { factor } => factor.powf(epoch.floor()),
        }
    }
}

impl Schedule {
    /// Optimizer steps over which the rate rises to its base.
    #[must_use]
    pub fn warmup(&self) -> u64 {
        self.warmup as u64
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            warmup: 0,
            shape: Shape::Constant,
        }
    }
}

/// Every schedule there is.
pub static SCHEDULES: &[Entry<Schedule>] = &[CONSTANT, LINEAR, COSINE, STEP, EXPONENTIAL];

fn with_warmup(o: &mut Fields<'_>, shape: Shape) -> Schedule {
    let warmup = o
        .integer(
            "warmup_steps",
            "optimizer steps over which the rate rises linearly to its base",
        )
        .or(0);
    Schedule { warmup, shape }
}

fn end(o: &mut Fields<'_>) -> f64 {
    o.number("end", "share of the base rate at the last step")
        .within(0.0..=1.0)
        .or(0.0)
}

const CONSTANT: Entry<Schedule> = Entry {
    name: "constant",
    summary: "the base rate throughout",
    source: "",
    new: |o| with_warmup(o, Shape::Constant),
    facts: (),
};

const LINEAR: Entry<Schedule> = Entry {
    name: "linear",
    summary: "falls linearly to `end` at the last step",
    source: "",
    new: |o| {
        let end = end(o);
        with_warmup(o, Shape::Linear { end })
    },
    facts: (),
};

const COSINE: Entry<Schedule> = Entry {
    name: "cosine",
    summary: "falls along half a cosine to `end` at the last step",
    source: "Loshchilov and Hutter 2017, SGDR, ICLR (without restarts)",
    new: |o| {
        let end = end(o);
        with_warmup(o, Shape::Cosine { end })
    },
    facts: (),
};

const STEP: Entry<Schedule> = Entry {
    name: "step",
    summary: "multiplied by `factor` after every `every_epochs` epochs",
    source: "",
    new: |o| {
        let every = o
            .number("every_epochs", "epochs between two falls")
            .above(0.0)
            .or(10.0);
        let factor = o
            .number("factor", "what the rate is multiplied by")
            .above(0.0)
            .within(0.0..=1.0)
            .or(0.5);
        with_warmup(o, Shape::Step { every, factor })
    },
    facts: (),
};

const EXPONENTIAL: Entry<Schedule> = Entry {
    name: "exponential",
    summary: "multiplied by `factor` after each epoch",
    source: "",
    new: |o| {
        let factor = o
            .number("factor", "what the rate is multiplied by")
            .above(0.0)
            .within(0.0..=1.0)
            .or(0.95);
        with_warmup(o, Shape::Exponential { factor })
    },
    facts: (),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(warmup: usize, shape: Shape) -> Schedule {
        Schedule { warmup, shape }
    }

    #[test]
    fn warm_up_rises_linearly_and_ends_at_the_base_rate() {
        let cosine = schedule(4, Shape::Cosine { end: 0.0 });
        let factors: Vec<f64> = (0..5).map(|step| cosine.factor(step, 104, 10)).collect();
        assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn shapes_have_their_closed_forms() {
        assert!((schedule(0, Shape::Cosine { end: 0.1 }).factor(50, 100, 10) - 0.55).abs() < 1e-12);
        assert!((schedule(0, Shape::Linear { end: 0.2 }).factor(25, 100, 10) - 0.8).abs() < 1e-12);
        let step = schedule(
            0,
            Shape::Step {
                every: 2.0,
                factor: 0.5,
            },
        );
        assert_eq!(step.factor(19, 100, 10), 1.0);
        assert_eq!(step.factor(40, 100, 10), 0.25);
        let exponential = schedule(0, Shape::Exponential { factor: 0.9 });
        assert!((exponential.factor(35, 100, 10) - 0.9f64.powi(3)).abs() < 1e-12);
    }
}
