//! Hypergeometric and binomial draws, and tables with fixed margins: resampling that costs nothing per row.

use polytask_random::Stream;

/// ln k! for k up to some n.
#[derive(Clone, Debug)]
pub(crate) struct LogFactorials(Vec<f64>);

impl LogFactorials {
    pub(crate) fn up_to(n: u64) -> Self {
        let mut values = Vec::with_capacity(n as usize + 1);
        values.push(0.0);
        let (mut total, mut lost) = (0.0f64, 0.0f64);
        for k in 1..=n {
            // Kahan: ln 1e6! has lost four digits otherwise.
            let step = (k as f64).ln() - lost;
            let next = total + step;
            lost = (next - total) - step;
            total = next;
            values.push(total);
        }
        Self(values)
    }

    fn of(&self, k: u64) -> f64 {
        self.0.get(k as usize).copied().unwrap_or(f64::NAN)
    }

    fn ln_choose(&self, n: u64, k: u64) -> f64 {
        self.of(n) - self.of(k) - self.of(n - k)
    }

    /// How many of `drawn` items, out of `good + bad`, are good.
    pub(crate) fn hypergeometric(
        &self,
        stream: &mut Stream,
        good: u64,
        bad: u64,
        drawn: u64,
    ) -> u64 {
        let low = drawn.saturating_sub(bad);
        let high = drawn.min(good);
        if low >= high {
            return high;
        }
        let (a, b, d) = (good as f64, bad as f64, drawn as f64);
        let mode = ((a + 1.0) * (d + 1.0) / (a + b + 2.0)).floor() as u64;
        let mode = mode.clamp(low, high);
        let at_mode = self.hypergeometric_probability(good, bad, drawn, mode);
        let ratio = |k: f64| (a - k) * (d - k) / ((k + 1.0) * (b - d + k + 1.0));
        from_mode(stream.uniform(), mode, low, high, at_mode, ratio)
    }

    /// P(`count` of `drawn` items, out of `good + bad`, are good).
    pub(crate) fn hypergeometric_probability(
        &self,
        good: u64,
        bad: u64,
        drawn: u64,
        count: u64,
    ) -> f64 {
        (self.ln_choose(good, count) + self.ln_choose(bad, drawn - count)
            - self.ln_choose(good + bad, drawn))
        .exp()
    }

    /// How many of `n` independent trials of probability `p` succeed.
    pub(crate) fn binomial(&self, stream: &mut Stream, n: u64, p: f64) -> u64 {
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        let mode = (((n + 1) as f64 * p).floor() as u64).min(n);
        let at_mode =
            (self.ln_choose(n, mode) + mode as f64 * p.ln() + (n - mode) as f64 * (-p).ln_1p())
                .exp();
        let odds = p / (1.0 - p);
        let ratio = |k: f64| (n as f64 - k) / (k + 1.0) * odds;
        from_mode(stream.uniform(), mode, 0, n, at_mode, ratio)
    }
}

/// Inversion that walks away from the mode on both sides, about one standard deviation far. `ratio(k)` is P(k+1)/P(k).
fn from_mode(
    uniform: f64,
    mode: u64,
    low: u64,
    high: u64,
    at_mode: f64,
    ratio: impl Fn(f64) -> f64,
) -> u64 {
    let mut left = uniform - at_mode;
    if left < 0.0 {
        return mode;
    }
    let (mut up, mut up_weight) = (mode, at_mode);
    let (mut down, mut down_weight) = (mode, at_mode);
    loop {
        let can_rise = up < high && up_weight > 0.0;
        let can_fall = down > low && down_weight > 0.0;
        if can_rise {
            up_weight *= ratio(up as f64);
            up += 1;
            left -= up_weight;
            if left < 0.0 {
                return up;
            }
        }
        if can_fall {
            down -= 1;
            down_weight /= ratio(down as f64);
            left -= down_weight;
            if left < 0.0 {
                return down;
            }
        }
        if !can_rise && !can_fall {
            // The last 1e-12 of probability, lost to rounding.
            return mode;
        }
    }
}

