//! `transfer`: planted help and planted harm are found with their sign, and what was trained is not trained again.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Folder, exists};
use crate::info::Draws;

/// One shared direction of 24 inputs, and two numbers read off it.
const CONFIG: &str = r#"
name = "planted"
[data]
source = "planted.csv"
split = { type = "random", train = 0.3, val = 0.2, test = 0.5 }
[encoder]
hidden = []
[sharing]
type = "latent"
dimension = 1
[tasks.few]
type = "regression"
[tasks.many]
type = "regression"
[device]
backend = "cpu"
[train]
epochs = 15
batch_size = 100
optimizer = { type = "adam", lr = 0.02 }
"#;

const INPUTS: usize = 24;

/// `few` is known on one row in ten and `many` on the others; both follow the first inputs, or `many` the last.
pub(crate) fn planted(is_shared: bool) -> Folder {
    let mut draws = Draws(11);
    let heads: Vec<String> = (0..INPUTS).map(|input| format!("x{input}")).collect();
    let mut text = format!("{},few,many\n", heads.join(","));
    for row in 0..2000 {
        let inputs: Vec<f64> = (0..INPUTS).map(|_| draws.normal()).collect();
        let half = INPUTS / 2;
        let signal = |inputs: &[f64]| inputs.iter().sum::<f64>() / (inputs.len() as f64).sqrt();
        let (first, last) = (signal(&inputs[..half]), signal(&inputs[half..]));
        let few = first + 0.5 * draws.normal();
        let many = if is_shared { first } else { last } + 0.5 * draws.normal();
        let cells: Vec<String> = inputs.iter().map(|input| format!("{input:.4}")).collect();
        // Where the tasks are rivals each has half of the rows.
        let is_few = if is_shared {
            row % 10 == 0
        } else {
            row % 2 == 0
        };
        let labels = if is_few {
            format!("{few},")
        } else {
            format!(",{many}")
        };
        text.push_str(&format!("{},{labels}\n", cells.join(",")));
    }
    let folder = Folder::new(CONFIG);
    folder.write("planted.csv", &text);
    folder
}

fn task<'d>(document: &'d Value, name: &str) -> &'d Value {
    let tasks = document["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task"] == name).unwrap()
}

fn interval(task: &Value) -> [f64; 2] {
    serde_json::from_value(task["transferred"]["interval"].clone()).unwrap()
}

