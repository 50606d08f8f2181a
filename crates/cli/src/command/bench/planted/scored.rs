//! The score of each family: what its estimators find, and what is found by training.

use polytask_information::Measure;
use polytask_planted::families::{
    ceiling, channels, codes, groups, low_rank, pair, relatedness, synergy,
};
use polytask_planted::{Check, Family};

use super::coupled::joint_head;
use super::trained::{Trainer, real};
use super::unscored;
use crate::exit::{Exit, Failure};

/// Everything that is checked of a family.
///
/// # Errors
/// A signal, or a bug.
pub(super) fn checks(family: Family, trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let (seed, is_quick) = (trainer.seed, trainer.is_quick);
    match family {
        Family::Channels => channels::score(seed).map_err(|error| unscored(&error)),
        Family::Groups => groups::score(seed, is_quick).map_err(|error| unscored(&error)),
        Family::Synergy => synergy::score(seed).map_err(|error| unscored(&error)),
        Family::Relatedness => of_relatedness(trainer),
        Family::Codes => of_codes(trainer),
        Family::Ceiling => of_ceiling(trainer),
        Family::LowRank => of_low_rank(trainer),
        Family::Pair => of_pair(trainer),
    }
}

fn of_relatedness(trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = relatedness::of_labels(trainer.seed).map_err(|error| unscored(&error))?;
    let seeds = if trainer.is_quick { 2 } else { 5 };
    let mut found = Vec::new();
    for (value, instance) in relatedness::RELATEDNESS
        .into_iter()
        .zip(relatedness::instances(trainer.seed))
    {
        trainer.say(&format!(
            "P2: relatedness {value}, together and alone from {seeds} seeds"
        ));
        let (bits, _) = trainer.transferred(&instance, seeds)?;
        found.push((value, bits));
    }
    checks.extend(relatedness::of_transfer(&found));
    Ok(checks)
}

fn of_codes(trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::new();
    for used in codes::Use::ALL {
        let mut scores = Vec::new();
        for seed in codes::drawn(used, trainer.seed, trainer.is_quick) {
            let instance = used.instance(seed);
            trainer.say(&format!("P3: {}, seed {seed}", instance.name));
            let model = trainer.train(&instance.config(seed))?;
            let learned = codes::Learned {
                codes: model.weights("sharing.codes")?,
                alpha: model.code_strengths()?,
            };
            let score = codes::Score::of(used, seed, &learned).map_err(|error| unscored(&error))?;
            scores.push(score);
        }
        checks.extend(codes::checks(used, trainer.seed, &scores));
    }
    Ok(checks)
}

fn of_ceiling(trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = ceiling::of_noise();
    let mut found: Vec<(Measure, f64)> = Vec::new();
    for instance in ceiling::instances(trainer.seed) {
        trainer.say(&format!("P5: {}", instance.name));
        let evaluation = trainer.train(&instance.config(trainer.seed))?.evaluated()?;
        let measured = evaluation.information.measured.get("y_0");
        let bits = measured.map(|found| found.usable.calibrated.clone());
        let accuracy = evaluation.metrics.get("test/y_0/accuracy").copied();
        found.extend(bits.zip(accuracy));
    }
    let [(honest, accuracy), (leaking, _)] = found.as_slice() else {
        return Err(Failure::new(
            Exit::Internal,
            "two models were to be measured",
        ));
    };
    checks.extend(ceiling::of_models(honest, *accuracy, leaking));
    Ok(checks)
}

fn of_low_rank(trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let seed = trainer.seed;
    let mut checks =
        low_rank::of_closed_forms(seed, trainer.is_quick).map_err(|error| unscored(&error))?;
    for weights in low_rank::Weights::ALL {
        let instance = weights.instance(seed);
        trainer.say(&format!("P7: {}", instance.name));
        let [_, tested] = trainer.train(&instance.config(seed))?.observed()?;
        let columns: Vec<Vec<f64>> = tested.iter().map(|seen| real(seen).0).collect();
        let rows = columns.first().map_or(0, Vec::len);
        let predictions: Vec<Vec<f64>> = (0..rows)
            .map(|row| {
                let values = columns.iter().filter_map(|column| column.get(row));
                values.copied().collect()
            })
            .collect();
        let found = low_rank::of_model(weights, seed, &predictions);
        checks.extend(found.map_err(|error| unscored(&error))?);
    }
    Ok(checks)
}

fn of_pair(trainer: &Trainer<'_>) -> Result<Vec<Check>, Failure> {
    let seeds = if trainer.is_quick { 1 } else { 3 };
    let mut checks = Vec::new();
    for link in pair::Link::ALL {
        let instance = link.instance(trainer.seed);
        trainer.say(&format!(
            "P8: {}, together and alone from {seeds} seeds",
            instance.name
        ));
        let (transferred, model) = trainer.transferred(&instance, seeds)?;
        let observed = model.observed()?;
        let residuals = model.residuals(&observed)?.pairs;
        let [first, second] = residuals.as_slice() else {
            return Err(Failure::new(
                Exit::Internal,
                "two tasks have two ordered pairs",
            ));
        };
        let (Some(label), Some(one), Some(other)) =
            (&first.label, &first.residual, &second.residual)
        else {
            return Err(Failure::new(Exit::Internal, "a pair was not measured"));
        };
        let rows = observed.each_ref().map(|seen| {
            let both = [0, 1].map(|task| seen.get(task).map(real).unwrap_or_default());
            let [(p, y), (q, z)] = both;
            pair::Rows {
                predictions: [p, q],
                labels: [y, z],
            }
        });
        let [held, tested] = &rows;
        let found = pair::Found {
            label: label.clone(),
            residuals: [one.clone(), other.clone()],
            verdicts: [first.verdict, second.verdict],
            transferred,
            joint: pair::joint_gain(held, tested).map_err(|error| unscored(&error))?,
            head: joint_head(trainer, &instance)?,
        };
        let found = pair::checks(link, trainer.seed, &found);
        checks.extend(found.map_err(|error| unscored(&error))?);
    }
    Ok(checks)
}
