//! Text measured and cut in terminal cells, by grapheme, as the screen buffer does it.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Glyphs;

/// Cells that sanitised `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(UnicodeWidthStr::width).sum()
    }
}

/// The longest start of `text` that fits into `cells`, and its width.
pub fn take_cells(text: &str, cells: usize) -> (&str, usize) {
    let (bytes, width) = fitting(text.graphemes(true), cells);
    (text.get(..bytes).unwrap_or(text), width)
}

/// `text` without its first `cells` columns; half of a wide character becomes a blank.
pub fn skip_cells(text: &str, cells: usize) -> Cow<'_, str> {
    let (start, width) = take_cells(text, cells);
    let rest = text.get(start.len()..).unwrap_or_default();
    match rest.graphemes(true).next() {
        Some(split) if width < cells => {
            let mut out = " ".repeat((width + split.width()).saturating_sub(cells));
            out.push_str(rest.get(split.len()..).unwrap_or_default());
            Cow::Owned(out)
        }
        _ => Cow::Borrowed(rest),
    }
}

fn take_last_cells(text: &str, cells: usize) -> &str {
    let (bytes, _) = fitting(text.graphemes(true).rev(), cells);
    text.get(text.len() - bytes..).unwrap_or(text)
}

/// Bytes and cells of the graphemes that fit.
fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, cells: usize) -> (usize, usize) {
    let (mut bytes, mut total) = (0, 0);
    for grapheme in graphemes {
        let width = grapheme.width();
        if total + width > cells {
            break;
        }
        bytes += grapheme.len();
        total += width;
    }
    (bytes, total)
}

fn fits(text: &str, cells: usize) -> bool {
    (text.is_ascii() && text.len() <= cells) || take_cells(text, cells).0.len() == text.len()
}

/// `text` in at most `cells`, its end replaced by `…` where it is too long.
pub fn truncate_end(text: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if fits(text, cells) {
        return Cow::Borrowed(text);
    }
    match cells.checked_sub(1) {
        Some(rest) => Cow::Owned(format!("{}{}", take_cells(text, rest).0, glyphs.ellipsis())),
        None => Cow::Borrowed(""),
    }
}

/// As [`truncate_end`], but the start is what goes.
pub fn truncate_start(text: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if fits(text, cells) {
        return Cow::Borrowed(text);
    }
    match cells.checked_sub(1) {
        Some(rest) => Cow::Owned(format!("{}{}", glyphs.ellipsis(), take_last_cells(text, rest))),
        None => Cow::Borrowed(""),
    }
}

/// As [`truncate_end`], but the middle is what goes.
pub fn truncate_middle(text: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if fits(text, cells) {
        return Cow::Borrowed(text);
    }
    match cells.checked_sub(1) {
        Some(rest) => {
            let (start, used) = take_cells(text, rest / 2);
            let end = take_last_cells(text, rest - used);
            Cow::Owned(format!("{start}{}{end}", glyphs.ellipsis()))
        }
        None => Cow::Borrowed(""),
    }
}

/// A sanitised topic in at most `cells`: its last level stays as long as it fits, levels in the middle go first.
pub fn fit_topic(topic: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if fits(topic, cells) {
        return Cow::Borrowed(topic);
    }
    let last = topic
        .rfind('/')
        .map_or(topic, |slash| topic.get(slash..).unwrap_or(topic));
    let last_width = width(last);
    if last_width + 1 >= cells {
        return truncate_start(topic, cells, glyphs);
    }
    let start = take_cells(topic, cells - last_width - 1).0;
    // Whole levels read better than half ones, if any whole level fits.
    let start = start
        .rfind('/')
        .filter(|slash| *slash > 0)
        .map_or(start, |slash| start.get(..=slash).unwrap_or(start));
    Cow::Owned(format!("{start}{}{last}", glyphs.ellipsis()))
}

/// Appends spaces until `out`, of which `used` cells are taken, fills `cells`.
pub fn pad_end(out: &mut String, used: usize, cells: usize) {
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
}

/// `text` right-aligned in `cells`; longer text stays whole.
pub fn pad_start(text: &str, cells: usize) -> String {
    let mut out = String::with_capacity(cells.max(text.len()));
    pad_end(&mut out, width(text), cells);
    out.push_str(text);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_where_asked() {
        let u = Glyphs::Unicode;
        assert_eq!(truncate_end("abcdef", 6, u), "abcdef");
        assert_eq!(truncate_end("abcdef", 4, u), "abc…");
        assert_eq!(truncate_end("abcdef", 4, Glyphs::Ascii), "abc~");
        assert_eq!(truncate_end("温度計", 4, u), "温…");
        assert_eq!(truncate_start("abcdef", 4, u), "…def");
        assert_eq!(truncate_middle("abcdefgh", 5, u), "ab…gh");
        assert_eq!(truncate_end("abc", 1, u), "…");
        assert_eq!(truncate_end("abc", 0, u), "");
    }

    #[test]
    fn a_topic_keeps_its_last_level() {
        for (cells, expected) in [
            (27, "home/floor1/kitchen/climate"),
            (26, "home/floor1/…/climate"),
            (20, "home/…/climate"),
            (14, "home/…/climate"),
            (13, "home…/climate"),
            (10, "h…/climate"),
            (9, "…/climate"),
            (8, "…climate"),
            (4, "…ate"),
            (1, "…"),
        ] {
            assert_eq!(
                fit_topic("home/floor1/kitchen/climate", cells, Glyphs::Unicode),
                expected
            );
        }
    }

    #[test]
    fn skipping_splits_wide_characters_into_blanks() {
        for (cells, rest) in [(0, "a温b"), (1, "温b"), (2, " b"), (3, "b"), (4, ""), (9, "")] {
            assert_eq!(skip_cells("a温b", cells), rest);
        }
    }

    #[test]
    fn padding_counts_cells() {
        assert_eq!(pad_start("温", 4), "  温");
        assert_eq!(pad_start("abcde", 4), "abcde");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "\\PC{0,40}", cells in 0_usize..30) {
            let clean = super::super::sanitize(&text, Glyphs::Unicode).into_owned();
            for cut in [truncate_end(&clean, cells, Glyphs::Unicode), truncate_start(&clean, cells, Glyphs::Unicode),
                        truncate_middle(&clean, cells, Glyphs::Unicode), fit_topic(&clean, cells, Glyphs::Unicode)] {
                prop_assert!(width(&cut) <= cells, "{cut:?}");
            }
            if width(&clean) <= cells {
                prop_assert_eq!(&*truncate_end(&clean, cells, Glyphs::Unicode), &*clean);
            }
        }
    }
}
