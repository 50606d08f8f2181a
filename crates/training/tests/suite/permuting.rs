//! The order of the tasks in the config means nothing: losses, weights, what a weighting has learned, and through a
//! step of plain gradient descent every gradient come out the same by name.

use std::collections::BTreeMap;

use polytask_balance::WEIGHTINGS;
use polytask_balance::contract::Property;
use polytask_config::Value;
use polytask_training::plan::Plan;
use polytask_training::state::TrainState;
use polytask_training::step::{Stepped, step};

use crate::world::{groups, started, three_tasks, world};

const TASKS: &str = "y_0.type = \"regression\"\ny_1.type = \"regression\"\ny_1.weight = 0.5\ny_2.type = \"regression\"\n";

fn config(weighting: &str) -> String {
    let text = three_tasks(&format!(
        "[multitask]\nweighting = \"{weighting}\"\n[encoder]\ntype = \"mlp\"\nhidden = [6]\nnorm = \"batch\"\n\
         dropout = 0.2\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 9\n\
         optimizer = {{ type = \"sgd\", lr = 0.1 }}\n"
    ));
    assert!(text.contains(TASKS));
    match weighting {
        "equal" => text.replace("y_1.weight = 0.5\n", ""),
        _ => text,
    }
}

/// The same config with its tasks in another order.
fn permuted(text: &str) -> String {
    let (own, rest) = text.split_once("y_0.type = \"regression\"\n").unwrap();
    let (middle, rest) = rest.split_once("y_2.type = \"regression\"\n").unwrap();
    format!("{own}y_2.type = \"regression\"\ny_0.type = \"regression\"\n{middle}{rest}")
}

/// By name: losses, weights, parameters and what the weighting remembers of each task.
fn named(plan: &Plan, state: &mut TrainState, stepped: &Stepped) -> BTreeMap<String, Vec<f64>> {
    let mut named = BTreeMap::new();
    for (index, task) in plan.tasks.iter().enumerate() {
        let loss = stepped.losses[index].unwrap_or(-1.0);
        named.insert(task.name.clone(), vec![loss, stepped.weights[index]]);
    }
    named.insert("loss".to_owned(), vec![stepped.loss]);
    for (name, value) in state.save().unwrap().0 {
        if !name.starts_with("model/") && !name.starts_with("weighting/") {
            continue;
        }
        let values = match value {
            Value::Floats { values, .. } => values.into_iter().map(f64::from).collect(),
            Value::Numbers(values) => values,
            _ => continue,
        };
        named.insert(name, values);
    }
    named
}

#[test]
fn permuting_the_tasks_permutes_everything_and_nothing_else() {
    let depends_on_order = |property: &(Property, &str)| property.0 == Property::Permutation;
    let exempt = |facts: &polytask_balance::Facts| facts.exempt.iter().any(depends_on_order);
    for weighting in WEIGHTINGS.iter().filter(|entry| !exempt(&entry.facts)) {
        let text = config(weighting.name);
        let mut one = world(&text);
        let (plan, mut other) = started(&permuted(&text));
        assert_eq!(
            [&plan.tasks[0].name, &plan.tasks[1].name],
            ["y_2", "y_0"],
            "the order is another"
        );
        let batches = groups(&one.plan, 0).into_iter().zip(groups(&plan, 0));
        for (number, (batch, same)) in batches.enumerate() {
            assert_eq!(batch[0].rows, same[0].rows, "the rows are the same");
            let of_one = step(&one.plan, &mut one.state, &batch).unwrap();
            let of_other = step(&plan, &mut other, &same).unwrap();
            let wanted = named(&one.plan, &mut one.state, &of_one);
            let found = named(&plan, &mut other, &of_other);
            assert!(wanted.keys().eq(found.keys()), "{}", weighting.name);
            for (name, wanted) in &wanted {
                assert_eq!(found[name].len(), wanted.len());
                for (found, wanted) in found[name].iter().zip(wanted) {
                    // Sums over tasks round in their order.
                    assert!(
                        (found - wanted).abs() <= 2e-5 * wanted.abs().max(1.0),
                        "{} step {number} {name}: {found} {wanted}",
                        weighting.name
                    );
                }
            }
        }
    }
}
