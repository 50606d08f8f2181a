//! Points in time as text. The clock is always passed in, and nothing else of a run depends on it.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// The UTC start in a run's name, to the second, without the colons that some file systems refuse.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// let start = UNIX_EPOCH + Duration::from_secs(1_795_451_880);
/// assert_eq!(polytask_store::run_stamp(start), "2026-11-23T16-38-00Z");
/// ```
#[must_use]
pub fn run_stamp(now: SystemTime) -> String {
    let (date, [hour, minute, second]) = parts(utc(now));
    format!("{date}T{hour:02}-{minute:02}-{second:02}Z")
}

/// RFC 3339 in UTC, to the millisecond: what `run.json` and the logs carry. Sorts like time.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// let now = UNIX_EPOCH + Duration::from_millis(1_795_451_880_042);
/// assert_eq!(polytask_store::timestamp(now), "2026-11-23T16:38:00.042Z");
/// ```
#[must_use]
pub fn timestamp(now: SystemTime) -> String {
    let utc = utc(now);
    let (date, [hour, minute, second]) = parts(utc);
    format!(
        "{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        utc.millisecond()
    )
}

/// A clock that is out of its mind (before 1970, after 9999) must not stop a run: it reads as the nearest end.
fn utc(now: SystemTime) -> OffsetDateTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    const LAST_SECOND_OF_9999: u64 = 253_402_300_799;
    let seconds = since.as_secs().min(LAST_SECOND_OF_9999);
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(since.subsec_nanos());
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn parts(utc: OffsetDateTime) -> (String, [u8; 3]) {
    let (hour, minute, second) = utc.to_hms();
    let date = format!(
        "{:04}-{:02}-{:02}",
        utc.year(),
        u8::from(utc.month()),
        utc.day()
    );
    (date, [hour, minute, second])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_clock_is_too_wrong() {
        assert_eq!(
            run_stamp(UNIX_EPOCH - Duration::from_secs(5)),
            "1970-01-01T00-00-00Z"
        );
        assert_eq!(
            run_stamp(UNIX_EPOCH + Duration::from_secs(1 << 40)),
            "9999-12-31T23-59-59Z"
        );
        assert_eq!(
            run_stamp(UNIX_EPOCH + Duration::from_secs(951_827_696)),
            "2000-02-29T12-34-56Z"
        );
    }
}
