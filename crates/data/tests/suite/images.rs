//! Images and arrays: idx, NPZ, tables of pictures.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use polytask_data::{Given, Prepared, TaskKind};

use crate::Folder;
use crate::written::{idx, npy, zip};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Images of 2 by 3 pixels; pixel p of image n is n + 10 p.
fn pixels(images: u8) -> Vec<u8> {
    (0..images)
        .flat_map(|image| (0..6).map(move |pixel| image + 10 * pixel))
        .collect()
}

const DIGIT: &str = "[tasks.digit]\ntype = \"multiclass\"\n";

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

fn arrays() -> Vec<(&'static str, Vec<u8>)> {
    let numbers: Vec<u8> = (0..60u32)
        .flat_map(|number| (number as f32 * 0.5).to_le_bytes())
        .collect();
    let targets: Vec<u8> = (0..20i64)
        .flat_map(|number| (number * number).to_le_bytes())
        .collect();
    let words: Vec<u8> = (0..20)
        .flat_map(|row| [["no", "yes"][row % 2].as_bytes(), &[0; 3]].concat()[..3].to_vec())
        .collect();
    vec![
        ("x.npy", npy("<f4", "(20, 3)", &numbers)),
        ("area.npy", npy("<i8", "(20,)", &targets)),
        ("answer.npy", npy("|S3", "(20,)", &words)),
    ]
}

const NPZ_TASKS: &str = "[tasks.area]\ntype = \"regression\"\n[tasks.answer]\ntype = \"binary\"\n";

#[test]
fn arrays_of_an_npz_file_are_columns() {
    let folder = Folder::new()
        .with("stored.npz", zip(&arrays(), false))
        .with("packed.npz", zip(&arrays(), true));
    let stored = folder
        .prepare(&format!("[data]\nsource = \"stored.npz\"\n{NPZ_TASKS}"))
        .unwrap();
    assert_eq!(stored.preprocessing.numeric_names(), ["x_0", "x_1", "x_2"]);
    assert_eq!(stored.encoded.value(0, 13, 0), Some(169.0));
    assert_eq!(stored.preprocessing.tasks()[1].classes, ["no", "yes"]);
    let packed = folder
        .prepare(&format!(
            "[data]\nsource = {{ type = \"npz\", file = \"packed.npz\" }}\n{NPZ_TASKS}"
        ))
        .unwrap();
    assert_eq!(packed.facts.fingerprint, stored.facts.fingerprint);
}

#[test]
fn what_is_called_missing_is_missing_in_arrays_too() {
    let folder = Folder::new()
        .with("a.npz", zip(&arrays(), false))
        .with("images", idx(8, &[20, 2, 3], &pixels(20)))
        .with(
            "labels",
            idx(8, &[20], &[[0, 1, 255, 1].as_slice(); 5].concat()),
        );
    let npz = "[data]\nsource = \"a.npz\"\nmissing = \"impute\"\nmissing_values = [\"169\", \"no\", \"1.5\"]\n\
         [tasks.area]\ntype = \"regression\"\n[tasks.answer]\ntype = \"binary\"\nclasses = [\"yes\", \"maybe\"]\n";
    let rows: Vec<u32> = (0..20).collect();
    let labelled = |prepared: &Prepared, task: usize| {
        let labels = prepared.encoded.labels(task, &rows);
        labels.mask.iter().filter(|&&mask| mask > 0.0).count()
    };
    let prepared = folder.prepare(npz).unwrap();
    // One area is 13², every other answer is "no".
    assert_eq!((labelled(&prepared, 0), labelled(&prepared, 1)), (19, 10));
    let idx = format!(
        "[data]\nmissing_values = [\"255\"]\nsource = {{ type = \"idx\", images = \"images\", labels = {{ digit = {{ file = \"labels\" }} }} }}\n{DIGIT}"
    );
    let prepared = folder.prepare(&idx).unwrap();
    assert_eq!(labelled(&prepared, 0), 15);
    assert_eq!(prepared.preprocessing.tasks()[0].classes, ["0", "1"]);
}

