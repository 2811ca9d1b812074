//! What is known about one connection, line by line, and which of it is in view.
//!
//! Says what and in which words; colours by their meaning only, no cells.

use ratatui::layout::{Position, Rect};

use super::{
    App,
    layout::{WIDEST_OVERLAY, overlay_body},
};
use crate::{
    config::{Meaning, Profile, property_text},
    event::{ConnectionState, Facts, Failure, SourceId, TlsFacts},
    mqtt::{Properties, Property, ProtocolVersion, ReasonContext, Will},
    text,
};

/// Columns of the names.
pub const LABELS: u16 = 17;
/// Columns of border and gaps beside the names and values.
const AROUND: u16 = 4;
/// Lines of one fact at the most: a broker may write as much as it likes.
const LINES_A_FACT: usize = 20;

/// The facts of a connection, open over the panes.
#[derive(Debug, Clone, Copy)]
pub struct FactsView {
    /// Whose.
    pub source: SourceId,
    /// The first line in view; past the last page where a longer list has become shorter.
    first: usize,
}

/// One line: a name, or nothing where a value goes on, and words that are safe to draw.
#[derive(Debug)]
pub struct FactLine {
    /// The fact's name.
    pub label: &'static str,
    /// As much of its value as fits in a line.
    pub value: String,
    /// How it is coloured.
    pub meaning: Meaning,
}

impl FactsView {
    /// From the top.
    pub const fn new(source: SourceId) -> Self {
        Self { source, first: 0 }
    }

    /// The first line in view, of that many, where `height` of them can be seen.
    pub fn first(&self, lines: usize, height: usize) -> usize {
        self.first.min(lines.saturating_sub(height))
    }

    /// Moves by so many lines, stopping at the ends.
    #[must_use]
    pub fn scrolled(self, app: &App, rows: isize) -> Self {
        let lines = app.fact_lines(self.source).len();
        let body = overlay_body(Rect::from((Position::ORIGIN, app.size)));
        let height = usize::from(body.height.saturating_sub(2));
        let first = self.first(lines, height).saturating_add_signed(rows);
        Self {
            first: first.min(lines.saturating_sub(height)),
            ..self
        }
    }
}

type FactRow = (&'static str, String, Meaning);

impl App {
    /// All lines of a connection's facts, broken for the screen as wide as it is.
    pub fn fact_lines(&self, source: SourceId) -> Vec<FactLine> {
        let room = WIDEST_OVERLAY
            .min(self.size.width)
            .saturating_sub(AROUND + LABELS);
        let rows = rows(self, source);
        let lines = rows.into_iter().flat_map(|row| self.lines_of(row, room.into()));
        lines.collect()
    }

    /// A fact's lines; where they are too many the last one says so.
    fn lines_of(&self, (label, value, meaning): FactRow, room: usize) -> Vec<FactLine> {
        let glyphs = self.look.glyphs;
        // what is cut away is not looked at: it may be megabytes
        let start = beginning(&value, LINES_A_FACT * room.max(2) * 2);
        let words = text::plain(&text::sanitize(start, glyphs), glyphs);
        let line = |value: &str| FactLine {
            label: "",
            value: value.to_owned(),
            meaning,
        };
        let wrapped = text::wrap(&words, room);
        let is_cut = wrapped.len() > LINES_A_FACT || start.len() < value.len();
        let mut lines: Vec<_> = wrapped.into_iter().take(LINES_A_FACT).map(line).collect();
        if let Some(first) = lines.first_mut() {
            first.label = label;
        }
        if is_cut {
            let words = format!(
                "… the rest is not shown: {} in all",
                text::size_long(value.len() as u64)
            );
            lines.push(FactLine {
                meaning: Meaning::Warn,
                ..line(&text::plain(&words, glyphs))
            });
        }
        lines
    }
}

/// So many characters of a text, or all.
fn beginning(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// What is known, most telling first; values not yet sanitised.
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
    if let Some(proxy) = &profile.proxy {
        rows.push(("proxy", proxy.to_string(), Meaning::Text));
    }
    if let Some(local) = profile.bind {
        rows.push(("from address", local.to_string(), Meaning::Text));
    }
    if !profile.ws_headers.is_empty() {
        // names alone: a value may be a secret
        let names: Vec<&str> = profile
            .ws_headers
            .iter()
            .map(|header| header.name.as_str())
            .collect();
        rows.push(("headers", names.join(", "), Meaning::Text));
    }
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

/// What CONNACK says the broker takes, and whatever else it says.
fn limits(rows: &mut Vec<FactRow>, facts: &Facts) {
    let (limits, properties) = (&facts.limits, &facts.properties);
    let size = limits
        .maximum_packet_size
        .map_or_else(|| "no limit".into(), |size| text::size_long(size.into()));
    let has = |is_available: bool, what: &str| format!("{}{what}", if is_available { "" } else { "no " });
    let words = format!(
        "QoS {} · {} · packet {size} · receive maximum {} · aliases {}",
        limits.maximum_qos,
        has(limits.retain_available, "retain"),
        limits.receive_maximum,
        limits.topic_alias_maximum
    );
    rows.push(("broker's limits", words, Meaning::Text));
    let offers = [
        has(
            properties.wildcard_subscription_available() != Some(0),
            "wildcards",
        ),
        has(
            properties.subscription_identifier_available() != Some(0),
            "subscription ids",
        ),
        has(
            properties.shared_subscription_available() != Some(0),
            "shared subscriptions",
        ),
    ];
    if facts.version == ProtocolVersion::V5 {
        rows.push(("broker has", offers.join(" · "), Meaning::Text));
    }
    let expiry = match properties.session_expiry_interval() {
        None => None,
        Some(u32::MAX) => Some("never (set by the broker)".to_owned()),
        Some(seconds) => Some(format!("{seconds} s (set by the broker)")),
    };
    let said = [
        ("session expiry", expiry),
        (
            "authentication",
            properties.authentication_method().map(Into::into),
        ),
        ("other server", properties.server_reference().map(Into::into)),
        ("responses at", properties.response_information().map(Into::into)),
        ("broker says", properties.reason_string().map(Into::into)),
    ];
    for (label, value) in said {
        rows.extend(value.map(|value| (label, value, Meaning::Text)));
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
    let session = match (facts.resumption_in_words(), facts.session_present) {
        (Some(words), _) => words,
        (None, true) => "session resumed".into(),
        (None, false) => "session new".into(),
    };
    rows.push((
        "version",
        format!("MQTT {}, {session}", facts.version),
        Meaning::Ok,
    ));
    let by_broker = |is_told: bool| if is_told { " (set by the broker)" } else { "" };
    let assigned = facts.properties.assigned_client_identifier().is_some();
    rows.push((
        "client id",
        format!("{}{}", facts.client_id, by_broker(assigned)),
        Meaning::Text,
    ));
    rows.push((
        "peer",
        facts
            .peer
            .as_ref()
            .map_or_else(|| "–".into(), ToString::to_string),
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
    let told = facts.properties.server_keep_alive().is_some();
    rows.push((
        "keep alive",
        format!("{keep_alive}{}", by_broker(told)),
        Meaning::Text,
    ));
    limits(rows, facts);
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
