//! The first line: where we are, whether the view is held, how much goes by.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{app::App, config::Meaning, text};

/// Draws the line.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let mut row = Row::new(buffer, area, 0);
    let rate = format!(
        "{} msg/s ",
        text::grouped(app.model.rate().per_second(app.now.mono_us).round() as u64)
    );
    row.flush_right(&rate, look.styles.fg(Meaning::Text))
        .flush_right(" ", look.styles.base());
    if let Some(held) = app.held() {
        let words = format!("{} PAUSED +{}", look.pick("‖", "="), text::grouped(held));
        row.flush_right(&words, look.styles.fg(Meaning::Warn))
            .flush_right("  ", look.styles.base());
    }
    row.skip(1)
        .put("mqttscope", look.styles.fg(Meaning::Title))
        .put("  ", look.styles.base());
    let mut crumbs: Vec<String> = app
        .scope()
        .map(|source| look.safe(app.connection_name(source)).into_owned())
        .into_iter()
        .collect();
    if let Some(topic) = app.selected_topic() {
        crumbs.push(look.safe(&topic).into_owned());
    }
    let separator = look.pick(" ▸ ", " > ");
    let crumbs = crumbs.join(separator);
    let room = usize::from(row.left()).saturating_sub(1);
    row.put(
        &text::truncate_middle(&crumbs, room, look.glyphs),
        look.styles.fg(Meaning::Dim),
    );
}
