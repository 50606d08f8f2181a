//! Training with a joint head: parts that add up, gradients that every engine agrees on, states that go on bit for bit.

use polytask_balance::WEIGHTINGS;
use polytask_model::{circle, names};
use polytask_training::evaluate::{Measured, Predictor};
use polytask_training::information::coupling;
use polytask_training::load::experiment;
use polytask_training::state::TrainState;
use polytask_training::step::step;

use crate::world::{
    assert_same_weights, bits, groups, reports, resumed_bit_for_bit, started, three_tasks, world,
};

const CHAIN: &str =
    "joint = { type = \"given\", edges = [[\"task_1\", \"task_0\"], [\"task_1\", \"task_2\"]] }\n";

/// Four yes/no tasks with missing labels; the last one is not coupled.
fn config(multitask: &str, rest: &str) -> String {
    let tasks = (0..4).map(|task| format!("[tasks.task_{task}]\ntype = \"binary\"\n"));
    format!(
        "[data]\nsource = {{ type = \"many_binary\", tasks = 4, features = 5, factors = 1, train = 60, val = 20, \
         test = 20 }}\n[inputs.x]\n[multitask]\n{multitask}{rest}{}",
        tasks.collect::<String>()
    )
}

/// The tables with numbers in them.
fn with_tables(state: &mut TrainState) {
    let mut values = names::export(&state.model);
    for (name, _, values) in &mut values {
        if name.starts_with("joint.") {
            let own = if name.contains("task_0") { 0.9 } else { -0.6 };
            *values = vec![own, -own, 0.3, own];
        }
    }
    state.model = names::import(state.model.clone(), values).unwrap();
}

#[test]
fn the_loss_of_a_split_is_the_sum_of_its_parts() {
    for weighting in WEIGHTINGS {
        let multitask = format!("weighting = \"{}\"\n{CHAIN}", weighting.name);
        let rest =
            "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[train]\nepochs = 2\nbatch_size = 16\n";
        let mut world = world(&config(&multitask, rest));
        let reports = reports(&mut world);
        assert_eq!(reports.len(), 2);
        for (report, split) in reports
            .iter()
            .flat_map(|report| [(report, "train"), (report, "val")])
        {
            let metric = |key: &str| report.metrics[&format!("{split}/{key}")];
            let parts = (0..4).map(|task| metric(&format!("task_{task}/weighted_loss")));
            let (parts, loss) = (parts.sum::<f64>(), metric("loss"));
            assert!(
                (parts - loss).abs() <= 1e-12 * loss.abs(),
                "{} {split}: {parts} {loss}",
                weighting.name
            );
        }
    }
}

/// The bits of all coupled labels are those of an evaluation; of a chain, what its ends share is less than each edge does.
#[test]
fn a_known_label_gives_what_the_pair_shares() {
    let mut world = world(&config(
        CHAIN,
        "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 16\n",
    ));
    with_tables(&mut world.state);
    let model = world.state.evaluated();
    let predictor = Predictor::of(&world.plan, &model);
    let rows = &world.plan.splits.train;
    let evaluated = predictor
        .evaluate(&Measured {
            encoded: &world.plan.encoded,
            rows,
            split: "train",
            batch_size: 7,
            weights: &[1.0; 4],
        })
        .unwrap();
    let found = coupling(&predictor, &world.plan.encoded, rows, 9, false)
        .unwrap()
        .unwrap();
    let wanted = evaluated.joint.unwrap();
    assert!((found.joint.value.unwrap() - wanted.value.unwrap()).abs() < 1e-5);
    assert!((found.joint.se.unwrap() - wanted.se.unwrap()).abs() < 1e-5);
    assert_eq!(found.joint.n, wanted.n);
    // The fourth task is not coupled: three pairs of three labels.
    let pair = |names: [&str; 2]| {
        let is_it = |left: &str, right: &str| names == [left, right] || names == [right, left];
        let mut pairs = found.pairs.iter();
        pairs
            .find(|pair| is_it(&pair.left, &pair.right))
            .unwrap()
            .given
            .clone()
    };
    assert_eq!(found.pairs.len(), 3);
    let spread = |given: polytask_information::Measure| given.se.unwrap() * (given.n as f64).sqrt();
    let ends = spread(pair(["task_0", "task_2"]));
    for edge in [["task_0", "task_1"], ["task_1", "task_2"]] {
        let found = spread(pair(edge));
        assert!(found > 0.05 && ends < found, "{ends}, {edge:?} {found}");
    }
}

