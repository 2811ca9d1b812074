//! The connections pane: state, name, address, and in words where it stands.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{
        App,
        connections::{Connection, Line},
        layout::Pane,
    },
    config::Meaning,
    event::ConnectionState,
    text,
};

/// Draws the pane.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let has_focus = app.focus == Pane::Connections;
    let inner = frame::pane(buffer, area, look, has_focus, "1 Connections", "a add");
    if app.connections.is_empty() {
        empty(buffer, inner, look);
        return;
    }
    let (first, selected) = app.connection_view(inner.height);
    let lines = app.connection_lines();
    for (y, (index, line)) in (0..inner.height).zip(lines.iter().enumerate().skip(first)) {
        let place = Rect {
            y: inner.y + y,
            height: 1,
            ..inner
        };
        match line {
            Line::All => all_row(buffer, place, app, look),
            Line::Group(name) => group_row(buffer, place, look, name),
            Line::One(connection) => connection_row(buffer, place, app, look, connection),
        }
        if index == selected {
            Row::style_line(buffer, place, 0, look.styles.selection(has_focus));
        }
    }
}

fn group_row(buffer: &mut Buffer, line: Rect, look: &Look<'_>, name: &str) {
    Row::new(buffer, line, 0)
        .put(look.pick("▾ ", "v "), look.styles.fg(Meaning::Dim))
        .put_whole_or_cut(&look.safe(name), look.glyphs, look.styles.fg(Meaning::Dim));
}

fn empty(buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    for (y, words) in [
        "no connection yet",
        "a adds one",
        "or start: mqttscope HOST",
        "or: mqttscope demo",
    ]
    .iter()
    .enumerate()
    {
        Row::new(buffer, area, y as u16).skip(1).put(
            words,
            look.styles.fg(if y == 0 { Meaning::Text } else { Meaning::Dim }),
        );
    }
}

fn all_row(buffer: &mut Buffer, line: Rect, app: &App, look: &Look<'_>) {
    let open = app.connections.iter().filter(|connection| connection.is_open);
    let states = open
        .filter_map(|connection| app.model.connection(connection.source))
        .map(|known| &known.state);
    let (mut count, mut connected) = (0, 0);
    for state in states {
        count += 1;
        connected += usize::from(matches!(state, ConnectionState::Connected(_)));
    }
    let rate = text::rate(app.model.rate().per_second(app.now.mono_us));
    let mut row = Row::new(buffer, line, 0);
    row.put(look.pick("∑ ", "= "), look.styles.fg(Meaning::Info))
        .put("all", look.styles.fg(Meaning::Text));
    row.flush_right(&rate, look.styles.fg(Meaning::Dim)).put(
        &format!("  {connected} of {count} connected"),
        look.styles.fg(Meaning::Dim),
    );
}

fn connection_row(buffer: &mut Buffer, line: Rect, app: &App, look: &Look<'_>, connection: &Connection) {
    let state = app
        .model
        .connection(connection.source)
        .map(|known| &known.state)
        .filter(|_| connection.is_open);
    let (glyph, meaning) = glyph(state, look);
    let name = look.safe(connection.profile.short_name());
    let mut row = Row::new(buffer, line, 0);
    // what belongs to a group stands below its name
    row.skip(if connection.profile.group().is_some() {
        2
    } else {
        0
    });
    row.put(glyph, look.styles.fg(meaning))
        .put(" ", look.styles.base());
    let (words, meaning) = words(state, app, connection);
    let words = look.safe(&words).into_owned();
    let name_width = (text::width(&name) as u16).clamp(6, 14);
    row.column(&name, name_width, look.styles.fg(Meaning::Text))
        .skip(1);
    let room = usize::from(row.left());
    let url = look.safe(&connection.profile.url.to_string()).into_owned();
    let words = text::truncate_end(&words, room, look.glyphs);
    let url_room = room.saturating_sub(text::width(&words) + 1);
    row.flush_right(&words, look.styles.fg(meaning));
    if url_room >= 8 {
        row.put(
            &text::truncate_middle(&url, url_room, look.glyphs),
            look.styles.fg(Meaning::Dim),
        );
    }
}

fn glyph<'a>(state: Option<&ConnectionState>, look: &Look<'a>) -> (&'a str, Meaning) {
    match state {
        Some(ConnectionState::Connected(_)) => (look.pick("●", "*"), Meaning::Ok),
        Some(ConnectionState::Connecting { .. }) => (look.pick("◐", "~"), Meaning::Info),
        Some(ConnectionState::Waiting { .. }) => (look.pick("◐", "~"), Meaning::Warn),
        Some(ConnectionState::Refused(_)) => (look.pick("✗", "x"), Meaning::Error),
        Some(ConnectionState::Idle) | None => (look.pick("○", "o"), Meaning::Dim),
    }
}

fn words(state: Option<&ConnectionState>, app: &App, connection: &Connection) -> (String, Meaning) {
    let lock = if connection.profile.read_only {
        " read only"
    } else {
        ""
    };
    match state {
        None => (format!("Enter connects{lock}"), Meaning::Dim),
        Some(ConnectionState::Idle) => (format!("disconnected{lock}"), Meaning::Dim),
        Some(ConnectionState::Connecting { attempt, phase }) => {
            (format!("{} try {attempt}", phase.name()), Meaning::Info)
        }
        Some(ConnectionState::Connected(facts)) if facts.is_insecure() => {
            (format!("v{} INSECURE{lock}", facts.version), Meaning::Error)
        }
        Some(ConnectionState::Connected(facts)) => (format!("v{}{lock}", facts.version), Meaning::Ok),
        Some(ConnectionState::Waiting {
            attempt,
            retry_at_us,
            failure,
        }) => {
            let left = retry_at_us.saturating_sub(app.now.mono_us).div_ceil(1_000_000);
            let what = &failure.what;
            (format!("try {attempt} in {left}s: {what}"), Meaning::Warn)
        }
        Some(ConnectionState::Refused(failure)) => (failure.what.clone(), Meaning::Error),
    }
}
