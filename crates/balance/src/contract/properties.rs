//! The properties themselves. Each says what it saw if it does not hold.

use polytask_config::options_of;

use super::made::{from_text, load, run, saved, started, step, with_defaults};
use super::remembered::moved;
use super::scene::{self, Scene};
use super::{Golden, Promise, Property};
use crate::{Losses, Seen, TaskFacts, Weighting, WeightingEntry};

type Outcome = Result<(), String>;

pub(super) fn of(entry: &'static WeightingEntry, property: Property) -> Outcome {
    match property {
        Property::Finite => scene::all()
            .iter()
            .try_for_each(|scene| finite(entry, scene)),
        Property::Length => scene::ordinary()
            .iter()
            .try_for_each(|scene| length(entry, scene)),
        Property::Permutation => scene::ordinary()
            .iter()
            .try_for_each(|scene| permutation(entry, scene)),
        Property::SingleTask => scene::single()
            .iter()
            .try_for_each(|scene| single_task(entry, scene)),
        Property::Absent => scene::ordinary()
            .iter()
            .try_for_each(|scene| absent(entry, scene)),
        Property::UnusableLoss => scene::ordinary()
            .iter()
            .try_for_each(|scene| unusable_loss(entry, scene)),
        Property::Resume => scene::ordinary()
            .iter()
            .try_for_each(|scene| resume(entry, scene)),
        Property::Defaults => defaults(entry),
        Property::Options => options(entry),
        Property::Golden => goldens(entry),
        Property::Promises => entry
            .facts
            .promises
            .iter()
            .try_for_each(|promise| match promise {
                Promise::Independent => scene::ordinary()
                    .iter()
                    .try_for_each(|scene| independent(entry, scene)),
            }),
    }
}

fn finite(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    for (number, alpha) in run(with_defaults(entry)?.as_mut(), scene)
        .iter()
        .enumerate()
    {
        if !alpha.iter().all(|weight| weight.is_finite()) {
            return Err(format!("{}, step {number}: weights {alpha:?}", scene.name));
        }
    }
    Ok(())
}

fn length(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    for losses in scene.steps.iter().chain([&Losses::default()]) {
        let weights = step(weighting.as_mut(), losses).alpha.len();
        if weights != losses.present.len() {
            return Err(format!(
                "{}: {weights} weights for {} present tasks",
                scene.name,
                losses.present.len()
            ));
        }
    }
    Ok(())
}

