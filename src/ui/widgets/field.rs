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
    let at = rest.graphemes(true).next().unwrap_or_default();
    let after = rest.get(at.len()..).unwrap_or_default();
    Shown {
        before: show(before),
        at: Some(if at.is_empty() { " ".into() } else { show(at) }),
        after: show(after),
    }
}

fn draw_line(buffer: &mut Buffer, area: Rect, y: u16, shown: &Shown, style: Style) {
    let room = usize::from(area.width.saturating_sub(2));
    // Scrolled so that the cursor stays in view.
    let mut before = shown.before.as_str();
    if shown.at.is_some() {
        while text::width(before) > room {
            before = before
                .graphemes(true)
                .next()
                .and_then(|first| before.get(first.len()..))
                .unwrap_or_default();
        }
    }
    let mut row = Row::new(buffer, area, y);
    row.put(before, style);
    if let Some(at) = &shown.at {
        row.put(at, style.add_modifier(Modifier::REVERSED));
    }
    row.put(&shown.after, style);
}