#[test]
fn an_ending_of_the_names_chooses_the_arrays() {
    let files = [
        ("x_train.npy", npy("|u1", "(20, 2, 3)", &pixels(20))),
        ("y_train.npy", npy("|u1", "(20,)", &[0, 1].repeat(10))),
        ("x_test.npy", npy("|u1", "(4, 2, 3)", &pixels(4))),
        ("y_test.npy", npy("|u1", "(4,)", &[1, 1, 0, 0])),
    ];
    let folder = Folder::new().with("mnist.npz", zip(&files, true));
    let source =
        |suffix: &str| format!("{{ type = \"npz\", file = \"mnist.npz\", suffix = \"{suffix}\" }}");
    let config = format!(
        "[data]\nsource = {}\ntest = {}\n[tasks.digit]\ntype = \"binary\"\ntarget = \"y\"\n",
        source("_train"),
        source("_test")
    );
    let prepared = folder.prepare(&config).unwrap();
    assert_eq!(prepared.preprocessing.input_shape().image, Some([1, 2, 3]));
    assert_eq!(
        prepared.encoded.labels(0, &prepared.splits.test).values,
        [1.0, 1.0, 0.0, 0.0]
    );
    let found = folder.errors(
        "[data]\nsource = \"mnist.npz\"\n[tasks.digit]\ntype = \"binary\"\ntarget = \"y_train\"\n",
    );
    assert!(
        found.contains("has 4 rows, the first array has 20")
            && found.contains("`suffix = \"_train\"`"),
        "{found}"
    );
}

/// What no task and no input uses may be of any kind and length; and what is used by default is chosen by name.
#[test]
fn arrays_that_nothing_asks_for_need_not_fit() {
    let object = npy("|O", "(3,)", &[0; 24]);
    let others = [
        ("means.npy", npy("<f4", "(3,)", &[0; 12])),
        ("cube.npy", npy("<f4", "(2, 2, 1)", &[0; 16])),
        ("seed.npy", npy("<i8", "()", &[0; 8])),
        ("meta.npy", object.clone()),
    ];
    let folder = Folder::new()
        .with("plain.npz", zip(&arrays(), true))
        .with("rich.npz", zip(&[others.to_vec(), arrays()].concat(), true));
    let listed = "[inputs.table]\ncolumns = [\"x_0\", \"x_1\", \"x_2\"]\n";
    let plain = folder
        .prepare(&format!("[data]\nsource = \"plain.npz\"\n{NPZ_TASKS}"))
        .unwrap();
    let rich = folder
        .prepare(&format!(
            "[data]\nsource = \"rich.npz\"\n{listed}{NPZ_TASKS}"
        ))
        .unwrap();
    assert_eq!(rich.facts.fingerprint, plain.facts.fingerprint);
    // Prediction passes through what is no input, where it has the rows.
    let file = folder.path("rich.npz");
    let chunk = rich
        .preprocessing
        .open(&file)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!((chunk.encoded.rows(), chunk.columns.len()), (20, 0));

    let chosen = |arrays: &str| {
        format!(
            "[data]\nsource = {{ type = \"npz\", file = \"rich.npz\", arrays = {arrays} }}\n{NPZ_TASKS}"
        )
    };
    for arrays in [
        "[\"x\", \"area\", \"answer\"]",
        "{ all_except = [\"means\", \"cube\", \"seed\", \"meta\"] }",
    ] {
        let found = folder.prepare(&chosen(arrays)).unwrap();
        assert_eq!(found.facts.fingerprint, plain.facts.fingerprint, "{arrays}");
    }
    let all = folder.errors(&chosen("{ all_except = [\"cube\"] }"));
    assert!(all.contains("`arrays = { all_except = [\"z\"] }`"), "{all}");
    assert!(all.contains("`meta.npy` is of type |O"), "{all}");
    let misspelt = folder.errors(&chosen("[\"x\", \"areas\", \"answer\"]"));
    assert!(
        misspelt.contains("there is no array `areas`; did you mean `area`?"),
        "{misspelt}"
    );
}

