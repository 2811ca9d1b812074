//! The sanitiser: whatever a terminal could obey, hide or reorder is made visible, never dropped, never raw.
//!
//! ```text
//! C0, DEL           ␛ ␀ ␡, newline ⏎       --ascii: \x1b \x00 \x7f \n
//! C1, invalid UTF-8 \x9b
//! bidi, zero-width, other invisible ones, marks without a base or above three a cell   U+202E
//! ```
//! Emoji joiners and variation selectors are invisible ones too: what they join is shown in parts.

use std::{borrow::Cow, fmt::Write};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

use super::width::truncate_end;

/// Combining marks a cell may carry: real scripts need three, a flood has hundreds.
const MARKS_PER_CELL: u8 = 3;
/// Columns between two tab stops.
const TAB: usize = 4;
/// Most input bytes one cell can take: a base and three marks of four bytes each.
const BYTES_PER_CELL: usize = 16;

/// Which characters of our own may be drawn (`--ascii` allows only ASCII ones).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Pictures such as `␛`, `⏎` and `…`.
    #[default]
    Unicode,
    /// Escapes such as `\x1b`, `\n` and `~`.
    Ascii,
}

impl Glyphs {
    /// What stands where text was cut: one cell.
    pub const fn ellipsis(self) -> &'static str {
        match self {
            Self::Unicode => "…",
            Self::Ascii => "~",
        }
    }
}

/// One line, safe to draw: a newline becomes `⏎`. Borrowed where nothing had to change.
pub fn sanitize(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_sanitized(&mut out, text, glyphs);
    Cow::Owned(out)
}

/// As [`sanitize`], for bytes: those that are not UTF-8 become `\x9b`.
pub fn sanitize_bytes(bytes: &[u8], glyphs: Glyphs) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return sanitize(text, glyphs);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    let mut pen = Pen::new(&mut out, glyphs);
    pen.bytes(bytes);
    Cow::Owned(out)
}

/// Appends `text` as [`sanitize`] shows it.
pub fn push_sanitized(out: &mut String, text: &str, glyphs: Glyphs) {
    if is_clean(text) {
        out.push_str(text);
    } else {
        Pen::new(out, glyphs).text(text);
    }
}

/// Appends one byte that is no text: `\x9b`.
pub fn push_byte(out: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\x{byte:02x}");
}

/// One line of a multi-line view: as [`sanitize_bytes`], but tabs become spaces up to the next stop.
///
/// The caller splits at `\n`; a `\r` before it stays visible, because it was sent.
pub fn expand_tabs(line: &[u8], glyphs: Glyphs) -> Cow<'_, str> {
    if !line.contains(&b'\t') {
        return sanitize_bytes(line, glyphs);
    }
    let mut out = String::with_capacity(line.len() + 16);
    for (index, part) in line.split(|byte| *byte == b'\t').enumerate() {
        if index > 0 {
            let column = super::width(&out);
            out.extend(std::iter::repeat_n(' ', TAB - column % TAB));
        }
        Pen::new(&mut out, glyphs).bytes(part);
    }
    Cow::Owned(out)
}

/// At most `cells` columns of `bytes` as one safe line, cut with `…`. Reads only what can be shown.
pub fn clip(bytes: &[u8], cells: usize, glyphs: Glyphs) -> String {
    let most = BYTES_PER_CELL.saturating_mul(cells.saturating_add(1));
    let seen = bytes.get(..most).unwrap_or(bytes);
    truncate_end(&sanitize_bytes(seen, glyphs), cells, glyphs).into_owned()
}

/// What stands on the current cell, to which a mark would be added.
struct Cell {
    last: char,
    /// Starts full, because a leading mark would land on a neighbour.
    marks: u8,
}

impl Cell {
    const fn closed() -> Self {
        Self {
            last: ' ',
            marks: MARKS_PER_CELL,
        }
    }

    /// Whether `c` may be drawn as it is.
    fn passes(&mut self, c: char) -> bool {
        let passes = match c {
            ' '..='~' => self.open(),
            _ if is_hidden(c) => false,
            // Emoji modifiers extend the cell before them as marks do.
            '\u{1f3fb}'..='\u{1f3ff}' => self.add(c),
            _ => match c.width() {
                None => false,
                Some(0) => self.add(c),
                Some(_) => self.open(),
            },
        };
        if passes {
            self.last = c;
        } else {
            *self = Self::closed();
        }
        passes
    }

