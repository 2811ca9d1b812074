//! The line of counters: nothing is lost and nothing is cut without standing here.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{
    app::{App, LAG_SHOWN_US, notices::Level},
    config::Meaning,
    event::ConnectionState,
    text,
};

/// A figure: its name, its value, whether it is to be worried about.
struct Figure {
    name: &'static str,
    value: String,
    meaning: Meaning,
}

/// Draws the line: the connection and its figures. What the program has to say stands at its right end, or on
/// the line of keys where there is no room.
pub fn render(buffer: &mut Buffer, area: Rect, hints: Rect, app: &App, look: &Look<'_>) {
    let figures = figures(app);
    let used = usize::from(area.width) - usize::from(counters(buffer, area, app, look, &figures));
    let Some(notice) = app.notices.current() else {
        return;
    };
    let (mark, meaning) = match notice.level {
        Level::Info => (look.pick("✓ ", ""), Meaning::Info),
        Level::Warn => ("! ", Meaning::Warn),
        Level::Error => (look.pick("✗ ", "!! "), Meaning::Error),
    };
    let words = format!("{mark}{}", look.plain(&look.safe(&notice.text)));
    let room = usize::from(area.width).saturating_sub(used + 3);
    if text::width(&words) <= room {
        let mut row = Row::new(buffer, area, 0);
        row.skip(used as u16)
            .flush_right(" ", look.styles.base())
            .flush_right(&words, look.styles.fg(meaning));
    } else {
        let words = text::truncate_end(&words, usize::from(hints.width).saturating_sub(2), look.glyphs);
        Row::new(buffer, hints, 0).put(&" ".repeat(usize::from(hints.width)), look.styles.base());
        Row::new(buffer, hints, 0).put(" ", look.styles.base()).column(
            &words,
            hints.width.saturating_sub(1),
            look.styles.fg(meaning),
        );
    }
}

/// Draws as many words as fit, but every figure; returns the columns left.
fn counters(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, figures: &[Figure]) -> u16 {
    let dot = look.pick(" · ", " | ");
    let width = |gap: &str, figures: &[Figure]| -> usize {
        let of = |figure: &Figure| text::width(gap) + figure.name.len() + 1 + text::width(&figure.value);
        figures.iter().map(of).sum()
    };
    let room = usize::from(area.width);
    let (connection, meaning) = connection(app, look);
    let mut row = Row::new(buffer, area, 0);
    let (glyph, _) = connection.split_once(' ').unwrap_or((&connection, ""));
    let mark = if is_insecure(app) { " INSECURE" } else { "" };
    let room = room.saturating_sub(mark.len());
    let (head, gap) = match () {
        () if 1 + text::width(&connection) + width(dot, figures) <= room => (connection.as_str(), dot),
        () if 1 + text::width(glyph) + width(dot, figures) <= room => (glyph, dot),
        () => (glyph, " "),
    };
    row.put(if gap == dot { " " } else { "" }, look.styles.base())
        .put(head, look.styles.fg(meaning))
        .put(mark, look.styles.fg(Meaning::Error));
    for figure in figures {
        let meaning = look.styles.fg(figure.meaning);
        row.put(gap, look.styles.fg(Meaning::Dim))
            .put(figure.name, meaning)
            .put(" ", meaning)
            .put(&figure.value, meaning);
    }
    row.left()
}

/// Whether what is shown comes over TLS whose certificate was not verified.
fn is_insecure(app: &App) -> bool {
    let scope = app.scope();
    let mut shown = app.connections.iter().map(|connection| connection.source);
    shown.any(|source| {
        let state = app.model.connection(source).map(|known| &known.state);
        scope.is_none_or(|scope| scope == source)
            && matches!(state, Some(ConnectionState::Connected(facts)) if facts.is_insecure())
    })
}

/// The one line of a tiny screen.
pub fn line(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let totals = app.model.totals();
    let rate = text::rate(app.model.rate().per_second(app.now.mono_us));
    let evicted = app.model.log().evicted();
    let words = format!(
        "{rate} rx {} drop {} evict {evicted}",
        text::grouped(totals.rx_messages),
        totals.dropped_messages
    );
    Row::new(buffer, area, 0).put(&look.plain(&words), look.styles.fg(Meaning::Text));
}

