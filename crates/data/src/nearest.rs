//! The most similar name, for "did you mean".

/// The candidate with the fewest edits to `name`, if they are few for its length. Case does not count.
pub(crate) fn nearest<S: AsRef<str>>(name: &str, candidates: &[S]) -> Option<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(LONGEST).collect();
    let most = wanted.len().div_ceil(3);
    candidates
        .iter()
        .map(|candidate| {
            let candidate = candidate.as_ref();
            let letters: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
            (edits(&wanted, &letters), candidate)
        })
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, _)| *edits <= most)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Longer names are compared by their beginnings.
const LONGEST: usize = 64;

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(x != y))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            let is_swap = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if is_swap {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_found() {
        let columns = ["age", "study_hours", "final_grade", "passed"];
        assert_eq!(nearest("pased", &columns).as_deref(), Some("passed"));
        assert_eq!(
            nearest("final-grade", &columns).as_deref(),
            Some("final_grade")
        );
        assert_eq!(nearest("aeg", &columns).as_deref(), Some("age"));
        assert_eq!(
            nearest("Study_Hours", &columns).as_deref(),
            Some("study_hours")
        );
        assert_eq!(nearest("weight", &columns), None);
    }
}
