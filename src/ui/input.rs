//! The bar above the log: the filter that holds, or what is being typed to filter or find.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Look,
    widgets::{field, row::Row},
};
use crate::{
    app::{App, input::InputLine, overlay::Overlay},
    config::Meaning,
    text,
};

/// Draws the bar.
pub fn bar(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    match app.overlays.last() {
        Some(Overlay::Filter) => typing(buffer, area, look, "/ ", &app.filter.line),
        Some(Overlay::Find) => typing(buffer, area, look, "find ", &app.find.line),
        _ => resting(buffer, area, app, look),
    }
}

fn resting(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let mut row = Row::new(buffer, area, 0);
    row.put("/ ", look.styles.fg(Meaning::KeyHint));
    if !app.muted.is_empty() {
        row.flush_right(
            &format!("{} muted ", app.muted.len()),
            look.styles.fg(Meaning::Warn),
        );
    }
    if let Some(percent) = app.find.percent() {
        row.flush_right(
            &look.plain(&format!(" finding … {percent} % · any key stops ")),
            look.styles.fg(Meaning::Info),
        );
    }
    match &app.filter.applied {
        Some(filter) => {
            let hidden = app
                .model
                .log()
                .len()
                .saturating_sub(app.messages.view.len() as u64 + app.held().unwrap_or(0));
            let words = format!(
                "hidden {} of {} ",
                text::grouped(hidden),
                text::grouped(app.model.log().len())
            );
            let searching = if app.messages.is_searching() {
                look.pick("searching … ", "searching ")
            } else {
                ""
            };
            row.flush_right(&words, look.styles.fg(Meaning::Dim))
                .flush_right(searching, look.styles.fg(Meaning::Info));
            row.put(&look.safe(filter.text()), look.styles.fg(Meaning::Accent));
        }
        None if app.find.is_under_way() => {
            row.put("no filter", look.styles.fg(Meaning::Dim));
        }
        None => {
            let words = "no filter · try: pump fail    home/+/set    -debug    \"exact\"    /re/";
            row.put(&look.plain(words), look.styles.fg(Meaning::Dim));
        }
    }
}

/// The line being typed; a fault is underlined in place and said at the right.
fn typing(buffer: &mut Buffer, area: Rect, look: &Look<'_>, prompt: &str, line: &InputLine) {
    let style = match &line.error {
        Some(_) => look.styles.fg(Meaning::Error),
        None if line.text.is_empty() => look.styles.fg(Meaning::Text),
        None => look.styles.fg(Meaning::Ok),
    };
    let mut row = Row::new(buffer, area, 0);
    row.put(prompt, look.styles.fg(Meaning::KeyHint));
    let start = area.x + text::width(prompt) as u16;
    let mut width = row.left();
    if let Some(error) = &line.error {
        let words = format!("{}: {} ", error.message, error.hint);
        let most = usize::from(width) * 2 / 3;
        let words = text::truncate_end(&look.safe(&words), most, look.glyphs).into_owned();
        row.flush_right(&words, look.styles.fg(Meaning::Error));
        width = row.left();
    }
    let place = Rect {
        x: start.min(area.right()),
        width,
        ..area
    };
    field::draw(buffer, place, look, &line.text, style, true);
    if let Some(error) = &line.error {
        let typed = line.text.text();
        let before = typed.get(..error.span.start).map_or(0, text::width) as u16;
        let len = typed.get(error.span.clone()).map_or(1, text::width).max(1) as u16;
        let caret = Rect {
            x: place.x + before,
            y: place.y,
            width: len,
            height: 1,
        }
        .intersection(place);
        buffer.set_style(
            caret,
            ratatui::style::Style::new().add_modifier(Modifier::UNDERLINED),
        );
    }
}
