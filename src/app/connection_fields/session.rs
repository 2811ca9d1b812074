//! The pages of the session and of its topics.

use crate::{
    app::{
        form::Form,
        property_fields::{self, PropertyField},
        subscription_line::{parse_subscription_line, subscription_line},
    },
    config::{self, Profile},
    mqtt::{PropertyId, TopicFilter},
};

const KEEP_ALIVE: &str = "Keep alive";
const CLEAN_START: &str = "Clean start";
const SUBSCRIPTIONS: &str = "Subscriptions";
const MUTE: &str = "Not in the log";

const OF_SESSION: &[PropertyField] = &[
    (
        "Session expiry",
        PropertyId::SessionExpiryInterval,
        "how long the broker keeps the session: 1h, seconds, never (MQTT 5)",
    ),
    (
        "Receive maximum",
        PropertyId::ReceiveMaximum,
        "messages the broker may send ahead of acks, 1 to 1024 (MQTT 5)",
    ),
    (
        "Max. packet size",
        PropertyId::MaximumPacketSize,
        "the broker sends nothing larger: 256k, 1M (MQTT 5)",
    ),
    (
        "Topic alias maximum",
        PropertyId::TopicAliasMaximum,
        "topics the broker may shorten, 0 to 64 (MQTT 5)",
    ),
    (
        "Response info",
        PropertyId::RequestResponseInformation,
        "ask where replies may go (request response information)",
    ),
    (
        "Problem info",
        PropertyId::RequestProblemInformation,
        "ask for reasons in words (request problem information)",
    ),
    (
        "User properties",
        PropertyId::UserProperty,
        "NAME = VALUE, one a line; sent with CONNECT (MQTT 5)",
    ),
];

const OF_SUBSCRIBE: &[PropertyField] = &[
    (
        "Identifier",
        PropertyId::SubscriptionIdentifier,
        "number that comes with each message; one alone: [id 7]",
    ),
    (
        "Sent with SUBSCRIBE",
        PropertyId::UserProperty,
        "user properties of every SUBSCRIBE: NAME = VALUE, one a line",
    ),
];

/// Adds the session's page.
pub fn add(form: Form, profile: &Profile) -> Form {
    let form = form
        .page("Session")
        .text(
            KEEP_ALIVE,
            &format!("{}s", profile.keep_alive),
            "between signs of life: 30s, 1m; 0s is off",
        )
        .flag(
            CLEAN_START,
            profile.clean_start,
            "start without an earlier session's state; without it use a client id that stays",
        );
    property_fields::add(form, OF_SESSION, &profile.properties.connect)
}

/// Takes its values; marks what is wrong.
pub fn read(form: &mut Form, profile: &mut Profile) {
    let keep_alive = config::keep_alive(&form.get(KEEP_ALIVE));
    if let Some(seconds) = form.checked(KEEP_ALIVE, keep_alive) {
        profile.keep_alive = seconds;
    }
    profile.clean_start = form.is_set(CLEAN_START);
    profile.properties.connect = property_fields::read(form, OF_SESSION, &profile.properties.connect);
}

/// Adds the topics' page.
pub fn add_topics(form: Form, profile: &Profile) -> Form {
    let subscriptions: Vec<String> = profile.subscriptions.iter().map(subscription_line).collect();
    let mute: Vec<String> = profile.mute.iter().map(ToString::to_string).collect();
    let form = form
        .page("Topics")
        .lines(
            SUBSCRIPTIONS,
            &subscriptions,
            "a filter a line, as home/# [qos 1, no local, no retained, id 7]",
        )
        .lines(MUTE, &mute, "filters of topics kept out of the log, one a line");
    property_fields::add(form, OF_SUBSCRIBE, &profile.properties.subscribe)
}

/// Takes its values; marks what is wrong.
pub fn read_topics(form: &mut Form, profile: &mut Profile) {
    if form.is_changed(SUBSCRIPTIONS) {
        profile.subscriptions = each(form, SUBSCRIPTIONS, parse_subscription_line);
    }
    if form.is_changed(MUTE) {
        profile.mute = each(form, MUTE, |line| {
            TopicFilter::new(line).map_err(|error| error.to_string())
        });
    }
    profile.properties.subscribe = property_fields::read(form, OF_SUBSCRIBE, &profile.properties.subscribe);
}

/// Every line of a field read; the first fault is marked with its line.
pub fn each<T>(form: &mut Form, label: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
    let lines = form.entries(label);
    let read = lines
        .iter()
        .map(|line| read(line).map_err(|error| format!("{line}: {error}")));
    let read: Result<Vec<T>, String> = read.collect();
    form.checked(label, read).unwrap_or_default()
}
