//! Where the lines of a text begin.

use std::ops::Range;

use super::{Line, Token, TokenKind};

const STRIDE: usize = 64;

/// The index of a text's lines; keeps no bytes.
#[derive(Debug)]
pub(super) struct TextLines {
    from: usize,
    marks: Vec<usize>,
    lines: usize,
}

impl TextLines {
    /// Indexes `bytes[from..]`. A newline at the very end starts no further line.
    pub fn new(bytes: &[u8], from: usize) -> Self {
        let (mut marks, mut lines) = (Vec::new(), 0);
        for start in starts(bytes, from) {
            if lines % STRIDE == 0 {
                marks.push(start);
            }
            lines += 1;
        }
        Self { from, marks, lines }
    }

    pub fn line_count(&self) -> usize {
        self.lines
    }

    pub fn lines<'a>(&self, bytes: &'a [u8], range: Range<usize>) -> Vec<Line<'a>> {
        let Some(mark) = self.marks.get(range.start / STRIDE) else {
            return Vec::new();
        };
        let rest = bytes.get((*mark).max(self.from)..).unwrap_or_default();
        let count = range.end.min(self.lines).saturating_sub(range.start);
        rest.split(|byte| *byte == b'\n')
            .skip(range.start % STRIDE)
            .take(count)
            .map(|line| Line::of(Token::new(TokenKind::Text, line)))
            .collect()
    }
}

fn starts(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    let breaks = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let inner = breaks
        .map(move |(at, _)| from + at + 1)
        .filter(move |start| *start < bytes.len());
    (!rest.is_empty()).then_some(from).into_iter().chain(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_from_any_start() {
        let text = (0..200)
            .map(|n| format!("line {n}\r\n"))
            .collect::<Vec<_>>()
            .concat();
        let index = TextLines::new(text.as_bytes(), 0);
        assert_eq!(index.line_count(), 200);
        for start in [0, 1, 63, 64, 150, 199] {
            let lines = index.lines(text.as_bytes(), start..start + 3);
            assert_eq!(lines.len(), 3.min(200 - start));
            assert_eq!(&*lines[0].tokens[0].bytes, format!("line {start}\r").as_bytes());
        }
        assert_eq!(TextLines::new(b"", 0).line_count(), 0);
        assert_eq!(TextLines::new(b"a\n\nb", 0).line_count(), 3);
    }
}
