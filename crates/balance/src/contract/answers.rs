//! Properties of the answers that are the same for every kind of methods.

use super::Outcome;
use super::made::{Subject, answers};
use super::scene::Scene;
use super::tested::{Answer, Tested};
use crate::{Scale, Weights};

pub(super) fn finite<T: Tested + ?Sized>(subject: &Subject<T>, scene: &Scene<T::Given>) -> Outcome {
    for options in subject.trials() {
        let answers = answers(subject, options, scene)?.into_iter().enumerate();
        for (number, answer) in answers {
            if !answer.is_finite() {
                return Err(format!("{}, step {number}: {answer:?}", scene.name));
            }
        }
    }
    Ok(())
}

pub(super) fn single_task<T: Tested<Answer = Weights> + ?Sized>(
    subject: &Subject<T>,
    scene: &Scene<T::Given>,
) -> Outcome {
    for (number, weights) in answers(subject, "", scene)?.iter().enumerate() {
        if !matches!(weights.alpha.as_slice(), [weight] if *weight > 0.0 && weight.is_finite()) {
            return Err(format!(
                "{}, step {number}: {:?} for the only task",
                scene.name, weights.alpha
            ));
        }
    }
    Ok(())
}

/// What the weights of so many tasks with equal gradients add up to.
pub(super) fn sum_of(scale: Scale, tasks: usize) -> Option<f64> {
    match scale {
        Scale::Sum => Some(tasks as f64),
        Scale::Mean => Some(1.0),
        Scale::Means(factor) => Some(factor),
        Scale::Free | Scale::Lost => None,
    }
}

/// Something is known of a method, and all of it is so.
pub(super) fn all_known<K>(golden: &[K], holds: impl Fn(&K) -> Outcome) -> Outcome {
    if golden.is_empty() {
        return Err("no answer is known of it".to_owned());
    }
    golden.iter().try_for_each(holds)
}

/// What a method gives with these options is what is known from this source, to this tolerance.
pub(super) fn agrees(
    options: &str,
    found: &[f64],
    (wanted, tolerance, source): (&[f64], f64, &str),
) -> Outcome {
    let mut each = found.iter().zip(wanted);
    let agree = each.all(|(found, wanted)| (found - wanted).abs() <= tolerance);
    if agree && found.len() == wanted.len() {
        return Ok(());
    }
    Err(format!(
        "{{ {options} }} gives {found:?}, not {wanted:?} ({source})"
    ))
}
