//! `predict`: the file that comes out, and that it agrees with `evaluate`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Folder, exists, students};

fn trained() -> Folder {
    let folder = Folder::with_table();
    folder.train("r", &[]);
    folder.write("new.csv", &students(200..260));
    folder
}

/// Rows of JSON lines.
fn rows(text: &str) -> Vec<BTreeMap<String, Value>> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn predictions_agree_with_the_evaluation() {
    let folder = trained();
    folder
        .run(&[
            "predict",
            "r",
            "--input",
            "new.csv",
            "--output",
            "out.jsonl",
            "--proba",
        ])
        .expect(0);
    let predicted = rows(&folder.read("out.jsonl"));
    assert_eq!(predicted.len(), 60);
    let metrics = folder
        .run(&["evaluate", "r", "--data", "new.csv", "--json"])
        .expect(0)
        .json()["metrics"]
        .clone();

    let (mut right, mut passed_rows, mut errors, mut grade_rows) = (0.0, 0.0, 0.0, 0.0);
    for (row, line) in predicted.iter().zip(students(200..260).lines().skip(1)) {
        assert!(line.starts_with(row["id"].as_str().unwrap()));
        let cells: Vec<&str> = line.rsplitn(3, ',').collect();
        let (no, yes) = (
            row["passed:no"].as_f64().unwrap(),
            row["passed:yes"].as_f64().unwrap(),
        );
        assert!((no + yes - 1.0).abs() < 1e-9);
        assert_eq!(row["passed"], if yes > no { "yes" } else { "no" });
        if !cells[1].is_empty() {
            passed_rows += 1.0;
            right += f64::from(u8::from(row["passed"] == cells[1]));
        }
        if let Ok(grade) = cells[0].parse::<f64>() {
            grade_rows += 1.0;
            errors += (row["grade"].as_f64().unwrap() - grade).abs();
        }
    }
    let close = |key: &str, value: f64| {
        assert!(
            (metrics[key].as_f64().unwrap() - value).abs() < 1e-5,
            "{key}: {} and {value}",
            metrics[key]
        );
    };
    close("data/passed/accuracy", right / passed_rows);
    close("data/grade/mae", errors / grade_rows);
}

#[test]
fn every_format_holds_the_same_predictions() {
    let folder = trained();
    for name in ["out.csv", "out.tsv"] {
        folder
            .run(&["predict", "r", "-i", "new.csv", "-o", name])
            .expect(0);
    }
    let csv = folder.read("out.csv");
    assert!(csv.starts_with("id,passed,grade\ns200,"), "{csv}");
    assert_eq!(csv.replace(',', "\t"), folder.read("out.tsv"));
    let streamed = folder.run(&["predict", "r", "-i", "new.csv"]).expect(0);
    assert_eq!(streamed.out, csv);
    let jsonl = folder
        .run(&["predict", "r", "-i", "new.csv", "--format", "jsonl"])
        .expect(0);
    assert_eq!(rows(&jsonl.out)[0]["id"], "s200");
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let folder = trained();
    let from_file = folder.run(&["predict", "r", "-i", "new.csv"]).expect(0).out;
    let piped = folder
        .run_with_input(&["predict", "r", "-i", "-"], &folder.read("new.csv"))
        .expect(0)
        .out;
    assert_eq!(from_file, piped);
}