/// Numbers that are given in double precision, in Fortran's order or in small blocks are the same data.
#[test]
fn the_same_numbers_in_any_layout_are_the_same_data() {
    let number = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f64 * 0.25 - 1.0;
    // More than one block of bytes of each.
    let (rows, columns) = (9000, 5);
    let by_row: Vec<f64> = (0..rows * columns)
        .map(|place| number(place / columns, place % columns))
        .collect();
    let by_column: Vec<f64> = (0..rows * columns)
        .map(|place| number(place % rows, place / rows))
        .collect();
    let doubles = |numbers: &[f64]| {
        numbers
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let singles: Vec<u8> = by_row
        .iter()
        .flat_map(|x| (*x as f32).to_be_bytes())
        .collect();
    let shape = format!("({rows}, {columns})");
    let target: Vec<u8> = (0..rows).map(|row| (row % 2) as u8).collect();
    let mut fortran = npy("<f8", &shape, &doubles(&by_column));
    let at = fortran
        .windows(5)
        .position(|word| word == b"False")
        .unwrap();
    fortran[at..at + 5].copy_from_slice(b"True ");
    let mut fingerprints = Vec::new();
    for x in [
        npy("<f8", &shape, &doubles(&by_row)),
        npy(">f4", &shape, &singles),
        fortran,
    ] {
        let files = [
            ("x.npy", x),
            ("y.npy", npy("|u1", &format!("({rows},)"), &target)),
        ];
        let folder = Folder::new().with("a.npz", zip(&files, true));
        let prepared = folder
            .prepare("[data]\nsource = \"a.npz\"\n[tasks.y]\ntype = \"binary\"\n")
            .unwrap();
        fingerprints.push(prepared.facts.fingerprint);
    }
    assert_eq!(fingerprints[0], fingerprints[1]);
    assert_eq!(fingerprints[0], fingerprints[2]);
}

/// A float is itself, a byte that many 255ths: images that say the same either way give the model the same numbers.
#[test]
fn float_images_are_inputs_as_bytes_are() {
    let bytes = pixels(20);
    let floats: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (f32::from(*byte) / 255.0).to_le_bytes())
        .collect();
    let labels = npy("|u1", "(20,)", &[0, 1].repeat(10));
    let archive = |x: Vec<u8>| zip(&[("x.npy", x), ("digit.npy", labels.clone())], true);
    let mut infinite = floats.clone();
    infinite[6 * 4 * 2..6 * 4 * 2 + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let folder = Folder::new()
        .with("bytes.npz", archive(npy("|u1", "(20, 2, 3)", &bytes)))
        .with("floats.npz", archive(npy("<f4", "(20, 2, 3)", &floats)))
        .with("last.npz", archive(npy("<f4", "(20, 1, 2, 3)", &floats)))
        .with("broken.npz", archive(npy("<f4", "(20, 2, 3)", &infinite)))
        .with("whole.npz", archive(npy("<i4", "(20, 2, 3)", &floats)));
    for normalize in ["unit", "standard"] {
        let config = |source: &str| {
            format!(
                "[data]\nsource = {source}\n[inputs.image]\nnormalize = \"{normalize}\"\n{DIGIT}"
            )
        };
        let of_bytes = folder.prepare(&config("\"bytes.npz\"")).unwrap();
        let of_floats = folder.prepare(&config("\"floats.npz\"")).unwrap();
        assert_eq!(of_floats.preprocessing.input_shape().image, Some([1, 2, 3]));
        let image = |prepared: &Prepared| prepared.encoded.batch(&[0, 7, 19]).image;
        for (byte, float) in image(&of_bytes).iter().zip(image(&of_floats)) {
            assert!((byte - float).abs() < 1e-5, "{normalize}: {byte} {float}");
        }
        let last = "{ type = \"npz\", file = \"last.npz\", channels = \"last\" }";
        let last = folder.prepare(&config(last)).unwrap();
        assert_eq!(last.preprocessing.input_shape().image, Some([3, 1, 2]));
        let taken = of_floats
            .preprocessing
            .load(folder.path("floats.npz"))
            .unwrap()
            .0;
        assert_eq!(taken.batch(&[7]).image, of_floats.encoded.batch(&[7]).image);
        let other = of_floats.preprocessing.load(folder.path("bytes.npz"));
        let other = other.unwrap_err().to_string();
        assert!(
            other.contains("are bytes, the model was trained on floats"),
            "{other}"
        );
    }
    let errors = |name: &str| folder.errors(&format!("[data]\nsource = \"{name}\"\n{DIGIT}"));
    let broken = errors("broken.npz");
    assert!(broken.contains("no finite number, in image 3"), "{broken}");
    let whole = errors("whole.npz");
    assert!(
        whole.contains("neither unsigned bytes (uint8, 0 to 255) nor floats"),
        "{whole}"
    );
}

#[test]
fn a_damaged_npz_file_is_named() {
    let with = |name, bytes| zip(&[arrays(), vec![(name, bytes)]].concat(), true);
    let mut flipped = zip(&arrays(), false);
    flipped[100] ^= 1;
    let good = zip(&arrays(), true);
    let cases: [(&str, Vec<u8>, &str); 5] = [
        (
            "pickle",
            with("z.npy", npy("|O", "(3,)", &[0; 24])),
            "is of type |O; numbers, booleans and text are read",
        ),
        ("checksum", flipped, "`x.npy` is damaged"),
        (
            "cut",
            good[..good.len() - 30].to_vec(),
            "this is no zip archive",
        ),
        (
            "shape",
            with("z.npy", npy("<f4", "(9, 9)", &[0; 4])),
            "has 4 bytes for shape [9, 9]; 324 are wanted",
        ),
        (
            "text",
            b"PK, but otherwise text".to_vec(),
            "this is no zip archive",
        ),
    ];
    for (name, bytes, wanted) in cases {
        let folder = Folder::new().with("a.npz", bytes);
        let found = folder.errors(&format!("[data]\nsource = \"a.npz\"\n{NPZ_TASKS}"));
        assert!(found.contains(wanted), "{name}: {found}");
    }
}

fn picture(width: u32, height: u32, shade: u8, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbImage::from_fn(width, height, |x, y| {
        Rgb([shade, (x * 20) as u8, (y * 20) as u8])
    });
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn pictures(table: &str) -> Folder {
    (0..8).fold(Folder::new().with("index.csv", table), |folder, number| {
        let (name, format) = if number % 2 == 0 {
            ("png", ImageFormat::Png)
        } else {
            ("jpg", ImageFormat::Jpeg)
        };
        folder.with(
            &format!("pictures/{number}.{name}"),
            picture(4, 3, 30 * number, format),
        )
    })
}

fn index(rows: usize) -> String {
    crate::table("path,shade,kind", rows, |row| {
        format!(
            "pictures/{row}.{},{},{}",
            ["png", "jpg"][row % 2],
            30 * row,
            ["a", "b"][row % 2]
        )
    })
}

const PICTURE_TASKS: &str = "[tasks.shade]\ntype = \"regression\"\n[tasks.kind]\ntype = \"binary\"\n[inputs.image]\nnormalize = \"unit\"\n";

#[test]
fn a_table_of_pictures_is_a_source() {
    let folder = pictures(&index(8));
    let config = |more: &str| {
        format!(
            "[data]\nsource = {{ type = \"images\", file = \"index.csv\"{more} }}\n{PICTURE_TASKS}"
        )
    };
    let prepared = folder.prepare(&config("")).unwrap();
    assert_eq!(prepared.preprocessing.input_shape().image, Some([3, 3, 4]));
    let image = prepared.encoded.batch(&[2]).image;
    assert!(image[..12].iter().all(|red| *red == 60.0 / 255.0));
    assert_eq!(
        (image[12 + 5], image[24 + 5]),
        (20.0 / 255.0, 20.0 / 255.0),
        "pixel (1, 1)"
    );
    let scaled = folder
        .prepare(&config(", channels = 1, size = [6, 8]"))
        .unwrap();
    assert_eq!(scaled.preprocessing.input_shape().image, Some([1, 6, 8]));
    // A folder of new pictures, with what the checkpoint holds.
    let chunk = scaled
        .preprocessing
        .open(&folder.path("pictures"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(
        (chunk.encoded.rows(), chunk.kept[1][0].text.as_str()),
        (8, "1.jpg")
    );
    assert_eq!(
        chunk.encoded.batch(&[3]).image,
        scaled.encoded.batch(&[3]).image
    );
}

#[test]
fn pictures_that_cannot_be_used_are_named() {
    let config =
        format!("[data]\nsource = {{ type = \"images\", file = \"index.csv\" }}\n{PICTURE_TASKS}");
    let row = |path: &str| format!("{}{path},1,a\n", index(8));
    for (path, content, wanted) in [
        ("pictures/none.png", None, "index.csv:10: cannot open "),
        ("../outside.png", None, "index.csv:10: "),
        ("", None, "index.csv:10: column `path` has a missing value"),
        (
            "pictures/text.png",
            Some(b"hello".to_vec()),
            "it is neither PNG nor JPEG",
        ),
        (
            "pictures/cut.png",
            Some(picture(4, 3, 9, ImageFormat::Png)[..60].to_vec()),
            "cannot be decoded",
        ),
        (
            "pictures/large.png",
            Some(picture(5, 3, 9, ImageFormat::Png)),
            "the picture is of shape [3, 3, 5]",
        ),
    ] {
        let mut folder = pictures(&row(path));
        if let Some(content) = content {
            folder = folder.with(path, content);
        }
        let found = folder.errors(&config);
        assert!(found.contains(wanted), "{path}: {found}");
    }
    let limited = format!("{config}[data.limits]\nimage_side = 3\n");
    let found = pictures(&index(8)).errors(&limited);
    assert!(
        found.contains("the longer side of an image is 4, the limit is 3"),
        "{found}"
    );
}

#[test]
fn a_path_may_leave_the_folder_only_if_that_is_allowed() {
    let outside = Folder::new().with("secret.png", picture(4, 3, 1, ImageFormat::Png));
    let path = outside.path("secret.png");
    let folder = pictures(&format!("{}{},1,a\n", index(8), path.display()));
    let config = |more: &str| {
        format!(
            "[data]\nsource = {{ type = \"images\", file = \"index.csv\"{more} }}\n{PICTURE_TASKS}"
        )
    };
    assert!(
        folder
            .errors(&config(""))
            .contains("leads out of the folder of the pictures")
    );
    assert_eq!(
        folder
            .prepare(&config(", allow_outside_root = true"))
            .unwrap()
            .encoded
            .rows(),
        9
    );
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
