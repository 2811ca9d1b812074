//! The messages pane: the filter bar, the columns, a row a message, and what a pause holds.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, input,
    widgets::{frame, row::Row},
};
use crate::{
    app::{App, layout::Pane},
    config::Meaning,
    decode,
    event::ConnectionState,
    model::MessageRef,
    text,
    wire::Direction,
};

/// Widths of the columns, worked out once a frame.
struct Columns {
    has_millis: bool,
    has_delta: bool,
    connection: u16,
    topic: u16,
    has_size: bool,
}

impl Columns {
    fn of(width: u16, app: &App) -> Self {
        let has_connection = app.scope().is_none() && app.has_all_row();
        let connection = match width {
            _ if !has_connection => 0,
            ..56 => 7,
            56..76 => 9,
            _ => 13,
        };
        // The others have what is left: a payload is worth more than a time to the millisecond.
        let width = width.saturating_sub(connection);
        let has_delta = width >= 70;
        let has_millis = width >= 56;
        let topic = match width {
            ..60 => width * 2 / 5,
            _ => (width * 32 / 100).min(48),
        };
        Self {
            has_millis,
            has_delta,
            connection,
            topic,
            has_size: width >= 56,
        }
    }
}

/// Draws the pane.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let has_focus = app.focus == Pane::Messages;
    let view = &app.messages.view;
    let what = if app.filter.applied.is_some() {
        "matching"
    } else {
        "all"
    };
    let mut title = format!("3 Messages  {what} {}", text::grouped(view.len() as u64));
    push_oldest(&mut title, app);
    let note = match (view.is_paused(), app.messages.is_following) {
        (true, _) => look.pick("paused ‖", "paused"),
        (false, true) => look.pick("follow ▼", "follow"),
        (false, false) => "G follows",
    };
    let inner = frame::pane(buffer, area, look, has_focus, &title, note);
    let (bar, rest) = super::split_top(inner, 1);
    input::bar(buffer, bar, app, look);
    let (head, mut list) = super::split_top(rest, 1);
    let columns = Columns::of(inner.width, app);
    header(buffer, head, look, &columns);
    if view.is_paused() {
        let (rows, line) = super::split_bottom(list, 1);
        list = rows;
        pause_line(buffer, line, app, look);
    }
    if view.is_empty() {
        empty(buffer, list, app, look);
    }
    let mut scratch = String::new();
    for (y, id) in app.messages.rows().enumerate().take(usize::from(list.height)) {
        let line = Rect {
            y: list.y + y as u16,
            height: 1,
            ..list
        };
        let Some(message) = app.model.message(id) else {
            continue;
        };
        draw_row(buffer, line, app, look, &columns, &message, &mut scratch);
        if app.messages.selected() == Some(id) {
            Row::style_line(buffer, line, 0, look.styles.selection(has_focus));
        }
    }
}

/// Once messages were evicted: since when the history is whole.
fn push_oldest(title: &mut String, app: &App) {
    let log = app.model.log();
    let oldest = app.model.message(log.first_id()).filter(|_| log.evicted() > 0);
    if let Some(oldest) = oldest {
        title.push_str(" since ");
        let end = title.len() + "14:03:22".len();
        app.look.clock.push_time_of_day(title, oldest.time().wall_us);
        title.truncate(end);
    }
}

fn header(buffer: &mut Buffer, area: Rect, look: &Look<'_>, columns: &Columns) {
    let dim = look.styles.fg(Meaning::Dim);
    let mut row = Row::new(buffer, area, 0);
    row.skip(1)
        .column("TIME", if columns.has_millis { 13 } else { 9 }, dim);
    if columns.has_delta {
        row.right(look.pick("Δ ", "+ "), 9, dim);
    }
    row.column("Q F", 4, dim);
    if columns.connection > 0 {
        row.column("CONN", columns.connection, dim);
    }
    row.column("TOPIC", columns.topic, dim).skip(1);
    if columns.has_size {
        row.column(" SIZE", 7, dim);
    }
    row.put("PAYLOAD", dim);
}

fn draw_row(
    buffer: &mut Buffer,
    line: Rect,
    app: &App,
    look: &Look<'_>,
    columns: &Columns,
    message: &MessageRef<'_>,
    scratch: &mut String,
) {
    let text_style = look.styles.fg(Meaning::Text);
    let dim = look.styles.fg(Meaning::Dim);
    let mut row = Row::new(buffer, line, 0);
    scratch.clear();
    app.look.clock.push_time_of_day(scratch, message.time().wall_us);
    let time_width = if columns.has_millis { 12 } else { 8 };
    row.skip(1).column(
        scratch.get(..time_width).unwrap_or(scratch),
        time_width as u16 + 1,
        dim,
    );
    if columns.has_delta {
        row.right(&delta(app, message), 8, dim).skip(1);
    }
    let (flag, meaning) = flag(message, look);
    row.put(&message.qos().to_string(), text_style)
        .skip(1)
        .put(flag, look.styles.fg(meaning))
        .skip(1);
    if columns.connection > 0 {
        let name = look.safe(app.connection_name(message.source())).into_owned();
        row.column(
            &text::truncate_middle(&name, usize::from(columns.connection) - 1, look.glyphs),
            columns.connection,
            dim,
        );
    }
    scratch.clear();
    message.write_topic(scratch);
    let topic = look.safe(scratch);
    let is_sent = message.direction() == Direction::ClientToServer;
    let topic_style = if is_sent {
        look.styles.fg(Meaning::Sent)
    } else {
        text_style
    };
    row.column(
        &text::fit_topic(&topic, usize::from(columns.topic), look.glyphs),
        columns.topic,
        topic_style,
    )
    .skip(1);
    if columns.has_size {
        row.right(&text::size(message.payload_len().into()), 5, dim)
            .skip(2);
    }
    payload(&mut row, look, message, is_sent);
}

