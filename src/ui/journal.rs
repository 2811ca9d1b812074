//! The log of mqttscope itself: time, weight, words; the newest at the bottom.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{App, journal::JournalView, notices::Level},
    config::Meaning,
    text,
};

/// Draws the log over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, view: JournalView) {
    let size = (
        area.width.saturating_sub(4).min(140),
        area.height.saturating_sub(2),
    );
    let note = look.pick("↑↓ scroll · Esc closes", "Up/Down scroll, Esc closes");
    let inner = frame::overlay(buffer, area, look, size, "Log of mqttscope", note);
    let entries = app.journal.entries();
    if entries.len() == 0 {
        Row::new(buffer, inner, 0)
            .skip(1)
            .put("nothing was said yet", look.styles.fg(Meaning::Dim));
    }
    if app.journal.forgotten() > 0 {
        let words = format!(
            " {} older lines not kept ",
            text::grouped(app.journal.forgotten())
        );
        Row::new(buffer, inner, 0).flush_right(&words, look.styles.fg(Meaning::Warn));
    }
    let height = usize::from(inner.height);
    let end = entries.len() - view.up.min(entries.len());
    for (y, entry) in entries.take(end).skip(end.saturating_sub(height)).enumerate() {
        let (word, meaning) = match entry.level {
            Level::Info => ("info", Meaning::Dim),
            Level::Warn => ("warn", Meaning::Warn),
            Level::Error => ("error", Meaning::Error),
        };
        Row::new(buffer, inner, y as u16)
            .skip(1)
            .put(
                &app.look.clock.time_of_day(entry.time.wall_us),
                look.styles.fg(Meaning::Dim),
            )
            .skip(2)
            .column(word, 7, look.styles.fg(meaning))
            .put_whole_or_cut(&look.safe(&entry.text), look.glyphs, look.styles.overlay());
    }
}
