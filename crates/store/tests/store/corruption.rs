//! B5: no spoilt byte is ever loaded. Every region of a real file × every way to spoil it, every single bit, random
//! bits, and parts exchanged between two sound files.

use std::ops::Range;
use std::path::Path;

use polytask_store::{Class, read, verify, write};

use crate::samples::{Numbers, checkpoint};

/// Writes `bytes` and demands that reading and verifying refuse them, naming the file.
fn refused(path: &Path, bytes: &[u8], what: &str) {
    std::fs::write(path, bytes).unwrap();
    for error in [read(path).map(|_| ()), verify(path).map(|_| ())] {
        let error = error.expect_err(what);
        assert!(
            matches!(error.class(), Class::Corrupt | Class::Incompatible),
            "{what}: {error}"
        );
        assert!(
            error.to_string().contains("mutant.ckpt: "),
            "{what}: {error}"
        );
    }
}

fn sound(folder: &Path, step: u64) -> Vec<u8> {
    let path = folder.join(format!("{step}.ckpt"));
    write(&path, &checkpoint(step)).unwrap();
    std::fs::read(path).unwrap()
}

fn number(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes.try_into().unwrap()) as usize
}

/// Each region of the layout, by the documented offsets and the header's own words.
fn regions(bytes: &[u8]) -> Vec<(String, Range<usize>)> {
    let header = 64..64 + number(&bytes[24..32]);
    let said: serde_json::Value = serde_json::from_slice(&bytes[header.clone()]).unwrap();
    let end = bytes.len();
    let mut regions = vec![
        ("magic".to_owned(), 0..16),
        ("version".to_owned(), 16..20),
        ("reserved".to_owned(), 20..24),
        ("header length".to_owned(), 24..32),
        ("header hash".to_owned(), 32..64),
        ("header".to_owned(), header.clone()),
        ("header start".to_owned(), header.start..header.start + 1),
        ("header end".to_owned(), header.end - 1..header.end),
        ("end magic".to_owned(), end - 48..end - 40),
        ("stated length".to_owned(), end - 40..end - 32),
        ("file hash".to_owned(), end - 32..end),
        ("last byte".to_owned(), end - 1..end),
    ];
    let mut before = header.end;
    for part in said["parts"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        let start = part["offset"].as_u64().unwrap() as usize;
        let stop = start + part["length"].as_u64().unwrap() as usize;
        regions.push((format!("padding before {name}"), before..start));
        regions.push((name.to_owned(), start..stop));
        if stop > start {
            let middle = (start + stop) / 2;
            for (which, at) in [("first", start), ("middle", middle), ("last", stop - 1)] {
                regions.push((format!("{which} byte of {name}"), at..at + 1));
            }
        }
        before = stop;
    }
    regions.push(("last padding".to_owned(), before..end - 48));
    regions.retain(|(_, region)| !region.is_empty());
    regions
}

/// A way to spoil a file.
type Spoil<'a> = &'a dyn Fn(&mut Vec<u8>);

#[test]
fn every_region_spoilt_in_every_way_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let sound = sound(folder.path(), 7);
    let mut mutants = 0;
    for (name, region) in regions(&sound) {
        let ways: [(&str, Spoil<'_>); 9] = [
            ("flip the first bit", &|bytes| bytes[region.start] ^= 1),
            ("flip the last bit", &|bytes| bytes[region.end - 1] ^= 0x80),
            ("zero", &|bytes| bytes[region.clone()].fill(0)),
            ("fill", &|bytes| bytes[region.clone()].fill(0xff)),
            ("cut before", &|bytes| bytes.truncate(region.start)),
            ("cut after", &|bytes| bytes.truncate(region.end)),
            ("cut out", &|bytes| drop(bytes.drain(region.clone()))),
            ("double", &|bytes| {
                let copy = bytes[region.clone()].to_vec();
                bytes.splice(region.end..region.end, copy);
            }),
            ("insert a byte", &|bytes| bytes.insert(region.start, 0)),
        ];
        for (way, spoil) in ways {
            let mut bytes = sound.clone();
            spoil(&mut bytes);
            if bytes != sound {
                refused(&path, &bytes, &format!("{name}: {way}"));
                mutants += 1;
            }
        }
    }
    for trailing in [0u8, 0xff, b'\n'] {
        let mut bytes = sound.clone();
        bytes.push(trailing);
        refused(&path, &bytes, "trailing byte");
        mutants += 1;
    }
    refused(&path, &[sound.clone(), sound].concat(), "the file twice");
    assert!(mutants >= 400, "{mutants}");
}