/// Adds one table with the given margins, drawn as if the labels had been paired at random (Patefield 1981), to `counts`
/// `[rows, columns]`. `left` is scratch space.
pub(crate) fn add_table(
    stream: &mut Stream,
    logs: &LogFactorials,
    row_sums: &[u64],
    column_sums: &[u64],
    left: &mut Vec<u64>,
    counts: &mut [u64],
) {
    left.clear();
    left.extend_from_slice(column_sums);
    let columns = column_sums.len().max(1);
    for (&row_sum, row) in row_sums.iter().zip(counts.chunks_exact_mut(columns)) {
        let mut drawn = row_sum;
        let mut rest: u64 = left.iter().sum();
        for (column_left, count) in left.iter_mut().zip(row) {
            if drawn == 0 {
                break;
            }
            rest -= *column_left;
            let here = logs.hypergeometric(stream, *column_left, rest, drawn);
            *column_left -= here;
            drawn -= here;
            *count += here;
        }
    }
}

/// Fills `counts` with a resample, with replacement, of the rows that `from` counts.
pub(crate) fn resample(
    stream: &mut Stream,
    logs: &LogFactorials,
    from: &[u64],
    counts: &mut Vec<u64>,
) {
    let mut rest: u64 = from.iter().sum();
    let mut rows = rest;
    counts.clear();
    counts.extend(from.iter().map(|&count| {
        let share = if rest == 0 {
            0.0
        } else {
            count as f64 / rest as f64
        };
        let drawn = logs.binomial(stream, rows, share);
        rest -= count;
        rows -= drawn;
        drawn
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    #[test]
    fn draws_follow_their_laws() {
        let logs = LogFactorials::up_to(100);
        let mut stream = Seed(1).stream("draw", 0);
        let draws = 200_000;
        // Hypergeometric: 7 good, 13 bad, 9 drawn. Enumerated law as the oracle.
        let mut seen = [0u32; 8];
        for _ in 0..draws {
            seen[logs.hypergeometric(&mut stream, 7, 13, 9) as usize] += 1;
        }
        let choose =
            |n: u64, k: u64| -> f64 { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product() };
        for k in 0..=7u64 {
            let p = choose(7, k) * choose(13, 9 - k) / choose(20, 9);
            let share = f64::from(seen[k as usize]) / f64::from(draws);
            let se = (p * (1.0 - p) / f64::from(draws)).sqrt();
            assert!((share - p).abs() < 5.0 * se + 1e-9, "{k}: {share} {p}");
        }
        let mut seen = [0u32; 13];
        for _ in 0..draws {
            seen[logs.binomial(&mut stream, 12, 0.3) as usize] += 1;
        }
        for k in 0..=12u64 {
            let p = choose(12, k) * 0.3f64.powi(k as i32) * 0.7f64.powi(12 - k as i32);
            let share = f64::from(seen[k as usize]) / f64::from(draws);
            let se = (p * (1.0 - p) / f64::from(draws)).sqrt();
            assert!((share - p).abs() < 5.0 * se + 1e-9, "{k}: {share} {p}");
        }
    }

    #[test]
    fn tables_keep_their_margins_and_resamples_their_rows() {
        let logs = LogFactorials::up_to(60);
        let mut stream = Seed(2).stream("draw", 0);
        let (rows, columns) = ([10, 0, 25, 5], [13, 20, 7]);
        let mut left = Vec::new();
        let mut means = [0.0; 12];
        for _ in 0..20_000 {
            let mut counts = [0u64; 12];
            add_table(&mut stream, &logs, &rows, &columns, &mut left, &mut counts);
            for (row, sum) in counts.chunks_exact(3).zip(rows) {
                assert_eq!(row.iter().sum::<u64>(), sum);
            }
            for (column, sum) in columns.iter().enumerate() {
                let found: u64 = counts.iter().skip(column).step_by(3).sum();
                assert_eq!(found, *sum);
            }
            for (mean, count) in means.iter_mut().zip(counts) {
                *mean += count as f64 / 20_000.0;
            }
        }
        for (cell, mean) in means.iter().enumerate() {
            let expected = rows[cell / 3] as f64 * columns[cell % 3] as f64 / 40.0;
            assert!((mean - expected).abs() < 0.06, "{cell}: {mean} {expected}");
        }
        let mut counts = Vec::new();
        resample(&mut stream, &logs, &[5, 0, 30, 1], &mut counts);
        assert_eq!(counts.iter().sum::<u64>(), 36);
        assert_eq!(counts[1], 0);
    }
}
