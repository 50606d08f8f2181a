//! Images of idx files.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use polytask_data::{Given, TaskKind};

use crate::Folder;
use crate::written::idx;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Images of 2 by 3 pixels; pixel p of image n is n + 10 p.
pub(crate) fn pixels(images: u8) -> Vec<u8> {
    (0..images)
        .flat_map(|image| (0..6).map(move |pixel| image + 10 * pixel))
        .collect()
}

pub(crate) const DIGIT: &str = "[tasks.digit]\ntype = \"multiclass\"\n";

#[test]
fn idx_images_are_standardised_and_their_labels_are_classes() {
    let folder = Folder::new()
        .with("images.gz", gz(&idx(8, &[20, 2, 3], &pixels(20))))
        .with(
            "labels",
            idx(8, &[20], &(0..20).map(|row| row % 3).collect::<Vec<u8>>()),
        )
        .with("test-images", idx(8, &[4, 2, 3], &pixels(4)))
        .with(
            "test-labels",
            idx(
                0x0C,
                &[4],
                &[0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2],
            ),
        );
    let config = format!(
        "[data]\nsource = {{ type = \"idx\", images = \"images.gz\", labels = {{ digit = {{ file = \"labels\" }} }} }}\n\
         test = {{ type = \"idx\", images = \"test-images\", labels = {{ digit = {{ file = \"test-labels\" }} }} }}\n{DIGIT}"
    );
    let prepared = folder.prepare(&config).unwrap();
    assert_eq!(prepared.preprocessing.input_shape().image, Some([1, 2, 3]));
    assert_eq!(prepared.preprocessing.tasks()[0].classes, ["0", "1", "2"]);
    assert_eq!(
        (prepared.splits.val.len(), prepared.splits.test.as_slice()),
        (2, [20, 21, 22, 23].as_slice())
    );
    assert_eq!(
        prepared.encoded.labels(0, &prepared.splits.test).values,
        [2.0, 1.0, 0.0, 2.0]
    );
    let train = prepared.encoded.batch(&prepared.splits.train).image;
    let mean = train.iter().map(|value| f64::from(*value)).sum::<f64>() / train.len() as f64;
    let variance = train
        .iter()
        .map(|value| f64::from(*value).powi(2))
        .sum::<f64>()
        / train.len() as f64;
    assert!(
        mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5,
        "{mean} {variance}"
    );
    let unit = folder
        .prepare(&format!("{config}[inputs.image]\nnormalize = \"unit\"\n"))
        .unwrap();
    assert_eq!(unit.encoded.batch(&[7]).image[1], 17.0 / 255.0);
}

#[test]
fn pairs_of_digits_have_the_labels_of_both_and_are_always_the_same() {
    // Each image is one light, and its label is that light: what is drawn says which two are there.
    let lights: Vec<u8> = (0..40_u8).flat_map(|image| [10 + image; 64]).collect();
    let folder = Folder::new()
        .with("images", idx(8, &[40, 8, 8], &lights))
        .with("labels", idx(8, &[40], &(10..50).collect::<Vec<u8>>()));
    let config = |options: &str| {
        format!(
            "[data]\nsplit = {{ type = \"random\", train = 1.0 }}\n\
             source = {{ type = \"multi_mnist\", images = \"images\", labels = \"labels\"{options} }}\n\
             [inputs.image]\nnormalize = \"unit\"\n[tasks.left]\ntype = \"regression\"\nnormalize = \"none\"\n\
             [tasks.right]\ntype = \"regression\"\nnormalize = \"none\"\n"
        )
    };
    let prepared = folder.prepare(&config(", resize = false")).unwrap();
    assert_eq!(
        prepared.preprocessing.input_shape().image,
        Some([1, 16, 16])
    );
    let rows: Vec<u32> = (0..40).collect();
    let images = prepared.encoded.batch(&rows).image;
    let images: Vec<f32> = images.iter().map(|value| (value * 255.0).round()).collect();
    let right = prepared.encoded.labels(1, &rows).values;
    let left = prepared.encoded.labels(0, &rows).values;
    let mut others = std::collections::BTreeSet::new();
    for (row, image) in images.chunks(256).enumerate() {
        assert_eq!((image[0], image[13 * 16 + 13]), (left[row], right[row]));
        // Where they overlap, and outside both.
        assert_eq!(
            (image[7 * 16 + 7], image[15 * 16 + 15]),
            (left[row].max(right[row]), 0.0)
        );
        assert_eq!(left[row], 10.0 + row as f32);
        others.insert(right[row] as u32);
    }
    // 40 draws out of 40: 25 different ones are expected.
    assert!((18..34).contains(&others.len()), "{others:?}");

    let of = |options: &str, seed| {
        let prepared = folder.prepare_with(&config(options), polytask_random::Seed(seed));
        prepared.unwrap().encoded.batch(&rows).image
    };
    assert_eq!(of(", resize = false", 1), of(", resize = false", 2));
    assert_ne!(of("", 1), of(", data_seed = 2", 1));
    assert_eq!(of("", 1).len(), 40 * 64);
}

#[test]
fn pairs_of_digits_want_a_label_for_every_image() {
    let folder = Folder::new()
        .with("images", idx(8, &[3, 2, 3], &pixels(3)))
        .with("labels", idx(8, &[2], &[0, 1]));
    let config = "[data]\nsource = { type = \"multi_mnist\", images = \"images\", labels = \"labels\" }\n\
        [tasks.left]\ntype = \"multiclass\"\n";
    let errors = folder.prepare(config).err().unwrap().to_string();
    assert!(
        errors.contains("there are 2 labels for the 3 images"),
        "{errors}"
    );
}

