//! Profile files: `profiles/<name>.toml` → [`Profile`], every fault with its line.

use std::{fs, path::PathBuf, time::Duration};

use super::{
    Backoff, BrokerUrl, DecodeRule, Faults, PacketProperties, PasswordSource, Place, Profile, Scheme,
    TlsOptions, TlsVersion, files, profile_way, property_file,
    reader::{Entry, Section, read_document},
};
use crate::{
    config::Paths,
    mqtt::{
        Message, Properties, ProtocolChoice, ProtocolVersion, QoS, RetainHandling, Subscription,
        SubscriptionOptions, TopicFilter, TopicName, Will,
    },
    text,
};

/// The profiles that come with the program: file stem and text. Examples to connect with or to copy.
pub const SHIPPED_PROFILES: &[(&str, &str)] = &[
    ("local", include_str!("../../profiles/local.toml")),
    ("secured", include_str!("../../profiles/secured.toml")),
    ("proxied", include_str!("../../profiles/proxied.toml")),
];

/// Every key a profile file can have, in the order they are written.
pub(super) const KEYS: &[&str] = &[
    "url",
    "bind",
    "proxy",
    "proxy_password_command",
    "proxy_password_env",
    "proxy_password_file",
    "protocol",
    "username",
    "password_command",
    "password_env",
    "password_file",
    "authentication_method",
    "authentication_data_command",
    "authentication_data_env",
    "authentication_data_file",
    "client_id",
    "keepalive",
    "clean_start",
    "read_only",
    "subscribe",
    "mute",
    "reconnect",
    "lenient",
    "rate_guard",
    "will",
    "properties",
    "decode",
    "tls",
    "ws_headers",
];

/// The names of the user's profiles, sorted: those in no group, then `GROUP/NAME`, a group being a folder.
pub fn profile_names(paths: &Paths) -> Vec<String> {
    let dir = paths.config.join("profiles");
    let mut names = files::toml_stems(&dir);
    for group in files::folders(&dir) {
        let stems = files::toml_stems(&dir.join(&group));
        names.extend(stems.iter().map(|stem| format!("{group}/{stem}")));
    }
    names
}

/// Folders within groups: nothing in them is read.
pub(super) fn nested_groups(paths: &Paths) -> Vec<PathBuf> {
    let dir = paths.config.join("profiles");
    let groups = files::folders(&dir).into_iter().map(|group| dir.join(group));
    groups
        .flat_map(|group| {
            let inner = files::folders(&group);
            inner.into_iter().map(move |name| group.join(name))
        })
        .collect()
}

