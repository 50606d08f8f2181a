//! A label that is always the same: nothing to learn, said so everywhere, and never a number that is none.

use serde_json::Value;

use crate::harness::Folder;
use crate::info::Draws;

const CONSTANT: &str = r#"
name = "constant"
[data]
source = "constant.csv"
split = { type = "random", train = 0.6, val = 0.2, test = 0.2 }
[inputs.x]
columns = ["x", "z"]
[encoder]
hidden = [4]
[tasks.state]
type = "binary"
target = "state"
classes = ["same", "other"]
[tasks.dose]
type = "regression"
[tasks.pair]
type = "regression"
target = ["dose", "height"]
[tasks.height]
type = "regression"
[device]
backend = "cpu"
[train]
epochs = 2
[info]
permutations = 19
"#;

fn table() -> String {
    let mut draws = Draws(5);
    let mut text = String::from("x,z,state,dose,height\n");
    for _ in 0..300 {
        let (x, z) = (draws.normal(), draws.normal());
        let height = x - z + draws.normal();
        text.push_str(&format!("{x},{z},same,2.5,{height}\n"));
    }
    text
}

#[test]
fn a_constant_label_has_nothing_to_learn_and_says_so() {
    let folder = Folder::new(CONSTANT);
    folder.write("constant.csv", &table());
    let report = folder.run(&["info", "config.toml", "--json"]).expect(0);
    let report = report.json();
    let tasks = report["report"]["tasks"].as_array().unwrap();
    let of = |name: &str| tasks.iter().find(|task| task["name"] == name).unwrap();
    let entropy = &of("state")["classes"]["entropy"];
    let is_flagged = |measure: &Value| {
        let flags = measure["flags"].as_array().unwrap();
        flags.contains(&Value::from("constant"))
    };
    assert!(entropy["value"] == 0.0 && is_flagged(entropy), "{entropy}");
    assert!(is_flagged(&of("dose")["real"]["deviation"]));
    assert!(!is_flagged(&of("height")["real"]["deviation"]));
    let text = folder.run(&["info", "config.toml"]).expect(0).out;
    let told = text.matches("constant: nothing to learn").count();
    // The state, the dose, and the dose of the pair.
    assert_eq!(told, 3, "{text}");

    folder.train("r", &[]);
    let usable = folder.run(&["info", "r", "--json"]).expect(0).json();
    let pairs = usable["residual"]["pairs"].as_array().unwrap();
    for pair in pairs {
        let has = |name: &str| pair["source"] == name || pair["target"] == name;
        let is_constant = has("state") || has("dose") || has("pair/dose");
        assert_eq!(pair["verdict"] == "constant", is_constant, "{pair}");
        assert_eq!(pair["residual"].is_null(), is_constant, "{pair}");
    }
    let information = &usable["information"];
    assert_eq!(
        information["unmeasured"]["dose"],
        "constant in training: there is nothing to learn"
    );
    // Two numbers of which one is constant are as much as the other.
    let bits = |task: &str| {
        information["usable"][task]["calibrated"]["value"]
            .as_f64()
            .unwrap()
    };
    assert!(bits("pair").is_finite() && (bits("pair") - bits("height")).abs() < 1.0);
    assert!(bits("state").abs() < 0.05);
    let transfer = ["transfer", "config.toml", "--seeds", "2"];
    for arguments in [
        &["info", "r"][..],
        &["evaluate", "r"],
        &["group", "config.toml"],
        &["group", "r"],
        &transfer,
    ] {
        let ended = folder.run(arguments).expect(0);
        assert!(!ended.out.contains("NaN"), "{}", ended.out);
    }
}

/// No variance can be fitted on rows that have one value: bits without end came of it.
#[test]
fn a_number_that_is_constant_where_it_is_calibrated_has_no_bits() {
    let config = CONSTANT
        .replace(
            "{ type = \"random\", train = 0.6, val = 0.2, test = 0.2 }",
            "{ type = \"column\", column = \"part\" }",
        )
        .replace(
            "[tasks.pair]\ntype = \"regression\"\ntarget = [\"dose\", \"height\"]\n",
            "",
        );
    let folder = Folder::new(&config);
    let mut text = String::new();
    for (row, line) in table().lines().enumerate() {
        let part = ["part", "train", "val", "test"][match row {
            0 => 0,
            row if row < 180 => 1,
            row if row < 240 => 2,
            _ => 3,
        }];
        let line = match row {
            1..180 => line.replace(",2.5,", &format!(",{},", row % 7)),
            _ => line.to_owned(),
        };
        text.push_str(&format!("{part},{line}\n"));
    }
    folder.write("constant.csv", &text);
    folder.train("r", &[]);
    let ended = folder.run(&["info", "r"]).expect(0);
    assert!(
        ended
            .out
            .contains("constant in the rows that would calibrate it"),
        "{}",
        ended.out
    );
}

/// What stands for no column is none.
#[test]
fn no_strata_can_be_said() {
    let folder = Folder::new(CONSTANT);
    folder.write("constant.csv", &table());
    let report = |more: &[&str]| {
        let arguments = [&["info", "config.toml", "--json"], more].concat();
        folder.run(&arguments).expect(0).json()["report"].to_string()
    };
    assert_eq!(report(&["-s", "info.stratify=none"]), report(&[]));
    folder
        .run(&["info", "config.toml", "-s", "info.stratify=nowhere"])
        .expect(3);
}