/// A stream has no name that could say what it is, so its first brace does.
#[test]
fn rows_on_standard_input_may_be_json_lines() {
    let folder = trained();
    let csv = folder.read("new.csv");
    let lines: String = (csv.lines().skip(1))
        .map(|line| {
            // id, age, hours, the school in quotes, passed, grade.
            let parts: Vec<&str> = line.split('"').collect();
            let (before, after): (Vec<&str>, Vec<&str>) =
                (parts[0].split(',').collect(), parts[2].split(',').collect());
            let row = serde_json::json!({
                "id": before[0], "age": before[1], "hours": before[2], "school": parts[1],
                "passed": after[1], "final grade": after[2],
            });
            format!("{row}\n")
        })
        .collect();
    let from_file = folder.run(&["predict", "r", "-i", "new.csv"]).expect(0).out;
    let piped = folder
        .run_with_input(&["predict", "r", "-i", "-"], &format!("\n{lines}"))
        .expect(0)
        .out;
    assert_eq!(from_file, piped);
    folder.write("new.jsonl", &lines);
    let measured = |input: &[&str], lines: &str| {
        let arguments = [&["evaluate", "r", "--json", "--data"][..], input].concat();
        folder.run_with_input(&arguments, lines).expect(0).json()["metrics"].clone()
    };
    assert_eq!(measured(&["-"], &lines), measured(&["new.jsonl"], ""));
}

/// What a file must have, standard input must have too, and its errors name what is there.
#[test]
fn standard_input_that_lacks_columns_is_refused() {
    let folder = trained();
    folder.write("one.jsonl", "{\"age\": 17}\n");
    for input in ["one.jsonl", "-"] {
        let ended = folder.run_with_input(&["predict", "r", "-i", input], "{\"age\": 17}\n");
        let name = if input == "-" {
            "standard input"
        } else {
            input
        };
        let ended = ended.expect(4);
        assert!(
            ended.err.contains("there is no column `hours` in ") && ended.err.contains(name),
            "{}",
            ended.err
        );
        assert!(
            ended.err.contains("the columns are: age\n"),
            "{}",
            ended.err
        );
        assert_eq!(ended.out, "");
    }
    let without = "{\"id\": 1, \"age\": 17, \"hours\": 3, \"school\": \"GP\"}\n";
    let ended = folder
        .run_with_input(&["evaluate", "r", "--data", "-"], without)
        .expect(4);
    for told in [
        "there is no column `passed` in standard input",
        "the columns are: id, age, hours, school\n",
    ] {
        assert!(ended.err.contains(told), "{}", ended.err);
    }
    for arguments in [
        &["predict", "r", "-i", "-"][..],
        &["evaluate", "r", "--data", "-"],
    ] {
        let ended = folder.run_with_input(arguments, "").expect(4);
        assert!(
            ended.err.contains("standard input: nothing came"),
            "{}",
            ended.err
        );
    }
}

/// A label that few rows have is found where it first comes up, or told.
#[test]
fn a_label_that_comes_up_late_on_standard_input_is_not_lost() {
    let folder = trained();
    let row = |more: &str| {
        format!(
            "{{\"id\": 1, \"age\": 17, \"hours\": 3, \"school\": \"GP\", \"passed\": \"yes\"{more}}}\n"
        )
    };
    let lines = |before: usize| row("").repeat(before) + &row(", \"final grade\": 7.5").repeat(2);
    let evaluate = |before| {
        let arguments = ["evaluate", "r", "--data", "-", "--json"];
        folder.run_with_input(&arguments, &lines(before))
    };
    let near = evaluate(900).expect(0).json();
    assert_eq!(near["rows"]["grade"], 2, "{near}");
    let late = evaluate(1100).expect(4);
    assert!(
        late.err
            .contains("standard input:1101: the key `final grade` comes up too late"),
        "{}",
        late.err
    );
    // A prediction needs no label.
    let predicted = folder.run_with_input(&["predict", "r", "-i", "-"], &lines(1100));
    assert_eq!(predicted.expect(0).out.lines().count(), 1103);
}

#[test]
fn standard_input_is_not_overwritten() {
    let folder = trained();
    let before = folder.read("new.csv");
    let predict = |output: &str| {
        let input = std::fs::File::open(folder.path("new.csv")).unwrap();
        let mut command = folder.command(&["predict", "r", "-i", "-", "-o", output]);
        command.stdin(input).output().unwrap()
    };
    std::os::unix::fs::symlink(folder.path("new.csv"), folder.path("link.csv")).unwrap();
    for output in ["new.csv", "./new.csv", "link.csv"] {
        let ended = predict(output);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(
            said.contains("is the input: predictions would replace it"),
            "{said}"
        );
        assert_eq!(folder.read("new.csv"), before);
    }
    assert_eq!(predict("out.csv").status.code(), Some(0));
}

