//! Counts, sizes and rates in the few characters a column has. Units are 1024-based.

use std::fmt::Write;

/// `48 211`: digits in groups of three, as on the screen.
pub fn grouped(number: u64) -> String {
    grouped_with(number, ' ')
}

/// `48,211`: digits in groups of three with a separator of choice (`,` in the closing line).
pub fn grouped_with(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// `14`, `9.2k`, `31k`, `1.2M`: a count in at most four characters (decimal, unlike sizes).
pub fn count(number: u64) -> String {
    scaled(number, 1000, ["", "k", "M", "G", "T", "P", "E"])
}

/// `38B`, `1.2kB`, `48kB`, `16MB`: a size in at most five characters.
pub fn size(bytes: u64) -> String {
    scaled(bytes, 1024, ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

fn scaled(number: u64, base: u64, units: [&str; 7]) -> String {
    // Rounded down, so that 999 of a unit never shows as 1000 of it.
    let (mut whole, mut tenths, mut step) = (number, 0, 0);
    while whole >= 1000 {
        (whole, tenths) = (whole / base, whole % base * 10 / base);
        step += 1;
    }
    let unit = units.get(step).copied().unwrap_or_default();
    if step > 0 && whole < 10 && tenths > 0 {
        format!("{whole}.{tenths}{unit}")
    } else {
        format!("{whole}{unit}")
    }
}

/// `38 B`, `38.2 KiB`, `16 MiB`: a size in words.
pub fn size_long(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while value >= 1023.95 {
        match units.next() {
            Some(next) => (value, unit) = (value / 1024.0, next),
            None => break,
        }
    }
    let text = format!("{value:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// `84/s`, `0.1/s`, `1.2k/s`: events a second.
pub fn rate(per_second: f64) -> String {
    let mut out = if per_second >= 9.95 {
        count(per_second.round() as u64)
    } else {
        let text = format!("{:.1}", per_second.max(0.0));
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    // Writing to a String cannot fail.
    let _ = out.write_str("/s");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (48_211, "48 211"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped_with(48_211, ','), "48,211");
    }

    #[test]
    fn column_forms_stay_short() {
        for (bytes, text) in [
            (0, "0B"),
            (38, "38B"),
            (999, "999B"),
            (1000, "0.9kB"),
            (1024, "1kB"),
            (1229, "1.2kB"),
            (49_254, "48kB"),
            (1_023_999, "999kB"),
            (1_024_000, "0.9MB"),
            (16 << 20, "16MB"),
            (u64::MAX, "15EB"),
        ] {
            assert_eq!(size(bytes), text);
            assert!(size(bytes).len() <= 5);
        }
        for (number, text) in [
            (14, "14"),
            (999, "999"),
            (9_000, "9k"),
            (9_240, "9.2k"),
            (31_900, "31k"),
            (1_250_000, "1.2M"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn long_sizes_name_binary_units() {
        for (bytes, text) in [
            (38, "38 B"),
            (39_117, "38.2 KiB"),
            (16 << 20, "16 MiB"),
            (1_048_575, "1 MiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(size_long(bytes), text);
        }
    }

    #[test]
    fn rates_show_what_matters() {
        for (per_second, text) in [
            (0.0, "0/s"),
            (0.1, "0.1/s"),
            (1.0, "1/s"),
            (9.96, "10/s"),
            (84.2, "84/s"),
            (1_204.0, "1.2k/s"),
            (f64::NAN, "0/s"),
        ] {
            assert_eq!(rate(per_second), text);
        }
    }
}
