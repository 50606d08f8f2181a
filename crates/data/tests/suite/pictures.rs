//! Tables of pictures.

use image::{ImageFormat, Rgb, RgbImage};

use crate::Folder;

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
