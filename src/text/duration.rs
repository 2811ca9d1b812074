//! Spans of time in the few characters a column has. All arguments are microseconds.

const TEN_MILLIS: u64 = 10_000;
const SECOND: u64 = 1_000_000;
const TEN_SECONDS: u64 = 10 * SECOND;
const HUNDRED_SECONDS: u64 = 100 * SECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `2s`, `4m`, `3h`, `5d`: how long ago, rounded down; below a second `0s`.
pub fn age(us: u64) -> String {
    match us {
        0..MINUTE => format!("{}s", us / SECOND),
        MINUTE..HOUR => format!("{}m", us / MINUTE),
        HOUR..DAY => format!("{}h", us / HOUR),
        _ => format!("{}d", us / DAY),
    }
}

/// `+1.65s`, `+99.9s`, `+2m03s`, `+1h02m`, `+3d04h`: since the message before, at most seven characters below 100 days.
pub fn delta(us: u64) -> String {
    match us {
        ..TEN_SECONDS => format!("+{}.{:02}s", us / SECOND, us % SECOND / 10_000),
        TEN_SECONDS..HUNDRED_SECONDS => format!("+{}.{}s", us / SECOND, us % SECOND / 100_000),
        HUNDRED_SECONDS..HOUR => format!("+{}m{:02}s", us / MINUTE, us % MINUTE / SECOND),
        HOUR..DAY => format!("+{}h{:02}m", us / HOUR, us % HOUR / MINUTE),
        _ => format!("+{}d{:02}h", us / DAY, us % DAY / HOUR),
    }
}

/// `02:11`, `1:02:11`: how long something has been running.
pub fn elapsed(us: u64) -> String {
    let (minutes, seconds) = (us % HOUR / MINUTE, us % MINUTE / SECOND);
    match us / HOUR {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `0.4 ms`, `38 ms`, `1.2 s`, `75 s`: a round trip or a waiting time.
pub fn latency(us: u64) -> String {
    match us {
        ..TEN_MILLIS => format!("{}.{} ms", us / 1000, us % 1000 / 100),
        TEN_MILLIS..SECOND => format!("{} ms", us / 1000),
        SECOND..TEN_SECONDS => format!("{}.{} s", us / SECOND, us % SECOND / 100_000),
        _ => format!("{} s", us / SECOND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_at_a_glance() {
        for (us, age_text, delta_text) in [
            (0, "0s", "+0.00s"),
            (1_650_000, "1s", "+1.65s"),
            (59_999_999, "59s", "+59.9s"),
            (123 * SECOND, "2m", "+2m03s"),
            (3 * HOUR + 120 * SECOND, "3h", "+3h02m"),
            (5 * DAY + HOUR, "5d", "+5d01h"),
        ] {
            assert_eq!((age(us).as_str(), delta(us).as_str()), (age_text, delta_text));
        }
    }

    #[test]
    fn running_times_and_latencies() {
        assert_eq!(elapsed(131 * SECOND), "02:11");
        assert_eq!(elapsed(HOUR + 131 * SECOND), "1:02:11");
        for (us, text) in [
            (420, "0.4 ms"),
            (38_200, "38 ms"),
            (1_250_000, "1.2 s"),
            (75 * SECOND, "75 s"),
        ] {
            assert_eq!(latency(us), text);
        }
    }
}
