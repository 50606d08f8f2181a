//! Arrays of NPZ files.

use polytask_data::Prepared;

use crate::Folder;
use crate::images::{DIGIT, pixels};
use crate::written::{idx, npy, zip};

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
        misspelt.contains("there is no array `areas` in")
            && misspelt.contains("did you mean `area`?"),
        "{misspelt}"
    );
    // All that is wrong, each at its key.
    let error = |arrays: &str| folder.prepare(&chosen(arrays)).unwrap_err();
    let keys = |arrays: &str| -> Vec<String> {
        let errors = error(arrays).errors;
        errors
            .iter()
            .map(|error| error.key().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(
        keys("[\"x\", \"areas\", \"anser\"], images = \"pictures\""),
        [
            "data.source.arrays[1]",
            "data.source.arrays[2]",
            "data.source.images"
        ]
    );
    assert_eq!(
        keys("{ all_except = [\"kube\"] }"),
        ["data.source.arrays.all_except[0]"]
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

#[test]
fn an_array_of_pictures_that_is_asked_for_as_a_column_is_told_as_such() {
    let mut arrays = arrays();
    arrays[0] = ("x.npy", npy("|u1", "(20, 2, 3)", &pixels(20)));
    arrays.push(("y.npy", npy("<f4", "(20,)", &[0; 80])));
    let folder = Folder::new().with("a.npz", zip(&arrays, false));
    let config = format!("[data]\nsource = \"a.npz\"\n[inputs.t]\ncolumns = [\"x\"]\n{NPZ_TASKS}");
    let told = folder.prepare(&config).unwrap_err();
    let error = &told.errors[0];
    assert!(error.to_string().contains("`x` in"), "{error}");
    assert!(
        error.to_string().contains("is an array of pictures"),
        "{error}"
    );
    assert_eq!(error.key(), Some("inputs.t.columns[0]"));
}
