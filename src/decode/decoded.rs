//! A payload decoded for reading: an index once, lines on demand.

use std::ops::Range;

use super::{
    Kind, Line, Token, TokenKind, cbor, hex,
    json::{Fault, Layout},
    kind::examine,
    msgpack,
    notation::Notation,
    preview::label,
    sniff,
    text_lines::TextLines,
};
use crate::text::{Glyphs, size_long};

/// Bytes of text a binary decoder may write.
const OUTPUT_LIMIT: usize = 1 << 20;

/// A readable view of one payload. It keeps an index, not the payload: hand the same bytes in again for lines.
#[derive(Debug)]
pub struct Decoded {
    kind: Kind,
    remarks: Vec<(TokenKind, String)>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Lines of JSON, then (behind the remarks) the rest that is none.
    Json {
        layout: Layout,
        rest: TextLines,
    },
    /// Text that a decoder wrote.
    Notation {
        text: String,
        layout: Layout,
    },
    Text(TextLines),
    Hex,
}

impl Decoded {
    /// The view that fits the payload best ([`sniff`]).
    pub fn new(payload: &[u8]) -> Self {
        let (kind, fault) = examine(payload);
        match kind {
            Kind::Json => Self::json(payload, fault),
            Kind::Cbor => Self::tree(kind, payload, cbor::decode),
            Kind::MessagePack => Self::tree(kind, payload, msgpack::decode),
            Kind::Empty | Kind::Number | Kind::Bool | Kind::Text => Self::text(kind, payload),
            Kind::Image(_) | Kind::Packed(_) | Kind::Binary => Self::bytes(kind, payload),
        }
    }

    /// The bytes as text, whatever they are.
    pub fn as_text(payload: &[u8]) -> Self {
        Self::text(sniff(payload), payload)
    }

    /// The bytes as a hex dump, whatever they are.
    pub fn as_hex(payload: &[u8]) -> Self {
        Self {
            kind: sniff(payload),
            remarks: Vec::new(),
            body: Body::Hex,
        }
    }

    /// What the payload is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is wrong with the payload, in words and with its place: a fault in JSON, bytes that are no UTF-8.
    pub fn fault(&self) -> Option<&str> {
        let is_fault = |remark: &&(TokenKind, String)| remark.0 == TokenKind::Error;
        self.remarks.iter().find(is_fault).map(|(_, text)| text.as_str())
    }

    /// How many lines there are; the remarks among them.
    pub fn line_count(&self, payload: &[u8]) -> usize {
        let (before, after) = self.body_lines(payload);
        before + self.remarks.len() + after
    }

    /// The lines of `range` that exist. `payload` must be what the view was made from.
    pub fn lines<'a>(&'a self, payload: &'a [u8], range: Range<usize>) -> Vec<Line<'a>> {
        let (before, after) = self.body_lines(payload);
        let remarks_end = before + self.remarks.len();
        let part = |start: usize, len: usize| {
            let clamp = |at: usize| at.clamp(start, start + len) - start;
            clamp(range.start)..clamp(range.end)
        };
        let mut lines = self.body_before(payload, part(0, before));
        let remarks = self
            .remarks
            .get(part(before, self.remarks.len()))
            .unwrap_or_default();
        lines.extend(
            remarks
                .iter()
                .map(|(kind, text)| Line::of(Token::new(*kind, text.as_bytes()))),
        );
        lines.extend(self.body_after(payload, part(remarks_end, after)));
        lines
    }

    /// Lines before and behind the remarks.
    fn body_lines(&self, payload: &[u8]) -> (usize, usize) {
        match &self.body {
            Body::Json { layout, rest } => (layout.line_count(), rest.line_count()),
            Body::Notation { layout, .. } => (layout.line_count(), 0),
            Body::Text(lines) => (0, lines.line_count()),
            Body::Hex => (0, hex::line_count(payload)),
        }
    }

    fn body_before<'a>(&'a self, payload: &'a [u8], range: Range<usize>) -> Vec<Line<'a>> {
        match &self.body {
            _ if range.is_empty() => Vec::new(),
            Body::Json { layout, .. } => layout.lines(payload, range),
            Body::Notation { text, layout } => layout.lines(text.as_bytes(), range),
            Body::Text(_) | Body::Hex => Vec::new(),
        }
    }

