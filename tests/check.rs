//! `check` and `init`.

use crate::harness::{Folder, PICTURES, exists, students};

#[test]
fn each_level_goes_further_and_writes_nothing() {
    let folder = Folder::with_table();
    for (level, says) in [
        ("config", "config  ok"),
        ("data", "data    ok"),
        ("model", "model   ok"),
    ] {
        let ended = folder
            .run(&["check", "config.toml", "--level", level])
            .expect(0);
        assert!(ended.out.contains(says), "{}", ended.out);
    }
    let text = folder.run(&["check", "config.toml"]).expect(0).out;
    for word in [
        "128 train",
        "16 val",
        "passed",
        "binary",
        "heads.grade",
        "one step on cpu",
    ] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    let document = folder
        .run(&["check", "config.toml", "--json"])
        .expect(0)
        .json();
    assert_eq!(document["valid"], true);
    assert!(document["data"]["fingerprint"].is_string(), "{document}");
    assert!(document["model"]["summary"]["parameters"].as_u64().unwrap() > 0);
    assert!(!exists(&folder.path("runs")));
}

#[test]
fn what_is_wrong_is_a_document_too_wherever_it_lies() {
    let folder = Folder::with_table();
    folder.write(
        "stray.csv",
        &folder.read("students.csv").replace(",15,", ",many,"),
    );
    for (set, exit, code) in [
        ("train.epochs=-1", 3, Some("P0204")),
        ("data.source=nofile.csv", 3, Some("P0612")),
        ("inputs.profile.columns=[\"aeg\"]", 3, Some("P0611")),
        ("data.source=stray.csv", 4, None),
    ] {
        let checked = folder
            .run(&["check", "config.toml", "--json", "-s", set])
            .expect(exit);
        let document = checked.json();
        assert_eq!(document["valid"], false);
        assert_eq!(document["exit_code"], exit);
        let first = &document["problems"][0];
        assert_eq!(first["code"].as_str(), code, "{document}");
        assert!(first["message"].is_string(), "{document}");
        if code.is_some() {
            assert_eq!(
                (&first["file"], &first["line"]),
                (&"--set".into(), &1.into()),
                "{document}"
            );
        }
        let trained = folder
            .run(&["train", "config.toml", "--json", "-s", set])
            .expect(exit);
        let event = trained.events().pop().unwrap();
        assert_eq!(event["event"], "failed");
        assert_eq!(event["problems"], document["problems"]);
    }
    folder.write(
        "config.toml",
        &folder
            .read("config.toml")
            .replace("epochs = 4", "epochs = 0"),
    );
    let document = folder
        .run(&["check", "config.toml", "--json"])
        .expect(3)
        .json();
    let problem = &document["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["key"]),
        (&"config.toml".into(), &"train.epochs".into())
    );
    let lines = folder.read("config.toml");
    let line = lines.lines().position(|line| line == "epochs = 0").unwrap();
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&(line + 1).into(), &10.into())
    );
}

