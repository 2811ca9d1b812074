//! What is known about one connection.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    widgets::{frame, row::Row, wrap::wrap},
};
use crate::{
    app::App,
    config::{Meaning, Profile, property_text},
    event::{ConnectionState, Facts, Failure, SourceId, TlsFacts},
    mqtt::{Properties, Property, ReasonContext, Will},
    text,
};

/// Columns, at the most.
const WIDTH: u16 = 90;
/// Columns of the names.
const LABELS: u16 = 17;
/// Lines of one fact at the most: a broker may write as much as it likes.
const LINES_A_FACT: usize = 6;

/// Draws the facts over the panes.
pub fn render(buffer: &mut Buffer, area: Rect, app: &App, look: &Look<'_>, source: SourceId) {
    let room = usize::from(WIDTH.min(area.width)).saturating_sub(3 + usize::from(LABELS));
    let rows: Vec<_> = rows(app, source)
        .into_iter()
        .map(|(label, value, meaning)| (label, look.plain(&look.safe(&value)), meaning))
        .collect();
    let lines: Vec<_> = rows
        .iter()
        .flat_map(|(label, value, meaning)| {
            let value = wrap(value, room);
            let labels = std::iter::once(*label).chain(std::iter::repeat(""));
            labels
                .zip(value)
                .take(LINES_A_FACT)
                .map(|(label, value)| (label, value, *meaning))
        })
        .collect();
    let title = format!("Connection {}", look.safe(app.connection_name(source)));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let inner = frame::overlay(buffer, area, look, (WIDTH, height), &title, "Esc closes");
    for (y, (label, value, meaning)) in lines.iter().enumerate().take(usize::from(inner.height)) {
        Row::new(buffer, inner, y as u16)
            .skip(1)
            .column(label, LABELS, look.styles.fg(Meaning::Dim))
            .put_whole_or_cut(value, look.glyphs, look.styles.fg(*meaning));
    }
}

type FactRow = (&'static str, String, Meaning);

fn rows(app: &App, source: SourceId) -> Vec<FactRow> {
    let Some(connection) = app.connection(source) else {
        return Vec::new();
    };
    let mut rows = vec![("address", connection.profile.url.to_string(), Meaning::Text)];
    let Some(known) = app.model.connection(source) else {
        return rows;
    };
    match &known.state {
        ConnectionState::Idle => rows.push(("state", "disconnected; Enter connects".into(), Meaning::Text)),
        ConnectionState::Connecting { attempt, phase } => {
            rows.push(("state", format!("{}, try {attempt}", phase.name()), Meaning::Info));
        }
        ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure) => {
            failed(&mut rows, failure);
        }
        ConnectionState::Connected(facts) => connected(&mut rows, facts),
    }
    asked(&mut rows, &connection.profile);
    let c = &known.counters;
    let figures = format!(
        "received {} ({}) · sent {} · dropped {}",
        text::grouped(c.rx_messages),
        text::size_long(c.rx_bytes),
        text::grouped(c.tx_messages),
        text::grouped(c.dropped_messages)
    );
    rows.push(("messages", figures, Meaning::Text));
    rows
}

/// What is said to the broker beyond the defaults: properties of CONNECT and the will.
fn asked(rows: &mut Vec<FactRow>, profile: &Profile) {
    let of_connect = listed(&profile.properties.connect);
    if !of_connect.is_empty() {
        let words = of_connect.trim_start_matches(" · ").to_owned();
        rows.push(("asked for", words, Meaning::Text));
    }
    if let Some(Will { message }) = &profile.will {
        let retain = if message.retain { " · retain" } else { "" };
        let words = format!(
            "{} · {} · QoS {}{retain}{}",
            message.topic,
            text::size_long(message.payload.len() as u64),
            message.qos,
            listed(&message.properties)
        );
        rows.push(("will", words, Meaning::Text));
    }
}

/// ` · session expiry interval 1h · user property a = b`.
fn listed(properties: &Properties) -> String {
    let word = |property: &Property| Some(format!(" · {} {}", property.id(), property_text(property)?));
    properties.0.iter().filter_map(word).collect()
}

