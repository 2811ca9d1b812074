//! What a payload is.

use super::{Image, cbor, image, json, msgpack, notation::Notation};

/// The bytes [`glance`] looks at.
const GLANCE: usize = 1024;
/// Larger payloads are not tried as CBOR or `MessagePack` for a single row of the log.
const GLANCE_DECODES: usize = 64 * 1024;

/// What a payload is, as far as its bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No bytes.
    Empty,
    /// A decimal number as text.
    Number,
    /// `true` or `false` as text, in any case.
    Bool,
    /// JSON, or an object or array that breaks off or has a fault.
    Json,
    /// Readable text; a few bytes of it may be no UTF-8.
    Text,
    /// An image.
    Image(Image),
    /// Compressed bytes.
    Packed(Packed),
    /// One CBOR map or array.
    Cbor,
    /// One `MessagePack` map or array.
    MessagePack,
    /// Anything else.
    Binary,
}

/// How compressed bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950).
    Zlib,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Kind {
    /// `json`, `text`, `jpeg`, `cbor` …: the word on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Json => "json",
            Self::Text => "text",
            Self::Image(image) => image.format.name(),
            Self::Packed(Packed::Gzip) => "gzip",
            Self::Packed(Packed::Zlib) => "zlib",
            Self::Packed(Packed::Zstd) => "zstd",
            Self::Cbor => "cbor",
            Self::MessagePack => "msgpack",
            Self::Binary => "binary",
        }
    }
}

/// Decides from the whole payload, in the order of the module's page.
pub fn sniff(payload: &[u8]) -> Kind {
    examine(payload).0
}

/// As [`sniff`], with the fault of JSON that has one.
pub(super) fn examine(payload: &[u8]) -> (Kind, Option<json::Fault>) {
    if payload.is_empty() {
        return (Kind::Empty, None);
    }
    if let Some(kind) = word(payload) {
        return (kind, None);
    }
    if matches!(
        payload.trim_ascii_start().first(),
        Some(b'{' | b'[' | b'"' | b'n')
    ) {
        let fault = json::check(payload).err();
        if fault.is_none_or(|fault| looks_meant(payload, fault)) {
            return (Kind::Json, fault);
        }
    }
    (text_or_binary(payload), None)
}

fn text_or_binary(payload: &[u8]) -> Kind {
    match std::str::from_utf8(payload) {
        Ok(text) if is_printable(text) => Kind::Text,
        Ok(_) => Kind::Binary,
        Err(_) => binary(payload, payload),
    }
}

/// Decides from the start of the payload: quick enough for every visible row. May take broken JSON for whole.
pub fn glance(payload: &[u8]) -> Kind {
    let Some(head) = payload.get(..GLANCE).filter(|head| head.len() < payload.len()) else {
        return sniff(payload);
    };
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        // A character cut by the window is no fault.
        Err(error) if error.error_len().is_none() => head
            .get(..error.valid_up_to())
            .and_then(|text| std::str::from_utf8(text).ok()),
        Err(_) => None,
    };
    match text {
        Some(_) if starts_json(head) => Kind::Json,
        Some(text) if is_printable(text) => Kind::Text,
        Some(_) => Kind::Binary,
        None if payload.len() <= GLANCE_DECODES => binary(payload, head),
        None => magic(head).unwrap_or_else(|| rest(head)),
    }
}

/// The number a payload is as text: `21.4`, ` 7\n`.
pub fn number(payload: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(payload)
        .ok()?
        .trim_matches([' ', '\t', '\r', '\n']);
    let begins = text
        .trim_start_matches(['-', '+'])
        .starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (begins && text.len() <= 400).then(|| text.parse().ok())?
}

/// Whether the start of a longer payload reads as JSON; a lexeme cut at its end is no fault.
fn starts_json(head: &[u8]) -> bool {
    let is_open = matches!(head.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
    let reads = |fault: json::Fault| fault.offset == head.len() || looks_meant(head, fault);
    is_open && json::check(head).map_or_else(reads, |()| true)
}

fn word(payload: &[u8]) -> Option<Kind> {
    if number(payload).is_some() {
        return Some(Kind::Number);
    }
    let text = payload.trim_ascii();
    let is_bool = text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false");
    is_bool.then_some(Kind::Bool)
}

/// Whether a faulty document was meant as JSON: it went well for a while, or begins as an object must.
fn looks_meant(payload: &[u8], fault: json::Fault) -> bool {
    let start = payload.trim_ascii_start();
    let begins_object = start
        .strip_prefix(b"{")
        .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""));
    begins_object || (start.starts_with(b"[") && fault.lexemes >= 3 && !fault.is_trailing)
}

/// At most a quarter of control characters, not counting one NUL at the end (a C string) and escape sequences.
fn is_printable(text: &str) -> bool {
    let text = text.strip_suffix('\0').unwrap_or(text);
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x1b');
    let odd = text.chars().filter(is_odd).count();
    odd == 0 || odd * 4 <= text.chars().count()
}

