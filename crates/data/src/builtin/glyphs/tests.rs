//! The glyphs as a whole.

use super::super::golden;
use super::*;

fn glyphs(train: usize, val: usize, test: usize) -> Glyphs {
    Glyphs {
        rows: Rows { train, val, test },
        digits: 0.5,
        distortion: 1.0,
        noise: 0.1,
        data_seed: 1,
    }
}

fn words<'a>(table: &'a Table, name: &str) -> &'a Words {
    let column = table.columns().iter().find(|column| column.name == name);
    match &column.unwrap().values {
        Values::Text(words) => words,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn the_data_never_change() {
    assert_eq!(golden::digest(&glyphs(40, 20, 20)), "9c1728e0a78bc9f0");
}

#[test]
fn more_rows_begin_with_the_same_ones() {
    golden::assert_prefix(|train| Box::new(glyphs(train, 0, 0)));
}

#[test]
fn each_image_has_the_label_of_one_task() {
    let table = golden::table(&glyphs(1_500, 0, 0));
    let (digits, letters) = (words(&table, "digit"), words(&table, "letter"));
    let mut shown = 0;
    for row in 0..table.rows() {
        assert_ne!(digits.get(row).is_some(), letters.get(row).is_some());
        shown += usize::from(digits.get(row).is_some());
    }
    // Five standard errors: 5 √(1500 / 4).
    assert!(shown.abs_diff(750) < 97, "{shown}");
    assert_eq!(digits.dictionary().len(), 10);
    assert_eq!(letters.dictionary().len(), 26);
    for (digits, task) in [(1.0, "letter"), (0.0, "digit")] {
        let table = golden::table(&Glyphs {
            digits,
            ..glyphs(50, 0, 0)
        });
        assert!(words(&table, task).dictionary().is_empty());
    }
}

#[test]
fn parts_share_no_typeface_and_each_style_is_labelled() {
    let table = golden::table(&glyphs(400, 400, 400));
    let mut part_of = std::collections::HashMap::new();
    for row in 0..table.rows() {
        let part = table.split().unwrap()[row];
        let typeface = words(&table, "typeface").get(row).unwrap();
        assert_eq!(*part_of.entry(typeface).or_insert(part), part, "{typeface}");
        assert_eq!(words(&table, "split").get(row), Some(part_name(part)));
        for style in ["slanted", "bold", "serif"] {
            assert!(matches!(words(&table, style).get(row), Some("yes" | "no")));
        }
    }
    assert_eq!(part_of.len(), TYPEFACES.len());
}

#[test]
fn undistorted_glyphs_fill_twenty_pixels_in_the_middle() {
    let plain = Glyphs {
        distortion: 0.0,
        noise: 0.0,
        ..glyphs(60, 0, 0)
    };
    let table = golden::table(&plain);
    let images = table.images().unwrap();
    assert_eq!(images.shape(), [1, 28, 28]);
    for row in 0..table.rows() {
        let image = images.get(row);
        let inked = || (0..784).filter(|pixel| image[*pixel] > 25);
        let side = |of: fn(usize) -> usize| {
            (
                inked().map(of).min().unwrap(),
                inked().map(of).max().unwrap(),
            )
        };
        let (left, right) = side(|pixel| pixel % 28);
        let (top, bottom) = side(|pixel| pixel / 28);
        let longer = (right - left).max(bottom - top) + 1;
        assert!((19..=20).contains(&longer), "row {row}: {longer}");
        // A row of pixels that is covered by less than a tenth does not count as inked.
        assert!((left + right).abs_diff(27) <= 1 && (top + bottom).abs_diff(27) <= 1);
    }
}

#[test]
fn distorted_glyphs_keep_their_ink_on_the_paper() {
    let table = golden::table(&Glyphs {
        noise: 0.0,
        ..glyphs(500, 0, 0)
    });
    let images = table.images().unwrap();
    let border = |pixel: usize| (pixel % 28).is_multiple_of(27) || (pixel / 28).is_multiple_of(27);
    let (mut outside, mut all) = (0_u64, 0_u64);
    for row in 0..table.rows() {
        let ink: u64 = images.get(row).iter().map(|byte| u64::from(*byte)).sum();
        assert!(ink > 30 * 100, "row {row} is almost empty");
        let pixels = images.get(row).iter().enumerate();
        outside += pixels
            .filter(|(pixel, _)| border(*pixel))
            .map(|(_, byte)| u64::from(*byte))
            .sum::<u64>();
        all += ink;
    }
    assert!(outside * 500 < all, "{outside} of {all}");
}
