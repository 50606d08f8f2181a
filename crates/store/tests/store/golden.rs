//! Files of every released version of the format load for ever, and equal state has equal digests for ever.

use std::path::Path;

use polytask_store::{digest, everything, read, verify, weights_digest, write};

use crate::samples::checkpoint;

/// From the package's folder, where Cargo starts its tests. A path fixed when this was compiled would be wrong in a clone
/// that shares the target folder of another.
const VERSION_1: &str = "tests/golden/format-1.ckpt";

#[test]
fn format_1_loads_and_has_its_digests() {
    let path = Path::new(VERSION_1);
    let golden = read(path).unwrap();
    let mut sample = checkpoint(12_000);
    sample.parts.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(golden, sample);
    assert_eq!(verify(path).unwrap().format, 1);
    assert_eq!(
        digest(&golden, everything).to_string(),
        "150a3c883b3539427c6429bee1a5d2aade6c1a741b9ae20356a145a038bc17b1"
    );
    assert_eq!(
        weights_digest(&golden).to_string(),
        "cd65603441cb5c7ff1bbb3ca0716953de58bd2a0ec4d99b54e21bb1f3d948aa3"
    );
}

/// `POLYTASK_GOLDEN=PATH cargo test -p polytask-store golden::writes` makes the file of a new version.
#[test]
fn format_1_is_what_this_build_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("now.ckpt");
    write(&path, &checkpoint(12_000)).unwrap();
    if let Ok(target) = std::env::var("POLYTASK_GOLDEN") {
        std::fs::copy(&path, target).unwrap();
    }
    assert_eq!(
        std::fs::read(&path).unwrap(),
        std::fs::read(VERSION_1).unwrap()
    );
}
