//! Did you mean.

/// The candidate nearest to `word`, if it is near enough: about one edit for every three letters.
///
/// ```
/// assert_eq!(polytask_config::nearest("pased", ["passed", "grade"]), Some("passed"));
/// assert_eq!(polytask_config::nearest("age", ["passed", "grade"]), None);
/// ```
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = match word.chars().count() {
        0..=1 => 0,
        2..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that is `word` with another ending (`weighting` for `weights`), if there is one.
pub(crate) fn akin<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    const STEM: usize = 5;
    const ENDING: usize = 3;
    let stem = |candidate: &str| {
        let pairs = word.chars().zip(candidate.chars());
        pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    let endings =
        |candidate: &str, stem: usize| word.chars().count().max(candidate.chars().count()) - stem;
    candidates
        .into_iter()
        .map(|candidate| (stem(candidate), candidate))
        .filter(|(stem, candidate)| *stem >= STEM && endings(candidate, *stem) <= ENDING)
        .max_by_key(|(stem, _)| *stem)
        .map(|(_, candidate)| candidate)
}

/// How many edits lead from one word to the other: insert, delete, replace or swap two neighbours, none twice at one
/// place (optimal string alignment). Case does not count, nor does `-` for `_`.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    const LONGEST: usize = 64;
    let letters = |word: &str| -> Vec<char> {
        let fold = |letter: char| {
            if letter == '-' {
                '_'
            } else {
                letter.to_ascii_lowercase()
            }
        };
        word.chars().take(LONGEST + 1).map(fold).collect()
    };
    let (left, right) = (letters(left), letters(right));
    if left.len().max(right.len()) > LONGEST {
        return usize::MAX;
    }
    // rows[j] is the distance from the first letters of `left` to the first j of `right`.
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, j) + usize::from(a != b);
            let mut best = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{akin, distance, nearest};

    #[test]
    fn a_word_with_another_ending_is_akin() {
        let keys = ["weighting", "aggregator", "step"];
        assert_eq!(akin("weights", keys), Some("weighting"));
        assert_eq!(akin("aggregation", keys), Some("aggregator"));
        assert_eq!(akin("steps", keys), None);
        assert_eq!(akin("weightlessness", keys), None);
    }

    #[test]
    fn each_kind_of_edit_counts_once() {
        for (left, right, edits) in [
            ("epochs", "epochs", 0),
            ("epoch", "epochs", 1),
            ("epocsh", "epochs", 1),
            ("epochx", "epochs", 1),
            ("Epochs", "epochs", 0),
            ("batch-size", "batch_size", 0),
            ("ca", "abc", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
    }

    #[test]
    fn a_word_unlike_all_others_suggests_nothing() {
        assert_eq!(nearest("banana", ["epochs", "batch_size"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest(&"x".repeat(10_000), ["x"]), None);
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(
            nearest("batch_siz", ["batch_sizes", "batch_size", "patch_size"]),
            Some("batch_size")
        );
    }
}
