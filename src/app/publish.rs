//! What the publish pane's keys do: open, send, repeat, reply, resend, editor, file.

use super::{
    App,
    composer::{Field, Sending},
    details::{Subject, properties},
    effect::Effect,
    form::Form,
    layout::Pane,
    overlay::Overlay,
    property_fields::{self, PropertyField},
};
use crate::{
    event::{Command, ConnectionState},
    mqtt::{Message, Properties, Property, PropertyId, ProtocolVersion, QoS, TopicName},
};

/// Opens the form, prefilled from the selection unless a draft is being written.
pub fn open(app: &mut App) {
    if !app.composer.has_draft() {
        // Nobody but the broker publishes to `$SYS` and its like.
        let topic = app
            .selected_topic()
            .filter(|topic| !topic.starts_with('$'))
            .unwrap_or_default();
        app.composer
            .fill(&topic, b"", QoS::AtMostOnce, false, Properties::NONE);
    }
    show(app);
}

/// Opens the form with a copy of the selected message.
pub fn resend(app: &mut App) {
    let Some(message) = app.selected_message() else {
        return;
    };
    let (topic, payload) = (message.topic().into_owned(), message.payload().to_vec());
    let (qos, retain, properties) = (message.qos(), message.retain(), resendable(properties(&message)));
    app.composer.fill(&topic, &payload, qos, retain, properties);
    show(app);
}

/// Opens the form addressed to the selected message's response topic.
pub fn reply(app: &mut App) {
    let Some(message) = app.selected_message() else {
        return;
    };
    let asked = properties(&message);
    let Some(response_topic) = asked.response_topic().map(str::to_owned) else {
        app.notices.info("this message names no response topic");
        return;
    };
    let correlation = asked
        .correlation_data()
        .map(|data| Property::CorrelationData(data.to_vec()));
    let qos = message.qos();
    app.composer.fill(
        &response_topic,
        b"",
        qos,
        false,
        correlation.into_iter().collect(),
    );
    show(app);
}

/// What of a received message's properties a publisher may send.
fn resendable(properties: Properties) -> Properties {
    let is_hop = |property: &Property| {
        matches!(
            property,
            Property::TopicAlias(_) | Property::SubscriptionIdentifier(_)
        )
    };
    Properties(
        properties
            .0
            .into_iter()
            .filter(|property| !is_hop(property))
            .collect(),
    )
}

const PROPERTIES: &[PropertyField] = &[
    (
        "Content type",
        PropertyId::ContentType,
        "as application/json or text/plain",
    ),
    (
        "Payload is UTF-8",
        PropertyId::PayloadFormatIndicator,
        "payload format indicator",
    ),
    (
        "Expires after",
        PropertyId::MessageExpiryInterval,
        "the broker delivers it no later: seconds, or 5m, 1h",
    ),
    (
        "Response topic",
        PropertyId::ResponseTopic,
        "where an answer is to go",
    ),
    (
        "Correlation data",
        PropertyId::CorrelationData,
        "an answer repeats it: text, or bytes as 0x0a0b",
    ),
    (
        "Topic alias",
        PropertyId::TopicAlias,
        "a number the broker may take for the topic; up to its maximum, see the facts",
    ),
    (
        "User properties",
        PropertyId::UserProperty,
        "NAME = VALUE, one a line",
    ),
];

/// Opens the form of the message's MQTT 5 properties.
pub fn open_properties(app: &mut App) {
    let state = app
        .publishing_source()
        .and_then(|source| app.model.connection(source))
        .map(|connection| &connection.state);
    let title = match state {
        Some(ConnectionState::Connected(facts)) if facts.version < ProtocolVersion::V5 => {
            format!(
                "Properties: not sent before MQTT 5, and this is {}",
                facts.version
            )
        }
        _ => "Properties of the message".to_owned(),
    };
    let form = property_fields::add(Form::new(title), PROPERTIES, &app.composer.properties);
    app.open(Overlay::Properties(Box::new(form)));
}

