//! What every metric must hold, for each shape that it is for.

use polytask_config::{State, Values};
use polytask_metrics::{Better, Fault, Metric, Shape};
use polytask_random::Seed;

use crate::examples::Rows;

pub(crate) type Outcome = Result<(), String>;
pub(crate) type Property = fn(&dyn Fn() -> Box<dyn Metric>, Shape) -> Outcome;

pub(crate) const PROPERTIES: &[(&str, Property)] = &[
    ("nothing_seen_is_undefined", nothing_seen_is_undefined),
    ("is_a_finite_number", is_a_finite_number),
    (
        "cuts_into_batches_change_nothing",
        cuts_into_batches_change_nothing,
    ),
    (
        "the_order_of_rows_changes_nothing",
        the_order_of_rows_changes_nothing,
    ),
    (
        "perfect_predictions_are_the_best",
        perfect_predictions_are_the_best,
    ),
    (
        "goes_on_after_saving_and_loading",
        goes_on_after_saving_and_loading,
    ),
    (
        "one_bad_prediction_leaves_no_value",
        one_bad_prediction_leaves_no_value,
    ),
    ("what_does_not_fit_is_a_fault", what_does_not_fit_is_a_fault),
];

fn value_of(make: &dyn Fn() -> Box<dyn Metric>, batches: &[Rows]) -> Option<f64> {
    let mut metric = make();
    batches.iter().for_each(|rows| metric.update(&rows.seen()));
    metric.value()
}

fn defined(make: &dyn Fn() -> Box<dyn Metric>, rows: &Rows) -> Result<f64, String> {
    value_of(make, std::slice::from_ref(rows))
        .ok_or_else(|| "undefined on ordinary rows".to_owned())
}

fn nothing_seen_is_undefined(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let empty = Rows::imperfect(shape).select(&[]);
    for batches in [vec![], vec![empty.clone()], vec![empty.clone(), empty]] {
        if let Some(value) = value_of(make, &batches) {
            return Err(format!("{value} of no rows"));
        }
    }
    Ok(())
}

fn is_a_finite_number(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let imperfect = Rows::imperfect(shape);
    for rows in [imperfect.certain(true), imperfect.certain(false), imperfect] {
        for count in 1..rows.seen().rows() {
            let some = rows.select(&(0..count).collect::<Vec<_>>());
            if let Some(value) = value_of(make, &[some]).filter(|value| !value.is_finite()) {
                return Err(format!("{value} of {count} rows"));
            }
        }
        defined(make, &rows)?;
    }
    Ok(())
}

fn is_close(first: f64, second: f64) -> Outcome {
    if (first - second).abs() <= 1e-12 * first.abs().max(1e-3) {
        return Ok(());
    }
    Err(format!("{first} became {second}"))
}

fn cuts_into_batches_change_nothing(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let rows = Rows::imperfect(shape);
    let whole = defined(make, &rows)?;
    for cut in 0..5 {
        is_close(
            whole,
            value_of(make, &rows.batches(cut)).unwrap_or(f64::NAN),
        )?;
    }
    Ok(())
}

fn the_order_of_rows_changes_nothing(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let rows = Rows::imperfect(shape);
    let whole = defined(make, &rows)?;
    for shuffle in 0..5 {
        let mut order: Vec<usize> = (0..rows.seen().rows()).collect();
        Seed(3).stream("order", shuffle).shuffle(&mut order);
        is_close(
            whole,
            value_of(make, &[rows.select(&order)]).unwrap_or(f64::NAN),
        )?;
    }
    Ok(())
}

fn perfect_predictions_are_the_best(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let imperfect = Rows::imperfect(shape);
    let better = make().better();
    let perfect = defined(make, &imperfect.certain(true))?;
    for (what, rows) in [
        ("imperfect", imperfect.clone()),
        ("worst", imperfect.certain(false)),
    ] {
        let other = defined(make, &rows)?;
        if !better.improves(perfect, other) {
            return Err(format!(
                "perfect predictions have {perfect}, {what} ones {other}"
            ));
        }
    }
    // A score is 1 at best, a loss 0.
    let best = match better {
        Better::Higher => 1.0,
        Better::Lower => 0.0,
    };
    if (perfect - best).abs() > 1e-12 {
        Err(format!("perfect predictions have {perfect}"))
    } else {
        Ok(())
    }
}

