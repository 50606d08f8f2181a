//! A tiny experiment, planned and started.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use polytask_config::{Value, Values};
use polytask_data::Batch;
use polytask_model::names::export;
use polytask_training::device::Place;
use polytask_training::events::{EpochReport, Event};
use polytask_training::load::experiment;
use polytask_training::plan::Plan;
use polytask_training::run::{Finish, Surroundings, run};
use polytask_training::state::TrainState;
use polytask_training::step::step;

/// Dropout draws from one generator of the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) state: TrainState,
    _turn: MutexGuard<'static, ()>,
}

/// Three regressions, each row labelled in one of them; `rest` is the remaining config.
pub(crate) fn three_tasks(rest: &str) -> String {
    format!(
        "[data]\nsource = {{ type = \"planted_codes\", tasks = 3, codes = 2, features = 4, train = 20, val = 6, \
         test = 6 }}\n[inputs.x]\n[tasks]\ny_0.type = \"regression\"\ny_1.type = \"regression\"\n\
         y_1.weight = 0.5\ny_2.type = \"regression\"\n{rest}"
    )
}

pub(crate) fn world(text: &str) -> World {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (plan, state) = started(text);
    World {
        plan,
        state,
        _turn: turn,
    }
}

/// As `world`, for whoever has the turn already.
pub(crate) fn started(text: &str) -> (Plan, TrainState) {
    started_on(text, Place::cpu())
}

/// As `started`, on another device.
pub(crate) fn started_on(text: &str, place: Place) -> (Plan, TrainState) {
    let experiment = experiment(text).unwrap();
    let (plan, balancing) = Plan::resolve(experiment, place).unwrap();
    let state = plan.start(balancing).unwrap();
    (plan, state)
}

/// Trains to the end; what each epoch reported.
pub(crate) fn reports(world: &mut World) -> Vec<EpochReport> {
    let mut reports = Vec::new();
    let mut listener = |event: &Event| {
        if let Event::Epoch(report) = event {
            reports.push(report.clone());
        }
    };
    let finish = run(
        &world.plan,
        &mut world.state,
        &mut Surroundings {
            saver: None,
            listener: &mut listener,
            interrupt: &AtomicBool::new(false),
            trace_samples: false,
            max_steps: None,
        },
    );
    assert_eq!(finish.unwrap(), Finish::Completed);
    reports
}

/// The batches of the steps of an epoch.
pub(crate) fn groups(plan: &Plan, epoch: u64) -> Vec<Vec<Batch>> {
    let batches: Vec<Batch> = plan
        .sampler
        .batches(epoch)
        .map(|rows| plan.encoded.batch(&rows))
        .collect();
    batches
        .chunks(plan.train.accumulate)
        .map(<[Batch]>::to_vec)
        .collect()
}

/// Everything under one of these prefixes as comparable bits.
pub(crate) fn bits(state: &mut TrainState, prefixes: &[&str]) -> Vec<(String, Vec<u64>)> {
    let Values(values) = state.save().unwrap();
    values
        .into_iter()
        .filter(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .map(|(name, value)| {
            let bits = match value {
                Value::Floats { values, .. } => values
                    .iter()
                    .map(|value| u64::from(value.to_bits()))
                    .collect(),
                Value::Numbers(values) => values.iter().map(|value| value.to_bits()).collect(),
                Value::Counts(values) => values,
                Value::Texts(texts) => texts
                    .iter()
                    .flat_map(|text| text.bytes())
                    .map(u64::from)
                    .collect(),
                Value::Flag(flag) => vec![u64::from(flag)],
            };
            (name, bits)
        })
        .collect()
}

/// Trains an epoch, and anew from a state that was saved after each of these steps: all that a step changes must come out with the
/// same bits. Gives the state that was never interrupted.
pub(crate) fn resumed_bit_for_bit(text: &str, after: &[usize]) -> World {
    let mut whole = world(text);
    let groups = groups(&whole.plan, 0);
    for group in &groups {
        step(&whole.plan, &mut whole.state, group).unwrap();
    }
    for &at in after {
        let (plan, mut first) = started(text);
        for group in &groups[..at] {
            step(&plan, &mut first, group).unwrap();
        }
        let (plan, mut second) = started(text);
        second.restore(first.save().unwrap()).unwrap();
        for group in &groups[at..] {
            step(&plan, &mut second, group).unwrap();
        }
        assert!(
            bits(&mut whole.state, &[""]) == bits(&mut second, &[""]),
            "from step {at}: {text}"
        );
    }
    whole
}

/// Both models have the same parameters, whatever their order, number by number within `tolerance`.
pub(crate) fn assert_same_weights(wanted: &TrainState, found: &TrainState, tolerance: f32) {
    let named = |state: &TrainState| -> BTreeMap<String, Vec<f32>> {
        let values = export(&state.model).into_iter();
        values.map(|(name, _, values)| (name, values)).collect()
    };
    let (wanted, found) = (named(wanted), named(found));
    assert!(wanted.keys().eq(found.keys()));
    for (name, wanted) in wanted {
        for (found, wanted) in found[&name].iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() < tolerance,
                "{name}: {found} for {wanted}"
            );
        }
    }
}