#[test]
fn every_length_of_a_cut_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let sound = sound(folder.path(), 7);
    for length in 0..sound.len() {
        refused(&path, &sound[..length], &format!("cut to {length}"));
    }
}

#[test]
fn two_thousand_random_bit_flips_and_all_of_the_first_and_last_bytes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let sound = sound(folder.path(), 7);
    let mut numbers = Numbers(1);
    let random = (0..2000).map(|_| numbers.below(sound.len() * 8));
    let edges = (0..64 * 8).chain((sound.len() - 48) * 8..sound.len() * 8);
    for bit in random.collect::<Vec<_>>().into_iter().chain(edges) {
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        refused(&path, &bytes, &format!("bit {bit}"));
    }
}

#[test]
fn parts_exchanged_between_two_sound_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let (one, other) = (sound(folder.path(), 1), sound(folder.path(), 2));
    // Same layout, other values: a region of the one fits exactly into the other.
    assert_eq!(one.len(), other.len());
    assert_eq!(regions(&one), regions(&other));
    let mut exchanged = 0;
    for (name, region) in regions(&one) {
        let mut bytes = one.clone();
        bytes[region.clone()].copy_from_slice(&other[region.clone()]);
        if bytes != one {
            refused(&path, &bytes, &format!("{name} from another file"));
            exchanged += 1;
        }
        // The beginning of the one with the end of the other.
        let spliced = [&one[..region.start], &other[region.start..]].concat();
        if spliced != one && spliced != other {
            refused(
                &path,
                &spliced,
                &format!("{name} and all after it from another file"),
            );
            exchanged += 1;
        }
    }
    assert!(exchanged > 40, "{exchanged}");
}

#[test]
fn parts_exchanged_within_a_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let sound = sound(folder.path(), 1);
    let blocks = sound.len() / 64;
    for one in 0..blocks {
        for other in one + 1..blocks {
            let mut bytes = sound.clone();
            let (first, second) = bytes.split_at_mut(other * 64);
            first[one * 64..][..64].swap_with_slice(&mut second[..64]);
            if bytes != sound {
                refused(
                    &path,
                    &bytes,
                    &format!("blocks {one} and {other} exchanged"),
                );
            }
        }
    }
}

#[test]
fn an_error_names_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutant.ckpt");
    let mut bytes = sound(folder.path(), 7);
    let all = regions(&bytes);
    let (_, region) = all
        .iter()
        .find(|(name, _)| name == "model/trunk.weight")
        .unwrap();
    bytes[region.start + 9] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    let text = read(&path).unwrap_err().to_string();
    assert!(
        text.contains("(model/trunk.weight).blake3: BLAKE3 is "),
        "{text}"
    );
}

#[test]
fn a_newer_version_is_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("future.ckpt");
    let mut bytes = sound(folder.path(), 7);
    bytes[16..20].copy_from_slice(&9u32.to_le_bytes());
    // Whatever a later version changed after that: only the number counts.
    bytes[40..].fill(0xab);
    std::fs::write(&path, bytes).unwrap();
    let error = read(&path).unwrap_err();
    assert_eq!(error.class(), Class::Incompatible);
    assert!(
        error.to_string().contains("format 9 is newer than 1"),
        "{error}"
    );
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.ckpt");
    std::fs::write(&empty, "").unwrap();
    for path in [
        empty.as_path(),
        folder.path(),
        Path::new("/dev/zero"),
        Path::new("/dev/null"),
    ] {
        assert_eq!(read(path).unwrap_err().class(), Class::Corrupt, "{path:?}");
        assert_eq!(
            verify(path).unwrap_err().class(),
            Class::Corrupt,
            "{path:?}"
        );
    }
    let pipe = folder.path().join("pipe.ckpt");
    if std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .is_ok_and(|status| status.success())
    {
        assert_eq!(read(&pipe).unwrap_err().class(), Class::Corrupt);
    }
    let absent = folder.path().join("absent.ckpt");
    assert_eq!(read(&absent).unwrap_err().class(), Class::Missing);
}
