//! Cascades and relations in training: parts that add up, engines that agree, states that go on bit for bit.

use polytask_model::names;
use polytask_training::load::experiment;
use polytask_training::step::step;

use crate::world::{bits, groups, reports, resumed_bit_for_bit, started, three_tasks, world};

const RELATIONS: [&str; 5] = [
    "{ type = \"mean\", weight = 0.1 }",
    "{ type = \"clusters\", groups = [[\"y_0\", \"y_2\"]] }",
    "{ type = \"graph\", edges = [[\"y_0\", \"y_1\"]] }",
    "{ type = \"tree\", edges = [[\"y_0\", \"y_1\"], [\"y_1\", \"y_2\"]] }",
    "{ type = \"trace_norm\", weight = 0.05 }",
];

/// Three regressions on a latent space, the last of which reads the first two.
fn config(multitask: &str, rest: &str) -> String {
    let text = three_tasks(&format!(
        "[multitask]\n{multitask}\n[encoder]\ntype = \"mlp\"\nhidden = [5]\n[sharing]\ntype = \"latent\"\ndimension = 2\n\
         [heads]\ninit = \"random\"\n{rest}"
    ));
    let last = "y_2.type = \"regression\"\n";
    text.replace(last, &format!("{last}y_2.after = [\"y_0\", \"y_1\"]\n"))
}

#[test]
fn a_relation_is_the_penalty_of_every_split() {
    for relation in RELATIONS {
        let text = config(
            &format!("relation = {relation}"),
            "[train]\nepochs = 2\nbatch_size = 7\n",
        );
        let mut world = world(&text);
        let reports = reports(&mut world);
        for (report, split) in reports
            .iter()
            .flat_map(|report| [(report, "train"), (report, "val")])
        {
            let metric = |key: &str| report.metrics[&format!("{split}/{key}")];
            let parts = (0..3).map(|task| metric(&format!("y_{task}/weighted_loss")));
            let (parts, loss) = (parts.sum::<f64>(), metric("loss"));
            assert!(metric("penalty") > 0.0, "{relation}");
            let off = parts + metric("penalty") - loss;
            assert!(off.abs() <= 1e-12 * loss.abs(), "{relation} {split}: {off}");
        }
    }
}

#[test]
fn engines_agree_with_plain_backward() {
    for relation in RELATIONS {
        let rest =
            "[train]\nbatch_size = 6\naccumulate = 2\noptimizer = { type = \"sgd\", lr = 0.1 }\n";
        let of = |aggregator: &str| config(&format!("{aggregator}relation = {relation}"), rest);
        let mut plain = world(&of(""));
        for aggregator in [
            "aggregator = \"mean\"\n",
            "aggregator = { type = \"mean\", level = \"representation\" }\n",
            "aggregator = { type = \"mean\", engine = \"reforward\" }\n",
        ] {
            let (plan, mut other) = started(&of(aggregator));
            let (_, mut one) = started(&of(""));
            for group in groups(&plain.plan, 0) {
                step(&plain.plan, &mut one, &group).unwrap();
                step(&plan, &mut other, &group).unwrap();
            }
            let pairs = names::export(&one.model)
                .into_iter()
                .zip(names::export(&other.model));
            for ((name, _, wanted), (_, _, found)) in pairs {
                for (found, wanted) in found.iter().zip(&wanted) {
                    assert!(
                        (found - wanted).abs() < 5e-6,
                        "{relation} {aggregator} {name}: {found} for {wanted}"
                    );
                }
            }
            plain.state = one;
        }
        let cascade = bits(&mut plain.state, &["model/heads.y_2.cascade"]);
        assert!(cascade[0].1.iter().all(|bits| *bits != 0));
    }
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    for relation in RELATIONS {
        let text = config(
            &format!("relation = {relation}"),
            "[train]\nbatch_size = 6\nema = 0.9\noptimizer = { type = \"adam\", lr = 0.01 }\n",
        );
        resumed_bit_for_bit(&text, &[1]);
    }
}

#[test]
fn what_is_not_learnt_is_neither_read_nor_tied() {
    let text = config(&format!("relation = {}", RELATIONS[3]), "")
        .replace("y_1.weight = 0.5\n", "y_1.active = false\n");
    let (plan, mut state) = started(&text);
    assert_eq!(plan.tasks[1].after, ["y_0"]);
    for group in groups(&plan, 0) {
        assert!(step(&plan, &mut state, &group).is_ok());
    }
}

#[test]
fn a_circle_is_a_problem_of_the_config() {
    let text = config("", "").replace(
        "y_0.type = \"regression\"\n",
        "y_0.type = \"regression\"\ny_0.after = [\"y_2\"]\n",
    );
    let problems = experiment(&text).map(drop).unwrap_err();
    let found: Vec<(&str, &str)> = problems
        .0
        .iter()
        .map(|problem| (problem.code, problem.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [(
            "P0314",
            "the tasks read each other in a circle: y_0 after y_2 after y_0"
        )]
    );
}

/// Without edges they come from the training labels, whatever the order of the tasks, and stay with the state.
#[test]
fn labels_say_who_is_related() {
    let config = |kind: &str| {
        let tasks = (0..4).map(|task| format!("[tasks.task_{task}]\ntype = \"binary\"\n"));
        format!(
            "[data]\nsource = {{ type = \"many_binary\", tasks = 4, features = 5, factors = 1, train = 400, val = 20, \
             test = 20 }}\n[inputs.x]\n[multitask]\nrelation = {{ type = \"{kind}\" }}\n[encoder]\ntype = \"mlp\"\nhidden = [4]\n\
             [heads]\ninit = \"random\"\n{}",
            tasks.collect::<String>()
        )
    };
    for kind in ["graph", "tree", "clusters"] {
        let text = config(kind);
        let world = world(&text);
        let moved = text.replace("[tasks.task_0]\ntype = \"binary\"\n", "");
        let (plan, other) = started(&format!("{moved}[tasks.task_0]\ntype = \"binary\"\n"));
        let edges = if kind == "graph" { 6 } else { 3 };
        assert_eq!(world.plan.model.related.len(), edges, "{kind}");
        assert_eq!(world.plan.model.related, plan.model.related);
        let penalty = |state: &polytask_training::state::TrainState| {
            state
                .model
                .penalty()
                .unwrap()
                .into_data()
                .iter::<f64>()
                .sum::<f64>()
        };
        let (one, other) = (penalty(&world.state), penalty(&other));
        assert!(
            one > 0.0 && (one - other).abs() < 1e-6 * one,
            "{kind}: {one} {other}"
        );
    }
}