#[test]
fn help_is_found_said_in_words_and_kept() {
    let folder = planted(true);
    let arguments = ["transfer", "config.toml", "--ui", "none"];
    let document = folder
        .run(
            &[
                &arguments[..],
                &[
                    "--seeds",
                    "6",
                    "--json",
                    "--html",
                    "page.html",
                    "--leave-one-out",
                ],
            ]
            .concat(),
        )
        .expect(0)
        .json();
    assert_eq!(
        (&document["split"], &document["seeds"]),
        (&"test".into(), &serde_json::json!([42, 43, 44, 45, 46, 47]))
    );
    let few = task(&document, "few");
    let [low, _] = interval(few);
    // A tenth of the rows finds 24 weights badly; the other task's rows know the direction.
    assert!(low > 0.05, "{few}");
    let number = |value: &Value| value.as_f64().unwrap();
    for name in ["few", "many"] {
        let task = task(&document, name);
        let transferred = number(&task["transferred"]["value"]);
        // The baseline is the same, so it cancels.
        let difference = number(&task["together"]["value"]) - number(&task["alone"]["value"]);
        assert!((transferred - difference).abs() < 1e-9, "{task}");
        let seeds = task["by_seed"].as_array().unwrap();
        assert_eq!(seeds.len(), 6);
        // Every seed has as many test rows, or nearly.
        let mean = seeds.iter().map(|seed| number(&seed["value"])).sum::<f64>() / 6.0;
        assert!((mean - transferred).abs() < 1e-9 && number(&seeds[0]["se"]) > 0.0);
        let [alone, together] = ["alone", "together"].map(|side| number(&task[side]["se"]));
        assert!(alone > 0.0 && together > 0.0, "{task}");
        for metric in task["metrics"].as_object().unwrap().values() {
            assert!(
                number(&metric[1]["value"]).is_finite() && metric[0]["n"] == 6,
                "{metric}"
            );
        }
        assert!(number(&task["transferred"]["se"]) > 0.0);
        assert_eq!(task["transferred"]["unit"], "bits");
        assert!(number(&task["uncalibrated"]["value"]).is_finite());
    }
    // Of two tasks, leaving one out leaves the other alone: D itself, with its interval.
    let helped = document["leave_one_out"].as_array().unwrap();
    assert_eq!(helped.len(), 2);
    for one in helped {
        let own = task(&document, one["target"].as_str().unwrap());
        assert_eq!(one["transferred"], own["transferred"]);
        assert_eq!(one["is_alone"], true);
    }
    // r2, rmse and mae rise with the bits.
    assert!(
        number(&document["summary"]["delta_p"]["value"]) > 0.0
            && number(&document["summary"]["delta_m"]["value"]) < 0.0
    );
    let page = folder.read("page.html");
    assert!(page.contains("these are its bits transferred"));
    assert!(
        page.contains("Did sharing help?") && !page.contains("http"),
        "{page}"
    );
    assert!(page.contains("bootstrap over rows, Student&#39;s t over seeds"));

    // Each run is an ordinary one, and none is trained twice.
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 18);
    for run in runs {
        let run = run["run"].as_str().unwrap();
        assert_eq!(folder.record(run)["status"], "finished");
        folder.run(&["evaluate", run]).expect(0);
    }
    let again = folder
        .run(&[&arguments[..], &["--seeds", "6"]].concat())
        .expect(0);
    assert_eq!(
        again.err.matches("done before").count(),
        18,
        "{}",
        again.err
    );
    assert!(
        again.out.contains("Learning many helped few by"),
        "{}",
        again.out
    );
    let fewer = folder
        .run(&[&arguments[..], &["--seeds", "1"]].concat())
        .expect(0);
    assert!(fewer.err.matches("done before").count() == 3 && fewer.out.contains("! one seed"));
    // Another config has other runs; where it computes does not matter.
    let other = ["--seeds", "1", "-s", "train.epochs=2"];
    let other = folder.run(&[&arguments[..], &other].concat()).expect(0);
    assert!(!other.err.contains("done before"), "{}", other.err);
}

#[test]
fn harm_stands_in_the_same_column() {
    let folder = planted(false);
    let document = folder
        .run(&[
            "transfer",
            "config.toml",
            "--ui",
            "none",
            "--json",
            "--run-dir",
            "t",
            "--seeds",
            "6",
        ])
        .expect(0)
        .json();
    let harm: Vec<[f64; 2]> = ["few", "many"]
        .map(|name| interval(task(&document, name)))
        .to_vec();
    // One direction cannot serve two: what each loses is not hidden.
    assert!(harm.iter().any(|[_, high]| *high < -0.1), "{document}");
    let text = folder
        .run(&[
            "transfer",
            "config.toml",
            "--ui",
            "none",
            "--run-dir",
            "t",
            "--seeds",
            "6",
        ])
        .expect(0)
        .out;
    assert!(
        text.contains(" hurt ") && text.contains("it cost"),
        "{text}"
    );
}

