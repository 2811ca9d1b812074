//! A payload in a few cells: the log's and the tree's columns.

use std::fmt::Write;

use super::{
    Kind, cbor, glance,
    json::{compact, members},
    msgpack,
    notation::Notation,
};
use crate::text::{Glyphs, clip, truncate_end};

/// Bytes beyond what the cells take that may be blanks between lexemes.
const SLACK: usize = 2048;
/// Members are counted in no more than this.
const COUNTED: usize = 16 * 1024;

/// Appends at most `cells` columns of the payload on one line, safe to draw, and tells its kind.
///
/// Reads the start of the payload only (CBOR and `MessagePack` up to 64 KiB excepted). An empty payload
/// appends nothing.
pub fn preview(payload: &[u8], cells: usize, glyphs: Glyphs, out: &mut String) -> Kind {
    let kind = glance(payload);
    append(kind, payload, cells, glyphs, out);
    kind
}

/// As [`preview`], but an object or array is `{…3}` or `[…3]`: its number of members.
pub fn summary(payload: &[u8], cells: usize, glyphs: Glyphs, out: &mut String) -> Kind {
    let kind = glance(payload);
    let start = match kind {
        Kind::Json => payload.get(..COUNTED).unwrap_or(payload),
        Kind::Cbor | Kind::MessagePack => {
            let tree = tree(kind, payload, COUNTED);
            push_summary(tree.as_bytes(), cells, glyphs, out);
            return kind;
        }
        _ => {
            append(kind, payload, cells, glyphs, out);
            return kind;
        }
    };
    push_summary(start, cells, glyphs, out);
    kind
}

fn push_summary(document: &[u8], cells: usize, glyphs: Glyphs, out: &mut String) {
    let (open, close) = match document.trim_ascii_start().first() {
        Some(b'{') => ('{', '}'),
        Some(b'[') => ('[', ']'),
        _ => return compact(document, true, cells, glyphs, out),
    };
    let dots = if glyphs == Glyphs::Ascii { ".." } else { "…" };
    let text = match members(document) {
        Some(0) => format!("{open}{close}"),
        Some(count) => format!("{open}{dots}{count}{close}"),
        None => format!("{open}{dots}{close}"),
    };
    out.push_str(&truncate_end(&text, cells, glyphs));
}

fn append(kind: Kind, payload: &[u8], cells: usize, glyphs: Glyphs, out: &mut String) {
    let window = cells.saturating_mul(16).saturating_add(SLACK);
    let start = payload.get(..window).unwrap_or(payload);
    match kind {
        Kind::Empty => {}
        Kind::Json => compact(start, start.len() == payload.len(), cells, glyphs, out),
        // A newline at the end is shown too: `ON` and `ON⏎` are different payloads.
        Kind::Number | Kind::Bool | Kind::Text => out.push_str(&clip(start, cells, glyphs)),
        Kind::Cbor | Kind::MessagePack => {
            let tree = tree(kind, payload, window);
            compact(tree.as_bytes(), true, cells, glyphs, out);
        }
        Kind::Image(_) | Kind::Packed(_) => {
            out.push_str(&truncate_end(&label(kind, glyphs), cells, glyphs));
        }
        Kind::Binary => push_hex(payload, cells, glyphs, out),
    }
}

fn tree(kind: Kind, payload: &[u8], limit: usize) -> String {
    let mut out = Notation::new(limit);
    // The kind says that it reads well; only the text is wanted here.
    let _ = match kind {
        Kind::Cbor => cbor::decode(payload, &mut out),
        _ => msgpack::decode(payload, &mut out),
    };
    out.text
}

/// `▣ jpeg 640×480`, `gzip`.
pub(super) fn label(kind: Kind, glyphs: Glyphs) -> String {
    let (frame, times) = if glyphs == Glyphs::Ascii {
        ("", 'x')
    } else {
        ("▣ ", '×')
    };
    match kind {
        Kind::Image(image) => match image.pixels {
            Some((width, height)) => format!("{frame}{} {width}{times}{height}", kind.label()),
            None => format!("{frame}{}", kind.label()),
        },
        _ => format!("{frame}{}", kind.label()),
    }
}

/// `de ad be ef …`.
fn push_hex(payload: &[u8], cells: usize, glyphs: Glyphs, out: &mut String) {
    let mut text = String::new();
    for byte in payload.iter().take(cells / 3 + 2) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x} ");
    }
    out.push_str(&truncate_end(text.trim_end(), cells, glyphs));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::width;

    fn shown(payload: &[u8], cells: usize) -> (String, String) {
        let (mut long, mut short) = (String::new(), String::new());
        preview(payload, cells, Glyphs::Unicode, &mut long);
        summary(payload, cells, Glyphs::Unicode, &mut short);
        (long, short)
    }

    #[test]
    fn payloads_fit_a_column() {
        for (payload, long, short) in [
            (
                &b"{\"t\": 21.2, \"h\": 48, \"p\": [1, 2]}"[..],
                "{\"t\":21.2,\"h\":48,…}",
                "{…3}",
            ),
            (b"[]", "[]", "[]"),
            (b"[1,2", "[1,2", "[…]"),
            (b"\"ON\"", "\"ON\"", "\"ON\""),
            (b"21.4\n", "21.4⏎", "21.4⏎"),
            (b"a\nb", "a⏎b", "a⏎b"),
            (
                b"\xa2\x61a\x01\x61b\x42\x00\x01",
                "{\"a\":1,\"b\":h'0001'}",
                "{…2}",
            ),
            (b"\xff\xd8\xff\xe0", "▣ jpeg", "▣ jpeg"),
            (
                b"\xde\xad\xbe\xef\xde\xad\xbe\xef",
                "de ad be ef de ad …",
                "de ad be ef de ad …",
            ),
            (b"", "", ""),
        ] {
            assert_eq!(shown(payload, 19), (long.to_owned(), short.to_owned()));
        }
    }

    #[test]
    fn a_large_document_is_cut_not_read() {
        let json = format!("{{\"a\":\"{}\"}}", "x".repeat(16 << 20));
        assert_eq!(
            shown(json.as_bytes(), 10),
            ("{\"a\":\"xx…}".to_owned(), "{…}".to_owned())
        );
        let blank = format!("{{{}\"a\":1}}", " ".repeat(10_000));
        assert_eq!(shown(blank.as_bytes(), 10).0, "{…}");
    }

    proptest! {
        #[test]
        fn previews_never_panic_nor_outgrow_their_cells(bytes in prop::collection::vec(any::<u8>(), 0..300), cells in 0_usize..60) {
            let (long, short) = shown(&bytes, cells);
            prop_assert!(width(&long) <= cells && width(&short) <= cells, "{} {}", long, short);
        }

        #[test]
        fn the_same_for_json(text in "[\\[{]( {0,3}[\\[\\]{},:\"a1é\\\\]){0,60}", cells in 0_usize..60) {
            let (long, short) = shown(text.as_bytes(), cells);
            prop_assert!(width(&long) <= cells && width(&short) <= cells, "{} {}", long, short);
        }
    }
}
