//! What a trained joint head of two numbers is worth, over seeds.

use polytask_information::Measure;
use polytask_information::usable::{RealCalibration, Rows, transferred_over_seeds};
use polytask_planted::Instance;
use polytask_planted::families::pair::{JOINT_HEAD, JointHead};
use polytask_random::Seed;
use polytask_training::information::Observed;

use super::trained::{RESAMPLES, Trained, Trainer, costs_of, real, unmeasured};
use crate::exit::Failure;

/// Costs of test rows, nats, `[seeds][rows]`: without what is asked about, and with it.
#[derive(Default)]
struct Costs([Vec<Vec<f64>>; 2]);

impl Costs {
    fn push(&mut self, without: Vec<f64>, with: Vec<f64>) {
        let Self([all_without, all_with]) = self;
        all_without.push(without);
        all_with.push(with);
    }

    /// Bits gained, paired per row.
    fn gained(&self, seed: u64, index: u64) -> Result<Measure, Failure> {
        let Self([without, with]) = self;
        let mut stream = Seed(seed).stream("planted/joint", index);
        transferred_over_seeds(without, with, Rows::Shared(None), RESAMPLES, &mut stream)
            .map_err(unmeasured)
    }
}

/// Trains both tasks with a joint head and without it.
///
/// # Errors
/// A signal, or a bug.
pub(super) fn joint_head(trainer: &Trainer<'_>, instance: &Instance) -> Result<JointHead, Failure> {
    let seeds = if trainer.is_quick { 1 } else { 5 };
    trainer.say(&format!(
        "P8: {}, with a joint head and without from {seeds} seeds",
        instance.name
    ));
    let mut marginal: [Costs; 2] = Default::default();
    let mut given: [Costs; 2] = Default::default();
    let mut together = Costs::default();
    for more in 0..seeds {
        let config = instance.config(trainer.seed.wrapping_add(more));
        let apart = trainer.train(&config)?.evaluated()?;
        let coupled = trainer.train(&format!("{config}{JOINT_HEAD}"))?;
        let evaluated = coupled.evaluated()?;
        for (place, name) in ["y_0", "y_1"].into_iter().enumerate() {
            let costs = costs_of(&apart, name)?;
            if let Some(slot) = marginal.get_mut(place) {
                slot.push(costs, costs_of(&evaluated, name)?);
            }
            let [without, with] = of_predictions(&coupled, place)?;
            if let Some(slot) = given.get_mut(place) {
                slot.push(without, with);
            }
        }
        let gains = coupled.joint_gains();
        let nothing = vec![0.0; gains.len()];
        together.push(gains, nothing);
    }
    let seed = trainer.seed;
    let each = |[first, second]: &[Costs; 2], index: u64| -> Result<[Measure; 2], Failure> {
        Ok([first.gained(seed, index)?, second.gained(seed, index + 1)?])
    };
    Ok(JointHead {
        marginal: each(&marginal, 0)?,
        together: together.gained(seed, 2)?,
        given: each(&given, 3)?,
    })
}

/// What the labels of a task cost the model's predictions, those that are given nothing and those that are given the label of the
/// other task, with the variance of each on the validation rows.
fn of_predictions(model: &Trained, task: usize) -> Result<[Vec<f64>; 2], Failure> {
    let [held, tested] = model.observed()?;
    let [held_given, tested_given] = model.given(1 - task);
    let side = |seen: &[Observed]| seen.get(task).map(real).unwrap_or_default();
    let ((held, held_truth), (tested, truth)) = (side(&held), side(&tested));
    let of = |all: &[Vec<f64>]| all.get(task).cloned().unwrap_or_default();
    let costs = |held: &[f64], tested: &[f64]| -> Result<Vec<f64>, Failure> {
        let law = RealCalibration::variance_only(held, &held_truth).map_err(unmeasured)?;
        Ok(law.costs(tested, &truth))
    };
    Ok([
        costs(&held, &tested)?,
        costs(&of(&held_given), &of(&tested_given))?,
    ])
}
