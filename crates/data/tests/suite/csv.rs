//! Delimited text.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Folder, table};

const TASK: &str = "[tasks.y]\ntype = \"regression\"\n";

fn rows(delimiter: char) -> String {
    table(&["a", "b", "y"].join(&delimiter.to_string()), 30, |row| {
        [
            row.to_string(),
            (row * row % 7).to_string(),
            format!("{}.5", row),
        ]
        .join(&delimiter.to_string())
    })
}

#[test]
fn the_same_rows_in_any_dress_are_the_same_data() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(rows(',').as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let quoted: String = rows(',')
        .lines()
        .map(|line| format!("\"{}\"\r\n", line.replace(',', "\",\"")))
        .collect();
    let spaced = rows(',').replace(',', " , ");
    let bare: String = rows(',')
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect();
    let objects: String = rows(',')
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!(
                "{{\"a\": {}, \"b\": \"{}\", \"y\": {}}}\n",
                cells[0], cells[1], cells[2]
            )
        })
        .collect();
    let folder = Folder::new()
        .with("plain.csv", rows(','))
        .with("packed.csv.gz", &gz)
        .with("packed_but_named_otherwise.csv", &gz)
        .with("semicolon.csv", rows(';'))
        .with("tab.tsv", rows('\t'))
        .with("quoted.csv", quoted)
        .with("spaced.csv", spaced)
        .with("bare.csv", bare)
        .with("objects.jsonl", objects);
    let fingerprint = |source: &str| {
        let config = format!("[data]\nsource = {source}\n{TASK}");
        folder.prepare(&config).unwrap().facts.fingerprint
    };
    let wanted = fingerprint("\"plain.csv\"");
    for source in [
        "\"packed.csv.gz\"",
        "\"packed_but_named_otherwise.csv\"",
        "{ type = \"csv\", file = \"semicolon.csv\", delimiter = \";\" }",
        "\"tab.tsv\"",
        "\"quoted.csv\"",
        "\"spaced.csv\"",
        "{ type = \"csv\", file = \"bare.csv\", header = false, names = [\"a\", \"b\", \"y\"] }",
        "\"objects.jsonl\"",
        "{ type = \"jsonl\", file = \"objects.jsonl\" }",
    ] {
        assert_eq!(fingerprint(source), wanted, "{source}");
    }
}

#[test]
fn any_change_of_the_data_changes_the_fingerprint() {
    let folder = Folder::new()
        .with("a.csv", rows(','))
        .with("feature.csv", rows(',').replace("\n7,0,", "\n7.0001,0,"))
        .with("label.csv", rows(',').replace(",7.5", ",7.6"));
    let fingerprint = |name: &str, split: &str| {
        let config = format!("[data]\nsource = \"{name}\"\n{split}\n{TASK}");
        folder.prepare(&config).unwrap().facts.fingerprint
    };
    let all = [
        fingerprint("a.csv", ""),
        fingerprint("feature.csv", ""),
        fingerprint("label.csv", ""),
        fingerprint("a.csv", "split = { type = \"random\", train = 0.5 }"),
    ];
    for (index, one) in all.iter().enumerate() {
        assert!(all[..index].iter().all(|other| other != one), "{index}");
    }
    assert_eq!(all[0], fingerprint("a.csv", ""));
}

#[test]
fn a_truncated_gzip_is_an_error() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(table("a,y", 9999, |row| format!("{row},{}", row * row % 8191)).as_bytes())
        .unwrap();
    let gz = gz.finish().unwrap();
    let folder = Folder::new().with("cut.csv.gz", &gz[..gz.len() / 2]);
    let errors = folder.errors(&format!("[data]\nsource = \"cut.csv.gz\"\n{TASK}"));
    assert!(errors.contains("cannot be read"), "{errors}");
}

#[test]
fn a_bomb_goes_off_nowhere() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::best());
    gz.write_all(b"a,y\n").unwrap();
    for _ in 0..200_000 {
        gz.write_all(b"1,2\n1,3\n1,2\n1,4\n").unwrap();
    }
    let folder = Folder::new().with("bomb.csv.gz", gz.finish().unwrap());
    let errors = folder.errors(&format!(
        "[data]\nsource = \"bomb.csv.gz\"\nlimits.total_bytes = 1000000\n{TASK}"
    ));
    assert!(
        errors.contains("the decompressed size in bytes is 1000001, the limit is 1000000"),
        "{errors}"
    );
    assert!(errors.contains("`data.limits.total_bytes`"), "{errors}");
}
