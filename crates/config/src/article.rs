//! "a" or "an".

/// A word with its indefinite article, by its first letter.
///
/// ```
/// use polytask_config::with_article;
///
/// assert_eq!(with_article("binary"), "a binary");
/// assert_eq!(with_article("ordinal"), "an ordinal");
/// ```
#[must_use]
pub fn with_article(word: &str) -> String {
    let article = match word.chars().next() {
        Some('a' | 'e' | 'i' | 'o' | 'u') => "an",
        _ => "a",
    };
    format!("{article} {word}")
}
