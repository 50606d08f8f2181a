//! `info CONFIG`: planted bits are found, and what was never seen together is not 0.

use serde_json::Value;

use crate::harness::{Folder, PICTURES, exists};

/// Labels of which everything is known: `copy` is `coin` but for 11 % of the rows, which leaves half a bit; `other` is a coin of its
/// own; `height` is 3 x `coin` and noise; `flags` has `coin` as its first label and a coin of its own as its second.
const PLANTED: &str = r#"
name = "planted"
[data]
source = "planted.csv"
ids = ["id"]
[inputs.x]
columns = ["seen", "noise", "kind"]
categorical = ["kind"]
[tasks.coin]
type = "binary"
[tasks.copy]
type = "multiclass"
[tasks.other]
type = "ordinal"
[tasks.height]
type = "regression"
[tasks.flags]
type = "multilabel"
target = ["first", "second"]
"#;

/// Uniform numbers in [0, 1) that any run draws alike.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }

    pub(crate) fn coin(&mut self) -> u8 {
        u8::from(self.next() < 0.5)
    }

    /// By Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.next()).cos()
    }
}

fn planted() -> Folder {
    let folder = Folder::new(PLANTED);
    let mut draws = Draws(7);
    let mut text = String::from("id,seen,noise,kind,coin,copy,other,height,first,second\n");
    for row in 0..3000 {
        let coin = draws.coin();
        let copy = if draws.next() < 0.11 { 1 - coin } else { coin };
        let height = 3.0 * f64::from(coin) + draws.next() + draws.next();
        text.push_str(&format!(
            "{row},{},{},{},{coin},{copy},{},{height},{coin},{}\n",
            f64::from(coin) + draws.next() / 2.0,
            draws.next(),
            ["a", "b"][usize::from(draws.coin())],
            draws.coin(),
            draws.coin(),
        ));
    }
    folder.write("planted.csv", &text);
    folder
}

/// The pair of two tasks in a report.
fn pair<'r>(report: &'r Value, one: &str, other: &str) -> &'r Value {
    let place = |name: &str| {
        let tasks = report["tasks"].as_array().unwrap();
        tasks.iter().position(|task| task["name"] == name).unwrap() as u64
    };
    let mut places = [place(one), place(other)];
    places.sort_unstable();
    let pairs = report["pairs"].as_array().unwrap();
    pairs
        .iter()
        .find(|pair| pair["left"] == places[0] && pair["right"] == places[1])
        .unwrap()
}