#[test]
fn labels_are_not_needed() {
    let folder = trained();
    folder.write("bare.csv", "id,age,hours,school\nx,17,12,GP\n");
    let ended = folder.run(&["predict", "r", "-i", "bare.csv"]).expect(0);
    assert_eq!(ended.out.lines().count(), 2, "{}", ended.out);
}

#[test]
fn half_a_file_never_appears() {
    let folder = trained();
    folder.write("bad.csv", &format!("{}s999,old,3,GP,,\n", students(0..50)));
    let ended = folder
        .run(&["predict", "r", "-i", "bad.csv", "-o", "out.csv"])
        .expect(4);
    assert!(ended.err.contains("bad.csv:52"), "{}", ended.err);
    assert!(!exists(&folder.path("out.csv")));
    let left = std::fs::read_dir(folder.path(".")).unwrap();
    let names: Vec<_> = left
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !names.iter().any(|name| name.ends_with(".tmp")),
        "{names:?}"
    );
    folder
        .run(&["predict", "r", "-i", "new.csv", "-o", "nowhere/out.csv"])
        .expect(10)
        .said("error: cannot write nowhere/out.csv: there is no such folder\n");
    folder
        .run(&["predict", "r", "-i", "new.csv", "-o", "out.xlsx"])
        .expect(2);
}

/// Two coins of which the second mostly shows what the first does, and an input that knows nothing of either.
fn coins(rows: std::ops::Range<usize>) -> String {
    let mut text = "id,noise,first,second\n".to_owned();
    for row in rows {
        let dice = row.wrapping_mul(2_654_435_761) >> 7;
        let first = dice % 2;
        let second = if dice / 2 % 10 == 0 { 1 - first } else { first };
        let side = |coin| if coin == 1 { "head" } else { "tail" };
        text.push_str(&format!(
            "r{row},{},{},{}\n",
            dice / 32 % 17,
            side(first),
            side(second)
        ));
    }
    text
}

const COINS: &str = r#"
version = 1
name = "coins"
[data]
source = "coins.csv"
ids = ["id"]
[inputs.x]
columns = ["noise"]
[encoder]
hidden = [4]
[tasks.first]
type = "binary"
[tasks.second]
type = "binary"
[multitask.joint]
type = "given"
edges = [["first", "second"]]
[device]
backend = "cpu"
[train]
epochs = 30
batch_size = 20
optimizer = { type = "adam", lr = 0.05 }
[score]
"val/loss" = 1.0
"#;

