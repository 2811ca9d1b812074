//! `-F`: mosquitto's output formats, read once and written for each message.
//!
//! ```text
//! %[-][0][width][.max]LETTER   a field       @LETTER   a part of the time       \LETTER   a character
//! ```

use std::fmt::Write as _;

use jiff::{
    Zoned,
    fmt::strtime::{BrokenDownTime, Config, PosixCustom},
};

use super::{json, shown::Shown};
use crate::text::{self, Glyphs};

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
enum Field {
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
struct Layout {
    is_left: bool,
    has_zeros: bool,
    width: usize,
    max: Option<usize>,
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

    /// Appends a message. With `glyphs` (a terminal reads it) what came from the network is made visible.
    pub fn write(&self, out: &mut Vec<u8>, shown: &Shown<'_>, glyphs: Option<Glyphs>) -> Result<(), NotJson> {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Field(field, layout) => write_field(out, *field, *layout, shown, glyphs)?,
                Piece::Time(conversion) => out.extend(time(conversion, &shown.zoned()).into_bytes()),
                Piece::Nanoseconds => out.extend(format!("{:09}", shown.nanoseconds()).into_bytes()),
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
            match try_time(&conversion, &Zoned::default()) {
                Some(_) => Ok(Piece::Time(conversion)),
                None => Err(format!(
                    "no part of the time is written @{letter}; write @@ for an at sign"
                )),
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

fn time(conversion: &str, zoned: &Zoned) -> String {
    try_time(conversion, zoned).unwrap_or_default()
}

fn try_time(conversion: &str, zoned: &Zoned) -> Option<String> {
    let config = Config::new().custom(PosixCustom::new());
    BrokenDownTime::from(zoned)
        .to_string_with_config(&config, conversion)
        .ok()
}

fn write_field(
    out: &mut Vec<u8>,
    field: Field,
    layout: Layout,
    shown: &Shown<'_>,
    glyphs: Option<Glyphs>,
) -> Result<(), NotJson> {
    let properties = shown.properties();
    let mut text = |text: Option<&str>| write_text(out, text.unwrap_or_default(), layout, glyphs);
    match field {
        Field::Topic => text(Some(shown.topic)),
        Field::ContentType => text(properties.content_type()),
        Field::ResponseTopic => text(properties.response_topic()),
        Field::IsoTime => text(Some(&time("%Y-%m-%dT%H:%M:%S%z", &shown.zoned()))),
        Field::TopicAlias => write_number(out, properties.topic_alias(), layout),
        Field::Expiry => write_number(out, properties.message_expiry_interval(), layout),
        Field::PayloadFormat => write_number(out, properties.payload_format_indicator(), layout),
        Field::SubscriptionIdentifier => {
            write_number(out, properties.subscription_identifiers().next(), layout);
        }
        Field::Length => write_number(out, Some(shown.payload_len), layout),
        Field::PacketId => write_number(out, Some(shown.packet_id), layout),
        Field::Qos => out.push(b'0' + shown.qos.as_u8()),
        Field::Retain => out.push(b'0' + u8::from(shown.retain)),
        Field::UnixTime => {
            let seconds = shown.wall_us.div_euclid(1_000_000);
            out.extend(format!("{seconds}.{:09}", shown.nanoseconds()).into_bytes());
        }
        Field::CorrelationData => write_bytes(out, properties.correlation_data().unwrap_or_default(), glyphs),
        Field::UserProperties => write_user_properties(out, shown, glyphs),
        Field::Payload => write_payload(out, shown.payload, layout, glyphs),
        Field::HexLower => write_hex(out, shown.payload, layout, |hex, byte| write!(hex, "{byte:02x}")),
        Field::HexUpper => write_hex(out, shown.payload, layout, |hex, byte| write!(hex, "{byte:02X}")),
        Field::Json => write_json(out, &json::escaped(shown), glyphs),
        Field::JsonInline => write_json(out, &json::inline(shown).ok_or(NotJson)?, glyphs),
    }
    Ok(())
}

/// Bytes as they came, or visible.
pub fn write_bytes(out: &mut Vec<u8>, bytes: &[u8], glyphs: Option<Glyphs>) {
    match glyphs {
        Some(glyphs) => out.extend_from_slice(text::sanitize_bytes(bytes, glyphs).as_bytes()),
        None => out.extend_from_slice(bytes),
    }
}

/// JSON stays JSON: what a terminal must not see becomes `\uXXXX` inside its strings.
fn write_json(out: &mut Vec<u8>, json: &str, glyphs: Option<Glyphs>) {
    match glyphs {
        Some(_) => out.extend(json::visible(json).into_bytes()),
        None => out.extend_from_slice(json.as_bytes()),
    }
}

fn write_text(out: &mut Vec<u8>, value: &str, layout: Layout, glyphs: Option<Glyphs>) {
    let cut: String = match layout.max {
        Some(max) => value.chars().take(max).collect(),
        None => value.into(),
    };
    let padding = layout.width.saturating_sub(cut.chars().count());
    if !layout.is_left {
        pad(out, b' ', padding);
    }
    write_bytes(out, cut.as_bytes(), glyphs);
    if layout.is_left {
        pad(out, b' ', padding);
    }
}

/// A number that may be absent: then its field is blank (or zeros, as mosquitto has it).
fn write_number(out: &mut Vec<u8>, value: Option<impl Into<u64>>, layout: Layout) {
    let digits = value.map(|value| value.into().to_string()).unwrap_or_default();
    let padding = layout.width.saturating_sub(digits.len());
    if !layout.is_left {
        pad(out, if layout.has_zeros { b'0' } else { b' ' }, padding);
    }
    out.extend_from_slice(digits.as_bytes());
    if layout.is_left {
        pad(out, b' ', padding);
    }
}

fn pad(out: &mut Vec<u8>, with: u8, count: usize) {
    out.resize(out.len() + count, with);
}

/// A width cuts a payload, too: that is what mosquitto does with it.
fn write_payload(out: &mut Vec<u8>, payload: &[u8], layout: Layout, glyphs: Option<Glyphs>) {
    let kept = match layout.width {
        0 => payload,
        width => payload.get(..width).unwrap_or(payload),
    };
    let padding = layout.width.saturating_sub(kept.len());
    if !layout.is_left {
        pad(out, if layout.has_zeros { b'0' } else { b' ' }, padding);
    }
    write_bytes(out, kept, glyphs);
    if layout.is_left {
        pad(out, b' ', padding);
    }
}

fn write_hex(
    out: &mut Vec<u8>,
    payload: &[u8],
    layout: Layout,
    digits: impl Fn(&mut String, u8) -> std::fmt::Result,
) {
    let kept = match layout.width {
        0 => payload,
        width => payload.get(..width / 2).unwrap_or(payload),
    };
    let mut hex = String::with_capacity(kept.len() * 2);
    for &byte in kept {
        // writing to a String cannot fail
        let _ = digits(&mut hex, byte);
    }
    write_payload(out, hex.as_bytes(), layout, None);
}

fn write_user_properties(out: &mut Vec<u8>, shown: &Shown<'_>, glyphs: Option<Glyphs>) {
    for (index, (key, value)) in shown.properties().user_properties().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        write_bytes(out, key.as_bytes(), glyphs);
        out.push(b':');
        write_bytes(out, value.as_bytes(), glyphs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::{Properties, Property, QoS};

    fn written(format: &str, shown: &Shown<'_>, glyphs: Option<Glyphs>) -> String {
        let mut out = Vec::new();
        Format::compile(format)
            .unwrap()
            .write(&mut out, shown, glyphs)
            .unwrap();
        String::from_utf8_lossy(&out).into_owned()
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
        let result = format.write(&mut Vec::new(), &shown("t", b"nope", Properties::NONE), None);
        assert_eq!(result, Err(NotJson));
    }
}
