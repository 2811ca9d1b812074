//! The last line: the keys that do something now. What does not fit is dropped from the right; help never.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{app::App, config::Meaning, text};

/// Draws the line.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let mut row = Row::new(buffer, area, 0);
    row.skip(1);
    for (index, action) in app.hints().into_iter().enumerate() {
        let Some(key) = app.keys.keys(action).next() else {
            continue;
        };
        let key = look.plain(&key.to_string());
        let width = text::width(&key) + 1 + text::width(app.hint(action));
        let gap = if index == 0 { "" } else { look.pick(" │ ", " | ") };
        if index > 0 && usize::from(row.left()) < width + gap.len() {
            break;
        }
        row.put(gap, look.styles.fg(Meaning::Border));
        row.put(&key, look.styles.fg(Meaning::KeyHint))
            .put(" ", look.styles.base());
        row.put(app.hint(action), look.styles.fg(Meaning::Dim));
    }
}
