//! The publish pane: topic and flags in the first line, the body below, what became of the last one at the end.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{field, frame, row::Row},
};
use crate::{
    app::{
        App,
        composer::{BodyCheck, Composer, Field, Sending},
        layout::Pane,
    },
    config::Meaning,
    text,
};

/// Draws the pane.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let has_focus = app.focus == Pane::Publish;
    let target = app
        .publishing_source()
        .map(|source| app.connection_name(source).to_owned());
    let title = match &target {
        Some(name) => format!("5 Publish to {}", look.safe(name)),
        None => "5 Publish".into(),
    };
    let note = if app.composer.is_open {
        "Ctrl-s send · Esc keeps the draft"
    } else {
        "p opens"
    };
    let inner = frame::pane(buffer, area, look, has_focus, &title, &look.plain(note));
    if !app.composer.is_open {
        Row::new(buffer, inner, 0).skip(1).put(
            "p writes a message, prefilled from the selection",
            look.styles.fg(Meaning::Dim),
        );
        return;
    }
    let is_tight = inner.width < 70;
    let (head, rest) = super::split_top(inner, if is_tight { 2 } else { 1 });
    let (body, foot) = super::split_bottom(rest, 1);
    let topic_width = if is_tight {
        head.width
    } else {
        head.width.saturating_sub(34)
    };
    topic_line(
        buffer,
        Rect {
            width: topic_width,
            height: 1.min(head.height),
            ..head
        },
        app,
        look,
        has_focus,
    );
    let flags = if is_tight {
        Rect {
            y: head.y + 1,
            height: head.height.saturating_sub(1),
            ..head
        }
    } else {
        Rect {
            x: head.x + topic_width,
            width: head.width - topic_width,
            ..head
        }
    };
    flags_line(buffer, flags, &app.composer, look, has_focus);
    body_lines(buffer, body, &app.composer, look, has_focus);
    foot_line(buffer, foot, &app.composer, look);
}

fn label(row: &mut Row<'_>, look: &Look<'_>, text: &str, is_current: bool) {
    let style = look
        .styles
        .fg(if is_current { Meaning::Accent } else { Meaning::Dim });
    row.put(if is_current { look.pick("▌", ">") } else { " " }, style)
        .put(text, style)
        .put(" ", style);
}

fn topic_line(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, has_focus: bool) {
    let is_current = has_focus && app.composer.field == Field::Topic;
    label(&mut Row::new(buffer, area, 0), look, "Topic ", is_current);
    let place = Rect {
        x: area.x + 8.min(area.width),
        width: area.width.saturating_sub(9),
        ..area
    };
    let style = look.styles.fg(if app.composer.topic_error.is_some() {
        Meaning::Error
    } else {
        Meaning::Text
    });
    field::draw(buffer, place, look, &app.composer.topic, style, is_current);
}

fn flags_line(buffer: &mut Buffer, area: Rect, composer: &Composer, look: &Look<'_>, has_focus: bool) {
    let mut row = Row::new(buffer, area, 0);
    let is_qos = has_focus && composer.field == Field::Qos;
    label(&mut row, look, "QoS", is_qos);
    let value = format!("{}{}{}", look.pick("‹", "<"), composer.qos, look.pick("›", ">"));
    row.put(
        &value,
        look.styles
            .fg(if is_qos { Meaning::Accent } else { Meaning::Text }),
    )
    .skip(1);
    let is_retain = has_focus && composer.field == Field::Retain;
    label(
        &mut row,
        look,
        if composer.retain {
            "[x] retain"
        } else {
            "[ ] retain"
        },
        is_retain,
    );
    let is_properties = has_focus && composer.field == Field::Properties;
    label(&mut row, look, "props", is_properties);
    let count = composer.properties.0.len();
    row.put(
        &count.to_string(),
        look.styles.fg(match (is_properties, count) {
            (true, _) => Meaning::Accent,
            (false, 0) => Meaning::Dim,
            (false, _) => Meaning::Info,
        }),
    );
}

fn body_lines(buffer: &mut Buffer, area: Rect, composer: &Composer, look: &Look<'_>, has_focus: bool) {
    let is_current = has_focus && composer.field == Field::Body;
    label(&mut Row::new(buffer, area, 0), look, "Body  ", is_current);
    let place = Rect {
        x: area.x + 8.min(area.width),
        width: area.width.saturating_sub(9),
        ..area
    };
    if let Some(bytes) = &composer.binary {
        let words = format!(
            "{} of binary payload, sent as they are; typing replaces them",
            text::size_long(bytes.len() as u64)
        );
        Row::new(buffer, place, 0).put(&words, look.styles.fg(Meaning::Info));
        return;
    }
    field::draw(
        buffer,
        place,
        look,
        &composer.body,
        look.styles.fg(Meaning::Text),
        is_current,
    );
}

/// What the last one became on the left, what the body is on the right.
fn foot_line(buffer: &mut Buffer, area: Rect, composer: &Composer, look: &Look<'_>) {
    let mut row = Row::new(buffer, area, 0);
    let size = text::size_long(composer.payload().len() as u64);
    let (words, meaning) = match &composer.check {
        BodyCheck::Empty if composer.retain => {
            ("empty and retained: clears the topic".to_owned(), Meaning::Warn)
        }
        BodyCheck::Empty => ("empty".to_owned(), Meaning::Dim),
        BodyCheck::Json => (format!("{} JSON", look.pick("✓", "ok")), Meaning::Ok),
        BodyCheck::BrokenJson(error) => (format!("{} JSON: {error}", look.pick("✗", "!")), Meaning::Warn),
        BodyCheck::Text => ("text".to_owned(), Meaning::Dim),
        BodyCheck::Binary => ("binary".to_owned(), Meaning::Dim),
    };
    row.skip(1);
    row.flush_right(" ", look.styles.base())
        .flush_right(&format!("{}  {size}", look.safe(&words)), look.styles.fg(meaning))
        .flush_right("  ", look.styles.base());
    match (&composer.topic_error, &composer.sending) {
        (Some(error), _) => {
            row.put_whole_or_cut(&look.safe(error), look.glyphs, look.styles.fg(Meaning::Error))
        }
        (None, Sending::Nothing) if composer.field == Field::Properties => {
            row.put("Enter opens the MQTT 5 properties", look.styles.fg(Meaning::Dim))
        }
        (None, Sending::Nothing) => row.put("", look.styles.base()),
        (None, Sending::Waiting(_)) => row.put(
            look.pick("… waiting for the broker", "... waiting for the broker"),
            look.styles.fg(Meaning::Info),
        ),
        (None, Sending::Ended { words, is_ok: true }) => row
            .put(look.pick("✓ ", "ok "), look.styles.fg(Meaning::Ok))
            .put_whole_or_cut(&look.safe(words), look.glyphs, look.styles.fg(Meaning::Ok)),
        (None, Sending::Ended { words, is_ok: false }) => row
            .put(look.pick("✗ ", "! "), look.styles.fg(Meaning::Error))
            .put_whole_or_cut(&look.safe(words), look.glyphs, look.styles.fg(Meaning::Error)),
    };
}