/// Chained losses and marginal losses differ by the joint gain, and both are what they are for heads by themselves while
/// the tables are zero.
#[test]
fn the_gain_is_what_the_chain_saves_over_the_marginals() {
    let mut world = world(&config(
        CHAIN,
        "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 16\n",
    ));
    let evaluate = |state: &TrainState| {
        let model = state.evaluated();
        let predictor = Predictor::of(&world.plan, &model);
        let measured = Measured {
            encoded: &world.plan.encoded,
            rows: &world.plan.splits.train,
            split: "train",
            batch_size: 7,
            weights: &[1.0; 4],
        };
        predictor.evaluate(&measured).unwrap()
    };
    let sums = |evaluation: &polytask_training::evaluate::Evaluation, metric: &str| -> f64 {
        let each = (0..3).map(|task| {
            let rows = evaluation.rows[&format!("task_{task}")] as f64;
            rows * evaluation.metrics[&format!("train/task_{task}/{metric}")]
        });
        each.sum()
    };
    let before = evaluate(&world.state);
    let gain = before.joint.clone().unwrap();
    assert!(gain.value.unwrap().abs() < 1e-6 && gain.se.unwrap() < 1e-6);
    assert!((sums(&before, "loss") - sums(&before, "log_loss")).abs() < 1e-4);

    with_tables(&mut world.state);
    let after = evaluate(&world.state);
    let gain = after.joint.clone().unwrap();
    let nats = gain.n as f64 * gain.value.unwrap() * std::f64::consts::LN_2;
    let saved = sums(&after, "log_loss") - sums(&after, "loss");
    assert!(saved.abs() > 0.5, "{saved}");
    assert!((nats - saved).abs() < 1e-3, "{nats} for {saved}");
    assert_eq!(after.metrics["train/joint_bits"], gain.value.unwrap());
    // A task that is not coupled has its own loss.
    let alone = |key: &str| after.metrics[&format!("train/task_3/{key}")];
    assert!((alone("loss") - alone("log_loss")).abs() < 1e-6);
}

/// The engine tells the tasks' gradients apart; their sum is the gradient of the plain sum, in heads and tables too.
#[test]
fn the_engine_agrees_with_plain_backward() {
    let rest = "[encoder]\ntype = \"mlp\"\nhidden = [4]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 12\naccumulate = 2\n\
                optimizer = { type = \"sgd\", lr = 0.1 }\n";
    let config = |multitask: &str| {
        config(multitask, rest).replace("[tasks.task_1]\n", "[tasks.task_1]\nweight = 0.5\n")
    };
    let one = world(&config(CHAIN));
    let (plan, mut other) = started(&config(&format!("aggregator = \"mean\"\n{CHAIN}")));
    let (_, mut plain) = started(&config(CHAIN));
    with_tables(&mut other);
    with_tables(&mut plain);
    for group in groups(&one.plan, 0) {
        let of_plain = step(&one.plan, &mut plain, &group).unwrap();
        let of_other = step(&plan, &mut other, &group).unwrap();
        assert!(of_plain.losses.iter().all(Option::is_some));
        for (found, wanted) in of_other.losses.iter().zip(&of_plain.losses) {
            assert!((found.unwrap() - wanted.unwrap()).abs() < 1e-5);
        }
        assert_same_weights(&plain, &other, 2e-6);
    }
}

