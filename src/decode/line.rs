//! A line of a readable view, as tokens.

use std::borrow::Cow;

use crate::text::{Glyphs, clip, expand_tabs, truncate_end};

/// What a token means; a theme gives each its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A member's name, with its quotes.
    Key,
    /// A string, with its quotes and escapes as sent.
    String,
    /// A number, digit for digit as sent.
    Number,
    /// `true`, `false`.
    Bool,
    /// `null`, and CBOR's `undefined`.
    Null,
    /// Brackets, commas, colons (with the blank behind them), tags.
    Punct,
    /// A byte string `h'0aff'` or an extension.
    Bytes,
    /// What is wrong, in our words: not part of the payload.
    Error,
    /// A remark about the payload, in our words: not part of it.
    Note,
    /// Text as sent.
    Text,
    /// The offset in front of a hex line.
    Offset,
    /// Bytes as hexadecimal digits.
    Hex,
    /// The same bytes as characters.
    Ascii,
}

/// A piece of a line. The bytes are the network's: draw them with [`Token::shown`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes, unsanitised and of any length.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> Token<'a> {
    pub(super) fn new(kind: TokenKind, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            bytes: Cow::Borrowed(bytes),
        }
    }

    pub(super) fn own(kind: TokenKind, text: String) -> Self {
        Self {
            kind,
            bytes: Cow::Owned(text.into_bytes()),
        }
    }

    /// The token safe to draw, in at most `cells` columns; reads no more of it than fits.
    pub fn shown(&self, cells: usize, glyphs: Glyphs) -> String {
        if self.kind != TokenKind::Text || !self.bytes.contains(&b'\t') {
            return clip(&self.bytes, cells, glyphs);
        }
        let most = cells.saturating_add(1).saturating_mul(16);
        let seen = self.bytes.get(..most).unwrap_or(&self.bytes);
        truncate_end(&expand_tabs(seen, glyphs), cells, glyphs).into_owned()
    }
}

/// A line: how deep it is nested, and its tokens from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line<'a> {
    /// Levels of indentation; as deep as the network made it, so cap it when drawing.
    pub depth: usize,
    /// What stands on it.
    pub tokens: Vec<Token<'a>>,
}

impl<'a> Line<'a> {
    pub(super) fn of(token: Token<'a>) -> Self {
        Self {
            depth: 0,
            tokens: vec![token],
        }
    }

    /// The whole line without indentation, safe to draw, cut to `cells`.
    pub fn shown(&self, cells: usize, glyphs: Glyphs) -> String {
        let mut out = String::new();
        for token in &self.tokens {
            out.push_str(&token.shown(cells.saturating_add(1), glyphs));
            if out.len() > cells && crate::text::width(&out) > cells {
                break;
            }
        }
        truncate_end(&out, cells, glyphs).into_owned()
    }
}
