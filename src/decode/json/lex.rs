//! Bytes → lexemes, never failing: a string without an end reaches to the end of the input.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    Comma,
    Colon,
    String,
    /// Anything else up to a blank or one of the above: numbers, `true`, `h'00'`, `24(`, rubbish.
    Bare,
}

#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next lexeme is looked for.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn slice(&self, span: Range<usize>) -> &'a [u8] {
        self.bytes.get(span).unwrap_or_default()
    }

    /// What comes next, without taking it.
    pub fn peek(&self) -> Option<(Lexeme, u8)> {
        let start = self.at + blanks(self.bytes.get(self.at..)?);
        let byte = *self.bytes.get(start)?;
        Some((starts(byte), byte))
    }

    fn end_of_string(&self, start: usize) -> usize {
        let mut at = start + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            match rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
                None => return self.bytes.len(),
                Some(skip) if rest.get(skip) == Some(&b'"') => return at + skip + 1,
                Some(skip) => at = (at + skip + 2).min(self.bytes.len()),
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = (Lexeme, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at + blanks(self.bytes.get(self.at..)?);
        let Some(byte) = self.bytes.get(start) else {
            self.at = self.bytes.len();
            return None;
        };
        let lexeme = starts(*byte);
        let end = match lexeme {
            Lexeme::String => self.end_of_string(start),
            Lexeme::Bare => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                start
                    + rest
                        .iter()
                        .position(|byte| ends_bare(*byte))
                        .unwrap_or(rest.len())
            }
            _ => start + 1,
        };
        self.at = end;
        Some((lexeme, start..end))
    }
}

fn blanks(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !is_blank(*byte))
        .unwrap_or(bytes.len())
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn starts(byte: u8) -> Lexeme {
    match byte {
        b'{' | b'[' => Lexeme::Open,
        b'}' | b']' => Lexeme::Close,
        b',' => Lexeme::Comma,
        b':' => Lexeme::Colon,
        b'"' => Lexeme::String,
        _ => Lexeme::Bare,
    }
}

fn ends_bare(byte: u8) -> bool {
    is_blank(byte) || starts(byte) != Lexeme::Bare
}
