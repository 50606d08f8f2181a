//! A closed set of words, one of which an option holds.

/// An enum without payload whose variants have names in the configuration.
///
/// ```
/// use polytask_config::Choice;
///
/// #[derive(Clone, Copy)]
/// enum Rounding { Up, Down }
///
/// impl Choice for Rounding {
///     const ALL: &'static [(&'static str, Self, &'static str)] =
///         &[("up", Rounding::Up, "away from zero"), ("down", Rounding::Down, "towards zero")];
/// }
/// assert_eq!(Rounding::Down.word(), "down");
/// ```
pub trait Choice: Copy + 'static {
    /// Name, value and one line of explanation, for every variant.
    const ALL: &'static [(&'static str, Self, &'static str)];

    /// The variant's name.
    fn word(self) -> &'static str {
        name_of(&self).unwrap_or_default()
    }
}

/// The name of a value: variants are told apart by their discriminant, for a `Choice` need not be comparable.
pub(crate) fn name_of<C: Choice>(value: &C) -> Option<&'static str> {
    let wanted = std::mem::discriminant(value);
    C::ALL
        .iter()
        .find(|(_, candidate, _)| std::mem::discriminant(candidate) == wanted)
        .map(|(name, _, _)| *name)
}