#[test]
fn a_restored_state_goes_on_bit_for_bit() {
    for multitask in [
        CHAIN.to_owned(),
        "joint = \"chow_liu\"\n".to_owned(),
        format!("aggregator = \"mgda\"\nweighting = \"uncertainty\"\n{CHAIN}"),
    ] {
        let text = config(
            &multitask,
            "[encoder]\ntype = \"mlp\"\nhidden = [6]\ndropout = 0.2\n[train]\nbatch_size = 10\naccumulate = 2\n\
             ema = 0.9\noptimizer = { type = \"adam\", lr = 0.01 }\n",
        );
        let mut whole = resumed_bit_for_bit(&text, &[1, 2]);
        let tables = bits(&mut whole.state, &["model/joint.", "average/joint."]);
        assert!(tables.len() >= 4, "{multitask}");
        assert!(
            tables
                .iter()
                .all(|(_, bits)| bits.iter().any(|bits| *bits != 0))
        );
    }
}

#[test]
fn the_order_of_tasks_means_nothing() {
    for multitask in [CHAIN, "joint = \"chow_liu\"\n"] {
        let text = config(
            multitask,
            "[encoder]\ntype = \"mlp\"\nhidden = [6]\n[heads]\ninit = \"random\"\n[train]\nbatch_size = 20\n\
             optimizer = { type = \"sgd\", lr = 0.1 }\n",
        );
        let moved = text.replace("[tasks.task_0]\ntype = \"binary\"\n", "");
        let moved = format!("{moved}[tasks.task_0]\ntype = \"binary\"\n");
        let mut one = world(&text);
        let (plan, mut other) = started(&moved);
        assert_eq!(plan.tasks[3].name, "task_0");
        assert_eq!(plan.model.coupled, one.plan.model.coupled);
        let batches = groups(&one.plan, 0).into_iter().zip(groups(&plan, 0));
        for (batch, same) in batches {
            step(&one.plan, &mut one.state, &batch).unwrap();
            step(&plan, &mut other, &same).unwrap();
        }
        assert_same_weights(&one.state, &other, 1e-5);
    }
}

/// Labels that follow one hidden factor are a tree; tasks that are not learnt are left out of a given one.
#[test]
fn the_tree_is_that_of_the_labels() {
    let text = config("joint = \"chow_liu\"\n", "[encoder]\nhidden = [4]\n")
        .replace("train = 60", "train = 600");
    let world = world(&text);
    let edges = &world.plan.model.coupled;
    assert_eq!(edges.len(), 3);
    assert_eq!(circle(edges), None);
    assert!(edges.iter().all(|[left, right]| left < right));

    let text = config(CHAIN, "[encoder]\nhidden = [4]\n")
        .replace("[tasks.task_2]\n", "[tasks.task_2]\nactive = false\n");
    let (plan, _) = started(&text);
    assert_eq!(
        plan.model.coupled,
        [["task_1", "task_0"].map(str::to_owned)]
    );
}

