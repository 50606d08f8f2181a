//! Usable information in the tables of `train` and `evaluate`: planted bits are what a model that learned them shows.

use serde_json::Value;

use crate::harness::Folder;
use crate::info::Draws;

/// `told` is `x` but for a tenth of the rows; `height` has R² = 3/4 on `z`; `coin` is on nothing.
const PLANTED: &str = r#"
name = "planted"
[data]
source = "planted.csv"
split = { type = "random", train = 0.5, val = 0.25, test = 0.25 }
[inputs.x]
columns = ["x", "z"]
[encoder]
hidden = []
[tasks.told]
type = "binary"
metrics = ["accuracy"]
[tasks.height]
type = "regression"
[tasks.coin]
type = "multiclass"
[tasks.pair]
type = "multilabel"
target = ["told", "coin"]
[device]
backend = "cpu"
[train]
epochs = 12
batch_size = 64
optimizer = { type = "adam", lr = 0.01 }
[info]
permutations = 199
"#;

fn rows(draws: &mut Draws, count: usize, share: f64) -> String {
    let mut text = String::from("x,z,told,height,coin\n");
    for _ in 0..count {
        let x = u8::from(draws.next() < share);
        let told = if draws.next() < 0.1 { 1 - x } else { x };
        let (z, noise) = (draws.normal(), draws.normal());
        let height = 100.0 + 5.0 * (3f64.sqrt() * z + noise);
        text.push_str(&format!("{x},{z},{told},{height},{}\n", draws.coin()));
    }
    text
}

fn trained() -> Folder {
    let folder = Folder::new(PLANTED);
    folder.write("planted.csv", &rows(&mut Draws(3), 4000, 0.5));
    folder
}

fn near(record: &Value, wanted: f64, tolerance: f64) {
    let value = record["value"].as_f64().unwrap();
    assert!(
        (value - wanted).abs() < tolerance,
        "{value}, wanted {wanted}"
    );
}

#[test]
fn a_model_shows_the_bits_that_were_planted() {
    let folder = trained();
    let events = folder
        .run(&["train", "config.toml", "--run-dir", "r", "--json"])
        .expect(0)
        .events();
    let finished = events.last().unwrap();
    let usable = &finished["information"]["usable"];
    // 1 - h(0.1) bits, within three standard errors of 1,000 rows.
    near(&usable["told"]["calibrated"], 0.531, 0.1);
    near(&usable["told"]["explained"], 0.531, 0.1);
    // R² = 3/4 is one bit.
    near(&usable["height"]["calibrated"], 1.0, 0.12);
    assert!(usable["height"]["explained"].is_null());
    near(&usable["coin"]["calibrated"], 0.0, 0.02);
    // A multilabel task has the bits of its labels together.
    near(&usable["pair"]["calibrated"], 0.531, 0.12);
    near(&usable["pair"]["baseline"], 2.0, 0.01);
    for task in ["told", "height", "coin", "pair"] {
        let figures = &usable[task];
        assert_eq!(figures["calibration"], "held");
        let value = |key: &str| figures[key]["value"].as_f64().unwrap();
        assert!((value("calibrated") - value("raw") - value("miscalibration")).abs() < 1e-9);
        assert!(figures["calibrated"]["se"].as_f64().unwrap() > 0.0);
        assert_eq!(
            finished["metrics"][format!("test/{task}/usable_bits")],
            figures["calibrated"]["value"]
        );
    }

    let evaluated = folder.run(&["evaluate", "r", "--json"]).expect(0).json();
    assert_eq!(evaluated["information"], finished["information"]);
    let text = folder.run(&["evaluate", "r"]).expect(0).out;
    for word in ["usable bits", "explained", "lost", " ± "] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    folder
        .run(&["evaluate", "r", "--fail-under", "test/told/usable_bits=0.4"])
        .expect(0);
    folder
        .run(&["evaluate", "r", "--fail-under", "test/told/usable_bits=0.9"])
        .expect(8);
}

#[test]
fn what_a_wider_trunk_leaves_is_told_beside() {
    let folder = trained();
    folder.train("r", &["-s", "encoder.hidden=[3]", "-s", "train.epochs=4"]);
    let asked = ["info", "r", "--wider", "--batches", "0"];
    let more = ["--json", "--html", "page.html"];
    let document = folder.run(&[&asked[..], &more].concat()).expect(0).json();
    let wider = &document["wider"];
    assert_eq!(wider["set"], serde_json::json!(["encoder.hidden=[6]"]));
    let run = wider["run"].as_str().unwrap();
    let resolved = folder.read(&format!("{run}/config.resolved.toml"));
    assert!(resolved.contains("hidden = [6]"), "{resolved}");
    // It is an ordinary run, and what is said of it is what it says itself.
    let itself = folder
        .run(&["info", run, "--batches", "0", "--json"])
        .expect(0)
        .json();
    assert_eq!(itself["residual"], wider["residual"]);
    assert!(itself["wider"].is_null() && document["residual"] != wider["residual"]);
    let again = folder.run(&asked).expect(0);
    assert!(again.err.contains("done before"), "{}", again.err);
    assert!(again.out.contains("V2, wider"), "{}", again.out);
    assert!(folder.read("page.html").contains("twice as wide"));
    folder.train("flat", &["-s", "encoder.hidden=[]"]);
    let ended = folder.run(&["info", "flat", "--wider"]).expect(2);
    assert!(ended.err.contains("no width to double"), "{}", ended.err);
}

