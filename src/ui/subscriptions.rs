//! The list of subscriptions: filter, what was asked, what was granted, what it delivers.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row},
};
use crate::{
    app::{App, subscribe::SubscriptionList},
    config::Meaning,
    event::ConnectionState,
    mqtt::{ProtocolVersion, ReasonContext, RetainHandling, Subscription},
    text,
};

/// Draws the list over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, list: &SubscriptionList) {
    let subscriptions = app.subscriptions(list.source);
    let title = format!("Subscriptions of {}", look.safe(app.connection_name(list.source)));
    let note = look.pick("Del unsubscribes · Esc closes", "Del unsubscribes, Esc closes");
    let height = (subscriptions.len() as u16 + 4).max(6);
    let inner = frame::overlay(buffer, area, look, (84, height), &title, note);
    let (head, body) = super::split_top(inner, 1);
    let dim = look.styles.fg(Meaning::Dim);
    let filter_width = inner.width.saturating_sub(44).max(12);
    Row::new(buffer, head, 0)
        .skip(1)
        .column("FILTER", filter_width, dim)
        .column(" ASKED", 8, dim)
        .column("GRANTED", 16, dim)
        .right("MSG/S", 8, dim)
        .skip(2)
        .put("OPTIONS", dim);
    if subscriptions.is_empty() {
        Row::new(buffer, body, 0)
            .skip(1)
            .put("none: nothing will be received; Esc, then S subscribes", dim);
    }
    let first = super::first_visible(list.selected, subscriptions.len(), body.height);
    for (y, (index, known)) in subscriptions
        .iter()
        .enumerate()
        .skip(first)
        .take(usize::from(body.height))
        .enumerate()
    {
        let subscription = &known.subscription;
        let rate = known.rate.per_second(app.now.mono_us);
        let (granted, meaning) = granted(app, list, known.granted);
        let filter = look.safe(subscription.filter.as_str());
        Row::new(buffer, body, y as u16)
            .skip(1)
            .column(
                &text::truncate_middle(&filter, usize::from(filter_width), look.glyphs),
                filter_width,
                look.styles.overlay(),
            )
            .column(
                &format!(" QoS {}", subscription.options.qos),
                8,
                look.styles.overlay(),
            )
            .column(&granted, 16, look.styles.fg(meaning))
            .right(&text::rate(rate), 8, look.styles.overlay())
            .skip(2)
            .put(&options(subscription), dim);
        if index == list.selected {
            Row::style_line(buffer, body, y as u16, look.styles.selection(true));
        }
    }
}

fn granted(app: &App, list: &SubscriptionList, code: Option<crate::mqtt::ReasonCode>) -> (String, Meaning) {
    let version = match app
        .model
        .connection(list.source)
        .map(|connection| &connection.state)
    {
        Some(ConnectionState::Connected(facts)) => facts.version,
        _ => ProtocolVersion::V5,
    };
    let context = ReasonContext::Suback(version);
    match code {
        None => ("waiting".into(), Meaning::Info),
        Some(code) if code.is_failure(context) => (code.name(context).to_owned(), Meaning::Error),
        Some(code) => (format!("QoS {}", code.0), Meaning::Ok),
    }
}

fn options(subscription: &Subscription) -> String {
    let options = subscription.options;
    let mut words = Vec::new();
    if options.no_local {
        words.push("NL");
    }
    if options.retain_as_published {
        words.push("RAP");
    }
    match options.retain_handling {
        RetainHandling::Send => {}
        RetainHandling::SendIfNew => words.push("RH1"),
        RetainHandling::DoNotSend => words.push("RH2"),
    }
    let ids = subscription.properties.subscription_identifiers();
    let ids: Vec<String> = ids.map(|id| format!("id {id}")).collect();
    words.extend(ids.iter().map(String::as_str));
    words.join(" ")
}
