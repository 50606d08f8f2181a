//! Figures as a reader wants them: four significant digits, thousands apart, units that fit.

/// A measured value with four significant digits.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return format!("{value}");
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    // The digits of the value as it will be shown: 9.9999 is 10.00.
    let Ok(rounded) = format!("{value:.3e}").parse::<f64>() else {
        return format!("{value:.3e}");
    };
    let size = rounded.abs();
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let places = (3 - size.log10().floor() as i32).max(0) as usize;
    // Metrics live between 0 and 1: 0.0412 next to 0.9731 compares better with as many places.
    format!("{value:.*}", places.min(if size < 0.01 { 6 } else { 4 }))
}

/// A count with thousands apart: 12,345.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A count and what is counted: 1 epoch, 1,200 epochs.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        count(number),
        if number == 1 { one } else { several }
    )
}

/// Seconds as a human says them: 0.42 s, 12.3 s, 4 min 05 s, 2 h 03 min.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    if seconds < 9.995 {
        format!("{:.2} s", seconds.max(0.0))
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// Bytes in the unit that fits: 512 B, 1.5 kB, 12.0 MB.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        size /= 1000.0;
        unit = next;
        if size < 999.95 {
            break;
        }
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_that_matter() {
        let shown: Vec<String> = [
            0.0,
            0.98123,
            0.04123,
            0.00123456,
            1.0,
            9.99996,
            12.3456,
            1234.5,
            -0.5,
            1.234e-5,
            123_456_789.0,
            f64::NAN,
        ]
        .map(figure)
        .to_vec();
        let wanted = [
            "0", "0.9812", "0.0412", "0.001235", "1.000", "10.00", "12.35", "1234", "-0.5000",
            "1.234e-5", "1.235e8", "NaN",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn counts_durations_and_sizes_have_their_units() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.421, 9.994, 9.996, 61.0, 3600.0, 7385.0].map(duration),
            [
                "0.42 s",
                "9.99 s",
                "10.0 s",
                "1 min 01 s",
                "1 h 00 min",
                "2 h 03 min"
            ]
        );
        assert_eq!(
            [0, 999, 1500, 12_000_000].map(bytes),
            ["0 B", "999 B", "1.5 kB", "12.0 MB"]
        );
    }
}