/// The user's profile of that name, or the shipped one; `None` where there is neither.
pub fn load_profile(paths: &Paths, name: &str) -> Option<Result<Profile, Faults>> {
    if !files::is_profile_name(name) {
        return None;
    }
    let path = paths.profile(name);
    match fs::read_to_string(&path) {
        Ok(text) => Some(read_profile(&path.display().to_string(), name, &text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let (_, text) = SHIPPED_PROFILES.iter().find(|(stem, _)| *stem == name)?;
            Some(read_profile(&format!("profiles/{name}.toml"), name, text))
        }
        Err(error) => Some(Err(Faults::of_file(
            path.display().to_string(),
            error.to_string(),
        ))),
    }
}

/// Reads a profile's text; `file` is how faults name it.
pub fn read_profile(file: &str, name: &str, text: &str) -> Result<Profile, Faults> {
    read_document(file, text, |top| {
        top.only(&[KEYS, &["password"]].concat());
        if top.has("password") {
            let what = "a password does not belong in this file; use password_command, password_env or password_file";
            top.fault("password", what);
        }
        let url = top.parsed("url", parse_url);
        if !top.has("url") {
            top.missing("\"url\" is missing; add url = \"mqtt://HOST:PORT\"");
        }
        let is_complete = url.is_some();
        // without an address the rest is still read for its faults
        let mut profile = Profile::new(name, url.unwrap_or_else(BrokerUrl::localhost));
        read_session(&top, &mut profile);
        profile.password = read_password(&top, PASSWORD_WAYS);
        read_authentication(&top, &mut profile);
        read_topics(&top, &mut profile);
        read_tls(&top, &mut profile, is_complete);
        profile_way::read(&top, &mut profile, is_complete);
        is_complete.then_some(profile)
    })
}

fn parse_url(text: &str) -> Result<BrokerUrl, String> {
    text.parse().map_err(|error: super::UrlError| error.to_string())
}

fn read_session(top: &Section<'_>, profile: &mut Profile) {
    set(
        &mut profile.protocol,
        top.parsed("protocol", str::parse::<ProtocolChoice>),
    );
    set(&mut profile.client_id, top.string("client_id").map(Into::into));
    set(&mut profile.keep_alive, top.parsed("keepalive", keep_alive));
    set(&mut profile.clean_start, top.boolean("clean_start"));
    set(&mut profile.read_only, top.boolean("read_only"));
    set(&mut profile.lenient, top.boolean("lenient"));
    set(&mut profile.rate_guard, top.boolean("rate_guard"));
    profile.username = top.string("username").map(Into::into);
    if let Some(section) = top.section("reconnect") {
        read_backoff(&section, &mut profile.reconnect);
    }
    if let Some(section) = top.section("will") {
        profile.will = read_will(&section);
    }
    if let Some(section) = top.section("properties") {
        profile.properties = read_properties(&section);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Whole seconds as CONNECT carries them; `0s` is off.
pub fn keep_alive(text: &str) -> Result<u16, String> {
    let duration = text::parse_duration(text).map_err(|error| error.to_string())?;
    let whole = duration.subsec_nanos() == 0;
    u16::try_from(duration.as_secs())
        .ok()
        .filter(|_| whole)
        .ok_or_else(|| format!("\"{text}\" is no keep alive; use 0s (off) to 65535s, whole seconds"))
}

/// The keys of `reconnect`.
pub(super) const RECONNECT_KEYS: &[&str] = &["min", "max"];

fn read_backoff(section: &Section<'_>, backoff: &mut Backoff) {
    section.only(RECONNECT_KEYS);
    set(&mut backoff.min, section.parsed("min", wait));
    set(&mut backoff.max, section.parsed("max", wait));
    if backoff.min > backoff.max {
        section.missing("\"min\" is more than \"max\"");
    }
}

/// A pause between tries: every try costs the broker a whole handshake, and a shorter one would hammer it.
pub fn wait(text: &str) -> Result<Duration, String> {
    let duration = text::parse_duration(text).map_err(|error| error.to_string())?;
    if (Duration::from_millis(10)..=Duration::from_secs(3600)).contains(&duration) {
        Ok(duration)
    } else {
        Err(format!(
            "\"{text}\" is no wait between tries; use 10ms to 1h, below 1s only with a broker of your own"
        ))
    }
}

/// The sections of `[properties]`, a packet each.
pub(super) const PACKETS: &[Place] = &[
    Place::Connect,
    Place::Subscribe,
    Place::Unsubscribe,
    Place::Disconnect,
];

fn read_properties(section: &Section<'_>) -> PacketProperties {
    let names: Vec<&str> = PACKETS.iter().map(|place| place.name()).collect();
    section.only(&names);
    let mut properties = PacketProperties::default();
    for &place in PACKETS {
        if let (Some(inner), Some(list)) = (section.section(place.name()), properties.of(place)) {
            inner.only(&property_file::keys(place));
            *list = property_file::read(&inner, place);
        }
    }
    properties
}

/// The keys of `[will]` beside its properties.
pub(super) const WILL_KEYS: &[&str] = &["topic", "payload", "qos", "retain"];

fn read_will(section: &Section<'_>) -> Option<Will> {
    section.only(&with_properties(WILL_KEYS, Place::Will));
    let properties = property_file::read(section, Place::Will);
    let topic = section.parsed("topic", TopicName::new);
    if !section.has("topic") {
        section.missing("\"topic\" of [will] is missing");
    }
    let message = Message {
        topic: topic?,
        payload: section.string("payload").unwrap_or_default().to_owned().into(),
        qos: qos(section).unwrap_or_default(),
        retain: section.boolean("retain").unwrap_or_default(),
        properties,
    };
    Some(Will { message })
}

/// Keys and those of a packet's properties.
fn with_properties(keys: &[&str], place: Place) -> Vec<String> {
    let own = keys.iter().map(|key| (*key).to_owned());
    own.chain(property_file::keys(place)).collect()
}

fn qos(section: &Section<'_>) -> Option<QoS> {
    QoS::from_bits(section.integer("qos", 0..3)? as u8)
}

/// The keys a password can come by: command, environment, file.
const PASSWORD_WAYS: [&str; 3] = ["password_command", "password_env", "password_file"];
/// The same for a private key's.
const KEY_PASSWORD_WAYS: [&str; 3] = ["key_password_command", "key_password_env", "key_password_file"];

/// And for what an authentication method sends.
const DATA_WAYS: [&str; 3] = [
    "authentication_data_command",
    "authentication_data_env",
    "authentication_data_file",
];

/// Enhanced authentication: a method, and its data where it is none that needs the password.
fn read_authentication(top: &Section<'_>, profile: &mut Profile) {
    const METHOD: &str = "authentication_method";
    profile.authentication_method = top.string(METHOD).map(Into::into);
    profile.authentication_data = read_password(top, DATA_WAYS);
    if top.string(METHOD) == Some("") {
        top.fault(
            METHOD,
            "names no method; use SCRAM-SHA-256, SCRAM-SHA-512 or the broker's own",
        );
    }
    if let (Some(_), ProtocolChoice::Exactly(version)) = (top.string(METHOD), profile.protocol)
        && version < ProtocolVersion::V5
    {
        top.fault(METHOD, format!("needs MQTT 5, and protocol says {version}"));
    }
    if let (None, Some(key)) = (top.string(METHOD), DATA_WAYS.into_iter().find(|key| top.has(key))) {
        top.fault(key, format!("has no effect without {METHOD}"));
    }
}

pub(super) fn read_password(section: &Section<'_>, ways: [&'static str; 3]) -> PasswordSource {
    let given: Vec<&str> = ways.into_iter().filter(|key| section.has(key)).collect();
    if let [_, second, ..] = given.as_slice() {
        section.fault(second, format!("only one of {} can be used", given.join(", ")));
    }
    let [command, env, file] = ways;
    if let Some(path) = section.string(file) {
        return PasswordSource::File(path.into());
    }
    if let Some(variable) = section.string(env) {
        return PasswordSource::Env(variable.into());
    }
    let Some(words) = section.strings(command) else {
        return PasswordSource::None;
    };
    if words.is_empty() {
        section.fault(command, format!("\"{command}\" names no command"));
    }
    PasswordSource::Command(words.into_iter().map(|(word, _)| word.to_owned()).collect())
}

/// Every key of `[tls]`, in the order they are written.
pub(super) const TLS_KEYS: &[&str] = &[
    "ca",
    "ca_path",
    "cert",
    "key",
    "key_password_command",
    "key_password_env",
    "key_password_file",
    "alpn",
    "sni",
    "min_version",
    "insecure",
];

fn read_tls(top: &Section<'_>, profile: &mut Profile, has_url: bool) {
    let Some(section) = top.section("tls") else { return };
    section.only(TLS_KEYS);
    if has_url && !profile.url.scheme.is_tls() {
        let scheme = profile.url.scheme;
        let (plain, secure) = (scheme.name(), scheme.with_tls().name());
        let way_out = match scheme {
            Scheme::Unix => "take it out".into(),
            _ => format!("use {secure}://"),
        };
        top.fault("tls", format!("[tls] has no effect on {plain}://; {way_out}"));
    }
    let path = |key| section.string(key).map(PathBuf::from);
    let (cert, key) = (path("cert"), path("key"));
    if cert.is_some() != key.is_some() {
        section.missing("[tls] is to have both of cert and key, or neither");
    }
    let alpn = section.strings("alpn").unwrap_or_default();
    profile.tls = TlsOptions {
        ca: path("ca"),
        ca_path: path("ca_path"),
        cert,
        key,
        key_password: read_password(&section, KEY_PASSWORD_WAYS),
        alpn: alpn.into_iter().map(|(name, _)| name.to_owned()).collect(),
        sni: section.string("sni").map(Into::into),
        min_version: section
            .parsed("min_version", str::parse::<TlsVersion>)
            .unwrap_or_default(),
        is_insecure: section.boolean("insecure").unwrap_or_default(),
        keylog: None,
    };
}

fn read_topics(top: &Section<'_>, profile: &mut Profile) {
    if let Some(entries) = top.entries("subscribe") {
        profile.subscriptions = entries.iter().filter_map(read_subscription).collect();
    }
    if let Some(strings) = top.strings("mute") {
        for (text, mark) in strings {
            match TopicFilter::new(text) {
                Ok(filter) => profile.mute.push(filter),
                Err(error) => mark.fault(error.to_string()),
            }
        }
    }
    for entry in top.entries("decode").unwrap_or_default() {
        match entry {
            Entry::Table(section) => profile.decode.extend(read_rule(&section)),
            Entry::Text(_, mark) => {
                mark.fault("a decode rule is a table: [[decode]] topic = \"…\", as = \"…\"");
            }
        }
    }
}

/// The keys of a subscription beside its properties.
pub(super) const SUBSCRIPTION_KEYS: &[&str] = &[
    "topic",
    "qos",
    "no_local",
    "retain_as_published",
    "retain_handling",
];

fn read_subscription(entry: &Entry<'_>) -> Option<Subscription> {
    let mut options = SubscriptionOptions {
        retain_as_published: true,
        ..Default::default()
    };
    let mut properties = Properties::NONE;
    let filter = match entry {
        Entry::Text(text, mark) => match TopicFilter::new(text) {
            Ok(filter) => filter,
            Err(error) => {
                mark.fault(error.to_string());
                return None;
            }
        },
        Entry::Table(section) => {
            section.only(&with_properties(SUBSCRIPTION_KEYS, Place::Subscribe));
            properties = property_file::read(section, Place::Subscribe);
            set(&mut options.qos, qos(section));
            set(&mut options.no_local, section.boolean("no_local"));
            set(
                &mut options.retain_as_published,
                section.boolean("retain_as_published"),
            );
            let handling = section.integer("retain_handling", 0..3);
            set(
                &mut options.retain_handling,
                handling.and_then(|bits| RetainHandling::from_bits(bits as u8)),
            );
            if !section.has("topic") {
                section.missing("\"topic\" of this subscription is missing");
            }
            section.parsed("topic", TopicFilter::new)?
        }
    };
    Some(Subscription {
        filter,
        options,
        properties,
    })
}

/// The keys of `[[decode]]`, all of them needed.
pub(super) const RULE_KEYS: &[&str] = &["topic", "as"];

fn read_rule(section: &Section<'_>) -> Option<DecodeRule> {
    section.only(RULE_KEYS);
    for key in RULE_KEYS {
        if !section.has(key) {
            section.missing(format!("\"{key}\" of [[decode]] is missing"));
        }
    }
    let topic = section.parsed("topic", TopicFilter::new);
    let decoder = section.string("as");
    Some(DecodeRule {
        topic: topic?,
        decoder: decoder?.into(),
    })
}