fn binary(payload: &[u8], head: &[u8]) -> Kind {
    magic(payload)
        .or_else(|| tree(payload))
        .unwrap_or_else(|| rest(head))
}

fn magic(bytes: &[u8]) -> Option<Kind> {
    if let Some(image) = image::recognise(bytes) {
        return Some(Kind::Image(image));
    }
    match bytes {
        [0x1f, 0x8b, 8, ..] => Some(Kind::Packed(Packed::Gzip)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Kind::Packed(Packed::Zstd)),
        [0x78, level @ (0x01 | 0x5e | 0x9c | 0xda), _, _, ..] if (0x7800 + u16::from(*level)) % 31 == 0 => {
            Some(Kind::Packed(Packed::Zlib))
        }
        _ => None,
    }
}

fn tree(payload: &[u8]) -> Option<Kind> {
    if payload.len() < 4 {
        return None;
    }
    let is =
        |decode: fn(&[u8], &mut Notation) -> Option<()>| decode(payload, &mut Notation::new(0)).is_some();
    let is_msgpack = || msgpack::has_root(payload) && is(msgpack::decode);
    // Where both read the whole input, a map with a string as key is MessagePack, a CBOR array otherwise.
    if msgpack::has_named_root(payload) && is_msgpack() {
        return Some(Kind::MessagePack);
    }
    if cbor::has_root(payload) && is(cbor::decode) {
        return Some(Kind::Cbor);
    }
    is_msgpack().then_some(Kind::MessagePack)
}

/// Latin-1, a cut UTF-8 character or a stray byte in text: shown as text as long as four in five bytes are.
fn rest(head: &[u8]) -> Kind {
    let odd: usize = head.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    let controls = head
        .iter()
        .filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127))
        .count();
    if (odd + controls) * 5 <= head.len() {
        Kind::Text
    } else {
        Kind::Binary
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::ImageFormat;

    #[test]
    fn kinds_are_told_apart() {
        for (payload, label) in [
            (&b""[..], "empty"),
            (b"21.4", "number"),
            (b"-1e5\n", "number"),
            (b"5000", "number"),
            (b"12:30", "text"),
            (b"NaN", "text"),
            (b"TRUE", "bool"),
            (b"null", "json"),
            (b"\"ON\"", "json"),
            (b"ON", "text"),
            (b"{\"t\":21.4}", "json"),
            (b" [1,2]\n", "json"),
            (b"{\"t\":21.4,", "json"),
            (b"{\"tempera", "json"),
            (b"[1,2", "json"),
            (b"{}", "json"),
            (b"{\"name\":\"K\xfcche\"}", "json"),
            (b"[INFO] started", "text"),
            (b"[1] started", "text"),
            (b"[12:30] started", "text"),
            (b"{{ template }}", "text"),
            (b"notice", "text"),
            ("Küche 21°C".as_bytes(), "text"),
            (b"K\xfcche 21\xb0C und mehr", "text"),
            (b"hi\0", "text"),
            (b"\x1b[31mred\x1b[0m", "text"),
            (b"\0\0\x01\x02", "binary"),
            (b"\xde\xad\xbe\xef", "binary"),
            (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
            (b"\x78\x9c\xcb\x48\xcd\xc9\xc9\x07", "zlib"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"\xa1\x61t\x01", "cbor"),
            (b"\x82\x61a\x61b", "cbor"),
            (b"\x83\x01\x02\x03", "cbor"),
            (b"\x81\xa1t\x01", "msgpack"),
            (b"\x93\xa1a\xa1b\x01", "msgpack"),
            (b"\x81\x01\x02", "binary"),
        ] {
            assert_eq!(
                sniff(payload).label(),
                label,
                "{:?}",
                String::from_utf8_lossy(payload)
            );
        }
        let png = sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03");
        assert_eq!(
            png,
            Kind::Image(Image {
                format: ImageFormat::Png,
                pixels: Some((2, 3))
            })
        );
    }

    #[test]
    fn a_glance_agrees_with_the_whole_on_large_payloads() {
        let long = |unit: &str, n: usize| unit.repeat(n);
        let json = format!("[{}1]", long("{\"t\":21.4},", 500));
        let mut cbor = Vec::new();
        ciborium::into_writer(&vec!["value"; 1000], &mut cbor).unwrap();
        for payload in [
            json.as_bytes(),
            long("Küche ", 500).as_bytes(),
            long("温", 1000).as_bytes(),
            &cbor,
            &[0xde, 0xad, 0xbe, 0xef].repeat(1000),
            long("K\u{1}\u{2}\u{3}", 1000).as_bytes(),
        ] {
            assert_eq!(glance(payload), sniff(payload));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn readable_text_is_never_a_binary_format(text in "[ -~]{1,40}", number in any::<f64>()) {
            for payload in [text, number.to_string()] {
                prop_assert!(matches!(sniff(payload.as_bytes()), Kind::Number | Kind::Bool | Kind::Json | Kind::Text));
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_kind(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
            let _ = (sniff(&bytes).label(), glance(&bytes).label());
        }
    }
}