    fn body_after<'a>(&'a self, payload: &'a [u8], range: Range<usize>) -> Vec<Line<'a>> {
        match &self.body {
            _ if range.is_empty() => Vec::new(),
            Body::Json { rest, .. } => rest.lines(payload, range),
            Body::Text(lines) => lines.lines(payload, range),
            Body::Hex => hex::lines(payload, range),
            Body::Notation { .. } => Vec::new(),
        }
    }

    fn json(payload: &[u8], fault: Option<Fault>) -> Self {
        let mut remarks = utf8_remark(payload);
        if let Some(fault) = fault {
            remarks.insert(0, (TokenKind::Error, fault_text(payload, fault)));
        }
        let good = fault.map_or(payload.len(), |fault| fault.good);
        Self {
            kind: Kind::Json,
            remarks,
            body: Body::Json {
                layout: Layout::new(payload, good),
                rest: TextLines::new(payload, good),
            },
        }
    }

    fn tree(kind: Kind, payload: &[u8], decode: fn(&[u8], &mut Notation) -> Option<()>) -> Self {
        let mut out = Notation::new(OUTPUT_LIMIT);
        // `sniff` found it well-formed; the text is what counts here.
        let _ = decode(payload, &mut out);
        let cut = format!(
            "cut here: a decoded view has at most {}",
            size_long(OUTPUT_LIMIT as u64)
        );
        Self {
            kind,
            remarks: if out.is_cut {
                vec![(TokenKind::Note, cut)]
            } else {
                Vec::new()
            },
            body: Body::Notation {
                layout: Layout::new(out.text.as_bytes(), out.text.len()),
                text: out.text,
            },
        }
    }

    fn text(kind: Kind, payload: &[u8]) -> Self {
        Self {
            kind,
            remarks: utf8_remark(payload),
            body: Body::Text(TextLines::new(payload, 0)),
        }
    }

    fn bytes(kind: Kind, payload: &[u8]) -> Self {
        let what = match kind {
            // Remarks are drawn as they are, also with `--ascii`.
            Kind::Image(_) => label(kind, Glyphs::Ascii),
            Kind::Packed(_) => format!("compressed with {}", kind.label()),
            _ => "binary".to_owned(),
        };
        Self {
            kind,
            remarks: vec![(
                TokenKind::Note,
                format!("{what}, {}", size_long(payload.len() as u64)),
            )],
            body: Body::Hex,
        }
    }
}

fn utf8_remark(payload: &[u8]) -> Vec<(TokenKind, String)> {
    match std::str::from_utf8(payload) {
        Ok(_) => Vec::new(),
        Err(error) => vec![(
            TokenKind::Error,
            format!("byte {}: not valid UTF-8", error.valid_up_to()),
        )],
    }
}

