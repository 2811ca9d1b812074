//! What is known about one connection, over the panes: names, values, and how much lies below.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{
        App,
        facts::{FactsView, LABELS},
        layout::WIDEST_OVERLAY,
    },
    config::Meaning,
};

/// Draws the facts over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, view: FactsView) {
    let lines = app.fact_lines(view.source);
    let title = format!("Connection {}", look.safe(app.connection_name(view.source)));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let note = if height > area.height {
        look.pick("↑↓ scroll · Esc closes", "Up/Down scroll, Esc closes")
    } else {
        "Esc closes"
    };
    let inner = frame::overlay(buffer, area, look, (WIDEST_OVERLAY, height), &title, note);
    let room = usize::from(inner.height);
    let first = view.first(lines.len(), room);
    for (y, line) in lines.iter().skip(first).take(room).enumerate() {
        Row::new(buffer, inner, y as u16)
            .skip(1)
            .column(line.label, LABELS, look.styles.fg(Meaning::Dim))
            .put_whole_or_cut(&line.value, look.glyphs, look.styles.fg(line.meaning));
    }
    let below = lines.len().saturating_sub(first + room);
    frame::out_of_view(buffer, inner, look, first, below);
}
