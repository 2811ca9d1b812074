//! `-F`: mosquitto's output formats, read once and written for each message.
//!
//! ```text
//! %[-][0][width][.max]LETTER   a field       @LETTER   a part of the time       \LETTER   a character
//! ```

use super::{
    output::{Output, is_part_of_time},
    shown::Shown,
};

/// A format, ready to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As the user wrote it: also escape sequences, which are meant.
    Literal(Vec<u8>),
    Field(Field, Layout),
    /// One conversion of strftime, with its `%`.
    Time(String),
    Nanoseconds,
}

/// Letters behind `%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    TopicAlias,
    ContentType,
    CorrelationData,
    Expiry,
    PayloadFormat,
    IsoTime,
    Json,
    JsonInline,
    Length,
    PacketId,
    UserProperties,
    Payload,
    Qos,
    ResponseTopic,
    Retain,
    SubscriptionIdentifier,
    Topic,
    UnixTime,
    HexLower,
    HexUpper,
}

/// Flags and widths of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// Filled up behind, not before.
    pub is_left: bool,
    /// Filled up with zeros.
    pub has_zeros: bool,
    /// At least so many characters.
    pub width: usize,
    /// At most so many.
    pub max: Option<usize>,
}

/// Wider fields are refused: a slip of the finger should not fill the disk.
const MAX_WIDTH: usize = 10_000;

/// Why a message was not written: `%J` of a payload that is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson;

impl Format {
    /// Reads a format; the error names what cannot be understood.
    pub fn compile(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let piece = match c {
                '%' => percent(&mut rest)?,
                '@' => at(&mut rest)?,
                '\\' => escape(&mut rest)?,
                other => literal_of(other),
            };
            match piece {
                Piece::Literal(bytes) => literal.extend(bytes),
                piece => {
                    flush(&mut pieces, &mut literal);
                    pieces.push(piece);
                }
            }
        }
        flush(&mut pieces, &mut literal);
        Ok(Self { pieces })
    }

    /// Appends a message.
    pub fn write(&self, output: &mut Output, shown: &Shown<'_>) -> Result<(), NotJson> {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => output.bytes.extend_from_slice(bytes),
                Piece::Field(field, layout) => output.field(*field, *layout, shown)?,
                Piece::Time(conversion) => output.time(conversion, shown.wall_us),
                Piece::Nanoseconds => output.nanoseconds(shown.wall_us),
            }
        }
        Ok(())
    }
}

fn flush(pieces: &mut Vec<Piece>, literal: &mut Vec<u8>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal)));
    }
}

fn literal_of(c: char) -> Piece {
    Piece::Literal(c.encode_utf8(&mut [0; 4]).as_bytes().to_vec())
}

fn percent(rest: &mut std::str::Chars<'_>) -> Result<Piece, String> {
    let mut layout = Layout::default();
    layout.is_left = take(rest, '-');
    layout.has_zeros = take(rest, '0') && !layout.is_left;
    layout.width = number(rest)?.unwrap_or(0);
    if take(rest, '.') {
        layout.max = Some(number(rest)?.unwrap_or(0));
    }
    let letter = rest
        .next()
        .ok_or("the format ends within a % sequence; write %% for a percent sign")?;
    let field = match letter {
        '%' => return Ok(literal_of('%')),
        'A' => Field::TopicAlias,
        'C' => Field::ContentType,
        'D' => Field::CorrelationData,
        'E' => Field::Expiry,
        'F' => Field::PayloadFormat,
        'I' => Field::IsoTime,
        'j' => Field::Json,
        'J' => Field::JsonInline,
        'l' => Field::Length,
        'm' => Field::PacketId,
        'P' => Field::UserProperties,
        'p' => Field::Payload,
        'q' => Field::Qos,
        'R' => Field::ResponseTopic,
        'r' => Field::Retain,
        'S' => Field::SubscriptionIdentifier,
        't' => Field::Topic,
        'U' => Field::UnixTime,
        'x' => Field::HexLower,
        'X' => Field::HexUpper,
        other => {
            return Err(format!(
                "no field is written %{other}; use one of %ACDEFIJPRSUXjlmpqrtx or %%"
            ));
        }
    };
    Ok(Piece::Field(field, layout))
}

fn take(rest: &mut std::str::Chars<'_>, wanted: char) -> bool {
    let is_there = rest.as_str().starts_with(wanted);
    if is_there {
        rest.next();
    }
    is_there
}

fn number(rest: &mut std::str::Chars<'_>) -> Result<Option<usize>, String> {
    let digits = rest.as_str().len()
        - rest
            .as_str()
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let text: String = rest.by_ref().take(digits).collect();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(width) if width <= MAX_WIDTH => Ok(Some(width)),
        _ => Err(format!("a width of {text} is too much; use up to {MAX_WIDTH}")),
    }
}

