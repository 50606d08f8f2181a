//! The two-objective toy of CAGrad, Nash-MTL and FAMO: who gets to the Pareto front from where.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../examples/toy/landscape.rs"]
mod landscape;
#[path = "../examples/toy/walk.rs"]
mod walk;

use landscape::{FRONT, look};
use walk::{EVEN, Protocol, STARTS, UNEVEN, distance, walk};

/// The middle of the front, where the losses are equal.
const MIDDLE: [f64; 2] = [0.0, FRONT];

// Golden: from an implementation in PyTorch.
#[test]
fn the_losses_are_those_that_are_known() {
    let known = [
        ([-8.5, 7.5], [6.5524, 7.9008]),
        ([9.0, 9.0], [7.9439, 6.6915]),
        ([9.0, -1.0], [-8.8311, 2.8143]),
        ([0.0, 0.0], [0.0, 0.0]),
        (MIDDLE, [-15.0916, -15.0916]),
        ([7.0, FRONT], [-19.9893, -0.3986]),
    ];
    for (point, losses) in known {
        for (found, wanted) in look(point).losses.into_iter().zip(losses) {
            assert!((found - wanted).abs() < 1e-4, "{point:?}: {found} {wanted}");
        }
    }
}

#[test]
fn the_gradients_are_the_differences_of_the_losses() {
    const STEP: f64 = 1e-6;
    for point in [
        [-8.5, 7.5],
        [-8.5, -5.0],
        [9.0, 9.0],
        [1.3, 0.4],
        [-3.0, -0.2],
        [4.0, -12.0],
    ] {
        let seen = look(point);
        for (task, gradient) in seen.gradients.into_iter().enumerate() {
            for (axis, slope) in gradient.into_iter().enumerate() {
                let beside = |step: f64| {
                    let mut point = point;
                    *point.get_mut(axis).unwrap() += step;
                    look(point).losses.get(task).copied().unwrap()
                };
                let found = (beside(STEP) - beside(-STEP)) / (2.0 * STEP);
                assert!(
                    (found - slope).abs() < 1e-6 * (1.0 + slope.abs()),
                    "{point:?}: {found} {slope}"
                );
            }
        }
    }
}

#[test]
fn on_the_front_the_losses_pull_against_each_other() {
    for x1 in [-6.0, -2.0, 0.0, 3.0, 6.9] {
        let [first, second] = look([x1, FRONT]).gradients;
        let cosine = (first[0] * second[0] + first[1] * second[1])
            / (first[0].hypot(first[1]) * second[0].hypot(second[1]));
        assert!(cosine < -0.99, "{x1}: {cosine}");
    }
}

/// Half of the steps, which are enough for most.
const SHORT: Protocol = Protocol {
    steps: 50_000,
    ..UNEVEN
};

/// From which of the starts a method gets within 0.1 of the front.
fn reached(method: &str, protocol: Protocol) -> [bool; 6] {
    STARTS.map(|start| {
        let points = walk(method, start, protocol).unwrap();
        distance(points.last().copied().unwrap()) < 0.1
    })
}

// As published: plain Adam fails from one of the six points, and the methods below from none.
#[test]
fn the_sum_stays_in_the_valley_from_one_start_and_others_get_out_of_it() {
    for method in ["equal", "sum"] {
        let found = reached(method, SHORT);
        assert_eq!(found, [true, true, false, true, true, true], "{method}");
    }
    for method in [
        "nash_mtl",
        "imtl_g",
        "aligned_mtl",
        "db_mtl",
        "m_config",
        "{ type = \"mgda\", normalize = \"none\" }",
        "{ type = \"famo\", decay = 0.0 }",
    ] {
        assert_eq!(reached(method, SHORT), [true; 6], "{method}");
    }
}

// CAGrad, figure 1: with both losses as they are Adam fails from two of these points, and CAGrad ends in the middle.
#[test]
fn cagrad_ends_in_the_middle_where_the_sum_does_not_arrive() {
    assert_eq!(reached("sum", EVEN), [false, true, false, true, true, true]);
    for start in STARTS {
        let points = walk("cagrad", start, EVEN).unwrap();
        let [x1, x2] = points.last().copied().unwrap();
        let [wanted, front] = MIDDLE;
        assert!(
            (x1 - wanted).hypot(x2 - front) < 0.05,
            "{start:?}: {x1} {x2}"
        );
    }
}