    fn open(&mut self) -> bool {
        self.marks = 0;
        true
    }

    fn add(&mut self, mark: char) -> bool {
        let fits = self.marks < MARKS_PER_CELL && is_joined(self.last, mark);
        self.marks += u8::from(fits);
        fits
    }
}

/// Whether both make one grapheme. A mark on its own has no width, and a screen buffer drops it.
fn is_joined(base: char, mark: char) -> bool {
    let mut buffer = [0; 8];
    let len = base.len_utf8();
    base.encode_utf8(&mut buffer);
    if let Some(rest) = buffer.get_mut(len..) {
        mark.encode_utf8(rest);
    }
    let both = buffer
        .get(..len + mark.len_utf8())
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    both.is_some_and(|text| text.graphemes(true).count() == 1)
}

fn is_clean(text: &str) -> bool {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return true;
    }
    let mut cell = Cell::closed();
    text.chars().all(|c| cell.passes(c))
}

/// Appends text; marks are counted across its pieces.
struct Pen<'a> {
    out: &'a mut String,
    cell: Cell,
    glyphs: Glyphs,
}

impl<'a> Pen<'a> {
    fn new(out: &'a mut String, glyphs: Glyphs) -> Self {
        Self {
            out,
            cell: Cell::closed(),
            glyphs,
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.text(chunk.valid());
            for byte in chunk.invalid() {
                push_byte(self.out, *byte);
                self.cell = Cell::closed();
            }
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if self.cell.passes(c) {
                self.out.push(c);
            } else {
                push_visible(self.out, c, self.glyphs);
            }
        }
    }
}