fn permutation(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    // Sums over tasks run in another order: a few roundings of up to 40 terms, over 24 steps that build on each other.
    const ROUNDING: f64 = 1e-9;
    let (permuted, place) = scene.permuted();
    let plain = run(with_defaults(entry)?.as_mut(), scene);
    let moved = run(with_defaults(entry)?.as_mut(), &permuted);
    let steps = scene
        .steps
        .iter()
        .zip(&permuted.steps)
        .zip(plain.iter().zip(&moved))
        .enumerate();
    for (number, ((losses, moved_losses), (alpha, moved_alpha))) in steps {
        for (&task, &weight) in losses.present.iter().zip(alpha) {
            let wanted = place.get(task);
            let position = moved_losses
                .present
                .iter()
                .position(|moved| Some(moved) == wanted);
            let other = position
                .and_then(|position| moved_alpha.get(position))
                .copied()
                .unwrap_or(f64::NAN);
            if !is_close(weight, other, ROUNDING) {
                return Err(format!(
                    "{}, step {number}: task {task} has {weight}, in another order {other}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

fn single_task(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    for (number, alpha) in run(with_defaults(entry)?.as_mut(), scene)
        .iter()
        .enumerate()
    {
        if !matches!(alpha.as_slice(), [weight] if *weight > 0.0 && weight.is_finite()) {
            return Err(format!(
                "{}, step {number}: weights {alpha:?} of the only task",
                scene.name
            ));
        }
    }
    Ok(())
}

/// What is remembered of some tasks does not move in `losses`, a step of a run that is well under way.
fn stays(
    weighting: &mut dyn Weighting,
    scene: &Scene,
    losses: &Losses,
    tasks: &[usize],
) -> Outcome {
    let before = saved(weighting)?;
    let alpha = step(weighting, losses).alpha;
    let after = saved(weighting)?;
    for &task in tasks {
        let name = scene
            .tasks
            .get(task)
            .map_or("", |facts| facts.name.as_str());
        let moved = moved(&before, &after, name, task, scene.tasks.len());
        if !moved.is_empty() {
            return Err(format!("{}: {moved:?} of task {task} moved", scene.name));
        }
    }
    if !alpha.iter().all(|weight| weight.is_finite()) {
        return Err(format!("{}: weights {alpha:?}", scene.name));
    }
    Ok(())
}

fn absent(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    for losses in &scene.steps {
        let absent: Vec<usize> = (0..scene.tasks.len())
            .filter(|task| !losses.present.contains(task))
            .collect();
        stays(weighting.as_mut(), scene, losses, &absent)?;
    }
    Ok(())
}

fn unusable_loss(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    for (losses, loss) in scene.steps.iter().zip(broken.iter().cycle()) {
        step(weighting.as_mut(), losses);
        let Some(&task) = losses.present.first() else {
            continue;
        };
        let seen = losses.seen().map(|seen| {
            if seen.task == task {
                Seen {
                    loss: *loss,
                    ..seen
                }
            } else {
                seen
            }
        });
        stays(weighting.as_mut(), scene, &scene::collected(seen), &[task])?;
    }
    Ok(())
}

fn resume(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut whole = started(entry, &scene.tasks)?;
    let mut part = started(entry, &scene.tasks)?;
    for (number, losses) in scene.steps.iter().enumerate() {
        // A fresh one takes over before every step: whatever it does not save is lost.
        let values = saved(part.as_mut())?;
        part = started(entry, &scene.tasks)?;
        load(part.as_mut(), values)?;
        let (alpha, resumed) = (
            step(whole.as_mut(), losses).alpha,
            step(part.as_mut(), losses).alpha,
        );
        if bits(&alpha) != bits(&resumed) {
            return Err(format!(
                "{}, step {number}: {alpha:?}, resumed {resumed:?}",
                scene.name
            ));
        }
    }
    let (whole, part) = (saved(whole.as_mut())?, saved(part.as_mut())?);
    let is_same = whole.0.len() == part.0.len()
        && whole
            .0
            .iter()
            .zip(&part.0)
            .all(|((name, value), (other_name, other))| {
                name == other_name && value.same_bits(other)
            });
    if is_same {
        Ok(())
    } else {
        Err(format!("{}: the state at the end differs", scene.name))
    }
}

/// Reads `text` and what reading it resolves to, and compares the methods.
fn same_again(entry: &'static WeightingEntry, text: &str) -> Outcome {
    let (mut weighting, resolved) = from_text(entry, text)?;
    let (mut again, resolved_again) = from_text(entry, &resolved)?;
    if resolved != resolved_again {
        return Err(format!("{resolved} reads as {resolved_again}"));
    }
    for scene in scene::ordinary() {
        let (first, second) = (run(weighting.as_mut(), &scene), run(again.as_mut(), &scene));
        if first
            .iter()
            .map(|alpha| bits(alpha))
            .ne(second.iter().map(|alpha| bits(alpha)))
        {
            return Err(format!(
                "{}: {text} and {resolved} give other weights",
                scene.name
            ));
        }
    }
    Ok(())
}

fn defaults(entry: &'static WeightingEntry) -> Outcome {
    same_again(entry, &format!("weighting = \"{}\"", entry.name))
}

fn options(entry: &'static WeightingEntry) -> Outcome {
    let separator = if entry.facts.trial.is_empty() {
        ""
    } else {
        ", "
    };
    let text = format!(
        "weighting = {{ type = \"{}\"{separator}{} }}",
        entry.name, entry.facts.trial
    );
    let (_, resolved) = from_text(entry, &text)?;
    let (_, plain) = from_text(entry, &format!("weighting = \"{}\"", entry.name))?;
    let family = options_of(std::slice::from_ref(entry));
    let listed = family
        .variant(entry.name)
        .map(|variant| variant.options.as_slice())
        .unwrap_or_default();
    for option in listed {
        let line = |text: &str| {
            text.lines()
                .find(|line| line.starts_with(&format!("{} =", option.key)))
                .map(str::to_owned)
        };
        if line(&resolved) == line(&plain) {
            return Err(format!("the trial leaves `{}` at its default", option.key));
        }
    }
    same_again(entry, &text)
}

fn goldens(entry: &'static WeightingEntry) -> Outcome {
    if entry.facts.golden.is_empty() {
        return Err("no weights are known of it".to_owned());
    }
    entry
        .facts
        .golden
        .iter()
        .try_for_each(|golden| known(entry, golden))
}

fn known(entry: &'static WeightingEntry, golden: &Golden) -> Outcome {
    let tasks = golden
        .tasks
        .iter()
        .enumerate()
        .map(|(task, &(family, entropy, variance))| TaskFacts {
            name: format!("task_{task}"),
            family,
            weight: 1.0,
            entropy,
            variance,
        });
    let steps = golden.losses.iter().map(|losses| {
        scene::collected(losses.iter().enumerate().map(|(task, &loss)| Seen {
            task,
            loss,
            rows: 1,
        }))
    });
    let scene = Scene {
        name: "golden".to_owned(),
        tasks: tasks.collect(),
        steps: steps.collect(),
    };
    let alpha = run(with_defaults(entry)?.as_mut(), &scene)
        .pop()
        .unwrap_or_default();
    let agree = |(weight, wanted): (&f64, &f64)| is_close(*weight, *wanted, golden.tolerance);
    if alpha.len() == golden.alpha.len() && alpha.iter().zip(golden.alpha).all(agree) {
        return Ok(());
    }
    Err(format!(
        "{alpha:?} is not {:?} ({})",
        golden.alpha, golden.source
    ))
}

fn independent(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let together = run(with_defaults(entry)?.as_mut(), scene);
    for task in 0..scene.tasks.len() {
        let weight = |(losses, alpha): (&Losses, &Vec<f64>)| {
            let position = losses.present.iter().position(|present| *present == task)?;
            alpha.get(position).copied()
        };
        let within: Vec<f64> = scene
            .steps
            .iter()
            .zip(&together)
            .filter_map(weight)
            .collect();
        let alone = run(with_defaults(entry)?.as_mut(), &scene.alone(task)).concat();
        if bits(&within) != bits(&alone) {
            return Err(format!(
                "{}: task {task} has {within:?}, alone {alone:?}",
                scene.name
            ));
        }
    }
    Ok(())
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

fn is_close(first: f64, second: f64, share: f64) -> bool {
    (first - second).abs() <= share * first.abs().max(second.abs())
}
