//! The panes' names, where one pane is shown at a time.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{app::App, config::Meaning};

/// Draws the line.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    if area.is_empty() {
        return;
    }
    for (pane, label, place) in app.layout().tab_labels(app.focus) {
        let style = if pane == app.focus {
            look.styles.selection(true)
        } else {
            look.styles.fg(Meaning::Dim)
        };
        Row::new(buffer, place, 0).put(&label, style);
    }
}
