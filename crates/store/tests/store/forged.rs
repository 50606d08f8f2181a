//! Files whose checksums are all right and whose content is not what we write: made with care, by somebody else.

use std::path::Path;

use polytask_store::{Class, read, verify, write};
use serde_json::{Value, json};

use crate::samples::checkpoint;

/// A file with this header and these bytes after it, every hash computed as it should be.
fn forge(header: &str, body: &[u8]) -> Vec<u8> {
    let mut file = b"\x89polytask\r\n\x1a\n\0\0\0".to_vec();
    file.extend_from_slice(&1u32.to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&(header.len() as u64).to_le_bytes());
    let hash = blake3::Hasher::new()
        .update(&file)
        .update(header.as_bytes())
        .finalize();
    file.extend_from_slice(hash.as_bytes());
    file.extend_from_slice(header.as_bytes());
    file.resize(file.len().next_multiple_of(64), 0);
    file.extend_from_slice(body);
    seal(file)
}

fn seal(mut file: Vec<u8>) -> Vec<u8> {
    file.extend_from_slice(b"ptaskend");
    file.extend_from_slice(&(file.len() as u64 + 40).to_le_bytes());
    let hash = blake3::hash(&file);
    file.extend_from_slice(hash.as_bytes());
    file
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Two parts of 64 bytes; the header is short enough for both to start at known offsets.
fn parts(offset: u64) -> Vec<Value> {
    [("a", 1u8), ("b", 2)]
        .iter()
        .zip([offset, offset + 64])
        .map(|((name, byte), offset)| {
            json!({"name": name, "kind": "u8", "shape": [64], "offset": offset, "length": 64, "blake3": hash(&[*byte; 64])})
        })
        .collect()
}

fn body() -> Vec<u8> {
    [[1u8; 64], [2; 64]].concat()
}

/// serde_json sorts keys; we write them in the order of the struct.
fn header(parts: &[Value]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            format!(
                r#"{{"name":{},"kind":{},"shape":{},"offset":{},"length":{},"blake3":{}}}"#,
                part["name"],
                part["kind"],
                part["shape"],
                part["offset"],
                part["length"],
                part["blake3"]
            )
        })
        .collect();
    format!(r#"{{"meta":{{"step":"1"}},"parts":[{}]}}"#, parts.join(","))
}

/// Where the parts start after this header: the offsets have three digits in all these tests.
const START: u64 = 384;

fn outcome(bytes: &[u8]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("forged.ckpt");
    std::fs::write(&path, bytes).unwrap();
    let verdicts = [read(&path).map(|_| ()), verify(&path).map(|_| ())];
    let texts = verdicts.map(|verdict| {
        verdict.map_err(|error| {
            assert_eq!(error.class(), Class::Corrupt, "{error}");
            error
                .to_string()
                .replace(&folder.path().display().to_string(), "")
        })
    });
    let [read, verify] = texts;
    assert_eq!(read, verify);
    read
}

#[track_caller]
fn refused(bytes: &[u8], because: &str) {
    let text = outcome(bytes).expect_err(because);
    assert!(text.contains(because), "{text}\nshould say: {because}");
}

#[test]
fn the_forger_can_forge_a_sound_file() {
    assert_eq!(outcome(&forge(&header(&parts(START)), &body())), Ok(()));
}

#[test]
fn a_forged_file_is_the_file_that_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, again) = (
        folder.path().join("ours.ckpt"),
        folder.path().join("again.ckpt"),
    );
    write(&ours, &checkpoint(7)).unwrap();
    // Parts in any order, read and written again: the same bytes.
    let mut shuffled = read(&ours).unwrap();
    shuffled.parts.reverse();
    write(&again, &shuffled).unwrap();
    let bytes = std::fs::read(&ours).unwrap();
    assert_eq!(bytes, std::fs::read(&again).unwrap());
    // And by the documented layout alone.
    let length = u64::from_le_bytes(bytes[24..32].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[64..64 + length]).unwrap();
    let body = &bytes[(64 + length).next_multiple_of(64)..bytes.len() - 48];
    assert_eq!(forge(header, body), bytes);
}

#[test]
fn another_spelling_of_the_header_is_refused() {
    let sound = header(&parts(START));
    let spellings = [
        sound.replacen(":", ": ", 1),
        sound.replacen("\"step\"", "\"\\u0073tep\"", 1),
        sound.replacen("[64]", "[64 ]", 1),
        format!("{sound}\n"),
        format!(" {sound}"),
    ];
    for spelling in spellings {
        refused(&forge(&spelling, &body()), "header: ");
    }
    refused(
        &forge(&sound.replacen("\"1\"", "\"01\"", 1), &body()),
        "header.meta.step: ",
    );
    refused(
        &forge(&sound.replacen("\"1\"", "\"-1\"", 1), &body()),
        "header.meta.step: ",
    );
}

