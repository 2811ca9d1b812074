//! Application messages, wills and subscriptions, as a client states them.

use bytes::Bytes;

use super::{Properties, QoS, TopicFilter, TopicName};

/// A message as an application publishes it; what the transport adds (DUP, packet id) is not here.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where to.
    pub topic: TopicName,
    /// What, as bytes: MQTT gives them no meaning.
    pub payload: Bytes,
    /// How hard to try.
    pub qos: QoS,
    /// Ask the server to keep it as the topic's last value; empty and retained clears that value.
    pub retain: bool,
    /// MQTT 5 PUBLISH properties; ignored on older versions.
    pub properties: Properties,
}

/// The message a server publishes for a client that went away without DISCONNECT (MQTT 5 §3.1.2.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Will {
    /// The message; its properties are the will properties (will delay included).
    pub message: Message,
}

/// When a server sends retained messages for a new subscription (MQTT 5 §3.8.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetainHandling {
    /// 0: at every SUBSCRIBE.
    #[default]
    Send = 0,
    /// 1: only if the subscription did not exist.
    SendIfNew = 1,
    /// 2: never.
    DoNotSend = 2,
}

impl RetainHandling {
    /// From the two bits on the wire; `None` for 3, a protocol error.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Send),
            1 => Some(Self::SendIfNew),
            2 => Some(Self::DoNotSend),
            _ => None,
        }
    }
}

/// The options byte of one filter in SUBSCRIBE (MQTT 5 §3.8.3.1); before 5 only `qos` exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubscriptionOptions {
    /// The highest QoS wanted.
    pub qos: QoS,
    /// Do not send back what this client publishes.
    pub no_local: bool,
    /// Keep the RETAIN flag as the publisher set it.
    pub retain_as_published: bool,
    /// When retained messages are sent.
    pub retain_handling: RetainHandling,
}

impl SubscriptionOptions {
    /// The byte on the wire. Before MQTT 5 only its two lowest bits may be set: pass a value with QoS only.
    pub const fn to_byte(self) -> u8 {
        self.qos.as_u8()
            | (self.no_local as u8) << 2
            | (self.retain_as_published as u8) << 3
            | (self.retain_handling as u8) << 4
    }
}

/// One filter a user wants subscribed, with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Which topics.
    pub filter: TopicFilter,
    /// How.
    pub options: SubscriptionOptions,
    /// Subscription identifier and user properties (MQTT 5 §3.8.2.1). A SUBSCRIBE has them for all of its filters,
    /// so that a subscription with its own needs a packet of its own.
    pub properties: Properties,
}

impl Subscription {
    /// Without properties.
    pub const fn new(filter: TopicFilter, options: SubscriptionOptions) -> Self {
        Self {
            filter,
            options,
            properties: Properties::NONE,
        }
    }
}
