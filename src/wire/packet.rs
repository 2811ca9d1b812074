//! The fifteen control packets as values (MQTT 5 §3), shared by all versions: what a version does not
//! have (properties, reason codes) is empty or success there.

use bytes::Bytes;

use crate::mqtt::{Properties, ProtocolVersion, QoS, ReasonCode, SubscriptionOptions};

/// The type of a control packet: the high four bits of its first byte (MQTT 5 §2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum PacketType {
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketType {
    /// From the first byte of a frame; `None` for the reserved type 0.
    pub const fn from_first_byte(byte: u8) -> Option<Self> {
        Some(match byte >> 4 {
            1 => Self::Connect,
            2 => Self::Connack,
            3 => Self::Publish,
            4 => Self::Puback,
            5 => Self::Pubrec,
            6 => Self::Pubrel,
            7 => Self::Pubcomp,
            8 => Self::Subscribe,
            9 => Self::Suback,
            10 => Self::Unsubscribe,
            11 => Self::Unsuback,
            12 => Self::Pingreq,
            13 => Self::Pingresp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The standard's spelling: `PUBLISH`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Connack => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::Puback => "PUBACK",
            Self::Pubrec => "PUBREC",
            Self::Pubrel => "PUBREL",
            Self::Pubcomp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::Suback => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Unsuback => "UNSUBACK",
            Self::Pingreq => "PINGREQ",
            Self::Pingresp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }
}

/// Which way a packet went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a client to a server: sent, where the client is us.
    ClientToServer,
    /// From a server to a client: received, where the client is us.
    ServerToClient,
}

/// A whole control packet.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum Packet {
    Connect(Box<Connect>),
    Connack(Connack),
    Publish(Publish),
    Puback(Ack),
    Pubrec(Ack),
    Pubrel(Ack),
    Pubcomp(Ack),
    Subscribe(Subscribe),
    Suback(Suback),
    Unsubscribe(Unsubscribe),
    Unsuback(Suback),
    Pingreq,
    Pingresp,
    Disconnect(Disconnect),
    Auth(Auth),
}

impl Packet {
    /// Its type.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::Connack(_) => PacketType::Connack,
            Self::Publish(_) => PacketType::Publish,
            Self::Puback(_) => PacketType::Puback,
            Self::Pubrec(_) => PacketType::Pubrec,
            Self::Pubrel(_) => PacketType::Pubrel,
            Self::Pubcomp(_) => PacketType::Pubcomp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::Suback(_) => PacketType::Suback,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::Unsuback(_) => PacketType::Unsuback,
            Self::Pingreq => PacketType::Pingreq,
            Self::Pingresp => PacketType::Pingresp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }
}

/// CONNECT (MQTT 5 §3.1). Its `Debug` shows no password.
#[derive(Clone, PartialEq)]
pub struct Connect {
    /// Named by protocol name and level.
    pub version: ProtocolVersion,
    /// Clean start (5) or clean session (before).
    pub clean_start: bool,
    /// Seconds; 0 is off.
    pub keep_alive: u16,
    /// May be empty: the server chooses (3.1.1 with a clean session, 5).
    pub client_id: String,
    /// The will, if any.
    pub will: Option<ConnectWill>,
    /// User name.
    pub username: Option<String>,
    /// Password: any bytes.
    pub password: Option<Bytes>,
    /// CONNECT properties (5).
    pub properties: Properties,
}

impl std::fmt::Debug for Connect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("clean_start", &self.clean_start)
            .field("keep_alive", &self.keep_alive)
            .field("client_id", &self.client_id)
            .field("will", &self.will)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("properties", &self.properties)
            .finish()
    }
}

/// The will inside CONNECT (MQTT 5 §3.1.3.2-4).
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectWill {
    /// Will topic.
    pub topic: String,
    /// Will payload ("will message" before 5).
    pub payload: Bytes,
    /// Will QoS.
    pub qos: QoS,
    /// Will retain.
    pub retain: bool,
    /// Will properties (5).
    pub properties: Properties,
}

/// CONNACK (MQTT 5 §3.2).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Connack {
    /// The server has a session of this client id.
    pub session_present: bool,
    /// Reason code (5) or return code (before).
    pub code: ReasonCode,
    /// CONNACK properties (5).
    pub properties: Properties,
}

/// PUBLISH (MQTT 5 §3.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// Sent before, perhaps.
    pub dup: bool,
    /// Quality of service.
    pub qos: QoS,
    /// To a server: keep it. From a server: comes from the store, or as published.
    pub retain: bool,
    /// Empty where a topic alias stands for it (5).
    pub topic: String,
    /// Present for QoS 1 and 2, never 0.
    pub packet_id: Option<u16>,
    /// PUBLISH properties (5).
    pub properties: Properties,
    /// Application message.
    pub payload: Bytes,
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP (MQTT 5 §3.4-3.7).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ack {
    /// Which publish.
    pub packet_id: u16,
    /// Success before 5.
    pub reason: ReasonCode,
    /// Properties (5).
    pub properties: Properties,
}

/// One filter of SUBSCRIBE: text as on the wire, perhaps invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeFilter {
    /// The topic filter.
    pub filter: String,
    /// QoS, and the options of 5.
    pub options: SubscriptionOptions,
}

/// SUBSCRIBE (MQTT 5 §3.8).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subscribe {
    /// Not 0.
    pub packet_id: u16,
    /// At least one.
    pub filters: Vec<SubscribeFilter>,
    /// Properties (5).
    pub properties: Properties,
}

/// SUBACK and UNSUBACK (MQTT 5 §3.9, §3.11): a code a filter; UNSUBACK has none before 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suback {
    /// Which request.
    pub packet_id: u16,
    /// In the order of the filters.
    pub codes: Vec<ReasonCode>,
    /// Properties (5).
    pub properties: Properties,
}

/// UNSUBSCRIBE (MQTT 5 §3.10).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Unsubscribe {
    /// Not 0.
    pub packet_id: u16,
    /// At least one.
    pub filters: Vec<String>,
    /// Properties (5).
    pub properties: Properties,
}

/// DISCONNECT (MQTT 5 §3.14).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disconnect {
    /// Normal disconnection before 5.
    pub reason: ReasonCode,
    /// Properties (5).
    pub properties: Properties,
}

/// AUTH (MQTT 5 §3.15).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Auth {
    /// Success, continue authentication or re-authenticate.
    pub reason: ReasonCode,
    /// Properties.
    pub properties: Properties,
}