#[test]
fn a_known_label_tells_a_joint_head_of_the_others() {
    let folder = Folder::new(COINS);
    folder.write("coins.csv", &coins(0..300));
    folder.train("r", &[]);
    folder.write("new.csv", "id,noise\nn1,3\nn2,9\n");
    let heads = |more: &[&str]| -> Vec<[f64; 2]> {
        let mut arguments = vec!["predict", "r", "-o", "out.jsonl", "--proba", "-i"];
        arguments.extend(more);
        folder.run(&arguments).expect(0);
        let shown = |row: &BTreeMap<String, Value>| {
            ["first:head", "second:head"].map(|column| row[column].as_f64().unwrap())
        };
        rows(&folder.read("out.jsonl")).iter().map(shown).collect()
    };
    for row in heads(&["new.csv"]) {
        assert!(row.iter().all(|head| (0.3..0.7).contains(head)), "{row:?}");
    }
    for row in heads(&["new.csv", "--given", "first=head"]) {
        assert!(row[0] > 0.999_999 && row[1] > 0.8, "{row:?}");
    }
    for row in heads(&["new.csv", "--given", "second=tail"]) {
        assert!(row[0] < 0.2 && row[1] < 1e-6, "{row:?}");
    }
    // Row by row from the file, where a cell may be empty.
    folder.write(
        "partly.csv",
        "id,noise,first,second\nn1,3,head,\nn2,3,,\nn3,3,,tail\n",
    );
    let partly = heads(&["partly.csv", "--given-columns"]);
    assert!(partly[0][1] > 0.8 && partly[2][0] < 0.2, "{partly:?}");
    assert_eq!(partly[1], heads(&["partly.csv"])[1]);

    let measured = folder.run(&["evaluate", "r", "--json"]).expect(0).json();
    assert!(measured["metrics"]["test/joint_bits"].as_f64().unwrap() > 0.2);
    // Of two labels the pair is all there is.
    let arguments = ["info", "r", "--json", "--html", "page.html"];
    let joint = folder.run(&arguments).expect(0).json()["joint"].clone();
    let bits = |record: &Value| record["value"].as_f64().unwrap();
    assert!((bits(&joint["joint"]) - measured["joint"]["value"].as_f64().unwrap()).abs() < 1e-5);
    assert!((bits(&joint["joint"]) - bits(&joint["pairs"][0]["given"])).abs() < 1e-12);
    assert!(joint["joint"]["interval"][0].as_f64().unwrap() > 0.2);
    assert!(
        folder
            .read("page.html")
            .contains("What the joint head is worth")
    );
    let text = folder.run(&["info", "r"]).expect(0).out;
    assert!(text.contains("first - second"), "{text}");
    let wrong = |given: &str| {
        let ended = folder.run(&["predict", "r", "-i", "new.csv", "--given", given]);
        ended.expect(2).err
    };
    assert!(wrong("third=head").contains("`third` is not coupled; coupled are: first, second"));
    let contradicting = ["--given", "first=head", "--given", "first=tail"];
    let asked = [&["predict", "r", "-i", "new.csv"][..], &contradicting].concat();
    let said = folder.run(&asked).expect(2).err;
    assert!(said.contains("`first` is given as two classes"), "{said}");
    // The same twice is none.
    heads(&["new.csv", "--given", "first=head", "--given", "first=head"]);
    assert!(wrong("first=edge").contains("`first` has no class `edge`; it has head, tail"));
}

/// Two lengths in metres and a weight in grams that have an error in common, which the noise beside them does not tell.
fn lengths(rows: std::ops::Range<usize>) -> String {
    let mut text = "id,noise,near,far,weight\n".to_owned();
    for row in rows {
        let dice = row.wrapping_mul(2_654_435_761) >> 7;
        let part = |by: usize| (dice / by % 64) as f64 / 64.0;
        let shared = part(64 * 64);
        text.push_str(&format!(
            "r{row},{},{},{},{}\n",
            dice % 17,
            shared + 0.4 * part(1),
            10.0 - 2.0 * shared + 0.5 * part(64),
            500.0 * part(32)
        ));
    }
    text
}

