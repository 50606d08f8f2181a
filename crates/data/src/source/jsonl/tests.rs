use super::*;
use polytask_random::Seed;

fn load(text: &str) -> Result<Table, DataErrors> {
    let folder = std::env::temp_dir().join(format!("polytask-jsonl-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!(
        "{:x}.jsonl",
        blake3::hash(text.as_bytes()).as_bytes()[0]
    ));
    std::fs::write(&path, text).unwrap();
    JsonLines {
        file: FileRef::new(&path),
    }
    .load(&Reading::new(Seed(1)))
}

#[test]
fn keys_that_come_late_are_columns_too() {
    let table = load(
        "{\"a\": 1.50, \"b\": \"x\\ny\"}\n\n{\"b\": null, \"c\": [1, {\"d\": 2}], \"a\": true}\n",
    )
    .unwrap();
    let texts: Vec<Vec<Option<&str>>> = table
        .columns()
        .iter()
        .map(|column| match &column.values {
            crate::Values::Text(words) => (0..2).map(|row| words.get(row)).collect(),
            _ => panic!("not text"),
        })
        .collect();
    assert_eq!(
        texts,
        [
            [Some("1.50"), Some("true")],
            [Some("x\ny"), None],
            [None, Some("[1, {\"d\": 2}]")],
        ]
    );
    assert_eq!(table.place(1).line, Some(3));
}

#[test]
fn each_bad_line_is_named() {
    let errors =
        load("{\"a\": 1}\n[1]\n{\"a\": 1, \"a\": 2}\n{\"a\": \n{\"a\": NaN}\n{\"a\": \"\\ud800\"}")
            .unwrap_err();
    let shown = errors.to_string();
    for part in [
        ".jsonl:2: ",
        "expected one JSON object",
        ".jsonl:3: the object has the key `a` twice",
        ".jsonl:4: ",
        ".jsonl:5: ",
        ".jsonl:6: ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(errors.count(), 5);
    let alone = load("{\"a\": 3").unwrap_err().to_string();
    assert!(alone.contains(".jsonl:1: column 7: EOF while"), "{alone}");
}