/// All of them at every width: below 72 columns numbers are rounded, below 52 names are short.
fn figures(app: &App) -> Vec<Figure> {
    // Of the connection that tree and log show, or of all of them.
    let known = app.scope().and_then(|source| app.model.connection(source));
    let totals = known.map_or(app.model.totals(), |connection| &connection.counters);
    let memory = app.model.memory();
    let evicted = app.model.log().evicted();
    let width = app.size.width;
    let worry = |number: u64| if number > 0 { Meaning::Warn } else { Meaning::Text };
    let name = |long, short| if width < 52 { short } else { long };
    let figure = |name, value, meaning| Figure { name, value, meaning };
    let number = |name, number: u64, meaning| {
        figure(
            name,
            if width < 72 {
                text::count(number)
            } else {
                text::grouped(number)
            },
            meaning,
        )
    };
    let mut figures = Vec::new();
    if let Some(source) = app.scope().filter(|_| width >= 100) {
        figures.push(number(
            "sub",
            app.subscriptions(source).len() as u64,
            Meaning::Text,
        ));
    }
    figures.push(number("rx", totals.rx_messages, Meaning::Text));
    figures.push(number("tx", totals.tx_messages, Meaning::Text));
    figures.push(number(
        name("drop", "dr"),
        totals.dropped_messages,
        worry(totals.dropped_messages),
    ));
    figures.push(number(name("evict", "ev"), evicted, worry(evicted)));
    let used = memory.used.div_ceil(1 << 20);
    let unit = if width >= 100 { " MiB" } else { "M" };
    figures.push(figure(
        name("mem", "m"),
        format!("{used}/{}{unit}", memory.budget >> 20),
        Meaning::Text,
    ));
    let (lag, meaning) = lag(app.model.lag_us(app.now.mono_us));
    figures.push(figure(
        "lag",
        if width < 52 { lag.replace(' ', "") } else { lag },
        meaning,
    ));
    figures
}

/// A glyph, and behind a space the connection in words.
fn connection(app: &App, look: &Look<'_>) -> (String, Meaning) {
    let Some(source) = app.scope() else {
        let open = app
            .connections
            .iter()
            .filter(|connection| connection.is_open)
            .count();
        return match open {
            0 => (format!("{} no connection", look.pick("○", "o")), Meaning::Dim),
            _ => (format!("{} all {open}", look.pick("∑", "=")), Meaning::Text),
        };
    };
    let name = look.safe(app.connection_name(source)).into_owned();
    let name = text::truncate_end(&name, 16, look.glyphs).into_owned();
    match app.model.connection(source).map(|connection| &connection.state) {
        Some(ConnectionState::Connected(facts)) => (
            format!("{} {name} v{}", look.pick("●", "*"), facts.version),
            Meaning::Ok,
        ),
        Some(ConnectionState::Connecting { .. }) => (
            format!("{} {name} connecting", look.pick("◐", "~")),
            Meaning::Info,
        ),
        Some(ConnectionState::Waiting { .. }) => {
            (format!("{} {name} waiting", look.pick("◐", "~")), Meaning::Warn)
        }
        Some(ConnectionState::Refused(_)) => {
            (format!("{} {name} refused", look.pick("✗", "x")), Meaning::Error)
        }
        Some(ConnectionState::Idle) | None => (format!("{} {name} off", look.pick("○", "o")), Meaning::Dim),
    }
}

/// Above a second the broker's own queue for us fills up; below 10 ms the figure would only flicker.
fn lag(us: u64) -> (String, Meaning) {
    match us {
        0..LAG_SHOWN_US => ("0 ms".into(), Meaning::Text),
        LAG_SHOWN_US..100_000 => (text::latency(us), Meaning::Text),
        100_000..1_000_000 => (text::latency(us), Meaning::Warn),
        1_000_000..=u64::MAX => (
            format!("{}: broker may be dropping", text::latency(us)),
            Meaning::Error,
        ),
    }
}
