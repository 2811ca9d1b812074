//! Sizes and durations as users write them in flags and files.

use std::time::Duration;

use thiserror::Error;

/// Why a text is no size or duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// No number in front, or more than a number and a unit.
    #[error("`{0}` is no {1}: write {2}")]
    NoNumber(String, &'static str, &'static str),
    /// A unit nobody knows.
    #[error("`{0}` is no unit of a {1}: write {2}")]
    Unit(String, &'static str, &'static str),
    /// More than fits.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

const SIZE_FORMS: &str = "bytes as 512, 256k, 16M or 1G (k is 1024)";
const DURATION_FORMS: &str = "250ms, 30s, 2m, 1h or 1d";

/// `512`, `256k`, `16M`, `1.5G`, `16MiB`, `16 MB`: bytes; every unit is 1024-based, case does not matter.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let (number, unit) = split(text, "size", SIZE_FORMS)?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(UnitError::Unit(unit.to_owned(), "size", SIZE_FORMS)),
    };
    scale(number, 1_u64 << shift, text)
}

/// `250ms`, `30s`, `2m`, `1.5h`, `1d`, and a bare `30` for seconds.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let (number, unit) = split(text, "duration", DURATION_FORMS)?;
    let microseconds = match unit.to_ascii_lowercase().as_str() {
        "us" | "µs" => 1,
        "ms" => 1000,
        "" | "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(UnitError::Unit(unit.to_owned(), "duration", DURATION_FORMS)),
    };
    scale(number, microseconds, text).map(Duration::from_micros)
}

fn split<'a>(
    text: &'a str,
    what: &'static str,
    forms: &'static str,
) -> Result<(&'a str, &'a str), UnitError> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let is_number = number.bytes().filter(|byte| *byte == b'.').count() <= 1
        && number.starts_with(|c: char| c.is_ascii_digit())
        && !number.ends_with('.');
    if is_number {
        Ok((number, unit.trim_start()))
    } else {
        Err(UnitError::NoNumber(text.to_owned(), what, forms))
    }
}

/// `number` × `factor` in whole units; the fraction is cut.
fn scale(number: &str, factor: u64, text: &str) -> Result<u64, UnitError> {
    let too_large = || UnitError::TooLarge(text.trim().to_owned());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = fraction.get(..12).unwrap_or(fraction);
    let whole: u64 = whole.parse().map_err(|_| too_large())?;
    let part = digits.parse::<u128>().unwrap_or(0) * u128::from(factor) / 10_u128.pow(digits.len() as u32);
    let total = u128::from(whole) * u128::from(factor) + part;
    u64::try_from(total).map_err(|_| too_large())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_1024_based_in_every_spelling() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("256k", 256 << 10),
            ("16M", 16 << 20),
            ("16MiB", 16 << 20),
            ("16 mb", 16 << 20),
            ("1G", 1 << 30),
            ("1.5k", 1536),
            (" 2k ", 2048),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn durations_take_a_unit_and_default_to_seconds() {
        for (text, millis) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("30", 30_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0.5s", 500),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn errors_name_the_way_out() {
        for (text, message) in [
            (
                "",
                "`` is no size: write bytes as 512, 256k, 16M or 1G (k is 1024)",
            ),
            (
                "-1",
                "`-1` is no size: write bytes as 512, 256k, 16M or 1G (k is 1024)",
            ),
            (
                "1..2k",
                "`1..2k` is no size: write bytes as 512, 256k, 16M or 1G (k is 1024)",
            ),
            (
                "16X",
                "`X` is no unit of a size: write bytes as 512, 256k, 16M or 1G (k is 1024)",
            ),
            ("99999999999T", "`99999999999T` is too large"),
        ] {
            assert_eq!(parse_size(text).unwrap_err().to_string(), message);
        }
        assert_eq!(
            parse_duration("3 weeks").unwrap_err().to_string(),
            "`weeks` is no unit of a duration: write 250ms, 30s, 2m, 1h or 1d"
        );
    }
}
