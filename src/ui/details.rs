//! The details pane: a head line about the message, then one of its views.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{
        App,
        details::{Content, Fact, Tab},
        layout::Pane,
    },
    config::Meaning,
    decode::{Decoded, TokenKind},
    model::MessageRef,
    text,
    wire::Direction,
};

/// Columns of indentation at the most: the network decides the depth.
const MAX_INDENT: usize = 40;

/// Draws the pane.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let has_focus = app.focus == Pane::Details;
    let message = app.selected_message();
    let title = match &message {
        Some(message) => format!("4 Details  #{}", text::grouped(message.id())),
        None => "4 Details".into(),
    };
    let inner = frame::pane(
        buffer,
        area,
        look,
        has_focus,
        &title,
        &tabs(app, look, area.width),
    );
    let Some(message) = message else {
        nothing(buffer, inner, app, look);
        return;
    };
    let (head, body) = super::split_top(inner, 1);
    head_line(buffer, head, app, look, &message);
    match app.details.content() {
        Some(Content::Payload(decoded)) => payload(buffer, body, app, look, decoded, message.payload()),
        Some(Content::Facts(facts)) => table(buffer, body, app, look, facts),
        None => {}
    }
}

/// The views' names, the one shown in brackets; where there is little room, only that.
fn tabs(app: &App, look: &Look<'_>, width: u16) -> String {
    let current = app.details.tab;
    if width < 60 {
        return format!(
            "{} {}{}",
            look.pick("‹", "<"),
            current.name(),
            look.pick(" ›", " >")
        );
    }
    let names: Vec<String> = Tab::ALL
        .iter()
        .map(|tab| {
            if *tab == current {
                format!("[{}]", tab.name())
            } else {
                tab.name().to_owned()
            }
        })
        .collect();
    names.join(look.pick("·", " "))
}

fn nothing(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let dim = look.styles.fg(Meaning::Dim);
    let Some(node) = app
        .topics
        .selected()
        .filter(|_| app.subject == crate::app::details::Subject::Topic)
    else {
        Row::new(buffer, area, 0)
            .skip(1)
            .put("select a message or a topic with a value", dim);
        return;
    };
    let stats = app.model.topics().stats(node);
    let plural = |count: u64, word: &str| {
        format!(
            "{} {word}{}",
            text::grouped(count),
            if count == 1 { "" } else { "s" }
        )
    };
    let words = format!(
        "{} below, {}, {}",
        plural(stats.subtree_topics.into(), "topic"),
        plural(stats.subtree_messages, "message"),
        text::size_long(stats.subtree_bytes)
    );
    Row::new(buffer, area, 0)
        .skip(1)
        .put(&words, look.styles.fg(Meaning::Text));
    let is_open = app.topics.view.is_expanded(app.model.topics(), node);
    let way_on = if is_open {
        "no message to exactly this level"
    } else {
        "no message to exactly this level; Enter unfolds it"
    };
    Row::new(buffer, area, 1).skip(1).put(way_on, dim);
}

fn head_line(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, message: &MessageRef<'_>) {
    let mut row = Row::new(buffer, area, 0);
    let dim = look.styles.fg(Meaning::Dim);
    if let Some(previous) = app.model.previous_on_topic(message.id()) {
        let since = message.time().mono_us.saturating_sub(previous.time().mono_us);
        row.flush_right(&format!(" {} after the one before ", text::latency(since)), dim);
    }
    let mut flags = vec![format!("QoS{}", message.qos())];
    if message.direction() == Direction::ClientToServer {
        flags.push("SENT".into());
    }
    if message.retain() {
        flags.push("RETAIN".into());
    }
    if message.dup() {
        flags.push("DUP".into());
    }
    let size = text::size_long(message.payload_len().into());
    let size = if message.is_truncated() {
        let kept = text::size_long(message.payload().len() as u64);
        format!("{size} ({kept} kept{})", way_to_whole(app, message))
    } else {
        size
    };
    let kind = app
        .details
        .kind()
        .map_or_else(String::new, |kind| kind.label().to_owned());
    let facts = format!("  {}  {size}  {kind}", flags.join(" "));
    let topic = look.safe(&message.topic()).into_owned();
    let room = usize::from(row.left()).saturating_sub(text::width(&facts) + 1);
    row.skip(1).put(
        &text::fit_topic(&topic, room.max(8), look.glyphs),
        look.styles.fg(Meaning::Title),
    );
    row.put(&facts, dim);
}

