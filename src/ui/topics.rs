//! The topics pane: a row a level — name, value or counts, marks, age or rate.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{
        App,
        freshness::{Freshness, freshness},
        layout::Pane,
        topics::indent,
    },
    config::Meaning,
    decode,
    event::ConnectionState,
    model,
    mqtt::ReasonCode,
    text,
};

/// Draws the pane.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let has_focus = app.focus == Pane::Topics;
    let topics = app.model.topics();
    let fresh = if app.topics.is_fresh_only {
        " fresh only"
    } else {
        ""
    };
    let title = format!("2 Topics {}{fresh}", text::grouped(topics.topic_count()));
    let note = format!("sort:{}", app.topics.view.sort().name());
    let inner = frame::pane(buffer, area, look, has_focus, &title, &note);
    let rows = app.topics.rows();
    if rows.is_empty() {
        empty(buffer, inner, app, look);
    }
    let mut label = String::new();
    for (y, row) in rows.iter().enumerate() {
        let line = Rect {
            y: inner.y + y as u16,
            height: 1,
            ..inner
        };
        label.clear();
        topics.write_label(row.top, row.node, &mut label);
        draw_row(buffer, line, app, look, row, &label);
        if app.topics.selected() == Some(row.node) {
            Row::style_line(buffer, line, 0, look.styles.selection(has_focus));
        }
    }
    let not_kept = topics.topics_not_kept();
    if not_kept > 0 && inner.height > 0 {
        let words = format!(
            "{} {} more topics not kept",
            look.pick("…", "..."),
            text::grouped(not_kept)
        );
        let bottom = Rect {
            y: inner.bottom() - 1,
            height: 1,
            ..inner
        };
        Row::new(buffer, bottom, 0)
            .column(" ", 1, look.styles.base())
            .column(&words, bottom.width, look.styles.fg(Meaning::Warn));
    }
}

fn empty(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let state = app
        .scope()
        .and_then(|source| app.model.connection(source))
        .map(|connection| &connection.state);
    let words: &[&str] = match state {
        _ if app.filter.applied.is_some() || app.topics.is_fresh_only => {
            &["nothing matches", "/ and Enter on an empty line shows all"]
        }
        Some(ConnectionState::Connected(_)) if all_refused(app) => {
            &["the broker refused every filter", "u lists them, S subscribes"]
        }
        Some(ConnectionState::Connected(_)) => &["connected, nothing heard yet", "p publishes, S subscribes"],
        Some(ConnectionState::Connecting { .. } | ConnectionState::Waiting { .. }) => {
            &["waiting for the connection"]
        }
        Some(ConnectionState::Idle | ConnectionState::Refused(_)) => &["not connected"],
        None if app.connections.is_empty() => &["topics appear here"],
        None => &["not connected", "1, then Enter connects"],
    };
    for (y, words) in words.iter().enumerate() {
        Row::new(buffer, area, y as u16)
            .skip(1)
            .put(words, look.styles.fg(Meaning::Dim));
    }
}

/// Whether silence is to be expected: nothing is subscribed.
fn all_refused(app: &App) -> bool {
    let subscriptions = app.scope().map_or(&[][..], |source| app.subscriptions(source));
    let is_refused = |code: ReasonCode| code.0 >= 0x80;
    !subscriptions.is_empty()
        && subscriptions
            .iter()
            .all(|subscription| subscription.granted.is_some_and(is_refused))
}

fn draw_row(buffer: &mut Buffer, line: Rect, app: &App, look: &Look<'_>, row: &model::Row, label: &str) {
    let topics = app.model.topics();
    let stats = topics.stats(row.node);
    let fold = match (row.has_children, row.is_expanded) {
        (false, _) => "  ",
        (true, true) => look.pick("▾ ", "v "),
        (true, false) => look.pick("▸ ", "> "),
    };
    let label = if label.is_empty() {
        look.pick("∅", "(empty)").into()
    } else {
        look.safe(label)
    };
    let mut out = Row::new(buffer, line, 0);
    out.skip(indent(row.depth, line.width))
        .put(fold, look.styles.fg(Meaning::Dim));
    let (figures, meaning) = figures(app, row, look);
    let is_retained = stats.messages > 0 && stats.last_retained_id.is_some();
    let room = usize::from(out.left()).saturating_sub(if is_retained { 2 } else { 0 });
    let name = text::truncate_middle(&label, room.saturating_sub(2), look.glyphs).into_owned();
    let name_style = if topics.is_root(row.node) {
        look.styles.fg(Meaning::Title)
    } else {
        look.styles.fg(Meaning::Text)
    };
    let room_right = room.saturating_sub(text::width(&name) + 1);
    if text::width(&figures) <= room_right {
        out.flush_right(&figures, look.styles.fg(meaning));
    }
    if is_retained {
        out.flush_right(" ", look.styles.base())
            .flush_right("R", look.styles.fg(Meaning::Retained));
    }
    out.put(&name, name_style).skip(1);
    if stats.messages > 0 {
        out.flush_right(" ", look.styles.base());
        draw_value(&mut out, app, look, stats.last_id);
    }
}

/// The last value, as much as fits.
fn draw_value(out: &mut Row<'_>, app: &App, look: &Look<'_>, last: Option<u64>) {
    let Some(message) = last.and_then(|id| app.model.message(id)) else {
        return;
    };
    let room = usize::from(out.left());
    if room < 3 {
        return;
    }
    let mut value = String::new();
    decode::summary(message.payload(), room, look.glyphs, &mut value);
    out.put(&value, look.styles.fg(Meaning::JsonString));
}

/// What stands at the right edge: for a leaf its age, for a branch its count and rate.
fn figures(app: &App, row: &model::Row, look: &Look<'_>) -> (String, Meaning) {
    let topics = app.model.topics();
    let stats = topics.stats(row.node);
    let now = app.now.mono_us;
    if row.has_children {
        let rate = topics.rate(row.node, now);
        let rate = if rate > 0.0 {
            text::rate(rate)
        } else {
            silence(app, stats.subtree_last_us)
        };
        return (
            format!("{} {rate:>7}", text::count(stats.subtree_messages)),
            Meaning::Dim,
        );
    }
    if !app.muted.is_empty() && app.sieve.muted_by(&topics.topic(row.node)).is_some() {
        return ("muted".to_owned(), Meaning::Dim);
    }
    let Some(last) = stats.last_us else {
        return (String::new(), Meaning::Dim);
    };
    let age = now.saturating_sub(last);
    match freshness(&app.model, row.node, age) {
        Freshness::Fresh => (look.pick("•  now", "*  now").to_owned(), Meaning::Fresh),
        Freshness::Quiet => (format!("{:>6}", text::age(age)), Meaning::Text),
        Freshness::Stale => (format!("{:>6}", text::age(age)), Meaning::Stale),
        Freshness::Silent => (format!("silent {} !", text::age(age)), Meaning::Warn),
    }
}

fn silence(app: &App, last_us: Option<u64>) -> String {
    last_us.map_or_else(String::new, |last| {
        text::age(app.now.mono_us.saturating_sub(last))
    })
}
