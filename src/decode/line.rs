//! A line of a readable view, as tokens.

use std::borrow::Cow;

use crate::text::{Glyphs, clip, expand_tabs, skip_cells, truncate_end, width};

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

    /// The columns from `skip` on, at most `cells` of them, safe to draw, piece by piece for styling.
    ///
    /// Indentation is not in it. Where the line goes on to the right the last cell is `…`.
    pub fn pieces(&self, skip: usize, cells: usize, glyphs: Glyphs) -> Vec<(TokenKind, String)> {
        let end = skip.saturating_add(cells);
        let (mut pieces, mut column): (Vec<(TokenKind, String)>, usize) = (Vec::new(), 0);
        for token in &self.tokens {
            if column >= end {
                if let Some((_, last)) = pieces.last_mut() {
                    mark_cut(last, glyphs);
                }
                break;
            }
            let shown = token.shown((end - column).saturating_add(1), glyphs);
            let token_end = column + width(&shown);
            if token_end > skip {
                let visible = skip_cells(&shown, skip.saturating_sub(column));
                let room = end - column.max(skip);
                pieces.push((token.kind, truncate_end(&visible, room, glyphs).into_owned()));
            }
            column = token_end;
        }
        pieces
    }

    /// The whole line without indentation, safe to draw, cut to `cells`.
    pub fn shown(&self, cells: usize, glyphs: Glyphs) -> String {
        self.pieces(0, cells, glyphs)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
    }
}

fn mark_cut(last: &mut String, glyphs: Glyphs) {
    let cells = width(last);
    last.push(' ');
    *last = truncate_end(last, cells, glyphs).into_owned();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        let text = |kind, text: &'static str| Token::new(kind, text.as_bytes());
        Line {
            depth: 1,
            tokens: vec![
                text(TokenKind::Key, "\"t\""),
                text(TokenKind::Punct, ": "),
                text(TokenKind::String, "\"温\x1b\""),
                text(TokenKind::Punct, ","),
            ],
        }
    }

    #[test]
    fn a_window_of_a_line_keeps_its_pieces() {
        for (skip, cells, expected) in [
            (0, 20, "\"t\"|: |\"温␛\"|,"),
            (0, 11, "\"t\"|: |\"温␛\"|,"),
            (0, 10, "\"t\"|: |\"温␛…"),
            (0, 5, "\"t\"|:…"),
            (0, 4, "\"t\"|…"),
            (4, 20, " |\"温␛\"|,"),
            (7, 20, " ␛\"|,"),
            (7, 3, " ␛…"),
            (30, 20, ""),
            (0, 0, ""),
        ] {
            let pieces: Vec<String> = line()
                .pieces(skip, cells, Glyphs::Unicode)
                .into_iter()
                .map(|piece| piece.1)
                .collect();
            assert_eq!(pieces.join("|"), expected, "{skip} {cells}");
        }
    }
}
