use super::*;

const PLAIN: Dialect = Dialect {
    delimiter: b',',
    quote: Some(b'"'),
    trim: true,
};

fn read_all(text: &[u8], limits: &Limits) -> Result<Vec<(u64, Vec<String>)>, DataError> {
    let mut records = Records::new(text, "a.csv".to_owned(), PLAIN, limits.clone());
    let mut record = Record::default();
    let mut all = Vec::new();
    while records.read(&mut record)? {
        let fields = record
            .fields()
            .map(|field| String::from_utf8_lossy(field).into_owned());
        all.push((record.line, fields.collect()));
    }
    Ok(all)
}

fn fields(text: &str) -> Vec<Vec<String>> {
    let all = read_all(text.as_bytes(), &Limits::default()).unwrap();
    all.into_iter().map(|(_, fields)| fields).collect()
}

#[test]
fn fields_are_read_as_rfc_4180_says() {
    assert_eq!(fields("a,b\r\n1,\n"), [["a", "b"], ["1", ""]]);
    assert_eq!(fields("\u{feff}a,b\n\n1, 2 "), [["a", "b"], ["1", "2"]]);
    assert_eq!(
        fields("\"a,\"\"b\"\"\nc\" ,  \" d \"\r\n"),
        [["a,\"b\"\nc", " d "]]
    );
    assert_eq!(
        fields("\"\",\"\"\n,\"x\","),
        [vec!["", ""], vec!["", "x", ""]]
    );
    assert!(fields("").is_empty() && fields("\n\r\n").is_empty());
}

#[test]
fn a_record_knows_the_line_it_begins_at() {
    let all = read_all(b"a\n\"b\nb\"\n\nc\n", &Limits::default()).unwrap();
    let lines: Vec<u64> = all.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 5]);
}

#[test]
fn what_stock_parsers_let_through_is_an_error_with_its_line() {
    let cases: [(&[u8], &str); 7] = [
        (b"a,b\n1,5\" pipe", "a.csv:2: a quote stands inside a field"),
        (b"a,b\n\"1\"x,2", "a.csv:2: a quote stands inside a field"),
        (
            b"a,b\n1,\"2\n3",
            "a.csv:2: a quote is opened and never closed",
        ),
        (b"a,b\n1,\0", "a.csv:2: there is a NUL byte"),
        (b"\xFF\xFEa\0,\0", "a.csv:1: the file is in UTF-16"),
        (
            b"a,b\r1,2\r3,4",
            "a.csv:1: there is a carriage return that ends no line",
        ),
        (
            b"\"a\",b\rc\n",
            "a.csv:1: there is a carriage return that ends no line",
        ),
    ];
    for (text, message) in cases {
        let error = read_all(text, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn limits_hold_before_memory_is_spent() {
    let limits = Limits {
        field_bytes: 10,
        record_bytes: 100,
        columns: 5,
        ..Limits::default()
    };
    let long_field = [b"a\n".as_slice(), &[b'x'; 11]].concat();
    let long_record = [b"a\n\"".as_slice(), &b"x\n".repeat(1000)].concat();
    for (text, option) in [
        (long_field.as_slice(), "field_bytes"),
        (&long_record, "record_bytes"),
        (b",,,,,".as_slice(), "columns"),
    ] {
        let error = read_all(text, &limits).unwrap_err();
        assert!(
            matches!(&error, DataError::Limit { option: named, .. } if *named == option),
            "{error}"
        );
    }
}
