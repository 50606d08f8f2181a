//! What a config says is what is built, and options that contradict each other are problems of the config.

use polytask_config::{Document, Layers, Problems, read};
use polytask_data::TaskKind;
use polytask_random::Seed;

use super::fixtures::{all_kinds, columns, flex, task};
use crate::{
    ENCODERS, LOSSES, LossOptions, ModelOptions, SHARINGS, TaskLoss, build, kind_name, summary,
};

fn options(text: &str) -> (ModelOptions, Problems) {
    let document = Document::load(Layers::text("model.toml", text, "/")).unwrap();
    let reading = read(&document, ModelOptions::options);
    (reading.value, reading.problems)
}

fn sound(text: &str) -> ModelOptions {
    let (options, problems) = options(text);
    assert!(problems.is_empty(), "{problems:?}");
    options
}

#[track_caller]
fn assert_problem(text: &str, code: &str, key: &str) {
    let (_, problems) = options(text);
    let found: Vec<_> = problems
        .0
        .iter()
        .map(|problem| (problem.code, problem.key.as_str()))
        .collect();
    assert_eq!(found, [(code, key)]);
}

#[test]
fn every_key_reaches_its_option() {
    let options = sound(
        r#"
        [encoder]
        type = "mlp"
        hidden = [7, 5]
        activation = "silu"
        norm = "layer"
        dropout = 0.5
        residual = true
        bias = false
        [categorical]
        coding = "one_hot"
        [sharing]
        type = "codes"
        count = 3
        alpha = "block"
        gate = "entmax15"
        frobenius = 0.5
        unit_norm = true
        block = 2
        [heads]
        init = "random"
        "#,
    );
    let shown = format!("{options:?}");
    for part in [
        "hidden: [7, 5]",
        "activation: Silu",
        "norm: Layer",
        "dropout: 0.5",
        "residual: true",
        "bias: false",
        "coding: OneHot",
        "count: 3",
        "alpha: Block",
        "gate: Entmax15",
        "frobenius: 0.5",
        "unit_norm: true",
        "block: 2",
        "start: Random",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let options = sound(
        r#"
        [encoder]
        type = "cnn"
        channels = [4, 8]
        kernel = [5, 3]
        stride = [2]
        padding = "valid"
        pool = "avg"
        pool_size = [3]
        norm = "group"
        activation = "tanh"
        dropout = 0.25
        collapse = "average"
        dense = []
        [sharing]
        type = "hard"
        [heads]
        hidden = [9]
        "#,
    );
    let shown = format!("{options:?}");
    for part in [
        "channels: [4, 8]",
        "kernel: [5, 3]",
        "stride: [2]",
        "padding: Valid",
        "pool: Average",
        "pool_size: [3]",
        "norm: Group",
        "activation: Tanh",
        "dropout: 0.25",
        "collapse: Average",
        "dense: []",
        "hidden: [9]",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn contradictions_are_problems() {
    let cnn = "encoder = { type = \"cnn\", channels = [4, 4, 4], kernel = [3, 3] }";
    assert_problem(cnn, "P0501", "encoder.kernel");
    let l1 = "sharing = { type = \"codes\", gate = \"softmax\", l1 = 0.1 }";
    assert_problem(l1, "P0502", "sharing.l1");
    let block = "sharing = { type = \"codes\", block = 4 }";
    assert_problem(block, "P0502", "sharing.block");
    let tower = "sharing = \"latent\"\nheads.hidden = [4]";
    assert_problem(tower, "P0503", "heads.hidden");
    sound("sharing = \"hard\"\nheads.hidden = [4]");
    assert_problem(
        "encoder = { type = \"mlp\", hidden = [4, 0] }",
        "P0204",
        "encoder.hidden[1]",
    );
    assert_problem(
        "encoder = { type = \"mlp\", dropout = 1.0 }",
        "P0204",
        "encoder.dropout",
    );
    assert_problem("sharing = \"lattent\"", "P0205", "sharing");
}

#[test]
fn every_encoder_and_sharing_builds_by_its_name_alone() {
    let pictures = polytask_data::InputShape {
        image: Some([1, 28, 28]),
        ..columns(2)
    };
    for encoder in ENCODERS {
        for sharing in SHARINGS {
            let text = format!(
                "encoder = \"{}\"\nsharing = \"{}\"",
                encoder.name, sharing.name
            );
            let model = build(&sound(&text), &pictures, &all_kinds(), Seed(1), &flex()).unwrap();
            assert!(summary(&model).parameters > 0);
        }
    }
}

#[test]
fn every_loss_serves_its_kinds_by_its_name_alone() {
    let kinds = [
        TaskKind::Binary,
        TaskKind::Multiclass { classes: 3 },
        TaskKind::Multilabel { labels: 2 },
        TaskKind::Regression { outputs: 2 },
        TaskKind::Ordinal { levels: 3 },
    ];
    for entry in LOSSES {
        let document = Document::load(Layers::text(
            "task.toml",
            format!("loss = \"{}\"", entry.name),
            "/",
        ));
        let reading = read(&document.unwrap(), LossOptions::options);
        assert!(reading.problems.is_empty(), "{}", entry.name);
        for kind in &kinds {
            let mut task = task("task", kind.clone());
            task.loss = reading.value.clone();
            assert_eq!(task.loss.name(kind), entry.name);
            let serves = entry.facts.kinds.contains(&kind_name(kind));
            assert_eq!(
                TaskLoss::new(&task).is_ok(),
                serves,
                "{} for {kind:?}",
                entry.name
            );
            let usual = LossOptions::default().name(kind) == entry.name;
            assert_eq!(entry.facts.default_for.contains(&kind_name(kind)), usual);
        }
    }
}

#[test]
fn what_acts_on_the_weights_of_codes_is_read() {
    let keys =
        "l1 = 0.1, proximal = true, group_lasso = 0.2, groups = \"task\", warmup = 2, anneal = 3";
    let options = sound(&format!("sharing = {{ type = \"codes\", {keys} }}"));
    let shown = format!("{options:?}");
    for part in [
        "l1: 0.1",
        "proximal: true",
        "group_lasso: 0.2",
        "groups: Task",
        "warmup: 2.0, anneal: 3.0",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for (keys, wrong) in [
        ("gate = \"softmax\", group_lasso = 0.1", "group_lasso"),
        ("groups = \"task\"", "groups"),
        ("proximal = true", "proximal"),
        ("warmup = 2.0", "warmup"),
        ("anneal = 2.0", "anneal"),
    ] {
        let text = format!("sharing = {{ type = \"codes\", {keys} }}");
        assert_problem(&text, "P0502", &format!("sharing.{wrong}"));
    }
}

#[test]
fn codes_that_are_only_a_latent_space_are_noted() {
    let noted = |sharing: &str| {
        let text = format!("encoder = {{ type = \"mlp\", hidden = [6] }}\nsharing = {sharing}");
        let model = build(&sound(&text), &columns(3), &all_kinds(), Seed(1), &flex()).unwrap();
        model.notes().to_vec()
    };
    // Six numbers and thirteen scores: min(k, S) = 6.
    let notes = noted("{ type = \"codes\", count = 6 }");
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("min(6, 13)"), "{}", notes[0]);
    for sharing in [
        "{ type = \"codes\", count = 5 }",
        "{ type = \"codes\", count = 6, l1 = 0.01, unit_norm = true }",
        "{ type = \"codes\", count = 6, l1 = 0.01, frobenius = 0.01 }",
        "{ type = \"codes\", count = 6, unit_norm = true }",
        "{ type = \"codes\", count = 6, alpha = \"per_task\", gate = \"sparsemax\" }",
        "\"latent\"",
        "\"hard\"",
    ] {
        assert!(noted(sharing).is_empty(), "{sharing}");
    }
    // Half the weights with twice the codes is the same model at half the penalty.
    let notes = noted("{ type = \"codes\", count = 6, l1 = 0.01 }");
    assert!(notes[0].contains("unit_norm = true"), "{}", notes[0]);
}

#[test]
fn simplex_weights_of_single_outputs_are_noted() {
    let text = "sharing = { type = \"codes\", gate = \"sparsemax\" }";
    let model = build(&sound(text), &columns(3), &all_kinds(), Seed(1), &flex()).unwrap();
    let [note] = model.notes() else {
        panic!("{:?}", model.notes())
    };
    assert!(note.contains("per_task"), "{note}");
}