#[test]
fn keys_that_are_double_unknown_or_missing_are_refused() {
    let sound = header(&parts(START));
    let doubled = sound.replacen("{\"step\":\"1\"}", "{\"step\":\"1\",\"step\":\"1\"}", 1);
    refused(&forge(&doubled, &body()), "a key appears twice");
    let unknown = sound.replacen("{\"name\"", "{\"pickle\":1,\"name\"", 1);
    refused(&forge(&unknown, &body()), "unknown field `pickle`");
    let missing = sound.replacen("\"kind\":\"u8\",", "", 1);
    refused(&forge(&missing, &body()), "missing field `kind`");
    refused(&forge("[]", &body()), "header: ");
    refused(&forge("", &body()), "header: ");
    refused(&forge(&"[".repeat(100_000), &[]), "header: ");
}

#[test]
fn names_that_are_double_unsorted_or_no_text_are_refused() {
    let rename = |names: [&str; 2]| {
        let mut parts = parts(START);
        for (part, name) in parts.iter_mut().zip(names) {
            part["name"] = json!(name);
        }
        forge(&header(&parts), &body())
    };
    refused(&rename(["a", "a"]), "header.parts[1].name: appears twice");
    refused(
        &rename(["b", "a"]),
        "header.parts[1].name: is not written the way we write it",
    );
    refused(&rename(["", "a"]), "header.parts[0].name: empty");
    refused(
        &rename(["\n", "a"]),
        "header.parts[0].name: empty, or not plain text",
    );
}

#[test]
fn offsets_that_overlap_skip_or_wrap_are_refused() {
    for (index, offset) in [
        (0, 0),
        (0, 320),
        (0, 448),
        (1, START),
        (1, START + 128),
        (1, u64::MAX - 63),
        (1, u64::MAX),
    ] {
        let mut parts = parts(START);
        parts[index]["offset"] = json!(offset);
        let header = header(&parts);
        // A longer number may move the parts; then the other one is wrong as well.
        refused(&forge(&header, &body()), ".offset: ");
    }
}

#[test]
fn lengths_that_lie_are_refused_before_anything_is_allocated() {
    for length in [0u64, 63, 65, 128, 1 << 40, u64::MAX - 1000, u64::MAX] {
        let mut parts = parts(START);
        parts[1]["length"] = json!(length);
        parts[1]["shape"] = json!([length]);
        let text = outcome(&forge(&header(&parts), &body())).unwrap_err();
        assert!(
            text.contains("length: ")
                || text.contains("file: ")
                || text.contains(".offset: ")
                || text.contains(".blake3"),
            "{text}"
        );
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    for shape in [
        json!([63]),
        json!([]),
        json!([8, 9]),
        json!([u64::MAX, u64::MAX]),
        json!([0]),
        json!([2, 1u64 << 63]),
    ] {
        let mut parts = parts(START);
        parts[0]["shape"] = shape;
        refused(
            &forge(&header(&parts), &body()),
            "header.parts[0].length: 64 bytes, ",
        );
    }
    for shape in [
        json!([1.0]),
        json!([-1]),
        json!("64"),
        json!(null),
        json!(vec![1; 17]),
    ] {
        let mut parts = parts(START);
        parts[0]["shape"] = shape;
        refused(&forge(&header(&parts), &body()), "header: ");
    }
}

#[test]
fn hidden_bytes_in_the_padding_are_refused() {
    let sound = forge(&header(&parts(START)), &body());
    let mut bytes = sound[..sound.len() - 48].to_vec();
    let header_end = 64 + header(&parts(START)).len();
    assert!(header_end < START as usize);
    bytes[header_end] = 1;
    refused(
        &seal(bytes),
        "header.padding: holds a byte that is not zero",
    );
    let mut short = parts(START);
    short[1]["length"] = json!(60);
    short[1]["shape"] = json!([60]);
    short[1]["blake3"] = json!(hash(&[2; 60]));
    refused(&forge(&header(&short), &body()), "parts[1] (b).padding: ");
}

#[test]
fn parts_that_nobody_mentions_are_refused() {
    let more = [body(), vec![3; 64]].concat();
    refused(&forge(&header(&parts(START)), &more), "file: ");
    refused(&forge(&header(&parts(START)), &body()[..64]), "file: ");
}

#[test]
fn a_hostile_name_cannot_reach_the_terminal() {
    let mut parts = parts(START);
    parts[0]["name"] = json!("a\u{202e}\u{feff}");
    parts[0]["blake3"] = json!(hash(b"other"));
    let mut bytes = forge(&header(&parts), &body());
    let text = outcome(&bytes).unwrap_err();
    assert!(text.is_ascii(), "{text}");
    bytes.clear();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x\u{1b}[2J\n.ckpt");
    std::fs::write(Path::new(&path), "no").unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
