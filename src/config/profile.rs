//! A profile: everything one connection needs, checked.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use bytes::Bytes;

use super::{BrokerUrl, Place, Proxy, TlsOptions, WsHeader};
use crate::mqtt::{Properties, ProtocolChoice, QoS, Subscription, SubscriptionOptions, TopicFilter, Will};

/// A password: any bytes, never shown by `Debug` or `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Bytes);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for CONNECT or a 0600 file and nothing else.
    pub fn expose(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the password comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PasswordSource {
    /// No password is sent.
    #[default]
    None,
    /// Given for this run: typed, or on the command line. Never written to a profile.
    Memory(Secret),
    /// An environment variable's value.
    Env(String),
    /// A file's first line.
    File(PathBuf),
    /// A command's first line of output.
    Command(Vec<String>),
}

/// How long to wait between tries to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second try; doubled after each.
    pub min: Duration,
    /// Never more than this.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            min: Duration::from_secs(1),
            max: Duration::from_secs(30),
        }
    }
}

/// Which decoder reads which topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeRule {
    /// The topics.
    pub topic: TopicFilter,
    /// The decoder's name.
    pub decoder: String,
}

/// MQTT 5 properties a user wants on the packets of a connection; not sent before MQTT 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PacketProperties {
    /// Of CONNECT; each replaces what would be sent otherwise.
    pub connect: Properties,
    /// Of every SUBSCRIBE, before a subscription's own.
    pub subscribe: Properties,
    /// Of every UNSUBSCRIBE.
    pub unsubscribe: Properties,
    /// Of a normal DISCONNECT.
    pub disconnect: Properties,
}

impl PacketProperties {
    /// The list of a packet; `None` for PUBLISH and the will, whose properties are their message's.
    pub fn of(&mut self, place: Place) -> Option<&mut Properties> {
        match place {
            Place::Connect => Some(&mut self.connect),
            Place::Subscribe => Some(&mut self.subscribe),
            Place::Unsubscribe => Some(&mut self.unsubscribe),
            Place::Disconnect => Some(&mut self.disconnect),
            Place::Publish | Place::Will => None,
        }
    }
}

/// Everything one connection needs. [`Profile::new`] gives the non-disturbing defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// As listed: the file's stem, or the host where there is no file.
    pub name: String,
    /// Where to.
    pub url: BrokerUrl,
    /// How TLS is spoken, where the URL asks for it.
    pub tls: TlsOptions,
    /// The local address to connect from.
    pub bind: Option<IpAddr>,
    /// What to go through.
    pub proxy: Option<Proxy>,
    /// Further headers of the WebSocket request.
    pub ws_headers: Vec<WsHeader>,
    /// Which version.
    pub protocol: ProtocolChoice,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: PasswordSource,
    /// The method of enhanced authentication (5): with SCRAM the password is proven, not sent.
    pub authentication_method: Option<String>,
    /// What other methods send with CONNECT.
    pub authentication_data: PasswordSource,
    /// Client id; `{host}` and `{rand4}` are replaced at each start.
    pub client_id: String,
    /// Seconds; 0 is off.
    pub keep_alive: u16,
    /// Start without an earlier session's state.
    pub clean_start: bool,
    /// No publishing.
    pub read_only: bool,
    /// Subscribed after CONNACK.
    pub subscriptions: Vec<Subscription>,
    /// Topics kept out of the log.
    pub mute: Vec<TopicFilter>,
    /// The will.
    pub will: Option<Will>,
    /// MQTT 5 properties beyond those the session needs.
    pub properties: PacketProperties,
    /// Waits between tries.
    pub reconnect: Backoff,
    /// Go on after protocol violations where the framing allows.
    pub lenient: bool,
    /// When the program cannot keep up, QoS 0 messages are dropped and counted; else reading waits, and the broker
    /// may drop them unseen.
    pub rate_guard: bool,
    /// Decoders by topic, first match wins.
    pub decode: Vec<DecodeRule>,
}

impl Profile {
    /// The group it is in: the folder of its file.
    pub fn group(&self) -> Option<&str> {
        self.name.split_once('/').map(|(group, _)| group)
    }

    /// Its name within its group.
    pub fn short_name(&self) -> &str {
        self.name.split_once('/').map_or(&self.name, |(_, name)| name)
    }

    /// A profile that looks without disturbing: random client id, clean start, no will,
    /// `#` and `$SYS/#` at QoS 0 with Retain As Published.
    pub fn new(name: impl Into<String>, url: BrokerUrl) -> Self {
        Self {
            name: name.into(),
            url,
            tls: TlsOptions::default(),
            bind: None,
            proxy: None,
            ws_headers: Vec::new(),
            protocol: ProtocolChoice::Auto,
            username: None,
            password: PasswordSource::None,
            authentication_method: None,
            authentication_data: PasswordSource::None,
            client_id: "mqttscope-{host}-{rand4}".into(),
            keep_alive: 30,
            clean_start: true,
            read_only: false,
            subscriptions: ["#", "$SYS/#"].into_iter().map(watching).collect(),
            mute: Vec::new(),
            will: None,
            properties: PacketProperties::default(),
            reconnect: Backoff::default(),
            lenient: false,
            rate_guard: false,
            decode: Vec::new(),
        }
    }
}

fn watching(filter: &str) -> Subscription {
    Subscription::new(
        TopicFilter::new(filter).expect("a valid filter of our own"),
        SubscriptionOptions {
            qos: QoS::AtMostOnce,
            retain_as_published: true,
            ..Default::default()
        },
    )
}
