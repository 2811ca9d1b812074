//! A text being edited: its visible part with the cursor, control characters made visible.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};
use unicode_segmentation::UnicodeSegmentation;

use super::row::Row;
use crate::{app::text_field::TextField, text, ui::Look};

/// Draws a field into `area`; with the focus its cursor is a reversed cell.
pub fn draw(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    field: &TextField,
    style: Style,
    has_focus: bool,
) {
    if area.is_empty() {
        return;
    }
    let style = if has_focus && field.is_selected() {
        style.add_modifier(Modifier::UNDERLINED)
    } else {
        style
    };
    let (row, column) = field.cursor();
    let first = (row + 1).saturating_sub(usize::from(area.height));
    for (y, line) in field
        .lines()
        .iter()
        .skip(first)
        .take(usize::from(area.height))
        .enumerate()
    {
        let cursor = (has_focus && first + y == row).then_some(column);
        draw_line(buffer, area, y as u16, &shown(look, field, line, cursor), style);
    }
}

/// Characters of a line that are looked at, on either side of the cursor.
const WIDEST: usize = 4096;

/// A line as shown: text before, at and behind the cursor.
struct Shown {
    before: String,
    at: Option<String>,
    after: String,
}

fn shown(look: &Look<'_>, field: &TextField, line: &str, cursor: Option<usize>) -> Shown {
    let show = |part: &str| {
        if field.is_masked() {
            if look.is_ascii() { "*" } else { "•" }.repeat(part.chars().count())
        } else {
            text::expand_tabs(part.as_bytes(), look.glyphs).into_owned()
        }
    };
    let Some(cursor) = cursor else {
        let end = line.char_indices().nth(WIDEST);
        let line = end.and_then(|(end, _)| line.get(..end)).unwrap_or(line);
        return Shown {
            before: show(line),
            at: None,
            after: String::new(),
        };
    };
    let split = line
        .char_indices()
        .nth(cursor)
        .map_or(line.len(), |(index, _)| index);
    let (before, rest) = line.split_at(split);
    // A line may be megabytes long, and no terminal is wider than this.
    let before = before
        .char_indices()
        .nth_back(WIDEST)
        .and_then(|(start, _)| before.get(start..))
        .unwrap_or(before);
    let rest = rest
        .char_indices()
        .nth(WIDEST)
        .and_then(|(end, _)| rest.get(..end))
        .unwrap_or(rest);
    let at = rest.graphemes(true).next().unwrap_or_default();
    let after = rest.get(at.len()..).unwrap_or_default();
    Shown {
        before: show(before),
        at: Some(if at.is_empty() { " ".into() } else { show(at) }),
        after: show(after),
    }
}

/// As much of the end as fits.
fn end_of(text: &str, room: usize) -> &str {
    let mut start = text.len();
    let mut left = room;
    for (index, grapheme) in text.grapheme_indices(true).rev() {
        let width = text::width(grapheme);
        if width > left {
            break;
        }
        left -= width;
        start = index;
    }
    text.get(start..).unwrap_or_default()
}

fn draw_line(buffer: &mut Buffer, area: Rect, y: u16, shown: &Shown, style: Style) {
    let room = usize::from(area.width.saturating_sub(2));
    // Scrolled so that the cursor stays in view.
    let before = match shown.at {
        Some(_) => end_of(&shown.before, room),
        None => &shown.before,
    };
    let mut row = Row::new(buffer, area, y);
    row.put(before, style);
    if let Some(at) = &shown.at {
        row.put(at, style.add_modifier(Modifier::REVERSED));
    }
    row.put(&shown.after, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_of_a_line_is_as_much_as_fits() {
        assert_eq!(end_of("abc", 2), "bc");
        assert_eq!(end_of("a宽宽", 3), "宽");
        assert_eq!(end_of("abc", 9), "abc");
        assert_eq!(end_of("abc", 0), "");
        // Megabytes take no longer than a few characters.
        let long = "x".repeat(20 << 20);
        assert_eq!(end_of(&long, 3), "xxx");
    }
}