#[test]
fn a_task_alone_does_not_see_the_others_labels() {
    let mut draws = Draws(5);
    let mut text = String::from("x,a,b,c\n");
    for _ in 0..1200 {
        let (a, c) = (draws.coin(), draws.coin());
        // b is a, c is nothing; x says nothing of either.
        text.push_str(&format!("{},{a},{a},{c}\n", draws.next()));
    }
    let folder = Folder::new(
        "name = \"copies\"\n[data]\nsource = \"copies.csv\"\n[encoder]\nhidden = [4]\n[tasks.a]\ntype = \"binary\"\n\
         [tasks.b]\ntype = \"binary\"\n[tasks.c]\ntype = \"binary\"\n[device]\nbackend = \"cpu\"\n[train]\nepochs = 3\nbatch_size = 64\n",
    );
    folder.write("copies.csv", &text);
    let arguments = [
        "transfer",
        "config.toml",
        "--seeds",
        "2",
        "--leave-one-out",
        "--ui",
        "none",
        "--json",
    ];
    let document = folder.run(&arguments).expect(0).json();
    for name in ["a", "b", "c"] {
        let alone = task(&document, name)["alone"]["value"].as_f64().unwrap();
        assert!(alone.abs() < 0.05, "{name} alone knows {alone} bits");
    }
    assert_eq!(document["runs"].as_array().unwrap().len(), 14);
    let helped = document["leave_one_out"].as_array().unwrap();
    assert_eq!(helped.len(), 6);
    for one in helped {
        assert!(
            one["transferred"]["value"].as_f64().unwrap().abs() < 0.05,
            "{one}"
        );
    }
    // Two seeds are said to be few.
    assert!(
        task(&document, "a")["transferred"]["flags"]
            .as_array()
            .unwrap()
            .contains(&"few_rows".into())
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_transfer_goes_on() {
    let folder = planted(true);
    let arguments = [
        "transfer",
        "config.toml",
        "--seeds",
        "1",
        "--ui",
        "lines",
        "-s",
        "train.epochs=40",
        "--run-dir",
    ];
    folder.run(&[&arguments[..], &["whole"]].concat()).expect(0);
    let mut child = folder
        .command(&[&arguments[..], &["parts"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    // In the midst of the second run.
    while !(seen.contains("[2/3]") && seen.rsplit("[2/3]").next().unwrap().contains(" 3/40 ")) {
        assert!(lines.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.contains("the same command goes on"), "{rest}");
    assert!(!exists(&folder.path("parts/seed-42/alone-many")));

    let ended = folder.run(&[&arguments[..], &["parts"]].concat()).expect(0);
    for words in [
        "[1/3] seed 42, together: done before",
        "[2/3] seed 42, alone few: goes on",
        "[3/3] seed 42, alone many: trains",
    ] {
        assert!(ended.err.contains(words), "{words} in\n{}", ended.err);
    }
    for run in ["together", "alone-few", "alone-many"] {
        let digest = |of: &str| folder.digest(&format!("{of}/seed-42/{run}"));
        assert_eq!(digest("whole"), digest("parts"), "{run}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = planted(true);
    let ended = folder
        .run(&["transfer", "config.toml", "-s", "tasks.few.active=false"])
        .expect(2);
    assert!(ended.err.contains("needs two"), "{}", ended.err);
    folder.run(&["transfer", "-"]).expect(2);
    folder
        .run(&["transfer", "config.toml", "--seeds", "0"])
        .expect(2);
    folder
        .run(&["transfer", "config.toml", "-s", "tasks.few.target=fwe"])
        .expect(3);
    let ended = folder
        .run(&[
            "check",
            "config.toml",
            "-s",
            "tasks.few.active=false",
            "-s",
            "tasks.many.active=false",
        ])
        .expect(3);
    assert!(ended.err.contains("no task is active"), "{}", ended.err);
    assert!(!exists(&folder.path("transfers")));
}

#[test]
fn help_shortens_the_code_of_the_labels() {
    let folder = planted(true);
    // 1200 training rows: the blocks of `many` have 67 and more labels, the first of `few` too few to be measured.
    let arguments = [
        "transfer",
        "config.toml",
        "--prequential",
        "--seeds",
        "1",
        "--ui",
        "none",
        "-s",
        "data.split={ type = \"random\", train = 0.6, val = 0.2, test = 0.2 }",
    ];
    let more = ["--json", "--html", "page.html"];
    let document = folder
        .run(&[&arguments[..], &more].concat())
        .expect(0)
        .json();
    let found = &document["prequential"];
    let schedule = serde_json::json!([0.0625, 0.125, 0.25, 0.5, 1.0]);
    assert_eq!(found["schedule"], schedule);
    let of = |name: &str| -> &Value {
        let mut tasks = found["tasks"].as_array().unwrap().iter();
        tasks.find(|task| task["task"] == name).unwrap()
    };
    assert!(
        of("few")["why_not"]
            .as_str()
            .unwrap()
            .contains("labelled rows"),
        "{found}"
    );
    let many = of("many");
    let bits = |key: &str| many[key]["value"].as_f64().unwrap();
    assert!((bits("alone") - bits("together") - bits("saved")).abs() < 1e-6);
    // 15 of 16 parts of 1200 rows, nine of ten with this label.
    let labels = many["labels"].as_f64().unwrap();
    assert!((950.0..1080.0).contains(&labels), "{labels}");
    assert!((bits("saved") / labels - bits("per_label")).abs() < 1e-9);
    let blocks = many["blocks"].as_array().unwrap().iter();
    let sum: f64 = blocks.map(|block| block["value"].as_f64().unwrap()).sum();
    assert!((sum - bits("saved")).abs() < 1e-6 && many["saved"]["se"].as_f64().unwrap() > 0.0);
    assert!(folder.read("page.html").contains("Prequential bits saved"));
    let text = folder.run(&arguments).expect(0);
    assert_eq!(
        text.err.matches("done before").count(),
        3 + 12,
        "{}",
        text.err
    );
    assert!(text.out.contains("Prequential bits saved"), "{}", text.out);
    assert!(
        text.out.contains("! few: no prequential bits"),
        "{}",
        text.out
    );
}

#[test]
fn help_is_worth_labels_that_a_task_alone_would_need() {
    let folder = planted(true);
    let arguments = [
        "transfer",
        "config.toml",
        "--label-equivalents",
        "--seeds",
        "1",
        "--ui",
        "none",
    ];
    let document = folder
        .run(&[&arguments[..], &["--json"]].concat())
        .expect(0)
        .json();
    let equivalents = document["equivalents"].as_array().unwrap();
    let few = equivalents.iter().find(|one| one["task"] == "few").unwrap();
    let curve = few["curve"].as_array().unwrap().iter();
    let curve: Vec<[f64; 2]> = curve
        .map(|point| {
            [
                point[0].as_f64().unwrap(),
                point[1]["value"].as_f64().unwrap(),
            ]
        })
        .collect();
    assert_eq!(curve.len(), 4);
    assert!(
        curve.windows(2).all(|pair| pair[0][0] < pair[1][0]),
        "{few}"
    );
    // More labels, fewer bits to pay.
    assert!(curve[0][1] > curve[3][1], "{few}");
    assert!(few["why_not"].is_null() && few["rise"]["interval"][0].as_f64().unwrap() > 0.0);
    let together = few["together"].as_array().unwrap();
    assert_eq!(together.len(), 2);
    for worth in together {
        let labels = worth["labels"].as_f64().unwrap();
        let alone = &worth["alone"];
        let reached = alone["value"].as_f64().unwrap();
        assert_eq!(alone["unit"], "labels");
        // The other task's rows know the direction; never read beyond what was measured.
        assert!(reached >= labels && reached <= curve[3][0], "{worth}");
    }
    let text = folder.run(&arguments).expect(0);
    assert_eq!(
        text.err.matches("done before").count(),
        3 + 7,
        "{}",
        text.err
    );
    assert!(text.out.contains("as good alone with"), "{}", text.out);
}

/// Two labels on nothing: where their curves cross is noise.
#[test]
fn labels_are_worth_nothing_where_nothing_is_learnt() {
    let mut draws = Draws(5);
    let mut text = String::from("x0,few,many\n");
    for _ in 0..600 {
        let (x, few, many) = (draws.normal(), draws.normal(), draws.normal());
        text.push_str(&format!("{x},{few},{many}\n"));
    }
    let folder = planted(true);
    folder.write("planted.csv", &text);
    let arguments = [
        "transfer",
        "config.toml",
        "--label-equivalents",
        "--seeds",
        "1",
        "--ui",
        "none",
    ];
    let document = folder
        .run(&[&arguments[..], &["--json"]].concat())
        .expect(0)
        .json();
    for found in document["equivalents"].as_array().unwrap() {
        let why = found["why_not"].as_str().unwrap();
        assert!(why.starts_with("the curve does not rise: "), "{why}");
        for worth in found["together"].as_array().unwrap() {
            assert!(worth["alone"].is_null() && worth["by_seed"] == serde_json::json!([]));
        }
    }
    let text = folder.run(&arguments).expect(0).out;
    assert!(!text.contains(" > ") && !text.contains(" < "), "{text}");
    let told = text.matches("-  the curve does not rise\n").count();
    assert_eq!(told, 4, "{text}");
    assert!(text.contains("! few: no label equivalents, "), "{text}");
}
