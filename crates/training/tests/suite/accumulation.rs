//! Accumulating k batches is the step of the one batch that they make together, also with missing labels.

use polytask_training::step::step;

use crate::world::{started, three_tasks, world};
use polytask_model::names::export;

fn config(weighting: &str, norm: &str) -> String {
    three_tasks(&format!(
        "[multitask]\nweighting = {weighting}\n[encoder]\ntype = \"mlp\"\nhidden = [8]\nactivation = \"gelu\"\n\
         norm = \"{norm}\"\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 9\naccumulate = 3\n\
         optimizer = {{ type = \"sgd\", lr = 0.1 }}\n"
    ))
}

#[test]
fn three_batches_are_one() {
    for weighting in ["\"fixed\"", "\"uncertainty\"", "\"nats\""] {
        let mut many = world(&config(weighting, "layer"));
        let (plan, mut one) = started(&config(weighting, "layer"));
        let rows: Vec<Vec<u32>> = plan.sampler.batches(0).take(3).collect();
        let parts: Vec<_> = rows.iter().map(|rows| plan.encoded.batch(rows)).collect();
        let labelled: Vec<usize> = parts.iter().map(|part| part.targets[0].labelled).collect();
        assert!(
            labelled.iter().any(|&count| count != labelled[0]),
            "unequal counts"
        );
        let whole = [plan.encoded.batch(&rows.concat())];
        let of_many = step(&many.plan, &mut many.state, &parts).unwrap();
        let of_one = step(&plan, &mut one, &whole).unwrap();
        assert!((of_many.loss - of_one.loss).abs() < 1e-6 * of_one.loss);
        for ((name, _, left), (_, _, right)) in
            export(&many.state.model).iter().zip(export(&one.model))
        {
            for (left, right) in left.iter().zip(&right) {
                assert!(
                    (left - right).abs() < 1e-6,
                    "{weighting} {name}: {left} {right}"
                );
            }
        }
    }
}

#[test]
fn looking_at_the_losses_first_moves_no_running_statistic() {
    // With weight_lr = 0 every scale stays where it began: α = ½ for a squared error, which the tasks' weights undo.
    let asks = config("{ type = \"uncertainty\", weight_lr = 0.0 }", "batch");
    let asks = asks.replace(
        "y_1.weight = 0.5",
        "y_1.weight = 1.0\ny_0.weight = 2.0\ny_2.weight = 2.0",
    );
    let knows = config("\"fixed\"", "batch");
    let mut asking = world(&asks);
    let (plan, mut knowing) = started(&knows);
    let parts: Vec<_> = plan
        .sampler
        .batches(0)
        .take(3)
        .map(|rows| plan.encoded.batch(&rows))
        .collect();
    step(&asking.plan, &mut asking.state, &parts).unwrap();
    step(&plan, &mut knowing, &parts).unwrap();
    assert_eq!(export(&asking.state.model), export(&knowing.model));
}