fn at(rest: &mut std::str::Chars<'_>) -> Result<Piece, String> {
    match rest.next() {
        Some('@') => Ok(literal_of('@')),
        Some('N') => Ok(Piece::Nanoseconds),
        Some(letter) => {
            let conversion = format!("%{letter}");
            if is_part_of_time(&conversion) {
                Ok(Piece::Time(conversion))
            } else {
                Err(format!(
                    "no part of the time is written @{letter}; write @@ for an at sign"
                ))
            }
        }
        None => Err("the format ends with @; write @@ for an at sign".into()),
    }
}

fn escape(rest: &mut std::str::Chars<'_>) -> Result<Piece, String> {
    let byte = match rest.next() {
        Some('\\') => b'\\',
        Some('0') => 0,
        Some('a') => 7,
        Some('e') => 0x1b,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0x0b,
        Some(other) => {
            return Err(format!(
                "no character is written \\{other}; use one of \\\\ \\0 \\a \\e \\n \\r \\t \\v"
            ));
        }
        None => return Err("the format ends with \\; write \\\\ for a backslash".into()),
    };
    Ok(Piece::Literal(vec![byte]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mqtt::{Properties, Property, QoS},
        text::Glyphs,
    };

    fn written(format: &str, shown: &Shown<'_>, glyphs: Option<Glyphs>) -> String {
        let mut output = Output::new(glyphs);
        Format::compile(format)
            .unwrap()
            .write(&mut output, shown)
            .unwrap();
        String::from_utf8_lossy(&output.bytes).into_owned()
    }

    fn shown<'a>(topic: &'a str, payload: &'a [u8], properties: Properties) -> Shown<'a> {
        Shown {
            topic,
            payload,
            payload_len: payload.len() as u64,
            qos: QoS::AtLeastOnce,
            retain: true,
            packet_id: 7,
            properties: properties.into(),
            wall_us: 1_795_236_959_681_709,
        }
    }

    #[test]
    fn widths_pad_and_cut() {
        let shown = shown("x/y", b"abcdef", Properties::NONE);
        for (format, expected) in [
            ("%t|%p|%l|%m|%q|%r", "x/y|abcdef|6|7|1|1"),
            ("%6t|%-6t|%2.2t|%.2t", "   x/y|x/y   |x/|x/"),
            ("%05l|%-05l|%5m|%05q", "00006|6    |    7|1"),
            ("%8p|%-8p|%08p|%3p", "  abcdef|abcdef  |00abcdef|abc"),
            (
                "%x|%X|%14x|%-14x|%6X",
                "616263646566|616263646566|  616263646566|616263646566  |616263",
            ),
            ("%U|@N|@@|%%|@s", "1795236959.681709000|681709000|@|%|1795236959"),
            ("\\t\\n\\e\\\\\\0", "\t\n\u{1b}\\\0"),
        ] {
            assert_eq!(written(format, &shown, None), expected, "{format}");
        }
    }

    #[test]
    fn absent_property_is_blank() {
        let shown = shown("t", b"", Properties::NONE);
        assert_eq!(
            written("%A|%C|%D|%E|%F|%P|%R|%S|%4C|%04E", &shown, None),
            "||||||||    |0000"
        );
    }

    #[test]
    fn properties_are_written() {
        let properties = Properties(vec![
            Property::UserProperty(("k".into(), "v 1".into())),
            Property::UserProperty(("k".into(), "2".into())),
            Property::ContentType("text/x".into()),
            Property::SubscriptionIdentifier(9),
        ]);
        assert_eq!(
            written("%P|%C|%S|%3S", &shown("t", b"", properties), None),
            "k:v 1 k:2|text/x|9|  9"
        );
    }

    #[test]
    fn bad_format_is_refused_with_a_way_out() {
        for (format, part) in [
            ("%", "ends within a %"),
            ("%-05", "ends within a %"),
            ("%k", "written %k"),
            ("@", "ends with @"),
            ("@!", "written @!"),
            ("\\", "ends with \\"),
            ("\\k", "written \\k"),
            ("%99999p", "too much"),
        ] {
            let error = Format::compile(format).unwrap_err();
            assert!(error.contains(part), "{format}: {error}");
        }
    }

    #[test]
    fn network_bytes_are_visible_on_a_terminal_and_raw_elsewhere() {
        let shown = shown("a\u{202e}b", b"\x1b[31m\x9b", Properties::NONE);
        assert_eq!(written("%p", &shown, None), "\u{1b}[31m\u{fffd}");
        let visible = written("\\e%t %p %j", &shown, Some(Glyphs::Unicode));
        assert!(
            !visible.chars().skip(1).any(|c| c.is_control() || c == '\u{202e}'),
            "{visible:?}"
        );
        assert!(visible.contains("\"topic\":\"a\\u202eb\""), "{visible}");
    }

    #[test]
    fn payload_that_is_no_json_is_not_written_inline() {
        let format = Format::compile("%J").unwrap();
        let result = format.write(&mut Output::new(None), &shown("t", b"nope", Properties::NONE));
        assert_eq!(result, Err(NotJson));
    }
}