#[test]
fn a_run_says_what_kind_of_sharing_is_missing() {
    let folder = trained();
    folder.train("r", &[]);
    let document = folder
        .run(&["info", "r", "--json", "--html", "run.html"])
        .expect(0)
        .json();
    assert_eq!(document["split"], "test");
    near(
        &document["information"]["usable"]["told"]["calibrated"],
        0.531,
        0.1,
    );
    assert!(document["codes"].is_null());
    let pairs = document["residual"]["pairs"].as_array().unwrap();
    // Five labels, one of them inside a multilabel task twice: told, height, coin, pair/told, pair/coin.
    assert_eq!(pairs.len(), 20);
    let pair = |source: &str, target: &str| {
        let is = |pair: &&Value| pair["source"] == source && pair["target"] == target;
        pairs.iter().find(is).unwrap()
    };
    // The same label twice: both heads know x, so the prediction adds nothing, and the label all that x leaves, h(0.1).
    let twice = pair("pair/told", "told");
    near(&twice["residual"]["missed"], 0.0, 0.02);
    near(&twice["residual"]["coupled"], 0.469, 0.1);
    assert_eq!(twice["verdict"], "joint_head");
    assert!(twice["residual"]["coupled"]["q"].as_f64().unwrap() < 0.05);
    let nothing = pair("coin", "told");
    near(&nothing["residual"]["coupled"], 0.0, 0.02);
    assert_eq!(nothing["verdict"], "silent");
    assert!(folder.read("run.html").contains("joint head"));

    let text = folder.run(&["info", "r", "--split", "val"]).expect(0).out;
    assert!(
        text.contains("pair/told") && text.contains("crosswise"),
        "{text}"
    );
    folder.run(&["info", "r", "-s", "info.fdr=0.1"]).expect(2);
    folder.run(&["info", "r", "--split", "all"]).expect(2);
    folder
        .run(&["info", "config.toml", "--checkpoint", "best"])
        .expect(2);
}

#[test]
fn shared_codes_are_counted() {
    let config = r#"
name = "codes"
[data]
source = { type = "planted_codes", tasks = 8, codes = 3, sparsity = 1 }
[inputs.x]
[encoder]
hidden = []
[sharing]
type = "codes"
count = 3
gate = "free"
l1 = 0.01
unit_norm = true
[device]
backend = "cpu"
[train]
epochs = 10
batch_size = 240
optimizer = { type = "adam", lr = 0.02 }
[tasks]
"#;
    let tasks: String = (0..8)
        .map(|task| format!("y_{task}.type = \"regression\"\n"))
        .collect();
    let folder = Folder::new(&format!("{config}{tasks}"));
    folder.train("r", &[]);
    let codes = folder.run(&["info", "r", "--json"]).expect(0).json()["codes"].clone();
    let usage: Vec<Vec<f64>> = serde_json::from_value(codes["usage"].clone()).unwrap();
    assert_eq!((usage.len(), usage[0].len()), (8, 3));
    let entropy = |shares: &[f64]| {
        let terms = shares.iter().filter(|share| **share > 0.0);
        terms.map(|share| -share * share.log2()).sum::<f64>()
    };
    let mean: Vec<f64> = (0..3)
        .map(|code| usage.iter().map(|shares| shares[code]).sum::<f64>() / 8.0)
        .collect();
    let within = usage.iter().map(|shares| entropy(shares)).sum::<f64>() / 8.0;
    // The mixes' entropy less the entropy within a mix.
    near(&codes["information"], entropy(&mean) - within, 1e-9);
    assert!(
        codes["information"]["value"].as_f64().unwrap() > 0.01,
        "{codes}"
    );
    assert!((codes["most"].as_f64().unwrap() - 3f64.log2()).abs() < 1e-9);
    for (effective, shares) in codes["effective"].as_array().unwrap().iter().zip(&usage) {
        near(effective, entropy(shares).exp2(), 1e-9);
    }
    let text = folder.run(&["info", "r"]).expect(0).out;
    assert!(text.contains("effective codes"), "{text}");
}

