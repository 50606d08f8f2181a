//! `group` from runs, and `info` of runs: who helps whom is found where it was planted, from gradients and from bits.

use serde_json::Value;

use crate::harness::Folder;
use crate::info::Draws;
use crate::transfer::planted;

/// `up` and `same` follow the first input, `other` the second; each on all rows. Heads start at 0, so that the first steps give those of
/// like tasks like weights.
const CONFIG: &str = r#"
name = "three"
[data]
source = "three.csv"
[inputs.x]
columns = ["x", "z"]
[encoder]
hidden = [8]
activation = "tanh"
[tasks.up]
type = "regression"
[tasks.same]
type = "regression"
[tasks.other]
type = "regression"
[device]
backend = "cpu"
[train]
epochs = 1
batch_size = 64
optimizer = { type = "sgd", lr = 0.05 }
"#;

fn three() -> Folder {
    let folder = Folder::new(CONFIG);
    let mut draws = Draws(9);
    let mut text = String::from("x,z,up,same,other\n");
    for _ in 0..1500 {
        let (x, z) = (draws.normal(), draws.normal());
        let mut noisy = |value: f64| value + 0.3 * draws.normal();
        let (up, same, other) = (noisy(x), noisy(x), noisy(z));
        text.push_str(&format!("{x},{z},{up},{same},{other}\n"));
    }
    folder.write("three.csv", &text);
    folder
        .run(&["train", "config.toml", "--run-dir", "r", "--ui", "none"])
        .expect(0);
    folder
}

fn at(matrix: &Value, row: usize, column: usize) -> f64 {
    matrix[row][column]["value"].as_f64().unwrap()
}

#[test]
fn gradients_of_a_run_say_which_tasks_want_the_same() {
    let folder = three();
    let document = folder.run(&["group", "r", "--json"]).expect(0).json();
    assert_eq!(document["from"], "cosine");
    let cosines = &document["proposal"]["affinity"];
    let (same, other) = (at(cosines, 0, 1), at(cosines, 0, 2));
    assert!(same > other + 0.3 && same <= 1.0, "{same}, {other}");
    assert!(cosines[0][0].is_null());
    assert_eq!(at(cosines, 1, 0), same);

    // Of a config the run with all tasks is trained, and kept.
    let arguments = [
        "group",
        "config.toml",
        "--from",
        "tag",
        "--seeds",
        "1",
        "--ui",
        "none",
    ];
    let cover = ["--objective", "cover", "--max-groups", "2", "--json"];
    let tag = folder
        .run(&[&arguments[..], &cover].concat())
        .expect(0)
        .json();
    let gains = &tag["proposal"]["affinity"];
    assert!(
        at(gains, 0, 1) > 0.0 && at(gains, 0, 1) > 2.0 * at(gains, 0, 2),
        "{gains}"
    );
    // A step on a task itself would help it most, but is no affinity.
    assert!(gains[1][1].is_null());
    let groups = tag["groups"].as_array().unwrap();
    assert!(!groups.is_empty() && groups.len() <= 2, "{tag}");
    let again = folder.run(&arguments).expect(0);
    assert!(again.err.contains("done before"), "{}", again.err);
    assert!(again.out.contains("left to right"), "{}", again.out);

    let verified = folder
        .run(&[
            "group",
            "r",
            "--verify",
            "--seeds",
            "1",
            "--ui",
            "none",
            "--json",
            "--html",
            "page.html",
        ])
        .expect(0)
        .json();
    assert_eq!(verified["verified"].as_object().unwrap().len(), 3);
    assert!(
        folder
            .read("page.html")
            .contains("Who should train with whom?")
    );

    folder.run(&["group", "r", "--max-groups", "2"]).expect(2);
    let both = ["group", "r", "--objective", "cover", "--largest", "2"];
    folder.run(&both).expect(2);
}

#[test]
fn bits_say_who_helps_whom_and_who_is_in_the_way() {
    for (is_shared, wanted) in [
        (true, serde_json::json!([["few", "many"]])),
        (false, serde_json::json!([["few"], ["many"]])),
    ] {
        let folder = planted(is_shared);
        let arguments = [
            "group",
            "config.toml",
            "--from",
            "bits",
            "--seeds",
            "1",
            "--ui",
            "none",
            "--json",
        ];
        let document = folder.run(&arguments).expect(0).json();
        assert_eq!(document["groups"], wanted, "{document}");
        let gains = &document["proposal"]["affinity"];
        // Of two tasks the gain is that of training together; the rarer one has it.
        assert_eq!(at(gains, 1, 0) > 0.0, is_shared, "{gains}");
        assert_eq!(document["proposal"]["threshold"]["value"], 0.0);
        assert_eq!(gains[1][0]["unit"], "bits");
    }
}

#[test]
fn info_of_a_run_has_gradients_and_representations() {
    let folder = three();
    let document = folder
        .run(&["info", "r", "r", "--expert", "--json"])
        .expect(0)
        .json();
    let pairs = document["gradients"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    for pair in pairs {
        assert_eq!(
            (&pair["overlap"]["value"], &pair["is_shift"]),
            (&1.0.into(), &false.into())
        );
        assert!(pair["cosine"]["se"].as_f64().unwrap() > 0.0);
        let negative = pair["negative"]["value"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&negative));
    }
    // A run is like itself.
    let cka = document["representations"][0]["cka"]["value"]
        .as_f64()
        .unwrap();
    assert!((cka - 1.0).abs() < 1e-9, "{cka}");
    let labels = document["transferability"]["labels"].as_array().unwrap();
    assert_eq!(labels.len(), 3);
    for label in labels {
        // Numbers have an evidence, and no classes to part.
        assert!(label["log_me"]["value"].as_f64().unwrap().is_finite());
        assert!(label["h_score"].is_null());
    }
    let text = folder.run(&["info", "r", "r"]).expect(0).out;
    assert!(text.contains("How alike the representations are"), "{text}");
    assert!(text.contains("Cosines of the tasks' gradients"), "{text}");

    // Rows of their own tell nothing of what two tasks want.
    let apart = planted(true);
    apart
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "--ui",
            "none",
            "-s",
            "train.epochs=1",
        ])
        .expect(0);
    let found = apart.run(&["info", "r", "--json"]).expect(0).json();
    let pair = &found["gradients"]["pairs"][0];
    assert_eq!(
        (&pair["overlap"]["value"], &pair["is_shift"]),
        (&0.0.into(), &true.into())
    );
    let grouped = apart.run(&["group", "r"]).expect(0).out;
    assert!(
        grouped.contains("their gradients show how rows differ, not tasks"),
        "{grouped}"
    );
    // Another split, another test.
    let other = [
        "train",
        "config.toml",
        "--run-dir",
        "s",
        "--ui",
        "none",
        "--seed",
        "7",
        "-s",
        "train.epochs=1",
    ];
    apart.run(&other).expect(0);
    let refused = apart.run(&["info", "r", "s"]).expect(2);
    assert!(refused.err.contains("has other rows"), "{}", refused.err);
}
