//! Hex lines: `00000010  7b 22 74 22 3a 32 31 2e  34 7d                    {"t":21.4}`.

use std::{fmt::Write, ops::Range};

use super::{Line, Token, TokenKind};

/// Bytes a line.
pub(super) const PER_LINE: usize = 16;

pub(super) fn line_count(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(PER_LINE)
}

/// The lines of `range` that exist.
pub(super) fn lines(bytes: &[u8], range: Range<usize>) -> Vec<Line<'_>> {
    let count = range.end.min(line_count(bytes)).saturating_sub(range.start);
    bytes
        .chunks(PER_LINE)
        .enumerate()
        .skip(range.start)
        .take(count)
        .map(|(row, chunk)| line(row, chunk))
        .collect()
}

fn line(row: usize, chunk: &[u8]) -> Line<'_> {
    let (mut digits, mut characters) = (String::with_capacity(52), String::with_capacity(PER_LINE));
    for column in 0..PER_LINE {
        // Writing to a String cannot fail.
        let _ = match chunk.get(column) {
            Some(byte) => write!(digits, "{byte:02x} "),
            None => write!(digits, "   "),
        };
        if column == PER_LINE / 2 - 1 {
            digits.push(' ');
        }
    }
    for byte in chunk {
        characters.push(if matches!(byte, b' '..=b'~') {
            char::from(*byte)
        } else {
            '.'
        });
    }
    Line {
        depth: 0,
        tokens: vec![
            Token::own(TokenKind::Offset, format!("{:08x}  ", row * PER_LINE)),
            Token::own(TokenKind::Hex, digits + " "),
            Token::own(TokenKind::Ascii, characters),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Glyphs;

    #[test]
    fn bytes_stand_in_two_groups_of_eight_beside_their_characters() {
        let bytes: Vec<u8> = (0x20..0x20 + 26).chain([0xff]).collect();
        let shown: Vec<String> = lines(&bytes, 0..9)
            .iter()
            .map(|line| line.shown(100, Glyphs::Ascii))
            .collect();
        assert_eq!(
            shown,
            [
                "00000000  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f   !\"#$%&'()*+,-./",
                "00000010  30 31 32 33 34 35 36 37  38 39 ff                 0123456789.",
            ]
        );
        assert!(lines(&bytes, 2..9).is_empty());
    }
}
