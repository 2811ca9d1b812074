//! The panes' names, where one pane is shown at a time.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{
    app::{App, layout::Pane},
    config::Meaning,
};

/// Draws the line.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    if area.is_empty() {
        return;
    }
    let is_tight = area.width < 62;
    let mut row = Row::new(buffer, area, 0);
    for pane in Pane::ALL {
        let is_current = pane == app.focus;
        let style = if is_current {
            look.styles.selection(true)
        } else {
            look.styles.fg(Meaning::Dim)
        };
        let name = if is_tight && !is_current {
            pane.name().get(..4).unwrap_or_default()
        } else {
            pane.name()
        };
        row.put(&format!(" {} {name} ", pane.number()), style);
    }
}
