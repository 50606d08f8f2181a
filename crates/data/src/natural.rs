//! The order that a reader expects of names: numbers by size, text by letter whatever the case.

/// Sorts numbers by size if all are numbers, else text without regard to case; ties by the text itself.
pub(crate) fn natural_order(words: &mut [String]) {
    if numbers(words).is_some() {
        words.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    } else {
        words.sort_by_cached_key(|word| (word.to_lowercase(), word.clone()));
    }
}

/// The words as numbers, if all are finite ones.
pub(crate) fn numbers(words: &[String]) -> Option<Vec<f64>> {
    words
        .iter()
        .map(|word| Some(number(word)).filter(|number| number.is_finite()))
        .collect()
}

fn number(word: &str) -> f64 {
    word.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(words: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        natural_order(&mut words);
        words
    }

    #[test]
    fn numbers_by_size_text_by_letter() {
        assert_eq!(sorted(&["10", "9", "-1", "1e1"]), ["-1", "9", "10", "1e1"]);
        assert_eq!(sorted(&["Yes", "no"]), ["no", "Yes"]);
        assert_eq!(sorted(&["10", "9", "x"]), ["10", "9", "x"]);
    }
}
