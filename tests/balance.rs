//! `balance`: what a method answers, and what is wrong with a request.

use serde_json::json;

use crate::harness::Folder;

const PAIR: &str = r#"{"gram": [[1, 0], [0, 4]], "options": {"normalize": "none"}}"#;

#[test]
fn a_request_is_answered_from_standard_input_and_from_a_file_alike() {
    let folder = Folder::new("");
    folder.write("pair.json", PAIR);
    let named = ["balance", "mgda", "--input", "pair.json", "--json"];
    let answer = folder.run(&named).expect(0).json();
    // The shortest convex combination of (1, 0) and (0, 2).
    for (weight, wanted) in answer["weights"].as_array().unwrap().iter().zip([0.8, 0.2]) {
        assert!(
            (weight.as_f64().unwrap() - wanted).abs() < 1e-12,
            "{answer}"
        );
    }
    assert_eq!(answer.get("direction"), None);
    let piped = folder.run_with_input(&["balance", "mgda", "--json"], PAIR);
    assert_eq!(piped.expect(0).json(), answer);
}

#[test]
fn several_requests_are_answered_in_turn() {
    let folder = Folder::new("");
    let requests =
        r#"{"jacobian": [[1, 2], [3, -1]]} {"jacobian": [[0, 2]], "wrap": {"gain": "sum"}}"#;
    let ended = folder.run_with_input(&["balance", "mean", "--json"], requests);
    let answers = ended.expect(0).events();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["direction"], json!([2.0, 0.5]));
    assert_eq!(answers[1]["direction"], json!([0.0, 2.0]));
}

/// FAMO's first step is Adam's rate, away from the task that fell more.
#[test]
fn a_run_of_steps_is_answered_step_by_step() {
    let folder = Folder::new("");
    let run = r#"{"options": {"decay": 0}, "steps": [
        {"losses": [1, 1, null], "losses_after": [0.5, 0.9, null]}, {"losses": [1, 1, null]}]}"#;
    let answer = folder.run_with_input(&["balance", "famo", "--json"], run);
    let answer = answer.expect(0).json();
    assert_eq!(answer["steps"].as_array().unwrap().len(), 2);
    let weight = answer["steps"][1]["weights"][0].as_f64().unwrap();
    assert!((weight - 1.0 / (1.0 + 0.05_f64.exp())).abs() < 1e-7);
    assert_eq!(answer["weights"], answer["steps"][1]["weights"]);
    assert_eq!(answer["weights"][2], json!(null));
    let run = r#"{"task_weights": [3, 4], "steps": [{"losses": [1, null]}, {"losses": [1, 2]}]}"#;
    let text = folder.run_with_input(&["balance", "dwa"], run);
    let wanted = "\
step 0
task    weight  head
task_0       3     3
task_1       -     -
residual 0

step 1
task    weight  head
task_0       3     3
task_1       4     4
residual 0
";
    assert_eq!(text.expect(0).out, wanted);
}

#[test]
fn every_listed_method_answers() {
    let folder = Folder::new("");
    let request = r#"{"jacobian": [[1.0, 0.5], [-0.2, 1.0]], "losses": [0.5, 1.0], "cross": [[1.0, 0.0], [0.1, 2.0]]}"#;
    for what in ["aggregators", "weightings"] {
        let listed = folder.run(&["list", what, "--json"]).expect(0).json();
        for entry in listed["entries"].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            let ended = folder.run_with_input(&["balance", name, "--json"], request);
            let answer = ended.expect(0).json();
            assert_eq!(answer["direction"].as_array().unwrap().len(), 2, "{name}");
        }
    }
}

#[test]
fn aggregators_are_listed_with_what_they_need_and_the_options_of_the_wrappers() {
    let folder = Folder::new("");
    let listed = folder
        .run(&["list", "aggregators", "--json"])
        .expect(0)
        .json();
    let entry = |name: &str| {
        let mut entries = listed["entries"].as_array().unwrap().iter();
        entries.find(|entry| entry["name"] == name).unwrap().clone()
    };
    let has = |name: &str, key: &str| {
        let entry = entry(name);
        let mut options = entry["options"].as_array().unwrap().iter();
        options.any(|option| option["key"] == key)
    };
    assert_eq!(entry("cagrad")["needs"], "inner products of the gradients");
    assert_eq!(entry("graddrop")["needs"], "gradients entry by entry");
    assert_eq!(entry("modo")["needs"], "three batches a step");
    assert!(has("cagrad", "moving_average") && has("cagrad", "c"));
    assert!(has("graddrop", "clip") && has("modo", "clip") && has("modo", "moving_average"));
    let text = folder.run(&["list", "aggregators"]).expect(0).out;
    // Once, at the end.
    assert_eq!(text.matches("moving_average = 0").count(), 1, "{text}");
}

#[test]
fn a_person_sees_a_table() {
    let folder = Folder::new("");
    let request = r#"{"jacobian": [[3, 0], [0, 2]], "losses": [2.0, 0.5]}"#;
    let ended = folder
        .run_with_input(&["balance", "mean"], request)
        .expect(0);
    let wanted = "\
task    weight  head
task_0     0.5     1
task_1     0.5     1
direction 1.5 1
residual 0
";
    assert_eq!(ended.out, wanted);
}

#[test]
fn what_is_wrong_is_said_with_its_exit_code() {
    let folder = Folder::new("");
    let refused = |method: &str, input: &str, code: i32, said: &str| {
        let ended = folder
            .run_with_input(&["balance", method], input)
            .expect(code);
        assert!(ended.err.contains(said), "{}", ended.err);
        assert_eq!(ended.out, "");
    };
    refused("mgdaa", PAIR, 2, "mgda");
    refused("mgda", "", 4, "it is empty");
    refused(
        "mgda",
        "{\"gram\": [[1,",
        4,
        "standard input: no request: EOF",
    );
    refused("mgda", r#"{"gramm": [[1]]}"#, 4, "unknown field `gramm`");
    refused(
        "dwa",
        r#"{"steps": [{"losses": [1], "losses_after": [1]}]}"#,
        4,
        "steps[0]: dwa does not look at losses_after",
    );
    refused(
        "dwa",
        r#"{"steps": [{"loss": [1]}]}"#,
        4,
        "unknown field `loss`",
    );
    refused("mgda", "{}", 4, "no gram or jacobian, which mgda needs");
    refused(
        "mgda",
        r#"{"gram": [[1, 5], [5, 4]]}"#,
        4,
        "no gradients have these inner products",
    );
    refused(
        "cagrad",
        r#"{"gram": [[1, 0], [0]]}"#,
        4,
        "a row of gram has 1 entries, wanted 2",
    );
    refused(
        "mgda",
        r#"{"gram": [[1, 2], [3, 4]]}"#,
        4,
        "not symmetric at tasks 0 and 1",
    );
    refused(
        "mgda",
        r#"{"gram": [[1]], "options": {"normalise": "l2"}}"#,
        3,
        "has no option `normalise`",
    );
    refused("cagrad", r#"{"gram": [[1]], "options": {"c": -1}}"#, 3, "c");
    refused(
        "graddrop",
        r#"{"gram": [[1]]}"#,
        4,
        "no jacobian, which graddrop needs",
    );
    let missing = folder
        .run(&["balance", "mgda", "--input", "none.json"])
        .expect(4);
    assert!(
        missing.err.contains("none.json: cannot be read"),
        "{}",
        missing.err
    );
}
