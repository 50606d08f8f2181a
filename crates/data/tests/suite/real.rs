//! Real data, where it is: `POLYTASK_TEST_DATA`, or `../shared/data` beside the workspace.

use std::path::{Path, PathBuf};

use polytask_data::{Prepared, TaskKind, prepare};
use polytask_random::Seed;

use crate::options;

/// The folder of a data set; says so if it is not there.
fn folder(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from("../../../shared/data");
    let base = std::env::var_os("POLYTASK_TEST_DATA").map_or(beside, PathBuf::from);
    let folder = base.join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn prepared(folder: &Path, config: &str) -> Prepared {
    let (options, problems) = options(folder, config);
    assert_eq!(problems, Vec::<String>::new());
    prepare(&options.data, &options.inputs, &options.tasks, Seed(1))
        .unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn unipen_characters_have_the_label_of_one_task_each() {
    let Some(folder) = folder("unipen_chars") else {
        return;
    };
    let part = |name: &str, part: &str| {
        format!(
            "{{ images = \"{name}-{part}-images-idx3-ubyte.gz\", labels.{name}.file = \"{name}-{part}-labels-idx1-ubyte.gz\" }}"
        )
    };
    let source = |name: &str| {
        format!(
            "{{ type = \"idx\", parts = {{ digits = {}, letters = {} }} }}",
            part("digits", name),
            part("letters", name)
        )
    };
    let config = format!(
        "[data]\nsource = {}\ntest = {}\n[tasks.digits]\ntype = \"multiclass\"\n[tasks.letters]\ntype = \"multiclass\"\n",
        source("train"),
        source("test")
    );
    let prepared = prepared(&folder, &config);
    let count = |split: &str, task: &str| prepared.facts.splits[split].tasks[task].labelled;
    assert_eq!(
        (count("test", "digits"), count("test", "letters")),
        (2_135, 3_617)
    );
    assert_eq!(count("train", "digits") + count("val", "digits"), 11_000);
    assert_eq!(count("train", "letters") + count("val", "letters"), 16_019);
    assert_eq!(
        prepared.preprocessing.tasks()[1].kind,
        TaskKind::Multiclass { classes: 26 }
    );
    assert_eq!(
        prepared.preprocessing.input_shape().image,
        Some([1, 28, 28])
    );
}

#[test]
fn census_has_missing_cells_and_many_categories() {
    let Some(folder) = folder("census_kdd") else {
        return;
    };
    let schema: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("schema.json")).unwrap()).unwrap();
    let config = format!(
        "[data]\nsource = \"train.csv.gz\"\ntest = \"test.csv.gz\"\nmissing = \"impute\"\n\
         [inputs.person]\ncategorical = {}\n[tasks.income_50k]\ntype = \"binary\"\n[tasks.never_married]\ntype = \"binary\"\n",
        schema["categorical"]
    );
    let prepared = prepared(&folder, &config);
    let shape = prepared.preprocessing.input_shape();
    assert_eq!((shape.numeric, shape.categorical.len()), (7, 32));
    assert_eq!(
        (prepared.splits.test.len(), prepared.facts.rows),
        (33_254, 66_508 + 33_254)
    );
    let fit = &prepared.preprocessing.tasks()[0];
    let share = fit.counts[1] as f64 / fit.labelled as f64;
    assert!((share - 0.062).abs() < 0.003, "{share}");
}

#[test]
fn tables_of_regressions_and_labels_are_read_as_published() {
    for (name, train, test) in [
        ("mtr_enb", 538, 230),
        ("mtr_wq", 742, 318),
        ("mtr_jura", 251, 108),
        ("ml_yeast", 1500, 917),
    ] {
        let Some(folder) = folder(name) else { return };
        let schema: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.join("schema.json")).unwrap()).unwrap();
        let targets: Vec<&str> = schema["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|target| target["name"].as_str().unwrap())
            .collect();
        let kind = if name == "ml_yeast" {
            "multilabel"
        } else {
            "regression"
        };
        let config = format!(
            "[data]\nsource = \"train.csv\"\ntest = \"test.csv\"\n[tasks.all]\ntype = \"{kind}\"\ntarget = {targets:?}\n"
        );
        let prepared = prepared(&folder, &config);
        assert_eq!(prepared.splits.test.len(), test);
        assert_eq!(
            prepared.splits.train.len() + prepared.splits.val.len(),
            train
        );
        assert_eq!(
            prepared.preprocessing.input_shape().numeric,
            schema["numeric"].as_array().unwrap().len()
        );
        assert_eq!(
            prepared.preprocessing.tasks()[0].kind.width(),
            targets.len()
        );
        assert_eq!(
            prepared.facts.splits["test"].tasks["all"].labelled as usize,
            test
        );
    }
}

#[test]
fn persons_are_not_split() {
    let Some(folder) = folder("parkinsons_updrs") else {
        return;
    };
    let config = "[data]\nsource = \"train.csv\"\nsplit = { type = \"hash\", column = \"subject\" }\n\
        [inputs.voice]\ncolumns = { all_except = [\"subject\"] }\ncategorical = [\"sex\"]\n\
        [tasks.motor]\ntype = \"regression\"\ntarget = \"motor_UPDRS\"\n[tasks.total]\ntype = \"regression\"\ntarget = \"total_UPDRS\"\n";
    let prepared = prepared(&folder, config);
    assert_eq!(prepared.preprocessing.input_shape().numeric, 18);
    assert_eq!(prepared.facts.rows, 4_406);
}