#[test]
fn planted_bits_are_found() {
    let folder = planted();
    let document = folder
        .run(&["info", "config.toml", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&document["split"], &document["rows"]),
        (&"train".into(), &2400.into())
    );
    let report = &document["report"];
    let names: Vec<&str> = report["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].as_str().unwrap())
        .collect();
    let wanted = [
        "coin",
        "copy",
        "other",
        "height",
        "flags/first",
        "flags/second",
    ];
    assert_eq!(names, wanted);
    let bits = |one, other| {
        pair(report, one, other)["information"]["value"]
            .as_f64()
            .unwrap()
    };
    let q = |one, other| {
        pair(report, one, other)["information"]["q"]
            .as_f64()
            .unwrap()
    };
    // 1 - h(0.11) bits; a copy has them all; independent coins have none.
    assert!(
        (bits("coin", "copy") - 0.5).abs() < 0.06,
        "{}",
        bits("coin", "copy")
    );
    assert!((bits("coin", "flags/first") - 1.0).abs() < 0.01);
    assert!(
        (bits("coin", "height") - 1.0).abs() < 0.05,
        "{}",
        bits("coin", "height")
    );
    assert!(q("coin", "copy") < 1e-9);
    assert!(bits("coin", "other").abs() < 0.004 && q("coin", "other") > 0.05);
    // Every number says how it was made.
    let information = &pair(report, "coin", "copy")["information"];
    for key in [
        "estimator",
        "n",
        "unit",
        "null_mean",
        "p",
        "q",
        "se",
        "flags",
    ] {
        assert!(!information[key].is_null(), "{key}");
    }
    // The best feature of each task is the one that sees it.
    assert_eq!(report["features"][0]["best"][0][0], "seen");
    assert_eq!(report["features"][0]["tested"], 3);
}

#[test]
fn which_rows_are_read_is_chosen_and_said() {
    let folder = planted();
    for (split, rows) in [("train", 2400), ("val", 300), ("test", 300), ("all", 3000)] {
        let arguments = [
            "info",
            "config.toml",
            "--split",
            split,
            "--no-features",
            "--json",
        ];
        let document = folder.run(&arguments).expect(0).json();
        assert_eq!(
            (&document["rows"], &document["report"]["rows"]),
            (&rows.into(), &rows.into())
        );
        assert!(
            document["report"]["features"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
    let text = folder.run(&["info", "config.toml"]).expect(0).out;
    assert!(
        text.starts_with("planted, the training rows of 3,000\n"),
        "{text}"
    );
    for words in [
        "coin - flags/first",
        "Task tree: 3 edges",
        "Features of height",
        "null",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
}

#[test]
fn labels_that_never_meet_share_no_number() {
    let letters = PICTURES.replace(
        "[tasks.bold]\ntype = \"binary\"",
        "[tasks.letter]\ntype = \"multiclass\"\nunseen = \"mask\"",
    );
    let folder = Folder::new(&letters.replace("train = 120", "train = 900"));
    let ended = folder.run(&["info", "config.toml", "--json"]).expect(0);
    let report = &ended.json()["report"];
    let information = &report["pairs"][0]["information"];
    assert_eq!(report["pairs"][0]["co_observed"], 0);
    assert!(information["value"].is_null(), "{information}");
    assert_eq!(information["flags"], serde_json::json!(["not_co_observed"]));
    let text = folder.run(&["info", "config.toml"]).expect(0).out;
    assert!(text.contains("not 0 bits"), "{text}");
    // What their pictures have in common is still seen.
    assert!(
        text.contains("picture block") && text.contains("digit - letter"),
        "{text}"
    );
}

#[test]
fn the_page_needs_nothing_else_and_says_how_each_number_was_made() {
    let folder = planted();
    folder
        .run(&["info", "config.toml", "--html", "page.html"])
        .expect(0);
    let page = folder.read("page.html");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for outside in ["http:", "https:", "<script", "<link", "@import", "url(//"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for words in [
        "What the labels share",
        "aria-label=\"information of pairs\"",
        "task tree",
        "ranked features",
        "plug-in - EMI",
        "null mean",
    ] {
        assert!(page.contains(words), "{words}");
    }
    folder
        .run(&["info", "config.toml", "--html", "again.html"])
        .expect(0);
    assert_eq!(
        page,
        folder.read("again.html"),
        "same rows and seed, same bytes"
    );
    assert!(!exists(&folder.path("runs")));
}

#[test]
fn what_is_wrong_is_said() {
    let folder = planted();
    let expect = |arguments: &[&str], code: i32, word: &str| {
        let ended = folder
            .run(&[&["info"][..], arguments].concat())
            .expect(code);
        assert!(ended.err.contains(word), "{word} in\n{}", ended.err);
        assert_eq!(ended.out, "", "{arguments:?}");
    };
    expect(&["config.toml", "--split", "holdout"], 2, "holdout");
    expect(
        &["config.toml", "-s", "info.permutations=3"],
        3,
        "permutations",
    );
    expect(&["config.toml", "-s", "tasks.coin.target=cion"], 3, "coin");
    expect(
        &["config.toml", "--html", "nowhere/page.html"],
        10,
        "page.html",
    );
    let whole = "data.split={type=\"random\",train=1,val=0,test=0}";
    expect(
        &["config.toml", "--split", "val", "-s", whole],
        2,
        "no rows",
    );
    let text = folder.read("planted.csv");
    folder.write("planted.csv", &format!("{text}3000,0,0,a,1,1,1,tall,1,1\n"));
    expect(&["config.toml"], 4, "tall");
}

#[test]
fn tasks_are_grouped_by_what_their_labels_share() {
    let folder = planted();
    let document = folder
        .run(&["group", "config.toml", "--json"])
        .expect(0)
        .json();
    let groups = serde_json::json!([["coin", "copy", "height", "flags"], ["other"]]);
    assert_eq!(document["groups"], groups);
    let proposal = &document["proposal"];
    assert_eq!(proposal["proposal"]["is_exact"], true);
    assert!(proposal["margin"]["value"].as_f64().unwrap() > 0.0);
    let share =
        |row: usize, column: usize| proposal["together"][row][column]["value"].as_f64().unwrap();
    // Coin and copy in every resample, coin and other in few.
    assert!(
        share(0, 1) > 0.99 && share(0, 2) < 0.5,
        "{}",
        proposal["together"]
    );
    let affinity =
        |row: usize, column: usize| proposal["affinity"][row][column]["value"].as_f64().unwrap();
    // The flags' first label is the coin.
    assert!((affinity(0, 4) - 1.0).abs() < 0.02 && (affinity(0, 1) - 0.5).abs() < 0.06);
    let text = folder.run(&["group", "config.toml"]).expect(0).out;
    assert!(
        text.contains("group 2: other") && text.contains("-s tasks.other.active=false"),
        "{text}"
    );
    let pairs = folder
        .run(&["group", "config.toml", "--largest", "2", "--json"])
        .expect(0)
        .json();
    let groups = pairs["groups"].as_array().unwrap();
    assert!(
        groups
            .iter()
            .all(|group| group.as_array().unwrap().len() <= 2)
    );
    assert!(!exists(&folder.path("transfers")));

    // What was never seen together cannot be grouped from labels.
    let letters = PICTURES.replace(
        "[tasks.bold]\ntype = \"binary\"",
        "[tasks.letter]\ntype = \"multiclass\"\nunseen = \"mask\"",
    );
    folder.write("pictures.toml", &letters);
    let ended = folder.run(&["group", "pictures.toml"]).expect(4);
    assert!(
        ended.err.contains("observed together") && ended.err.contains("--from bits"),
        "{}",
        ended.err
    );
}

#[test]
fn a_proposal_is_verified_by_training_it() {
    let folder = planted();
    let small = [
        "-s",
        "train.epochs=2",
        "-s",
        "encoder.hidden=[4]",
        "--backend",
        "cpu",
        "--ui",
        "none",
    ];
    let arguments = [
        &["group", "config.toml", "--verify", "--seeds", "1", "--json"][..],
        &small,
    ]
    .concat();
    let ended = folder.run(&arguments).expect(0);
    // Together, five alone, and the one group that is neither.
    assert!(
        ended.err.contains("[7/7]") && !ended.err.contains("/8]"),
        "{}",
        ended.err
    );
    let verified = &ended.json()["verified"];
    assert_eq!(verified["other"]["in_group"]["value"], 0.0);
    for task in ["coin", "copy", "height", "flags"] {
        assert!(
            verified[task]["in_group"]["interval"].is_array(),
            "{verified}"
        );
        assert!(verified[task]["all_together"]["se"].as_f64().unwrap() > 0.0);
    }
    // The runs are those of `transfer`.
    let ended = folder
        .run(&[&["transfer", "config.toml", "--seeds", "1"][..], &small].concat())
        .expect(0);
    assert_eq!(ended.err.matches("done before").count(), 6, "{}", ended.err);
}