/// Known numbers shift the others along a line and leave them less variance, in the units of the file.
#[test]
fn a_known_number_tells_a_joint_head_of_the_others() {
    let config = COINS
        .replace("coins", "lengths")
        .replace("tasks.first", "tasks.near")
        .replace("tasks.second", "tasks.far")
        .replace("\"binary\"", "\"regression\"")
        .replace(
            "edges = [[\"first\", \"second\"]]",
            "numbers = [\"near\", \"far\", \"weight\"]\n[tasks.weight]\ntype = \"regression\"",
        );
    let folder = Folder::new(&config);
    folder.write("lengths.csv", &lengths(0..400));
    folder.train("r", &[]);
    folder.write("new.csv", "id,noise\nn1,3\nn2,9\n");
    let shown = |more: &[&str]| -> Vec<BTreeMap<String, f64>> {
        let mut arguments = vec!["predict", "r", "-o", "out.jsonl", "--proba", "-i"];
        arguments.extend(more);
        folder.run(&arguments).expect(0);
        let numbers = |row: &BTreeMap<String, Value>| {
            let cells = row.iter().filter(|(name, _)| *name != "id");
            cells
                .map(|(name, cell)| (name.clone(), cell.as_f64().unwrap()))
                .collect()
        };
        rows(&folder.read("out.jsonl"))
            .iter()
            .map(numbers)
            .collect()
    };
    let free = shown(&["new.csv"]);
    let [low, high] = ["near=0.2", "near=0.8"].map(|given| shown(&["new.csv", "--given", given]));
    let slope = (high[0]["far"] - low[0]["far"]) / 0.6;
    assert!((-2.2..-1.3).contains(&slope), "{slope}");
    for (place, free) in free.iter().enumerate() {
        // var(far | near) = var(far) - slope² var(near), and E(far | near) = E(far) + slope (near - E(near)).
        let [near, far] = ["near:deviation", "far:deviation"].map(|name| free[name]);
        let left = (far * far - slope * slope * near * near).sqrt();
        for (given, near) in [(&low[place], 0.2), (&high[place], 0.8)] {
            assert!((given["far:deviation"] - left).abs() < 1e-5, "{given:?}");
            let mean = free["far"] + slope * (near - free["near"]);
            assert!((given["far"] - mean).abs() < 1e-4, "{given:?}, {mean}");
            // Digit by digit as it was given.
            assert!(given["near"] == near && given["near:deviation"] == 0.0);
            assert!(left < 0.8 * far);
        }
    }
    // Row by row from the file, where a cell may be empty.
    folder.write(
        "partly.csv",
        "id,noise,near,far,weight\nn1,3,0.2,,\nn2,3,,,\nn3,3,,,250.1\n",
    );
    let partly = shown(&["partly.csv", "--given-columns"]);
    assert_eq!(partly[0]["far"], low[0]["far"]);
    assert_eq!((partly[0]["near"], partly[2]["weight"]), (0.2, 250.1));
    assert_eq!(partly[1]["far"], free[0]["far"]);
    assert!(partly[2]["weight:deviation"] == 0.0 && partly[2]["near:deviation"] > 0.0);

    let measured = folder.run(&["evaluate", "r", "--json"]).expect(0).json();
    assert!(measured["metrics"]["test/joint_bits"].as_f64().unwrap() > 0.3);
    let joint = folder.run(&["info", "r", "--json"]).expect(0).json()["joint"].clone();
    assert_eq!(joint["pairs"].as_array().unwrap().len(), 3);
    let wrong = |given: &str| {
        let ended = folder.run(&["predict", "r", "-i", "new.csv", "--given", given]);
        ended.expect(2).err
    };
    assert!(wrong("near=short").contains("`near` is a number, not `short`"));
    assert!(wrong("near=inf").contains("`near` is a number, not `inf`"));
    let said = wrong("near=1e300");
    assert!(said.contains("`1e300` is too large for `near`"), "{said}");
    let twice = [
        "predict", "r", "-i", "new.csv", "--given", "near=1", "--given", "near=2",
    ];
    let said = folder.run(&twice).expect(2).err;
    assert!(said.contains("`near` is given as two numbers"), "{said}");
}

#[test]
fn without_a_joint_head_nothing_is_given() {
    let folder = trained();
    let ended = folder.run(&["predict", "r", "-i", "new.csv", "--given", "passed=yes"]);
    assert!(ended.expect(2).err.contains("no joint head"));
}

