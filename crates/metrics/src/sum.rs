//! Sums and moments that keep their digits over millions of rows.

use polytask_config::State;

/// A compensated sum: what rounding drops from `high` is collected in `low` (Neumaier 1974).
///
/// The error is about one rounding of the result plus n²·2⁻¹⁰⁶, whatever the order of the terms, where a plain loop's
/// grows like n·2⁻⁵³.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, term: f64) {
        let sum = self.high + term;
        self.low += if self.high.abs() >= term.abs() {
            (self.high - sum) + term
        } else {
            (term - sum) + self.high
        };
        self.high = sum;
    }

    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }

    /// `number − self`, exact where both are close.
    fn below(self, number: f64) -> f64 {
        (number - self.high) - self.low
    }

    pub(crate) fn state(&mut self, name: &str, state: &mut State) {
        state.section(name, |state| {
            state.number("high", &mut self.high);
            state.number("low", &mut self.low);
        });
    }
}

impl From<Sum> for [f64; 2] {
    fn from(sum: Sum) -> Self {
        [sum.high, sum.low]
    }
}

impl From<[f64; 2]> for Sum {
    fn from([high, low]: [f64; 2]) -> Self {
        Self { high, low }
    }
}

/// Mean and sum of squared deviations by Welford's recurrence (1962), both compensated.
///
/// With m the mean so far and n the rows: m ← m + (x − m)/n, then S ← S + (x − m before)(x − m after). Never a
/// difference of large numbers, so that a target with mean 10⁹ and deviation 1 keeps its variance. A constant target has
/// S = 0 exactly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    rows: f64,
    mean: Sum,
    squares: Sum,
}

impl Moments {
    pub(crate) fn add(&mut self, number: f64) {
        self.rows += 1.0;
        let before = self.mean.below(number);
        self.mean.add(before / self.rows);
        self.squares.add(before * self.mean.below(number));
    }

    /// Σ (x − mean)².
    pub(crate) fn squared_deviations(self) -> f64 {
        self.squares.value()
    }
}

impl From<Moments> for [f64; 5] {
    fn from(moments: Moments) -> Self {
        let ([mean, mean_low], [squares, squares_low]) =
            (moments.mean.into(), moments.squares.into());
        [moments.rows, mean, mean_low, squares, squares_low]
    }
}

impl From<[f64; 5]> for Moments {
    fn from([rows, mean, mean_low, squares, squares_low]: [f64; 5]) -> Self {
        Self {
            rows,
            mean: [mean, mean_low].into(),
            squares: [squares, squares_low].into(),
        }
    }
}

/// Saves and loads a list of `N`-number items as one list of numbers, so that its length comes from the data.
pub(crate) fn list_state<const N: usize, T>(name: &str, items: &mut Vec<T>, state: &mut State)
where
    T: Copy + Into<[f64; N]> + From<[f64; N]>,
{
    let mut numbers: Vec<f64> = items.iter().flat_map(|&item| item.into()).collect();
    state.numbers(name, &mut numbers);
    if state.is_loading() {
        let chunks = numbers
            .chunks_exact(N)
            .filter_map(|chunk| <[f64; N]>::try_from(chunk).ok());
        *items = chunks.map(T::from).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_small_terms_beside_a_large_one_are_kept() {
        let mut sum = Sum::default();
        sum.add(1e16);
        for _ in 0..1_000_000 {
            sum.add(0.1);
        }
        sum.add(-1e16);
        // A plain f64 loop gives 0 here: 0.1 is less than half of the last place of 1e16. Here the error is that of adding
        // up what was dropped, a million terms up to 100 000 in size.
        assert!((sum.value() - 100_000.0).abs() < 1e-5, "{}", sum.value());
    }

    #[test]
    fn a_large_mean_does_not_eat_the_variance() {
        let mut moments = Moments::default();
        for row in 0..100_000 {
            moments.add(1e9 + f64::from(row % 4));
        }
        // 0, 1, 2, 3 in equal parts: variance 1.25.
        let variance = moments.squared_deviations() / 100_000.0;
        assert!((variance - 1.25).abs() < 1e-12, "{variance}");
    }

    #[test]
    fn a_constant_has_no_variance_at_all() {
        let mut moments = Moments::default();
        for _ in 0..1000 {
            moments.add(0.1);
        }
        assert_eq!(moments.squared_deviations(), 0.0);
    }
}
