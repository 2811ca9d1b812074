//! The line of counters: nothing is lost and nothing is cut without standing here.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, widgets::row::Row};
use crate::{
    app::{App, notices::Level},
    config::Meaning,
    event::ConnectionState,
    text,
};

/// A figure and whether it is to be worried about.
type Figure = (String, Meaning);

/// Draws the line: the connection and its figures, and on the right what the program has to say.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let mut row = Row::new(buffer, area, 0);
    if let Some(notice) = app.notices.current() {
        let (mark, meaning) = match notice.level {
            Level::Info => (look.pick("✓ ", ""), Meaning::Info),
            Level::Warn => ("! ", Meaning::Warn),
            Level::Error => (look.pick("✗ ", "!! "), Meaning::Error),
        };
        let words = format!("{mark}{} ", look.safe(&notice.text));
        // What is said now matters more than the counters, but leaves them some room.
        let most = usize::from(area.width)
            .saturating_sub(24)
            .max(usize::from(area.width) / 2);
        row.flush_right(
            &text::truncate_end(&words, most, look.glyphs),
            look.styles.fg(meaning),
        );
        row.flush_right(" ", look.styles.base());
    }
    row.skip(1);
    for (index, (words, meaning)) in figures(app, look).into_iter().enumerate() {
        let gap = if index == 0 { "" } else { look.pick(" · ", " | ") };
        if usize::from(row.left()) < text::width(gap) + text::width(&words) {
            break;
        }
        row.put(gap, look.styles.fg(Meaning::Dim))
            .put(&words, look.styles.fg(meaning));
    }
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

fn figures(app: &App, look: &Look<'_>) -> Vec<Figure> {
    let totals = app.model.totals();
    let memory = app.model.memory();
    let evicted = app.model.log().evicted();
    let grouped = |number: u64| text::grouped(number);
    let worry = |number: u64| if number > 0 { Meaning::Warn } else { Meaning::Text };
    let mut figures = vec![connection(app, look)];
    if let Some(source) = app.scope() {
        let subscriptions = app.subscriptions(source).len();
        figures.push((format!("sub {subscriptions}"), Meaning::Text));
    }
    figures.push((format!("rx {}", grouped(totals.rx_messages)), Meaning::Text));
    figures.push((format!("tx {}", grouped(totals.tx_messages)), Meaning::Text));
    figures.push((
        format!("drop {}", grouped(totals.dropped_messages)),
        worry(totals.dropped_messages),
    ));
    figures.push((format!("evict {}", grouped(evicted)), worry(evicted)));
    let used = memory.used.div_ceil(1 << 20);
    let budget = memory.budget >> 20;
    figures.push((format!("mem {used}/{budget} MiB"), Meaning::Text));
    figures.push(lag(app.model.lag_us(app.now.mono_us)));
    figures
}

fn connection(app: &App, look: &Look<'_>) -> Figure {
    let Some(source) = app.scope() else {
        let open = app
            .connections
            .iter()
            .filter(|connection| connection.is_open)
            .count();
        return match open {
            0 => ("no connection".into(), Meaning::Dim),
            _ => (format!("all {open}"), Meaning::Text),
        };
    };
    let name = look.safe(app.connection_name(source)).into_owned();
    let name = text::truncate_end(&name, 16, look.glyphs).into_owned();
    match app.model.connection(source).map(|connection| &connection.state) {
        Some(ConnectionState::Connected(facts)) => (
            format!("{name} {} v{}", look.pick("●", "*"), facts.version),
            Meaning::Ok,
        ),
        Some(ConnectionState::Connecting { .. }) => (
            format!("{name} {} connecting", look.pick("◐", "~")),
            Meaning::Info,
        ),
        Some(ConnectionState::Waiting { .. }) => {
            (format!("{name} {} waiting", look.pick("◐", "~")), Meaning::Warn)
        }
        Some(ConnectionState::Refused(_)) => {
            (format!("{name} {} refused", look.pick("✗", "x")), Meaning::Error)
        }
        Some(ConnectionState::Idle) | None => (format!("{name} {} off", look.pick("○", "o")), Meaning::Dim),
    }
}

/// Above a second the broker's own queue for us fills up.
fn lag(us: u64) -> Figure {
    match us {
        1_000_000..=u64::MAX => (
            format!("lag {} (broker may be dropping)", text::latency(us)),
            Meaning::Error,
        ),
        100_000..1_000_000 => (format!("lag {}", text::latency(us)), Meaning::Warn),
        // Below 10 ms the figure says nothing and would only flicker.
        0..10_000 => ("lag 0 ms".into(), Meaning::Text),
        10_000..100_000 => (format!("lag {}", text::latency(us)), Meaning::Text),
    }
}