#[test]
fn other_rows_are_measured_with_the_models_own_yardstick() {
    let folder = trained();
    folder.train("r", &[]);
    // Where validation rows are measured, they are not what calibrates.
    let val = folder
        .run(&["evaluate", "r", "--split", "val"])
        .expect(0)
        .out;
    assert!(val.contains("crosswise"), "{val}");
    // Four in five are yes here, and half in training.
    folder.write("shifted.csv", &rows(&mut Draws(5), 1000, 0.8));
    let shifted = ["evaluate", "r", "--data", "shifted.csv"];
    let text = folder.run(&shifted).expect(0).out;
    assert!(
        text.contains("! told: labels of data are not distributed"),
        "{text}"
    );
    assert!(!text.contains("! height: labels"), "{text}");
    let document = folder
        .run(&[&shifted[..], &["--json"]].concat())
        .expect(0)
        .json();
    let shift = &document["information"]["usable"]["told"]["label_shift"];
    // KL(0.74 || 0.5) = 1 - h(0.74) bits, of a thousand rows against a law of two thousand.
    near(shift, 0.173, 0.08);
    assert_eq!(shift["flags"], serde_json::json!(["label_shift"]));

    // Without the data that it was trained on there are metrics, and a word on what is missing.
    folder.write("planted.csv", "x,z,told,height,coin\n");
    let text = folder.run(&shifted).expect(0).out;
    assert!(text.contains("accuracy") && text.contains("n/a"), "{text}");
    assert!(text.contains("! told: no usable bits"), "{text}");
}

/// Two labels that only some of the rows have both of.
#[test]
fn too_few_rows_with_both_labels_are_told_apart_from_none() {
    let config = r#"
name = "few"
[data]
source = "few.csv"
split = { type = "column", column = "part" }
[inputs.x]
columns = ["x"]
[encoder]
hidden = []
[tasks.first]
type = "binary"
[tasks.second]
type = "binary"
[device]
backend = "cpu"
[train]
epochs = 1
[info]
permutations = 99
"#;
    let table = |complete: usize| {
        let mut draws = Draws(3);
        let mut text = String::from("part,x,first,second\n");
        for part in ["train", "val", "test"] {
            let both = if part == "test" { complete } else { 60 };
            let both = if complete == 0 { 0 } else { both };
            for row in 0..160 {
                let (first, second) = (draws.coin(), draws.coin());
                let [first, second] = match row {
                    row if row < both => [first.to_string(), second.to_string()],
                    row if row % 2 == 0 => [first.to_string(), String::new()],
                    _ => [String::new(), second.to_string()],
                };
                text.push_str(&format!("{part},{},{first},{second}\n", draws.normal()));
            }
        }
        text
    };
    for (complete, verdict, said) in [
        (12, "few_rows", "too few rows: 12 of 50"),
        (0, "apart", "no row has both labels"),
    ] {
        let folder = Folder::new(config);
        folder.write("few.csv", &table(complete));
        folder.train("r", &[]);
        let asked = ["info", "r", "--batches", "0"];
        let document = folder.run(&[&asked[..], &["--json"]].concat());
        let document = document.expect(0).json();
        let residual = &document["residual"];
        assert_eq!(residual["needed"], 50);
        let pairs = residual["pairs"].as_array().unwrap();
        assert_eq!(pairs.len(), 2);
        for pair in pairs {
            assert_eq!(pair["verdict"], verdict, "{pair}");
            assert_eq!(pair["rows"], complete, "{pair}");
            assert_eq!(pair["held"], if complete == 0 { 0 } else { 60 }, "{pair}");
        }
        let text = folder.run(&asked).expect(0).out;
        assert!(text.contains(said), "{text}");
        assert_eq!(text.contains("no row has both"), complete == 0, "{text}");
    }
}

/// By the last epoch the price has paid the rate down; the first, of which accuracy is as good, is the best.
#[test]
fn a_rate_above_its_budget_is_said() {
    let folder = trained();
    let vib = "bottleneck={type=\"vib\",rate_budget=0.05,pace=0.1}";
    let score = "score={\"val/told/accuracy\"=1.0}";
    let more = ["-s", vib, "-s", score, "-s", "encoder.hidden=[8]"];
    let arguments = [&["train", "config.toml", "--run-dir", "r"][..], &more].concat();
    let is_note = |line: &&str| line.starts_with("! the rate, ");
    let trained = folder.run(&arguments).expect(0).out;
    let at = |checkpoint: &str| {
        let arguments = ["evaluate", "r", "--checkpoint", checkpoint];
        let text = folder.run(&arguments).expect(0).out;
        text.lines().find(is_note).map(str::to_owned)
    };
    let best = at("best").unwrap();
    assert!(
        best.contains("above its budget of 0.0500 by")
            && best.contains("`--checkpoint last` is nearer"),
        "{best}"
    );
    assert_eq!(trained.lines().find(is_note), Some(best.as_str()));
    // Held, or by now no more than a little above: nothing is nearer than it.
    let last = at("last");
    assert!(!last.is_some_and(|note| note.contains("nearer")));
}
