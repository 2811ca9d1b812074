//! The list of publishes whose end nobody knows.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{
        App,
        unknown::{Unknown, UnknownList},
    },
    config::Meaning,
    text,
};

/// Draws the list over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, list: UnknownList) {
    let kept = app.unknowns.kept();
    let note = look.pick(
        "Enter sends again · Del lets go",
        "Enter sends again, Del lets go",
    );
    let height = u16::try_from(kept.len()).unwrap_or(u16::MAX).saturating_add(5);
    let inner = frame::overlay(buffer, area, look, (100, height), "Ended unknown", note);
    let (head, body) = super::split_top(inner, 2);
    let dim = look.styles.fg(Meaning::Dim);
    Row::new(buffer, head, 0).skip(1).put_whole_or_cut(
        "these may have arrived: sent again, they may arrive twice",
        look.glyphs,
        look.styles.fg(Meaning::Warn),
    );
    let given_up = app.unknowns.given_up();
    if given_up > 0 {
        let words = format!("{} older ones are gone for want of room", text::grouped(given_up));
        Row::new(buffer, head, 1).skip(1).put(&words, dim);
    }
    let rows = kept.len() + 1;
    let first = super::first_visible(list.selected, rows, body.height);
    for (y, index) in (first..rows).take(usize::from(body.height)).enumerate() {
        let y = y as u16;
        match index.checked_sub(1).and_then(|index| kept.get(index)) {
            Some(publish) => publish_row(buffer, body, y, app, look, publish),
            None => {
                let all = format!(
                    "all {}, in the order they were sent",
                    text::grouped(kept.len() as u64)
                );
                Row::new(buffer, body, y).skip(1).put(&all, look.styles.overlay());
            }
        }
        if index == list.selected {
            Row::style_line(buffer, body, y, look.styles.selection(true));
        }
    }
}

fn publish_row(buffer: &mut Buffer, body: Rect, y: u16, app: &App, look: &Look<'_>, publish: &Unknown) {
    let message = &publish.message;
    let dim = look.styles.fg(Meaning::Dim);
    let names = if body.width < 70 { 0 } else { 12 };
    let retain = if message.retain { " R" } else { "" };
    Row::new(buffer, body, y)
        .skip(1)
        .column(&look.safe(app.connection_name(publish.source)), names, dim)
        .column(&format!("QoS {}{retain}", message.qos), 8, dim)
        .right(&text::size(message.payload.len() as u64), 8, dim)
        .skip(2)
        .put_whole_or_cut(
            &format!(
                "{}  {}",
                look.safe(message.topic.as_str()),
                text::clip(&message.payload, usize::from(body.width), look.glyphs)
            ),
            look.glyphs,
            look.styles.overlay(),
        );
}