fn tls_rows(rows: &mut Vec<FactRow>, tls: &TlsFacts) {
    let alpn = tls
        .alpn
        .as_ref()
        .map_or_else(String::new, |alpn| format!(" · ALPN {alpn}"));
    rows.push((
        "TLS",
        format!("{} · {}{alpn}", tls.version, tls.cipher),
        Meaning::Text,
    ));
    if tls.is_insecure {
        let complaint = tls.complaint.as_deref().unwrap_or("nothing to complain of");
        rows.push(("INSECURE", format!("not verified: {complaint}"), Meaning::Error));
    }
    for certificate in &tls.chain {
        let (until, meaning) = match certificate.days_left {
            days @ ..0 => (
                format!("expired {} days ago", days.unsigned_abs()),
                Meaning::Error,
            ),
            days @ 0..14 => (format!("expires in {days} days"), Meaning::Warn),
            days => (
                format!("expires in {} days", text::grouped(days.unsigned_abs())),
                Meaning::Text,
            ),
        };
        let names = match certificate.names.as_slice() {
            [] => String::new(),
            names => format!(" · for {}", names.join(", ")),
        };
        let words = format!(
            "{} · {until}{names} · by {}",
            certificate.subject, certificate.issuer
        );
        rows.push(("certificate", words, meaning));
    }
}

fn failed(rows: &mut Vec<FactRow>, failure: &Failure) {
    let phase = failure
        .phase
        .map(|phase| format!("{}: ", phase.name()))
        .unwrap_or_default();
    rows.push(("failed", format!("{phase}{}", failure.what), Meaning::Error));
    if !failure.advice.is_empty() {
        rows.push(("try", failure.advice.clone(), Meaning::Info));
    }
}

fn connected(rows: &mut Vec<FactRow>, facts: &Facts) {
    let session = if facts.session_present { "resumed" } else { "new" };
    rows.push((
        "version",
        format!("MQTT {}, session {session}", facts.version),
        Meaning::Ok,
    ));
    rows.push(("client id", facts.client_id.clone(), Meaning::Text));
    rows.push((
        "peer",
        facts.peer.map_or_else(|| "–".into(), |peer| peer.to_string()),
        Meaning::Text,
    ));
    let phases: Vec<_> = facts
        .phases
        .iter()
        .map(|(phase, took)| format!("{} {}", phase.name(), text::latency(took.as_micros() as u64)))
        .collect();
    rows.push(("took", phases.join(" · "), Meaning::Text));
    if let Some(tls) = &facts.tls {
        tls_rows(rows, tls);
    }
    for warning in &facts.warnings {
        rows.push(("odd", warning.clone(), Meaning::Warn));
    }
    let keep_alive = match facts.keep_alive {
        0 => "off".into(),
        seconds => format!("{seconds} s"),
    };
    rows.push(("keep alive", keep_alive, Meaning::Text));
    let limits = &facts.limits;
    let size = limits
        .maximum_packet_size
        .map_or_else(|| "no limit".into(), |size| text::size_long(size.into()));
    let retain = if limits.retain_available {
        "retain"
    } else {
        "no retain"
    };
    let words = format!(
        "QoS {} · {retain} · packet {size} · receive maximum {} · aliases {}",
        limits.maximum_qos, limits.receive_maximum, limits.topic_alias_maximum
    );
    rows.push(("broker's limits", words, Meaning::Text));
    for (key, value) in facts.properties.user_properties() {
        rows.push(("user property", format!("{key} = {value}"), Meaning::Text));
    }
    let context = ReasonContext::Suback(facts.version);
    for (subscription, code) in &facts.subscriptions {
        let (granted, meaning) = match code {
            None => ("waiting for SUBACK".into(), Meaning::Info),
            Some(code) if code.is_failure(context) => {
                (format!("refused: {}", code.display(context)), Meaning::Error)
            }
            Some(code) => (code.name(context).to_owned(), Meaning::Text),
        };
        rows.push((
            "subscription",
            format!(
                "{} · asked QoS {} · {granted}{}",
                subscription.filter,
                subscription.options.qos,
                listed(&subscription.properties)
            ),
            meaning,
        ));
    }
}