/// Takes the properties into the draft; faults stay in the form.
pub fn submit_properties(app: &mut App) {
    let Some(Overlay::Properties(form)) = app.overlays.last_mut() else {
        return;
    };
    form.clear_faults();
    let properties = property_fields::read(form, PROPERTIES, &app.composer.properties);
    if !form.has_faults() {
        app.overlays.pop();
        app.composer.set_properties(properties);
    }
}

fn show(app: &mut App) {
    app.composer.is_open = true;
    app.composer.field = if app.composer.topic.is_empty() {
        Field::Topic
    } else {
        Field::Body
    };
    app.focus(Pane::Publish);
}

/// Sends the draft over the selected connection, or says why not; the draft stays either way.
pub fn send(app: &mut App) -> Vec<Effect> {
    let topic = app.composer.topic.text();
    let topic = match TopicName::new(&topic) {
        Ok(topic) => topic,
        Err(error) => {
            app.composer.field = Field::Topic;
            return refuse(app, error.to_string());
        }
    };
    let message = Message {
        topic,
        payload: app.composer.payload(),
        qos: app.composer.qos,
        retain: app.composer.retain,
        properties: app.composer.properties.clone(),
    };
    publish(app, message)
}

fn publish(app: &mut App, message: Message) -> Vec<Effect> {
    let Some(source) = app.publishing_source() else {
        return refuse(
            app,
            "not sent: no connection is selected; press 1 and choose one".into(),
        );
    };
    if let Some(reason) = obstacle(app, source) {
        return refuse(app, reason);
    }
    app.composer.remember(&message);
    let id = app.next_operation();
    app.composer.sending = Sending::Waiting(id);
    app.unknowns.sent(id, source, message.clone());
    vec![Effect::Send(source, Command::Publish(id, Box::new(message)))]
}

fn refuse(app: &mut App, words: String) -> Vec<Effect> {
    app.composer.sending = Sending::Ended { words, is_ok: false };
    Vec::new()
}

/// Why nothing can be published over this connection now.
pub fn obstacle(app: &App, source: crate::event::SourceId) -> Option<String> {
    let Some(connection) = app.connection(source) else {
        return Some("not sent: its connection is no longer listed".into());
    };
    if connection.profile.read_only {
        return Some(format!(
            "not sent: {} is read only; 1, then e changes that",
            connection.profile.name
        ));
    }
    match app.model.connection(source).map(|c| &c.state) {
        Some(ConnectionState::Connected(_)) => None,
        _ => Some(format!(
            "not sent: {} is not connected; the draft is kept",
            connection.profile.name
        )),
    }
}

/// Sends the message sent last again; a draft in the making stays.
pub fn repeat_last(app: &mut App) -> Vec<Effect> {
    let Some(message) = app.composer.last_sent().cloned() else {
        app.notices.info("nothing was published yet; p writes a message");
        return Vec::new();
    };
    let topic = message.topic.to_string();
    let effects = publish(app, message);
    match &app.composer.sending {
        Sending::Ended { words, is_ok: false } => app.notices.warn(words.clone()),
        _ => app.notices.info(format!("sent again: {topic}")),
    }
    effects
}

/// Esc: the form goes, the draft stays.
pub fn close(app: &mut App) {
    app.composer.is_open = false;
    app.focus(match app.subject {
        Subject::Topic => Pane::Topics,
        Subject::Message => Pane::Messages,
    });
}

/// The file named in the body becomes the payload.
pub fn read_file(app: &mut App) -> Vec<Effect> {
    let name = app.composer.body.text().trim().to_owned();
    if name.is_empty() {
        app.notices
            .info("write the file's path into the body, then press the key again");
        return Vec::new();
    }
    vec![Effect::ReadFile(name.into())]
}

/// A file's bytes have come.
pub fn file_read(app: &mut App, path: &std::path::Path, bytes: &[u8]) {
    app.composer.set_payload(bytes);
    app.notices.info(format!("payload from {}", path.display()));
}

/// The editor has ended.
pub fn edited(app: &mut App, text: Option<String>) {
    match text {
        Some(text) => app.composer.set_payload(text.as_bytes()),
        None => app.notices.info("nothing was changed in the editor"),
    }
}
