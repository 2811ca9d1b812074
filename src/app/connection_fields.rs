//! A profile as the fields of the connection form, page by page, and back.

use super::{
    form::Form,
    property_fields::{self, PropertyField},
    subscription_line::{parse_subscription_line, subscription_line},
};
use crate::{
    config::{self, PasswordSource, Profile, TlsOptions, TlsVersion},
    mqtt::{Message, PropertyId, ProtocolChoice, ProtocolVersion, QoS, TopicFilter, TopicName, Will},
    text,
};

pub const NAME: &str = "Name";
pub const GROUP: &str = "Group";
pub const URL: &str = "URL";
const USER: &str = "User";
pub const PASSWORD: &str = "Password";
pub const KEEP: &str = "Password is kept";
const SOURCE: &str = "Password from";
const METHOD: &str = "Authentication";
const CLIENT_ID: &str = "Client id";
const PROTOCOL: &str = "Protocol";
const READ_ONLY: &str = "Read only";
pub const SAVE: &str = "Save as profile";

const CA: &str = "CA file";
const CA_PATH: &str = "CA folder";
const CERT: &str = "Certificate";
const KEY: &str = "Private key";
const KEY_KEEP: &str = "Key's password";
const KEY_SOURCE: &str = "Key's password from";
const SNI: &str = "Server name (SNI)";
const ALPN: &str = "ALPN";
const MIN_VERSION: &str = "Oldest TLS version";
const INSECURE: &str = "Insecure";

const KEEP_ALIVE: &str = "Keep alive";
const CLEAN_START: &str = "Clean start";
const SUBSCRIPTIONS: &str = "Subscriptions";
const MUTE: &str = "Not in the log";

const WILL_TOPIC: &str = "Will topic";
const WILL_PAYLOAD: &str = "Will payload";
const WILL_QOS: &str = "Will QoS";
const WILL_RETAIN: &str = "Will is retained";

const RECONNECT_MIN: &str = "First wait";
const RECONNECT_MAX: &str = "Longest wait";
const LENIENT: &str = "Lenient";

const PROTOCOLS: [ProtocolChoice; 4] = [
    ProtocolChoice::Auto,
    ProtocolChoice::Exactly(ProtocolVersion::V5),
    ProtocolChoice::Exactly(ProtocolVersion::V311),
    ProtocolChoice::Exactly(ProtocolVersion::V31),
];

/// Where a password comes from: the first two are for one that is typed.
const KEEPS: &[&str] = &["in memory", "own 0600 file", "file", "variable", "command"];
/// The choice that keeps a typed password in a file of its own.
pub const OWN_FILE: usize = 1;
const KEY_KEEPS: &[&str] = &["none", "file", "variable", "command"];

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

const OF_DISCONNECT: &[PropertyField] = &[
    (
        "Session ends after",
        PropertyId::SessionExpiryInterval,
        "said with DISCONNECT: 0s ends the session at once (MQTT 5)",
    ),
    (
        "Reason at the end",
        PropertyId::ReasonString,
        "said with DISCONNECT, for the broker's log (MQTT 5)",
    ),
    (
        "Sent at the end",
        PropertyId::UserProperty,
        "user properties of DISCONNECT: NAME = VALUE, one a line",
    ),
];

/// The form for a profile.
pub fn form(title: &str, profile: &Profile, url: &str, is_saved: bool) -> Form {
    let form = basic(Form::new(title), profile, url, is_saved);
    let form = tls(form, &profile.tls);
    let form = session(form, profile);
    let form = topics(form, profile);
    let form = will(form, profile.will.as_ref());
    let mut form = advanced(form, profile);
    refresh(&mut form);
    form
}

/// Shows what is of use as the other fields stand.
pub fn refresh(form: &mut Form) {
    let is_typed = form.chosen(KEEP) <= OWN_FILE;
    form.hide(PASSWORD, !is_typed);
    form.hide(SOURCE, is_typed);
    form.hide(KEY_SOURCE, form.chosen(KEY_KEEP) == 0);
}

/// Takes the form's values; marks what is wrong. Name, group, URL and a typed password are the caller's.
pub fn read(form: &mut Form, base: &Profile) -> Profile {
    let mut profile = base.clone();
    profile.username = form.some(USER);
    profile.client_id = form.get(CLIENT_ID);
    profile.protocol = PROTOCOLS.get(form.chosen(PROTOCOL)).copied().unwrap_or_default();
    profile.read_only = form.is_set(READ_ONLY);
    if form.is_changed(KEEP) || form.is_changed(SOURCE) {
        let kept = match &base.password {
            PasswordSource::Memory(secret) => PasswordSource::Memory(secret.clone()),
            _ => PasswordSource::None,
        };
        let from = form.chosen(KEEP).checked_sub(OWN_FILE + 1);
        profile.password = from.map_or(kept, |from| source(form, SOURCE, from));
    }
    read_method(form, &mut profile);
    read_tls(form, &mut profile.tls);
    read_session(form, &mut profile);
    read_topics(form, &mut profile);
    profile.will = read_will(form, base.will.as_ref());
    read_advanced(form, &mut profile);
    profile
}

