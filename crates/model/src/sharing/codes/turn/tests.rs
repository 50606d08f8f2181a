//! The exact step, and the search on a dictionary whose sparse form is known.

use super::*;

#[test]
fn the_lowest_shear_is_that_of_a_search_over_a_fine_grid() {
    for draw in 0..40 {
        let mut stream = Seed(3).stream("shear", draw);
        let a: Vec<f64> = (0..5).map(|_| stream.normal()).collect();
        let b: Vec<f64> = (0..5).map(|_| stream.normal()).collect();
        let cosine = stream.between(-0.95, 0.95);
        let cost = |delta: f64| {
            let moved: f64 = a.iter().zip(&b).map(|(a, b)| (b - delta * a).abs()).sum();
            (1.0 + 2.0 * delta * cosine + delta * delta).sqrt() * absolute(&a) + moved
        };
        let found = cost(lowest(&a, &b, cosine).unwrap());
        let grid = (-100_000..=100_000).map(|at| cost(f64::from(at) * 1e-4));
        let wanted = grid.fold(f64::INFINITY, f64::min);
        assert!((found - wanted).abs() < 1e-3 * wanted, "{found} {wanted}");
        assert!(found <= wanted + 1e-9);
    }
    assert_eq!(lowest(&[0.0, 0.0], &[1.0, 2.0], 0.1), None);
}

#[test]
fn one_code_per_task_comes_out_of_any_mixture_of_the_codes() {
    // Twelve tasks with one of three orthonormal codes each, written in three other codes of the same span.
    let planted = Matrix::from_rows(
        &(0..12)
            .map(|task| {
                (0..3)
                    .map(|code| f64::from(u8::from(task % 3 == code)) * (1.0 + f64::from(task)))
                    .collect()
            })
            .collect::<Vec<Vec<f64>>>(),
    );
    let mix = Matrix::from_rows(&[
        vec![1.0, 0.5, -0.2],
        vec![0.3, -1.0, 0.4],
        vec![0.6, 0.1, 0.9],
    ]);
    // V = mix and A = planted mix⁻¹, found as planted (mixᵀ mix)⁻¹ mixᵀ.
    let (root, _) = mix.transposed().times(&mix).root_and_inverse();
    let inverse = root.times(&root).times(&mix.transposed());
    let weights = planted.times(&inverse);
    let gram = mix.times(&mix.transposed());
    let effort = Effort {
        starts: 8,
        sweeps: 200,
        least_gain: 1e-9,
    };
    let turn = sparsest(&weights, &gram, effort, Seed(1)).unwrap();
    let found = weights.times(&turn.back);
    for row in found.to_rows() {
        let largest = row
            .iter()
            .fold(0.0f64, |largest, value| largest.max(value.abs()));
        assert!((absolute(&row) - largest) < 1e-6 * largest, "{row:?}");
    }
    assert!((turn.penalty - absolute(planted.values())).abs() < 1e-6 * turn.penalty);
    let one = turn.forth.times(&turn.back);
    for (at, value) in one.values().iter().enumerate() {
        let wanted = f64::from(u8::from(at % 4 == 0));
        assert!((value - wanted).abs() < 1e-9);
    }
}