/// `line 3, column 14 (byte 52): expected ","`.
fn fault_text(payload: &[u8], fault: Fault) -> String {
    let before = payload.get(..fault.offset).unwrap_or(payload);
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default())
        .chars()
        .count()
        + 1;
    format!(
        "line {line}, column {column} (byte {}): {}",
        fault.offset, fault.what
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::json::check, *};

    fn shown(payload: &[u8]) -> Vec<String> {
        let view = Decoded::new(payload);
        let lines = view.lines(payload, 0..usize::MAX);
        assert_eq!(lines.len(), view.line_count(payload));
        let text =
            |line: &Line<'_>| format!("{}{}", "  ".repeat(line.depth), line.shown(200, Glyphs::Unicode));
        lines.iter().map(text).collect()
    }

    #[test]
    fn broken_json_is_shown_up_to_its_fault_and_the_rest_as_sent() {
        assert_eq!(
            shown(b"{\"a\": 1,\n \"b\": tru,\n \"c\": 3}"),
            [
                "{",
                "  \"a\": 1,",
                "  \"b\": ",
                "line 2, column 7 (byte 15): not a JSON value",
                "tru,",
                " \"c\": 3}",
            ]
        );
        assert_eq!(
            shown(b"{\"a\":[1"),
            [
                "{",
                "  \"a\": [",
                "    1",
                "line 1, column 8 (byte 7): the document ends here, unfinished"
            ]
        );
    }

    #[test]
    fn other_kinds_are_shown_as_what_they_are() {
        assert_eq!(shown(b""), [""; 0]);
        assert_eq!(shown(b"a\tb\r\nc\n"), ["a   b␍", "c"]);
        assert_eq!(
            shown(b"K\xfcche ist warm"),
            ["byte 1: not valid UTF-8", "K\\xfcche ist warm"]
        );
        assert_eq!(shown(b"\xa1\x61t\x42\x00\x01"), ["{", "  \"t\": h'0001'", "}"]);
        assert_eq!(
            shown(b"\xff\xd8\xff"),
            [
                "jpeg, 3 B",
                "00000000  ff d8 ff                                          ..."
            ]
        );
        assert_eq!(shown(b"{\"n\":\"K\xfc\"}")[3], "byte 7: not valid UTF-8");
    }

    #[test]
    fn a_window_deep_in_a_large_document_comes_from_the_index() {
        let json = format!("[{}]", vec!["{\"t\":1}"; 100_000].join(","));
        let view = Decoded::new(json.as_bytes());
        assert_eq!(view.line_count(json.as_bytes()), 300_002);
        let lines = view.lines(json.as_bytes(), 150_000..150_003);
        let text: Vec<String> = lines.iter().map(|line| line.shown(80, Glyphs::Unicode)).collect();
        assert_eq!(text, ["},", "{", "\"t\": 1"]);
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(200_000);
        let view = Decoded::new(deep.as_bytes());
        let last = view.lines(deep.as_bytes(), 199_999..200_000);
        assert_eq!(last[0].depth, 199_999);
        let cbor = [vec![0x81; 200_000], vec![0]].concat();
        assert_eq!(Decoded::new(&cbor).kind(), Kind::Binary);
    }

    /// The bytes without blanks outside strings, and without our own remarks.
    fn stripped(bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut in_string, mut escaped) = (Vec::new(), false, false);
        for byte in bytes.iter().copied() {
            if in_string || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                out.push(byte);
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        out
    }

    fn json_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("1.0".to_owned()),
            Just("1e5".to_owned()),
            Just("123456789012345678901234567890".to_owned()),
            Just("true".to_owned()),
            "\"[ a-zé{},:]{0,6}(\\\\[\"nu])?\"".prop_map(|text| text.replace("\\u", "\\u00e9")),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let members = prop::collection::vec(("[ \n]{0,2}", "[ab]", inner.clone()), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(" ,\n"))),
                members.prop_map(|members| {
                    let text: Vec<String> = members
                        .iter()
                        .map(|(blank, name, value)| format!("{blank}\"{name}\" :{value}"))
                        .collect();
                    format!("{{{}}}", text.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_lines_hold_exactly_what_was_sent(text in json_text(), cut in any::<prop::sample::Index>()) {
            let mut at = cut.index(text.len() + 1);
            while !text.is_char_boundary(at) { at -= 1; }
            for payload in [text.as_str(), &text[..at]] {
                let view = Decoded::json(payload.as_bytes(), check(payload.as_bytes()).err());
                let lines = view.lines(payload.as_bytes(), 0..usize::MAX);
                let is_ours = |token: &&Token<'_>| token.kind != TokenKind::Error;
                let joined: Vec<u8> = lines.iter().flat_map(|line| &line.tokens).filter(is_ours)
                    .flat_map(|token| token.bytes.to_vec()).collect();
                prop_assert_eq!(stripped(&joined), stripped(payload.as_bytes()));
            }
        }

        #[test]
        fn any_bytes_have_lines(bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0_usize..30, len in 0_usize..30) {
            for view in [Decoded::new(&bytes), Decoded::as_text(&bytes), Decoded::as_hex(&bytes), Decoded::json(&bytes, check(&bytes).err())] {
                let all = view.lines(&bytes, 0..usize::MAX);
                prop_assert_eq!(all.len(), view.line_count(&bytes));
                let window = view.lines(&bytes, start..start + len);
                let end = (start + len).min(all.len());
                prop_assert_eq!(&window[..], all.get(start..end).unwrap_or_default());
            }
        }
    }
}
