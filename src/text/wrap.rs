//! Words over several lines. Knows columns, no styles.

use unicode_segmentation::UnicodeSegmentation;

use super::width::width as columns_of;

/// Breaks a sanitised text into lines of at most `width` columns: between words, inside one only where it is
/// wider than a line. At least one line.
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = end_of_line(rest, width.max(2)) {
        let (line, behind) = rest.split_at(end);
        lines.push(line.trim_end_matches(' '));
        rest = behind.trim_start_matches(' ');
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest);
    }
    lines
}

/// Where the first line ends; `None`: all of it fits.
fn end_of_line(text: &str, width: usize) -> Option<usize> {
    let mut left = width;
    let mut last_space = None;
    for (index, grapheme) in text.grapheme_indices(true) {
        let columns = columns_of(grapheme);
        if grapheme == " " {
            last_space = Some(index);
        }
        if columns > left {
            // A line has at least one grapheme, however wide.
            let index = if index == 0 { grapheme.len() } else { index };
            return Some(last_space.filter(|space| *space > 0).unwrap_or(index));
        }
        left -= columns;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_between_words_and_inside_long_ones() {
        for (text, width, lines) in [
            ("", 5, &[""][..]),
            ("one two", 7, &["one two"]),
            ("one two", 6, &["one", "two"]),
            ("one  two three", 5, &["one", "two", "three"]),
            ("abcdefg", 3, &["abc", "def", "g"]),
            ("宽宽宽", 4, &["宽宽", "宽"]),
            ("宽", 0, &["宽"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text:?} in {width}");
        }
    }
}