/// Behind what is kept of a cut payload: how to get the next one whole.
fn way_to_whole(app: &App, message: &MessageRef<'_>) -> &'static str {
    let watched = app.watched.get(&message.source());
    match () {
        () if message.is_given_up() => "; given up for want of memory",
        () if message.payload_len() as usize > app.watched_limit() => "; memory allows no more",
        () if watched.is_some_and(|topics| topics.contains(&*message.topic())) => "; the next is kept whole",
        () => "; W keeps the next whole",
    }
}

fn payload(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, decoded: &Decoded, bytes: &[u8]) {
    let first = app.details.first;
    if decoded.line_count(bytes) == 0 {
        Row::new(buffer, area, 0)
            .skip(1)
            .put("(empty payload)", look.styles.fg(Meaning::Dim));
    }
    for (y, line) in decoded
        .lines(bytes, first..first + usize::from(area.height))
        .iter()
        .enumerate()
    {
        let mut row = Row::new(buffer, area, y as u16);
        row.skip(1 + (line.depth * 2).min(MAX_INDENT) as u16);
        for token in &line.tokens {
            let left = usize::from(row.left());
            if left == 0 {
                break;
            }
            row.put(&token.shown(left, look.glyphs), style(look, token.kind));
        }
        if let Some(change) = app.details.change(first + y) {
            let words = look.safe(change);
            row.put(look.pick("   ← ", "   <- "), look.styles.fg(Meaning::Dim))
                .put(&words, look.styles.fg(Meaning::Fresh));
        }
    }
    scroll_mark(buffer, area, app, look);
}

fn style(look: &Look<'_>, kind: TokenKind) -> Style {
    look.styles.fg(match kind {
        TokenKind::Key => Meaning::JsonKey,
        TokenKind::String => Meaning::JsonString,
        TokenKind::Number => Meaning::JsonNumber,
        TokenKind::Bool => Meaning::JsonBoolean,
        TokenKind::Null => Meaning::JsonNull,
        TokenKind::Punct => Meaning::JsonPunctuation,
        TokenKind::Bytes | TokenKind::Hex => Meaning::Text,
        TokenKind::Error => Meaning::Error,
        TokenKind::Note | TokenKind::Offset | TokenKind::Ascii => Meaning::Dim,
        TokenKind::Text => Meaning::Text,
    })
}

fn table(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, facts: &[Fact]) {
    let name_width = 30.min(area.width / 2);
    for (y, fact) in facts
        .iter()
        .skip(app.details.first)
        .take(usize::from(area.height))
        .enumerate()
    {
        let mut row = Row::new(buffer, area, y as u16);
        row.skip(1);
        if let Some(range) = &fact.range {
            row.column(
                &format!("{:>5}+{}", range.start, range.len()),
                11,
                look.styles.fg(Meaning::Dim),
            );
        }
        let indent = (fact.depth * 2).min(12);
        let room = name_width.saturating_sub(indent);
        let name = look.safe(&fact.name);
        let name = text::truncate_end(&name, usize::from(room), look.glyphs);
        row.skip(indent)
            .column(&name, room, look.styles.fg(Meaning::JsonKey))
            .skip(1);
        let meaning = if fact.name == "anomaly" {
            Meaning::Error
        } else {
            Meaning::Text
        };
        row.put_whole_or_cut(
            &look.plain(&look.safe(&fact.value)),
            look.glyphs,
            look.styles.fg(meaning),
        );
    }
    scroll_mark(buffer, area, app, look);
}

fn scroll_mark(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>) {
    let seen = app.details.first + usize::from(area.height);
    frame::out_of_view(buffer, area, look, 0, app.details.lines().saturating_sub(seen));
}