#[test]
fn each_part_of_an_idx_source_has_the_labels_of_its_own_tasks() {
    let folder = Folder::new()
        .with("d-images", idx(8, &[12, 2, 3], &pixels(12)))
        .with(
            "d-labels",
            idx(8, &[12], &(0..12).map(|row| row % 2).collect::<Vec<u8>>()),
        )
        .with("l-images", idx(8, &[18, 2, 3], &pixels(18)))
        .with(
            "l-labels",
            idx(8, &[18], &(0..18).map(|row| row % 3).collect::<Vec<u8>>()),
        );
    let config = "[data]\nsplit = { type = \"random\", train = 1.0 }\n[data.source]\ntype = \"idx\"\n\
        [data.source.parts.digits]\nimages = \"d-images\"\nlabels.digit.file = \"d-labels\"\n\
        [data.source.parts.letters]\nimages = \"l-images\"\nlabels.letter.file = \"l-labels\"\n\
        [tasks.digit]\ntype = \"binary\"\n[tasks.letter]\ntype = \"multiclass\"\n";
    let prepared = folder.prepare(config).unwrap();
    let rows: Vec<u32> = (0..30).collect();
    assert_eq!(
        (
            prepared.encoded.label_count(0, &rows),
            prepared.encoded.label_count(1, &rows)
        ),
        (12, 18)
    );
    let labels = prepared.encoded.labels(1, &[11, 12, 14]);
    assert_eq!(
        (labels.mask, labels.values),
        (vec![0.0, 1.0, 1.0], vec![0.0, 0.0, 2.0])
    );
    assert_eq!(
        prepared.preprocessing.tasks()[1].kind,
        TaskKind::Multiclass { classes: 3 }
    );
}

#[test]
fn a_damaged_idx_file_is_named() {
    let good = idx(8, &[20, 2, 3], &pixels(20));
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("cut", good[..50].to_vec(), "there are only 34 bytes"),
        (
            "long",
            [good.clone(), vec![0]].concat(),
            "there are more than 120 bytes",
        ),
        (
            "text",
            b"not an idx file".to_vec(),
            "it does not begin with two zero bytes",
        ),
        (
            "header",
            good[..9].to_vec(),
            "the file ends within its idx header",
        ),
        (
            "kind",
            idx(7, &[1, 1, 1], &[0]),
            "unknown idx element type 0x07",
        ),
        (
            "huge",
            idx(8, &[u32::MAX, 60000, 60000], &[]),
            "the size that the idx header states is",
        ),
        (
            "few",
            idx(8, &[19, 2, 3], &pixels(19)),
            "there are 20 labels for the 19 images",
        ),
    ];
    for (name, bytes, wanted) in cases {
        let folder = Folder::new()
            .with("images", bytes)
            .with("labels", idx(8, &[20], &[0; 20]));
        let found = folder.errors(&format!(
            "[data]\nsource = {{ type = \"idx\", images = \"images\", labels = {{ digit = {{ file = \"labels\" }} }} }}\n{DIGIT}"
        ));
        assert!(found.contains(wanted), "{name}: {found}");
    }
}

#[test]
fn new_idx_images_are_evaluated_with_their_label_files() {
    let labels = |rows: u8| (0..rows).map(|row| row % 3).collect::<Vec<u8>>();
    let folder = Folder::new()
        .with("images", idx(8, &[20, 2, 3], &pixels(20)))
        .with("labels", idx(8, &[20], &labels(20)))
        .with("new.idx", idx(8, &[6, 2, 3], &pixels(6)))
        .with("new-labels.idx", idx(8, &[6], &labels(6)));
    let config = format!(
        "[data]\nsource = {{ type = \"idx\", images = \"images\", labels = {{ digit = {{ file = \"labels\" }} }} }}\n{DIGIT}"
    );
    let preprocessing = folder.prepare(&config).unwrap().preprocessing;
    let named = |names: &[(&str, &str)]| {
        let files = names
            .iter()
            .map(|(name, file)| ((*name).to_owned(), folder.path(file)));
        Given::Named(files.collect())
    };
    let both = named(&[("images", "new.idx"), ("digit", "new-labels.idx")]);
    let (encoded, _) = preprocessing.load(both).unwrap();
    let found = encoded.labels(0, &[0, 1, 2, 3, 4, 5]);
    assert_eq!(found.values, [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!(found.labelled, 6);

    let refused = |given: Given| preprocessing.load(given).unwrap_err().to_string();
    let alone = refused(folder.path("new.idx").into());
    assert!(alone.contains("stand in files of their own"), "{alone}");
    assert!(alone.contains("new.idx,digit=FILE`"), "{alone}");
    let stray = refused(named(&[("images", "new.idx"), ("digti", "new-labels.idx")]));
    assert!(stray.contains("no task has the target `digti`"), "{stray}");
}

#[test]
fn every_idx_file_that_is_missing_is_named() {
    let config = format!(
        "[data]\nsource = {{ type = \"idx\", images = \"a-images\", labels = {{ digit = {{ file = \"a-labels\" }} }} }}\n\
         test = {{ type = \"idx\", images = \"b-images\", labels = {{ digit = {{ file = \"b-labels\" }} }} }}\n{DIGIT}"
    );
    let errors = Folder::new().errors(&config);
    for file in ["a-images", "a-labels", "b-images", "b-labels"] {
        assert!(errors.contains(&format!("cannot open {file}")), "{errors}");
    }
}
