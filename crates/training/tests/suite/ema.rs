//! The moving average of the weights against its formula in f64.

use polytask_model::names::{export, parameters};
use polytask_training::step::step;

use crate::world::{groups, three_tasks, world};

#[test]
fn the_average_moves_by_its_formula_and_statistics_are_copied() {
    let mut world = world(&three_tasks(
        "[encoder]\ntype = \"mlp\"\nhidden = [5]\nnorm = \"batch\"\n[train]\nbatch_size = 6\nema = 0.3\n\
         optimizer = { type = \"sgd\", lr = 0.1 }\n",
    ));
    let is_trained: Vec<bool> = parameters(&world.state.model)
        .iter()
        .map(|parameter| parameter.trainable)
        .collect();
    assert!(is_trained.contains(&false), "batch norm has statistics");
    let wide = |model: &_| -> Vec<Vec<f64>> {
        let values = export(model).into_iter();
        values
            .map(|(_, _, values)| values.into_iter().map(f64::from).collect())
            .collect()
    };
    let mut wanted = wide(world.state.average.as_ref().unwrap());
    let groups = groups(&world.plan, 0);
    assert!(groups.len() >= 8);
    for (number, group) in groups.iter().enumerate() {
        step(&world.plan, &mut world.state, group).unwrap();
        // Warm-up: 1/10, 2/11, 3/12, 4/13 (0.308) and from there on 0.3.
        let decay = ((1 + number) as f64 / (10 + number) as f64).min(0.3);
        for ((wanted, now), is_trained) in wanted
            .iter_mut()
            .zip(wide(&world.state.model))
            .zip(&is_trained)
        {
            for (wanted, now) in wanted.iter_mut().zip(now) {
                *wanted = if *is_trained {
                    decay * *wanted + (1.0 - decay) * now
                } else {
                    now
                };
            }
        }
        let found = wide(world.state.average.as_ref().unwrap());
        for (found, wanted) in found.iter().flatten().zip(wanted.iter().flatten()) {
            assert!(
                (found - wanted).abs() < 1e-6,
                "step {number}: {found} {wanted}"
            );
        }
        // What is evaluated is the average.
        assert_eq!(wide(&world.state.evaluated()), found);
    }
}