/// Without hidden layers a prediction is affine in the category's numbers, so what stands in for a category that
/// training never saw gives the mean of the known ones' predictions, weighted by their rows.
#[test]
fn an_unseen_category_is_answered_like_the_mean_of_the_known_ones() {
    let folder = Folder::with_table();
    let schools = ["GP", "MS", "\"St. Mary, North\"", "Hogwarts"];
    let mut text = String::from("id,age,hours,school\n");
    for school in schools {
        text.push_str(&format!("x,17,12,{school}\n"));
    }
    folder.write("new.csv", &text);
    let all = "data.split={type=\"random\",train=1,val=0,test=0}";
    for (coding, seed) in [("embedding", 1), ("embedding", 2), ("one_hot", 1)] {
        let run = format!("{coding}-{seed}");
        folder.train(
            &run,
            &[
                "-s",
                all,
                "-s",
                "encoder.hidden=[]",
                "-s",
                &format!("categorical.coding={coding}"),
                "--seed",
                &seed.to_string(),
            ],
        );
        let ended = folder
            .run(&["predict", &run, "-i", "new.csv", "--format", "jsonl"])
            .expect(0);
        let grades: Vec<f64> = rows(&ended.out)
            .iter()
            .map(|row| row["grade"].as_f64().unwrap())
            .collect();
        // 160 rows of three schools in turn.
        let wanted = (54.0 * grades[0] + 53.0 * grades[1] + 53.0 * grades[2]) / 160.0;
        assert!(
            (grades[3] - wanted).abs() < 1e-5,
            "{run}: {grades:?}, {wanted}"
        );
    }
}

/// A black picture of 8 x 8 grey pixels, PNG.
const BLACK: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x08\x00\x00\x00\x08\x08\x00\x00\x00\x00\xe1d\
    \xe1W\x00\x00\x00\x0cIDATx\xdac`\xa0\x0e\x00\x00\x00H\x00\x01\x10E\xef\xd2\x00\x00\x00\x00IEND\xaeB`\
    \x82";
