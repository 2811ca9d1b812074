//! One message of the log, as the panes read it.

use std::borrow::Cow;

use super::{
    header::{Flags, Header},
    stored,
};
use crate::{
    event::{SourceId, Time},
    model::{NodeId, Topics},
    mqtt::QoS,
    wire::Direction,
};

/// What reading bytes takes, in messages without a payload: 512 bytes are as much work as one of them.
pub const fn effort_of(bytes: usize) -> u64 {
    bytes as u64 / 512
}

/// A message. Borrowed from the model; nothing is copied to make one.
#[derive(Clone, Copy)]
pub struct MessageRef<'a> {
    pub(super) id: u64,
    pub(super) header: Header,
    pub(super) bytes: &'a [u8],
    pub(super) wall_ahead_us: i64,
    pub(super) source: SourceId,
    pub(super) topics: &'a Topics,
}

impl std::fmt::Debug for MessageRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageRef")
            .field("id", &self.id)
            .field("header", &self.header)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// A PUBLISH frame made again from what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuiltFrame {
    /// Fixed header, topic, packet id, properties, payload.
    pub bytes: Vec<u8>,
    /// Whether these are the bytes that were on the wire; not so where the payload is cut or a length was written
    /// longer than needed.
    pub is_exact: bool,
}

impl<'a> MessageRef<'a> {
    /// Counts up over all connections, from 1; shown as `#1311`.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What it takes to look through it, in messages without a payload.
    pub fn effort(&self) -> u64 {
        1 + effort_of(self.payload().len())
    }

    /// When it was seen.
    pub const fn time(&self) -> Time {
        let mono_us = self.header.mono_us;
        Time {
            mono_us,
            wall_us: mono_us as i64 + self.wall_ahead_us,
        }
    }

    /// By which connection.
    pub const fn source(&self) -> SourceId {
        self.source
    }

    /// Its topic in the tree; `None` where there was no room for the topic.
    pub const fn node(&self) -> Option<NodeId> {
        match self.header.node {
            u32::MAX => None,
            node => Some(NodeId(node)),
        }
    }

    /// Its topic, whole, that of an alias too. Not sanitised.
    pub fn topic(&self) -> Cow<'a, str> {
        match self.node() {
            Some(node) => Cow::Owned(self.topics.topic(node)),
            None => String::from_utf8_lossy(stored::split(&self.header, self.bytes).parts.topic),
        }
    }

    /// Appends its topic: saves an allocation where many are read.
    pub fn write_topic(&self, out: &mut String) {
        match self.node() {
            Some(node) => self.topics.write_topic(node, out),
            None => out.push_str(&self.topic()),
        }
    }

    /// The payload, as far as it is stored.
    pub fn payload(&self) -> &'a [u8] {
        stored::split(&self.header, self.bytes).parts.payload
    }

    /// Bytes of the payload on the wire.
    pub fn payload_len(&self) -> u32 {
        stored::split(&self.header, self.bytes).true_payload_len
    }

    /// MQTT 5 properties as on the wire, without their length; empty before 5.
    pub fn properties(&self) -> &'a [u8] {
        stored::split(&self.header, self.bytes).parts.properties
    }

    /// Quality of service on this hop.
    pub const fn qos(&self) -> QoS {
        self.header.flags.qos()
    }

    /// RETAIN.
    pub const fn retain(&self) -> bool {
        self.header.flags.has(Flags::RETAIN)
    }

    /// DUP.
    pub const fn dup(&self) -> bool {
        self.header.flags.has(Flags::DUP)
    }

    /// Which way.
    pub const fn direction(&self) -> Direction {
        if self.header.flags.has(Flags::SENT) {
            Direction::ClientToServer
        } else {
            Direction::ServerToClient
        }
    }

    /// Of QoS 1 and 2.
    pub const fn packet_id(&self) -> Option<u16> {
        match self.header.packet_id {
            0 => None,
            id => Some(id),
        }
    }

    /// Bytes of the whole frame on the wire.
    pub const fn wire_len(&self) -> u32 {
        self.header.wire_len
    }

    /// Whether the stored payload is not the whole one.
    pub const fn is_truncated(&self) -> bool {
        self.header.flags.has(Flags::TRUNCATED)
    }

    /// Whether the value was given up for want of memory: sizes and time are left.
    pub const fn is_given_up(&self) -> bool {
        self.header.flags.has(Flags::GIVEN_UP)
    }

    /// A QoS 2 message that was delivered before.
    pub const fn is_repeat(&self) -> bool {
        self.header.flags.has(Flags::REPEAT)
    }

    /// Whether an alias stood for its topic.
    pub const fn has_alias(&self) -> bool {
        self.header.flags.has(Flags::ALIAS)
    }

    /// Whether it came by MQTT 5.
    pub const fn is_v5(&self) -> bool {
        self.header.flags.has(Flags::V5)
    }

    /// The frame, made again.
    pub fn frame(&self) -> RebuiltFrame {
        let topic = if self.has_alias() {
            Cow::Borrowed("")
        } else {
            self.topic()
        };
        let mut body = Vec::with_capacity(self.bytes.len() + topic.len() + 8);
        body.extend((topic.len() as u16).to_be_bytes());
        body.extend(topic.as_bytes());
        if let Some(id) = self.packet_id() {
            body.extend(id.to_be_bytes());
        }
        if self.is_v5() {
            push_length(self.properties().len() as u32, &mut body);
            body.extend(self.properties());
        }
        body.extend(self.payload());
        let missing = self.payload_len().saturating_sub(self.payload().len() as u32);
        let first = 0x30 | u8::from(self.dup()) << 3 | self.qos().as_u8() << 1 | u8::from(self.retain());
        let mut bytes = vec![first];
        push_length(body.len() as u32 + missing, &mut bytes);
        bytes.append(&mut body);
        RebuiltFrame {
            is_exact: !self.is_truncated() && !self.header.flags.has(Flags::INEXACT),
            bytes,
        }
    }
}

/// A variable byte integer (MQTT 5 §1.5.5).
fn push_length(mut value: u32, out: &mut Vec<u8>) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value > 0 { byte | 0x80 } else { byte });
        if value == 0 {
            return;
        }
    }
}

/// Bytes of a variable byte integer.
pub(super) const fn length_len(value: u32) -> u32 {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}