fn saved(metric: &mut dyn Metric) -> Result<Values, String> {
    let mut state = State::save();
    metric.state(&mut state);
    state.finish().map_err(|problems| problems.to_string())
}

fn goes_on_after_saving_and_loading(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let mut broken = Rows::imperfect(shape);
    if let Some(first) = broken.predicted().first_mut() {
        *first = f64::NAN;
    }
    for rows in [Rows::imperfect(shape), broken] {
        let (mut whole, mut part) = (make(), make());
        for batch in rows.batches(0) {
            let values = saved(part.as_mut())?;
            part = make();
            let mut state = State::load(values);
            part.state(&mut state);
            state.finish().map_err(|problems| problems.to_string())?;
            whole.update(&batch.seen());
            part.update(&batch.seen());
            let (one, other) = (
                whole.value().map(f64::to_bits),
                part.value().map(f64::to_bits),
            );
            if one != other || whole.fault() != part.fault() {
                return Err(format!("{:?} became {:?}", whole.value(), part.value()));
            }
        }
    }
    Ok(())
}

fn one_bad_prediction_leaves_no_value(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let perfect = Rows::imperfect(shape).certain(true);
    let impossible = if shape == Shape::Values {
        f64::INFINITY
    } else {
        1.5
    };
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, impossible] {
        let mut spoiled = perfect.clone();
        let middle = spoiled.predicted().len() / 2;
        spoiled.predicted()[middle] = bad;
        for batches in [
            vec![spoiled.clone()],
            spoiled.batches(1),
            vec![spoiled, perfect.clone()],
        ] {
            if let Some(value) = value_of(make, &batches) {
                return Err(format!("{value} although one prediction is {bad}"));
            }
        }
    }
    Ok(())
}

fn what_does_not_fit_is_a_fault(make: &dyn Fn() -> Box<dyn Metric>, shape: Shape) -> Outcome {
    let rows = Rows::imperfect(shape);
    let mut cut_short = rows.clone();
    cut_short.predicted().pop();
    let other_shape = Rows::imperfect(match shape {
        Shape::Values | Shape::Ordinal => Shape::Flags,
        Shape::Binary | Shape::Classes | Shape::Flags => Shape::Values,
    });
    let mut wider = rows.select(&(0..30).collect::<Vec<_>>());
    match &mut wider {
        Rows::Classes { classes, truth, .. } => (*classes *= 2, truth.truncate(15)),
        Rows::Flags { labels, .. } => (*labels *= 2, ()),
        Rows::Values { outputs, .. } => (*outputs *= 2, ()),
    };
    // What is strange, and whether only after ordinary rows.
    let mut strange = vec![
        (cut_short, false, Fault::Lengths),
        (other_shape, false, Fault::Shape),
        (wider, true, Fault::WidthChanged),
    ];
    // A metric that is for two kinds of rows may still not be fed both.
    let kind = std::mem::discriminant(&rows);
    let others = Shape::ALL.iter().map(|&other| Rows::imperfect(other));
    let others = others.filter(|other| std::mem::discriminant(other) != kind);
    strange.extend(others.map(|other| (other, true, Fault::Shape)));
    if let Rows::Classes {
        probabilities,
        classes,
        mut truth,
    } = rows.clone()
    {
        truth[0] = classes as u32;
        strange.push((
            Rows::Classes {
                probabilities,
                classes,
                truth,
            },
            false,
            Fault::TruthOutOfRange,
        ));
    }
    for (strange, comes_later, wanted) in strange {
        let mut metric = make();
        if comes_later {
            metric.update(&rows.seen());
        }
        metric.update(&strange.seen());
        metric.update(&rows.seen());
        if (metric.value(), metric.fault()) != (None, Some(wanted)) {
            return Err(format!(
                "{:?} and {:?} instead of {wanted:?}",
                metric.value(),
                metric.fault()
            ));
        }
    }
    Ok(())
}
