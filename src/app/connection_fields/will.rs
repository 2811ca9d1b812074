//! The page of the will.

use crate::{
    app::{
        form::Form,
        property_fields::{self, PropertyField},
    },
    mqtt::{Message, PropertyId, QoS, TopicName, Will},
};

const WILL_TOPIC: &str = "Will topic";
const WILL_PAYLOAD: &str = "Will payload";
const WILL_QOS: &str = "Will QoS";
const WILL_RETAIN: &str = "Will is retained";

const OF_WILL: &[PropertyField] = &[
    (
        "Will delay",
        PropertyId::WillDelayInterval,
        "the broker waits so long for us to come back: 30s (MQTT 5)",
    ),
    (
        "Will expires after",
        PropertyId::MessageExpiryInterval,
        "not delivered later than this: 1h (MQTT 5)",
    ),
    (
        "Will is UTF-8",
        PropertyId::PayloadFormatIndicator,
        "payload format indicator (MQTT 5)",
    ),
    (
        "Will content type",
        PropertyId::ContentType,
        "as text/plain (MQTT 5)",
    ),
    (
        "Will response topic",
        PropertyId::ResponseTopic,
        "where answers go (MQTT 5)",
    ),
    (
        "Will correlation",
        PropertyId::CorrelationData,
        "text, or bytes as 0x0a0b (MQTT 5)",
    ),
    (
        "Will properties",
        PropertyId::UserProperty,
        "user properties: NAME = VALUE, one a line (MQTT 5)",
    ),
];

/// Adds the page.
pub fn add(form: Form, will: Option<&Will>) -> Form {
    let none = crate::mqtt::Properties::NONE;
    let message = will.map(|will| &will.message);
    let payload = message.map(|message| String::from_utf8_lossy(&message.payload).into_owned());
    let form = form
        .page("Will")
        .text(
            WILL_TOPIC,
            message.map_or("", |message| message.topic.as_str()),
            "what the broker publishes when we go without a word; empty: no will",
        )
        .text(WILL_PAYLOAD, &payload.unwrap_or_default(), "its payload")
        .choice(
            WILL_QOS,
            &["0", "1", "2"],
            message.map_or(0, |message| usize::from(message.qos.as_u8())),
            "its QoS",
        )
        .flag(
            WILL_RETAIN,
            message.is_some_and(|message| message.retain),
            "the broker keeps it as the topic's last value",
        );
    property_fields::add(
        form,
        OF_WILL,
        message.map_or(&none, |message| &message.properties),
    )
}

/// Takes its values; marks what is wrong.
pub fn read(form: &mut Form, before: Option<&Will>) -> Option<Will> {
    let none = crate::mqtt::Properties::NONE;
    let properties = property_fields::read(
        form,
        OF_WILL,
        before.map_or(&none, |will| &will.message.properties),
    );
    let payload = match before.filter(|_| !form.is_changed(WILL_PAYLOAD)) {
        Some(will) => will.message.payload.clone(),
        None => form.get(WILL_PAYLOAD).into(),
    };
    let Some(topic) = form.some(WILL_TOPIC) else {
        if before.is_none() && (!payload.is_empty() || !properties.is_empty()) {
            form.fault(WILL_TOPIC, "a will needs a topic");
        }
        return None;
    };
    let topic = form.checked(WILL_TOPIC, TopicName::new(&topic))?;
    let message = Message {
        topic,
        payload,
        qos: QoS::from_bits(form.chosen(WILL_QOS) as u8).unwrap_or_default(),
        retain: form.is_set(WILL_RETAIN),
        properties,
    };
    Some(Will { message })
}