/// The payload as far as it fits, and what is to be known about it.
fn payload(row: &mut Row<'_>, look: &Look<'_>, message: &MessageRef<'_>, is_sent: bool) {
    if message.is_given_up() {
        row.put("value given up for want of memory", look.styles.fg(Meaning::Warn));
        return;
    }
    if message.is_truncated() {
        let kept = text::size(message.payload().len() as u64);
        row.put(&format!("[{kept} kept] "), look.styles.fg(Meaning::Warn));
    }
    if message.payload_len() == 0 {
        let words = if message.retain() {
            "(empty: clears the retained message)"
        } else {
            "(empty)"
        };
        row.put_whole_or_cut(words, look.glyphs, look.styles.fg(Meaning::Dim));
    }
    let mut preview = String::new();
    decode::preview(
        message.payload(),
        usize::from(row.left()),
        look.glyphs,
        &mut preview,
    );
    row.put(&preview, look.styles.fg(Meaning::Text));
    if is_sent {
        row.flush_right(" (sent by you)", look.styles.fg(Meaning::Sent));
    }
}

/// Since the message before on the same topic.
fn delta(app: &App, message: &MessageRef<'_>) -> String {
    app.model
        .previous_on_topic(message.id())
        .map_or_else(String::new, |previous| {
            text::delta(message.time().mono_us.saturating_sub(previous.time().mono_us))
        })
}

fn flag<'a>(message: &MessageRef<'_>, look: &Look<'a>) -> (&'a str, Meaning) {
    match () {
        () if message.direction() == Direction::ClientToServer => (look.pick("↑", "^"), Meaning::Sent),
        () if message.is_repeat() => ("2", Meaning::Warn),
        () if message.dup() => ("D", Meaning::Warn),
        () if message.retain() => ("R", Meaning::Retained),
        () => ("-", Meaning::Dim),
    }
}

/// In as many words as fit.
fn pause_line(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let held = text::grouped(app.held().unwrap_or(0));
    let lost = match app.messages.view.evicted_while_paused() {
        0 => "none lost".to_owned(),
        evicted => format!("{} evicted while paused", text::grouped(evicted)),
    };
    let long = format!("┄┄ paused by you · {held} newer held, {lost} · Space to resume ┄┄");
    let short = format!("┄ paused · {held} held, {lost} · Space ┄");
    let words = if text::width(&long) < usize::from(area.width) {
        long
    } else {
        short
    };
    let words = if look.is_ascii() {
        look.plain(&words).replace('┄', "-")
    } else {
        words
    };
    Row::new(buffer, area, 0)
        .skip(1)
        .put(&words, look.styles.fg(Meaning::Warn));
}

fn empty(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let state = app
        .scope()
        .and_then(|source| app.model.connection(source))
        .map(|connection| &connection.state);
    let mut words: Vec<String> = Vec::new();
    match state {
        None if app.connections.iter().all(|connection| !connection.is_open) => first_run(&mut words, app),
        _ if app.filter.applied.is_some() && app.messages.is_searching() => {
            words.push("looking through older messages …".into());
        }
        _ if app.filter.applied.is_some() => {
            words.extend(["no message matches".into(), "Esc takes the filter off".into()]);
        }
        Some(ConnectionState::Connected(_))
            if app
                .scope()
                .is_some_and(|source| app.subscriptions(source).is_empty()) =>
        {
            words.extend([
                "nothing is subscribed".into(),
                "S subscribes: # stands for all topics".into(),
            ]);
        }
        Some(ConnectionState::Connected(_)) => {
            words.extend([
                "connected; nothing was published yet".into(),
                "p publishes a message".into(),
            ]);
        }
        Some(ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure)) => {
            words.push(failure.what.clone());
            words.push(failure.advice.clone());
            words.push("1, then Enter tries again; e edits the connection".into());
        }
        Some(ConnectionState::Connecting { .. }) => words.push("connecting …".into()),
        Some(ConnectionState::Idle) | None => words.push("not connected: 1, then Enter connects".into()),
    }
    for (y, words) in words.iter().enumerate() {
        let meaning = if y == 0 { Meaning::Text } else { Meaning::Dim };
        Row::new(buffer, area, y as u16).skip(1).put_whole_or_cut(
            &look.plain(&look.safe(words)),
            look.glyphs,
            look.styles.fg(meaning),
        );
    }
}

fn first_run(words: &mut Vec<String>, app: &App) {
    words.push("mqttscope shows what goes through an MQTT broker, without disturbing it".into());
    words.push(String::new());
    if !app.connections.is_empty() {
        words.push("Enter              connect to the one selected on the left".into());
    }
    words.extend(
        [
            "a                  add a connection",
            "mqttscope HOST     from the shell: connect to a broker",
            "mqttscope demo     a broker with simulated devices, to try everything",
            "?                  every key",
        ]
        .map(String::from),
    );
    let imports = app
        .importable
        .iter()
        .map(|path| format!("from the shell: mqttscope profiles import '{}'", path.display()));
    words.extend(imports);
}
