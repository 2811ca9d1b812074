//! The help and the palette: rows of key, name and what it does, narrowed as one types.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{field, frame, row::Row},
};
use crate::{
    app::{App, menu::Menu},
    config::Meaning,
};

/// Draws the menu over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, menu: &Menu) {
    let most = area.height.saturating_sub(2).max(3);
    let height = (menu.rows().len() as u16 + 4).max(8).min(most);
    let note = look.pick("type to filter · Enter runs", "type to filter, Enter runs");
    let inner = frame::overlay(buffer, area, look, (100, height), menu.title, note);
    let (query, list) = super::split_top(inner, 2);
    Row::new(buffer, query, 0).put(look.pick("› ", "> "), look.styles.fg(Meaning::KeyHint));
    let text_area = Rect {
        x: query.x + 2.min(query.width),
        width: query.width.saturating_sub(2),
        height: query.height.min(1),
        ..query
    };
    field::draw(buffer, text_area, look, &menu.query, look.styles.overlay(), true);
    if menu.rows().is_empty() {
        Row::new(buffer, list, 0).put(
            "nothing matches; Backspace widens the search",
            look.styles.fg(Meaning::Dim),
        );
    }
    // What an action does matters more than its name in keys.toml.
    let names = if list.width < 60 { 0 } else { 20 };
    let first = super::first_visible(menu.selected(), menu.rows().len(), list.height);
    for (y, (index, action)) in menu
        .rows()
        .iter()
        .enumerate()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let keys: Vec<String> = app
            .keys
            .keys(*action)
            .take(2)
            .map(|key| look.plain(&key.to_string()))
            .collect();
        let y = y as u16;
        Row::new(buffer, list, y)
            .skip(1)
            .column(&keys.join(" "), 14, look.styles.fg(Meaning::KeyHint))
            .column(action.name(), names, look.styles.overlay())
            .put_whole_or_cut(action.about(), look.glyphs, look.styles.fg(Meaning::Dim));
        if index == menu.selected() {
            Row::style_line(buffer, list, y, look.styles.selection(true));
        }
    }
}