#[test]
fn a_starter_for_a_table_passes_the_check() {
    let folder = Folder::new("");
    folder.write("students.csv", &students(0..160));
    let ended = folder
        .run(&["init", "students.csv", "--output", "student.toml"])
        .expect(0);
    assert!(
        ended.err.contains("passed") && ended.err.contains("grade"),
        "{}",
        ended.err
    );
    let text = folder.read("student.toml");
    for line in [
        "[tasks.passed]",
        "[tasks.final_grade]",
        "ids = [\"id\"]",
        "categorical = [\"school\"]",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    folder
        .run(&["check", "student.toml", "--level", "model"])
        .expect(0);
    folder
        .run(&["init", "students.csv", "--output", "student.toml"])
        .expect(2);
    folder
        .run(&[
            "init",
            "students.csv",
            "--target",
            "hours",
            "-o",
            "student.toml",
            "--force",
        ])
        .expect(0);
    folder
        .run(&["check", "student.toml", "--level", "data"])
        .expect(0);
    folder
        .run(&["init", "students.csv", "--target", "ours"])
        .expect(2);
    folder.run(&["init", "nowhere.csv"]).expect(4);
}

#[test]
fn a_starter_for_json_lines_passes_the_check() {
    let folder = Folder::new("");
    let lines: String = (0..90)
        .map(|row| {
            format!(
                "{{\"uid\": \"u{row}\", \"x\": {}, \"colour\": \"{}\", \"label\": \"{}\"}}\n",
                row as f64 * 0.37,
                ["red", "blue"][row % 2],
                ["a", "b", "c"][row % 3]
            )
        })
        .collect();
    folder.write("rows.jsonl", &lines);
    let text = folder.run(&["init", "rows.jsonl"]).expect(0).out;
    assert!(
        text.contains("[tasks.label]\ntype = \"multiclass\""),
        "{text}"
    );
    folder.write("rows.toml", &text);
    folder
        .run(&["check", "rows.toml", "--level", "data"])
        .expect(0);
}

#[test]
fn the_starter_without_data_passes_the_check() {
    let folder = Folder::new("");
    let text = folder.run(&["init"]).expect(0).out;
    folder.write("config.toml", &text);
    let smaller = "data.source={type=\"glyphs\",train=200,val=40,test=40}";
    let unseen = ["tasks.digit.unseen=mask", "tasks.letter.unseen=mask"];
    folder
        .run(&[
            "check",
            "config.toml",
            "--level",
            "data",
            "-s",
            smaller,
            "-s",
            unseen[0],
            "-s",
            unseen[1],
        ])
        .expect(0);
}

#[test]
fn a_config_is_inspected_without_training() {
    let folder = Folder::new(PICTURES);
    let text = folder
        .run(&["inspect", "config.toml", "--tensors"])
        .expect(0)
        .out;
    for word in ["heads.digit", "heads.bold", "encoder.layers.0", "784"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
}

#[test]
fn a_starter_knows_a_file_whose_cells_are_divided_by_semicolons() {
    let folder = Folder::new("");
    let rows: String = (0..90)
        .map(|row| format!("{};{};{}\n", row, row % 7, ["a", "b", "c"][row % 3]))
        .collect();
    folder.write("rows.csv", &format!("id;x;label\n{rows}"));
    let ended = folder.run(&["init", "rows.csv"]).expect(0);
    assert!(ended.err.contains("divided by ';'"), "{}", ended.err);
    assert!(
        ended.out.contains("file = \"rows.csv\", delimiter = \";\""),
        "{}",
        ended.out
    );
    folder.write("rows.toml", &ended.out);
    folder
        .run(&["check", "rows.toml", "--level", "data"])
        .expect(0);
}

/// A first record that is like the others is no header; a target need not be the last column.
#[test]
fn a_starter_knows_a_file_without_a_header() {
    let folder = Folder::new("");
    let rows: String = (0..90)
        .map(|row| format!("{},{},{}.5\n", ["a", "b"][row % 2], row % 7, row))
        .collect();
    folder.write("rows.csv", &rows);
    let ended = folder
        .run(&["init", "rows.csv", "--target", "column_1"])
        .expect(0)
        .said("there is no header");
    assert!(ended.out.contains("header = false"), "{}", ended.out);
    assert!(ended.out.contains("from 90 rows"), "{}", ended.out);
    folder.write("rows.toml", &ended.out);
    folder
        .run(&["train", "rows.toml", "--fast-dev-run"])
        .expect(0);
    // A file to be predicted may lack the target, wherever it stood.
    let bare: String = rows.lines().map(|row| format!("{}\n", &row[2..])).collect();
    folder.write(
        "named.toml",
        &ended.out.replace(
            "header = false",
            "header = false, names = [\"column_1\", \"column_2\", \"column_3\"]",
        ),
    );
    let run = [
        "train",
        "named.toml",
        "--run-dir",
        "named",
        "-s",
        "train.epochs=1",
    ];
    folder.run(&run).expect(0);
    folder.write("bare.csv", &bare);
    let predicted = folder
        .run(&["predict", "named", "-i", "bare.csv"])
        .expect(0);
    assert_eq!(predicted.out.lines().count(), 91, "{}", predicted.out);

    // What is asked for is done, whatever the cells look like.
    let named = folder
        .run(&["init", "rows.csv", "--header", "yes", "--target", "a"])
        .expect(0);
    assert!(!named.out.contains("header = false"), "{}", named.out);
    folder.write(
        "years.csv",
        &format!("2019,2020,2021\n{}", rows.replace(['a', 'b'], "4")),
    );
    let judged = folder
        .run(&["init", "years.csv", "--target", "column_2"])
        .expect(0);
    judged.said("--header yes says that it is one");
    folder.write("rows.jsonl", "{\"a\": 1}\n");
    folder
        .run(&["init", "rows.jsonl", "--header", "no"])
        .expect(2);
}

/// Labels may be sorted, so rows of the whole file are looked at; but not all of them.
#[test]
fn a_starter_for_a_long_table_sees_all_of_it() {
    let folder = Folder::new("");
    let mut text = String::from("n,x,label\n");
    for row in 0..40_000 {
        text.push_str(&format!(
            "{},{}.5,{}\n",
            row,
            row * 7 % 1009,
            if row < 20_000 { "early" } else { "late" }
        ));
    }
    folder.write("rows.csv", &text);
    let text = folder.run(&["init", "rows.csv"]).expect(0).out;
    assert!(text.contains("from 40000 rows"), "{text}");
    assert!(text.contains("ids = [\"n\"]"), "{text}");
    assert!(text.contains("[tasks.label]\ntype = \"binary\""), "{text}");
}

#[test]
fn what_a_step_costs_is_told_where_there_is_a_reason() {
    let folder = Folder::with_table();
    let checked = |set: &str| {
        let arguments = ["check", "config.toml", "--set", set, "--json"];
        folder.run(&arguments).expect(0).json()["model"].clone()
    };
    let plain = checked("multitask.weighting=equal");
    assert!(plain["cost"].is_null() && plain["weighting"].is_null());
    let famo = checked("multitask.weighting=famo");
    assert!(famo["cost"].as_f64().unwrap() > 0.0, "{famo}");
    assert_eq!(famo["weighting"], "a second forward pass after every step");
    let exact = checked("multitask.aggregator=imtl_g");
    assert_eq!(exact["cost"], exact["aggregation"]["cost"]);
}

#[test]
fn a_starter_goes_to_standard_output_or_to_a_file_and_comes_from_a_file() {
    let folder = Folder::with_table();
    let plain = folder.run(&["init", "students.csv"]).expect(0).out;
    let dashed = folder
        .run(&["init", "students.csv", "-o", "-"])
        .expect(0)
        .out;
    assert_eq!(plain, dashed);
    assert!(!crate::harness::exists(&folder.path("-")));
    let ended = folder.run_with_input(&["init", "-"], &folder.read("students.csv"));
    ended.expect(2).said("write the rows to a file");
}

#[test]
fn a_starter_for_a_table_of_pictures_says_so() {
    let folder = Folder::new("");
    let rows: String = (0..60)
        .map(|row| format!("img/{row}.png,{}\n", ["cat", "dog"][row % 2]))
        .collect();
    folder.write("photos.csv", &format!("file,label\n{rows}"));
    let text = folder.run(&["init", "photos.csv"]).expect(0).out;
    assert!(
        text.contains("source = { type = \"images\", file = \"photos.csv\", column = \"file\" }"),
        "{text}"
    );
    assert!(
        text.contains("[inputs.image]\n") && text.contains("[tasks.label]\ntype = \"binary\""),
        "{text}"
    );
    folder.write("config.toml", &text);
    folder
        .run(&["check", "config.toml", "--level", "config"])
        .expect(0);
}

#[test]
fn a_starter_keeps_persons_out_of_the_inputs() {
    let folder = Folder::new("");
    let rows: String = (0..200)
        .map(|row| format!("{},{}.5,{}\n", row / 10, row * 7 % 41, row * 13 % 97))
        .collect();
    folder.write("voices.csv", &format!("subject,shimmer,total\n{rows}"));
    let text = folder.run(&["init", "voices.csv"]).expect(0).out;
    assert!(
        text.contains("ids = [\"subject\"]") && text.contains("columns = [\"shimmer\"]"),
        "{text}"
    );
    assert!(
        text.contains("# split = { type = \"hash\", column = \"subject\" }"),
        "{text}"
    );
    assert!(
        text.contains("# No header says what is to be predicted, so this is the last column"),
        "{text}"
    );
    folder.write(
        "config.toml",
        &text
            .replace("# split = { type = \"hash\"", "split = { type = \"hash\"")
            .replace(
                "split = { type = \"random\", train = 0.8, val = 0.1, test = 0.1 }\n",
                "",
            ),
    );
    folder
        .run(&["check", "config.toml", "--level", "data"])
        .expect(0);
}

#[test]
fn a_warm_up_that_outlasts_the_run_is_told() {
    let folder = Folder::with_table();
    // 128 rows, 16 a step, 4 epochs: 32 steps.
    for (warmup, is_told) in [(31, false), (32, true), (5000, true)] {
        let set = format!("train.schedule={{type=\"cosine\",warmup_steps={warmup}}}");
        for command in [&["check"][..], &["train", "--fast-dev-run"]] {
            let ended = folder
                .run(&[command, &["config.toml", "-s", &set]].concat())
                .expect(0);
            let told = "the run has 32 steps, so that the learning rate rises to its end";
            assert_eq!(ended.err.contains(told), is_told, "{warmup}: {}", ended.err);
        }
    }
}

#[test]
fn an_article_goes_with_its_kind() {
    let folder = Folder::with_table();
    let ordinal = "tasks.passed={type=\"ordinal\",levels=[\"no\",\"yes\"],metrics=[\"r2\"]}";
    let told = folder
        .run(&["check", "config.toml", "-s", ordinal])
        .expect(3);
    assert!(told.err.contains("for an ordinal task"), "{}", told.err);
    assert!(!told.err.contains("a ordinal"), "{}", told.err);
}