fn basic(form: Form, profile: &Profile, url: &str, is_saved: bool) -> Form {
    let protocol = PROTOCOLS.iter().position(|choice| *choice == profile.protocol);
    let (from, source) = parts(&profile.password);
    form.page("Basic")
        .text(NAME, profile.short_name(), "as listed; empty: the host")
        .text(
            URL,
            url,
            "mqtt://HOST:PORT, or HOST, or HOST:PORT; mqtts:// and wss:// with TLS",
        )
        .text(
            USER,
            profile.username.as_deref().unwrap_or_default(),
            "empty: none",
        )
        .secret(
            PASSWORD,
            "empty: as before, or asked for; never written into the profile",
        )
        .choice(
            KEEP,
            KEEPS,
            from.map_or(0, |from| from + OWN_FILE + 1),
            "a typed one in memory or in a file of its own; or where to get it at each start",
        )
        .text(
            SOURCE,
            &source,
            "path of a file, name of a variable, or command with arguments; its first line counts",
        )
        .text(
            METHOD,
            profile.authentication_method.as_deref().unwrap_or_default(),
            "a method of MQTT 5: SCRAM-SHA-256 proves the password instead of sending it; empty: none",
        )
        .text(
            CLIENT_ID,
            &profile.client_id,
            "{host} and {rand4} are filled in; never a device's own id",
        )
        .choice(
            PROTOCOL,
            &["auto", "5", "3.1.1", "3.1"],
            protocol.unwrap_or(0),
            "auto: 5, and 3.1.1 where the broker does not know it",
        )
        .text(
            GROUP,
            profile.group().unwrap_or_default(),
            "a folder for profiles that belong together; empty: none",
        )
        .flag(READ_ONLY, profile.read_only, "no publishing over this connection")
        .flag(
            SAVE,
            is_saved,
            "write it to profiles/NAME.toml, or profiles/GROUP/NAME.toml",
        )
}

/// The kind of a source that is not typed, from 0, and what it names.
fn parts(source: &PasswordSource) -> (Option<usize>, String) {
    match source {
        PasswordSource::None | PasswordSource::Memory(_) => (None, String::new()),
        PasswordSource::File(path) => (Some(0), path.display().to_string()),
        PasswordSource::Env(name) => (Some(1), name.clone()),
        PasswordSource::Command(words) => (Some(2), text::join_words(words.iter().map(String::as_str))),
    }
}

/// The other way round; marks what is wrong.
fn source(form: &mut Form, label: &str, kind: usize) -> PasswordSource {
    let Some(named) = form.some(label) else {
        let what = ["names no file", "names no variable", "names no command"];
        form.fault(label, what.get(kind).copied().unwrap_or_default());
        return PasswordSource::None;
    };
    match kind {
        0 => PasswordSource::File(named.into()),
        1 => PasswordSource::Env(named),
        _ => match text::split_words(&named) {
            Some(words) => PasswordSource::Command(words),
            None => {
                form.fault(label, "a quote is not closed");
                PasswordSource::None
            }
        },
    }
}

/// The method of enhanced authentication; its data goes with it.
fn read_method(form: &mut Form, profile: &mut Profile) {
    profile.authentication_method = form.some(METHOD);
    if profile.authentication_method.is_none() {
        profile.authentication_data = PasswordSource::None;
        return;
    }
    if let ProtocolChoice::Exactly(version) = profile.protocol
        && version < ProtocolVersion::V5
    {
        form.fault(METHOD, format!("needs MQTT 5, and the protocol is {version}"));
    }
}

