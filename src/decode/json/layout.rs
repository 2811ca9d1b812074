//! Where the lines of the pretty form begin, and the lines themselves when asked for.
//!
//! A line follows from its first lexeme and its depth alone, so the index keeps one entry for every
//! [`STRIDE`] lines and walks from there.

use std::ops::Range;

use super::lex::{Lexeme, Lexer};
use crate::decode::{Line, Token, TokenKind};

/// Lines between two entries of the index: 16 MiB of `[1,1,…` cost 4 MiB.
const STRIDE: usize = 32;

#[derive(Debug, Clone, Copy)]
struct Mark {
    at: usize,
    depth: usize,
}

/// The index of one document. It keeps no bytes: hand the same ones in again.
#[derive(Debug)]
pub(in crate::decode) struct Layout {
    marks: Vec<Mark>,
    lines: usize,
    end: usize,
}

impl Layout {
    /// Indexes `bytes[..end]`, which read well as JSON or as our notation.
    pub fn new(bytes: &[u8], end: usize) -> Self {
        let mut walk = Walk::new(bytes.get(..end).unwrap_or(bytes), Mark { at: 0, depth: 0 });
        let (mut marks, mut lines) = (Vec::new(), 0);
        while walk.lexer.peek().is_some() {
            if lines % STRIDE == 0 {
                marks.push(walk.mark());
            }
            walk.line(&mut |_, _| {});
            lines += 1;
        }
        Self { marks, lines, end }
    }

    pub fn line_count(&self) -> usize {
        self.lines
    }

    /// The lines of `range` that exist.
    pub fn lines<'a>(&self, bytes: &'a [u8], range: Range<usize>) -> Vec<Line<'a>> {
        let bytes = bytes.get(..self.end).unwrap_or(bytes);
        let range = range.start..range.end.min(self.lines);
        let Some(mark) = self.marks.get(range.start / STRIDE) else {
            return Vec::new();
        };
        let mut walk = Walk::new(bytes, *mark);
        for _ in 0..range.start % STRIDE {
            walk.line(&mut |_, _| {});
        }
        range.map(|_| walk.tokens()).collect()
    }
}

/// Goes through a document line by line.
struct Walk<'a> {
    lexer: Lexer<'a>,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], from: Mark) -> Self {
        Self {
            lexer: Lexer::new(bytes, from.at),
            depth: from.depth,
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            at: self.lexer.at(),
            depth: self.depth,
        }
    }

    fn tokens(&mut self) -> Line<'a> {
        let bytes = self.lexer.clone();
        let mut tokens = Vec::new();
        let depth = self.line(&mut |kind, span| {
            let text = match kind {
                TokenKind::Punct if bytes.slice(span.clone()) == b":" => &b": "[..],
                _ => bytes.slice(span),
            };
            tokens.push(Token::new(kind, text));
        });
        Line { depth, tokens }
    }

    /// Walks over one line, telling each token; returns the line's depth.
    fn line(&mut self, token: &mut dyn FnMut(TokenKind, Range<usize>)) -> usize {
        if let Some((Lexeme::Close, _)) = self.lexer.peek() {
            self.depth = self.depth.saturating_sub(1);
        }
        let depth = self.depth;
        while let Some((lexeme, span)) = self.lexer.next() {
            let next = self.lexer.peek();
            let kind = kind_of(lexeme, self.lexer.slice(span.clone()), next);
            token(kind, span);
            let is_last = match (lexeme, next) {
                (_, None) | (Lexeme::Comma, _) => true,
                (Lexeme::Open, Some((Lexeme::Close, _))) => {
                    // An empty container stays on its line.
                    if let Some((_, span)) = self.lexer.next() {
                        token(TokenKind::Punct, span);
                    }
                    !self.goes_on()
                }
                (Lexeme::Open, _) => {
                    self.depth += 1;
                    true
                }
                (Lexeme::Colon, _) => false,
                (Lexeme::Bare, _) if kind == TokenKind::Punct => !self.goes_on() && !self.value_follows(),
                _ => !self.goes_on(),
            };
            if is_last {
                break;
            }
        }
        depth
    }

    /// Whether what follows belongs behind a value on its line: `,` `:` or the `)` of a tag.
    fn goes_on(&self) -> bool {
        matches!(
            self.lexer.peek(),
            Some((Lexeme::Comma | Lexeme::Colon, _) | (Lexeme::Bare, b')'))
        )
    }

    fn value_follows(&self) -> bool {
        matches!(
            self.lexer.peek(),
            Some((Lexeme::Open | Lexeme::String | Lexeme::Bare, _))
        )
    }
}

fn kind_of(lexeme: Lexeme, text: &[u8], next: Option<(Lexeme, u8)>) -> TokenKind {
    match (lexeme, text) {
        (Lexeme::String, _) if matches!(next, Some((Lexeme::Colon, _))) => TokenKind::Key,
        (Lexeme::String, _) => TokenKind::String,
        (Lexeme::Bare, b"true" | b"false") => TokenKind::Bool,
        (Lexeme::Bare, b"null" | b"undefined") => TokenKind::Null,
        (Lexeme::Bare, [b')', ..] | [.., b'(']) => TokenKind::Punct,
        (Lexeme::Bare, [b'h', b'\'', ..] | [b'e', b'x', b't', ..]) => TokenKind::Bytes,
        (Lexeme::Bare, _) => TokenKind::Number,
        _ => TokenKind::Punct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(text: &str) -> String {
        let layout = Layout::new(text.as_bytes(), text.len());
        let lines = layout.lines(text.as_bytes(), 0..usize::MAX);
        assert_eq!(lines.len(), layout.line_count());
        let mut out = String::new();
        for line in lines {
            out.push_str(&"  ".repeat(line.depth));
            for token in line.tokens {
                out.push_str(std::str::from_utf8(&token.bytes).unwrap());
            }
            out.push('\n');
        }
        out
    }

    #[test]
    fn members_stand_on_lines_of_their_own_in_the_order_sent() {
        assert_eq!(
            pretty(r#"{"b":1.0,"a":[1e5,{"x":{}, "b":null}],"b":[ ],"s":"a\"b" }"#),
            r#"{
  "b": 1.0,
  "a": [
    1e5,
    {
      "x": {},
      "b": null
    }
  ],
  "b": [],
  "s": "a\"b"
}
"#
        );
    }

    #[test]
    fn documents_follow_each_other() {
        assert_eq!(pretty("{}\n[1]\n2"), "{}\n[\n  1\n]\n2\n");
    }

    #[test]
    fn tags_of_the_notation_hug_their_value() {
        assert_eq!(
            pretty("{1:24(h'00'),\"t\":0(\"x\"),\"a\":1([1,2]),\"e\":2([])}"),
            "{\n  1: 24(h'00'),\n  \"t\": 0(\"x\"),\n  \"a\": 1([\n    1,\n    2\n  ]),\n  \"e\": 2([])\n}\n"
        );
    }

    #[test]
    fn any_window_equals_its_part_of_the_whole() {
        let text = format!("[{}]", vec![r#"{"k":[1,2]}"#; 40].join(","));
        let layout = Layout::new(text.as_bytes(), text.len());
        let all = layout.lines(text.as_bytes(), 0..usize::MAX);
        for start in 0..layout.line_count() {
            let window = layout.lines(text.as_bytes(), start..start + 5);
            assert_eq!(window, all[start..(start + 5).min(all.len())]);
        }
        assert!(layout.lines(text.as_bytes(), 10_000..10_005).is_empty());
    }
}