fn push_visible(out: &mut String, c: char, glyphs: Glyphs) {
    // Writing to a String cannot fail.
    let code = u32::from(c);
    let _ = match (c, glyphs) {
        ('\n', Glyphs::Unicode) => out.write_char('⏎'),
        ('\0'..='\x1f', Glyphs::Unicode) => {
            out.write_char(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'))
        }
        ('\x7f', Glyphs::Unicode) => out.write_char('␡'),
        ('\n', Glyphs::Ascii) => out.write_str("\\n"),
        ('\r', Glyphs::Ascii) => out.write_str("\\r"),
        ('\t', Glyphs::Ascii) => out.write_str("\\t"),
        ('\0'..='\u{9f}', _) => write!(out, "\\x{code:02x}"),
        _ => write!(out, "U+{code:04X}"),
    };
}

/// Characters that draw nothing of their own: format controls, bidi controls, fillers, variation
/// selectors, line and paragraph separators, tags, noncharacters (Unicode 16: Cf without the visible
/// Arabic and Kaithi signs, `Default_Ignorable_Code_Point`, Zl, Zp).
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A sanitised text with arrows and dots of ours, in ASCII where it must be.
pub fn plain(text: &str, glyphs: Glyphs) -> String {
    if glyphs != Glyphs::Ascii {
        return text.to_owned();
    }
    text.replace('↑', "Up")
        .replace('↓', "Down")
        .replace('←', "Left")
        .replace('→', "Right")
        .replace(" · ", ", ")
        .replace('…', "...")
        .replace('–', "-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_could_obey_is_made_visible() {
        for (bytes, unicode, ascii) in [
            (&b"plain text ~"[..], "plain text ~", "plain text ~"),
            (b"\x1b[31mred\x07", "␛[31mred␇", "\\x1b[31mred\\x07"),
            (b"a\r\nb\tc\0\x7f", "a␍⏎b␉c␀␡", "a\\r\\nb\\tc\\x00\\x7f"),
            (b"\xc2\x9b31m", "\\x9b31m", "\\x9b31m"),
            (b"\x9b31m", "\\x9b31m", "\\x9b31m"),
            (b"K\xfcche", "K\\xfcche", "K\\xfcche"),
            (b"cut \xe2\x82", "cut \\xe2\\x82", "cut \\xe2\\x82"),
            ("Küche 温度 ✓ 🏠".as_bytes(), "Küche 温度 ✓ 🏠", "Küche 温度 ✓ 🏠"),
            ("a\u{202e}b".as_bytes(), "aU+202Eb", "aU+202Eb"),
            (
                "a\u{200b}\u{200d}\u{feff}".as_bytes(),
                "aU+200BU+200DU+FEFF",
                "aU+200BU+200DU+FEFF",
            ),
            (
                "\u{2028}\u{e0041}\u{fffe}".as_bytes(),
                "U+2028U+E0041U+FFFE",
                "U+2028U+E0041U+FFFE",
            ),
        ] {
            assert_eq!(sanitize_bytes(bytes, Glyphs::Unicode), unicode);
            assert_eq!(sanitize_bytes(bytes, Glyphs::Ascii), ascii);
        }
    }

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "home/kitchen", "Küche", "e\u{301}"] {
            assert!(
                matches!(sanitize(text, Glyphs::Unicode), Cow::Borrowed(_)),
                "{text}"
            );
        }
    }

    #[test]
    fn floods_of_marks_are_cut_visibly_and_a_leading_mark_stays_off_its_neighbour() {
        let flood = format!("e{}", "\u{301}".repeat(5));
        assert_eq!(
            sanitize(&flood, Glyphs::Unicode),
            "e\u{301}\u{301}\u{301}U+0301U+0301"
        );
        assert_eq!(sanitize("\u{301}a", Glyphs::Unicode), "U+0301a");
        assert_eq!(sanitize("\x1b\u{301}", Glyphs::Unicode), "␛U+0301");
    }

    #[test]
    fn every_character_takes_a_cell_so_that_no_screen_drops_it() {
        let all = (0..=0x0010_ffff).filter_map(char::from_u32);
        for c in all.filter(|c| matches!(c.width(), None | Some(0))) {
            for text in [
                c.to_string(),
                format!("a{c}"),
                format!("\u{1100}{c}"),
                format!("🏠{c}"),
            ] {
                let shown = sanitize(&text, Glyphs::Unicode);
                assert!(
                    shown.graphemes(true).all(|cell| crate::text::width(cell) > 0),
                    "{text:?} {shown:?}"
                );
            }
        }
        assert_eq!(sanitize("a\u{1161}", Glyphs::Unicode), "aU+1161");
        assert_eq!(
            sanitize("\u{1100}\u{1161}\u{11a8}", Glyphs::Unicode),
            "\u{1100}\u{1161}\u{11a8}"
        );
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(expand_tabs(b"a\tbcd\te\x1b", Glyphs::Unicode), "a   bcd e␛");
        assert_eq!(expand_tabs("温\tx".as_bytes(), Glyphs::Unicode), "温  x");
    }

    #[test]
    fn clip_reads_only_what_it_shows() {
        assert_eq!(clip(b"abcdef", 6, Glyphs::Unicode), "abcdef");
        assert_eq!(clip(b"abcdefg", 6, Glyphs::Unicode), "abcde…");
        assert_eq!(clip(&b"x".repeat(10_000_000), 3, Glyphs::Ascii), "xx~");
        assert_eq!(clip(b"abc", 0, Glyphs::Unicode), "");
    }

    proptest! {
        #[test]
        fn nothing_invisible_ever_comes_out(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
            for out in [sanitize_bytes(&bytes, Glyphs::Unicode), sanitize(&text, Glyphs::Unicode), expand_tabs(&bytes, Glyphs::Ascii)] {
                prop_assert!(out.chars().all(|c| !c.is_control() && !is_hidden(c)), "{:?}", out);
            }
        }

        #[test]
        fn every_grapheme_takes_a_cell(text in "[a🏠\u{301}\u{1100}\u{1161}\u{11a8}\u{0915}\u{094d}\u{093e}\u{1f1e9}\u{1f3fd}\u{200d}\u{600}\u{0e33}]{0,12}") {
            let shown = sanitize(&text, Glyphs::Unicode);
            prop_assert!(shown.graphemes(true).all(|cell| crate::text::width(cell) > 0), "{:?}", shown);
        }

        #[test]
        fn sanitizing_twice_changes_nothing(text in any::<String>()) {
            let once = sanitize(&text, Glyphs::Unicode).into_owned();
            prop_assert_eq!(sanitize(&once, Glyphs::Unicode), once.as_str());
        }

        #[test]
        fn clip_is_the_cut_of_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,100}", cells in 0_usize..40) {
            for input in [&bytes[..], text.as_bytes()] {
                let whole = sanitize_bytes(input, Glyphs::Unicode);
                let expected = truncate_end(&whole, cells, Glyphs::Unicode);
                prop_assert_eq!(clip(input, cells, Glyphs::Unicode), expected);
            }
        }
    }
}