/// What cannot be coupled is told with its reason at the config's key; what can be is not.
#[test]
fn a_joint_head_that_cannot_be_had_is_told() {
    let pair = "[data]\nsource = { type = \"planted_pair\", train = 60, val = 20, test = 20 }\n[inputs.x]\n[multitask]\n\
                joint = \"chow_liu\"\n[encoder]\nhidden = [4]\n[tasks]\ny_0.type = \"regression\"\ny_1.type = \"regression\"\n";
    let told = |text: &str| {
        let (plan, state) = started(text);
        let warnings = plan.unused(&state.model).0;
        let own = warnings.iter().filter(|one| one.key == "multitask.joint");
        let own: Vec<String> = own.map(|one| one.message.clone()).collect();
        assert_eq!(own, plan.no_joint_head().into_iter().collect::<Vec<_>>());
        own
    };
    let tough = pair.replace(
        "y_1.type = \"regression\"",
        "y_1 = { type = \"regression\", loss = \"gaussian_nll\" }",
    );
    assert_eq!(
        told(&tough),
        [
            "no joint head: there are neither two classes nor two numbers that can be coupled; what cannot, as its loss is no plain \
             likelihood of classes or is `gaussian_nll`: `y_1`"
        ]
    );
    assert!(told(pair).is_empty());
    // Each row has a label of one of the three.
    let apart = three_tasks("[multitask]\njoint = \"chow_liu\"\n");
    assert_eq!(
        told(&apart),
        ["no joint head: no training row has labels of two tasks"]
    );
    let one = pair
        .replace(
            "\"chow_liu\"",
            "{ type = \"given\", numbers = [\"y_0\", \"y_1\"] }",
        )
        .replace("y_1.type", "y_1.active = false\ny_1.type");
    assert_eq!(
        told(&one),
        ["no joint head: fewer than two numbers are learnt"]
    );
    // At a false discovery rate of 0 nothing is significant.
    let strict = "joint = { type = \"chow_liu\", fdr = 0.0 }\n";
    assert_eq!(
        told(&config(strict, "[encoder]\nhidden = [4]\n")),
        ["no joint head: no pair of labels shares information that is significant at fdr 0"]
    );
    let alone = config(CHAIN, "[encoder]\nhidden = [4]\n")
        .replace("[tasks.task_1]\n", "[tasks.task_1]\nactive = false\n");
    assert_eq!(
        told(&alone),
        ["no joint head: no edge has both of its tasks learnt"]
    );
    assert!(told(&config(CHAIN, "[encoder]\nhidden = [4]\n")).is_empty());
}

#[test]
fn gradients_of_the_representation_are_refused() {
    let text = config(
        &format!("aggregator = {{ type = \"mgda\", level = \"representation\" }}\n{CHAIN}"),
        "",
    );
    let problems = experiment(&text).map(drop).unwrap_err();
    let codes: Vec<&str> = problems.0.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["P0313"]);
}

/// Labels of one task that are coupled with each other: their tables are the task's own, and its weight is theirs.
#[test]
fn tables_within_a_task_have_its_weight() {
    let path = std::env::temp_dir().join(format!("polytask-flags-{}.csv", std::process::id()));
    let mut rows = "x,y,a,b,c,other\n".to_owned();
    for row in 0..60_u32 {
        let dice = row.wrapping_mul(2_654_435_761) >> 9;
        let (a, c) = (dice % 2, dice / 2 % 2);
        let b = if dice.is_multiple_of(5) { 1 - a } else { a };
        rows.push_str(&format!(
            "{},{},{a},{b},{c},{}\n",
            dice % 17,
            dice % 11,
            dice / 4 % 2
        ));
    }
    std::fs::write(&path, rows).unwrap();
    let config = |multitask: &str| {
        format!(
            "[data]\nsource = \"{}\"\n[inputs.x]\ncolumns = [\"x\", \"y\"]\n[multitask]\n{multitask}\
             joint = {{ type = \"given\", edges = [[\"flags/a\", \"flags/b\"]] }}\n[encoder]\ntype = \"mlp\"\nhidden = [4]\n\
             [heads]\ninit = \"random\"\n[train]\nbatch_size = 12\noptimizer = {{ type = \"sgd\", lr = 0.1 }}\n\
             [tasks.flags]\ntype = \"multilabel\"\ntarget = [\"a\", \"b\", \"c\"]\nweight = 0.5\n\
             [tasks.other]\ntype = \"binary\"\n",
            path.display()
        )
    };
    let mut plain = world(&config(""));
    let (plan, mut other) = started(&config("aggregator = \"mean\"\n"));
    for group in groups(&plan, 0) {
        step(&plain.plan, &mut plain.state, &group).unwrap();
        step(&plan, &mut other, &group).unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    let wanted = names::export(&plain.state.model);
    let table = wanted
        .iter()
        .find(|(name, ..)| name == "joint.flags/a-flags/b.table");
    assert!(table.unwrap().2.iter().all(|value| *value != 0.0));
    for ((name, _, wanted), (_, _, found)) in wanted.iter().zip(names::export(&other.model)) {
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 2e-6,
                "{name}: {found} for {wanted}"
            );
        }
    }
}