fn tls(form: Form, tls: &TlsOptions) -> Form {
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref()
            .map_or_else(String::new, |path| path.display().to_string())
    };
    let (from, source) = parts(&tls.key_password);
    form.page("TLS")
        .text(
            CA,
            &path(&tls.ca),
            "PEM; trusted instead of the system's. This page counts for mqtts:// and wss://",
        )
        .text(CA_PATH, &path(&tls.ca_path), "a folder of PEM files")
        .text(CERT, &path(&tls.cert), "the client's certificate, PEM")
        .text(KEY, &path(&tls.key), "the client's private key, PEM")
        .choice(
            KEY_KEEP,
            KEY_KEEPS,
            from.map_or(0, |from| from + 1),
            "where to get the password of an encrypted key",
        )
        .text(
            KEY_SOURCE,
            &source,
            "path of a file, name of a variable, or command with arguments",
        )
        .text(
            SNI,
            tls.sni.as_deref().unwrap_or_default(),
            "asked for and verified instead of the URL's host",
        )
        .text(
            ALPN,
            &tls.alpn.join(" "),
            "application protocols, as mqtt or x-amzn-mqtt-ca",
        )
        .choice(
            MIN_VERSION,
            &["1.2", "1.3"],
            usize::from(tls.min_version == TlsVersion::V13),
            "nothing older is taken",
        )
        .flag(
            INSECURE,
            tls.is_insecure,
            "whoever answers is taken for the broker; marked in red all the time",
        )
}

fn read_tls(form: &mut Form, tls: &mut TlsOptions) {
    let path = |form: &Form, label| form.some(label).map(Into::into);
    tls.ca = path(form, CA);
    tls.ca_path = path(form, CA_PATH);
    (tls.cert, tls.key) = (path(form, CERT), path(form, KEY));
    match (&tls.cert, &tls.key) {
        (Some(_), None) => form.fault(KEY, "certificate and key belong together"),
        (None, Some(_)) => form.fault(CERT, "certificate and key belong together"),
        _ => {}
    }
    if form.is_changed(KEY_KEEP) || form.is_changed(KEY_SOURCE) {
        let from = form.chosen(KEY_KEEP).checked_sub(1);
        tls.key_password = from.map_or(PasswordSource::None, |from| source(form, KEY_SOURCE, from));
    }
    tls.sni = form.some(SNI);
    tls.alpn = form
        .get(ALPN)
        .split([' ', ','])
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect();
    tls.min_version = if form.chosen(MIN_VERSION) == 1 {
        TlsVersion::V13
    } else {
        TlsVersion::V12
    };
    tls.is_insecure = form.is_set(INSECURE);
}

fn session(form: Form, profile: &Profile) -> Form {
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

fn read_session(form: &mut Form, profile: &mut Profile) {
    let keep_alive = config::keep_alive(&form.get(KEEP_ALIVE));
    if let Some(seconds) = form.checked(KEEP_ALIVE, keep_alive) {
        profile.keep_alive = seconds;
    }
    profile.clean_start = form.is_set(CLEAN_START);
    profile.properties.connect = property_fields::read(form, OF_SESSION, &profile.properties.connect);
}

fn topics(form: Form, profile: &Profile) -> Form {
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

fn read_topics(form: &mut Form, profile: &mut Profile) {
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
fn each<T>(form: &mut Form, label: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
    let lines = form.entries(label);
    let read = lines
        .iter()
        .map(|line| read(line).map_err(|error| format!("{line}: {error}")));
    let read: Result<Vec<T>, String> = read.collect();
    form.checked(label, read).unwrap_or_default()
}

fn will(form: Form, will: Option<&Will>) -> Form {
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

fn read_will(form: &mut Form, before: Option<&Will>) -> Option<Will> {
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

fn advanced(form: Form, profile: &Profile) -> Form {
    let form = form
        .page("Advanced")
        .text(
            RECONNECT_MIN,
            &config::wait_text(profile.reconnect.min),
            "before the second try; doubled after each",
        )
        .text(
            RECONNECT_MAX,
            &config::wait_text(profile.reconnect.max),
            "never longer between two tries",
        )
        .flag(
            LENIENT,
            profile.lenient,
            "go on after protocol violations where the framing allows",
        );
    property_fields::add(form, OF_DISCONNECT, &profile.properties.disconnect)
}

fn read_advanced(form: &mut Form, profile: &mut Profile) {
    let (min, max) = (
        config::wait(&form.get(RECONNECT_MIN)),
        config::wait(&form.get(RECONNECT_MAX)),
    );
    let (min, max) = (form.checked(RECONNECT_MIN, min), form.checked(RECONNECT_MAX, max));
    if let (Some(min), Some(max)) = (min, max) {
        if min > max {
            form.fault(RECONNECT_MIN, "is longer than the longest wait");
        }
        profile.reconnect = config::Backoff { min, max };
    }
    profile.lenient = form.is_set(LENIENT);
    profile.properties.disconnect =
        property_fields::read(form, OF_DISCONNECT, &profile.properties.disconnect);
}