/// A white one.
const WHITE: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x08\x00\x00\x00\x08\x08\x00\x00\x00\x00\xe1d\
    \xe1W\x00\x00\x00\x0eIDATx\xdac\xf8\x0f\x05\x0c\x941\x00\xf7\xc0?\xc1\xaf\x5c\x0f\xcd\x00\x00\x00\
    \x00IEND\xaeB`\x82";

const PHOTOS: &str = r#"
version = 1
name = "photos"
[data]
source = { type = "images", file = "photos.csv", channels = 1 }
split = { type = "random", train = 1, val = 0, test = 0 }
[inputs.image]
[encoder]
type = "mlp"
hidden = [4]
[tasks.shade]
type = "binary"
[device]
backend = "cpu"
[train]
epochs = 1
batch_size = 4
"#;

/// Paths in a table are relative to its folder, which of a bare name and of standard input is the current one.
#[test]
fn pictures_are_found_beside_a_table_without_a_folder_in_its_name() {
    let folder = Folder::new(PHOTOS);
    std::fs::create_dir(folder.path("img")).unwrap();
    std::fs::write(folder.path("img/black.png"), BLACK).unwrap();
    std::fs::write(folder.path("img/white.png"), WHITE).unwrap();
    let rows = "img/black.png,dark\nimg/white.png,light\n".repeat(8);
    folder.write("photos.csv", &format!("path,shade\n{rows}"));
    folder.train("r", &[]);
    let bare = folder
        .run(&["predict", "r", "-i", "photos.csv"])
        .expect(0)
        .out;
    assert_eq!(bare.lines().count(), 17);
    let dotted = folder
        .run(&["predict", "r", "-i", "./photos.csv"])
        .expect(0);
    let piped = folder.run_with_input(&["predict", "r", "-i", "-"], &folder.read("photos.csv"));
    assert_eq!((dotted.out, piped.expect(0).out), (bare.clone(), bare));
    folder
        .run(&["evaluate", "r", "--data", "photos.csv"])
        .expect(0);
}

#[test]
fn the_input_is_not_replaced_under_whatever_name() {
    let folder = trained();
    let before = folder.read("new.csv");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path("new.csv"), folder.path("link.csv")).unwrap();
    for name in ["new.csv", "./new.csv", "link.csv"] {
        let ended = folder
            .run(&["predict", "r", "-i", "new.csv", "-o", name])
            .expect(2);
        assert!(ended.err.contains("is the input"), "{}", ended.err);
    }
    assert_eq!(folder.read("new.csv"), before);
}

#[test]
fn a_row_that_training_would_have_left_out_has_an_empty_prediction() {
    let folder = Folder::with_table();
    folder.train("r", &["-s", "data.missing=drop_row"]);
    folder.write(
        "gaps.csv",
        "id,age,hours,school\na,17,12,GP\nb,,12,GP\nc,17,12,GP\nd,17,,GP\n",
    );
    let ended = folder.run(&["predict", "r", "-i", "gaps.csv"]).expect(0);
    let rows: Vec<&str> = ended.out.lines().collect();
    assert_eq!(
        (rows[0], rows[2], rows[4]),
        ("id,passed,grade", "b,,", "d,,")
    );
    assert_eq!(rows[1].strip_prefix('a'), rows[3].strip_prefix('c'));
    assert!(rows[1].len() > "a,no,".len(), "{rows:?}");
    assert!(
        ended
            .err
            .contains("2 rows have no prediction, because a feature is missing"),
        "{}",
        ended.err
    );
    let lines = folder
        .run(&["predict", "r", "-i", "gaps.csv", "--format", "jsonl"])
        .expect(0);
    assert!(
        lines
            .out
            .contains(r#"{"id":"b","passed":null,"grade":null}"#),
        "{}",
        lines.out
    );
    // Nothing but such rows is still one row for each.
    folder.write("none.csv", "id,age,hours,school\nb,,12,GP\n");
    let none = folder.run(&["predict", "r", "-i", "none.csv"]).expect(0);
    assert_eq!(none.out, "id,passed,grade\nb,,\n");
}

#[test]
fn no_two_columns_of_the_output_have_one_name() {
    let folder = trained();
    folder.write(
        "odd.csv",
        "id,passed:yes,passed:predicted,age,hours,school\nx,1,2,17,12,GP\n",
    );
    let heads = |more: &[&str]| {
        let arguments = [&["predict", "r", "-i", "odd.csv"], more].concat();
        let text = folder.run(&arguments).expect(0).out;
        text.lines().next().unwrap().to_owned()
    };
    assert_eq!(heads(&[]), "id,passed:yes,passed:predicted,passed,grade");
    assert_eq!(
        heads(&["--proba"]),
        "id,passed:yes,passed:predicted,passed:predicted:predicted,passed:predicted:predicted:no,\
         passed:predicted:predicted:yes,grade"
    );
}

#[test]
fn what_goes_wrong_is_a_document_where_one_is_asked_for() {
    let folder = trained();
    folder.write("bad.csv", "id,age,hours,school\nx,old,12,GP\n");
    let wrong = |arguments: &[&str], code: i32| {
        let document = folder.run(arguments).expect(code).json();
        assert_eq!(document["exit_code"], code, "{document}");
        assert!(document["problems"][0]["message"].is_string(), "{document}");
        document
    };
    let document = wrong(
        &["predict", "r", "-i", "bad.csv", "-o", "out.csv", "--json"],
        4,
    );
    let message =
        "bad.csv:2: column `age` holds text: 1 of 1 cells are no numbers, the first one \"old\"";
    assert_eq!(document["message"], message);
    wrong(&["evaluate", "r", "--data", "bad.csv", "--json"], 4);
    wrong(&["evaluate", "nowhere", "--json"], 6);
    wrong(&["digest", "nowhere", "--json"], 6);
    wrong(&["verify", "nowhere", "--json"], 6);
    wrong(&["config", "show", "nowhere.toml", "--json"], 3);
    // One document, never two: that of a gate that was missed has the metrics.
    let gate = [
        "evaluate",
        "r",
        "--json",
        "--fail-under",
        "test/passed/accuracy=1.1",
    ];
    assert!(folder.run(&gate).expect(8).json()["metrics"].is_object());
}
